"""How right the books were when they were counted: by line and by value, for each stocktake and each month."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Abs, Coalesce, TruncMonth

from inventory.models import CountStatus


@dataclass(frozen=True)
class Accuracy:
    """`label` is the number of the stocktake or the first moment of the month; values are in the shop's currency."""

    label: Any
    lines: int
    right: int
    book: Decimal
    off: Decimal
    net: Decimal

    @property
    def share_of_lines(self) -> Decimal:
        """Percent of the counted lines that were right."""
        return _percent(Decimal(self.right), Decimal(self.lines))

    @property
    def share_of_value(self) -> Decimal:
        """Percent of the value in the books that was there; more is never off than everything."""
        return _percent(max(self.book - self.off, Decimal(0)), self.book)


def by_month(lines: QuerySet, months: int) -> list[Accuracy]:
    """The last `months` months in which `lines` of posted stocktakes were counted, the oldest first."""
    found = _summed(lines.annotate(label=TruncMonth("count__posted_at")), months)
    return list(reversed(found))


def by_count(lines: QuerySet, counts: int) -> list[Accuracy]:
    """The last posted stocktakes, the newest first."""
    return _summed(lines.annotate(label=F("count__number"), at=F("count__posted_at")), counts, "at")


def _summed(lines: QuerySet, limit: int, order: str = "label") -> list[Accuracy]:
    posted = lines.filter(count__status=CountStatus.POSTED, counted__isnull=False)
    rows: Sequence[dict[str, Any]] = (
        posted.order_by()
        .values(*{"label", order})
        .annotate(
            lines=Count("pk"),
            right=Count("pk", filter=Q(difference=0)),
            book=Coalesce(Sum(F("balance") * F("unit_cost")), Decimal(0)),
            off=Coalesce(Sum(Abs("difference_value")), Decimal(0)),
            net=Coalesce(Sum("difference_value"), Decimal(0)),
        )
        .order_by(f"-{order}")[:limit]
    )
    return [Accuracy(**{name: row[name] for name in Accuracy.__annotations__}) for row in rows]


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return (100 * part / whole).quantize(Decimal("0.1")) if whole else Decimal(100)
