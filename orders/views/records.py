"""Record pages: order, parcel, return."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import generic
from backoffice.money import ZERO
from backoffice.templatetags.houtai import tone_of
from inventory.models import Allocation
from orders import services
from orders.forms import NoteForm, method_name
from orders.models import Fulfilment, Invoice, Order, Return
from orders.views.lists import FulfilmentList, OrderList, ReturnList
from orders.views.timeline import Timeline

Status, Payment, Shipping = Order.Status, Order.PaymentStatus, Order.FulfilmentStatus
TO_PAY = (Payment.NONE, Payment.PARTIALLY_PAID)
TO_SHIP = (Shipping.UNFULFILLED, Shipping.PARTIAL)


@dataclass(frozen=True)
class Offer:
    """A verb that the page offers when `when` holds; the first that `leads` is the primary action."""

    name: str
    label: Any
    permission: str
    when: Callable[[Any], bool]
    leads: Callable[[Any], bool] = lambda page: False
    method: str = "get"
    icon: str = ""
    danger: bool = False

    def action(self, key: str, primary: bool, prefix: str) -> generic.Action:
        url = reverse(f"orders:{prefix}{self.name}", args=[key])
        return generic.Action(self.label, url, method=self.method, primary=primary, icon=self.icon, danger=self.danger)


def offered(page: Any, offers: list[Offer], prefix: str = "") -> list[generic.Action]:
    """The actions that are legal now and allowed to the user; at most one is primary."""
    shown = [offer for offer in offers if generic.may(page.request.user, offer.permission) and offer.when(page)]
    first = next((offer for offer in shown if offer.leads(page)), None)
    return [offer.action(page.object.number, offer is first, prefix) for offer in shown]


def always(page: Any) -> bool:
    return True


ORDER_OFFERS = [
    Offer("place", gettext_lazy("Place order"), "orders.place_order", lambda p: p.object.status == Status.DRAFT, always, "post", "check"),
    Offer("edit", gettext_lazy("Edit"), "orders.change_order", lambda p: p.object.status == Status.DRAFT, icon="edit"),
    Offer("refund", gettext_lazy("Refund"), "orders.add_refund", lambda p: p.object.paid > p.object.refunded, lambda p: p.object.payment_status == Payment.OVERCHARGED, icon="undo"),
    Offer("pay", gettext_lazy("Record payment"), "orders.add_payment", lambda p: p.is_live and p.object.payment_status in TO_PAY, lambda p: True, icon="card"),
    Offer("fulfil", gettext_lazy("Create fulfilment"), "orders.fulfil_order", lambda p: p.unpacked, lambda p: True, icon="truck"),
    Offer("reallocate", gettext_lazy("Serve from elsewhere"), "orders.fulfil_order", lambda p: p.object.status == Status.PLACED and p.is_promised, icon="transfer"),
    Offer("invoice-order", gettext_lazy("Issue invoice"), "orders.add_invoice", lambda p: p.is_live and not p.is_invoiced, icon="receipt", method="post"),
    Offer("announce", gettext_lazy("Announce return"), "orders.add_return", lambda p: p.is_live and p.shipped, icon="return"),
    Offer("details", gettext_lazy("Edit details"), "orders.change_order", lambda p: p.is_live, icon="edit"),
    Offer("close", gettext_lazy("Close order"), "orders.change_order", lambda p: p.is_done, lambda p: p.object.payment_status not in TO_PAY, "post", "check-circle"),
    Offer("reopen", gettext_lazy("Reopen order"), "orders.change_order", lambda p: p.object.status == Status.CLOSED, method="post", icon="refresh"),
    Offer("cancel-lines", gettext_lazy("Cancel pieces"), "orders.cancel_order", lambda p: p.object.status == Status.PLACED and p.has_open_lines, icon="minus"),
    Offer("cancel", gettext_lazy("Cancel order"), "orders.cancel_order", lambda p: p.object.may_become(Status.CANCELED) and not p.shipped, icon="x", danger=True),
]  # fmt: skip


class OrderRecord(Timeline, generic.RecordPage):
    model = Order
    permission = "orders.view_order"
    slug_field = "number"
    list_url = "orders:list"
    list_page = OrderList
    template_name = "orders/order.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("customer", "created_by")

    def get_actions(self) -> list[generic.Action]:
        actions = offered(self, ORDER_OFFERS)
        leads = next((action for action in actions if action.primary), None)
        if self.open_return is not None and (leads is None or leads.url.endswith("/close/")):
            actions = [replace(action, primary=False) for action in actions]
            label = _("Go on with %(number)s") % {"number": self.open_return.number}
            actions.insert(
                0, generic.Action(label, self.open_return.get_absolute_url(), method="get", primary=True, icon="return")
            )
        return actions

    @property
    def open_return(self) -> Return | None:
        """A return about which something is left to do."""
        return next((row for row in self.returns if row.status not in ("closed", "canceled")), None)

    def get_badges(self) -> list[generic.Badge]:
        return [badge for name in self.shown_statuses if (badge := self.badge(name))]

    @property
    def shown_statuses(self) -> list[str]:
        """Statuses that say something: a draft has nothing to ship, most orders no return."""
        order = self.object
        if order.status == Status.DRAFT:
            return ["status"]
        names = ["status"]
        if order.status != Status.CANCELED or order.paid:
            names.append("payment_status")
        if order.status != Status.CANCELED:
            names.append("fulfilment_status")
        return names if order.return_status == Order.ReturnStatus.NONE else [*names, "return_status"]

    def badge(self, name: str) -> generic.Badge:
        return generic.Badge(getattr(self.object, f"get_{name}_display")(), tone_of(getattr(self.object, name)))

    # --- What the offers ask --------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        return self.object.status in (Status.PLACED, Status.CLOSED)

    @property
    def is_invoiced(self) -> bool:
        credited = {note.corrects_id: ZERO for note in self.invoices}
        for note in self.invoices:
            credited[note.corrects_id] += note.gross
        return any(one.kind == Invoice.Kind.INVOICE and one.gross > credited.get(one.pk, ZERO) for one in self.invoices)

    @property
    def shipped(self) -> bool:
        return any(line.fulfilled for line in self.lines)

    @property
    def has_open_lines(self) -> bool:
        return any(line.open_quantity for line in self.lines)

    @property
    def is_promised(self) -> bool:
        return any(line.allocated for line in self.lines)

    @property
    def unpacked(self) -> bool:
        """Pieces wait to be put into a parcel."""
        waiting = sum(parcel.pieces or 0 for parcel in self.fulfilments if parcel.status in ("pending", "packed"))
        open_pieces = sum(line.open_quantity for line in self.lines if line.requires_shipping)
        return self.object.status == Status.PLACED and open_pieces > waiting

    @property
    def is_done(self) -> bool:
        return self.object.status == Status.PLACED and self.object.fulfilment_status not in TO_SHIP

    # --- Rows -----------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[Any]:
        """Each with `promised`: the names of the places that serve it, and how many pieces each."""
        name = generic.in_reader_language("location__name")()
        places = Allocation.objects.filter(item=OuterRef("pk"), cause=self.object.number).order_by(
            "location__priority", "pk"
        )
        promised = ArraySubquery(
            places.values(place=JSONObject(name=name, pieces="quantity", open="location__is_active"))
        )
        return list(self.object.lines.select_related("variant").annotate(promised=promised))

    @cached_property
    def fulfilments(self) -> list[Fulfilment]:
        if self.object.status == Status.DRAFT:
            return []
        rows = self.object.fulfilments.visible_to(self.request.user).select_related("location")
        return list(rows.annotate(pieces=Sum("lines__quantity")).order_by("pk"))

    @cached_property
    def returns(self) -> list[Return]:
        if not self.shipped or not generic.may(self.request.user, "orders.view_return"):
            return []
        return list(self.object.returns.annotate(pieces=Sum("lines__quantity")).order_by("pk"))

    @cached_property
    def invoices(self) -> list[Invoice]:
        if self.object.status == Status.DRAFT or not generic.may(self.request.user, "orders.view_invoice"):
            return []
        return list(self.object.invoices.defer("content").order_by("pk"))

    @cached_property
    def money(self) -> list[dict[str, Any]]:
        """Payments and refunds in one statement, oldest first."""
        if not self.object.paid or not generic.may(self.request.user, ("orders.view_payment", "orders.view_refund")):
            return []
        columns = ("at", "amount", "method", "reference", "by__name")
        none = Value("", output_field=CharField())
        payments = self.object.payments.order_by().values(*columns, kind=Value("payment"), why=none, goods=none)
        refunds = self.object.refunds.order_by().values(
            *columns, kind=Value("refund"), why=_column("reason"), goods=_column("order_return__number")
        )
        rows = list(payments.union(refunds, all=True).order_by("at"))
        return [row | {"method": method_name(row["method"])} for row in rows]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        order = self.object
        shown = super().get_context_data(**extra)
        return shown | {
            "lines": self.lines,
            "fulfilments": self.fulfilments,
            "returns": self.returns,
            "invoices": self.invoices,
            "money": self.money,
            "discounts": sum((line.discount + line.order_discount for line in self.lines), ZERO),
            "due": order.balance if order.payment_status in TO_PAY and order.status != Status.DRAFT else ZERO,
            "excess": -order.balance if order.payment_status == Payment.OVERCHARGED else ZERO,
            "may_note": generic.may(self.request.user, "orders.change_order"),
            "note_form": NoteForm(),
            "waiting": next((p for p in self.fulfilments if p.status in ("pending", "packed")), None),
        }


def _column(name: str) -> Any:
    return Coalesce(F(name), Value(""), output_field=CharField())


PARCEL_OFFERS = [
    Offer("resume", gettext_lazy("Resume"), "orders.fulfil_order", lambda p: p.object.status == "pending" and p.object.hold_reason, always, "post", "refresh"),
    Offer("pack", gettext_lazy("Mark as packed"), "orders.fulfil_order", lambda p: p.object.status == "pending" and not p.object.hold_reason, always, "post", "box"),
    Offer("ship", gettext_lazy("Ship"), "orders.fulfil_order", lambda p: p.object.status == "packed", always, icon="truck"),
    Offer("deliver", gettext_lazy("Mark as delivered"), "orders.fulfil_order", lambda p: p.object.status == "shipped", always, "post", "check-circle"),
    Offer("tracking", gettext_lazy("Change tracking"), "orders.fulfil_order", lambda p: p.object.status != "canceled", icon="pin"),
    Offer("hold", gettext_lazy("Put on hold"), "orders.fulfil_order", lambda p: p.object.status == "pending" and not p.object.hold_reason, icon="lock"),
    Offer("cancel", gettext_lazy("Cancel fulfilment"), "orders.fulfil_order", lambda p: p.object.may_become("canceled"), icon="x", danger=True),
]  # fmt: skip


class FulfilmentRecord(Timeline, generic.RecordPage):
    model = Fulfilment
    permission = "orders.view_fulfilment"
    slug_field = "number"
    list_url = "orders:fulfilments"
    list_page = FulfilmentList
    template_name = "orders/fulfilment.html"
    facts = [
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("location", gettext_lazy("From")),
        generic.Column("carrier"),
        generic.Column("tracking_number"),
        generic.Column("created_by"),
        generic.Column("packed_at", kind="datetime"),
        generic.Column("shipped_at", kind="datetime"),
        generic.Column("delivered_at", kind="datetime"),
        generic.Column("wave", link="wave"),
        generic.Column("box"),
        generic.Column("hold_reason"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order", "location", "created_by", "wave")

    def get_actions(self) -> list[generic.Action]:
        return offered(self, PARCEL_OFFERS, "fulfilment-")

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        lines = self.object.lines.select_related("order_line__variant").order_by("order_line__position", "pk")
        lines = lines.prefetch_related("parts__bin", "parts__lot")
        return super().get_context_data(**extra) | {"lines": lines, "order": self.object.order}


RETURN_OFFERS = [
    Offer("approve", gettext_lazy("Approve return"), "orders.change_return", lambda p: p.object.status == "requested", always, "post", "check"),
    Offer("receive", gettext_lazy("Receive return"), "orders.receive_return", lambda p: p.object.status == "approved", always, icon="inbox"),
    Offer("close", gettext_lazy("Close return"), "orders.change_return", lambda p: p.object.status == "received", lambda p: not p.suggested, "post", "check-circle"),
    Offer("cancel", gettext_lazy("Cancel return"), "orders.change_return", lambda p: p.object.may_become("canceled"), icon="x", danger=True),
]  # fmt: skip


class ReturnRecord(Timeline, generic.RecordPage):
    model = Return
    permission = "orders.view_return"
    slug_field = "number"
    list_url = "orders:returns"
    list_page = ReturnList
    template_name = "orders/return.html"
    facts = [
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("reason"),
        generic.Column("created_by"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("received_at", kind="datetime"),
        generic.Column("location", gettext_lazy("Received at")),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order", "location", "created_by")

    @cached_property
    def suggested(self) -> Decimal:
        """What is still to be refunded for what arrived."""
        return services.suggested_refund(self.object) if self.object.received_at else ZERO

    def get_actions(self) -> list[generic.Action]:
        actions = offered(self, RETURN_OFFERS, "return-")
        if self.suggested and generic.may(self.request.user, "orders.add_refund"):
            url = f"{reverse('orders:refund', args=[self.object.order.number])}?return={self.object.number}"
            actions.insert(0, generic.Action(_("Refund"), url, method="get", primary=True, icon="undo"))
        return actions

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        lines = self.object.lines.select_related("order_line__variant")
        refunds = (
            self.object.refunds.select_related("by") if generic.may(self.request.user, "orders.view_refund") else []
        )
        return super().get_context_data(**extra) | {
            "lines": lines,
            "refunds": refunds,
            "order": self.object.order,
            "suggested": self.suggested,
        }
