"""One order becomes two: chosen pieces go to a new order of the same customer, with their discounts, promises and money."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.money import ZERO
from backoffice.numbering import next_number
from backoffice.retrying import patient
from inventory import services as inventory
from orders.models import Order, OrderLine
from orders.services.carrying import carry_over
from orders.services.changes.applying import invoice_anew
from orders.services.changes.portions import fold_discount, names_of, price_both, take_portion
from orders.services.changes.wanting import packed_of
from orders.services.changes.working_out import CHANGED, Sums, is_named_elsewhere
from orders.services.documents import issue_invoice
from orders.services.holds import copy_holds
from orders.services.placing import QuantityTooHigh, chosen_lines, too_high
from orders.services.status import AMOUNTS, lines_of, lock, recalculate


@dataclass
class Parts:
    """An order and the one split off it, in memory. `portions` are the lines of the latter, each with the line it is from."""

    order: Order
    lines: list[OrderLine]
    new: Order
    portions: list[tuple[OrderLine, OrderLine]]
    packed: Mapping[int, int]

    @property
    def new_lines(self) -> list[OrderLine]:
        return [portion for _line, portion in self.portions]

    @property
    def gone(self) -> list[OrderLine]:
        """Lines of which nothing stays."""
        return [line for line in self.lines if not line.quantity]


@dataclass(frozen=True)
class SplitOutcome:
    """What a split would do: what both orders come to, and the money that goes along."""

    before: Sums
    stays: Sums
    goes: Sums
    carried: Decimal


def splittable(order: Order, lines: Sequence[OrderLine]) -> dict[int, int]:
    """Pieces of each line that may go to another order: neither canceled nor shipped, and in no parcel."""
    return _left(lines, packed_of(order))


def _left(lines: Sequence[OrderLine], packed: Mapping[int, int]) -> dict[int, int]:
    return {line.pk: line.open_quantity - packed.get(line.pk, 0) for line in lines}


def foresee_split(order: Order, quantities: Mapping[int, int]) -> SplitOutcome:
    """What splitting would do now; nothing is written. Raises what `split_order` raises."""
    lines = lines_of(order)
    parts = _work_out(order, lines, quantities)
    kept = [line for line in parts.lines if line.quantity]
    stays, goes = Sums.of(parts.order, kept), Sums.of(parts.new, parts.new_lines)
    return SplitOutcome(Sums.of(order, lines), stays, goes, _carried(parts))


@patient
def split_order(order: Order, *, quantities: Mapping[int, int], by: User | None, reason: str = "") -> Order:
    """Let pieces, by primary key of the line, go to a new order of the same customer, and return that.

    Both together come to what the order came to, to the cent; shipping stays. Promises go along, and of the money what the
    order no longer costs. An open invoice is credited, and both are invoiced. Raises QuantityTooHigh beyond what
    is neither shipped nor in a parcel, IllegalTransition unless the order is placed, ValidationError where nothing would stay.
    """
    order = lock(order)
    parts = _work_out(order, lines_of(order), quantities)
    order, new = parts.order, parts.new
    new.number = next_number("SO")
    new.created_by = by
    new.save(force_insert=True)
    for line in parts.new_lines:
        line.order = new
    OrderLine.objects.bulk_create(parts.new_lines)
    copy_holds(order, new)
    _hand_over(parts, reason, by)
    recalculate(new, parts.new_lines)
    recalculate(order, _write_rest(parts), fields=["discount"])
    names = names_of(parts.lines, quantities)
    audit.record("order.split", order, data={"order": new.number, "lines": names}, reason=reason, by=by)
    audit.record("order.split_off", new, data={"order": order.number, "lines": names}, reason=reason, by=by)
    if carried := _carried(parts):
        carry_over(order, new, amount=carried, by=by, reason=reason or _("Order split"))
    if invoice_anew(order, reason=reason or _("Order split"), by=by):
        issue_invoice(new, by=by)
    new.refresh_from_db()
    return new


def _work_out(order: Order, lines: Sequence[OrderLine], quantities: Mapping[int, int]) -> Parts:
    if order.status != Order.Status.PLACED:
        raise IllegalTransition(order, order.get_status_display(), _("split"))
    order, lines = copy(order), [copy(line) for line in lines]
    chosen, packed = chosen_lines(lines, quantities), packed_of(order)
    left = _left(lines, packed)
    short = [too_high(line, left[line.pk], asked) for line, asked in chosen if asked > left[line.pk]]
    if short:
        raise QuantityTooHigh(short)
    if sum(line.kept for line in lines) == sum(asked for _line, asked in chosen):
        raise ValidationError(_("Nothing would stay in %(order)s. Leave at least one piece.") % {"order": order})
    stubs = {line.pk: asked for line, asked in chosen if asked == line.quantity and is_named_elsewhere(line)}
    new, portions = divide(order, lines, chosen, stubs)
    return Parts(order, lines, new, portions, packed)


def divide(
    order: Order, lines: Sequence[OrderLine], chosen: Sequence[tuple[OrderLine, int]], stubs: Mapping[int, int]
) -> tuple[Order, list[tuple[OrderLine, OrderLine]]]:
    """Take the pieces of `chosen` out of an order and its lines, and price what stays and what goes.

    `stubs` are lines that go whole and yet stay, as canceled, by key with their pieces. Returns the new order and its
    lines, each with the line that it is from.
    """
    if stubs or any(line.canceled for line in lines):
        fold_discount(order, lines)
    tax, portions, discount = order.tax, [], ZERO
    for line, asked in chosen:
        portion, goes = take_portion(order, line, asked)
        portions.append((line, portion))
        discount += goes
        if line.pk in stubs:
            line.quantity = line.canceled = stubs[line.pk]
    order.discount -= discount
    new = _new_order(order, discount)
    price_both(tax, (order, [line for line in lines if line.quantity]), (new, [portion for _line, portion in portions]))
    return new, portions


def _new_order(order: Order, discount: Decimal) -> Order:
    new = copy(order)
    new.pk, new.number, new._state.adding = None, "", True
    new.source_number, new.note = "", ""
    new.discount, new.shipping, new.shipping_tax_rate, new.paid, new.refunded = discount, ZERO, ZERO, ZERO, ZERO
    new.authorized, new.voided, new.refund_granted, new.on_hold = ZERO, ZERO, ZERO, False
    new.created_at = timezone.now()
    return new


def _carried(parts: Parts) -> Decimal:
    """What the order was paid beyond what it still costs and is to be given back, as far as the new one costs that."""
    return max(min(-parts.order.balance - parts.order.refund_granted, parts.new.total), ZERO)


def _hand_over(parts: Parts, reason: str, by: User | None) -> None:
    """Let the promises of the portions go along, and set how many both lines have then."""
    goes = []
    for line, portion in parts.portions:
        pieces = min(max(line.allocated - parts.packed.get(line.pk, 0), 0), portion.quantity)
        line.allocated -= pieces
        portion.allocated = pieces
        goes += [(line.pk, portion.pk, pieces)] if pieces else []
    inventory.hand_over(parts.order.number, parts.new.number, goes, reason=reason, by=by)


def _write_rest(parts: Parts) -> list[OrderLine]:
    """Write the lines that stay and delete those of which nothing does."""
    kept = [line for line in parts.lines if line.quantity]
    OrderLine.objects.bulk_update(kept, [*CHANGED, *AMOUNTS])
    OrderLine.objects.filter(pk__in=[line.pk for line in parts.gone]).delete()
    return kept
