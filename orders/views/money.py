"""Authorizations, holds, and the entries of the money box of an order."""

import secrets
from typing import Any

from django.db.models import CharField, DecimalField, F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from backoffice import generic
from orders import forms, forms_money, services
from orders.forms import method_name, plain
from orders.models import AuthorizationVoid, Order, OrderHold, RefundGrant
from orders.views.actions import OrderAction

TEXT = CharField()
COLUMNS = {
    "moment": F("at"),
    "sum": F("amount"),
    "way": F("method"),
    "ref": F("reference"),
    "who": F("by__name"),
    "why": Value("", output_field=TEXT),
    "goods": Value("", output_field=TEXT),
    "state": Value("", output_field=TEXT),
    "document": Value("", output_field=TEXT),
    "left": Value(None, output_field=DecimalField()),
}


def entries(order: Order, user: Any) -> list[dict[str, Any]]:
    """Authorizations, payments, refunds and what was granted, in one statement, oldest first."""
    has_any = order.paid or order.authorized or order.voided
    if not has_any or not generic.may(user, ("orders.view_payment", "orders.view_refund")):
        return []
    waiting = order.refund_grants.exclude(status=RefundGrant.Status.EXECUTED)
    rows = [
        _rows(order.authorizations.all(), "authorization", left=F("amount") - F("captured") - F("voided")),
        _rows(
            AuthorizationVoid.objects.filter(authorization__order=order),
            "void",
            way=F("authorization__method"),
            ref=F("authorization__reference"),
            why=F("reason"),
        ),
        _rows(order.payments.all(), "payment"),
        _rows(
            order.refunds.all(),
            "refund",
            why=F("reason"),
            goods=_text("order_return__number"),
            document=_text("grant__number"),
        ),
        _rows(
            waiting,
            "grant",
            moment=F("asked_at"),
            ref=F("failure"),
            who=F("asked_by__name"),
            why=F("reason"),
            goods=_text("order_return__number"),
            state=F("status"),
            document=F("number"),
        ),
    ]
    found = list(rows[0].union(*rows[1:], all=True).order_by("moment"))
    labels = dict(RefundGrant.Status.choices)
    return [row | {"way": method_name(row["way"]), "label": labels.get(row["state"], "")} for row in found]


def _rows(queryset: QuerySet, kind: str, **columns: Any) -> QuerySet:
    return queryset.order_by().values(kind=Value(kind, output_field=TEXT), **(COLUMNS | columns))


def _text(name: str) -> Any:
    return Coalesce(F(name), Value(""), output_field=TEXT)


class Authorize(OrderAction):
    permission = "orders.add_payment"
    form_class = forms.PaymentForm
    service = services.authorize
    title = gettext_lazy("Record authorization")
    confirm = gettext_lazy("The customer's bank keeps the money ready. It comes in when you capture it.")
    done = gettext_lazy("The authorization for %s is recorded.")

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        due = obj.balance - obj.authorized
        return {"initial": {"amount": plain(due) if due > 0 else None, "method": "card", "key": new_key()}}


class Capture(OrderAction):
    permission = "orders.add_payment"
    form_class = forms_money.CaptureForm
    title = gettext_lazy("Capture payment")
    done = gettext_lazy("The payment for %s is recorded.")

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        first = forms_money.open_authorizations(obj).first()
        amount = min(first.left, max(obj.balance, 0)) or first.left if first else None
        return {"order": obj, "initial": {"amount": plain(amount), "key": new_key()}}

    def perform(self, obj: Order, fields: dict[str, Any]) -> Any:
        return services.capture(fields.pop("authorization"), by=self.request.user, **fields)


class Void(OrderAction):
    permission = "orders.add_payment"
    form_class = forms_money.VoidForm
    title = gettext_lazy("Void authorization")
    confirm = gettext_lazy("What is left of the authorization is given up.")
    done = gettext_lazy("The authorization of %s is voided.")
    danger = True

    def get_form_kwargs(self, obj: Order) -> dict[str, Any]:
        return {"order": obj, "initial": {"key": new_key(), "reason": obj.cancel_reason}}

    def perform(self, obj: Order, fields: dict[str, Any]) -> Any:
        return services.void(fields.pop("authorization"), by=self.request.user, **fields)


class Hold(OrderAction):
    permission = "orders.add_orderhold"
    form_class = forms_money.HoldForm
    service = services.hold
    title = gettext_lazy("Put on hold")
    confirm = gettext_lazy(
        "Nothing of the order is picked, packed or shipped until it is released. Its stock stays allocated."
    )
    done = gettext_lazy("%s is on hold.")


class Release(generic.ActionView):
    model = OrderHold
    permission = "orders.change_orderhold"
    form_class = forms_money.ReleaseForm
    service = services.release
    title = gettext_lazy("Release")
    done = gettext_lazy("The hold is released.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(order__number=self.kwargs["number"]).select_related("order")


def new_key() -> str:
    """So that pressing twice does it once."""
    return secrets.token_urlsafe(16)
