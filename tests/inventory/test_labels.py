"""GS1 labels as scanners hand them over."""

from datetime import date
from uuid import uuid4

import pytest

from inventory import services
from inventory.models import StockPart
from inventory.services import Scanned
from inventory.services.labels import Label, read_label
from tests.factories import make_user, make_variant
from tests.inventory.test_scans import ordered

GTIN = "04006381333931"
WHOLE = Label(GTIN, "L-17", "", date(2031, 5, 31))


@pytest.mark.parametrize(
    ("code", "label"),
    [
        (f"01{GTIN}1731050010L-17", WHOLE),
        (f"]C101{GTIN}1731050010L-17", WHOLE),
        (f"]d2\x1d01{GTIN}10L-17\x1d17310500", WHOLE),
        (f"(01){GTIN}(17)310500(10)L-17", WHOLE),
        (f"01{GTIN}21S1\x1d10L2\x1d17310228", Label(GTIN, "L2", "S1", date(2031, 2, 28))),
        (f"01{GTIN}10L2\x1d17310230", Label(GTIN, "L2")),
        (f"01{GTIN}10L2\x1d17311330", Label(GTIN, "L2")),
        (f"01{GTIN}", Label(f"01{GTIN}")),
        ("4006381333931", Label("4006381333931")),
        ("0104006381333930100X", Label("0104006381333930100X")),
        (f"01{GTIN}99X", Label(f"01{GTIN}99X")),
        ("(TEA)", Label("(TEA)")),
        (" TEA-01 ", Label("TEA-01")),
        ("", Label("")),
    ],
)
def test_a_label_is_taken_apart_and_anything_else_is_left(code, label):
    assert read_label(code) == label


@pytest.mark.django_db
def test_a_label_tells_the_lot_of_what_arrives():
    order = ordered((make_variant("TEA", barcode="4006381333931", tracking="lot"), 5))
    scanned = Scanned(f"01{GTIN}1731050010L-17", 2)
    said = services.scan_delivery(order, scanned, delivery=uuid4(), by=make_user("warehouse_operator")).said
    assert said == "TEA: 2 of 5 accepted."
    part = StockPart.objects.get()
    assert (part.lot.number, part.lot.expires_on, part.quantity) == ("L-17", date(2031, 5, 31), 2)
