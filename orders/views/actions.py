"""Verbs of orders, parcels and invoices: each page calls one service."""

import secrets
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from inventory import services as inventory
from inventory.models import Allocation, Location, Scan
from orders import forms, services
from orders.forms import plain
from orders.forms_returns import DeliverForm, FulfilForm, ScheduleForm
from orders.models import Fulfilment, Invoice, Order, Return
from orders.views.causes import tell_ticket


class OrderAction(generic.ActionView):
    model = Order
    slug_field = "number"


class Place(OrderAction):
    permission = "orders.place_order"
    service = services.place
    title = gettext_lazy("Place order")
    confirm = gettext_lazy("Stock is allocated for every line, or nothing happens.")
    done = gettext_lazy("Order %s placed.")


class Cancel(OrderAction):
    permission = "orders.cancel_order"
    service = services.cancel
    form_class = forms.ReasonForm
    title = gettext_lazy("Cancel order")
    confirm = gettext_lazy("What is allocated becomes free again. What was paid can then be refunded.")
    done = gettext_lazy("Order %s canceled.")
    danger = True


class Close(OrderAction):
    permission = "orders.change_order"
    service = services.close
    title = gettext_lazy("Close order")
    done = gettext_lazy("Order %s closed.")


class Reopen(OrderAction):
    permission = "orders.change_order"
    service = services.reopen
    title = gettext_lazy("Reopen order")
    done = gettext_lazy("Order %s reopened.")


class Note(OrderAction):
    permission = "orders.change_order"
    service = services.add_note
    form_class = forms.NoteForm
    title = gettext_lazy("Add note")


class Pay(OrderAction):
    permission = "orders.add_payment"
    form_class = forms.PaymentForm
    service = services.record_payment
    title = gettext_lazy("Record payment")
    done = gettext_lazy("The payment for %s is recorded.")

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        due = obj.balance if obj.balance > 0 else None
        return {"initial": {"amount": due and plain(due), "key": secrets.token_urlsafe(16)}}


class GiveBack(OrderAction):
    permission = "orders.add_refund"
    form_class = forms.RefundForm
    title = gettext_lazy("Refund")
    confirm = gettext_lazy("This writes the refund down. Stock is not touched; send the money as you usually do.")
    done: Any = gettext_lazy("The refund for %s is recorded.")

    @cached_property
    def order_return(self) -> Return | None:
        number = self.request.GET.get("return", "")
        return (
            Return.objects.visible_to(self.request.user)
            .filter(number=number, order__number=self.kwargs["number"])
            .first()
            if number
            else None
        )

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        due = min(max(-obj.balance, 0), services.refundable(obj)) or services.refundable(obj)
        amount = services.suggested_refund(self.order_return) if self.order_return else due
        last = obj.payments.last()
        reason = self.order_return.reason if self.order_return else obj.cancel_reason
        method = last.method if last is not None and last.method in dict(forms.METHODS) else None
        return {
            "initial": {"amount": plain(amount), "method": method, "reason": reason, "key": secrets.token_urlsafe(16)}
        }

    def perform(self, obj: Order, fields: dict[str, Any]) -> Any:
        later, user = fields.pop("later"), self.request.user
        if not later and not services.refund_needs_approval(obj, fields["amount"], by=user):
            refund = services.refund(obj, by=user, order_return=self.order_return, **fields)
            tell_ticket(self.request, "refund", refund.grant.number if refund.grant else obj.number)
            return refund
        fields.pop("reference")
        grant = services.grant_refund(obj, by=user, order_return=self.order_return, **fields)
        tell_ticket(self.request, "refund", grant.number)
        said = {
            "asked": _("Above the limit, another person has to approve refunds: %(refund)s waits for that."),
            "granted": _("%(refund)s is granted and waits to be sent."),
        }
        self.done = said.get(grant.status, "") % {"refund": grant}
        return grant

    def get_success_url(self, obj: Order) -> str:
        return (self.order_return or obj).get_absolute_url()


class IssueInvoice(OrderAction):
    permission = "orders.add_invoice"
    service = services.issue_invoice
    title = gettext_lazy("Issue invoice")
    confirm = gettext_lazy("Invoices cannot be changed once they are issued.")
    done = gettext_lazy("%s is invoiced.")


class Credit(generic.ActionView):
    model = Invoice
    slug_field = "number"
    permission = "orders.add_invoice"
    form_class = forms.CreditForm
    service = services.credit
    title = gettext_lazy("Issue credit note")
    confirm = gettext_lazy("A credit note takes the invoice back, in part or whole.")
    done = gettext_lazy("Credit note %s issued.")

    def get_form_kwargs(self, obj: Invoice) -> dict[str, Any]:
        return {"initial": {"amount": plain(services.left_to_credit(obj))}}


# --- Quantities per line ------------------------------------------------------------------------


class QuantitiesAction(OrderAction):
    """A verb over pieces of the lines. `get_rows` gives (key, label, most, first value)."""

    template_name = "orders/quantities.html"

    def get_rows(self, obj: Order) -> list[tuple[int, str, int, int]]:
        raise NotImplementedError

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        return {"rows": self.get_rows(obj)}

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        form = super().get_form(obj, data, files)
        self.form = form
        return form


class CancelLines(QuantitiesAction):
    permission = "orders.cancel_order"
    form_class = forms.CancelLinesForm
    title = gettext_lazy("Cancel pieces")
    confirm = gettext_lazy("Choose how many pieces of each line are not to be shipped any more.")
    done = gettext_lazy("The pieces of %s are canceled.")
    danger = True

    def get_rows(self, obj: Order) -> list[tuple[int, str, int, int]]:
        return [(line.pk, line.title, line.open_quantity, 0) for line in obj.lines.all() if line.open_quantity]

    def perform(self, obj: Order, fields: dict[str, Any]) -> Any:
        return services.cancel_lines(
            obj, quantities=self.form.quantities(), reason=fields["reason"], by=self.request.user
        )


class Fulfil(QuantitiesAction):
    """A parcel from each location, as promised; one that the address names is asked alone."""

    permission = "orders.fulfil_order"
    form_class = FulfilForm
    title = gettext_lazy("Create fulfilment")
    template_name = "orders/fulfil.html"

    @cached_property
    def proposed(self) -> list[tuple[Location, dict[int, int]]]:
        """Locations of this user with the pieces that a parcel from there would take."""
        order = self.get_object()
        places = {place.pk: place for place in Location.objects.visible_to(self.request.user).stock()}
        parcels = services.proposed(order, services.lines_of(order), list(places))
        return [(places[key], pieces) for key, pieces in parcels.items() if pieces]

    @cached_property
    def chosen(self) -> tuple[Location, dict[int, int]] | None:
        """The one location that the address names, with all that may leave from there; or the only one."""
        code = self.request.GET.get("location", "")
        named = Location.objects.visible_to(self.request.user).stock().filter(code=code).first() if code else None
        if named is not None:
            order = self.get_object()
            return named, services.ready_at(order, services.lines_of(order))[named.pk]
        return self.proposed[0] if len(self.proposed) == 1 else None

    @property
    def location(self) -> Location | None:
        return self.chosen[0] if self.chosen else None

    @cached_property
    def parcels(self) -> list[tuple[Location, dict[Any, int]]]:
        """What the form asks: by line of the only location, or by "line_location" of several."""
        if self.chosen is not None:
            return [self.chosen]
        return [(place, {f"{line}_{place.pk}": n for line, n in pieces.items()}) for place, pieces in self.proposed]

    @cached_property
    def titles(self) -> dict[str, str]:
        return {str(line.pk): line.title for line in self.get_object().lines.all()}

    def get_rows(self, obj: Order) -> list[tuple[Any, str, int, int]]:
        rows = []
        for place, pieces in self.parcels:
            for key, most in pieces.items():
                title = self.titles[_line(key)]
                label = title if self.chosen else _("%(line)s from %(place)s") % {"line": title, "place": place}
                rows.append((key, label, most, most))
        return rows

    def groups(self) -> list[tuple[Location, list[tuple[str, Any]]]]:
        """Titles and controls of the form by location."""
        return [
            (place, [(self.titles[_line(key)], self.form[f"line_{key}"]) for key in pieces])
            for place, pieces in self.parcels
        ]

    def perform(self, obj: Order, fields: dict[str, Any]) -> Any:
        typed = self.form.quantities()
        quantities = {place.pk: {int(_line(key)): typed[key] for key in pieces} for place, pieces in self.parcels}
        self.made = services.create_fulfilments(
            obj, quantities=quantities, not_before=fields["not_before"], by=self.request.user
        )
        return obj

    def get_success_url(self, obj: Order) -> str:
        return (self.made[0] if len(self.made) == 1 else obj).get_absolute_url()


def _line(key: Any) -> str:
    """The line of a key of the form."""
    return str(key).partition("_")[0]


class Reallocate(OrderAction):
    """Choose anew where an order is served from; who may move promises chooses the warehouse."""

    permission = "orders.fulfil_order"
    form_class = forms.ReallocateForm
    service = services.reallocate
    template_name = "orders/reallocate.html"
    title = gettext_lazy("Serve from elsewhere")
    confirm = gettext_lazy("Pieces that lie in parcels stay where they are.")
    done = gettext_lazy("%s is served from elsewhere now.")

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        return {"user": self.request.user, "rows": self.rows}

    @cached_property
    def rows(self) -> list[Allocation]:
        """What is promised to the order now, each with the pieces that wait there."""
        rows = Allocation.objects.filter(cause=self.kwargs["number"]).select_related("variant", "location")
        rows = list(rows.order_by("item", "location__priority"))
        waiting = inventory.waiting_pieces([self.kwargs["number"]], {row.variant_id for row in rows})
        for row in rows:
            row.waiting = waiting.get(row.pk, 0)
        return rows


# --- Parcels ------------------------------------------------------------------------------------


class ParcelAction(generic.ActionView):
    model = Fulfilment
    slug_field = "number"
    permission = "orders.fulfil_order"


class Pack(ParcelAction):
    service = services.pack
    title = gettext_lazy("Mark as packed")
    done = gettext_lazy("%s is packed.")


class Ship(ParcelAction):
    form_class = forms.ShipForm
    title = gettext_lazy("Ship")
    confirm = gettext_lazy("The pieces leave the stock, and the customer gets a mail.")
    done = gettext_lazy("%s is shipped.")
    template_name = "orders/parcel_ship.html"

    def last_scan(self) -> Scan | None:
        """The scan of this person that made the parcel whole, while it can be taken back."""
        parcel = self.form.parcel
        scan = inventory.last_scan(parcel.number, self.request.user)
        is_packed = scan is not None and parcel.status == Fulfilment.Status.PACKED
        return scan if is_packed and services.made_whole(parcel, scan) else None

    def get_form_kwargs(self, obj: Fulfilment) -> dict[str, Any]:
        return {"parcel": obj, "initial": {"carrier": obj.carrier, "tracking_number": obj.tracking_number}}

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def perform(self, obj: Fulfilment, fields: dict[str, Any]) -> Fulfilment:
        facts = {name: fields[name] for name in ("carrier", "tracking_number")}
        return services.ship(obj, taken=self.form.taken(), by=self.request.user, **facts)


class Deliver(ParcelAction):
    service = services.deliver
    form_class = DeliverForm
    title = gettext_lazy("Mark as delivered")
    done = gettext_lazy("%s is delivered.")


class Tracking(ParcelAction):
    service = services.set_tracking
    form_class = forms.TrackingForm
    title = gettext_lazy("Change tracking")
    done = gettext_lazy("The tracking of %s is saved.")

    def get_form_kwargs(self, obj: Fulfilment) -> dict[str, Any]:
        return {"initial": {"carrier": obj.carrier, "tracking_number": obj.tracking_number}}


class CancelParcel(ParcelAction):
    service = services.cancel_fulfilment
    form_class = forms.ReasonForm
    title = gettext_lazy("Cancel fulfilment")
    confirm = gettext_lazy("The pieces stay allocated to the order and can go into another parcel.")
    done = gettext_lazy("%s is canceled.")
    danger = True


class ScheduleParcel(ParcelAction):
    service = services.schedule_fulfilment
    form_class = ScheduleForm
    title = gettext_lazy("Schedule")
    confirm = gettext_lazy(
        "Until that day the parcel is in no queue and cannot leave. Left empty, it may leave at once."
    )
    done = gettext_lazy("%s is scheduled.")

    def get_form_kwargs(self, obj: Fulfilment) -> dict[str, Any]:
        return {"initial": {"not_before": obj.not_before}}


class HoldParcel(ParcelAction):
    service = services.hold_fulfilment
    form_class = forms.ReasonForm
    title = gettext_lazy("Put on hold")
    confirm = gettext_lazy("Nobody picks or packs the parcel until it is resumed. Its pieces stay allocated.")
    done = gettext_lazy("%s is on hold.")


class ResumeParcel(ParcelAction):
    service = services.resume_fulfilment
    title = gettext_lazy("Resume")
    done = gettext_lazy("%s goes on.")
