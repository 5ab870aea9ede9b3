"""Where a person may act, and closing warehouses."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import NotAllowed
from backoffice.models import User
from inventory.models import Location, StockCount, StockLevel, Transfer


def must_act_at(by: User | None, *locations: Location) -> None:
    """Raise unless every location is an open warehouse, and one of those that `by` is confined to."""
    codes = by.scope("warehouse") if by else None
    for location in locations:
        if codes is not None and location.code not in codes:
            raise NotAllowed(_("You may not move stock at %(location)s.") % {"location": location})
        if location.kind != Location.Kind.STOCK or not location.is_active:
            raise ValidationError(_("%(location)s is not an open warehouse.") % {"location": location})


@transaction.atomic
def close_location(location: Location, *, by: User | None, reason: str = "") -> Location:
    """Stop using a warehouse. Raises ValidationError while stock, promises or transfers are left there."""
    location = Location.objects.select_for_update().get(pk=location.pk)
    must_act_at(by, location)
    left = StockLevel.objects.filter(Q(location=location) & (Q(on_hand__gt=0) | Q(allocated__gt=0) | Q(held__gt=0)))
    found = left.aggregate(variants=Count("pk"), pieces=Sum("on_hand"))
    if found["variants"]:
        raise ValidationError(
            _("%(location)s still has %(pieces)s pieces of %(variants)s variants. Transfer them first.")
            % {"location": location, **found}
        )
    open_transfers = Transfer.objects.filter(
        Q(source=location) | Q(destination=location), status__in=[Transfer.Status.DRAFT, Transfer.Status.IN_TRANSIT]
    )
    numbers = list(open_transfers.values_list("number", flat=True)[:5])
    if numbers:
        raise ValidationError(_("Finish these transfers first: %(numbers)s.") % {"numbers": ", ".join(numbers)})
    counts = list(StockCount.objects.is_open().filter(location=location).values_list("number", flat=True)[:5])
    if counts:
        raise ValidationError(_("Finish these stocktakes first: %(numbers)s.") % {"numbers": ", ".join(counts)})
    return _set_active(location, False, by, reason)


@transaction.atomic
def open_location(location: Location, *, by: User | None) -> Location:
    """Use a closed warehouse again."""
    return _set_active(Location.objects.locked().get(pk=location.pk), True, by, "")


def _set_active(location: Location, active: bool, by: User | None, reason: str) -> Location:
    if location.kind != Location.Kind.STOCK:
        raise ValidationError(_("%(location)s always stays open.") % {"location": location})
    location.is_active = active
    location.save(update_fields=["is_active", "updated_at"])
    audit.record("location.opened" if active else "location.closed", location, by=by, reason=reason)
    return location
