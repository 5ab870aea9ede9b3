"""Prices that take effect at a time: planned beforehand, applied by a job at the minute, canceled until then."""

# The statements are put together from constants of this module and never from input.

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import approvals, audit
from backoffice.errors import explained
from backoffice.models import Approval, User
from catalog.models import PriceChange, Repricing, Variant
from catalog.services import repricing
from catalog.services.proposals import SCHEDULED, needs_approval
from catalog.services.variants import whole_price

Status = PriceChange.Status
AT_ONCE = 5000
LOCK = "catalog.apply_due_prices"


def the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def must_be_times(due_at: datetime, until: datetime | None) -> None:
    """Raise ValidationError unless `due_at` is to come, and `until` after it."""
    if due_at <= timezone.now():
        raise ValidationError({"due_at": _("This time is over already.")})
    if until is not None and until <= due_at:
        raise ValidationError({"until": _("The price comes back after it has changed: choose a later time.")})


@transaction.atomic
def schedule(
    variant: Variant,
    *,
    by: User,
    price: Decimal,
    due_at: datetime,
    compare_at: Decimal | None = None,
    until: datetime | None = None,
    reason: str = "",
) -> PriceChange:
    """Plan a price; with `until`, the present one comes back then. Without `compare_at` the compare-at price stays.

    A step beyond the limit waits for approval first, where `by` may not approve it.
    Raises ValidationError by field.
    """
    due_at, until = the_minute(due_at), the_minute(until) if until else None
    must_be_times(due_at, until)
    for name, amount in (("price", price), ("compare_at", compare_at)):
        _must_be_whole(name, amount)
    if price <= 0:
        raise ValidationError({"price": _("A scheduled price is above zero.")})
    variant = Variant.objects.locked().get(pk=variant.pk)
    waits = needs_approval(variant, price, by)
    with explained(PriceChange, price_change_once="due_at"):
        change = PriceChange.objects.create(
            variant=variant,
            price=price,
            compare_at=compare_at,
            old_price=variant.price,
            old_compare_at=variant.compare_at,
            due_at=due_at,
            status=Status.WAITING if waits else Status.SCHEDULED,
            reason=reason[:200],
            requested_by=by,
        )
        if until:
            PriceChange.objects.create(
                variant=variant,
                back_of=change,
                due_at=until,
                status=change.status,
                reason=reason[:200],
                requested_by=by,
            )
    audit.record(
        "pricechange.scheduled", change, by=by, reason=reason, data={"price": str(price), "due_at": str(due_at)}
    )
    if waits:
        approvals.request(SCHEDULED, change, payload={"change": change.pk}, by=by, reason=reason)
    return change


def _must_be_whole(name: str, amount: Decimal | None) -> None:
    try:
        whole_price(amount)
    except ValidationError as error:
        raise ValidationError({name: error}) from error


@transaction.atomic
def cancel(changes: Sequence[PriceChange], *, by: User) -> list[PriceChange]:
    """Cancel what is planned, all or none; what would have ended a canceled change goes with it.

    Raises IllegalTransition for one that was made, canceled or failed already.
    """
    keys = {change.pk for change in changes}
    keys |= set(PriceChange.objects.coming().filter(back_of__in=keys).values_list("pk", flat=True))
    # Whoever approves or applies locks in this order too: proposals, runs, changes.
    proposals = list(
        Approval.objects.waiting()
        .filter(kind=SCHEDULED, subject_type=PriceChange._meta.label_lower, subject_id__in=keys)
        .locked()
    )
    list(Repricing.objects.filter(changes__in=keys).order_by("pk").select_for_update(of=("self",)))
    rows = list(PriceChange.objects.filter(pk__in=keys).locked().select_related("variant", "repricing"))
    for row in rows:
        row.must_become(Status.CANCELED)
    _set_status(rows, Status.CANCELED)
    audit.record_many("pricechange.canceled", rows, by=by)
    for row in rows:
        if row.repricing is not None and row.back_of_id is None:
            repricing.end_plan(row.repricing, by=by)
    for approval in proposals:
        if approval.requested_by_id == by.pk:
            approvals.withdraw(approval, by=by)
    return rows


def cancel_one(change: PriceChange, *, by: User) -> PriceChange:
    return cancel([change], by=by)[0]


def _set_status(rows: Sequence[PriceChange], status: str) -> None:
    PriceChange.objects.filter(pk__in=[row.pk for row in rows]).update(status=status, updated_at=timezone.now())
    for row in rows:
        row.status = status


def approve_change(approval: Approval, *, by: User) -> None:
    """Let a waiting change go ahead; one whose time is over takes effect within a minute."""
    rows = list(PriceChange.objects.filter(pk=approval.payload["change"]).locked())
    rows += PriceChange.objects.filter(back_of__in=rows).locked()
    if any(row.status != Status.WAITING for row in rows):
        raise ValidationError(_("This scheduled price was canceled. Reject the proposal."))
    _set_status(rows, Status.SCHEDULED)


def drop_change(approval: Approval) -> None:
    """Cancel a change whose proposal came to nothing."""
    rows = list(PriceChange.objects.filter(pk=approval.payload["change"], status=Status.WAITING).locked())
    rows += PriceChange.objects.filter(back_of__in=rows, status=Status.WAITING).locked()
    _set_status(rows, Status.CANCELED)


# --- At the minute ----------------------------------------------------------------------------------


def apply_due(now: datetime | None = None) -> int:
    """Make every change whose time has come, the earliest first; how many. One worker at a time does it.

    What fails says why on its row. Whatever was committed stays when the worker dies in between; the next one goes on.
    """
    now = now or timezone.now()
    done = 0
    while (found := _apply_variants(now)) or (found := _apply_repricing(now)):
        done += found
    return done


def _alone() -> bool:
    """Whether this transaction is the one that applies; another worker that came first holds the lock to its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [LOCK])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _apply_variants(now: datetime) -> int:
    """The earliest due change of each of many variants, set-wise."""
    if not _alone():
        return 0
    due = (
        PriceChange.objects.due(now).exclude(variant=None).order_by("variant_id", "due_at", "pk").distinct("variant_id")
    )
    keys = list(due.values_list("pk", flat=True)[:AT_ONCE])
    if not keys:
        return 0
    rows = list(PriceChange.objects.due(now).filter(pk__in=keys).locked().select_related("requested_by", "variant"))
    keys = [row.pk for row in rows]
    list(Variant.objects.filter(pk__in=[row.variant_id for row in rows]).locked().values_list("pk"))
    with connection.cursor() as cursor:
        for statement in (FAIL_NEVER_MADE, FAIL_CHANGED, REMEMBER, WRITE, FINISH):
            cursor.execute(statement, {"keys": keys, "now": now})
    _record(rows)
    return len(rows)


FAIL_NEVER_MADE = """
    UPDATE catalog_pricechange c SET status = 'failed', why = 'not_applied', updated_at = %(now)s
    FROM catalog_pricechange o
    WHERE c.id = ANY(%(keys)s) AND o.id = c.back_of_id AND o.status <> 'applied'
"""
FAIL_CHANGED = """
    UPDATE catalog_pricechange c SET status = 'failed', why = 'changed', updated_at = %(now)s
    FROM catalog_pricechange o, catalog_variant v
    WHERE c.id = ANY(%(keys)s) AND c.status = 'scheduled' AND o.id = c.back_of_id AND v.id = c.variant_id
      AND (v.price <> o.price OR v.compare_at IS DISTINCT FROM coalesce(o.compare_at, v.compare_at))
"""
REMEMBER = """
    UPDATE catalog_pricechange c SET old_price = v.price, old_compare_at = v.compare_at FROM catalog_variant v
    WHERE c.id = ANY(%(keys)s) AND c.status = 'scheduled' AND v.id = c.variant_id
"""
WRITE = """
    UPDATE catalog_variant v
    SET price = CASE WHEN o.id IS NULL THEN c.price ELSE o.old_price END, updated_at = %(now)s,
        compare_at = CASE WHEN coalesce(o.compare_at, c.compare_at) IS NULL THEN v.compare_at
                          WHEN o.id IS NULL THEN c.compare_at ELSE o.old_compare_at END
    FROM catalog_pricechange c LEFT JOIN catalog_pricechange o ON o.id = c.back_of_id
    WHERE c.id = ANY(%(keys)s) AND c.status = 'scheduled' AND v.id = c.variant_id
"""
FINISH = """
    UPDATE catalog_pricechange SET status = 'applied', applied_at = %(now)s, updated_at = %(now)s
    WHERE id = ANY(%(keys)s) AND status = 'scheduled'
"""


def _record(rows: Sequence[PriceChange]) -> None:
    """Audit events of the variants whose price changed, under who planned it."""
    applied = set(
        PriceChange.objects.filter(pk__in=[row.pk for row in rows], status=Status.APPLIED).values_list("pk", flat=True)
    )
    by_person: dict[Any, list[Variant]] = {}
    for row in rows:
        if row.pk in applied and row.variant is not None:
            by_person.setdefault(row.requested_by, []).append(row.variant)
    for person, variants in by_person.items():
        audit.record_many("variant.repriced_as_planned", variants, by=person)


def _apply_repricing(now: datetime) -> int:
    """The earliest due repricing, or the end of one."""
    with transaction.atomic():
        if not _alone():
            return 0
        due = PriceChange.objects.due(now).exclude(repricing=None).order_by("due_at", "pk")
        found = due.values_list("pk", "repricing").first()
        if found is None:
            return 0
        Repricing.objects.select_for_update().get(pk=found[1])
        change = (
            due.filter(pk=found[0]).select_for_update(of=("self",)).select_related("repricing", "requested_by").first()
        )
        if change is None or change.repricing is None:  # canceled in between
            return _apply_repricing(now)
        verb = repricing.write if change.back_of_id is None else repricing.undo
        try:
            with transaction.atomic():  # first, as undoing a run cancels what is still to come of it
                _settle(change, Status.APPLIED, applied_at=now)
                verb(change.repricing, by=change.requested_by)
        except ValidationError as error:
            _settle(change, Status.FAILED, why=PriceChange.Why.REFUSED)
            Repricing.objects.filter(pk=change.repricing_id).update(message=" ".join(error.messages)[:500])
    return 1


def _settle(change: PriceChange, status: str, **fields: Any) -> None:
    PriceChange.objects.filter(pk=change.pk).update(status=status, updated_at=timezone.now(), **fields)
