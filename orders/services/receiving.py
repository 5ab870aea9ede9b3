"""Goods that came back: how many, in which condition, and what becomes of them. Money is a matter of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import Stale
from backoffice.models import User
from backoffice.retrying import patient
from inventory import services as inventory
from inventory.models import Location
from orders.models import Order, OrderLine, Return, ReturnLine
from orders.services.exchanges import carry_value, levels_of_exchange, place_agreed
from orders.services.placing import QuantityTooHigh, too_high
from orders.services.return_money import add_value
from orders.services.returns import become, lock_return, returnable
from orders.services.status import lines_of, recalculate

UNANNOUNCED = "orders.receive_unannounced"


@dataclass(frozen=True)
class Arrived:
    """What came back of one line. Resellable pieces are restocked and damaged ones scrapped unless told not to:
    they are set aside then. `parts` says of which lots the resellable ones are, where that is not known from what was shipped.
    """

    resellable: int = 0
    damaged: int = 0
    restock: bool = True
    parts: tuple[inventory.Arriving, ...] = ()
    scrap: bool = True

    @property
    def pieces(self) -> int:
        return self.resellable + self.damaged


@dataclass(frozen=True)
class Settled:
    """What becomes of pieces of a line that are set aside."""

    restocked: int = 0
    scrapped: int = 0
    parts: tuple[inventory.Arriving, ...] = ()


@patient
def receive_return(
    order_return: Return,
    *,
    location: Location,
    arrived: Mapping[int, Arrived],
    unannounced: Mapping[int, Arrived] = MappingProxyType({}),
    more_to_come: bool = False,
    exchange: bool = True,
    seen: int | None = None,
    by: User | None,
) -> Return:
    """Write down what arrived, by primary key of the return line, and `unannounced` by that of the order line.

    What is announced and did not come is missing, unless there is `more_to_come`: the return stays approved then. The last
    of it places the order that is agreed upon in exchange, unless told not to, and pays it with the value of what arrived.
    `seen` is how many pieces had arrived when the form was opened. Raises IllegalTransition unless approved, Stale when
    somebody was faster, QuantityTooHigh beyond the announced (by somebody who may not) and beyond the shipped,
    InsufficientStock when what the customer is to get is short. Nothing is changed then.
    """
    order, row = lock_return(order_return)
    row.must_become(Return.Status.RECEIVED)
    lines = lines_of(order)
    rows = list(row.lines.select_related("order_line__variant").order_by("pk"))
    _refuse_stale(row, rows, seen)
    rows, came = _with_unannounced(row, rows, lines, arrived, unannounced)
    if more_to_come and not any(one.pieces for one in came.values()):
        raise ValidationError(_("Say what has arrived so far."))
    _refuse_excess(order, lines, rows, came, by)
    _lock_stock(row, rows, location, exchange=exchange and not more_to_come)
    settled = [(line, _count(line, came[line.order_line_id])) for line in rows]
    _add_returned(lines, came)
    add_value(order, rows, lines)
    _write(rows)
    _into_stock(row, settled, location, by)
    _end_receipt(row, location, more_to_come)
    recalculate(order, lines)
    pieces = {_name(line): n for line in rows if (n := came[line.order_line_id].pieces)}
    data = {"return": row.number, "location": location.code, "lines": pieces}
    audit.record("return.arrived" if more_to_come else "return.received", row, by=by, data=data)
    audit.record("order.return_received", order, by=by, data=data)
    if exchange and not more_to_come:
        place_agreed(order, row, by=by)
    carry_value(row, by=by)
    return row


@patient
def settle_return(
    order_return: Return, *, location: Location, settled: Mapping[int, Settled], reason: str = "", by: User | None
) -> Return:
    """Restock or scrap pieces that were set aside, by primary key of the return line.

    Raises QuantityTooHigh beyond what is set aside: no piece is restocked twice.
    """
    _order, row = lock_return(order_return)
    rows = list(row.lines.select_related("order_line__variant").order_by("pk"))
    _refuse_unknown(rows, settled)
    chosen = [(line, settled[line.pk]) for line in rows if line.pk in settled]
    if not any(one.restocked or one.scrapped for _line, one in chosen):
        raise ValidationError(_("Choose at least one piece."))
    if any(one.scrapped for _line, one in chosen) and not reason.strip():
        raise ValidationError({"reason": _("Say why the pieces are thrown away.")})
    for line, one in chosen:
        _refuse_beyond_aside(line, one)
        line.restocked += one.restocked
        line.scrapped += one.scrapped
    ReturnLine.objects.bulk_update([line for line, _one in chosen], ["restocked", "scrapped"])
    _into_stock(row, chosen, location, by, reason)
    for verb in ("restocked", "scrapped"):
        pieces = {_name(line): getattr(one, verb) for line, one in chosen if getattr(one, verb)}
        if pieces:
            audit.record(f"return.{verb}", row, by=by, reason=reason, data={"lines": pieces, "location": location.code})
    return row


# --- What stands against it -------------------------------------------------------------------


def _refuse_unknown(rows: Sequence[ReturnLine], given: Mapping[int, object]) -> None:
    if set(given) - {line.pk for line in rows}:
        raise ValidationError(_("A line does not belong to this return."))


def _refuse_stale(row: Return, rows: Sequence[ReturnLine], seen: int | None) -> None:
    now = sum(line.received for line in rows)
    if seen is not None and seen != now:
        raise Stale(
            _(
                "%(number)s: meanwhile somebody else received pieces of it; %(pieces)s have arrived by now. Look at it first."
            )
            % {"number": row, "pieces": now}
        )


def _refuse_excess(
    order: Order, lines: Sequence[OrderLine], rows: Sequence[ReturnLine], came: Mapping[int, Arrived], by: User | None
) -> None:
    """More than was announced needs a permission; more than the customer still has is refused to everybody."""
    free = returnable(order, lines)
    named = {line.pk: line for line in lines}
    errors = []
    for line in rows:
        one = came[line.order_line_id]
        if min(one.resellable, one.damaged) < 0:
            raise ValidationError(_("Quantities cannot be negative."))
        total, excess = line.received + one.pieces, line.received + one.pieces - line.accepted
        if excess <= 0:
            continue
        facts = {"line": _name(line), "announced": line.quantity, "arrived": total}
        if by is not None and not by.has_perm(UNANNOUNCED):
            errors.append(
                _("%(line)s: %(announced)s announced, %(arrived)s received. Announce another return for the rest.")
                % facts
            )
        elif excess > free[line.order_line_id]:
            most = line.accepted + free[line.order_line_id]
            errors.append(too_high(named[line.order_line_id], most, total))
        else:
            line.unannounced += excess
    if errors:
        raise QuantityTooHigh(errors)


def _refuse_beyond_aside(line: ReturnLine, one: Settled) -> None:
    if min(one.restocked, one.scrapped) < 0:
        raise ValidationError(_("Quantities cannot be negative."))
    if one.restocked > line.restockable or one.restocked + one.scrapped > line.set_aside:
        raise QuantityTooHigh(
            _("%(line)s: %(aside)s set aside, %(restockable)s of them resellable.")
            % {"line": _name(line), "aside": line.set_aside, "restockable": line.restockable}
        )


# --- Rows ---------------------------------------------------------------------------------------


def _with_unannounced(
    row: Return,
    rows: list[ReturnLine],
    lines: Sequence[OrderLine],
    arrived: Mapping[int, Arrived],
    unannounced: Mapping[int, Arrived],
) -> tuple[list[ReturnLine], dict[int, Arrived]]:
    """The lines of the return, with one, not written yet, for each order line that was not announced at all; and what
    came, by order line."""
    _refuse_unknown(rows, arrived)
    by_key = {line.pk: line for line in lines}
    extra = {key: one for key, one in unannounced.items() if one.pieces}
    if set(extra) - set(by_key) or set(extra) & {line.order_line_id for line in rows}:
        raise ValidationError(_("A line does not belong to this return."))
    came = {line.order_line_id: arrived.get(line.pk, Arrived()) for line in rows} | extra
    added = [ReturnLine(order_return=row, order_line=by_key[key], quantity=0) for key in extra]
    return [*rows, *added], came


def _count(line: ReturnLine, one: Arrived) -> Settled:
    """Add what came to the line; returns what becomes of it at once. Articles without stock only arrive."""
    line.resellable += one.resellable
    line.damaged += one.damaged
    if not _is_stocked(line):
        return Settled()
    settled = Settled(one.resellable if one.restock else 0, one.damaged if one.scrap else 0, one.parts)
    line.restocked += settled.restocked
    line.scrapped += settled.scrapped
    return settled


def _add_returned(lines: Sequence[OrderLine], came: Mapping[int, Arrived]) -> None:
    for line in lines:
        if line.pk in came:
            line.returned += came[line.pk].pieces


def _write(rows: Sequence[ReturnLine]) -> None:
    known = [line for line in rows if line.pk is not None]
    ReturnLine.objects.bulk_create([line for line in rows if line.pk is None])
    ReturnLine.objects.bulk_update(known, ["unannounced", "resellable", "damaged", "restocked", "scrapped", "value"])


def _end_receipt(row: Return, location: Location, more_to_come: bool) -> None:
    row.location, row.received_at = location, timezone.now()
    if more_to_come:
        row.save(update_fields=["location", "received_at"])
    else:
        become(row, Return.Status.RECEIVED, "location", "received_at")


# --- Stock --------------------------------------------------------------------------------------


def _lock_stock(row: Return, rows: Sequence[ReturnLine], location: Location, *, exchange: bool) -> None:
    """Levels that come back and levels that are promised in exchange are locked at once, so that nobody waits crosswise."""
    promised = levels_of_exchange(row) if exchange else []
    if promised:
        back = [(line.order_line.variant_id or 0, location.pk) for line in rows if _is_stocked(line)]
        inventory.lock_levels({*promised, *back})


def _into_stock(
    row: Return, chosen: Sequence[tuple[ReturnLine, Settled]], location: Location, by: User | None, reason: str = ""
) -> None:
    """Post what goes back into stock and what is thrown away; the latter never enters it."""
    back = [(line, one) for line, one in chosen if one.restocked]
    if back:
        goods = [(line.order_line.variant_id or 0, one.restocked, None) for line, one in back]
        parts = {place: one.parts for place, (_line, one) in enumerate(back)}
        documents = [row.order.number, *row.order.returns.values_list("number", flat=True)]
        inventory.take_back(row.number, goods, location, reason=row.reason, parts=parts, sent_with=documents, by=by)
    broken = [(line.order_line.variant_id or 0, one.scrapped) for line, one in chosen if one.scrapped]
    if broken:
        why = reason or _("Came back damaged with %(number)s") % {"number": row}
        inventory.scrap(row.number, broken, None, reason=why, by=by)


def _is_stocked(line: ReturnLine) -> bool:
    variant = line.order_line.variant
    return variant is not None and variant.track_stock


def _name(line: ReturnLine) -> str:
    return line.order_line.sku or line.order_line.title
