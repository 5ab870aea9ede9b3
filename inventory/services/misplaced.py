"""Promised pieces that are not where the books say they are."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from catalog.models import Variant
from inventory.models import Allocation, Location, StockLevel
from inventory.services.allocation import Demand, NotAllocated, allocate, reduce_allocations
from inventory.services.holds import hold
from inventory.services.posting import InsufficientStock, Kind, Move, lock_levels, post

LOOKED_FOR = timedelta(days=7)


@transaction.atomic
def serve_elsewhere(
    cause: str, item: int, variant: Variant, location: Location, pieces: int, *, reason: str, by: User | None
) -> list[Allocation]:
    """Promise pieces that were not found at `location` from elsewhere, and hold as many there until somebody has looked.

    So nobody else is promised what is not there. Returns the allocations that take their place, all or none.
    Raises NotAllocated when less was promised there, ValidationError when no other pieces are free.
    """
    levels = StockLevel.objects.filter(variant=variant, location__kind=Location.Kind.STOCK)
    lock_levels(levels.order_by("pk").values_list("variant", "location"))
    promise = Allocation.objects.filter(cause=cause, item=item, location=location).locked().first()
    if promise is None or promise.quantity < pieces:
        raise NotAllocated(
            _("%(sku)s: fewer pieces are promised at %(location)s.") % {"sku": variant.sku, "location": location}
        )
    reduce_allocations([(promise, pieces)])
    post([Move(Kind.RELEASED, variant.pk, location.pk, location.pk, pieces, cause=cause, reason=reason)], by=by)
    hold(variant.pk, location, pieces, reason=reason, expires_at=timezone.now() + LOOKED_FOR, by=by)
    try:
        return allocate(cause, [Demand(item, variant.pk, pieces, variant.sku)], by=by)
    except InsufficientStock as error:
        raise ValidationError(
            _("%(sku)s: no other pieces are free. Let the order wait for these.") % {"sku": variant.sku}
        ) from error
