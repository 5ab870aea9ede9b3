"""What orders bring to the timeline of a customer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.money import format_money
from customers.services.timeline import Kind, Line, person, register
from orders.models import Fulfilment, Order, Payment, Refund, Return


def money(facts: Mapping[str, Any]) -> str:
    return format_money(Decimal(str(facts["amount"])), facts["currency"])


def order_url(facts: Mapping[str, Any]) -> str:
    return reverse("orders:order", args=[facts["number"]])


def placed(user: Any, customer: Any) -> QuerySet:
    return Order.objects.visible_to(user).filter(customer=customer)


def word_order(facts: Mapping[str, Any]) -> Line:
    texts = {"draft": _("Order %(number)s drafted"), "canceled": _("Order %(number)s, canceled since")}
    text = texts.get(facts["status"], _("Order %(number)s placed")) % facts
    return Line(text, note=money(facts), by=facts["by"] or "", url=order_url(facts))


def word_payment(facts: Mapping[str, Any]) -> Line:
    return Line(_("%(amount)s paid") % {"amount": money(facts)}, note=facts["number"], by=facts["by"] or "")


def word_refund(facts: Mapping[str, Any]) -> Line:
    note = f"{facts['number']} · {facts['reason']}" if facts["reason"] else facts["number"]
    return Line(_("%(amount)s refunded") % {"amount": money(facts)}, note=note, by=facts["by"] or "")


def word_return(facts: Mapping[str, Any]) -> Line:
    return Line(
        _("Return %(number)s announced") % facts,
        note=facts["reason"],
        url=reverse("orders:return", args=[facts["number"]]),
    )


def word_parcel(facts: Mapping[str, Any]) -> Line:
    note = " ".join(part for part in (facts["carrier"], facts["tracking"]) if part)
    return Line(
        _("Parcel %(number)s shipped") % facts, note=note, url=reverse("orders:fulfilment", args=[facts["number"]])
    )


def _of_orders(model: Any, **more: Any) -> Any:
    return lambda user, customer: model.objects.visible_to(user).filter(order__customer=customer, **more)


MONEY = {"amount": F("amount"), "currency": F("order__currency"), "number": F("order__number"), "by": person("by")}

register(
    Kind(
        "order",
        gettext_lazy("Orders"),
        "cart",
        "orders.view_order",
        placed,
        F("placed_at"),
        {"number": F("number"), "status": F("status"), "amount": F("total"), "currency": F("currency"), "by": person("created_by")},
        word_order,
    )
)  # fmt: skip
register(
    Kind("payment", gettext_lazy("Payments"), "card", "orders.view_payment", _of_orders(Payment), F("at"), MONEY, word_payment)
)  # fmt: skip
register(
    Kind(
        "refund",
        gettext_lazy("Refunds"),
        "undo",
        "orders.view_refund",
        _of_orders(Refund),
        F("at"),
        {**MONEY, "reason": F("reason")},
        word_refund,
    )
)
register(
    Kind(
        "return",
        gettext_lazy("Returns"),
        "return",
        "orders.view_return",
        _of_orders(Return),
        F("created_at"),
        {"number": F("number"), "reason": F("reason")},
        word_return,
    )
)
register(
    Kind(
        "parcel",
        gettext_lazy("Parcels"),
        "truck",
        "orders.view_fulfilment",
        _of_orders(Fulfilment, shipped_at__isnull=False),
        F("shipped_at"),
        {"number": F("number"), "carrier": F("carrier"), "tracking": F("tracking_number")},
        word_parcel,
    )
)
