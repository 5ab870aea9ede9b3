"""Repricing: many variants get new prices by a rule, in one run that is looked at first and can be undone.

The rows of a run are worked out once and kept; applying and undoing are one UPDATE of the variants each.
"""

# The statements are put together from constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice import approvals, audit, context
from backoffice.errors import NotAllowed
from backoffice.generic.addresses import rows_at
from backoffice.models import Approval, User
from backoffice.money import minor_units, round_money
from backoffice.numbering import next_number
from catalog.models import PriceChange, Repricing, Variant
from catalog.services.proposals import PRICE, REPRICING
from catalog.services.variants import must_stay_sellable

Status = Repricing.Status
Rule = Repricing.Rule
TASK = "catalog.work_on_repricing"
FOREGROUND = 20_000  # variants up to which a request does the work itself
BIG = 2000  # rows from which on the planner is told to expect many
COST = "catalog.view_cost"
PLACE = re.compile(r"%s|%%")

BASES: dict[str, str] = {
    Rule.PERCENT: "v.price * (1 + %(value)s::numeric / 100)",
    Rule.AMOUNT: "v.price + %(value)s::numeric",
    Rule.SET: "%(value)s::numeric",
    Rule.COMPARE_AT: "v.compare_at * (1 - %(value)s::numeric / 100)",
    Rule.COST: "v.cost / (1 - %(value)s::numeric / 100)",
}
ROUNDINGS: dict[str, str] = {
    Repricing.Rounding.NONE: "round(b.base, %(decimals)s)",
    Repricing.Rounding.TO_99: "greatest(round(b.base + 0.01) - 0.01, 0.99)",
    Repricing.Rounding.TO_95: "greatest(round(b.base + 0.05) - 0.05, 0.95)",
    Repricing.Rounding.WHOLE: "round(b.base)",
    Repricing.Rounding.FIVE: "round(b.base / 0.05) * 0.05",
    Repricing.Rounding.TEN: "round(b.base / 0.1) * 0.1",
}
COMPARED: dict[str, str] = {
    Repricing.CompareAt.KEEP: "b.compare_at",
    Repricing.CompareAt.OLD: "CASE WHEN n.price < b.price THEN b.price ELSE b.compare_at END",
    Repricing.CompareAt.EMPTY: "NULL::numeric",
}


# --- Working out ------------------------------------------------------------------------------------


@transaction.atomic
def prepare(
    *,
    by: User,
    address: str,
    rule: str,
    value: Decimal,
    rounding: str = Repricing.Rounding.NONE,
    compare_at: str = Repricing.CompareAt.KEEP,
    reason: str = "",
) -> Repricing:
    """A new run over the variants of the list at `address`, worked out now, or by the worker where there are many.

    Raises ValidationError by field.
    """
    _must_make_sense(by, rule, value, rounding)
    variants = _variants(address, by)
    number = variants.order_by().values("pk")[: FOREGROUND + 1].count()
    if not number:
        raise ValidationError(_("No variant matches. Choose others."))
    run = Repricing.objects.create(
        number=next_number("RP"),
        address=address,
        rule=rule,
        value=value,
        rounding=rounding,
        compare_at=compare_at,
        reason=reason[:200],
        created_by=by,
    )
    if number > FOREGROUND:
        _defer(run, "check", by=by)
        return run
    return work_out(run, by=by)


def _must_make_sense(by: User, rule: str, value: Decimal, rounding: str) -> None:
    wrong: dict[str, Any] = {}
    if rule == Rule.COST and not by.has_perm(COST):
        wrong["rule"] = _("Prices from costs are for those who may see costs.")
    if rule == Rule.PERCENT and value <= -100:
        wrong["value"] = _("Less 100 percent and more leaves nothing of the price.")
    if rule in (Rule.PERCENT, Rule.AMOUNT) and value == 0:
        wrong["value"] = _("With 0 nothing would change.")
    if rule == Rule.SET and value <= 0:
        wrong["value"] = _("The price must be above zero.")
    if rule in (Rule.COMPARE_AT, Rule.COST) and not 0 <= value < 100:
        wrong["value"] = _("Between 0 and less than 100 percent is possible.")
    currency = settings.DEFAULT_CURRENCY
    if rule in (Rule.AMOUNT, Rule.SET) and value != round_money(value, currency):
        wrong["value"] = _("%(currency)s has %(decimals)s decimals.") % {
            "currency": currency,
            "decimals": minor_units(currency),
        }
    if not minor_units(currency) and rounding not in (Repricing.Rounding.NONE, Repricing.Rounding.WHOLE):
        wrong["rounding"] = _("%(currency)s has no cents.") % {"currency": currency}
    if wrong:
        raise ValidationError(wrong)


def _variants(address: str, by: User) -> QuerySet:
    page, rows = rows_at(address, by)
    if page.model is not Variant:
        raise ValidationError(_("This is no list of variants."))
    return rows


@transaction.atomic
def work_out(run: Repricing, *, by: User) -> Repricing:
    """Write old and new price of every variant that the rule changes or cannot change, and what they come to."""
    run = Repricing.objects.select_for_update().get(pk=run.pk)
    run.must_become(Status.CHECKED)
    found, params = _variants(run.address, by).order_by().values("pk").query.sql_with_params()
    names = {f"p{place}": value for place, value in enumerate(params)}
    places = iter(names)
    keys = PLACE.sub(lambda match: f"%({next(places)})s" if match[0] == "%s" else match[0], found)
    values = {**names, "run": run.pk, "value": run.value, "decimals": minor_units(settings.DEFAULT_CURRENCY)}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({keys}) k", names)
        run.matched = cursor.fetchone()[0]
        cursor.execute(_rows_sql(run, keys), values)
        run.facts = _facts(cursor, run)
    run.status = Status.CHECKED
    run.save(update_fields=["status", "matched", "facts"])
    return run


def _rows_sql(run: Repricing, keys: str) -> str:
    return f"""
        INSERT INTO catalog_repricingrow
            (repricing_id, variant_id, old_price, old_compare_at, new_price, new_compare_at, below_cost, outcome)
        SELECT %(run)s, b.id, b.price, b.compare_at,
               CASE WHEN o.outcome = '' THEN n.price ELSE b.price END,
               CASE WHEN o.outcome = '' THEN {COMPARED[run.compare_at]} ELSE b.compare_at END,
               o.outcome = '' AND coalesce(n.price < b.cost, false), o.outcome
        FROM (
            SELECT v.id, v.price, v.compare_at, v.cost, {BASES[run.rule]} AS base
            FROM catalog_variant v WHERE v.id IN ({keys})
        ) b
        CROSS JOIN LATERAL (
            SELECT CASE WHEN b.base <= 0 THEN b.base ELSE {ROUNDINGS[run.rounding]} END AS price
        ) n
        CROSS JOIN LATERAL (
            SELECT CASE WHEN n.price IS NULL THEN 'no_base' WHEN n.price <= 0 THEN 'not_positive'
                        WHEN n.price >= 1000000000000 THEN 'too_large' ELSE '' END AS outcome
        ) o
        WHERE o.outcome <> '' OR n.price <> b.price OR b.compare_at IS DISTINCT FROM ({COMPARED[run.compare_at]})
        ORDER BY b.id
    """


def _facts(cursor: Any, run: Repricing) -> dict[str, Any]:
    """Counts, and the least, greatest and average change in percent, of the rows of a run."""
    cursor.execute(
        """
        SELECT count(*) FILTER (WHERE outcome = ''), count(*) FILTER (WHERE outcome = 'no_base'),
               count(*) FILTER (WHERE outcome = 'not_positive'), count(*) FILTER (WHERE outcome = 'too_large'),
               count(*) FILTER (WHERE below_cost), count(*) FILTER (WHERE outcome = '' AND new_price > old_price),
               count(*) FILTER (WHERE outcome = '' AND new_price < old_price),
               round(min(percent), 2)::text, round(max(percent), 2)::text, round(avg(percent), 2)::text, max(abs(percent))::text
        FROM (
            SELECT *, CASE WHEN outcome = '' AND old_price > 0 THEN (new_price - old_price) / old_price * 100 END AS percent
            FROM catalog_repricingrow WHERE repricing_id = %s
        ) r
        """,
        [run.pk],
    )
    names = (
        "changes", "no_base", "not_positive", "too_large", "below_cost", "up", "down", "least", "greatest", "average", "farthest",
    )  # fmt: skip
    return dict(zip(names, cursor.fetchone(), strict=True))


# --- Going ahead ------------------------------------------------------------------------------------


@transaction.atomic
def apply(run: Repricing, *, by: User) -> Repricing:
    """Write the new prices now, or by the worker where there are many; beyond the limit an approval is asked for."""
    run = _ready(run)
    if _needs_approval(run, by):
        return _ask(run, by=by)
    return _go_ahead(run, by=by)


@transaction.atomic
def schedule(run: Repricing, *, by: User, due_at: datetime, until: datetime | None = None) -> Repricing:
    """Plan the new prices for a time; with `until` the old ones come back then. Raises ValidationError by field."""
    run = _ready(run)
    due_at = due_at.replace(second=0, microsecond=0)
    until = until.replace(second=0, microsecond=0) if until else None
    if due_at <= timezone.now():
        raise ValidationError({"due_at": _("This time is over already.")})
    if until is not None and until <= due_at:
        raise ValidationError({"until": _("The prices come back after they have changed: choose a later time.")})
    run.due_at, run.until = due_at, until
    run.save(update_fields=["due_at", "until"])
    if _needs_approval(run, by):
        return _ask(run, by=by)
    return _plan(run, due_at, by=by)


@transaction.atomic
def cancel(run: Repricing, *, by: User) -> Repricing:
    """Give a run up that is not applied."""
    proposals = list(Approval.objects.about(run).waiting().locked())  # before the run, as approving does
    run = Repricing.objects.select_for_update().get(pk=run.pk)
    run.must_become(Status.CANCELED)
    _move(run, Status.CANCELED)
    PriceChange.objects.coming().filter(repricing=run).update(
        status=PriceChange.Status.CANCELED, updated_at=timezone.now()
    )
    for approval in proposals:
        if approval.requested_by_id == by.pk:
            approvals.withdraw(approval, by=by)
    audit.record("repricing.canceled", run, by=by)
    return run


def end_plan(run: Repricing, *, by: User) -> None:
    """The plan of a run was canceled, and the run with it."""
    run = Repricing.objects.select_for_update().get(pk=run.pk)
    if run.may_become(Status.CANCELED):
        _move(run, Status.CANCELED)
        audit.record("repricing.canceled", run, by=by)


def _ready(run: Repricing) -> Repricing:
    run = Repricing.objects.select_for_update().get(pk=run.pk)
    _must_be_free(run)
    run.must_become(Status.APPLIED)
    if run.status != Status.CHECKED:
        raise ValidationError(_("%(run)s is %(status)s."), params={"run": run, "status": run.get_status_display()})
    if not run.facts.get("changes"):
        raise ValidationError(_("Nothing would change. Choose another rule or other variants."))
    return run


def _must_be_free(run: Repricing) -> None:
    if run.is_working:
        raise ValidationError(_("A worker is at %(run)s already."), params={"run": run})


def _needs_approval(run: Repricing, by: User) -> bool:
    return approvals.needed(PRICE, by) and Decimal(run.facts["farthest"] or 0) > approvals.limit_of(PRICE)


def _ask(run: Repricing, *, by: User) -> Repricing:
    approvals.request(REPRICING, run, payload={"facts": run.facts}, by=by, reason=run.reason)
    return _move(run, Status.WAITING)


def _plan(run: Repricing, due_at: datetime, *, by: User) -> Repricing:
    change = PriceChange.objects.create(repricing=run, due_at=due_at, reason=run.reason, requested_by=by)
    if run.until:
        PriceChange.objects.create(repricing=run, back_of=change, due_at=run.until, reason=run.reason, requested_by=by)
    audit.record("repricing.scheduled", run, by=by, data={"due_at": str(due_at), "until": str(run.until or "")})
    return _move(run, Status.SCHEDULED)


def _go_ahead(run: Repricing, *, by: User) -> Repricing:
    if run.facts["changes"] > FOREGROUND:
        _defer(run, "apply", by=by)
        return run
    return write(run, by=by)


def _move(run: Repricing, status: str) -> Repricing:
    run.must_become(status)
    run.status = status
    run.save(update_fields=["status"])
    return run


def approve_run(approval: Approval, *, by: User) -> None:
    """Carry out what was asked for: at its time, or now."""
    run = Repricing.objects.select_for_update().get(pk=approval.subject_id)
    if run.status != Status.WAITING or run.is_working:
        raise NotAllowed(_("%(run)s is %(status)s."), params={"run": run, "status": run.get_status_display()})
    if run.due_at:
        _plan(run, run.due_at, by=approval.requested_by)
    else:
        _go_ahead(run, by=by)


def reopen_run(approval: Approval) -> None:
    """A proposal came to nothing: its run can be looked at again."""
    run = Repricing.objects.select_for_update().get(pk=approval.subject_id)
    if run.status == Status.WAITING:
        run.due_at = run.until = None
        run.save(update_fields=["due_at", "until"])
        _move(run, Status.CHECKED)


# --- Writing ----------------------------------------------------------------------------------------

LOCK = """
    SELECT id FROM catalog_variant
    WHERE id IN (SELECT variant_id FROM catalog_repricingrow WHERE repricing_id = %(run)s AND outcome = '')
    ORDER BY id FOR NO KEY UPDATE
"""
LEAVE_OUT = """
    UPDATE catalog_repricingrow r SET outcome = %(outcome)s
    WHERE r.repricing_id = %(run)s AND r.outcome = '' AND NOT EXISTS (
        SELECT 1 FROM catalog_variant v
        WHERE v.id = r.variant_id AND v.price = r.{side}_price AND v.compare_at IS NOT DISTINCT FROM r.{side}_compare_at
    )
"""
SET = """
    UPDATE catalog_variant v SET price = r.{side}_price, compare_at = r.{side}_compare_at, updated_at = now()
    FROM catalog_repricingrow r WHERE r.repricing_id = %(run)s AND r.outcome = '' AND v.id = r.variant_id
"""


@transaction.atomic
def write(run: Repricing, *, by: User | None) -> Repricing:
    """Give the variants their new prices; those whose price somebody changed since the preview stay, and are listed."""
    run = Repricing.objects.select_for_update().get(pk=run.pk)
    run.must_become(Status.APPLIED)
    with context.acting(source="repricing", user=by, reason=run.reason or str(run), run=run.number):
        left, run.written = _set(run, there="old", wanted="new", outcome="changed")
    run.status, run.applied_at, run.message = Status.APPLIED, timezone.now(), ""
    run.save(update_fields=["status", "written", "applied_at", "message"])
    audit.record("repricing.applied", run, by=by, data={"changed": run.written, "left": left})
    return run


@transaction.atomic
def undo(run: Repricing, *, by: User | None) -> Repricing:
    """Give the old prices back, except where somebody changed the price since: those stay, and are listed.

    Raises IllegalTransition unless the run is applied, ValidationError when a published product would have nothing to sell.
    """
    run = Repricing.objects.select_for_update().get(pk=run.pk)
    run.must_become(Status.UNDONE)
    reason = _("%(run)s undone") % {"run": run}
    with context.acting(source="repricing", user=by, reason=reason, run=run.number):
        kept, restored = _set(run, there="new", wanted="old", outcome="kept")
    free = run.rows.filter(old_price=0, outcome="").values("variant")  # type: ignore[attr-defined]
    must_stay_sellable(set(Variant.objects.filter(pk__in=free).values_list("product_id", flat=True)))
    run.status, run.undone_at = Status.UNDONE, timezone.now()
    run.facts = run.facts | {"restored": restored, "kept": kept}
    run.save(update_fields=["status", "undone_at", "facts"])
    PriceChange.objects.coming().filter(repricing=run).exclude(back_of=None).update(
        status=PriceChange.Status.CANCELED, updated_at=timezone.now()
    )
    audit.record("repricing.undone", run, by=by, data={"restored": restored, "kept": kept})
    return run


def take_back(run: Repricing, *, by: User) -> Repricing:
    """Undo now, or by the worker where there are many."""
    _must_be_free(run)
    run.must_become(Status.UNDONE)
    if run.written > FOREGROUND:
        _defer(run, "undo", by=by)
        return run
    return undo(run, by=by)


def _set(run: Repricing, *, there: str, wanted: str, outcome: str) -> tuple[int, int]:
    """How many rows were left out because another price is there, and how many variants were written."""
    values: Mapping[str, Any] = {"run": run.pk, "outcome": outcome}
    with connection.cursor() as cursor:
        if run.facts.get("changes", 0) > BIG:
            # The history trigger joins old and new rows; without statistics it would do it row by row.
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute("ANALYZE catalog_repricingrow (repricing_id, variant_id, outcome)")
        cursor.execute(LOCK, values)
        cursor.execute(LEAVE_OUT.format(side=there), values)
        left = cursor.rowcount
        cursor.execute(SET.format(side=wanted), values)
        written = cursor.rowcount
        cursor.execute("SET LOCAL enable_nestloop = on")
    return left, written


# --- Jobs -------------------------------------------------------------------------------------------


def _defer(run: Repricing, action: str, *, by: User) -> None:
    _must_be_free(run)
    run.job_id = app.configure_task(TASK, lock="repricing").defer(run=run.pk, user=by.pk, action=action)
    run.message = ""
    run.save(update_fields=["job_id", "message"])


WORK = {"check": work_out, "apply": write, "undo": undo}
BEFORE = {"check": {Status.DRAFT}, "apply": {Status.CHECKED, Status.WAITING}, "undo": {Status.APPLIED}}
