"""Work that waits, as lists: what is in each queue is one queryset, by which pages, cards and filters go."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from backoffice.generic import Count
from backoffice.generic.lists import COUNT_CAP
from inventory import services as inventory
from inventory.models import Allocation, StockLevel
from orders.models import Fulfilment, FulfilmentLine, Order, RefundGrant, Return

Rows = QuerySet[Any]


@dataclass(frozen=True)
class Queue:
    """A list of work. `rows(documents, user)` narrows documents of `model` to those that wait, for this user.

    `query` opens the list at `url_name` with them, the oldest first. Who holds all of `permissions` is offered it.
    """

    key: str
    label: str | Promise
    hint: str | Promise
    permissions: tuple[str, ...]
    rows: Callable[[Any, Any], Rows]
    model: Any = Order
    url_name: str = "orders:list"
    query: str = ""
    icon: str = "inbox"

    @property
    def state(self) -> str:
        """What stands in the address of the list."""
        return self.query or f"queue={self.key}&sort=oldest"

    @property
    def oldest(self) -> tuple[str, str]:
        """The order of `sort=oldest`."""
        moments: dict[Any, str] = {Order: "placed_at", RefundGrant: "asked_at"}
        return (moments.get(self.model, "created_at"), "pk")

    @property
    def url(self) -> str:
        return f"{reverse(self.url_name)}?{self.state}"

    def waiting(self, user: Any) -> Rows:
        return self.rows(self.model.objects.visible_to(user), user)


def to_allocate(orders: Any, user: Any) -> Rows:
    """Orders whose promises wait for goods, or lie at a warehouse that is closed."""
    return orders.awaiting_shipment().filter(number__in=inventory.waiting_documents())  # type: ignore[no-any-return]


def to_pick(orders: Any, user: Any) -> Rows:
    """Orders of which something lies ready where the user works, in no parcel yet; none that is on hold."""
    packing = FulfilmentLine.objects.filter(
        order_line=OuterRef("item"),
        fulfilment__location=OuterRef("location"),
        fulfilment__in=Fulfilment.objects.waiting(),
    )
    pieces = packing.order_by().values("order_line").annotate(pieces=Sum("quantity")).values("pieces")
    here = StockLevel.objects.filter(variant=OuterRef("variant"), location=OuterRef("location"), on_hand__gt=0)
    loose = Allocation.objects.in_scope(user).filter(cause=OuterRef("number"), location__is_active=True)
    loose = loose.alias(packing=Coalesce(Subquery(pieces), 0)).filter(Exists(here), quantity__gt=F("packing"))
    return orders.awaiting_shipment().filter(Exists(loose), on_hold=False)  # type: ignore[no-any-return]


def to_refund(orders: Any, user: Any) -> Rows:
    """Orders that were paid too much, unless all of that is granted already."""
    paid_too_much = orders.filter(payment_status=Order.PaymentStatus.OVERCHARGED)
    return paid_too_much.filter(paid__gt=F("total") + F("refunded") + F("refund_granted"))  # type: ignore[no-any-return]


QUEUES = {
    queue.key: queue
    for queue in (
        Queue(
            "to_pay",
            _("To pay"),
            _("Placed, and not or only partly paid"),
            ("orders.view_order", "orders.add_payment"),
            lambda orders, user: orders.awaiting_payment(),
            icon="card",
        ),
        Queue(
            "to_allocate",
            _("To allocate"),
            _("Promised more than is there, or at a closed warehouse"),
            ("orders.view_order", "orders.fulfil_order"),
            to_allocate,
            icon="transfer",
        ),
        Queue(
            "to_pick",
            _("To pick"),
            _("Goods lie ready and are in no parcel yet"),
            ("orders.view_order", "orders.fulfil_order"),
            to_pick,
            icon="box",
        ),
        Queue(
            "to_ship",
            _("To ship"),
            _("Packed parcels that wait to be handed over"),
            ("orders.view_fulfilment", "orders.fulfil_order"),
            lambda parcels, user: parcels.filter(status=Fulfilment.Status.PACKED).exclude(not_before__gt=localdate()),
            Fulfilment,
            "orders:fulfilments",
            "status=packed&scheduled=false&sort=oldest",
            icon="truck",
        ),
        Queue(
            "on_hold",
            _("On hold"),
            _("Nobody picks or ships them until they are released"),
            ("orders.view_order", "orders.change_order"),
            lambda orders, user: orders.filter(on_hold=True),
            icon="lock",
        ),
        Queue(
            "late",
            _("Late"),
            _("Not shipped within the time that the shop promises"),
            ("orders.view_order", "orders.fulfil_order"),
            lambda orders, user: orders.late(),
            icon="clock",
        ),
        Queue(
            "to_receive",
            _("Returns to receive"),
            _("Approved, and on their way"),
            ("orders.view_return", "orders.receive_return"),
            lambda returns, user: returns.filter(status=Return.Status.APPROVED),
            Return,
            "orders:returns",
            "status=approved&sort=oldest",
            icon="return",
        ),
        Queue(
            "to_refund",
            _("To refund"),
            _("Paid more than they come to"),
            ("orders.view_order", "orders.add_refund"),
            to_refund,
            icon="undo",
        ),
        Queue(
            "refunds_to_approve",
            _("Refunds to approve"),
            _("Above the limit, asked for by another person"),
            ("orders.view_refundgrant", "orders.approve_refund"),
            lambda refunds, user: refunds.filter(status=RefundGrant.Status.ASKED).exclude(asked_by=user.pk),
            RefundGrant,
            "orders:refunds",
            "status=asked&sort=oldest",
            icon="check-circle",
        ),
        Queue(
            "refunds_to_send",
            _("Refunds to send"),
            _("Granted, and the money has not left yet"),
            ("orders.view_refundgrant", "orders.execute_refund"),
            lambda refunds, user: refunds.filter(status=RefundGrant.Status.GRANTED),
            RefundGrant,
            "orders:refunds",
            "status=granted&sort=oldest",
            icon="undo",
        ),
    )
}
OF_ORDERS = {key: queue for key, queue in QUEUES.items() if queue.model is Order}


def queues_of(user: Any) -> list[Queue]:
    return [queue for queue in QUEUES.values() if user.has_perms(queue.permissions)]


def counted(queues: Iterable[Queue], user: Any) -> dict[str, Count]:
    """How many wait in each queue by its key, none counted beyond the cap, in one statement."""
    keys: list[str] = []
    parts: list[str] = []
    parameters: list[Any] = []
    counts = {}
    for queue in queues:
        counts[queue.key] = Count(0)
        try:
            sql, values = queue.waiting(user).order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        keys.append(queue.key)
        parts.append(f"(SELECT count(*) FROM ({sql}) waiting)")  # noqa: S608 - as Django wrote it
        parameters += values
    if not parts:
        return counts
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        found = cursor.fetchone()
    return counts | {key: Count(number) for key, number in zip(keys, found, strict=True)}
