"""Invoices: gapless, unchangeable, and credited to the cent."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.errors import IllegalTransition
from orders import services
from orders.models import Invoice
from orders.services import NewLine
from tests.orders.builders import article, line_of, make_order, staff

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year


@pytest.fixture
def clerk():
    return staff()


def taxed_order(clerk):
    lines = [
        NewLine(1, article("TEA", on_hand=9), unit_price=Decimal("9.99"), tax_rate=Decimal("0.19"), tax_name="VAT 19%"),
        NewLine(3, article("BOOK", on_hand=9), unit_price=Decimal("3.33"), tax_rate=Decimal("0.07"), tax_name="VAT 7%"),
    ]
    order = services.create_draft(by=clerk, lines=lines, shipping=Decimal("4.90"), shipping_tax_rate=Decimal("0.19"))
    return services.place(order, by=clerk)


def test_an_invoice_keeps_what_it_prints(clerk):
    order = taxed_order(clerk)

    invoice = services.issue_invoice(order, by=clerk)

    assert invoice.number == f"INV-{YEAR}-00001"
    assert (invoice.gross, invoice.tax) == (order.total, order.tax)
    taxes = [(t["name"], Decimal(t["net"]), Decimal(t["tax"])) for t in invoice.content["taxes"]]
    assert taxes == [("VAT 19%", Decimal("12.51"), Decimal("2.38")), ("VAT 7%", Decimal("9.34"), Decimal("0.65"))]
    assert [line["sku"] for line in invoice.content["lines"]] == ["TEA", "BOOK"]
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(gross=1)


def test_only_placed_orders_and_only_once(clerk):
    with pytest.raises(IllegalTransition, match="cannot become invoiced"):
        services.issue_invoice(make_order(), by=clerk)
    order = taxed_order(clerk)
    first = services.issue_invoice(order, by=clerk)
    with pytest.raises(services.AlreadyInvoiced, match=f"is invoiced by {first.number}"):
        services.issue_invoice(order, by=clerk)
    services.credit(first, reason="Wrong address", by=clerk)
    assert services.issue_invoice(order, by=clerk).number == f"INV-{YEAR}-00002"


def test_credit_notes_add_up_to_the_invoice(clerk):
    invoice = services.issue_invoice(taxed_order(clerk), by=clerk)

    parts = [services.credit(invoice, amount=Decimal(amount), reason="Part", by=clerk) for amount in ("7.77", "0.01")]
    rest = services.credit(invoice, reason="Rest", by=clerk)

    assert rest.number == f"CN-{YEAR}-00003"
    assert sum(note.gross for note in [*parts, rest]) == invoice.gross
    assert sum(note.tax for note in [*parts, rest]) == invoice.tax
    with pytest.raises(services.CreditTooHigh):
        services.credit(invoice, reason="More", by=clerk)
    with pytest.raises(ValidationError, match="only invoices can be credited"):
        services.credit(rest, reason="x", by=clerk)


def test_a_rolled_back_invoice_leaves_no_gap(clerk):
    with transaction.atomic():
        services.issue_invoice(taxed_order(clerk), by=clerk)
        transaction.set_rollback(True)
    assert services.issue_invoice(taxed_order(clerk), by=clerk).number == f"INV-{YEAR}-00001"


def test_canceled_pieces_are_not_invoiced(clerk):
    order = taxed_order(clerk)
    services.cancel_lines(order, quantities={line_of(order, "BOOK").pk: 2}, reason="x", by=clerk)
    invoice = services.issue_invoice(order, by=clerk)
    order.refresh_from_db()
    assert [line["quantity"] for line in invoice.content["lines"]] == [1, 1]
    assert invoice.gross == order.total
