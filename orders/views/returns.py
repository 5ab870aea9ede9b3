"""Returns and exchanges: their page, and the verbs of it."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import generic
from backoffice.money import ZERO, shares
from inventory.models import Location
from orders import forms, services
from orders.forms_returns import ExchangeForm, ReceiveForm, ReturnForm, SettleForm
from orders.models import Invoice, Order, OrderLine, RefundGrant, Return, ReturnLine
from orders.pricing import priced
from orders.services.receiving import UNANNOUNCED
from orders.views.actions import QuantitiesAction
from orders.views.causes import tell_ticket
from orders.views.lists import ReturnList
from orders.views.records import Offer, always, offered
from orders.views.timeline import Timeline

IN_ADVANCE = ("orders.place_order", "orders.exchange_in_advance")
WAITING = (RefundGrant.Status.ASKED, RefundGrant.Status.GRANTED)
RETURN_OFFERS = [
    Offer("approve", gettext_lazy("Approve return"), "orders.change_return", lambda p: p.object.status == "requested", always, "post", "check"),
    Offer("receive", gettext_lazy("Receive return"), "orders.receive_return", lambda p: p.object.status == "approved", always, icon="inbox"),
    Offer("place-exchange", gettext_lazy("Place exchange order"), "orders.place_order", lambda p: p.may_place_exchange, lambda p: p.object.status == "received", icon="transfer"),
    Offer("settle", gettext_lazy("Restock or throw away"), "orders.receive_return", lambda p: p.aside, lambda p: not p.suggested, icon="box"),
    Offer("exchange", gettext_lazy("Choose exchange"), "orders.change_return", lambda p: p.object.is_open and not p.object.exchange_id, icon="transfer"),
    Offer("close", gettext_lazy("Close return"), "orders.change_return", lambda p: p.object.status == "received", lambda p: not p.suggested, "post", "check-circle"),
    Offer("refuse", gettext_lazy("Refuse return"), "orders.change_return", lambda p: p.object.status == "requested", icon="x", danger=True),
    Offer("cancel", gettext_lazy("Cancel return"), "orders.change_return", lambda p: p.object.may_become("canceled") and not p.arrived, icon="x", danger=True),
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
        return super().get_queryset().select_related("order", "location", "created_by", "exchange")

    @cached_property
    def suggested(self) -> Decimal:
        """What is still to be refunded for what arrived."""
        return services.suggested_refund(self.object) if self.object.received_at else ZERO

    @cached_property
    def lines(self) -> list[ReturnLine]:
        """Each with `given`: its share of what was refunded, where all of it is refunded exactly its value."""
        rows = list(self.object.lines.select_related("order_line__variant", "reason"))
        given = shares(self.object.refunded, [row.value for row in rows], self.object.order.currency) if rows else []
        for row, amount in zip(rows, given, strict=True):
            row.given = amount
        return rows

    @cached_property
    def agreed(self) -> list[Any]:
        return list(self.object.exchange_lines.select_related("variant"))

    @property
    def arrived(self) -> int:
        return sum(line.received for line in self.lines)

    @property
    def aside(self) -> int:
        """Pieces of stock that are neither in it nor thrown away."""
        return sum(line.set_aside for line in self.lines if is_stocked(line))

    @property
    def may_place_exchange(self) -> bool:
        row = self.object
        if not self.agreed or row.exchange_id or not row.is_open:
            return False
        return row.status == Return.Status.RECEIVED or generic.may(self.request.user, IN_ADVANCE)

    def get_actions(self) -> list[generic.Action]:
        actions = offered(self, RETURN_OFFERS, "return-")
        if self.suggested and generic.may(self.request.user, "orders.add_refund"):
            url = f"{reverse('orders:refund', args=[self.object.order.number])}?return={self.object.number}"
            leads = not any(action.primary for action in actions)
            actions.insert(0, generic.Action(_("Refund"), url, method="get", primary=leads, icon="undo"))
        return actions

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        sees_money = generic.may(self.request.user, "orders.view_refund")
        refunds = list(self.object.refunds.select_related("by")) if sees_money else []
        return super().get_context_data(**extra) | {
            "lines": self.lines,
            "refunds": refunds,
            "granted": list(self.object.refund_grants.filter(status__in=WAITING)) if sees_money else [],
            "notes": self.credit_notes([row.pk for row in refunds]),
            "order": self.object.order,
            "suggested": self.suggested,
            "agreed": self.agreed,
            "is_final": self.object.status in (Return.Status.RECEIVED, Return.Status.CLOSED),
        }

    def credit_notes(self, refunds: list[int]) -> list[Invoice]:
        """Credit notes that were issued for refunds of this return."""
        if not refunds or not generic.may(self.request.user, "orders.view_invoice"):
            return []
        return list(self.object.order.invoices.filter(kind=Invoice.Kind.CREDIT_NOTE, content__refund__in=refunds))


def is_stocked(line: ReturnLine) -> bool:
    variant = line.order_line.variant
    return variant is not None and variant.track_stock


# --- Verbs --------------------------------------------------------------------------------------


class Announce(QuantitiesAction):
    permission = "orders.add_return"
    form_class = ReturnForm
    template_name = "orders/announce.html"
    title = gettext_lazy("Announce return")
    confirm = gettext_lazy("Choose which pieces the customer sends back, and why.")

    def get_rows(self, obj: Order) -> list[tuple[int, str, int, int]]:
        lines = services.lines_of(obj)
        left = services.returnable(obj, lines)
        return [(line.pk, line.title, left[line.pk], 0) for line in lines if left[line.pk]]

    def perform(self, obj: Order, fields: dict[str, Any]) -> Any:
        self.announced = services.request_return(
            obj,
            quantities=self.form.quantities(),
            reason=fields["reason"],
            why=self.form.why(),
            by=self.request.user,
        )
        tell_ticket(self.request, "return", self.announced.number)
        return obj

    def get_success_url(self, obj: Order) -> str:
        return self.announced.get_absolute_url()


class ReturnAction(generic.ActionView):
    model = Return
    slug_field = "number"
    permission: Any = "orders.change_return"
    form: Any = None

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form


class Approve(ReturnAction):
    service = services.approve_return
    title = gettext_lazy("Approve return")
    done = gettext_lazy("%s is approved.")


class Refuse(ReturnAction):
    service = services.refuse_return
    form_class = forms.ReasonForm
    title = gettext_lazy("Refuse return")
    confirm = gettext_lazy("The customer keeps the goods. They can be announced anew.")
    done = gettext_lazy("%s is refused.")
    danger = True


class CloseReturn(ReturnAction):
    service = services.close_return
    title = gettext_lazy("Close return")
    done = gettext_lazy("%s is closed.")


class CancelReturn(ReturnAction):
    service = services.cancel_return
    form_class = forms.ReasonForm
    title = gettext_lazy("Cancel return")
    done = gettext_lazy("%s is canceled.")
    danger = True


class Receive(ReturnAction):
    permission = "orders.receive_return"
    form_class = ReceiveForm
    template_name = "orders/receive.html"
    title = gettext_lazy("Receive return")
    confirm = gettext_lazy("Count what arrived. What is neither resellable nor damaged is missing.")
    done = gettext_lazy("%s is received.")

    def get_form_kwargs(self, obj: Return) -> dict[str, Any]:
        """Who may take more than was announced is asked for it; nobody more than the customer still has."""
        lines = list(obj.lines.select_related("order_line__variant").order_by("order_line__position", "pk"))
        most = {line.order_line_id: max(line.accepted - line.received, 0) for line in lines}
        others: list[OrderLine] = []
        if generic.may(self.request.user, UNANNOUNCED):
            sold = services.lines_of(obj.order)
            free = services.returnable(obj.order, sold)
            others = [line for line in sold if line.pk not in most and free[line.pk] > 0]
            most = {key: most.get(key, 0) + max(left, 0) for key, left in free.items()}
        return {
            "lines": lines,
            "others": others,
            "most": most,
            "locations": Location.objects.visible_to(self.request.user).stock(),
            "exchanges": not obj.exchange_id and obj.exchange_lines.exists(),
        }

    def perform(self, obj: Return, fields: dict[str, Any]) -> Any:
        return services.receive_return(
            obj,
            location=fields["location"],
            arrived=self.form.arrived(),
            unannounced=self.form.unannounced(),
            more_to_come=fields["more_to_come"],
            exchange=fields.get("exchange", True),
            seen=fields["seen"],
            by=self.request.user,
        )


class Settle(ReturnAction):
    permission = "orders.receive_return"
    form_class = SettleForm
    template_name = "orders/settle.html"
    title = gettext_lazy("Restock or throw away")
    confirm = gettext_lazy("These pieces arrived and were set aside. Money is a matter of its own.")
    done = gettext_lazy("The pieces of %s are settled.")

    def get_form_kwargs(self, obj: Return) -> dict[str, Any]:
        lines = obj.lines.select_related("order_line__variant").order_by("order_line__position", "pk")
        return {
            "lines": [line for line in lines if line.set_aside and is_stocked(line)],
            "locations": Location.objects.visible_to(self.request.user).stock(),
        }

    def perform(self, obj: Return, fields: dict[str, Any]) -> Any:
        return services.settle_return(
            obj,
            location=fields["location"],
            settled=self.form.settled(),
            reason=fields["reason"],
            by=self.request.user,
        )


class Exchange(ReturnAction):
    form_class = ExchangeForm
    template_name = "orders/exchange.html"
    title = gettext_lazy("Choose exchange")
    confirm = gettext_lazy(
        "What the customer gets instead. A new order is placed for it when the return is received, and the value of what arrived pays it."
    )
    done = gettext_lazy("The exchange of %s is saved.")

    def get_form_kwargs(self, obj: Return) -> dict[str, Any]:
        return {"lines": list(obj.exchange_lines.select_related("variant"))}

    def perform(self, obj: Return, fields: dict[str, Any]) -> Any:
        order = obj.order
        lines = priced(self.form.lines(), customer=order.customer, currency=order.currency)
        return services.agree_exchange(obj, lines=lines, by=self.request.user)


class PlaceExchange(ReturnAction):
    permission = "orders.place_order"
    service = services.place_exchange
    title = gettext_lazy("Place exchange order")
    confirm = gettext_lazy("Stock is allocated for it, and it is paid with the value of what arrived so far.")
    done = gettext_lazy("The exchange order of %s is placed.")
