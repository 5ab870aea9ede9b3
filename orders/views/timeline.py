"""The timelines of orders, parcels and returns: each event in words, with what it was about."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic.records import TIMELINE_LENGTH, verb_text
from backoffice.models import AuditEvent
from backoffice.money import format_money
from backoffice.verbs import source_words
from customers import masking
from orders.forms import method_name
from orders.models import MailKind, OrderHold

VERBS = {
    "order.created": (gettext_lazy("Draft written"), "edit"),
    "order.edited": (gettext_lazy("Draft changed"), "edit"),
    "order.imported": (gettext_lazy("Imported"), "upload"),
    "order.placed": (gettext_lazy("Placed"), "check"),
    "order.details_changed": (gettext_lazy("Details changed"), "edit"),
    "order.noted": (gettext_lazy("Note"), "message"),
    "order.document_mailed": (gettext_lazy("Document sent by mail"), "send"),
    "order.mailed": (gettext_lazy("Mailed to the customer"), "mail"),
    "order.paid": (gettext_lazy("Payment recorded"), "card"),
    "order.money_carried_over": (gettext_lazy("Money carried over"), "undo"),
    "order.refunded": (gettext_lazy("Refunded"), "undo"),
    "order.authorized": (gettext_lazy("Payment authorized"), "card"),
    "order.captured": (gettext_lazy("Payment captured"), "card"),
    "order.voided": (gettext_lazy("Authorization voided"), "x"),
    "order.refund_asked": (gettext_lazy("Refund to be approved"), "clock"),
    "order.refund_granted": (gettext_lazy("Refund granted"), "undo"),
    "order.refund_failed": (gettext_lazy("Refund failed"), "alert"),
    "order.refund_refused": (gettext_lazy("Refund not approved"), "x"),
    "order.held": (gettext_lazy("Put on hold"), "lock"),
    "order.released": (gettext_lazy("Released"), "refresh"),
    "refundgrant.asked": (gettext_lazy("Refund to be approved"), "clock"),
    "refundgrant.granted": (gettext_lazy("Refund granted"), "undo"),
    "refundgrant.executed": (gettext_lazy("Refunded"), "undo"),
    "refundgrant.failed": (gettext_lazy("Refund failed"), "alert"),
    "refundgrant.refused": (gettext_lazy("Refund not approved"), "x"),
    "order.reallocated": (gettext_lazy("Promised elsewhere"), "transfer"),
    "order.waits": (gettext_lazy("Promised pieces are not there any more"), "alert"),
    "order.fulfilment_created": (gettext_lazy("Fulfilment created"), "box"),
    "order.fulfilment_canceled": (gettext_lazy("Fulfilment canceled"), "x"),
    "order.shipped": (gettext_lazy("Shipped"), "truck"),
    "order.return_requested": (gettext_lazy("Return announced"), "return"),
    "order.return_received": (gettext_lazy("Return received"), "inbox"),
    "order.return_refused": (gettext_lazy("Return refused"), "x"),
    "order.exchanged": (gettext_lazy("Exchange order placed"), "transfer"),
    "order.return_canceled": (gettext_lazy("Return canceled"), "x"),
    "order.invoiced": (gettext_lazy("Invoice issued"), "receipt"),
    "order.credited": (gettext_lazy("Credit note issued"), "receipt"),
    "order.change_begun": (gettext_lazy("Change begun"), "edit"),
    "order.change_discarded": (gettext_lazy("Change discarded"), "x"),
    "order.change_saved": (gettext_lazy("Change saved"), "edit"),
    "order.changed": (gettext_lazy("Order changed"), "edit"),
    "order.merged": (gettext_lazy("Orders merged"), "transfer"),
    "order.merged_into": (gettext_lazy("Merged into another order"), "transfer"),
    "order.split": (gettext_lazy("Order split"), "transfer"),
    "order.split_off": (gettext_lazy("Split off another order"), "transfer"),
    "order.taken_back": (gettext_lazy("Canceled in part"), "return"),
    "order.takes_back": (gettext_lazy("Takes goods back"), "return"),
    "order.lines_canceled": (gettext_lazy("Pieces canceled"), "minus"),
    "order.canceled": (gettext_lazy("Canceled"), "x"),
    "order.closed": (gettext_lazy("Closed"), "check-circle"),
    "order.reopened": (gettext_lazy("Reopened"), "refresh"),
    "order.repaired": (gettext_lazy("Repaired"), "settings"),
    "fulfilment.created": (gettext_lazy("Fulfilment created"), "box"),
    "fulfilment.scheduled": (gettext_lazy("Parcel scheduled"), "calendar"),
    "fulfilment.held": (gettext_lazy("Parcel put on hold"), "lock"),
    "fulfilment.packed": (gettext_lazy("Packed"), "box"),
    "fulfilment.resumed": (gettext_lazy("Parcel goes on"), "refresh"),
    "fulfilment.short": (gettext_lazy("Pieces were not found"), "alert"),
    "fulfilment.shipped": (gettext_lazy("Shipped"), "truck"),
    "fulfilment.delivered": (gettext_lazy("Delivered"), "check-circle"),
    "fulfilment.tracking_set": (gettext_lazy("Tracking changed"), "pin"),
    "fulfilment.canceled": (gettext_lazy("Fulfilment canceled"), "x"),
    "return.requested": (gettext_lazy("Return announced"), "return"),
    "return.approved": (gettext_lazy("Return approved"), "check"),
    "return.received": (gettext_lazy("Return received"), "inbox"),
    "return.arrived": (gettext_lazy("A part arrived"), "inbox"),
    "return.restocked": (gettext_lazy("Restocked"), "box"),
    "return.scrapped": (gettext_lazy("Thrown away"), "trash"),
    "return.refused": (gettext_lazy("Return refused"), "x"),
    "return.exchange_agreed": (gettext_lazy("Exchange agreed"), "transfer"),
    "return.exchanged": (gettext_lazy("Exchange order placed"), "transfer"),
    "return.closed": (gettext_lazy("Return closed"), "check-circle"),
    "return.canceled": (gettext_lazy("Return canceled"), "x"),
}


def moment(event: AuditEvent, currency: str) -> generic.Moment:
    """An audit event as a line of the timeline, with what it was about."""
    label, icon = VERBS.get(event.verb, (verb_text(event.verb), "dot"))
    note = " · ".join(part for part in (*about(event.data, currency), event.reason) if part)
    kind = "internal" if event.verb == "order.noted" else "event"
    return generic.Moment(
        at=event.at, text=label, by=event.actor or source_words(event.source), note=note, icon=icon, kind=kind
    )


def about(data: dict[str, Any], currency: str) -> list[str]:
    """Amount, method, documents and pieces that an event names."""
    parts = [format_money(Decimal(data["amount"]), currency)] if "amount" in data else []
    parts += [method_name(data["method"])] if "method" in data else []
    parts += [str(dict(OrderHold.Kind.choices).get(data["hold"], ""))] if "hold" in data else []
    if "was" in data:
        parts.append(f"{format_money(Decimal(data['was']), currency)} → {format_money(Decimal(data['is']), currency)}")
    parts += [str(MailKind(data["mail"]).label)] if "mail" in data else []
    parts += [
        str(data.get(name) or "")
        for name in (
            "order",
            "sent",
            "credit_note",
            "invoice",
            "fulfilment",
            "tracking",
            "return",
            "exchange",
            "route",
            "day",
            "grant",
        )
    ]
    return parts + [f"{pieces} × {name}" for name, pieces in data.get("lines", {}).items()]


class Timeline:
    """Gives a record page its timeline."""

    object: Any
    request: Any

    @property
    def currency(self) -> str:
        return str(getattr(self.object, "order", self.object).currency)

    @cached_property
    def events(self) -> list[AuditEvent]:
        """What happened last, the latest first."""
        events = AuditEvent.objects.about(self.object).select_related("actor").order_by("-at", "-pk")
        return list(events[:TIMELINE_LENGTH])

    @cached_property
    def timeline(self) -> list[generic.Moment]:
        may_see = masking.may_see(self.request.user)
        return [self._masked(one) if one.kind == "internal" and not may_see else one for one in self._moments()]

    def _moments(self) -> list[generic.Moment]:
        return [moment(event, self.currency) for event in self.events]

    @staticmethod
    def _masked(one: generic.Moment) -> generic.Moment:
        """Notes are about people: who may not see names reads that there was one."""
        return replace(one, note="")
