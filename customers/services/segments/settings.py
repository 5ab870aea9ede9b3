"""The limits of the segments, changed by people."""

from typing import Any

from django.db import transaction

from backoffice import audit
from backoffice.models import User
from customers.models import SegmentLimits


@transaction.atomic
def save_limits(*, by: User | None, **fields: Any) -> SegmentLimits:
    """Set the limits; the next run goes by them."""
    limits = SegmentLimits.current()
    for name, value in fields.items():
        setattr(limits, name, value)
    limits.full_clean(validate_unique=False)
    limits.save()
    audit.record("segmentation.limits_changed", limits, by=by, data=limits.values())
    return limits
