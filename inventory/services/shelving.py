"""Putting away by scanning: pieces go into a bin, from "not put away yet" or out of another one."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.models import User
from inventory.models import Bin, Location, Scan, StockLevel, StockPart
from inventory.services.bins import PutAway, put_away
from inventory.services.scans import Done, Scanned, record_once, variant_of


def shelve(bin: Bin, scanned: Scanned, *, out_of: str = "", by: User) -> Scan:
    """Put scanned pieces into a bin; `out_of` is the code of the bin they lie in so far.

    Raises WrongParts where less is there, ValidationError for what is not at the location.
    """

    def do() -> Done:
        variant = variant_of(scanned.code)
        source = bin_of(bin.location, out_of) if out_of.strip() else None
        level = StockLevel.objects.filter(variant=variant, location=bin.location_id).first()
        if level is None:
            raise ValidationError(
                _("%(sku)s: there is none at %(location)s.") % {"sku": variant.sku, "location": bin.location}
            )
        start = source.pk if source else None
        [move] = put_away([PutAway(level.pk, scanned.pieces, bin.pk, start)], by=by)
        wrote = {"move": move, "from": start}
        facts = {"sku": variant.sku, "pieces": scanned.pieces, "bin": bin, "left": loose_pieces(level)}
        if facts["left"]:
            return Done(_("%(sku)s: %(pieces)s into bin %(bin)s, %(left)s left to put away.") % facts, variant, wrote)
        return Done(_("%(sku)s: %(pieces)s into bin %(bin)s.") % facts, variant, wrote)

    return record_once(Scan.Kind.PUT_AWAY, shelf_name(bin), scanned, do, by=by)


def shelf_name(bin: Bin) -> str:
    """What scans into a bin are filed under."""
    return f"{bin.location.code}/{bin.code}"[:60]


def bin_of(location: Location, code: str) -> Bin:
    """The bin of a scanned code, open or closed. Raises ValidationError when the location has none of it."""
    found: Bin | None = location.bins.filter(code__iexact=code.strip()).first()
    if found is None:
        raise ValidationError(_("%(location)s has no bin “%(code)s”.") % {"location": location, "code": code.strip()})
    return found


def loose_pieces(level: StockLevel) -> int:
    """Pieces of a level that lie in no bin."""
    level.refresh_from_db(fields=["on_hand"])
    return level.on_hand - sum(
        StockPart.objects.filter(level=level).exclude(bin=None).values_list("quantity", flat=True)
    )
