"""Pages of bins, lots and serial numbers, and the fields of them on the other forms."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from backoffice import tokens
from inventory import services
from inventory.forms_bins import NewBinsForm
from inventory.models import Bin, Location, Lot, Receipt, StockMove, Transfer
from inventory.services import Demand, PutAway, read_lots
from tests.factories import level_of, make_bin, make_location, make_supplier, make_user, make_variant
from tests.inventory.test_parts import in_days, milk, parts, receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user("owner", name="Olivia Owner")
    client.force_login(user)
    return user


def fill(rows):
    """So many bins and lots with pieces."""
    for n in range(rows):
        tea, shelf = make_variant(f"TEA-{n}", on_hand=9), make_bin(f"A-{n}")
        services.put_away([PutAway(level_of(tea).pk, 4, shelf.pk)], by=None)
        coffee = make_variant(f"COFFEE-{n}", tracking="lot")
        receive(coffee, (3, f"L-{n}", in_days(9), shelf))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("name", "count"), [("inventory:bins", 7), ("inventory:lots", 6), ("inventory:parts", 7)])
def test_lists_cost_the_same_for_any_number_of_rows(client, owner, django_assert_num_queries, name, count, rows):
    fill(rows)
    client.get("/inventory/")
    with django_assert_num_queries(count):
        response = client.get(reverse(name))
    assert len(response.context["rows"]) >= rows


def test_the_list_of_bins_says_what_lies_there(client, owner):
    fill(2)
    make_bin("EMPTY")
    rows = client.get(reverse("inventory:bins")).context["rows"]
    assert [(row.object.code, row.object.articles, row.object.pieces) for row in rows] == [
        ("A-0", 2, 7), ("A-1", 2, 7), ("EMPTY", 0, 0),
    ]  # fmt: skip
    found = client.get(reverse("inventory:bins"), {"used": "false"}).context["rows"]
    assert [row.object.code for row in found] == ["EMPTY"]


def test_bins_are_added_many_at_once(client, owner):
    main = make_location()
    url = reverse("inventory:bins_new", args=[main.code])
    assert client.get(url).status_code == 200
    answer = client.post(url, {"codes": "A-08..A-11\nDOOR"})
    assert answer.url == f"{reverse('inventory:bins')}?location={main.pk}"
    assert list(Bin.objects.open().values_list("code", flat=True)) == ["A-08", "A-09", "A-10", "A-11", "DOOR"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("A-9..A-1", "is no range"), ("X" * 41, "no more than 40 characters"), ("A-0..A-2000", "is no range")],
)
def test_what_is_no_range_is_told(text, sentence):
    form = NewBinsForm({"codes": text})
    assert sentence in form.errors["codes"][0]


def test_a_bin_shows_its_contents_and_is_edited_closed_and_opened(client, owner):
    fill(1)
    shelf = Bin.objects.get()
    page = client.get(shelf.get_absolute_url()).content.decode()
    assert ("TEA-0" in page, "L-0" in page) == (True, True)
    edit = client.get(reverse("inventory:bin_edit", args=[shelf.pk]))
    sent = {"code": "B-9", "position": "5", "version": edit.context["version"]}
    assert client.post(reverse("inventory:bin_edit", args=[shelf.pk]), sent).url == shelf.get_absolute_url()
    assert Bin.objects.get().code == "B-9"
    answer = client.post(reverse("inventory:bin_close", args=[shelf.pk]), follow=True)
    assert "7 pieces lie in bin B-9." in answer.content.decode()
    empty = make_bin("EMPTY")
    client.post(reverse("inventory:bin_close", args=[empty.pk]))
    empty.refresh_from_db()
    assert not empty.is_active
    client.post(reverse("inventory:bin_open", args=[empty.pk]))
    empty.refresh_from_db()
    assert empty.is_active


def test_pieces_are_put_away_on_the_page_of_their_level(client, owner):
    tea, _shelf = make_variant("TEA", on_hand=5), make_bin("A-1")
    level = level_of(tea)
    assert reverse("inventory:put_away", args=[level.pk]) in client.get(level.get_absolute_url()).content.decode()
    url = reverse("inventory:put_away", args=[level.pk])
    assert "Not put away yet: 5" in client.get(url).content.decode()
    assert client.post(url, {"source": "loose", "quantity": "3", "target": "a-1"}).status_code == 302
    assert parts(tea) == {("A-1", None): 3}
    page = client.get(url)
    assert "Bin A-1: 3" in page.content.decode()
    [_loose, (part, _label)] = page.context["form"].fields["source"].choices
    refused = client.post(url, {"source": part, "quantity": "4", "target": ""})
    assert "TEA: 3 pieces in bin A-1, 4 asked (Main)." in refused.content.decode()
    refused = client.post(url, {"source": "loose", "quantity": "1", "target": "NOWHERE"})
    assert "Main has no open bin “NOWHERE”." in refused.content.decode()
    assert "A-1" in client.get(level.get_absolute_url()).content.decode()
    assert "A-1" in client.get(reverse("inventory:why", args=[tea.pk])).content.decode()


def test_the_lot_says_where_it_is_where_it_came_from_and_where_it_went(client, owner):
    variant, main = milk(), make_location()
    services.allocate("SO-1", [Demand(1, variant.pk, 5, "MILK")], by=None)
    services.ship("SO-1", {1: 5}, main, by=None)
    lot = Lot.objects.get(number="B")
    page = client.get(lot.get_absolute_url())
    receipt = Receipt.objects.get()
    assert page.context["came"] == [{"cause": receipt.number, "kind": "Received", "pieces": 4}]
    assert page.context["went"] == [{"cause": "SO-1", "kind": "Shipped", "pieces": 4}]
    assert (page.context["parts"], receipt.number in page.content.decode()) == ([], True)
    assert [row.object.quantity for row in page.context["rows"]] == [-4, 4]
    other = client.get(Lot.objects.get(number="A").get_absolute_url())
    assert [part.quantity for part in other.context["parts"]] == [5]


def test_lots_are_found_by_expiry_and_exported(client, owner):
    milk()
    Lot.objects.filter(number="B").update(expires_on=in_days(-1))

    def numbers(**query):
        return [row.object.number for row in client.get(reverse("inventory:lots"), query).context["rows"]]

    assert (numbers(expires="30"), numbers(expires="expired"), numbers(q="milk")) == (["A"], ["B"], ["B", "A"])
    assert (numbers(q="b", there="true"), numbers(there="false"), numbers(expires="never")) == (["B"], [], [])
    assert numbers(order="expiry") == ["B", "A"]
    file = client.get(reverse("inventory:lots"), {"export": "csv", "expires": "expired"})
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith(f"B,MILK,{in_days(-1).isoformat()},4,")


def test_the_day_of_expiry_is_corrected_with_a_reason_in_the_history(client, owner):
    milk()
    lot = Lot.objects.get(number="B")
    url = reverse("inventory:lot_edit", args=[lot.pk])
    version = client.get(url).context["version"]
    sent = {"number": "B", "expires_on": "2030-01-31", "version": version, "change_reason": "Misread"}
    assert client.post(url, sent).url == lot.get_absolute_url()
    lot.refresh_from_db()
    assert lot.expires_on.isoformat() == "2030-01-31"
    assert lot.history.filter(pgh_label="update").count() == 1


def test_people_confined_to_a_warehouse_see_its_bins_and_lots(client):
    milk()
    make_bin("A-1")
    make_bin("S-1", location=make_location("SHOP"))
    client.force_login(make_user("warehouse_operator", warehouses=("SHOP",)))
    assert [row.object.code for row in client.get(reverse("inventory:bins")).context["rows"]] == ["S-1"]
    assert client.get(reverse("inventory:lots")).context["rows"] == []
    assert client.get(Lot.objects.first().get_absolute_url()).status_code == 404
    assert client.get(Bin.objects.get(code="A-1").get_absolute_url()).status_code == 404


# --- The fields on other forms ------------------------------------------------------------------


def rows_of(*rows):
    form = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0}
    for n, row in enumerate(rows):
        form |= {f"lines-{n}-{name}": value for name, value in row.items()}
    return form


def test_a_shop_without_bins_and_lots_sees_no_fields_of_them(client, owner):
    make_variant("TEA", on_hand=1)
    for name in ("inventory:receive", "inventory:correct"):
        page = client.get(reverse(name)).content.decode()
        assert [name in page for name in ("expires_on", 'lots"', 'bin"')] == [False, False, False]


def test_goods_are_received_by_lot_and_serial_number_into_bins(client, owner):
    make_variant("MILK", tracking="lot")
    make_variant("PHONE", tracking="serial")
    make_variant("TEA")
    make_bin("A-1")
    assert "expires_on" in client.get(reverse("inventory:receive")).content.decode()
    form = rows_of(
        {"variant": "MILK", "quantity": 5, "lots": "L1 x 3, L2 x 2", "expires_on": "2030-01-31"},
        {"variant": "PHONE", "quantity": 2, "lots": "S1, S2", "bin": "a-1"},
        {"variant": "TEA", "quantity": 4, "bin": "A-1"},
    )
    answer = client.post(reverse("inventory:receive"), form | {"location": make_location().pk, "key": "k"})
    receipt = Receipt.objects.get()
    assert answer.url == receipt.get_absolute_url()
    milk, phone, tea = (level_of(line.variant).variant for line in receipt.lines.order_by("pk"))
    assert (parts(milk), parts(phone), parts(tea)) == (
        {(None, "L1"): 3, (None, "L2"): 2}, {("A-1", "S1"): 1, ("A-1", "S2"): 1}, {("A-1", None): 4},
    )  # fmt: skip
    assert "S2" in client.get(receipt.get_absolute_url()).content.decode()


def test_a_receipt_without_its_lots_is_refused_and_keeps_what_was_typed(client, owner):
    make_variant("MILK", tracking="lot")
    form = rows_of({"variant": "MILK", "quantity": 5}) | {"location": make_location().pk, "key": "k"}
    answer = client.post(reverse("inventory:receive"), form)
    assert "MILK is tracked by lot: say which lots arrive (Main)." in answer.content.decode()
    assert not Receipt.objects.exists()


def test_a_purchase_order_asks_for_lots_and_bins(client, owner):
    variant, _shelf = make_variant("MILK", tracking="lot"), make_bin("A-1")
    lines = [services.PurchaseLine(variant.pk, 5)]
    order = services.create_purchase(make_supplier(), make_location(), lines, by=None)
    services.order_purchase(order, by=None)
    url, key = reverse("inventory:purchase_receive", args=[order.number]), order.lines.get().pk
    assert f"lots_{key}" in client.get(url).content.decode()
    sent = {
        f"accepted_{key}": "5",
        f"lots_{key}": "L1",
        f"expires_{key}": "2030-01-31",
        f"bin_{key}": "A-1",
        "key": "k",
    }
    assert client.post(url, sent).status_code == 302
    assert parts(variant) == {("A-1", "L1"): 5}


def test_a_correction_names_a_lot_and_a_bin(client, owner):
    variant, shelf, main = milk(), make_bin("A-1"), make_location()
    form = {"variant": "MILK", "location": main.pk, "mode": "change", "quantity": "2", "reason": "Found"}
    refused = client.post(reverse("inventory:correct"), form)
    assert "MILK is tracked by lot" in refused.content.decode()
    client.post(reverse("inventory:correct"), form | {"lots": "C", "expires_on": "2030-01-31", "bin": "A-1"})
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 4, (shelf.code, "C"): 2}
    client.post(reverse("inventory:correct"), form | {"mode": "counted", "quantity": "1", "lots": "B"})
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 1, ("A-1", "C"): 2}


def test_a_transfer_names_the_lots_that_leave_and_the_bins_that_they_go_to(client, owner):
    variant, shop = milk(), make_location("SHOP")
    make_bin("S-1", location=shop)
    transfer = services.create_transfer(make_location(), shop, [(variant.pk, 3)], by=None)
    key = transfer.lines.get().pk
    send = reverse("inventory:transfer_send", args=[transfer.number])
    assert f'href="{send}"' in client.get(transfer.get_absolute_url()).content.decode()
    assert f"lots_{key}" in client.get(send).content.decode()
    refused = client.post(send, {f"lots_{key}": "NONE"})
    assert "There is no lot “NONE” of it." in refused.content.decode()
    client.post(send, {f"lots_{key}": "A x 2, B"})
    assert parts(variant, Location.objects.get(kind="transit")) == {(None, "A"): 2, (None, "B"): 1}
    url = reverse("inventory:transfer_receive", args=[transfer.number])
    assert f"bin_{key}" in client.get(url).content.decode()
    client.post(url, {f"line_{key}": "3", f"bin_{key}": "S-1"})
    assert parts(variant, shop) == {("S-1", "A"): 2, ("S-1", "B"): 1}
    assert Transfer.objects.get().status == "received"


def test_a_plain_transfer_is_sent_by_its_button(client, owner):
    tea = make_variant("TEA", on_hand=3)
    transfer = services.create_transfer(make_location(), make_location("SHOP"), [(tea.pk, 3)], by=None)
    send = reverse("inventory:transfer_send", args=[transfer.number])
    assert f'action="{send}"' in client.get(transfer.get_absolute_url()).content.decode()
    client.post(send)
    assert Transfer.objects.get().status == "in_transit"


def test_a_stocktake_names_lines_whose_lots_it_cannot_know(owner):
    variant = milk()
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    services.enter_counts(count, [services.Entry(variant.pk, 12)], by=None)
    services.close_count(count, by=None)
    with pytest.raises(
        ValidationError,
        match=r"MILK: 2 pieces more were found\. Count again, and name the lot or serial number of each piece\.",
    ):
        services.post_count(count, by=None)
    services.ask_recount(list(count.lines.all()), by=None)
    services.enter_counts(count, [services.Entry(variant.pk, 7)], by=None)
    services.close_count(count, by=None)
    services.post_count(count, by=None)
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 1}


def test_a_file_of_counts_refuses_what_lots_would_have_to_be_named_for():
    variant = milk()
    rows = [(2, None, "MILK", "MAIN", 12)]
    outcome = services.upsert_counts(rows, columns=["sku", "location", "on_hand"], by=None)
    assert (outcome.applied, outcome.refused) == (False, 1)
    assert (
        services.upsert_counts([(2, None, "MILK", "MAIN", 8)], columns=["sku", "location", "on_hand"], by=None).changed
        == 1
    )
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 2}
    assert StockMove.objects.filter(kind="counted").count() == 1


@pytest.mark.parametrize(
    ("text", "pieces", "rows"),
    [
        ("", 3, []),
        (" L 1 ", 3, [("L 1", 3)]),
        ("A, B\nC", 3, [("A", 1), ("B", 1), ("C", 1)]),
        ("A x 2；B×1", 3, [("A", 2), ("B×1", 1)]),
        ("A × 2, B * 10", 3, [("A", 2), ("B", 10)]),
        ("MAX3", 1, [("MAX3", 1)]),
    ],
)
def test_what_is_typed_for_lots_is_read(text, pieces, rows):
    assert read_lots(text, pieces) == rows


def test_tomorrow_is_not_expired():
    assert not Lot(number="A", expires_on=timezone.localdate() + timedelta(days=1)).is_expired
    assert Lot(number="A", expires_on=timezone.localdate() - timedelta(days=1)).is_expired


def test_the_api_says_what_lies_where(client):
    _token, secret = tokens.create(by=make_user("owner"), name="test")
    fill(1)
    answer = client.get("/api/v1/stock/parts", {"sku": "coffee-0"}, headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["items"] == [
        {
            "sku": "COFFEE-0",
            "location": "MAIN",
            "bin": "A-0",
            "lot": "L-0",
            "expires_on": in_days(9).isoformat(),
            "quantity": 3,
        }
    ]
