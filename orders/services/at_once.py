"""Verbs that are mostly meant for many orders at once. Each takes one order and refuses with a sentence that names it."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from inventory import services as inventory
from inventory.models import Allocation, Location
from orders.models import Fulfilment, Order, OrderLine, Payment
from orders.services.fulfilment import Ready, create_fulfilments, proposed, ready_at
from orders.services.payments import record_payment
from orders.services.status import lines_of, lock

TAG_LENGTH = 120
Retagging = Callable[[list[str], str], list[str]]


@transaction.atomic
def settle(order: Order, *, method: str, by: User, reference: str = "") -> Payment:
    """Write down that all that is outstanding came in. Raises ValidationError where nothing is, or an authorization waits to be captured."""
    order = lock(order)
    if order.status not in (Order.Status.PLACED, Order.Status.CLOSED):
        raise ValidationError(
            _("%(order)s is not placed: %(status)s.") % {"order": order, "status": order.get_status_display()}
        )
    if order.authorized:
        raise ValidationError(_("%(order)s has an authorization. Capture it instead.") % {"order": order})
    if order.balance <= 0:
        raise ValidationError(_("Nothing is outstanding for %(order)s.") % {"order": order})
    return record_payment(order, amount=order.balance, method=method, reference=reference, by=by)


@transaction.atomic
def fulfil_ready(order: Order, *, by: User) -> list[Fulfilment]:
    """Make a parcel of what lies ready at each place where `by` works; what waits for goods goes into none.

    Raises ValidationError where nothing lies ready, IllegalTransition unless the order is placed.
    """
    order = lock(order)
    lines = lines_of(order)
    places = Location.objects.visible_to(by).stock().order_by("priority", "pk").values_list("pk", flat=True)
    wanted = proposed(order, lines, list(places), ready=_come(order, lines))
    if not wanted:
        raise ValidationError(_("Nothing of %(order)s lies ready where you work.") % {"order": order})
    return create_fulfilments(order, quantities=wanted, by=by)


def _come(order: Order, lines: list[OrderLine]) -> Ready:
    """What lies ready without the pieces that are promised and have not come yet."""
    ready = ready_at(order, lines)
    waiting = inventory.waiting_pieces([order.number], {line.variant_id for line in lines if line.variant_id})
    for row in Allocation.objects.filter(cause=order.number, pk__in=waiting):
        if row.item in ready.get(row.location_id, {}):
            ready[row.location_id][row.item] -= waiting[row.pk]
    for place in list(ready):
        ready[place] = {line: pieces for line, pieces in ready[place].items() if pieces > 0}
        if not ready[place].keys() - ready.anywhere.keys():
            del ready[place]
    return ready


def add_tag(order: Order, *, tag: str, by: User) -> Order:
    """Tag an order; one that has the tag already is left alone."""
    return _retag(order, tag, lambda tags, name: tags if name in tags else [*tags, name], by)


def remove_tag(order: Order, *, tag: str, by: User) -> Order:
    """Take a tag off an order; one that does not have it is left alone."""
    return _retag(order, tag, lambda tags, name: [one for one in tags if one != name], by)


@transaction.atomic
def _retag(order: Order, tag: str, change: Retagging, by: User) -> Order:
    name = tag.strip()
    if not name or len(name) > TAG_LENGTH:
        raise ValidationError({"tag": _("A tag has 1 to %(most)s characters.") % {"most": TAG_LENGTH}})
    order = lock(order)
    tags = change(order.tags, name)
    if tags != order.tags:
        order.tags = tags
        order.save(update_fields=["tags", "updated_at"])
        audit.record("order.details_changed", order, by=by, data={"fields": ["tags"]})
    return order
