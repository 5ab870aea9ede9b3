"""Invoices and credit notes: numbered without gaps, with everything they print kept as it was."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.money import ZERO, format_money, round_money, shares
from backoffice.numbering import draw
from orders.models import DocumentSeries, Invoice, Order, OrderLine, Refund
from orders.services.status import lines_of, lock, shipping_amounts

SERIES = {Invoice.Kind.INVOICE: "INV", Invoice.Kind.CREDIT_NOTE: "CN"}


class AlreadyInvoiced(ValidationError):
    """The order has an invoice that is not credited."""


class CreditTooHigh(ValidationError):
    """More was to be credited than the invoice has left."""


@transaction.atomic
def issue_invoice(order: Order, *, by: User | None) -> Invoice:
    """Issue the invoice of a placed order. One that is credited whole may be followed by another.

    Raises AlreadyInvoiced, IllegalTransition on drafts and canceled orders.
    """
    order = lock(order)
    if order.status not in (Order.Status.PLACED, Order.Status.CLOSED):
        raise IllegalTransition(order, order.get_status_display(), _("invoiced"))
    open_one = next((invoice for invoice in invoices_of(order) if left_to_credit(invoice)), None)
    if open_one is not None:
        raise AlreadyInvoiced(
            _("%(order)s is invoiced by %(invoice)s. Credit that first.") % {"order": order, "invoice": open_one}
        )
    lines = [line for line in lines_of(order) if line.kept]
    content = _head(order) | {
        "lines": [_line(line) for line in sorted(lines, key=lambda line: (line.position, line.pk))]
    }
    content |= _shipping(order) | {"taxes": _taxes(order, lines)}
    invoice = _write(Invoice.Kind.INVOICE, order, content, by)
    audit.record("order.invoiced", order, by=by, data={"invoice": invoice.number})
    return invoice


@transaction.atomic
def credit(
    invoice: Invoice, *, reason: str, by: User | None, amount: Decimal | None = None, refund: Refund | None = None
) -> Invoice:
    """Issue a credit note over `amount`, tax included, or over all that is left of the invoice.

    Raises CreditTooHigh beyond what is left.
    """
    order = lock(invoice.order)
    invoice = Invoice.objects.get(pk=invoice.pk)
    if invoice.kind != Invoice.Kind.INVOICE:
        raise ValidationError(_("%(note)s is a credit note; only invoices can be credited.") % {"note": invoice})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    left = left_to_credit(invoice)
    amount = left if amount is None else amount
    if amount <= 0 or amount > left:
        shown = {
            "invoice": invoice,
            "left": format_money(left, order.currency),
            "asked": format_money(amount, order.currency),
        }
        raise CreditTooHigh({"amount": _("%(left)s of %(invoice)s can still be credited, %(asked)s asked.") % shown})
    if amount != round_money(amount, order.currency):
        raise ValidationError(
            {"amount": _("%(currency)s has no amount of %(amount)s.") % {"currency": order.currency, "amount": amount}}
        )
    taxes = _credited_taxes(invoice, amount, amount == left)
    content = _head(order) | {
        "reason": reason, "refund": refund.pk if refund else None, "lines": [], "shipping": None, "taxes": taxes,
        "corrects": {"number": invoice.number, "issued": timezone.localdate(invoice.issued_at).isoformat()},
    }  # fmt: skip
    note = _write(Invoice.Kind.CREDIT_NOTE, order, content, by, corrects=invoice)
    audit.record(
        "order.credited", order, by=by, reason=reason, data={"credit_note": note.number, "invoice": invoice.number}
    )
    return note


def invoices_of(order: Order) -> list[Invoice]:
    """Its invoices, each with its credit notes, oldest first."""
    return list(order.invoices.filter(kind=Invoice.Kind.INVOICE).prefetch_related("corrections").order_by("pk"))


def left_to_credit(invoice: Invoice) -> Decimal:
    """What of the invoice no credit note has taken back."""
    return invoice.gross - sum((note.gross for note in invoice.corrections.all()), ZERO)  # type: ignore[no-any-return]


def _write(
    kind: Invoice.Kind, order: Order, content: dict[str, Any], by: User | None, corrects: Invoice | None = None
) -> Invoice:
    """Draw the number last: its counter stays locked until the transaction ends."""
    net = sum((Decimal(tax["net"]) for tax in content["taxes"]), ZERO)
    tax = sum((Decimal(tax["tax"]) for tax in content["taxes"]), ZERO)
    now = timezone.now()
    number = draw(series_of(kind), timezone.localdate(now).year)
    return Invoice.objects.create(
        number=number, kind=kind, order=order, corrects=corrects, currency=order.currency, net=net, tax=tax, gross=net + tax,
        content=content, issued_at=now, issued_by=by,
    )  # fmt: skip


def series_of(kind: str) -> str:
    """The prefix of the numbers of this kind: what the shop has chosen, or INV and CN."""
    return (
        DocumentSeries.objects.filter(kind=kind).values_list("prefix", flat=True).first() or SERIES[Invoice.Kind(kind)]
    )


def _head(order: Order) -> dict[str, Any]:
    return {
        "seller": {
            "name": settings.COMPANY_NAME,
            "address": settings.COMPANY_ADDRESS,
            "tax_number": settings.COMPANY_TAX_NUMBER,
        },
        "buyer": {
            "name": order.customer_name,
            "email": order.email,
            "address": order.billing_address or order.shipping_address,
        },
        "ship_to": order.shipping_address,
        "language": order.language,
        "order": order.number,
        "ordered": timezone.localdate(order.placed_at).isoformat(),
        "prices_include_tax": order.prices_include_tax,
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "sku": line.sku, "title": line.title, "quantity": line.kept, "unit_price": str(line.unit_price),
        "discount": str(line.discount + line.order_discount), "tax_name": line.tax_name, "tax_rate": str(line.tax_rate),
        "net": str(line.net), "tax": str(line.tax), "gross": str(line.gross),
    }  # fmt: skip


def _shipping(order: Order) -> dict[str, Any]:
    net, tax, gross = shipping_amounts(order)
    if not gross:
        return {"shipping": None}
    return {
        "shipping": {"net": str(net), "tax": str(tax), "gross": str(gross), "tax_rate": str(order.shipping_tax_rate)}
    }


def _taxes(order: Order, lines: Sequence[OrderLine]) -> list[dict[str, str]]:
    """Net and tax per rate."""
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    names: dict[Decimal, str] = {}
    for line in lines:
        sums[line.tax_rate][0] += line.net
        sums[line.tax_rate][1] += line.tax
        names.setdefault(line.tax_rate, line.tax_name)
    net, tax, gross = shipping_amounts(order)
    if gross:
        sums[order.shipping_tax_rate][0] += net
        sums[order.shipping_tax_rate][1] += tax
    return [_tax(names.get(rate, ""), rate, *sums[rate]) for rate in sorted(sums, reverse=True)]


def _tax(name: str, rate: Decimal, net: Decimal, tax: Decimal) -> dict[str, str]:
    return {"name": name, "rate": str(rate), "net": str(net), "tax": str(tax), "gross": str(net + tax)}


def _credited_taxes(invoice: Invoice, amount: Decimal, everything: bool) -> list[dict[str, str]]:
    """Share `amount` over the invoice's rates by what is left of each."""
    left = _left_per_rate(invoice)
    parts = (
        [net + tax for _name, _rate, net, tax in left]
        if everything
        else shares(amount, [net + tax for _name, _rate, net, tax in left], invoice.currency)
    )
    result = []
    for (name, rate, net, tax), part in zip(left, parts, strict=True):
        credited = tax if part == net + tax else min(round_money(part - part / (1 + rate), invoice.currency), tax)
        if part:
            result.append(_tax(name, rate, part - credited, credited))
    return result


def _left_per_rate(invoice: Invoice) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    rows = {Decimal(t["rate"]): [t["name"], Decimal(t["net"]), Decimal(t["tax"])] for t in invoice.content["taxes"]}
    for note in invoice.corrections.all():
        for tax in note.content["taxes"]:
            rows[Decimal(tax["rate"])][1] -= Decimal(tax["net"])
            rows[Decimal(tax["rate"])][2] -= Decimal(tax["tax"])
    return [(name, rate, net, tax) for rate, (name, net, tax) in rows.items()]
