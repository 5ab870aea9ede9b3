"""The pages of stocktakes, as people use them."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from backoffice.models import Approval
from inventory import services
from inventory.models import CountEntry, StockCount, StockPart
from inventory.services import Demand
from tests.factories import level_of, make_count, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(client):
    user = make_user("warehouse_operator", name="Carl Counter")
    client.force_login(user)
    return user


@pytest.fixture
def manager(client):
    user = make_user("warehouse_manager", name="Mia Manager")
    client.force_login(user)
    return user


def at(name, count, **query):
    return reverse(f"inventory:count_{name}", args=[count.number], query=query)


def text(response):
    return response.content.decode()


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_a_manager_plans_and_starts_a_stocktake(client, manager):
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=2)
    data = {"location": make_location().pk, "scope": "list", "skus": "TEA, cup\nTEA", "blind": "on"}
    response = client.post("/inventory/counts/new/", data)
    count = StockCount.objects.get()
    assert response["Location"] == count.get_absolute_url()
    assert (count.created_by, count.blind) == (manager, True)
    assert {line.variant for line in count.lines.select_related("variant")} == {tea, cup}
    response = client.post(at("start", count), follow=True)
    assert said(response)[-1] == f"{count}: counting has begun."


def test_a_form_says_which_skus_it_does_not_know(client, manager):
    make_variant("TEA", on_hand=5)
    data = {"location": make_location().pk, "scope": "list", "skus": "TEA\nCUPP, POTT"}
    response = client.post("/inventory/counts/new/", data)
    assert response.status_code == 422
    assert "These are not the SKU or barcode of one variant: CUPP, POTT." in text(response)
    assert not StockCount.objects.exists()


def test_a_scope_asks_for_what_it_needs(client, manager):
    make_variant("TEA", on_hand=5)
    for scope, sentence in (
        ("list", "Name at least one SKU."),
        ("category", "Choose the category."),
        ("abc", "Choose the class."),
    ):
        response = client.post("/inventory/counts/new/", {"location": make_location().pk, "scope": scope})
        assert response.status_code == 422
        assert sentence in text(response)


def test_scan_and_save(client, counter):
    tea = make_variant("TEA", on_hand=5, barcode="4006381333931")
    count = make_count()
    page = client.get(at("sheet", count, q="4006381333931"))
    assert page.context["chosen"] == tea
    key = page.context["form"]["key"].value()
    data = {"variant": tea.pk, "quantity": "4", "key": key, "q": "TEA"}
    for _press in range(2):
        response = client.post(at("sheet", count), data, follow=True)
        assert said(response)[-1] == "TEA: 4 counted."
    assert CountEntry.objects.get().by == counter
    client.post(at("sheet", count), data | {"key": uuid4(), "quantity": "2", "adds": "1"})
    assert count.lines.get().counted == 6


def test_the_next_code_follows_at_once(client, counter):
    tea = make_variant("TEA", on_hand=5)
    count = make_count()
    response = client.post(
        at("sheet", count), {"variant": tea.pk, "quantity": "1", "key": uuid4(), "q": "TEA", "following": "CUP 1"}
    )
    assert response["Location"] == at("sheet", count, q="CUP 1")


def test_what_is_wrong_stands_at_the_field(client, counter):
    tea = make_variant("TEA", on_hand=5)
    count = make_count()
    for quantity, sentence in (
        ("four", "Enter a whole number."),
        ("-1", "greater than or equal to 0"),
        ("99999999", "TEA: a count is from 0 to"),
    ):
        response = client.post(
            at("sheet", count), {"variant": tea.pk, "quantity": quantity, "key": uuid4(), "q": "TEA"}
        )
        assert response.status_code == 422
        assert sentence in text(response)
    assert not CountEntry.objects.exists()


def test_unclear_and_unknown_codes(client, counter):
    make_variant("TEA-S", on_hand=5)
    make_variant("TEA-L", on_hand=5)
    count = make_count()
    assert len(client.get(at("sheet", count, q="tea")).context["fits"]) == 2
    assert "Nothing is called “Kettle”." in text(client.get(at("sheet", count, q="Kettle")))


def test_undo_on_the_sheet(client, counter):
    make_variant("TEA", on_hand=5)
    count = make_count(3, by=counter)
    entry = CountEntry.objects.get()
    assert "Undo the count of TEA" in text(client.get(at("sheet", count)))
    response = client.post(reverse("inventory:count_undo", args=[entry.pk]))
    assert response["Location"] == at("sheet", count)
    assert count.lines.get().counted is None


def test_blind_pages_keep_what_the_books_say_to_themselves(client, counter):
    tea = make_variant("TEA", on_hand=777)
    count = make_count(blind=True)
    for address in (
        count.get_absolute_url(),
        at("sheet", count, q="TEA"),
        at("desk", count),
        at("paper", count),
        at("lines", count),
    ):
        response = client.get(address)
        assert response.status_code == 200
        assert "777" not in text(response), address
    assert client.get(f"/api/v1/stocktakes/{count.number}/lines").json()["items"] == []
    services.enter_counts(count, [services.Entry(tea.pk, 776)], by=counter)
    services.post_count(services.close_count(count, by=None), by=None)
    assert "777" in text(client.get(at("lines", count)))


def test_a_sheet_is_keyed_in(client, counter):
    make_variant("CUP", on_hand=2)
    make_variant("TEA", on_hand=5)
    count = make_count()
    cup, tea = count.lines.all()
    page = client.get(at("desk", count))
    data = {"key": page.context["form"]["key"].value(), "following": "0", f"line_{cup.pk}": "", f"line_{tea.pk}": "4"}
    for _press in range(2):
        response = client.post(at("desk", count), data, follow=True)
        assert said(response)[-1] == "1 line recorded."
    assert list(count.lines.values_list("counted", flat=True)) == [None, 4]
    assert CountEntry.objects.count() == 1
    response = client.post(at("desk", count), data | {f"line_{cup.pk}": "x"})
    assert response.status_code == 422


def test_the_desk_asks_for_lots_and_expiry_of_what_is_tracked(client, counter):
    make_variant("CUP", on_hand=2)
    milk, phone = make_variant("MILK", tracking="lot"), make_variant("PHONE", tracking="serial")
    came = [services.Arriving(3, "A"), services.Arriving(3, "B")]
    services.receive(make_location(), None, [(milk.pk, 6, None)], parts={0: came}, by=None)
    services.receive(make_location(), None, [(phone.pk, 1, None)], parts={0: [services.Arriving(1, "S1")]}, by=None)
    count = make_count()
    cup, milks, phones = count.lines.all()
    page = client.get(at("desk", count))
    assert [len(controls) for _line, controls in page.context["rows"]] == [1, 3, 3]
    data = {"key": page.context["form"]["key"].value(), "following": "0", f"line_{cup.pk}": "2"}
    data |= {f"line_{milks.pk}": "5", f"line_{phones.pk}": "2", f"lots_{phones.pk}": "S1, S2"}
    response = client.post(at("desk", count), data)
    assert response.status_code == 422
    assert "5 pieces were counted, and lots are named of 0." in text(response)
    assert CountEntry.objects.count() == 0
    data |= {f"lots_{milks.pk}": "a, B x 2, C, A", f"expires_{milks.pk}": "2031-05-01"}
    for _press in range(2):
        assert said(client.post(at("desk", count), data, follow=True))[-1] == "3 lines recorded."
    again = client.get(at("desk", count)).context["form"]["key"].value()
    assert said(client.post(at("desk", count), data | {"key": again}, follow=True))[-1] == "3 lines recorded."
    assert list(count.lines.values_list("counted", flat=True)) == [2, 5, 2]
    services.post_count(services.close_count(count, by=None), by=None)
    parts = StockPart.objects.there().filter(level__variant__in=[milk, phone]).order_by("lot__number")
    there = [(part.lot.number, part.quantity, str(part.lot.expires_on)) for part in parts.select_related("lot")]
    assert there[:3] == [("A", 2, "2031-05-01"), ("B", 2, "2031-05-01"), ("C", 1, "2031-05-01")]
    assert there[3:] == [("S1", 1, "None"), ("S2", 1, "None")]


def test_long_sheets_come_in_pages(client, counter):
    for number in range(52):
        make_variant(f"V{number:02}", on_hand=1)
    count = make_count(1)
    page = client.get(at("desk", count))
    assert len(page.context["rows"]) == 50
    rest = client.get(at("desk", count, after=page.context["following"]))
    assert [line.variant.sku for line, _bound in rest.context["rows"]] == ["V50", "V51"]
    assert len(client.get(at("desk", count, show="uncounted", after=page.context["following"])).context["rows"]) == 2


def test_from_review_to_posted(client, manager):
    make_variant("TEA", on_hand=5)
    count = make_count(3)
    assert "can be reviewed" in said(client.post(at("close", count), {}, follow=True))[-1]
    response = client.get(at("lines", count, state="different"))
    assert [row.object.difference for row in response.context["rows"]] == [-2]
    line = count.lines.get()
    client.post(at("lines", count), {"action": "recount", "selected": [line.pk], "confirmed": "1"})
    count.refresh_from_db()
    assert count.status == "counting"
    services.enter_counts(count, [services.Entry(line.variant_id, 4)], by=None)
    client.post(at("close", count), {})
    assert "1 line is corrected" in text(client.get(at("post", count)))
    response = client.post(at("post", count), {"reason": ""}, follow=True)
    assert said(response)[-1] == f"{count} posted: the books say what was counted."
    assert level_of(line.variant).on_hand == 4
    assert text(client.get(reverse("inventory:level", args=[level_of(line.variant).pk]))).count(f">{count}</a>") == 1


def test_beyond_the_limit_the_page_says_so_and_asks(client, manager):
    stock(make_variant("TEA"), 10, unit_cost=Decimal(100))
    count = make_count(1)
    services.close_count(count, by=None)
    assert "another person has to approve" in text(client.get(at("post", count)))
    response = client.post(at("post", count), {"reason": "Burglary"}, follow=True)
    approval = Approval.objects.get()
    assert said(response)[-1] == f"{count} waits for approval."
    assert approval.get_absolute_url() in text(response)
    page = text(client.get(approval.get_absolute_url()))
    assert "Stocktake beyond the limit" in page
    assert "€900.00" in page


def test_promised_pieces_are_named_before_and_after(client, manager):
    tea = make_variant("TEA", on_hand=10)
    services.allocate("SO-1", [Demand(1, tea.pk, 8, "TEA")], by=None)
    count = make_count(5)
    services.close_count(count, by=None)
    sentence = "TEA: 5 pieces are missing, and 3 of them are promised."
    assert sentence in text(client.get(at("post", count)))
    response = client.post(at("post", count), {})
    assert response.status_code == 422
    assert sentence in text(response)
    response = client.post(at("post", count), {"partial": "on"}, follow=True)
    assert "Count them again" in text(response)
    assert level_of(tea).on_hand == 10


def test_accuracy_by_month_and_by_stocktake(client, manager):
    for number in range(4):
        stock(make_variant(f"V{number}"), 10, unit_cost=Decimal(2))
    first = make_count(10, 10, 10, 5)
    services.post_count(services.close_count(first, by=None), by=None)
    response = client.get("/inventory/counts/accuracy/")
    [month], [count] = response.context["months"], response.context["counts"]
    assert (count.label, count.lines, count.right) == (first.number, 4, 3)
    assert (month.share_of_lines, month.share_of_value, month.net) == (Decimal("75.0"), Decimal("87.5"), -10)
    assert "75.0% of the lines counted in" in text(response)
    lines = client.get("/inventory/counts/accuracy/?export=counts").content.decode("utf-8-sig").splitlines()
    assert lines == ["number,lines,right,share_of_lines,share_of_value,net", f"{first.number},4,3,75,87.5,-10"]
    months = client.get("/inventory/counts/accuracy/?export=months").content.decode("utf-8-sig").splitlines()
    assert months[1] == f"{localdate():%Y-%m},4,3,75,87.5,-10"


def test_an_operator_neither_plans_nor_posts(client, counter):
    make_variant("TEA", on_hand=5)
    count = make_count(5)
    assert client.get("/inventory/counts/new/").status_code == 403
    services.close_count(count, by=None)
    for verb in ("post", "cancel"):
        assert client.post(at(verb, count)).status_code == 403
    response = client.post(at("lines", count), {"action": "recount", "selected": [count.lines.get().pk]})
    assert response.status_code == 403


def test_the_home_page_counts_what_waits_for_review(client, manager):
    make_variant("TEA", on_hand=5)
    services.close_count(make_count(5), by=None)
    assert "Stocktakes to review" in text(client.get("/"))


def test_lines_are_exported_and_read_by_api(client, manager):
    make_variant("TEA", on_hand=5)
    count = make_count(3)
    services.close_count(count, by=None)
    response = client.get(at("lines", count, export="csv", columns=["variant.sku", "counted", "balance", "difference"]))
    rows = b"".join(response.streaming_content).decode().splitlines()
    assert rows[1].startswith("TEA,3,5,-2")
    [line] = client.get(f"/api/v1/stocktakes/{count.number}/lines").json()["items"]
    assert (line["sku"], line["difference"]) == ("TEA", -2)
    [listed] = client.get("/api/v1/stocktakes?status=review").json()["items"]
    assert (listed["number"], listed["location"]) == (count.number, "MAIN")


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_for_any_number_of_lines(client, manager, rows):
    for number in range(rows):
        make_variant(f"V{number}", on_hand=5)
    count = make_count(*[4] * rows, by=manager)
    found = {}
    client.get(count.get_absolute_url())
    for name in ("sheet", "desk", "paper", "lines"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(at(name, count)).status_code == 200
        found[name] = len(queries)
    services.close_count(count, by=manager)
    with CaptureQueriesContext(connection) as queries:
        client.get(count.get_absolute_url())
    assert (found, len(queries)) == ({"sheet": 8, "desk": 6, "paper": 6, "lines": 7}, 9)
