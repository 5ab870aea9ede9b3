"""Orders in the search, and their numbers as references."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice import references, search
from backoffice.money import format_money
from backoffice.rows import containing
from customers import masking
from orders.models import Fulfilment, Invoice, Order, PickWave, RefundGrant, Return, SentMail

references.register(prefix="SO", model=Order)
references.register(prefix="RT", model=Return)
references.register(prefix="RF", model=RefundGrant)
references.register(prefix="PW", model=PickWave)
references.register(prefix="INV", model=Invoice)
references.register(prefix="CN", model=Invoice)
references.register(prefix="ML", model=SentMail)


def fitting(user: Any, text: str) -> Q:
    """Orders whose number, name or e-mail holds `text`, by the trigram index; who may not see names finds by numbers alone.

    Without a user it is the operator of the machine who asks.
    """
    if user is None or masking.may_see(user):
        return containing(text)
    plain = text.replace("\x00", "").strip()
    return containing(text) & (Q(number__icontains=plain) | Q(source_number__icontains=plain))


@search.register
class OrderSearch(search.Provider):
    """By number here or at the source first, else by a piece of number, name or e-mail; parcels by tracking number."""

    key = "orders"
    label = _("Orders")
    permission = "orders.view_order"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        orders = Order.objects.visible_to(user)
        exact = orders.filter(pk__in=_exact(user, text))
        found = list(exact.order_by("-placed_at", "-pk")[:limit])
        if not found and len(text) > 2:
            found = list(orders.filter(fitting(user, text)).order_by("-placed_at", "-pk")[:limit])
        named = user.has_perm("customers.view_personal_data")
        return [_hit(order, named) for order in found]


def _exact(user: Any, text: str) -> Any:
    keys = Order.objects.order_by().values("pk")
    parcels = Fulfilment.objects.visible_to(user).order_by()
    return keys.filter(number=text.upper()).union(
        keys.filter(source_number=text).exclude(source_number=""),
        parcels.filter(tracking_number=text).exclude(tracking_number="").values("order"),
        parcels.filter(number=text.upper()).values("order"),
    )


def _hit(order: Order, named: bool) -> search.Hit:
    parts = [
        order.customer_name if named else "",
        format_money(order.total, order.currency),
        order.get_status_display(),
    ]
    return search.Hit(order.number, " · ".join(str(part) for part in parts if part), order.get_absolute_url())
