"""Two orders of a customer become one: the older one gets lines, promises and money of the other, which is canceled."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.retrying import patient
from inventory import services as inventory
from orders.models import Fulfilment, Order, OrderChange, OrderLine, Return
from orders.services.carrying import carry_over
from orders.services.changes.applying import open_invoice
from orders.services.changes.portions import fold_discount, names_of, price_both, take_portion
from orders.services.changes.wanting import filled
from orders.services.changes.working_out import CHANGED, Sums
from orders.services.status import AMOUNTS, lines_of, recalculate

TERMS = ("customer_id", "currency", "prices_include_tax")
JOINED = ("discount", "shipping", "shipping_tax_rate", "note", "tags")


class CannotMerge(ValidationError):
    """Two orders do not go together; a sentence for each reason."""


@dataclass
class Joint:
    """The older order as it would be, in memory: `lines` were its own, `added` are of the other's `given`."""

    older: Order
    lines: list[OrderLine]
    younger: Order
    given: list[OrderLine]
    added: list[tuple[OrderLine, OrderLine]]

    @property
    def all_lines(self) -> list[OrderLine]:
        return [*self.lines, *(line for _given, line in self.added)]


@dataclass(frozen=True)
class MergeOutcome:
    """What a merge would do: what both orders come to now, what the older one then does, and the money that it gets."""

    older: Order
    younger: Order
    before: tuple[Sums, Sums]
    after: Sums
    carried: Decimal

    @property
    def sums(self) -> tuple[Sums, Sums, Sums]:
        return (*self.before, self.after)


def foresee_merge(order: Order, other: Order) -> MergeOutcome:
    """What merging would do now; nothing is written. Raises CannotMerge."""
    older, younger = _by_age([order, other])
    before = (Sums.of(older, lines_of(older)), Sums.of(younger, lines_of(younger)))
    joint = _work_out(older, younger)
    return MergeOutcome(older, younger, before, Sums.of(joint.older, joint.all_lines), younger.paid - younger.refunded)


@patient
def merge_orders(order: Order, other: Order, *, by: User | None, reason: str = "") -> Order:
    """Merge two placed orders into the older one, and return that; the other is canceled.

    The one comes to what both came to, to the cent. Raises CannotMerge unless they are of the same customer, currency and
    addresses, and nothing of them is shipped, in a parcel or invoiced.
    """
    older, younger = _by_age(list(Order.objects.filter(pk__in=[order.pk, other.pk]).locked()))
    joint = _work_out(older, younger)
    older = joint.older
    new = [line for _given, line in joint.added]
    OrderLine.objects.bulk_create(new)
    goes = [(given.pk, line.pk, given.allocated) for given, line in joint.added if given.allocated]
    for given, line in joint.added:
        line.allocated = given.allocated
    inventory.hand_over(younger.number, older.number, goes, reason=reason, by=by)
    _cancel(younger, joint.given, older)
    OrderLine.objects.bulk_update(joint.lines, [*CHANGED, *AMOUNTS])
    recalculate(older, joint.all_lines, fields=JOINED)
    names = names_of(joint.given, {given.pk: line.quantity for given, line in joint.added})
    audit.record("order.merged", older, data={"order": younger.number, "lines": names}, reason=reason, by=by)
    audit.record("order.merged_into", younger, data={"order": older.number, "lines": names}, reason=reason, by=by)
    if money := younger.paid - younger.refunded:
        carry_over(younger, older, amount=money, by=by, reason=younger.cancel_reason)
    older.refresh_from_db()
    return older


def _by_age(orders: Sequence[Order]) -> tuple[Order, Order]:
    if len({order.pk for order in orders}) < 2:
        raise CannotMerge(_("Choose another order than this one."))
    older, younger = sorted(orders, key=lambda order: (order.placed_at, order.pk))
    return older, younger


def _work_out(older: Order, younger: Order) -> Joint:
    lines, given = lines_of(older), lines_of(younger)
    _refuse(older, younger, [*lines, *given])
    joint, lines = copy(older), [copy(line) for line in lines]
    added = unite(joint, lines, copy(younger), [copy(line) for line in given])
    origins = {line.pk: line for line in given}
    return Joint(joint, lines, younger, given, [(origins[key], line) for key, line in added])


def unite(
    joint: Order, lines: Sequence[OrderLine], source: Order, given: Sequence[OrderLine]
) -> list[tuple[int, OrderLine]]:
    """Put what is kept of `given`, the lines of `source`, beside the `lines` of `joint`, and price all of it.

    Returns the new lines, each with the key of the one it is from.
    """
    tax = joint.tax + source.tax
    added: list[tuple[int, OrderLine]] = []
    if any(line.canceled for line in [*lines, *given]):
        fold_discount(joint, lines)
        fold_discount(source, given)
    first = max((line.position for line in lines), default=-1) + 1
    for line in given:
        if line.kept:
            portion, goes = take_portion(source, line, line.kept)
            portion.order, portion.position = joint, first + len(added)
            joint.discount += goes
            added.append((line.pk, portion))
    _join(joint, source)
    price_both(tax, (joint, [*lines, *(line for _key, line in added)]))
    return added


def _join(joint: Order, younger: Order) -> None:
    """Put shipping, note and tags together."""
    if not joint.shipping:
        joint.shipping_tax_rate = younger.shipping_tax_rate
    joint.shipping += younger.shipping
    joint.note = "\n".join(filter(None, [joint.note, younger.note]))
    joint.tags = list(dict.fromkeys([*joint.tags, *younger.tags]))


def _refuse(older: Order, younger: Order, lines: Sequence[OrderLine]) -> None:
    both = (older, younger)
    said = [
        _("%(order)s is %(status)s: only placed orders can be merged.")
        % {"order": order, "status": order.get_status_display()}
        for order in both
        if order.status != Order.Status.PLACED
    ]
    is_alike = all(getattr(older, name) == getattr(younger, name) for name in TERMS) and all(
        filled(getattr(older, name)) == filled(getattr(younger, name))
        for name in ("shipping_address", "billing_address")
    )
    if older.customer_id is None or not is_alike:
        said.append(_("The orders differ in customer, currency, kind of prices or addresses."))
    if older.shipping and younger.shipping and older.shipping_tax_rate != younger.shipping_tax_rate:
        said.append(_("The shipping of the orders is taxed at different rates."))
    if any(line.fulfilled for line in lines) or Fulfilment.objects.waiting().filter(order__in=both).exists():
        said.append(_("A part of these orders was shipped or lies in a parcel."))
    said += [
        _("%(order)s is invoiced by %(invoice)s. Credit that first.") % {"order": order, "invoice": invoice}
        for order in both
        if (invoice := open_invoice(order))
    ]
    if Return.objects.filter(exchange__in=both).exists():
        said.append(_("One of the orders is the exchange for a return."))
    said += [
        _("%(order)s is on hold, or money is authorized or to be sent back. Settle that first.") % {"order": order}
        for order in both
        if order.on_hold or order.authorized or order.refund_granted
    ]
    if OrderChange.objects.open().filter(order__in=both).exists():
        said.append(_("One of the orders has an open change. Apply or discard that first."))
    if said:
        raise CannotMerge(said)


def _cancel(younger: Order, lines: Sequence[OrderLine], older: Order) -> None:
    for line in lines:
        line.allocated, line.canceled = 0, line.quantity
    younger.status = Order.Status.CANCELED
    younger.canceled_at = timezone.now()
    younger.cancel_reason = _("Merged into %(order)s") % {"order": older}
    recalculate(younger, lines, fields=["status", "canceled_at", "cancel_reason"])
