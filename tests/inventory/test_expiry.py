"""What has expired is promised to nobody: held from the day after its expiry, wherever it lies and wherever it goes."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from backoffice import verification
from backoffice.models import AuditEvent
from inventory import services
from inventory.models import Allocation, Location, Lot, StockMove
from inventory.services import Arriving, Demand, InsufficientStock, Pieces
from orders import services as order_services
from tests.factories import level_of, make_location, make_user, make_variant
from tests.orders.builders import article, make_order, parcel_of, warehouse

pytestmark = pytest.mark.django_db


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


def receive(variant, *said, location=None):
    rows = [Arriving(pieces, lot, expires) for pieces, lot, expires in said]
    lines = [(variant.pk, sum(row.quantity for row in rows), None)]
    services.receive(location or make_location(), None, lines, parts={0: rows}, by=None)


def milk():
    """10 pieces: 4 of lot OLD, the last day of which is today, and 6 of lot NEW."""
    variant = make_variant("MILK", tracking="lot")
    receive(variant, (4, "OLD", in_days(0)), (6, "NEW", in_days(30)))
    return variant


def figures(variant, location=None):
    level = level_of(variant, location)
    return level.on_hand, level.allocated, level.held, level.free


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_a_lot_is_sold_on_its_last_day_and_held_from_the_next_day_on():
    variant = milk()

    assert services.quarantine_expired() == 0
    assert figures(variant) == (10, 0, 0, 10)

    assert services.quarantine_expired(in_days(1)) == 1
    assert services.quarantine_expired(in_days(1)) == 0
    assert figures(variant) == (10, 0, 4, 6)
    assert services.available([variant.pk]) == {variant.pk: {make_location().pk: 6}}
    move = StockMove.objects.get(kind="quarantined")
    assert (move.quantity, move.reason) == (4, f"Lot OLD expired on {in_days(0).isoformat()}")
    with pytest.raises(InsufficientStock, match="MILK: 6 available, 7 asked"), transaction.atomic():
        services.allocate("SO-1", [Demand(1, variant.pk, 7, "MILK")], by=None)
    assert_verified()


def test_what_comes_in_expired_is_never_available():
    variant = make_variant("MILK", tracking="lot")
    receive(variant, (3, "OLD", in_days(-1)), (2, "NEW", in_days(1)))
    assert figures(variant) == (5, 0, 3, 2)
    receive(variant, (1, "OLD", None))
    assert figures(variant) == (6, 0, 4, 2)
    assert_verified()


def test_expired_pieces_are_held_until_they_leave():
    variant, here, shop = milk(), make_location(), make_location("SHOP")
    services.quarantine_expired(in_days(1))

    services.scrap("X", [(variant.pk, 1)], here, reason="Sour", by=None)
    assert figures(variant) == (9, 0, 3, 6)
    transfer = services.create_transfer(here, shop, [(variant.pk, 2)], by=None)
    services.send(transfer, by=None)
    assert (figures(variant), figures(variant, Location.objects.get(kind="transit"))) == ((7, 0, 1, 6), (2, 0, 2, 0))
    services.receive_transfer(transfer, {transfer.lines.get().pk: 2}, by=None)
    assert figures(variant, shop) == (2, 0, 2, 0)
    services.adjust(variant.pk, shop, delta=1, lot="NEW", reason="Found", by=None)
    assert figures(variant, shop) == (3, 0, 2, 1)
    assert_verified()


def test_all_that_is_good_may_be_promised_while_what_has_expired_is_thrown_away():
    variant = milk()
    services.quarantine_expired(in_days(1))
    services.allocate("SO-1", [Demand(1, variant.pk, 6, "MILK")], by=None)
    services.scrap("X", [(variant.pk, 4)], make_location(), reason="Sour", by=None)
    assert figures(variant) == (6, 6, 0, 0)
    with pytest.raises(InsufficientStock, match="MILK"), transaction.atomic():
        services.scrap("X", [(variant.pk, 1)], make_location(), reason="Sour", by=None)


def test_an_expired_piece_that_is_shipped_by_name_leaves_a_good_one_free():
    variant = milk()
    services.allocate("SO-1", [Demand(1, variant.pk, 2, "MILK")], by=None)
    services.quarantine_expired(in_days(1))
    old = Lot.objects.get(number="OLD")
    services.ship("SO-1", {1: 2}, make_location(), taken={1: [Pieces(2, old.pk)]}, by=None)
    assert figures(variant) == (8, 0, 2, 6)
    assert_verified()


def test_a_later_day_of_expiry_ends_the_quarantine():
    variant = milk()
    services.quarantine_expired(in_days(1))
    Lot.objects.filter(number="OLD").update(expires_on=in_days(9))
    assert services.quarantine_expired(in_days(1)) == 1
    assert figures(variant) == (10, 0, 0, 10)
    move = StockMove.objects.get(kind="cleared")
    assert (move.quantity, move.reason) == (4, f"Lot OLD expires on {in_days(9).isoformat()}")
    Lot.objects.filter(number="NEW").update(expires_on=in_days(-1))
    services.quarantine_expired()
    Lot.objects.filter(number="NEW").update(expires_on=None)
    services.quarantine_expired()
    assert StockMove.objects.filter(kind="cleared").latest("pk").reason == "Lot NEW does not expire"
    assert_verified()


def test_promises_that_expired_pieces_were_for_are_served_elsewhere_and_else_are_told():
    variant, shop = article("MILK", tracking="lot"), make_location("SHOP")
    receive(variant, (4, "OLD", in_days(0)), (6, "NEW", in_days(30)), location=warehouse())
    first = make_order([("MILK", 5)], placed=True)
    second = make_order([("MILK", 4)], placed=True)
    receive(variant, (1, "FAR", in_days(30)), location=shop)

    services.quarantine_expired(in_days(1))

    assert figures(variant, warehouse()) == (10, 8, 4, -2)
    promised = Allocation.objects.values_list("cause", "location__code", "quantity")
    assert sorted(promised) == [
        (first.number, "main", 5),
        (second.number, "SHOP", 1),
        (second.number, "main", 3),
    ]
    told = AuditEvent.objects.filter(verb__in=["order.reallocated", "order.waits"]).order_by("pk")
    assert [(e.verb, e.subject, e.data["lines"], e.reason) for e in told] == [
        ("order.reallocated", second.number, {"MILK": 1}, "Stock has expired"),
        ("order.waits", second.number, {"MILK": 2}, "Stock has expired"),
    ]
    assert_verified()


def test_an_order_whose_parcel_cannot_be_filled_any_more_is_told():
    variant = article("MILK", tracking="lot")
    receive(variant, (2, "OLD", in_days(0)), location=warehouse())
    order = make_order([("MILK", 2)], placed=True)
    parcel = order_services.pack(parcel_of(order), by=None)

    services.quarantine_expired(in_days(1))

    event = AuditEvent.objects.get(verb="order.waits")
    assert (event.subject, event.data["lines"]) == (order.number, {"MILK": 2})
    Lot.objects.update(expires_on=in_days(-1))
    with pytest.raises(ValidationError, match="MILK: 0 pieces are not expired, 2 asked"), transaction.atomic():
        order_services.ship(parcel, by=None)
    receive(variant, (2, "NEW", in_days(30)), location=warehouse())
    order_services.ship(parcel, by=None)
    assert figures(variant, warehouse()) == (2, 0, 2, 0)


def test_a_stocktake_that_misses_expired_pieces_takes_them_off():
    variant = milk()
    services.quarantine_expired(in_days(1))
    services.allocate("SO-1", [Demand(1, variant.pk, 6, "MILK")], by=None)
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    services.enter_counts(count, [services.Entry(variant.pk, 7)], by=None)
    services.close_count(count, by=None)
    assert services.short_lines(count) == []
    services.post_count(count, by=None)
    assert figures(variant) == (7, 6, 1, 0)
    assert_verified()


def test_the_command_and_the_pages(client, capsys, django_capture_on_commit_callbacks):
    variant = milk()
    Lot.objects.filter(number="OLD").update(expires_on=in_days(-3))
    call_command("quarantine_expired", "--json")
    assert capsys.readouterr().out.strip() == '{"lots": 1}'

    client.force_login(make_user(role="owner"))
    page = client.get(level_of(variant).get_absolute_url(), {"kind": "quarantined"}).content.decode()
    assert f"Lot OLD expired on {in_days(-3).isoformat()}" in page
    assert "Promised to" not in page
    assert "Expired" in client.get(reverse("inventory:why", args=[variant.pk])).content.decode()
    assert client.get("/api/v1/stock", {"sku": "MILK"}).json()["items"][0]["available"] == 6

    lot = Lot.objects.get(number="OLD")
    form = client.get(reverse("inventory:lot_edit", args=[lot.pk])).context
    sent = {
        "number": "OLD",
        "expires_on": in_days(3).isoformat(),
        "version": form["version"],
        "change_reason": "Misread",
    }
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("inventory:lot_edit", args=[lot.pk]), sent)
    assert figures(variant) == (10, 0, 0, 10)
