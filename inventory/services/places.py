"""Where a person may act."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.errors import NotAllowed
from backoffice.models import User
from inventory.models import Location


def must_act_at(by: User | None, *locations: Location, closed_too: bool = False) -> None:
    """Raise unless every location is an open warehouse, and one of those that `by` is confined to.

    With `closed_too` it may be closed: what was left there can still be taken away.
    """
    codes = by.scope("warehouse") if by else None
    for location in locations:
        if codes is not None and location.code not in codes:
            raise NotAllowed(_("You may not move stock at %(location)s.") % {"location": location})
        if location.kind != Location.Kind.STOCK or not (location.is_active or closed_too):
            raise ValidationError(_("%(location)s is not an open warehouse.") % {"location": location})
