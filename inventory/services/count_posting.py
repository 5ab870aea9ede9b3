"""Stocktakes from their review to the ledger.

The books are corrected by `counted - balance at the moment of counting`: what was sold or received since then is in the
present balance and stays in it, so nothing needs to stand still while people count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from backoffice import approvals, audit
from backoffice.errors import NotAllowed
from backoffice.models import Approval, User
from inventory.models import CountEntry, CountLine, Location, StockCount
from inventory.services.count_parts import differences_by_part, lines_by_part, rearrange, weigh_parts
from inventory.services.counts import Status, database_now, locked
from inventory.services.posting import Kind, Move, lock_levels, post, virtual

COUNT = "inventory.count"
APPROVE_COUNT = "inventory.approve_count"
Outcome = CountLine.Outcome


class CountRefused(ValidationError):
    """Names every line whose missing pieces are promised to somebody, or whose lots would have to be named."""


@dataclass(frozen=True)
class CountResult:
    """What a count found. `surplus` and `shortfall` are values, both positive; `off` is their sum."""

    lines: int
    counted: int
    different: int
    recounts: int
    pieces: int
    surplus: Decimal
    shortfall: Decimal

    @property
    def off(self) -> Decimal:
        return self.surplus + self.shortfall

    @property
    def net(self) -> Decimal:
        return self.surplus - self.shortfall


WEIGH = """
    UPDATE inventory_countline l SET balance = w.balance, unit_cost = w.unit_cost
    FROM inventory_countline c
    JOIN catalog_variant v ON v.id = c.variant_id
    LEFT JOIN inventory_stocklevel s ON s.variant_id = c.variant_id AND s.location_id = %(location)s
    LEFT JOIN LATERAL (
        SELECT p.on_hand_after FROM inventory_stockposting p
        WHERE p.level_id = s.id AND p.at <= c.counted_at ORDER BY p.id DESC LIMIT 1
    ) p ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(p.on_hand_after, 0) AS balance,
               round(CASE WHEN s.on_hand > 0 THEN s.value / s.on_hand ELSE coalesce(v.cost, 0) END, 6) AS unit_cost
    ) w
    WHERE c.count_id = %(count)s AND c.counted IS NOT NULL AND l.id = c.id
      AND (c.balance, c.unit_cost) IS DISTINCT FROM (w.balance, w.unit_cost)
"""
COUNT_REST_AS_ZERO = """
    WITH made AS (
        INSERT INTO inventory_countentry (line_id, quantity, adds, counted_at, by_id, key)
        SELECT l.id, 0, false, %(now)s, %(by)s, gen_random_uuid() FROM inventory_countline l
        WHERE l.count_id = %(count)s AND l.counted IS NULL ORDER BY l.id
        RETURNING line_id
    )
    UPDATE inventory_countline l SET counted = 0, counted_at = %(now)s, counted_by_id = %(by)s
    FROM made WHERE l.id = made.line_id
"""
SHORT = """
    SELECT l.id, v.sku, -l.difference, -(e.may_go + l.difference), false
    FROM inventory_countline l
    JOIN catalog_variant v ON v.id = l.variant_id
    JOIN inventory_stocklevel s ON s.variant_id = l.variant_id AND s.location_id = %(location)s
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.quantity), 0) AS pieces FROM inventory_stockpart p JOIN inventory_lot o ON o.id = p.lot_id
        WHERE s.is_tracked AND p.level_id = s.id AND o.is_quarantined
    ) x
    CROSS JOIN LATERAL (
        SELECT least(s.on_hand - s.allocated - s.held + s.backorder_limit + least(x.pieces, -l.difference), s.on_hand) AS may_go
    ) e
    WHERE l.count_id = %(count)s AND l.difference < 0 AND e.may_go + l.difference < 0
    UNION ALL
    SELECT l.id, v.sku, -l.difference, 0, true FROM inventory_countline l JOIN catalog_variant v ON v.id = l.variant_id
    WHERE l.count_id = %(count)s AND l.difference > 0 AND v.tracking <> 'none' AND NOT l.id = ANY (%(named)s)
    ORDER BY 1
"""


@dataclass(frozen=True)
class ShortLine:
    """A line whose difference would take pieces away that are promised: `short` of `missing` ones.

    Or, `unnamed`, one that found more pieces of a variant with lots or serial numbers: a count does not say of which.
    """

    line: int
    sku: str
    missing: int
    short: int
    unnamed: bool = False

    def __str__(self) -> str:
        if self.unnamed:
            text = _(
                "%(sku)s: %(found)s pieces more were found. Count again, and name the lot or serial number of each piece."
            )
            return text % {"sku": self.sku, "found": -self.missing}
        text = _(
            "%(sku)s: %(missing)s pieces are missing, and %(short)s of them are promised. Count again, or release them first."
        )
        return text % vars(self)


def result_of(count: StockCount) -> CountResult:
    """What was found so far; the values are known from the review on."""
    value = F("difference_value")
    found: dict[str, Any] = CountLine.objects.filter(count=count).aggregate(
        lines=Count("pk"),
        counted=Count("counted"),
        different=Count("pk", filter=~Q(difference=0) & Q(difference__isnull=False)),
        recounts=Count("pk", filter=Q(recount=True)),
        pieces=Coalesce(Sum("difference"), 0),
        surplus=Coalesce(Sum(value, filter=Q(difference__gt=0)), Decimal(0)),
        shortfall=Coalesce(-Sum(value, filter=Q(difference__lt=0)), Decimal(0)),
    )
    return CountResult(**found)


def short_lines(count: StockCount) -> list[ShortLine]:
    """Lines that could not be posted now."""
    with connection.cursor() as cursor:
        named = [line for line, _variant in lines_by_part(count)]
        cursor.execute(SHORT, {"count": count.pk, "location": count.location_id, "named": named})
        return [ShortLine(*row) for row in cursor.fetchall()]


@transaction.atomic
def close_count(count: StockCount, *, rest_is_zero: bool = False, by: User | None) -> StockCount:
    """Stop counting: the differences can be looked at. `rest_is_zero`: of lines without a count nothing is there."""
    count = locked(count, by)
    count.must_become(Status.REVIEW)
    now = database_now()
    if rest_is_zero:
        values = {"count": count.pk, "by": by.pk if by else None, "now": now}
        with connection.cursor() as cursor:
            cursor.execute(COUNT_REST_AS_ZERO, values)
    if not CountLine.objects.filter(count=count).counted().exists():
        raise ValidationError(_("Nothing was counted yet."))
    _weigh(count)
    count.status, count.closed_at = Status.REVIEW, now
    count.save(update_fields=["status", "closed_at"])
    audit.record("stockcount.closed", count, by=by, data={"rest_is_zero": True} if rest_is_zero else None)
    return count


@transaction.atomic
def ask_recount(lines: Sequence[CountLine], *, by: User | None) -> StockCount:
    """Have lines of one count counted again; until then their last count stands."""
    [key] = {line.count_id for line in lines}
    count = locked(StockCount.objects.get(pk=key), by)
    if count.status != Status.COUNTING:
        count.must_become(Status.COUNTING)
        _withdraw_proposals(count, by)
        count.status = Status.COUNTING
        count.save(update_fields=["status"])
    CountLine.objects.filter(pk__in=[line.pk for line in lines]).update(recount=True)
    audit.record("stockcount.recount_asked", count, by=by, data={"lines": len(lines)})
    return count


@transaction.atomic
def post_count(count: StockCount, *, partial: bool = False, reason: str = "", by: User | None) -> StockCount:
    """Correct the books by what was counted, or ask for approval where the value of the differences is beyond the limit.

    Raises CountRefused naming lines whose missing pieces are promised; with `partial` those are left as refused and the
    others are posted.
    """
    count = locked(count, by)
    count.must_become(Status.POSTED)
    waiting = Approval.objects.about(count).waiting().first()
    if waiting is not None:
        raise ValidationError(_("%(approval)s waits for a decision.") % {"approval": waiting})
    if by is not None and needs_approval(count, by):
        approvals.request(COUNT, count, payload=_proposal(count, partial), by=by, reason=reason)
        return count
    return _carry_out(count, partial, by)


def needs_approval(count: StockCount, by: User) -> bool:
    """Beyond the limit, of everybody who may not approve, and of whoever counted a part of it."""
    if result_of(count).off <= approvals.limit_of(COUNT):
        return False
    counted_here = CountEntry.objects.live().filter(line__count=count, by=by)
    return approvals.needed(COUNT, by) or counted_here.exists()


def approve_count(approval: Approval, *, by: User) -> None:
    """Post what was asked for. Raises ValidationError where it was counted anew since."""
    count = locked(StockCount.objects.get(pk=approval.subject_id), by)
    count.must_become(Status.POSTED)
    if _last_entry(count) != approval.payload["last_entry"]:
        raise ValidationError(_("%(count)s was counted anew since. Reject it, and ask anew.") % {"count": count})
    _carry_out(count, approval.payload["partial"], by)


@transaction.atomic
def cancel_count(count: StockCount, *, reason: str = "", by: User | None) -> StockCount:
    """Give a count up: the books stay as they are."""
    count = locked(count, by)
    count.must_become(Status.CANCELED)
    _withdraw_proposals(count, by)
    count.status = Status.CANCELED
    count.save(update_fields=["status"])
    audit.record("stockcount.canceled", count, by=by, reason=reason)
    return count


def _carry_out(count: StockCount, partial: bool, by: User | None) -> StockCount:
    """What can be written before the levels are locked is, so that sales wait as shortly as may be."""
    lines = CountLine.objects.filter(count=count).counted()
    lines.update(outcome=Outcome.POSTED)
    _weigh(count)
    lock_levels((variant, count.location_id) for variant in lines.values_list("variant", flat=True))
    _weigh(count)  # with what was still being written a moment ago
    refused = short_lines(count)
    if refused and not partial:
        raise CountRefused([str(line) for line in refused])
    rows = [CountLine(pk=one.line, outcome=Outcome.REFUSED, short=one.short) for one in refused]
    CountLine.objects.bulk_update(rows, ["outcome", "short"], batch_size=1000)
    count.status, count.posted_by, count.posted_at = Status.POSTED, by, database_now()
    count.save(update_fields=["status", "posted_by", "posted_at"])
    posted = lines.filter(outcome=Outcome.POSTED)
    by_part = {line: variant for line, variant in lines_by_part(count) if posted.filter(pk=line).exists()}
    whole = posted.different().exclude(pk__in=by_part).order_by("pk")
    moves = _moves(count, list(whole.values_list("variant", "difference")))
    parts = differences_by_part(count, by_part)
    audit.record(
        "stockcount.posted", count, by=by, data={"corrected": len(moves) + len(parts), "refused": len(refused)}
    )
    post(moves, by=by)
    rearrange(count, parts, by=by)
    return count


def _moves(count: StockCount, differences: Sequence[tuple[int, int]]) -> list[Move]:
    here, outside = count.location_id, virtual(Location.Kind.ADJUSTMENT)
    return [
        Move(
            Kind.COUNTED,
            variant,
            *((outside, here) if pieces > 0 else (here, outside)),
            abs(pieces),
            cause=count.number,
        )
        for variant, pieces in differences
    ]


def _weigh(count: StockCount) -> None:
    """Write on every counted line what the books said at the moment of counting, and what a piece costs."""
    with connection.cursor() as cursor:
        cursor.execute(WEIGH, {"count": count.pk, "location": count.location_id})
    weigh_parts(count)


def _proposal(count: StockCount, partial: bool) -> dict[str, Any]:
    found = result_of(count)
    return {
        "last_entry": _last_entry(count),
        "partial": partial,
        "different": found.different,
        "surplus": str(found.surplus),
        "shortfall": str(found.shortfall),
    }


def _last_entry(count: StockCount) -> int | None:
    last: int | None = CountEntry.objects.filter(line__count=count).aggregate(last=Max("pk"))["last"]
    return last


def _withdraw_proposals(count: StockCount, by: User | None) -> None:
    """Take one's own proposal back. Raises NotAllowed where somebody else's waits."""
    for approval in Approval.objects.about(count).waiting():
        if by is None or approval.requested_by_id != by.pk:
            raise NotAllowed(
                _("%(approval)s waits for a decision; it has to be rejected first."), params={"approval": approval}
            )
        approvals.withdraw(approval, by=by)
