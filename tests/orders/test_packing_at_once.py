"""Two devices at one parcel: what the last scan did is taken back once, or not at all because the parcel has left."""

import pytest
from django.core.exceptions import ValidationError

from backoffice import verification
from inventory import services as inventory
from inventory.models import Scan, StockLevel
from inventory.services import Scanned
from orders import services
from tests.inventory.test_concurrency import at_once
from tests.orders.builders import make_order, parcel_of, staff

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def tried(verb):
    """A worker that says whether it was done or refused."""

    def worker():
        try:
            verb()
        except ValidationError:
            return "refused"
        return "done"

    return worker


def test_the_last_scan_is_taken_back_while_the_other_device_ships_or_scans():
    picker = staff("warehouse_operator")
    left = opened = 0
    for _round in range(ROUNDS):
        parcel = parcel_of(make_order([("TEA", 2)], placed=True))
        services.pack_scanned(parcel, Scanned("TEA"), by=picker)
        whole = services.pack_scanned(parcel, Scanned("TEA"), by=picker)
        undo = tried(lambda scan=whole: inventory.undo_scan(scan, by=picker))
        ship = tried(lambda parcel=parcel: services.ship(parcel, by=picker))

        undone, _again, shipped = at_once([undo, undo, ship])

        parcel.refresh_from_db()
        facts = (undone, shipped, parcel.status, parcel.lines.get().packed)
        assert facts in {("done", "refused", "pending", 1), ("refused", "done", "shipped", 2)}
        left, opened = left + (shipped == "done"), opened + (undone == "done")
        if undone == "done":
            first = inventory.last_scan(parcel.number, picker)
            scan = tried(lambda parcel=parcel: services.pack_scanned(parcel, Scanned("TEA"), by=picker))
            taken, _packed = at_once([tried(lambda scan=first: inventory.undo_scan(scan, by=picker)), scan])
            standing = Scan.objects.filter(subject=parcel.number, undone_at=None)
            assert parcel.lines.get().packed == standing.count() == (1 if taken == "done" else 2)
    assert left + opened == ROUNDS
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == 100 - 2 * left
    assert [report.name for report in verification.run() if report.result.wrong] == []
