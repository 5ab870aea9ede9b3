"""Purchase orders: written, ordered, received, canceled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice import verification
from backoffice.errors import IllegalTransition, NotAllowed
from backoffice.models import AuditEvent, User
from inventory import services
from inventory.models import PurchaseOrder, Receipt, StockMove, SupplierItem
from inventory.services import Delivered, PurchaseLine, Terms
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db
CHECKS = ("stock_incoming", "purchase_sums", "purchase_receipts", "landed_costs", "stock_levels", "stock_postings")


def make_purchase(lines: dict[str, int], *, cost: str = "2.50", ordered: bool = True, by: User | None = None, **terms):
    """A purchase order of new variants by SKU, ordered unless told otherwise."""
    rows = [PurchaseLine(make_variant(sku).pk, quantity, Decimal(cost)) for sku, quantity in lines.items()]
    order = services.create_purchase(
        make_supplier(email="sales@acme.example"), make_location(), rows, Terms(**terms), by=by
    )
    return services.order_purchase(order, by=by) if ordered else order


def line_of(order: PurchaseOrder, sku: str = "TEA"):
    return order.lines.get(variant__sku=sku)


def deliver(
    order: PurchaseOrder, accepted: int, rejected: int = 0, *, sku: str = "TEA", by: User | None = None, **more
):
    row = Delivered(line_of(order, sku).pk, accepted, rejected, "damaged" if rejected else "")
    return services.receive_purchase(order, [row], by=by, **more)


def everything_adds_up() -> bool:
    return not any(report.result.wrong for report in verification.run(CHECKS))


def test_a_draft_takes_costs_and_packs_of_the_supplier():
    supplier, main, tea, cup = make_supplier(), make_location(), make_variant("TEA"), make_variant("CUP")
    SupplierItem.objects.create(
        supplier=supplier, variant=tea, supplier_sku="T-9", pack_size=6, minimum=10, cost=Decimal("1.25")
    )
    order = services.create_purchase(supplier, main, [PurchaseLine(tea.pk, 2), PurchaseLine(cup.pk, 3)], by=None)
    assert order.number.startswith("PO-")
    assert list(order.lines.values_list("supplier_sku", "quantity", "unit_cost")) == [
        ("T-9", 12, Decimal("1.25")),
        ("", 3, Decimal(0)),
    ]
    order.refresh_from_db()
    assert (order.status, order.subtotal, order.total) == ("draft", Decimal(15), Decimal(15))
    assert not StockMove.objects.exists()


def test_ordering_makes_pieces_incoming_and_expects_them_after_the_lead_time():
    supplier, main, tea = make_supplier(lead_time_days=5), make_location(), make_variant("TEA")
    SupplierItem.objects.create(supplier=supplier, variant=tea, lead_time_days=9)
    order = services.create_purchase(supplier, main, [PurchaseLine(tea.pk, 4)], by=None)
    services.order_purchase(order, by=None)
    order.refresh_from_db()
    assert (order.status, order.expected_on) == ("ordered", timezone.localdate() + timedelta(days=9))
    assert (level_of(tea).incoming, level_of(tea).on_hand) == (4, 0)
    assert [event.verb for event in AuditEvent.objects.about(order)] == [
        "purchaseorder.ordered",
        "purchaseorder.created",
    ]


def test_receipts_add_up_with_rejected_pieces():
    clerk = make_user()
    order = make_purchase({"TEA": 10, "CUP": 2}, by=clerk)
    first = deliver(order, 4, 1, by=clerk, reference="DN-1")
    order.refresh_from_db()
    line = line_of(order)
    assert (order.status, line.accepted, line.rejected, line.outstanding) == ("partially_received", 4, 1, 5)
    assert (level_of(line.variant).on_hand, level_of(line.variant).incoming) == (4, 5)
    assert level_of(line.variant).value == Decimal(10)
    assert first.lines.get().reject_reason == "damaged"
    deliver(order, 5, by=clerk)
    deliver(order, 2, sku="CUP", by=clerk)
    order.refresh_from_db()
    assert (order.status, level_of(line.variant).incoming) == ("received", 0)
    assert level_of(line.variant).on_hand == 9
    assert everything_adds_up()


def test_a_line_of_rejected_pieces_alone_moves_no_stock():
    order = make_purchase({"TEA": 3})
    receipt = deliver(order, 0, 3)
    order.refresh_from_db()
    assert (order.status, receipt.lines.get().quantity) == ("received", 0)
    assert not StockMove.objects.exists()


def test_rejected_pieces_need_a_reason():
    order = make_purchase({"TEA": 3})
    with pytest.raises(ValidationError, match="TEA: say why pieces are rejected"):
        services.receive_purchase(order, [Delivered(line_of(order).pk, 1, 1)], by=None)


def test_the_same_key_again_receives_once():
    order = make_purchase({"TEA": 10})
    first = deliver(order, 4, key="abc")
    assert deliver(order, 4, key="abc") == first
    assert Receipt.objects.count() == 1
    assert line_of(order).accepted == 4


def test_more_than_ordered_needs_the_permission():
    operator, manager = make_user("warehouse_operator"), make_user("warehouse_manager")
    order = make_purchase({"TEA": 10})
    with pytest.raises(ValidationError, match=r"TEA: 10 ordered, 11 accepted\. You may not receive more"):
        deliver(order, 11, by=operator)
    assert not Receipt.objects.exists()
    deliver(order, 11, by=manager)
    order.refresh_from_db()
    assert (order.status, level_of(line_of(order).variant).on_hand) == ("over_received", 11)
    assert everything_adds_up()


def test_a_draft_receives_nothing():
    order = make_purchase({"TEA": 3}, ordered=False)
    with pytest.raises(ValidationError, match="is not ordered"):
        deliver(order, 1)


def test_nobody_receives_for_a_warehouse_of_others():
    make_location("EAST")
    order = make_purchase({"TEA": 3})
    with pytest.raises(NotAllowed):
        deliver(order, 1, by=make_user("warehouse_operator", warehouses=("EAST",)))


def test_canceling_takes_incoming_back():
    order = make_purchase({"TEA": 3})
    services.cancel_purchase(order, reason="Too late", by=None)
    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == ("canceled", "Too late")
    assert level_of(line_of(order).variant).incoming == 0
    with pytest.raises(ValidationError, match="is not ordered"):
        deliver(order, 1)


def test_what_came_in_part_is_closed_and_not_canceled():
    order = make_purchase({"TEA": 10})
    deliver(order, 4)
    with pytest.raises(IllegalTransition):
        services.cancel_purchase(order, by=None)
    services.close_purchase(order, reason="Sold out", by=None)
    order.refresh_from_db()
    line = line_of(order)
    assert (order.status, line.canceled, line.outstanding, level_of(line.variant).incoming) == ("received", 6, 0, 0)
    assert everything_adds_up()


def test_a_draft_is_written_anew_and_an_order_is_not():
    order = make_purchase({"TEA": 10}, ordered=False)
    cup = make_variant("CUP")
    arguments = (order.supplier, order.location, [PurchaseLine(cup.pk, 2, Decimal(3))], Terms(freight=Decimal("1.50")))
    edited = services.edit_purchase(order, *arguments, by=None)
    assert (edited.subtotal, edited.total) == (Decimal(6), Decimal("7.50"))
    services.order_purchase(edited, by=None)
    with pytest.raises(ValidationError, match="was ordered already"):
        services.edit_purchase(order, *arguments, by=None)


def test_costs_in_another_currency_are_stock_in_the_shops():
    order = make_purchase({"TEA": 4}, cost="2.00", currency="USD", exchange_rate=Decimal("0.9"))
    receipt = deliver(order, 4)
    assert receipt.lines.get().unit_cost == Decimal("1.8")
    assert level_of(line_of(order).variant).value == Decimal("7.2")


def test_the_own_currency_is_worth_one():
    with pytest.raises(ValidationError, match="is worth 1"):
        make_purchase({"TEA": 1}, exchange_rate=Decimal(2))


def test_the_database_refuses_an_illegal_status():
    order = make_purchase({"TEA": 1})
    with pytest.raises(IntegrityError, match="cannot become draft"), transaction.atomic():
        PurchaseOrder.objects.filter(pk=order.pk).update(status="draft")


def test_raw_sql_keeps_incoming_and_sums_true():
    order = make_purchase({"TEA": 5, "CUP": 2})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_purchaseorderline SET quantity = quantity + 3 WHERE purchase_order_id = %s", [order.pk]
        )
        cursor.execute("DELETE FROM inventory_purchaseorderline WHERE id = %s", [line_of(order, "CUP").pk])
    order.refresh_from_db()
    assert (order.subtotal, level_of(line_of(order).variant).incoming) == (Decimal(20), 8)
    assert everything_adds_up()


def test_verify_finds_and_mends_incoming():
    order = make_purchase({"TEA": 5})
    level = level_of(line_of(order).variant)
    type(level).objects.filter(pk=level.pk).update(incoming=1)
    assert not everything_adds_up()
    assert [report.mended for report in verification.run(["stock_incoming"], repair=True)] == [1]
    assert level_of(line_of(order).variant).incoming == 5


def test_mail_goes_to_the_supplier_once_it_is_ordered():
    order = make_purchase({"TEA": 5}, ordered=False)
    with pytest.raises(ValidationError, match="Order it first"):
        services.mail_purchase(order, by=None)
    services.order_purchase(order, by=None)
    services.mail_purchase(order, by=None)
    order.refresh_from_db()
    assert order.mailed_at is not None
    assert AuditEvent.objects.about(order).first().data == {"to": "sales@acme.example"}
