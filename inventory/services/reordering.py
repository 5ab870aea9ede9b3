"""When to buy again: what the rules ask for, how long stock will last, and drafts made of both."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from inventory.models import PurchaseOrder, ReorderRule, StockMove, Supplier, SupplierItem
from inventory.services.purchasing import PurchaseLine, Terms, create_purchase

SHORT, LONG = 28, 90  # days of sales that forecasts look back on
MOST_SUGGESTIONS = 500  # suggestions at once


@dataclass(frozen=True)
class Forecast:
    """Pieces sold in the last 28 and 90 days, and until when what is available lasts at each pace."""

    available: int
    sold_short: int = 0
    sold_long: int = 0

    @property
    def days_short(self) -> int | None:
        return self._days(self.sold_short, SHORT)

    @property
    def days_long(self) -> int | None:
        return self._days(self.sold_long, LONG)

    @property
    def out_on(self) -> date | None:
        """The day on which the faster pace empties the shelf; None when nothing was sold."""
        days = [day for day in (self.days_short, self.days_long) if day is not None]
        return timezone.localdate() + timedelta(days=min(days)) if days else None

    def _days(self, sold: int, period: int) -> int | None:
        return max(self.available, 0) * period // sold if sold else None


@dataclass(frozen=True)
class Suggestion:
    """What a rule asks for: how many pieces, from whom."""

    rule: ReorderRule
    item: SupplierItem | None
    quantity: int
    forecast: Forecast

    @property
    def cost(self) -> Decimal | None:
        return None if self.item is None or self.item.cost is None else self.item.cost * self.quantity


def suggestions(rules: Any, *, limit: int = MOST_SUGGESTIONS) -> list[Suggestion]:
    """What the rules of this queryset ask for now, by supplier; those that nobody supplies last."""
    due = list(rules.due().select_related("variant", "location").order_by("pk")[:limit])
    items = best_items({rule.variant_id for rule in due})
    paces = sales({rule.variant_id for rule in due})
    found = []
    for rule in due:
        item = items.get(rule.variant_id)
        wanted = -(-(rule.maximum - rule.projected) // rule.multiple) * rule.multiple
        sold = paces.get((rule.variant_id, rule.location_id), (0, 0))
        quantity = item.rounded(wanted) if item else wanted
        found.append(Suggestion(rule, item, quantity, Forecast(rule.available, *sold)))
    return sorted(found, key=lambda one: (one.item is None, one.item.supplier.name if one.item else "", one.rule.pk))


def best_items(variants: Collection[int]) -> dict[int, SupplierItem]:
    """Of each variant the preferred item, else the one known first."""
    rows = SupplierItem.objects.filter(variant__in=variants, supplier__is_active=True).select_related("supplier")
    best: dict[int, SupplierItem] = {}
    for item in rows.order_by("-is_preferred", "pk"):
        best.setdefault(item.variant_id, item)
    return best


def sales(variants: Collection[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """Pieces shipped in the last 28 and 90 days, by variant and location, as the ledger says."""
    now = timezone.now()
    moves = StockMove.objects.filter(
        variant__in=variants, kind=StockMove.Kind.SHIPPED, at__gte=now - timedelta(days=LONG)
    )
    sums = (
        moves.order_by()
        .values_list("variant", "from_location")
        .annotate(short=Sum("quantity", filter=Q(at__gte=now - timedelta(days=SHORT))), long=Sum("quantity"))
    )
    return {(variant, place): (short or 0, long) for variant, place, short, long in sums}


@transaction.atomic
def order_suggestions(
    rules: Iterable[int], supplier: Supplier | None = None, *, by: User | None
) -> list[PurchaseOrder]:
    """Make drafts of what these rules ask for: one for each supplier, warehouse and currency; of `supplier` only if given.

    The rules are locked and asked again, so that a second click finds the drafts of the first and orders nothing twice.
    """
    own = ReorderRule.objects.in_scope(by) if by else ReorderRule.objects.all()
    keys = [rule.pk for rule in own.filter(pk__in=list(rules)).locked()]
    chosen = [
        one
        for one in suggestions(ReorderRule.objects.filter(pk__in=keys))
        if one.item is not None and supplier in (None, one.item.supplier)
    ]
    if not chosen:
        raise ValidationError(_("There is nothing to reorder: it was ordered already, or nobody supplies it."))
    groups: dict[tuple[int, int, str], list[Suggestion]] = {}
    for one in chosen:
        groups.setdefault((one.item.supplier_id, one.rule.location_id, one.item.currency), []).append(one)  # type: ignore[union-attr]
    return [_draft(group, by) for _key, group in sorted(groups.items())]


def _draft(group: Sequence[Suggestion], by: User | None) -> PurchaseOrder:
    item = group[0].item
    assert item is not None  # noqa: S101 - grouped by it
    lines = [PurchaseLine(one.rule.variant_id, one.quantity, one.item.cost if one.item else None) for one in group]
    return create_purchase(item.supplier, group[0].rule.location, lines, Terms(currency=item.currency), by=by)
