"""Record pages: order and parcel. Those of returns are in `returns`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import generic
from backoffice.money import ZERO
from backoffice.templatetags.houtai import tone_of
from inventory.models import Allocation, Location, StockLevel
from inventory.services import waiting_pieces
from orders import services
from orders.forms import NoteForm
from orders.models import Fulfilment, FulfilmentLine, Invoice, Order, OrderChange, OrderHold, Return
from orders.views.lists import FulfilmentList, OrderList
from orders.views.money import entries
from orders.views.surroundings import about_customer, linked_orders, taken_back, with_surroundings, working
from orders.views.timeline import Timeline

Status, Payment, Shipping = Order.Status, Order.PaymentStatus, Order.FulfilmentStatus
TO_PAY = (Payment.NONE, Payment.VOIDED, Payment.PARTIALLY_PAID)
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
    key: str = ""

    def action(self, number: str, primary: bool, prefix: str, back: str) -> generic.Action:
        """As a button; `back` is the query that leads back to the page as it is."""
        url = reverse(f"orders:{prefix}{self.name}", args=[number]) + back
        return generic.Action(
            self.label, url, method=self.method, primary=primary, icon=self.icon, danger=self.danger, key=self.key
        )


def offered(page: Any, offers: list[Offer], prefix: str = "") -> list[generic.Action]:
    """The actions that are legal now and allowed to the user; at most one is primary."""
    shown = [offer for offer in offers if generic.may(page.request.user, offer.permission) and offer.when(page)]
    first = next((offer for offer in shown if offer.leads(page)), None)
    # Who works through a list comes back to the record, from where it goes on.
    back = f"?{urlencode({'next': page.request.get_full_path()})}" if "from" in page.request.GET else ""
    return [offer.action(page.object.number, offer is first, prefix, back) for offer in shown]


def always(page: Any) -> bool:
    return True


ORDER_OFFERS = [
    Offer("place", gettext_lazy("Place order"), "orders.place_order", lambda p: p.object.status == Status.DRAFT, always, "post", "check", key="p"),
    Offer("edit", gettext_lazy("Edit"), "orders.change_order", lambda p: p.object.status == Status.DRAFT, icon="edit", key="e"),
    Offer("refund", gettext_lazy("Refund"), "orders.add_refund", lambda p: services.refundable(p.object) > 0, lambda p: p.excess > 0, icon="undo", key="r"),
    Offer("pay", gettext_lazy("Record payment"), "orders.add_payment", lambda p: p.is_live and (p.object.authorized or p.object.payment_status in TO_PAY), lambda p: not p.object.authorized, icon="card", key="p"),
    Offer("fulfil", gettext_lazy("Create fulfilment"), "orders.fulfil_order", lambda p: p.unpacked and not p.object.on_hold, lambda p: True, icon="truck", key="f"),
    Offer("capture", gettext_lazy("Capture payment"), "orders.add_payment", lambda p: p.is_live and p.object.authorized > 0, lambda p: True, icon="card"),
    Offer("void", gettext_lazy("Void authorization"), "orders.add_payment", lambda p: p.object.authorized > 0, lambda p: not p.is_live, icon="minus"),
    Offer("authorize", gettext_lazy("Record authorization"), "orders.add_payment", lambda p: p.is_live and p.object.payment_status in TO_PAY, icon="card"),
    Offer("reallocate", gettext_lazy("Serve from elsewhere"), "orders.fulfil_order", lambda p: p.object.status == Status.PLACED and p.is_promised, icon="transfer", key="w"),
    Offer("invoice-order", gettext_lazy("Issue invoice"), "orders.add_invoice", lambda p: p.is_live and not p.is_invoiced, icon="receipt", method="post", key="i"),
    Offer("announce", gettext_lazy("Announce return"), "orders.add_return", lambda p: p.is_live and p.shipped, icon="return", key="b"),
    Offer("details", gettext_lazy("Edit details"), "orders.change_order", lambda p: p.is_live, icon="edit", key="e"),
    Offer("change", gettext_lazy("Change order"), "orders.change_placed_order", lambda p: p.object.status == Status.PLACED, icon="edit", key="m"),
    Offer("split", gettext_lazy("Split order"), "orders.change_placed_order", lambda p: p.object.status == Status.PLACED and p.has_open_lines, icon="transfer"),
    Offer("merge", gettext_lazy("Merge orders"), "orders.change_placed_order", lambda p: p.object.status == Status.PLACED and p.object.customer_id and not p.shipped, icon="merge"),
    Offer("hold", gettext_lazy("Put on hold"), "orders.add_orderhold", lambda p: p.object.status in (Status.DRAFT, Status.PLACED), icon="lock"),
    Offer("duplicate", gettext_lazy("Duplicate"), "orders.add_order", always, icon="copy", method="post"),
    Offer("close", gettext_lazy("Close order"), "orders.change_order", lambda p: p.is_done, lambda p: p.object.payment_status not in TO_PAY, "post", "check-circle", key="c"),
    Offer("reopen", gettext_lazy("Reopen order"), "orders.change_order", lambda p: p.object.status == Status.CLOSED, method="post", icon="refresh", key="o"),
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
        changing = Exists(OrderChange.objects.open().filter(order=OuterRef("pk")))
        orders = super().get_queryset().select_related("customer", "created_by").annotate(is_changing=changing)
        return with_surroundings(orders, self.request.user)

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
        return next((row for row in self.returns if row.is_open), None)

    def get_badges(self) -> list[generic.Badge]:
        badges = [generic.Badge(_("On hold"), "bad")] if self.object.on_hold else []
        badges += [self.badge(name) for name in self.shown_statuses]
        if self.object.is_changing:
            badges.append(generic.Badge(_("Change begun"), "warn"))
        return [*badges, generic.Badge(_("Late"), "bad")] if self.object.is_late else badges

    @property
    def shown_statuses(self) -> list[str]:
        """Statuses that say something: a draft has nothing to ship, most orders no return."""
        order = self.object
        if order.status == Status.DRAFT:
            return ["status"]
        names = ["status"]
        if order.status != Status.CANCELED or order.paid or order.authorized or order.voided:
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
    def excess(self) -> Decimal:
        """What was paid too much and is not granted yet."""
        return max(-self.object.balance - self.object.refund_granted, ZERO)

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
        """Each with `promised`: the places that serve it, with their pieces; `parcels`: pieces that lie packed or picked; `free`:
        pieces that anybody may still promise; `waiting`: promised pieces that are not there yet."""
        name = generic.in_reader_language("location__name")()
        places = Allocation.objects.filter(item=OuterRef("pk"), cause=self.object.number).order_by(
            "location__priority", "pk"
        )
        level = StockLevel.objects.filter(variant=OuterRef("variant"), location=OuterRef("location"))
        free = F("on_hand") - F("allocated") - F("held")
        promised = ArraySubquery(
            places.alias(free=Subquery(level.values(free=free))).values(
                place=JSONObject(
                    key="pk", name=name, pieces="quantity", open="location__is_active", short=Q(free__lt=0)
                )
            )
        )
        packing = FulfilmentLine.objects.filter(order_line=OuterRef("pk"), fulfilment__in=Fulfilment.objects.waiting())
        stock = StockLevel.objects.in_scope(self.request.user).filter(
            variant=OuterRef("variant"), location__kind=Location.Kind.STOCK, location__is_active=True
        )
        rows = list(
            self.object.lines.select_related("variant").annotate(
                promised=promised,
                parcels=total_of(packing, "order_line", "quantity"),
                free=total_of(stock, "variant", free),
            )
        )
        self._tell_waiting(rows)
        return rows

    def _tell_waiting(self, rows: list[Any]) -> None:
        """Set `waiting` of each line; the stock is only asked where a level is short or closed."""
        short = {row.variant_id for row in rows if any(one["short"] or not one["open"] for one in row.promised)}
        found = waiting_pieces([self.object.number], short) if short else {}
        for row in rows:
            row.waiting = sum(found.get(one["key"], 0) for one in row.promised)

    @cached_property
    def fulfilments(self) -> list[Fulfilment]:
        if self.object.status == Status.DRAFT:
            return []
        rows = self.object.fulfilments.visible_to(self.request.user).with_links().select_related("location")
        return list(rows.annotate(pieces=Sum("lines__quantity")).order_by("pk"))

    @cached_property
    def returns(self) -> list[Return]:
        if not self.shipped or not generic.may(self.request.user, "orders.view_return"):
            return []
        return list(
            self.object.returns.select_related("exchange").annotate(pieces=Sum("lines__quantity")).order_by("pk")
        )

    @cached_property
    def invoices(self) -> list[Invoice]:
        if self.object.status == Status.DRAFT or not generic.may(self.request.user, "orders.view_invoice"):
            return []
        return list(self.object.invoices.defer("content").order_by("pk"))

    @cached_property
    def money(self) -> list[dict[str, Any]]:
        """What came in, went out, or was promised."""
        return entries(self.object, self.request.user)

    @cached_property
    def holds(self) -> list[OrderHold]:
        """What the order waits for."""
        return list(self.object.holds.standing().select_related("by")) if self.object.on_hold else []

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        order = self.object
        shown = super().get_context_data(**extra)
        may_note = generic.may(self.request.user, "orders.change_order")
        return shown | {
            "shortcuts": [*([("n", _("Write a note"))] if may_note else []), *shown["shortcuts"]],
            "about": about_customer(order),
            "linked": linked_orders(order, self.events),
            "taken_back": taken_back(self.events, self.request.user),
            "working": working(self.request, order, waits=bool(self.around and self.around.listed)),
            "lines": self.lines,
            "fulfilments": self.fulfilments,
            "returns": self.returns,
            "invoices": self.invoices,
            "money": self.money,
            "discounts": sum((line.discount + line.order_discount for line in self.lines), ZERO),
            "due": order.balance if order.payment_status in TO_PAY and order.status != Status.DRAFT else ZERO,
            "excess": self.excess,
            "holds": self.holds,
            "may_note": may_note,
            "note_form": NoteForm(),
            "waiting": next((p for p in self.fulfilments if p.status in ("pending", "packed")), None),
        }


def total_of(rows: QuerySet, by: str, amount: Any) -> Subquery:
    """Sum of `amount` over `rows`, which hang on the row of the outer query by their column `by`; None without any."""
    return Subquery(rows.order_by().values(by).annotate(total=Sum(amount)).values("total"))


PARCEL_OFFERS = [
    Offer("resume", gettext_lazy("Resume"), "orders.fulfil_order", lambda p: p.object.status == "pending" and p.object.hold_reason, always, "post", "refresh"),
    Offer("pack", gettext_lazy("Mark as packed"), "orders.fulfil_order", lambda p: p.object.status == "pending" and not p.object.hold_reason, always, "post", "box"),
    Offer("ship", gettext_lazy("Ship"), "orders.fulfil_order", lambda p: p.object.status == "packed", lambda p: not p.object.is_scheduled, icon="truck"),
    Offer("deliver", gettext_lazy("Mark as delivered"), "orders.fulfil_order", lambda p: p.object.status == "shipped", always, icon="check-circle"),
    Offer("tracking", gettext_lazy("Change tracking"), "orders.fulfil_order", lambda p: p.object.status != "canceled", icon="pin"),
    Offer("schedule", gettext_lazy("Schedule"), "orders.fulfil_order", lambda p: p.object.status in ("pending", "packed"), icon="calendar"),
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
        generic.Column("not_before", kind="date"),
        generic.Column("hold_reason"),
    ]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().with_links().select_related("order", "location", "created_by", "wave")

    def get_actions(self) -> list[generic.Action]:
        return offered(self, PARCEL_OFFERS, "fulfilment-")

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        lines = self.object.lines.select_related("order_line__variant").order_by("order_line__position", "pk")
        lines = lines.prefetch_related("parts__bin", "parts__lot")
        return super().get_context_data(**extra) | {"lines": lines, "order": self.object.order}
