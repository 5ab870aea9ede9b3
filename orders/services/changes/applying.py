"""Changes of placed orders: kept while somebody works on them, foreseen, applied in one transaction, or discarded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition, Stale
from backoffice.models import User
from backoffice.retrying import patient
from inventory import services as inventory
from inventory.models import Location
from orders import mail_changes, mails
from orders.models import Invoice, MailKind, Order, OrderChange, OrderChangeLine, OrderLine
from orders.services.changes.wanting import (
    HEADER,
    Snapshot,
    Wanted,
    by_line,
    differences,
    lines_with_packed,
    packed_of,
    rows_of,
    snapshot,
    wanted_of,
)
from orders.services.changes.working_out import CHANGED, Sums, Work, work_out
from orders.services.documents import credit, invoices_of, issue_invoice, left_to_credit
from orders.services.status import AMOUNTS, lines_of, lock, recalculate


class OrderMoved(Stale):
    """Somebody changed the order, or the change itself, since it was seen; what that was stands in the sentences."""


@dataclass(frozen=True)
class StockEffect:
    """Pieces of an article that become free at a location, or are promised there."""

    sku: str
    location: Location
    freed: int = 0
    promised: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a change would do: to money, to stock, and to the open invoice, of which `left` is not credited yet."""

    before: Sums
    after: Sums
    kept: Decimal
    stock: Sequence[StockEffect]
    short: Sequence[str]
    invoice: Invoice | None
    left: Decimal
    is_anything: bool

    @property
    def balance(self) -> Decimal:
        """What the customer owes afterwards; below zero, what is to be given back."""
        return self.after.total - self.kept

    @property
    def to_give_back(self) -> Decimal:
        return max(-self.balance, Decimal(0))

    @property
    def taxes(self) -> list[tuple[str, Decimal, Decimal]]:
        """Tax per rate: its name, before, after; the highest rate first."""
        none = ("", Decimal(0))
        found = []
        for rate in sorted({*self.before.taxes, *self.after.taxes}, reverse=True):
            was, now = self.before.taxes.get(rate, none), self.after.taxes.get(rate, none)
            label = was[0] or now[0] or _("Tax %(rate)s%%") % {"rate": f"{(rate * 100).normalize():f}"}
            found.append((label, was[1], now[1]))
        return found


# --- Before it is applied -------------------------------------------------------------------------


def open_change(order: Order) -> OrderChange | None:
    """The change that somebody has begun."""
    return order.changes.open().select_related("created_by").first()


def version_of(change: OrderChange | None) -> str:
    """Tells one state of a stored change from any other; "" where there is none."""
    return f"{change.pk}:{change.updated_at.isoformat()}" if change is not None else ""


@dataclass(frozen=True)
class Seen:
    """The rows of an order that a change goes by, read once: its lines by key, and what of them lies in parcels where.

    `is_invoiced` False says that no invoice has to be looked for.
    """

    order: Order
    lines: list[OrderLine]
    packed: Mapping[tuple[int, int], int]
    is_invoiced: bool = True

    @classmethod
    def now(cls, order: Order, *, is_invoiced: bool = True) -> "Seen":
        return cls(order, *lines_with_packed(order), is_invoiced)

    @property
    def snapshot(self) -> dict[str, Any]:
        return snapshot(self.order, self.lines, by_line(self.packed))


def see(order: Order) -> dict[str, Any]:
    """The order as a change goes by it, now."""
    return Seen.now(order).snapshot


def foresee_change(order: Order, wanted: Wanted, seen: Seen | None = None) -> Outcome:
    """What applying `wanted` would do now; nothing is written or locked. `seen` are the rows where they were just read.

    Raises what `work_out` raises.
    """
    seen = seen or Seen.now(order)
    lines = seen.lines
    before = Sums.of(order, lines)
    work = work_out(order, lines, by_line(seen.packed), wanted)
    arranged = inventory.foresee_rearrangement(order.number, work.wanted_promises(), seen.packed)
    invoice = open_invoice(order) if seen.is_invoiced else None
    return Outcome(
        before, Sums.of(work.order, work.lines), order.paid - order.refunded, _effects(work, lines, arranged),
        [str(shortage) for shortage in arranged.short], invoice, left_to_credit(invoice) if invoice else Decimal(0),
        work.is_anything,
    )  # fmt: skip


@transaction.atomic
def save_change(order: Order, wanted: Wanted, *, by: User | None, seen: Snapshot, version: str = "") -> OrderChange:
    """Keep `wanted` as the order's open change, in place of the one kept before.

    seen, version: the order and the change as they were when it was written, see `see` and `version_of`. Raises OrderMoved
    where somebody else saved the change meanwhile, and what `work_out` raises.
    """
    order = lock(order)
    change = _keep(order, wanted, by, seen, version)
    audit.record("order.change_saved" if version else "order.change_begun", order, by=by, reason=wanted.reason)
    return change


def _keep(order: Order, wanted: Wanted, by: User | None, seen: Snapshot, version: str) -> OrderChange:
    lines = lines_of(order)
    work_out(order, lines, packed_of(order), wanted)
    change = open_change(order)
    if version_of(change) != version:
        raise OrderMoved(_someone_saved(change))
    change = change or OrderChange(order=order, created_by=by)
    change.base, change.reason = dict(seen), wanted.reason
    for name in HEADER:
        setattr(change, name, wanted.header.get(name))
    change.save()
    change.lines.all().delete()
    OrderChangeLine.objects.bulk_create(rows_of(change, wanted, {line.pk: line.sku or line.title for line in lines}))
    return change


def _someone_saved(change: OrderChange | None) -> str:
    if change is None:
        return _("Somebody applied or discarded this change since you opened it. What you typed is still here.")
    facts = {
        "name": change.created_by or _("Somebody"),
        "time": timezone.localtime(change.updated_at).strftime("%H:%M"),
    }
    return (
        _("Another change of this order was saved at %(time)s, begun by %(name)s. What you typed is still here.")
        % facts
    )


@transaction.atomic
def discard_change(order: Order, *, by: User | None, reason: str = "") -> Order:
    """Forget the open change; the order stays as it is. Raises ValidationError where there is none."""
    order = lock(order)
    change = _locked_change(order)
    _end(change, OrderChange.Status.DISCARDED)
    audit.record("order.change_discarded", order, by=by, reason=reason)
    return order


# --- Applying -------------------------------------------------------------------------------------


@patient
def apply_change(order: Order, *, by: User | None, seen: Snapshot | None = None) -> Order:
    """Make the order what its open change wants: lines, stock, amounts, statuses and the invoice, or nothing.

    What the customer then owes or gets back is left to be paid or refunded. Everything is checked again; where the order
    is no longer as it was `seen` (by default when the change was saved) OrderMoved says what became of it. Raises
    InsufficientStock, Busy, and what `work_out` raises.
    """
    order = lock(order)
    change = _locked_change(order)
    lines, packed = lines_of(order), packed_of(order)
    before = snapshot(order, lines, packed)
    _refuse_moved(order, change.base if seen is None else seen, before)
    work = work_out(order, lines, packed, wanted_of(change))
    if not work.is_anything:
        raise ValidationError(_("Nothing would change."))
    change.total_before = order.total
    _write_lines(work, lines, change.reason, by)
    order = recalculate(work.order, work.lines, fields=work.header)
    change.total_after = order.total
    papers = invoice_anew(order, reason=change.reason or _("The order was changed."), by=by)
    _end(change, OrderChange.Status.APPLIED, "total_before", "total_after")
    data = {
        "lines": {name: f"{n:+d}".replace("-", "−") for name, n in work.pieces.items() if n},
        "was": str(change.total_before),
    }
    audit.record("order.changed", order, by=by, reason=change.reason, data={**data, "is": str(order.total), **papers})
    changes = mail_changes.told(before, snapshot(order, work.lines, packed))
    if any(changes.values()):
        facts = {"was": str(change.total_before), "balance": str(order.balance)}
        mails.on_commit(MailKind.CHANGED, order, changes=changes, **facts)
    return order


@patient
def change_order(order: Order, wanted: Wanted, *, by: User | None, seen: Snapshot, version: str = "") -> Order:
    """Save what is wanted and apply it, or do neither; arguments and errors are those of the two."""
    order = lock(order)
    _keep(order, wanted, by, seen, version)
    return apply_change(order, by=by)


def _locked_change(order: Order) -> OrderChange:
    change = order.changes.open().locked().first()
    if change is None:
        raise ValidationError(_("%(order)s has no open change.") % {"order": order})
    return change


def _refuse_moved(order: Order, seen: Snapshot, now: Snapshot) -> None:
    if seen != now:
        if order.status != Order.Status.PLACED:
            raise IllegalTransition(order, order.get_status_display(), _("changed"))
        raise OrderMoved(
            [
                _("Somebody changed the order since you opened it. Look at it again, then apply."),
                *differences(seen, now, order.currency),
            ]
        )


def _write_lines(work: Work, before: Sequence[OrderLine], reason: str, by: User | None) -> None:
    """Write the lines, and have stock promise what they need in one posting call."""
    OrderLine.objects.bulk_create(work.new)
    arranged = inventory.rearrange(work.order.number, work.wanted_promises(), reason=reason, by=by)
    for line, _pieces in work.promises:
        line.allocated += arranged.change_of(line.pk)
    OrderLine.objects.bulk_update([*work.changed, *work.new], CHANGED)
    amounts = {line.pk: [getattr(line, name) for name in AMOUNTS] for line in before}
    repriced = [line for line in work.lines if [getattr(line, name) for name in AMOUNTS] != amounts.get(line.pk, [])]
    OrderLine.objects.bulk_update(repriced, AMOUNTS)
    OrderLine.objects.filter(pk__in=[line.pk for line in work.gone]).delete()


def _end(change: OrderChange, status: str, *fields: str) -> None:
    change.must_become(status)
    change.status = status
    change.ended_at = timezone.now()
    change.save(update_fields=["status", "ended_at", "updated_at", *fields])


def _effects(work: Work, lines: Sequence[OrderLine], arranged: inventory.Rearrangement) -> list[StockEffect]:
    """What stock gives and takes, by article and location."""
    skus = {line.variant_id: line.sku for line in [*lines, *work.lines]}
    freed: dict[tuple[int, int], int] = {}
    taken: dict[tuple[int, int], int] = {}
    for row, pieces in arranged.released:
        freed[row.variant_id, row.location_id] = freed.get((row.variant_id, row.location_id), 0) + pieces
    for one, place, pieces in arranged.promised:
        taken[one.variant, place] = taken.get((one.variant, place), 0) + pieces
    slots = sorted({*freed, *taken})
    places = {place.pk: place for place in arranged.serving}
    if missing := {place for _variant, place in slots} - places.keys():
        places |= Location.objects.in_bulk(missing)
    return [
        StockEffect(skus[variant], places[place], freed.get((variant, place), 0), taken.get((variant, place), 0))
        for variant, place in slots
    ]


# --- Invoices -------------------------------------------------------------------------------------


def open_invoice(order: Order) -> Invoice | None:
    """The invoice that is not credited whole; there is at most one."""
    return next((invoice for invoice in invoices_of(order) if left_to_credit(invoice)), None)


def invoice_anew(order: Order, *, reason: str, by: User | None) -> Mapping[str, str]:
    """Cancel the open invoice of a locked order by a credit note and issue another; returns the numbers of the papers."""
    invoice = open_invoice(order)
    if invoice is None:
        return {}
    note = credit(invoice, reason=reason, by=by)
    return {"credit_note": note.number, "invoice": issue_invoice(order, by=by).number}
