"""Taking the last scan back: a counter-entry in whatever the scan wrote, once.

Each kind of scan has its own way back, registered by the module whose documents it is about. The scan keeps what that has to
know (`Scan.facts`).
"""

from collections.abc import Callable
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.errors import NotAllowed
from backoffice.models import User
from backoffice.retrying import patient
from inventory.models import (
    CountEntry,
    PartPosting,
    PurchaseOrder,
    ReceiptLine,
    Scan,
    StockLevel,
    StockMove,
    Transfer,
    TransferLine,
)
from inventory.services.bins import PutAway, put_away
from inventory.services.counts import undo_entry
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, Pieces, post
from inventory.services.purchasing import locked as locked_purchase
from inventory.services.purchasing import settle
from inventory.services.transfers import locked as locked_transfer

WayBack = Callable[[Scan, User], None]
ways_back: dict[str, WayBack] = {}


def way_back(*kinds: str) -> Callable[[WayBack], WayBack]:
    """Register how scans of these kinds are taken back: a function that raises ValidationError where it is too late."""

    def register(function: WayBack) -> WayBack:
        ways_back.update(dict.fromkeys(map(str, kinds), function))
        return function

    return register


@patient
def undo_scan(scan: Scan, *, by: User) -> Scan:
    """Take back one's own last scan about a document. Taken back twice is taken back once.

    Raises NotAllowed for scans of others, ValidationError where a later one stands or the work went on meanwhile.
    """
    scan = Scan.objects.select_related("variant").locked().get(pk=scan.pk)
    if scan.by_id != by.pk:
        raise NotAllowed(_("Somebody else scanned this."))
    if scan.undone_at is not None:
        return scan
    _must_be_last(scan, by)
    if scan.facts is None:
        raise ValidationError(_("This scan cannot be taken back any more."))
    ways_back[scan.kind](scan, by)
    # Until the document was locked above, another device of the same person may have gone on scanning.
    _must_be_last(scan, by)
    scan.undone_at = timezone.now()
    scan.save(update_fields=["undone_at"])
    return scan


def last_scan(subject: str, by: User) -> Scan | None:
    """The last scan of a person about a document that was not taken back."""
    last: Scan | None = Scan.objects.filter(subject=subject, by=by, undone_at=None).order_by("-pk").first()
    return last


def _must_be_last(scan: Scan, by: User) -> None:
    if scan != last_scan(scan.subject, by):
        raise ValidationError(_("Only the last scan can be taken back."))


def reversed_move(move: StockMove, reason: str) -> Move:
    """The way back of a move between two levels: out of the bins and of the lots that it brought pieces into."""
    postings = list(PartPosting.objects.filter(move=move).select_related("part", "level").order_by("pk"))
    there = [posting for posting in postings if posting.level.location_id == move.to_location_id]
    here = [posting for posting in postings if posting.level.location_id == move.from_location_id]
    return Move(
        Kind(move.kind),
        move.variant_id,
        move.to_location_id,
        move.from_location_id,
        move.quantity,
        cause=move.cause,
        reason=reason,
        taken=_named(there, 1, move.quantity),
        put=_named(here, -1, move.quantity),
    )


def _named(postings: list[PartPosting], sign: int, pieces: int) -> tuple[Pieces, ...]:
    """What the postings say of bins and lots; pieces of which they say nothing are in no bin."""
    named = [
        Pieces(sign * one.quantity, one.part.lot_id, one.part.bin_id) for one in postings if sign * one.quantity > 0
    ]
    rest = pieces - sum(one.quantity for one in named)
    return tuple([Pieces(rest), *named] if named and rest else named)


@way_back(Scan.Kind.ACCEPTED, Scan.Kind.REJECTED)
def _send_back(scan: Scan, by: User) -> None:
    """What was accepted goes back to the supplier, and the receipt says so no more."""
    order = locked_purchase(PurchaseOrder.objects.get(number=scan.subject))
    must_act_at(by, order.location)
    line = ReceiptLine.objects.select_related("receipt").filter(pk=scan.facts["line"]).locked().first()
    column = "rejected" if scan.kind == Scan.Kind.REJECTED else "quantity"
    if line is None or getattr(line, column) < scan.pieces or line.receipt.landed_costs.exists():
        raise ValidationError(_("The receipt was changed since: correct the stock instead."))
    setattr(line, column, getattr(line, column) - scan.pieces)
    if not line.rejected:
        line.reject_reason = ""
    if line.quantity or line.rejected:
        line.save(update_fields=["quantity", "rejected", "reject_reason"])
    else:
        line.delete()
    settle(order)
    if scan.facts["move"]:
        move = StockMove.objects.get(pk=scan.facts["move"])
        post([replace(reversed_move(move, _("Scan taken back")), kind=Kind.ADJUSTED, put=())], by=by)


@way_back(Scan.Kind.LOADED, Scan.Kind.UNLOADED)
def _carry_back(scan: Scan, by: User) -> None:
    """Pieces go back onto the shelf they were loaded from, or onto their way."""
    column, status = {
        Scan.Kind.LOADED: ("sent", Transfer.Status.DRAFT),
        Scan.Kind.UNLOADED: ("arrived", Transfer.Status.IN_TRANSIT),
    }[Scan.Kind(scan.kind)]
    transfer = locked_transfer(Transfer.objects.get(number=scan.subject))
    line = TransferLine.objects.filter(transfer=transfer, pk=scan.facts["line"]).first()
    if transfer.status != status or line is None or getattr(line, column) < scan.pieces:
        raise ValidationError(_("%(document)s went on meanwhile.") % {"document": transfer})
    must_act_at(by, transfer.source if column == "sent" else transfer.destination, closed_too=True)
    setattr(line, column, getattr(line, column) - scan.pieces)
    line.save(update_fields=[column])
    post([reversed_move(StockMove.objects.get(pk=scan.facts["move"]), _("Scan taken back"))], by=by)


@way_back(Scan.Kind.PUT_AWAY)
def _take_out_again(scan: Scan, by: User) -> None:
    """Pieces go back into the bin they lay in, or are not put away any more."""
    move = StockMove.objects.get(pk=scan.facts["move"])
    level = StockLevel.objects.get(variant=move.variant_id, location=move.to_location_id)
    rows = [
        PutAway(level.pk, posting.quantity, scan.facts["from"], posting.part.bin_id, posting.part.lot_id)
        for posting in PartPosting.objects.filter(move=move, quantity__gt=0).select_related("part").order_by("pk")
    ]
    put_away(rows, cause=move.cause, reason=_("Scan taken back"), by=by)


@way_back(Scan.Kind.COUNTED)
def _uncount(scan: Scan, by: User) -> None:
    undo_entry(CountEntry.objects.select_related("line__count").get(pk=scan.facts["entry"]), by=by)
