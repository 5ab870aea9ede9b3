"""The rules of owning customers: how many, for how long, and when one is taken away."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from customers.models import OwnershipSettings

MOST_DAYS = 3650


@transaction.atomic
def save_rules(*, by: User | None, **rules: Any) -> OwnershipSettings:
    """Change the rules; they hold from now on, also for periods that run. Raises ValidationError for rules that contradict."""
    found = OwnershipSettings.objects.locked().first() or OwnershipSettings()
    long = [name for name, value in rules.items() if name.endswith("_days") and value > MOST_DAYS]
    if long:
        raise ValidationError(dict.fromkeys(long, _("At most %(most)s days are possible.") % {"most": MOST_DAYS}))
    for name, value in rules.items():
        setattr(found, name, value)
    found.full_clean()
    found.save()
    audit.record("ownership.rules_changed", found, by=by)
    return found
