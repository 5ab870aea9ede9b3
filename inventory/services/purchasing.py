"""Purchase orders: written, ordered, mailed, canceled. What arrives is the matter of `deliveries`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.mail import send_later
from backoffice.models import User
from backoffice.numbering import next_number
from inventory.models import Location, PurchaseOrder, PurchaseOrderLine, Supplier, SupplierItem
from inventory.services.places import must_act_at

Status = PurchaseOrder.Status


@dataclass(frozen=True)
class PurchaseLine:
    """What is wanted of a variant (primary key); without a cost the supplier's counts."""

    variant: int
    quantity: int
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class Terms:
    """What an order says beside its lines. `exchange_rate` is the worth of one unit of `currency` in the shop's."""

    currency: str = ""
    exchange_rate: Decimal = Decimal(1)
    expected_on: date | None = None
    tax: Decimal = Decimal(0)
    freight: Decimal = Decimal(0)
    note: str = ""

    def as_fields(self) -> dict[str, Any]:
        return {**vars(self), "currency": self.currency or settings.DEFAULT_CURRENCY}


@transaction.atomic
def create_purchase(
    supplier: Supplier,
    location: Location,
    lines: Sequence[PurchaseLine],
    terms: Terms = Terms(),
    key: str | None = None,
    *,
    by: User | None,
) -> PurchaseOrder:
    """Write a draft. Quantities are rounded up to what the supplier sells: its minimum, in whole packs.

    The same `key` again returns the order that it led to. Raises ValidationError for what cannot be ordered.
    """
    already = PurchaseOrder.objects.filter(key=key).first() if key else None
    if already is not None:
        return already
    must_act_at(by, location)
    _refuse_bad(supplier, lines, terms)
    try:
        with transaction.atomic():
            order = PurchaseOrder.objects.create(
                number=next_number("PO"),
                supplier=supplier,
                location=location,
                key=key or None,
                created_by=by,
                **terms.as_fields(),
            )
    except IntegrityError:
        if not key:
            raise
        return PurchaseOrder.objects.get(key=key)
    _write_lines(order, lines)
    audit.record("purchaseorder.created", order, by=by)
    return order


@transaction.atomic
def edit_purchase(
    order: PurchaseOrder,
    supplier: Supplier,
    location: Location,
    lines: Sequence[PurchaseLine],
    terms: Terms,
    *,
    by: User | None,
) -> PurchaseOrder:
    """Write a draft anew. Raises ValidationError once it was ordered."""
    order = locked(order)
    must_act_at(by, order.location, location)
    if order.status != Status.DRAFT:
        raise ValidationError(_("%(order)s was ordered already.") % {"order": order})
    _refuse_bad(supplier, lines, terms)
    order.supplier, order.location = supplier, location
    fields = terms.as_fields()
    for name, value in fields.items():
        setattr(order, name, value)
    order.save(update_fields=["supplier", "location", *fields, "updated_at"])
    order.lines.all().delete()
    _write_lines(order, lines)
    audit.record("purchaseorder.changed", order, by=by)
    order.refresh_from_db()
    return order


@transaction.atomic
def order_purchase(order: PurchaseOrder, *, by: User | None) -> PurchaseOrder:
    """Order it: its pieces are incoming from now on. Without a date it is expected after the lead time."""
    order = locked(order)
    order.must_become(Status.ORDERED)
    must_act_at(by, order.location)
    if not order.lines.exists():
        raise ValidationError(_("Add at least one line."))
    if not order.supplier.is_active:
        raise ValidationError(_("%(supplier)s is not active.") % {"supplier": order.supplier})
    order.ordered_at = timezone.now()
    if order.expected_on is None:
        order.expected_on = expected_after(order)
    _become(order, Status.ORDERED, "ordered_at", "expected_on")
    audit.record("purchaseorder.ordered", order, by=by)
    return order


@transaction.atomic
def cancel_purchase(order: PurchaseOrder, *, reason: str = "", by: User | None) -> PurchaseOrder:
    """Give up an order of which nothing came yet."""
    order = locked(order)
    order.must_become(Status.CANCELED)
    must_act_at(by, order.location)
    order.cancel_reason, order.closed_at = reason[:300], timezone.now()
    _become(order, Status.CANCELED, "cancel_reason", "closed_at")
    audit.record("purchaseorder.canceled", order, by=by, reason=reason)
    return order


@transaction.atomic
def close_purchase(order: PurchaseOrder, *, reason: str = "", by: User | None) -> PurchaseOrder:
    """Give up what is still outstanding of an order that came in part; it counts as received then."""
    order = locked(order)
    must_act_at(by, order.location)
    if order.status != Status.PARTIALLY_RECEIVED:
        raise ValidationError(_("Only what is left of a partially received order can be closed."))
    lines = list(order.lines.filter(outstanding__gt=0))
    for line in lines:
        line.canceled += line.outstanding
    PurchaseOrderLine.objects.bulk_update(lines, ["canceled"])
    settle(order)
    audit.record("purchaseorder.closed", order, by=by, reason=reason, data={"pieces": sum(x.canceled for x in lines)})
    return order


@transaction.atomic
def mail_purchase(order: PurchaseOrder, *, by: User | None) -> PurchaseOrder:
    """Mail the order to its supplier once this is kept. Raises ValidationError without an address, and for drafts."""
    order = locked(order)
    if order.status in (Status.DRAFT, Status.CANCELED):
        raise ValidationError(_("Order it first: drafts and canceled orders are not mailed."))
    if not order.supplier.email:
        raise ValidationError(_("%(supplier)s has no e-mail address.") % {"supplier": order.supplier})
    order.mailed_at = timezone.now()
    order.save(update_fields=["mailed_at", "updated_at"])
    audit.record("purchaseorder.mailed", order, by=by, data={"to": order.supplier.email})
    lines = order.lines.select_related("variant")
    content = {"order": order, "lines": lines, "company": settings.COMPANY_NAME}
    body = render_to_string("inventory/mail/purchase_order.txt", content)
    send_later(to=order.supplier.email, subject=_("Purchase order %(order)s") % {"order": order}, body=body)
    return order


def settle(order: PurchaseOrder) -> None:
    """Let the status follow from what came of the lines; the order is locked."""
    lines = list(order.lines.all())
    if any(line.outstanding for line in lines):
        status = Status.PARTIALLY_RECEIVED if any(x.accepted or x.rejected for x in lines) else Status.ORDERED
    else:
        status = Status.OVER_RECEIVED if any(line.excess for line in lines) else Status.RECEIVED
    if status == order.status:
        return
    order.closed_at = timezone.now() if status in (Status.RECEIVED, Status.OVER_RECEIVED) else None
    _become(order, status, "closed_at")


def locked(order: PurchaseOrder) -> PurchaseOrder:
    return PurchaseOrder.objects.select_related("supplier", "location").locked().get(pk=order.pk)


def items_of(supplier: Supplier, variants: Sequence[int], currency: str) -> dict[int, SupplierItem]:
    """What the supplier calls these variants, in this currency where there is a choice."""
    found = SupplierItem.objects.filter(supplier=supplier, variant__in=variants).select_related("supplier")
    items: dict[int, SupplierItem] = {}
    for item in found.order_by("pk"):
        if item.variant_id not in items or item.currency == currency:
            items[item.variant_id] = item
    return items


def expected_after(order: PurchaseOrder) -> date | None:
    """The day when the slowest line should be here."""
    variants = list(order.lines.values_list("variant", flat=True))
    days = [item.days for item in items_of(order.supplier, variants, order.currency).values()]
    known = [day for day in [*days, order.supplier.lead_time_days] if day is not None]
    return timezone.localdate() + timedelta(days=max(known)) if known else None


def _become(order: PurchaseOrder, status: str, *fields: str) -> None:
    order.must_become(status)
    order.status = status
    order.save(update_fields=["status", *fields, "updated_at"])


def _write_lines(order: PurchaseOrder, lines: Sequence[PurchaseLine]) -> None:
    items = items_of(order.supplier, [line.variant for line in lines], order.currency)
    rows = []
    for position, line in enumerate(lines):
        item = items.get(line.variant)
        cost = line.unit_cost
        if cost is None and item is not None and item.currency == order.currency:
            cost = item.cost
        rows.append(
            PurchaseOrderLine(
                purchase_order=order,
                position=position,
                variant_id=line.variant,
                supplier_sku=item.supplier_sku if item else "",
                quantity=item.rounded(line.quantity) if item else line.quantity,
                unit_cost=cost or Decimal(0),
            )
        )
    PurchaseOrderLine.objects.bulk_create(rows)


def _refuse_bad(supplier: Supplier, lines: Sequence[PurchaseLine], terms: Terms) -> None:
    if not supplier.is_active:
        raise ValidationError({"supplier": _("%(supplier)s is not active.") % {"supplier": supplier}})
    if not lines:
        raise ValidationError(_("Add at least one line."))
    if len({line.variant for line in lines}) < len(lines):
        raise ValidationError(_("A product stands on two lines. Put them together."))
    for number, line in enumerate(lines, 1):
        if line.quantity < 1:
            raise ValidationError(_("Line %(number)s: the quantity must be at least 1.") % {"number": number})
        if line.unit_cost is not None and line.unit_cost < 0:
            raise ValidationError(_("Line %(number)s: a cost cannot be negative.") % {"number": number})
    if terms.exchange_rate <= 0:
        raise ValidationError({"exchange_rate": _("An exchange rate is above zero.")})
    if terms.currency in ("", settings.DEFAULT_CURRENCY) and terms.exchange_rate != 1:
        raise ValidationError({"exchange_rate": _("The shop's own currency is worth 1.")})
    if terms.tax < 0 or terms.freight < 0:
        raise ValidationError(_("An amount cannot be negative."))
