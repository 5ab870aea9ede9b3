"""The order page: what it shows of lines, customer and queue, what it costs, and whom notes tell."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.models import Notification, User
from customers.models import Queue, Ticket
from orders import services
from orders.models import Order
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, staff
from tests.orders.test_pages import rich_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = staff("owner")
    client.force_login(user)
    return user


def seen(client, order, query=""):
    page = client.get(order.get_absolute_url() + query)
    assert page.status_code == 200
    return page


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- Cost -----------------------------------------------------------------------------------------


def queries(client, order, query=""):
    seen(client, order, query)
    with CaptureQueriesContext(connection) as captured:
        seen(client, order, query)
    return len(captured)


def test_a_plain_order_takes_ten_statements_at_most_and_size_adds_none(client, clerk):
    skus = [article(f"SKU{n}", on_hand=9) for n in range(120)]
    small = make_order([(one.sku, 1) for one in skus[:3]], customer=buyer(), placed=True)
    large = make_order([(one.sku, 1) for one in skus], customer=buyer(), placed=True)

    assert queries(client, small) == queries(client, large) == 9


@pytest.mark.parametrize("lines", [3, 120])
def test_an_order_with_everything_opened_from_a_queue_takes_25_at_most(client, clerk, lines):
    order = rich_order(clerk, note="Rich", more=lines - 2)
    assert order.lines.count() == lines
    assert queries(client, order, "?from=queue%3Dto_pay%26sort%3Doldest") <= 25


# --- Lines ----------------------------------------------------------------------------------------


def test_each_line_says_what_became_of_its_pieces(client, clerk):
    article("TEA", on_hand=6)
    order = make_order([("TEA", 5)], placed=True)
    parcel_of(order, TEA=1, shipped=True)
    parcel_of(order, TEA=2)
    row = services.request_return(order, quantities={line_of(order, "TEA").pk: 1}, reason="Too dark", by=clerk)
    services.approve_return(row, by=clerk)

    (line,) = seen(client, order).context["lines"]
    shown = text_of(seen(client, order))

    assert (line.fulfilled, line.parcels, line.free, line.waiting) == (1, 2, 1, 0)
    for words in ("1 shipped", "2 in parcels", "4 allocated at Main", "1 free in stock"):
        assert words in shown
    assert "wait for goods" not in shown


def test_pieces_that_wait_for_goods_are_said_and_only_those(client, clerk):
    article("TEA", on_hand=3, backorder_limit=10)
    first = make_order([("TEA", 2)], placed=True)
    second = make_order([("TEA", 4)], placed=True)

    assert [order_line.waiting for order_line in seen(client, first).context["lines"]] == [0]
    assert [order_line.waiting for order_line in seen(client, second).context["lines"]] == [3]
    assert "3 wait for goods" in text_of(seen(client, second))


# --- Customer -------------------------------------------------------------------------------------


def test_the_customer_is_shown_with_value_orders_and_tickets(client, clerk):
    customer = buyer("Ada Lovelace")
    earlier = make_order([("TEA", 3)], customer=customer, placed=True)
    draft = make_order([("TEA", 1)], customer=customer)
    order = make_order([("TEA", 2)], customer=customer, placed=True)
    make_order([("TEA", 9)], customer=buyer("Charles Babbage"), placed=True)
    ticket = Ticket.objects.create(number="T-1", customer=customer, subject="Where?", queue=queue())

    about = seen(client, order).context["about"]

    assert (about.value, about.bought.number) == (Decimal(50), 2)
    assert [other.number for other in about.orders] == [draft.number, earlier.number]
    assert [one.number for one in about.tickets] == [ticket.number]


def queue():
    return Queue.objects.get_or_create(slug="general", defaults={"name": "General"})[0]


def test_who_may_not_see_tickets_sees_none_and_a_walk_in_has_no_panel(client):
    customer = buyer()
    order = make_order([("TEA", 1)], customer=customer, placed=True)
    Ticket.objects.create(number="T-1", customer=customer, subject="Where?", queue=queue())
    client.force_login(staff("warehouse_operator"))

    assert seen(client, order).context["about"].tickets == []
    assert seen(client, make_order([("TEA", 1)], placed=True)).context["about"] is None


def test_an_order_that_money_was_carried_to_is_linked(client, clerk):
    customer = buyer()
    source = make_order([("TEA", 2)], customer=customer, placed=True)
    target = make_order([("TEA", 1)], customer=customer, placed=True)
    services.record_payment(source, amount=Decimal(20), method="card", by=clerk)
    services.carry_over(source, target, amount=Decimal(5), by=clerk, reason="Exchange")

    assert seen(client, source).context["linked"] == [target.number]
    assert seen(client, target).context["linked"] == [source.number]


# --- Keys -----------------------------------------------------------------------------------------


def test_the_help_names_the_keys_of_what_is_offered(client, clerk):
    order = make_order([("TEA", 1)], placed=True)
    page = seen(client, order)

    keys = dict(page.context["shortcuts"])
    assert {"n", "p", "f", "i", "e"} <= set(keys)
    assert str(keys["p"]) == "Record payment"
    assert len(keys) == len(page.context["shortcuts"])
    assert 'data-key="p"' in page.content.decode()


# --- Working through a queue -----------------------------------------------------------------------


def test_done_work_leads_on_to_the_next_order_of_the_queue(client, clerk):
    first, second = (make_order([("TEA", 1)], placed=True) for _ in range(2))
    make_order([("TEA", 1)])
    begun = client.get(reverse("orders:work-start", args=["to_pay"]))
    assert begun.url.startswith(first.get_absolute_url())

    page = client.get(begun.url)
    working = page.context["working"]
    assert (working.left.number, working.waits) == (2, True)
    pay = next(one for one in [page.context["primary"], *page.context["actions"]] if "/pay/" in one.url)
    form = client.get(pay.url).context
    paid = client.post(
        pay.url, {"amount": "10", "method": "card", "key": form["form"]["key"].value(), "next": form["next"]}
    )

    assert paid.url == begun.url
    page = client.get(paid.url)
    assert (page.context["working"].left.number, page.context["working"].waits) == (1, False)
    assert page.context["neighbours"].next.startswith(second.get_absolute_url())
    assert "Done here" in text_of(page)


def test_an_empty_queue_says_so_and_a_foreign_one_is_not_there(client, clerk):
    page = client.get(reverse("orders:work-start", args=["late"]), follow=True)
    assert "Nothing is left to do here: Late." in text_of(page)
    assert client.get(reverse("orders:work-start", args=["nothing"])).status_code == 404
    client.force_login(staff("analyst"))
    assert client.get(reverse("orders:work-start", args=["to_pay"])).status_code == 404


# --- Notes ----------------------------------------------------------------------------------------


def test_people_named_in_a_note_are_told_once_each_in_their_language(client, clerk):
    order = make_order([("TEA", 1)], placed=True)
    lee = staff("order_clerk", name="Ann Lee", language="zh-hans")
    ann = staff("order_clerk", name="Ann")
    staff("order_clerk", name="Bob", is_active=False)
    staff("catalog_editor", name="Cat")
    note = f"@ann lee and @Ann Lee, @Bob @Cat see mail@ann.example, thanks @{clerk.name}"

    client.post(reverse("orders:note", args=[order.number]), {"text": note})

    (told,) = Notification.objects.all()
    assert (told.user, told.url) == (lee, order.get_absolute_url())
    assert told.text == f"{order.number}，{clerk.name}：{note}"
    services.add_note(order, text="Ask @Ann.", by=clerk)
    assert Notification.objects.filter(user=ann).count() == 1


def test_people_are_offered_by_the_beginning_of_a_name(client, clerk):
    for name in ("Ann Lee", "Bea Anderson", "Joanna"):
        staff("order_clerk", name=name)
    staff("order_clerk", name="Andy Gone", is_active=False)

    assert client.get(reverse("shell:mentions"), {"q": "an"}).json() == {"results": ["Ann Lee", "Bea Anderson"]}
    assert client.get(reverse("shell:mentions"), {"q": " "}).json() == {"results": []}


# --- Lateness -------------------------------------------------------------------------------------


def test_an_order_that_waits_too_long_is_late_until_it_is_shipped(client, clerk):
    order = make_order([("TEA", 1)], placed=True)
    assert "Late" not in [str(badge.text) for badge in seen(client, order).context["badges"]]

    Order.objects.filter(pk=order.pk).update(placed_at=order.placed_at - timedelta(days=9))
    order.refresh_from_db()
    assert "Late" in [str(badge.text) for badge in seen(client, order).context["badges"]]
    assert list(Order.objects.late()) == [order]

    parcel_of(order, shipped=True)
    order.refresh_from_db()
    assert not order.is_late
    assert not Order.objects.late().exists()
    assert User.objects.filter(pk=clerk.pk).exists()
