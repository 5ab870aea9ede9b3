"""Setting pieces aside for a while."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.retrying import patient
from inventory.models import Hold, Location
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, post

CHUNK = 500


@patient
def hold(
    variant: int, location: Location, quantity: int, *, reason: str, expires_at: datetime, by: User | None
) -> Hold:
    """Set pieces aside until `expires_at`. Raises InsufficientStock, and ValidationError for a time in the past."""
    must_act_at(by, location)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the pieces are held.")})
    if quantity < 1:
        raise ValidationError({"quantity": _("The quantity must be at least 1.")})
    if expires_at <= timezone.now():
        raise ValidationError({"expires_at": _("This time is over.")})
    held = Hold.objects.create(
        variant_id=variant, location=location, quantity=quantity, reason=reason, expires_at=expires_at, created_by=by
    )
    audit.record("hold.placed", held, by=by, reason=reason)
    post([Move(Kind.HELD, variant, location.pk, location.pk, quantity, reason=reason)], by=by)
    return held


@patient
def release_hold(held: Hold, *, by: User | None) -> Hold:
    """End a live hold before its time."""
    locked = Hold.objects.select_related("location").locked().get(pk=held.pk)
    must_act_at(by, locked.location, closed_too=True)
    locked.must_become(Hold.Status.RELEASED)
    end_holds([locked], Hold.Status.RELEASED, by=by)
    return locked


def expire_holds(now: datetime | None = None, *, by: User | None = None) -> int:
    """End every hold whose time is over, in transactions of a few hundred; returns how many. Safe to run twice at once."""
    ended = 0
    due: dict[str, Any] = {"status": Hold.Status.LIVE, "expires_at__lte": now or timezone.now()}
    while True:
        with transaction.atomic():
            holds = list(
                Hold.objects.filter(**due).select_for_update(skip_locked=True, no_key=True).order_by("pk")[:CHUNK]
            )
            end_holds(holds, Hold.Status.EXPIRED, by=by)
        ended += len(holds)
        if len(holds) < CHUNK:
            return ended


def end_holds(holds: list[Hold], status: Hold.Status, *, by: User | None) -> None:
    """Give locked holds their last status and free their pieces."""
    if not holds:
        return
    for one in holds:
        one.status = status
    Hold.objects.filter(pk__in=[one.pk for one in holds]).update(status=status)
    audit.record_many(f"hold.{status}", holds, by=by)
    post(
        [
            Move(Kind.UNHELD, one.variant_id, one.location_id, one.location_id, one.quantity, reason=one.reason)
            for one in holds
        ],
        by=by,
    )
