"""What customers are told by mail, in their language, once the change is kept."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from backoffice.money import format_money
from orders.models import Fulfilment, Order

TASK = "orders.tasks.send_mail"


def on_commit(kind: str, order: Order, **facts: JSONValue) -> None:
    """Queue the mail when the transaction is kept; orders without an address get none."""
    if order.email:
        transaction.on_commit(lambda: app.configure_task(TASK).defer(kind=kind, order=order.pk, facts=dict(facts)))


def send(kind: str, order: Order, facts: dict[str, Any]) -> None:
    """Write and send one mail: "placed", "shipped" or "refunded"."""
    with translation.override(order.language):
        amount = format_money(Decimal(facts["amount"]), order.currency) if "amount" in facts else ""
        parcel = Fulfilment.objects.filter(number=facts.get("fulfilment", "")).first()
        context = {
            "order": order,
            "lines": order.lines.all(),
            "parcel": parcel,
            "company": settings.COMPANY_NAME,
            "refunded_amount": amount,
        }
        body = render_to_string(f"orders/mail/{kind}.txt", context)
        EmailMessage(_subject(kind, order), body, settings.DEFAULT_FROM_EMAIL, [order.email]).send()


def _subject(kind: str, order: Order) -> str:
    sentences = {
        "placed": _("Your order %(number)s"),
        "shipped": _("Your order %(number)s is on its way"),
        "refunded": _("Refund for your order %(number)s"),
    }
    return sentences[kind] % {"number": order.number}
