"""Closing a warehouse, with what is promised there, and opening it again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice import audit
from backoffice.jobs import ask_once
from backoffice.models import User
from catalog.models import Variant
from inventory.models import Allocation, Location, StockCount, StockLevel, Transfer
from inventory.services.places import must_act_at
from inventory.services.posting import call
from inventory.services.reallocation import START, plan_moves, read_board
from inventory.services.waiting import TASK, promised_at, queue_serving

CLEAR = "inventory.clear_closed"
SOLD_OUT = "inventory.refresh_sold_out"
FORESEEN = 500  # documents that are looked at before a warehouse is closed


@transaction.atomic
def close_location(location: Location, *, by: User | None, reason: str = "", leave_stock: bool = False) -> Location:
    """Stop using a warehouse; the worker moves what is promised there to others, the oldest first.

    What no other can serve stays promised there, is listed, and moves when goods come in. Raises ValidationError while
    transfers or stocktakes are open, and while pieces are left there unless `leave_stock` says that they may be: they can
    still be transferred away.
    """
    location = Location.objects.locked().get(pk=location.pk)
    must_act_at(by, location)
    left = stock_left(location)
    if left["variants"] and not leave_stock:
        raise ValidationError(
            _("%(location)s still has %(pieces)s pieces of %(variants)s variants. Transfer them first.")
            % {"location": location, **left}
        )
    _refuse_unfinished(location)
    location = _set_active(location, False)
    closed(location, by=by, reason=reason)
    return location


@transaction.atomic
def open_location(location: Location, *, by: User | None) -> Location:
    """Use a closed warehouse again; what is free there serves whoever waits."""
    location = _set_active(Location.objects.locked().get(pk=location.pk), True)
    opened(location, by=by)
    return location


def closed(location: Location, *, by: User | None, reason: str = "") -> None:
    """What follows from closing a warehouse, by a click or by a file: what is promised there moves."""
    audit.record("location.closed", location, by=by, reason=reason)
    if Allocation.objects.filter(location=location).exists():
        app.configure_task(CLEAR, lock=TASK).defer(location=location.pk)
    # The trigger marks what it sees; what came in by a transaction that was still open is marked once this one is over.
    ask_once(SOLD_OUT, timestamp=0)


def opened(location: Location, *, by: User | None, reason: str = "") -> None:
    """What follows from opening one: what is free there serves whoever waits."""
    audit.record("location.opened", location, by=by, reason=reason)
    variants = list(location.levels.filter(on_hand__gt=0).values_list("variant", flat=True))
    queue_serving(call("SELECT inventory_to_serve(%s::bigint[])", [variants]))


def stock_left(location: Location) -> dict[str, int]:
    """Pieces and variants on the shelves of a warehouse, or held there."""
    levels = StockLevel.objects.filter(Q(on_hand__gt=0) | Q(held__gt=0), location=location)
    return levels.aggregate(variants=Count("pk"), pieces=Sum("on_hand", default=0))


def _refuse_unfinished(location: Location) -> None:
    open_transfers = Transfer.objects.filter(
        Q(source=location) | Q(destination=location), status__in=[Transfer.Status.DRAFT, Transfer.Status.IN_TRANSIT]
    )
    numbers = list(open_transfers.values_list("number", flat=True)[:5])
    if numbers:
        raise ValidationError(_("Finish these transfers first: %(numbers)s.") % {"numbers": ", ".join(numbers)})
    counts = list(StockCount.objects.is_open().filter(location=location).values_list("number", flat=True)[:5])
    if counts:
        raise ValidationError(_("Finish these stocktakes first: %(numbers)s.") % {"numbers": ", ".join(counts)})


def _set_active(location: Location, active: bool) -> Location:
    if location.kind != Location.Kind.STOCK:
        raise ValidationError(_("%(location)s always stays open.") % {"location": location})
    location.is_active = active
    location.save(update_fields=["is_active", "updated_at"])
    return location


# --- What would happen ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stuck:
    """Pieces of a document that would stay promised at a closed warehouse; they lie in a parcel when `is_packed`."""

    cause: str
    sku: str
    pieces: int
    is_packed: bool


@dataclass(frozen=True)
class Closing:
    """What closing a warehouse would do to the promises there; `is_cut` when it has more documents than were looked at."""

    documents: int
    moving: int
    pieces: int
    stuck: Sequence[Stuck]
    is_cut: bool


def foresee_closing(location: Location, most: int = FORESEEN) -> Closing:
    """Choose for the oldest documents as if the warehouse were closed. Locks and changes nothing."""
    causes = [cause for _since, cause in promised_at(location.pk, START, most + 1)]
    board = read_board(Allocation.objects.filter(cause__in=causes[:most]).order_by("pk"), closing=location.pk)
    leaving: Counter[int] = Counter()
    for moved in plan_moves(board):
        if moved.source == location.pk:
            leaving[moved.item] += moved.pieces
    here = [one for some in board.allocations.values() for one in some if one.location_id == location.pk]
    skus = dict(Variant.objects.filter(pk__in={one.variant_id for one in here}).values_list("pk", "sku"))
    stuck = []
    for one in here:
        packed = one.quantity - board.movable(one)
        waiting = board.movable(one) - leaving[one.item]
        stuck += [
            Stuck(one.cause, skus[one.variant_id], pieces, is_packed)
            for pieces, is_packed in ((waiting, False), (packed, True))
            if pieces
        ]
    return Closing(
        documents=len(board.allocations),
        moving=len(board.allocations.keys() - {one.cause for one in stuck}),
        pieces=leaving.total(),
        stuck=stuck,
        is_cut=len(causes) > most,
    )
