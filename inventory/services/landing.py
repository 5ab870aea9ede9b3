"""Landed costs: freight, duty and the like become part of what the received pieces cost."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.money import ZERO, round_money, shares, unit
from inventory.models import LandedCost, LandedCostLine, Receipt, ReceiptLine, StockLevel
from inventory.services.places import must_act_at
from inventory.services.posting import Revaluation, lock_levels, revalue

Basis = LandedCost.Basis


def spread(amount: Decimal, basis: str, lines: Sequence[ReceiptLine]) -> list[Decimal]:
    """The share of each line, to the cent by largest remainder; the shares sum to `amount` exactly."""
    return shares(amount, [_weight(line, basis) for line in lines], settings.DEFAULT_CURRENCY)


@transaction.atomic
def add_landed_cost(
    receipt: Receipt,
    amount: Decimal,
    basis: str = Basis.VALUE,
    *,
    reason: str,
    key: str | None = None,
    by: User | None,
) -> LandedCost:
    """Spread `amount` (shop's currency) over the accepted pieces of a receipt and post it to the value of their levels.

    What falls on pieces that left meanwhile raises no value and is kept apart (`to_sold`). A negative amount takes back.
    """
    receipt = Receipt.objects.select_related("location").locked().get(pk=receipt.pk)
    already = LandedCost.objects.filter(key=key).first() if key else None
    if already is not None:
        return already
    must_act_at(by, receipt.location)
    lines = list(receipt.lines.filter(quantity__gt=0).select_related("variant").order_by("pk"))
    _refuse_bad(receipt, amount, basis, reason, lines)
    parts = spread(amount, basis, lines)
    cost = LandedCost.objects.create(
        receipt=receipt, amount=amount, basis=basis, reason=reason, key=key or None, created_by=by
    )
    changes = _on_stock(receipt, lines, parts, reason)
    LandedCostLine.objects.bulk_create(
        LandedCostLine(landed_cost=cost, receipt_line=line, amount=part, to_stock=change.value)
        for line, part, change in zip(lines, parts, changes, strict=True)
    )
    audit.record("receipt.costs_added", receipt, by=by, reason=reason, data={"amount": str(amount), "basis": basis})
    revalue([change for change in changes if change.value], by=by)
    return cost


def _on_stock(
    receipt: Receipt, lines: Sequence[ReceiptLine], parts: Sequence[Decimal], reason: str
) -> list[Revaluation]:
    """What each part does to the value of its level, which is locked: pieces that are still there carry their share."""
    place = receipt.location_id
    lock_levels([(line.variant_id, place) for line in lines])
    levels = StockLevel.objects.filter(location=place, variant__in=[line.variant_id for line in lines])
    here = {level.variant_id: level.on_hand for level in levels}
    worth = {level.variant_id: level.value for level in levels}
    changes = []
    for line, part in zip(lines, parts, strict=True):
        pieces = min(line.quantity, here[line.variant_id])
        value = round_money(part * pieces / line.quantity, settings.DEFAULT_CURRENCY)
        value = max(value, -worth[line.variant_id]) if pieces else ZERO
        here[line.variant_id] -= pieces
        worth[line.variant_id] += value
        changes.append(Revaluation(line.variant_id, place, pieces, value, receipt.number, reason))
    return changes


def _weight(line: ReceiptLine, basis: str) -> Decimal:
    if basis == Basis.WEIGHT:
        return Decimal(line.quantity * (line.variant.weight_grams or 0))
    if basis == Basis.VALUE:
        return line.quantity * (line.unit_cost or ZERO)
    return Decimal(line.quantity)


def _refuse_bad(receipt: Receipt, amount: Decimal, basis: str, reason: str, lines: Sequence[ReceiptLine]) -> None:
    if not lines:
        raise ValidationError(_("%(receipt)s brought nothing that could cost more.") % {"receipt": receipt})
    if not amount or amount != amount.quantize(unit(settings.DEFAULT_CURRENCY)):
        raise ValidationError({"amount": _("An amount in whole cents, other than zero, is expected.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say what the cost is for.")})
    if basis not in Basis.values:
        raise ValidationError({"basis": _("Choose how the cost is spread.")})
    lacking = [line.variant.sku for line in lines if basis == Basis.WEIGHT and not line.variant.weight_grams]
    if lacking:
        raise ValidationError({"basis": _("These have no weight: %(skus)s.") % {"skus": ", ".join(lacking[:10])}})
    spent = sum((cost.amount for cost in receipt.landed_costs.all()), amount)
    if spent < 0:
        raise ValidationError({"amount": _("No more than what was added can be taken back.")})
