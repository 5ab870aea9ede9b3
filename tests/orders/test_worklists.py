"""Queues, filters of the lists, the list of lines, and verbs over many orders with what became of each."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from backoffice.models import ApprovalThreshold
from orders import queues, services
from orders.models import Fulfilment, Order
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db
ORDERS, LINES = "/orders/", "/orders/lines/"


@pytest.fixture
def clerk(client):
    user = staff("owner")
    client.force_login(user)
    return user


def age(order, days):
    Order.objects.filter(pk=order.pk).update(placed_at=order.placed_at - timedelta(days=days))


def numbers(client, query, path=ORDERS):
    page = client.get(f"{path}?{query}").context["page"]
    assert page.filterset_valid, page.filterset.errors
    return [getattr(row.object, "order", row.object).number for row in page.rows]


# --- Queues ---------------------------------------------------------------------------------------


@pytest.fixture
def shop(clerk):
    """One order in each queue, by the name of the queue."""
    article("TEA", on_hand=20)
    article("CUP", on_hand=1, backorder_limit=9)
    paid = {"method": "card", "by": clerk}
    found = {"to_pay": make_order([("TEA", 1)], placed=True)}
    found["to_allocate"] = make_order([("CUP", 4)], placed=True)
    found["to_ship"] = make_order([("TEA", 2)], placed=True)
    services.pack(parcel_of(found["to_ship"]), by=clerk)
    found["late"] = make_order([("TEA", 3)], placed=True)
    age(found["late"], 30)
    found["to_receive"] = make_order([("TEA", 4)], placed=True)
    parcel_of(found["to_receive"], shipped=True)
    back = services.request_return(
        found["to_receive"], quantities={line_of(found["to_receive"], "TEA").pk: 1}, reason="Too dark", by=clerk
    )
    services.approve_return(back, by=clerk)
    found["to_refund"] = make_order([("TEA", 1)], placed=True)
    parcel_of(found["to_refund"], shipped=True)
    services.record_payment(found["to_refund"], amount=Decimal(12), **paid)
    found["on_hold"] = make_order([("TEA", 1)], placed=True)
    services.hold(found["on_hold"], kind="fraud", reason="Two cards", by=clerk)
    for key in ("to_allocate", "to_ship", "late", "to_receive", "on_hold"):
        services.settle(found[key], **paid)
    ApprovalThreshold.objects.create(kind="orders.refund", limit=5)
    for key, amount in (("refunds_to_approve", 8), ("refunds_to_send", 3)):
        found[key] = make_order([("TEA", 1)], placed=True)
        parcel_of(found[key], shipped=True)
        services.settle(found[key], **paid)
        services.grant_refund(
            found[key], amount=Decimal(amount), method="card", reason="x", by=staff("owner", name="Olivia")
        )
    return found


def test_each_queue_holds_what_waits_in_it(client, clerk, shop):
    held = {
        key: [getattr(row, "order", row).number for row in queue.waiting(clerk).order_by(*queue.oldest)]
        for key, queue in queues.QUEUES.items()
    }

    assert held == {
        "to_pay": [shop["to_pay"].number],
        "to_allocate": [shop["to_allocate"].number],
        "to_pick": [shop["late"].number, shop["to_pay"].number, shop["to_allocate"].number],
        "to_ship": [shop["to_ship"].number],
        "on_hold": [shop["on_hold"].number],
        "late": [shop["late"].number],
        "to_receive": [shop["to_receive"].number],
        "to_refund": [shop["to_refund"].number],
        "refunds_to_approve": [shop["refunds_to_approve"].number],
        "refunds_to_send": [shop["refunds_to_send"].number],
    }
    for key, queue in queues.QUEUES.items():
        assert [
            getattr(row.object, "order", row.object).number for row in client.get(queue.url).context["page"].rows
        ] == held[key]


def test_the_work_page_counts_in_one_statement_and_answers_with_counts_alone(
    client, clerk, shop, django_assert_num_queries
):
    expected = {"to_pay": 1, "to_allocate": 1, "to_pick": 3, "to_ship": 1, "on_hold": 1, "late": 1, "to_receive": 1}
    expected |= {"to_refund": 1, "refunds_to_approve": 1, "refunds_to_send": 1}

    mine = queues.queues_of(clerk)
    clerk.scope("warehouse")
    with django_assert_num_queries(1):
        counts = queues.counted(mine, clerk)

    assert {key: count.number for key, count in counts.items()} == expected
    assert client.get("/orders/work/?counts=1").json() == {key: str(number) for key, number in expected.items()}
    assert [queue.key for queue, _count in client.get("/orders/work/").context["queues"]] == list(queues.QUEUES)


def test_people_see_the_queues_of_their_role_and_of_their_warehouse(client, shop):
    operator = staff("warehouse_operator", warehouses=["far"])
    client.force_login(operator)

    counts = client.get("/orders/work/?counts=1").json()

    assert counts == {"to_allocate": "1", "to_pick": "0", "to_ship": "0", "late": "1", "to_receive": "1"}
    client.force_login(staff("analyst"))
    assert "No queue is yours" in client.get("/orders/work/").content.decode()
    client.force_login(staff("catalog_editor"))
    assert client.get("/orders/work/").status_code == 403


def test_the_home_page_leads_to_the_queues(client, clerk, shop):
    page = client.get("/").content.decode()
    assert "Work that waits" in page
    assert queues.QUEUES["late"].url.replace("&", "&amp;") in page


def test_an_order_at_a_closed_warehouse_is_to_be_allocated_and_not_picked(client, clerk, monkeypatch):
    far = warehouse("far", priority=20)
    article("TEA", on_hand=5, at=far)
    order = make_order([("TEA", 1)], placed=True)
    assert [list(queues.QUEUES[key].waiting(clerk)) for key in ("to_pick", "to_allocate")] == [[order], []]

    far.is_active = False
    far.save()

    assert [list(queues.QUEUES[key].waiting(clerk)) for key in ("to_pick", "to_allocate")] == [[], [order]]
    for cap in (1, 0):  # looked up by their numbers, and too many for that
        monkeypatch.setattr("orders.filters.COUNT_CAP", cap)
        assert numbers(client, "queue=to_allocate") == [order.number]
        assert numbers(client, "queue=to_allocate", LINES) == [order.number]


# --- Filters --------------------------------------------------------------------------------------


def test_orders_are_found_by_lateness_country_place_and_sku(client, clerk):
    far = warehouse("far", priority=20)
    article("TEA", on_hand=5)
    article("CUP", on_hand=5, at=far)
    german = make_order([("TEA", 1)], customer=buyer(), placed=True)
    french = make_order([("CUP", 1)], placed=True, shipping_address={"country": "FR", "name": "Zoé"})
    age(french, 30)
    wrapped = services.create_draft(
        by=clerk, lines=[services.NewLine(1, title="Wrap", sku="wrap-1", unit_price=Decimal(2))]
    )

    for query, expected in {
        "late=true": [french],
        "late=false": [wrapped, german],
        "country=fr": [french],
        "country=Germany": [german],
        "location=far": [french],
        f"location=%23{warehouse().pk}": [german],
        "variant=cup": [french],
        "variant=WRAP-1": [wrapped],
        "variant=nothing": [],
        "queue=late": [french],
    }.items():
        assert numbers(client, query) == [order.number for order in expected], query
    wrong = client.get("/orders/?country=Atlantis")
    assert not wrong.context["page"].filterset_valid
    assert "Atlantis" in wrong.content.decode()


def test_a_tag_of_many_orders_and_of_few_finds_the_same(client, clerk, monkeypatch):
    few, many = [make_order(tags=["gift"])], [make_order(tags=["gift", "eu"]), make_order(tags=["eu"])]
    expected = {"gift": [many[0].number, few[0].number], "eu": [many[1].number, many[0].number], "none": []}

    for cap in (1000, 1):
        monkeypatch.setattr("orders.filters.COUNT_CAP", cap)
        for tag, found in expected.items():
            assert numbers(client, f"tag={tag}") == found
            assert numbers(client, f"tag={tag}", LINES) == found


# --- Lines ----------------------------------------------------------------------------------------


def test_lines_are_those_of_the_orders_on_show_in_their_order(client, clerk):
    first = make_order([("TEA", 1), ("CUP", 2)], customer=buyer(), placed=True)
    second = make_order([("CUP", 1), ("TEA", 7)], placed=True)
    make_order([("POT", 1)])
    age(first, 3)
    query = "status=placed&variant=tea&columns=number&sort=oldest"

    link = client.get(f"{ORDERS}?{query}").context["page"].lines_url

    assert link == f"{LINES}?status=placed&variant=tea&sort=oldest"
    shown = [(row.object.order.number, row.object.sku) for row in client.get(link).context["page"].rows]
    assert shown == [(first.number, "TEA"), (first.number, "CUP"), (second.number, "CUP"), (second.number, "TEA")]
    assert numbers(client, "status=placed&article=tea", LINES) == [second.number, first.number]
    assert numbers(client, "country=DE", LINES) == [first.number, first.number]
    assert numbers(client, "status=placed&sort=highest", LINES) == [second.number] * 2 + [first.number] * 2


def test_lines_are_exported_one_row_each(client, clerk):
    order = make_order([("TEA", 1), ("CUP", 2)], placed=True)
    make_order([("POT", 1)])

    answer = client.get(
        f"{LINES}?status=placed&export=csv&columns=order.number&columns=sku&columns=quantity&columns=gross"
    )

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[1:] == [[order.number, "TEA", "1", "10"], [order.number, "CUP", "2", "20"]]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_lines_costs_the_same_for_any_number_of_rows(client, clerk, django_assert_num_queries, number):
    make_order([(f"SKU{n}", 1) for n in range(number)], placed=True)
    client.get(LINES)
    with django_assert_num_queries(6):
        client.get(LINES)


# --- Many at once ---------------------------------------------------------------------------------


def act(client, action, orders, **fields):
    data = {"action": action, "selected": [order.pk for order in orders], "confirmed": "1", **fields}
    return client.post(ORDERS, data)


def refused(response):
    return {row.number: " ".join(texts) for row, texts in response.context["outcome"].refused}


def test_each_order_is_paid_or_says_why_not(client, clerk):
    open_order, draft, paid = make_order(placed=True), make_order(), make_order(placed=True)
    services.settle(paid, method="card", by=clerk)

    answer = act(client, "settle", [open_order, draft, paid], method="transfer", reference="2026-11")

    payment = open_order.payments.get()
    assert (payment.amount, payment.method, payment.reference) == (Decimal(10), "transfer", "2026-11")
    assert answer.context["outcome"].done == 1
    assert refused(answer) == {
        draft.number: f"{draft.number} is not placed: Draft.",
        paid.number: f"Nothing is outstanding for {paid.number}.",
    }
    assert paid.payments.count() == 1


def test_parcels_are_made_at_every_place_of_what_is_there(client, clerk):
    far = warehouse("far", priority=20)
    article("TEA", on_hand=5)
    article("CUP", on_hand=5, at=far)
    article("POT", on_hand=1, backorder_limit=5)
    order = make_order([("TEA", 2), ("CUP", 1), ("POT", 3)], placed=True)
    waiting = make_order([("POT", 1)], placed=True)

    answer = act(client, "fulfil", [order, waiting])

    packed = {
        parcel.location.code: {row.order_line.sku: row.quantity for row in parcel.lines.all()}
        for parcel in order.fulfilments.all()
    }
    assert packed == {"main": {"TEA": 2, "POT": 1}, "far": {"CUP": 1}}
    assert refused(answer) == {waiting.number: f"Nothing of {waiting.number} lies ready where you work."}
    assert refused(act(client, "fulfil", [order])) == {
        order.number: f"Nothing of {order.number} lies ready where you work."
    }


def test_lines_without_stock_go_along_once(clerk):
    article("TEA", on_hand=5)
    lines = [services.NewLine(1, article("TEA")), services.NewLine(2, title="Card", unit_price=Decimal(1))]
    order = services.place(services.create_draft(by=clerk, lines=lines), by=clerk)
    bare = services.place(services.create_draft(by=clerk, lines=lines[1:]), by=clerk)

    (parcel,), (other,) = services.fulfil_ready(order, by=clerk), services.fulfil_ready(bare, by=clerk)

    assert sorted(row.quantity for row in parcel.lines.all()) == [1, 2]
    assert [row.quantity for row in other.lines.all()] == [2]


def test_nobody_makes_parcels_where_they_do_not_work(client):
    order = make_order([("TEA", 1)], placed=True)
    warehouse("far", priority=20)
    operator = staff("warehouse_operator", warehouses=["far"])
    client.force_login(operator)

    assert list(refused(act(client, "fulfil", [order]))) == [order.number]
    assert not Fulfilment.objects.exists()


def test_orders_are_canceled_with_a_reason_and_the_shipped_one_stays(client, clerk):
    one, gone = make_order(placed=True), make_order(placed=True)
    parcel_of(gone, shipped=True)

    assert act(client, "cancel", [one, gone]).context["form"].errors == {"reason": ["This field is required."]}
    answer = act(client, "cancel", [one, gone], reason="Doubled")

    one.refresh_from_db()
    gone.refresh_from_db()
    assert (one.status, one.cancel_reason, gone.status) == ("canceled", "Doubled", "placed")
    assert list(refused(answer)) == [gone.number]


def test_tags_are_added_and_taken_off(client, clerk):
    one, other = make_order(tags=["old"]), make_order()

    act(client, "tag", [one, other], tag=" Gift ")
    act(client, "tag", [one], tag="Gift")
    act(client, "untag", [one, other], tag="old")

    assert list(Order.objects.order_by("pk").values_list("tags", flat=True)) == [["Gift"], ["Gift"]]
    assert numbers(client, "tag=Gift") == [other.number, one.number]


def test_all_that_match_are_done_and_confirmed_first(client, clerk):
    drafts = [make_order([("TEA", 1)]) for _ in range(3)]
    article("CUP", on_hand=0)
    short = make_order([("CUP", 1)])
    data = {"action": "place", "all": "1"}

    assert client.post(f"{ORDERS}?status=draft", data).context["number"] == 4
    answer = client.post(f"{ORDERS}?status=draft", data | {"confirmed": "1"})

    assert refused(answer) == {short.number: "CUP: 0 available, 1 asked."}
    assert {order.status for order in Order.objects.filter(pk__in=[one.pk for one in drafts])} == {"placed"}


def test_verbs_are_offered_to_those_who_may(client):
    client.force_login(staff("warehouse_operator"))
    offered = client.get(ORDERS).context["page"].get_bulk_actions()
    assert [action.key for action in offered] == ["fulfil", "slips", "pick-lists"]
