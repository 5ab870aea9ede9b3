"""Stocktakes by bin and lot: each part is corrected by itself, and what the books do not know is taken in."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from backoffice import verification
from inventory import services
from inventory.models import CountEntry, CountLine, StockCount, StockPart
from inventory.services import Arriving, Scanned
from tests.factories import level_of, make_bin, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def picker(db):
    return make_user("warehouse_operator")


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def parts(variant):
    there = StockPart.objects.there().filter(level=level_of(variant)).select_related("bin", "lot")
    return {(p.bin and p.bin.code, p.lot and p.lot.number): p.quantity for p in there}


def counting(*said):
    """A stocktake of milk that was received as said: (pieces, lot, bin or None)."""
    milk = make_variant("MILK", tracking="lot")
    rows = [Arriving(n, lot, bin=bin and bin.pk) for n, lot, bin in said]
    services.receive(
        make_location(), None, [(milk.pk, sum(row.quantity for row in rows), None)], parts={0: rows}, by=None
    )
    return milk, services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)


def posted(count):
    services.close_count(count, by=None)
    return services.post_count(count, by=None)


def test_what_was_found_of_a_lot_is_taken_in_and_what_lies_elsewhere_moves(picker):
    shelf, other = make_bin("A-1"), make_bin("A-2")
    milk, count = counting((4, "A", shelf), (3, "B", None))
    services.scan_count(count, Scanned("MILK", 2), bin="a-1", lot="A", by=picker)
    services.scan_count(count, Scanned("MILK", 2), bin="A-2", lot="a", by=picker)
    services.scan_count(count, Scanned("MILK", 2), lot="B", by=picker)
    said = services.scan_count(count, Scanned("MILK", 3), bin="A-2", lot="NEW", by=picker).said
    assert said == "MILK: 9 counted. (bin A-2, lot NEW)"
    posted(count)
    assert parts(milk) == {("A-1", "A"): 2, ("A-2", "A"): 2, (None, "B"): 2, ("A-2", "NEW"): 3}
    assert level_of(milk).on_hand == 9
    assert other.code == "A-2"
    assert_verified()


def test_a_tracked_article_asks_for_its_lot_and_a_serial_number_counts_once(picker):
    phone = make_variant("PHONE", tracking="serial")
    services.receive(make_location(), None, [(phone.pk, 1, None)], parts={0: [Arriving(1, "S1")]}, by=None)
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    with pytest.raises(ValidationError, match="scan or type its lot or serial number") as refused, transaction.atomic():
        services.scan_count(count, Scanned("PHONE"), by=picker)
    assert refused.value.code == "lot"
    services.scan_count(count, Scanned("PHONE"), lot="S1", by=picker)
    services.scan_count(count, Scanned("PHONE"), lot="S2", by=picker)
    with pytest.raises(ValidationError, match="serial number S2 was counted already"), transaction.atomic():
        services.scan_count(count, Scanned("PHONE"), lot="s2", by=picker)
    posted(count)
    assert parts(phone) == {(None, "S1"): 1, (None, "S2"): 1}
    assert_verified()


def test_pieces_without_a_lot_are_refused_by_name(picker):
    _milk, count = counting((4, "A", None))
    services.enter_counts(count, [services.Entry(level_of(_milk).variant_id, 6)], by=picker)
    services.close_count(count, by=None)
    assert [str(line) for line in services.short_lines(count)] == [
        "MILK: 2 pieces more were found. Count again, and name the lot or serial number of each piece."
    ]


def test_what_was_sold_while_people_counted_stays_sold(picker):
    shelf = make_bin("A-1")
    milk, count = counting((4, "A", shelf), (4, "B", None))
    for lot, bin in (("A", "A-1"), ("B", "")):
        services.scan_count(count, Scanned("MILK", 3), bin=bin, lot=lot, by=picker)
    services.scrap("X", [(milk.pk, 4)], make_location(), reason="Sold", by=None)
    assert parts(milk) == {(None, "B"): 4}
    posted(count)
    assert (parts(milk), level_of(milk).on_hand) == ({(None, "B"): 2}, 2)
    assert_verified()


def test_bins_of_untracked_goods_are_counted_one_by_one(picker):
    tea, first, second = make_variant("TEA", on_hand=10), make_bin("A-1"), make_bin("A-2")
    services.put_away([services.PutAway(level_of(tea).pk, 4, first.pk)], by=None)
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    services.scan_count(count, Scanned("TEA", 3), bin="A-1", by=picker)
    services.scan_count(count, Scanned("TEA", 3), bin="A-2", by=picker)
    services.scan_count(count, Scanned("TEA", 5), by=picker)
    posted(count)
    assert (parts(tea), level_of(tea).on_hand) == ({("A-1", None): 3, ("A-2", None): 3}, 11)
    assert second.code == "A-2"
    assert_verified()


def test_a_recount_by_bin_begins_with_nothing(picker):
    tea = make_variant("TEA", on_hand=10)
    make_bin("A-1")
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    services.scan_count(count, Scanned("TEA", 9), by=picker)
    services.close_count(count, by=None)
    services.ask_recount(list(count.lines.all()), by=None)
    scan = services.scan_count(count, Scanned("TEA", 10), bin="A-1", by=picker)
    assert CountLine.objects.get().counted == 10
    services.undo_scan(scan, by=picker)
    assert CountLine.objects.get().counted == 9
    services.scan_count(count, Scanned("TEA", 10), bin="A-1", by=picker)
    posted(count)
    assert parts(tea) == {("A-1", None): 10}


def test_the_pages_take_bins_and_lots(client, picker):
    client.force_login(picker)
    make_bin("A-1")
    _milk, count = counting((4, "A", None))
    sheet = reverse("inventory:count_sheet", args=[count.number])
    form = client.get(sheet, {"q": "MILK"}).context["form"]
    sent = {"variant": form.initial["variant"], "key": form.initial["key"], "quantity": 3, "bin": "a-1"}
    client.post(sheet, sent | {"lot": "NEW", "expires_on": "2031-05-31", "q": "MILK"})
    entry = CountEntry.objects.get()
    assert (entry.quantity, entry.bin.code, entry.lot.number, entry.lot.expires_on.isoformat()) == (
        3, "A-1", "NEW", "2031-05-31",
    )  # fmt: skip
    scanning = reverse("inventory:scan_count", args=[count.number])
    page = client.get(scanning)
    assert [name in page.content.decode() for name in ('name="bin"', 'name="lot"')] == [True, True]
    key = page.context["form"].initial["key"]
    assert client.post(scanning, {"code": "A-1", "pieces": 1, "key": key}).url == f"{scanning}?bin=A-1"
    asked = client.post(scanning, {"code": "MILK", "pieces": 1, "key": key}, headers={"Accept": "application/json"})
    assert (asked.status_code, asked.json()["ask"]) == (422, "lot")


def shelved(variant, *said):
    """Pieces in bins: (pieces, bin or None)."""
    stock(variant, sum(pieces for pieces, _bin in said))
    level = level_of(variant).pk
    services.put_away([services.PutAway(level, pieces, shelf.pk) for pieces, shelf in said if shelf], by=None)


def in_bins(*bins):
    """A stocktake of these bins that has begun."""
    wanted = services.Selection("bins", bins=[shelf.pk for shelf in bins])
    return services.start_count(services.create_count(make_location(), wanted, by=None), by=None)


def test_a_count_of_bins_leaves_alone_what_lies_elsewhere(picker):
    shelf, other, third = make_bin("A-1"), make_bin("A-2"), make_bin("B-1")
    tea, cup, jug = make_variant("TEA"), make_variant("CUP"), make_variant("JUG")
    shelved(tea, (5, shelf), (7, other), (9, None))
    shelved(cup, (4, other))
    shelved(jug, (3, third))
    count = in_bins(shelf, other)
    assert list(count.lines.order_by("pk").values_list("variant__sku", "expected")) == [("CUP", 4), ("TEA", 12)]
    services.scan_count(count, Scanned("TEA", 6), bin="A-1", by=picker)
    services.scan_count(count, Scanned("TEA", 5), bin="A-2", by=picker)
    services.scan_count(count, Scanned("JUG", 1), bin="A-1", by=picker)
    with pytest.raises(ValidationError, match="TEA: say in which bin the pieces lie"), transaction.atomic():
        services.scan_count(count, Scanned("TEA", 1), by=picker)
    with pytest.raises(ValidationError, match="TEA: bin B-1 is not part of this stocktake"), transaction.atomic():
        services.scan_count(count, Scanned("TEA", 1), bin="B-1", by=picker)
    services.close_count(count, rest_is_zero=True, by=None)
    lines = count.lines.order_by("pk").values_list("variant__sku", "expected", "counted", "balance", "difference")
    assert list(lines) == [("CUP", 4, 0, 4, -4), ("TEA", 12, 11, 12, -1), ("JUG", 0, 1, 0, 1)]
    services.post_count(count, by=None)
    assert parts(tea) == {("A-1", None): 6, ("A-2", None): 5}
    assert (level_of(tea).on_hand, level_of(tea).loose) == (20, 9)
    assert (parts(cup), level_of(cup).on_hand) == ({}, 0)
    assert parts(jug) == {("A-1", None): 1, ("B-1", None): 3}
    assert_verified()


def test_a_count_of_one_bin_knows_where_pieces_lie_and_asks_for_lots(picker):
    shelf = make_bin("A-1")
    milk, tea = make_variant("MILK", tracking="lot"), make_variant("TEA")
    rows = [Arriving(4, "A", bin=shelf.pk), Arriving(2, "B")]
    services.receive(make_location(), None, [(milk.pk, 6, None)], parts={0: rows}, by=None)
    shelved(tea, (5, shelf), (1, None))
    count = in_bins(shelf)
    services.enter_counts(count, [services.Entry(tea.pk, 4)], by=picker)
    with pytest.raises(ValidationError, match="MILK: scan or type its lot"), transaction.atomic():
        services.enter_counts(count, [services.Entry(milk.pk, 4)], by=picker)
    services.enter_counts(count, [services.Entry(milk.pk, 3, lot="A")], by=picker)
    posted(count)
    assert (parts(tea), level_of(tea).on_hand) == ({("A-1", None): 4}, 5)
    assert parts(milk) == {("A-1", "A"): 3, (None, "B"): 2}
    assert_verified()


def test_each_bin_is_compared_with_the_moment_at_which_it_was_counted(picker):
    """Pieces that leave or move between the counts of two bins are no difference, whoever counted which."""
    shelf, other = make_bin("A-1"), make_bin("A-2")
    tea, cup = make_variant("TEA"), make_variant("CUP")
    shelved(tea, (10, shelf), (10, other))
    shelved(cup, (5, None))
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    services.scan_count(count, Scanned("TEA", 10), bin="A-1", by=picker)
    services.scan_count(count, Scanned("CUP", 5), by=picker)
    services.adjust(tea.pk, make_location(), delta=-2, bin=shelf.pk, reason="Given away", by=None)
    services.put_away([services.PutAway(level_of(tea).pk, 3, other.pk, shelf.pk)], by=None)
    services.put_away([services.PutAway(level_of(cup).pk, 5, shelf.pk)], by=None)
    services.scan_count(count, Scanned("TEA", 13), bin="A-2", by=make_user("warehouse_operator"))
    services.scan_count(count, Scanned("CUP", 5), bin="A-1", by=picker)
    services.close_count(count, by=None)
    lines = count.lines.order_by("pk").values_list("variant__sku", "counted", "difference")
    assert list(lines) == [("CUP", 10, 0), ("TEA", 23, 0)]
    services.post_count(count, by=None)
    assert parts(tea) == {("A-1", None): 5, ("A-2", None): 13}
    assert (parts(cup), level_of(cup).on_hand) == ({("A-1", None): 5}, 5)
    assert_verified()


def test_bins_are_named_by_code_or_by_how_they_begin(client):
    shelf, _other = make_bin("A-1"), make_bin("A-2")
    make_bin("B-1")
    milk = make_variant("MILK", tracking="lot")
    rows = [Arriving(2, lot, bin=shelf.pk) for lot in "AB"]
    services.receive(make_location(), None, [(milk.pk, 4, None)], parts={0: rows}, by=None)
    client.force_login(make_user("warehouse_manager"))
    page = client.get(reverse("inventory:bin", args=[shelf.pk])).content.decode()
    address = f"{reverse('inventory:count_new')}?scope=bins&location={shelf.location_id}&bins=A-1"
    assert address.replace("&", "&amp;") in page
    assert "A-1</textarea>" in client.get(address).content.decode()
    fields = {"location": shelf.location_id, "scope": "bins"}
    answer = client.post(reverse("inventory:count_new"), fields | {"bins": "a-*, C-9"})
    assert (answer.status_code, "has no open bin of this code: C-9." in answer.content.decode()) == (422, True)
    client.post(reverse("inventory:count_new"), fields | {"bins": "a-*"})
    count = StockCount.objects.get()
    assert list(count.bins.values_list("code", flat=True)) == ["A-1", "A-2"]
    assert "Some bins · A-1, A-2" in client.get(count.get_absolute_url()).content.decode()
    paper = client.get(reverse("inventory:count_paper", args=[count])).content.decode()
    assert '<td class="mono">A-1</td>' in paper
