"""Orders that wait until somebody says that they may go on."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition, explained
from backoffice.models import User
from orders.models import Order, OrderHold
from orders.services.status import lock


class OnHold(ValidationError):
    """The order is on hold: nothing of it may be picked, packed or shipped."""


@transaction.atomic
def hold(order: Order, *, kind: str, reason: str, by: User | None) -> OrderHold:
    """Let the order wait. Its stock stays allocated, parcels that have left are gone.

    Raises IllegalTransition on an order that is over, ValidationError without a reason or when it waits for this already.
    """
    order = lock(order)
    if order.status not in (Order.Status.DRAFT, Order.Status.PLACED):
        raise IllegalTransition(order, order.get_status_display(), _("On hold"))
    if not reason.strip():
        raise ValidationError({"reason": _("Say what the order waits for.")})
    row = OrderHold(order=order, kind=kind, reason=reason.strip()[:300], by=by)
    row.clean_fields(exclude=["by"])
    with explained(OrderHold, order_hold_once="kind"):
        row.save()
    audit.record("order.held", order, by=by, reason=reason, data={"hold": kind})
    return row


@transaction.atomic
def release(row: OrderHold, *, by: User | None, reason: str = "") -> Order:
    """The order needs to wait for this no longer; it goes on when nothing else holds it. Raises ValidationError when it is over."""
    order = Order.objects.locked().get(pk=row.order_id)
    row = OrderHold.objects.locked().get(pk=row.pk)
    if row.released_at is not None:
        raise ValidationError(_("%(order)s does not wait for this any more.") % {"order": order})
    _release(row, by, reason)
    audit.record("order.released", order, by=by, reason=reason, data={"hold": row.kind})
    order.refresh_from_db(fields=["on_hold"])
    return order


def release_all(order: Order, *, by: User | None, reason: str) -> None:
    """Release whatever holds a locked order that is over."""
    if order.on_hold:
        for row in order.holds.standing().locked():
            _release(row, by, reason)


def copy_holds(source: Order, target: Order) -> None:
    """Let an order that is split off wait for what the other one waits for."""
    OrderHold.objects.bulk_create(
        OrderHold(order=target, kind=row.kind, reason=row.reason, at=row.at, by=row.by)
        for row in source.holds.standing().select_related("by")
    )


def must_not_be_held(order: Order) -> None:
    """Raise OnHold naming what the order waits for."""
    if order.on_hold:
        rows = order.holds.standing()
        whys = "; ".join(f"{row.get_kind_display()}: {row.reason}" for row in rows)
        raise OnHold(_("%(order)s is on hold. %(why)s") % {"order": order, "why": whys})


def _release(row: OrderHold, by: User | None, reason: str) -> None:
    row.released_at, row.released_by, row.released_because = timezone.now(), by, reason[:300]
    row.save(update_fields=["released_at", "released_by", "released_because"])
