"""Where orders are served from: chosen anew by a person, and told by the inventory when it moves promises by itself."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.retrying import patient
from inventory import services as inventory
from inventory.models import Location
from orders.models import Order, OrderLine
from orders.services.status import lock


@patient
def reallocate(order: Order, *, by: User | None, location: Location | None = None, reason: str = "") -> Order:
    """Choose anew where the open pieces of an order come from, or have `location` serve what it can.

    Pieces in parcels stay. Raises IllegalTransition unless the order is placed, ValidationError when nothing would change.
    """
    order = lock(order)
    if order.status != Order.Status.PLACED:
        raise IllegalTransition(order, order.get_status_display(), Order.Status.PLACED.label)
    inventory.reallocate(order.number, location, reason=reason, by=by)
    return order


class _Orders:
    """What the inventory asks of orders, and tells them, when it moves promises."""

    packing = """
        SELECT l.order_line_id AS item, f.location_id, l.quantity AS pieces
        FROM orders_fulfilmentline l CROSS JOIN LATERAL (
            SELECT location_id FROM orders_fulfilment WHERE id = l.fulfilment_id AND status IN ('pending', 'packed') LIMIT 1) f
    """

    def lock(self, causes: Collection[str]) -> None:
        list(Order.objects.filter(number__in=causes).locked().values_list("pk"))

    def tell(self, moved: Sequence[inventory.Moved], *, reason: str, by: User | None) -> None:
        """One event for each order: which pieces went, from where to where."""
        by_order: dict[str, list[inventory.Moved]] = defaultdict(list)
        for one in moved:
            by_order[one.cause].append(one)
        skus = dict(OrderLine.objects.filter(pk__in={one.item for one in moved}).values_list("pk", "sku"))
        places = {one.source for one in moved} | {one.target for one in moved}
        codes = dict(Location.objects.filter(pk__in=places).values_list("pk", "code"))
        for order in Order.objects.filter(number__in=by_order).order_by("pk"):
            parts = by_order[order.number]
            pieces: Counter[str] = Counter()
            for one in parts:
                pieces[skus[one.item]] += one.pieces
            routes = dict.fromkeys(f"{codes[one.source]} → {codes[one.target]}" for one in parts)
            data = {"lines": dict(pieces), "route": ", ".join(routes)}
            audit.record("order.reallocated", order, by=by, reason=reason, data=data)

    def warn(self, missed: Mapping[str, Mapping[int, int]], *, reason: str, by: User | None) -> None:
        """One event for each order: which pieces it waits for."""
        skus = dict(
            OrderLine.objects.filter(pk__in=[item for items in missed.values() for item in items]).values_list(
                "pk", "sku"
            )
        )
        for order in Order.objects.filter(number__in=missed).order_by("pk"):
            pieces: Counter[str] = Counter()
            for item, count in missed[order.number].items():
                pieces[skus[item]] += count
            audit.record("order.waits", order, by=by, reason=reason, data={"lines": dict(pieces)})


inventory.register(_Orders())
