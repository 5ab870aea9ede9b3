"""The classes of personal data of orders: amounts and numbers stay, and documents as long as tax law wants them."""

from datetime import date
from typing import Any

from django.db.models import F, Func, JSONField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.services.erasing import ERASED, DataClass, Rule, Table, register
from orders.models import (
    Fulfilment,
    Invoice,
    Order,
    OrderChange,
    OrderHold,
    Refund,
    RefundGrant,
    Return,
    ReturnLine,
    SentMail,
)

INVOICE_YEARS = 10
ADDRESSES = ("shipping_address", "billing_address")


def place_alone(field: str) -> Func:
    """Country and region of an address, which taxes and reports need."""
    return Func(
        F(field),
        F(field),
        template="jsonb_strip_nulls(jsonb_build_object('country', %(expressions)s -> 'region'))",
        arg_joiner=" -> 'country', 'region', ",
        output_field=JSONField(),
    )


def without_buyer(field: str) -> Func:
    """The content of a document without name, e-mail and street."""
    return Func(
        F(field),
        template="""jsonb_set(jsonb_set(%(expressions)s, '{buyer}', jsonb_build_object('name', '', 'email', '', 'address', '{}'::jsonb)),
                    '{ship_to}', '{}'::jsonb)""",
        output_field=JSONField(),
    )


def end_of_keeping(invoice: Any) -> date:
    """The last day of the tenth year after the one of the invoice."""
    return date(invoice.issued_at.year + INVOICE_YEARS, 12, 31)


def open_orders(customer: Any) -> str:
    """Goods or money that are still to come or to go need the address."""
    numbers = list(
        Order.objects.filter(customer=customer, status__in=[Order.Status.DRAFT, Order.Status.PLACED])
        .order_by("pk")
        .values_list("number", flat=True)[:5]
    )
    if not numbers:
        return ""
    return ngettext(
        "%(orders)s is not closed yet: finish or cancel it first.",
        "%(orders)s are not closed yet: finish or cancel them first.",
        len(numbers),
    ) % {"orders": ", ".join(numbers)}


def open_returns(customer: Any) -> str:
    found = Return.objects.filter(order__customer=customer, status__in=["requested", "approved", "received"]).first()
    return _("%(order_return)s is not closed yet.") % {"order_return": found.number} if found else ""


register(
    DataClass(
        key="orders",
        label=gettext_lazy("Orders"),
        purpose=gettext_lazy("To fulfil the contract, and to keep the books."),
        rule=Rule.PSEUDONYMISE,
        retention=gettext_lazy("Number, articles, amounts and country stay; name, contacts, street and notes go."),
        obstacle=open_orders,
        tables=[
            Table(
                Order,
                via="customer",
                blank={
                    "customer_name": "{pseudonym}",
                    "email": "",
                    "phone": "",
                    "note": "",
                    "tags": [],
                    **{name: place_alone(name) for name in ADDRESSES},
                },
                scrub=["cancel_reason"],
                traces=["customer_name", "email", "phone", *ADDRESSES],
                names=["number", "source_number"],
                shown=["number", "source", "source_number", "status", "currency", "total", "placed_at"],
            ),
            Table(
                OrderChange,
                via="order__customer",
                blank={name: place_alone(name) for name in ADDRESSES},
                scrub=["base", "reason"],
                traces=ADDRESSES,
                shown=["status"],
            ),
            Table(OrderHold, via="order__customer", scrub=["reason", "released_because"]),
            Table(
                Fulfilment,
                via="order__customer",
                blank={"tracking_number": ""},
                scrub=["hold_reason"],
                shown=["number", "carrier"],
            ),
        ],
        lists=["/orders/"],
    )
)

register(
    DataClass(
        key="returns",
        label=gettext_lazy("Returns and refunds"),
        purpose=gettext_lazy("To take goods back and give money back."),
        rule=Rule.PSEUDONYMISE,
        retention=gettext_lazy("Goods and amounts stay; what was written about the person goes."),
        obstacle=open_returns,
        tables=[
            Table(Return, via="order__customer", scrub=["reason"], shown=["number", "status"]),
            Table(ReturnLine, via="order_return__order__customer", scrub=["note"]),
            Table(
                RefundGrant,
                via="order__customer",
                scrub=["reason", "failure"],
                ignoring=["stays_as_asked"],
                shown=["number", "amount", "method"],
            ),
            Table(Refund, via="order__customer", scrub=["reason", "reference"], shown=["amount", "method", "at"]),
        ],
    )
)

register(
    DataClass(
        key="mails",
        label=gettext_lazy("Mails about orders"),
        purpose=gettext_lazy("To tell how the order stands."),
        rule=Rule.ERASE,
        retention=gettext_lazy("That a mail went out stays; address and text go."),
        tables=[
            Table(
                SentMail,
                via="order__customer",
                blank={"to": "", "subject": ERASED, "body": ERASED},
                traces=["to"],
                shown=["number", "kind", "sent_at"],
            )
        ],
    )
)

register(
    DataClass(
        key="invoices",
        label=gettext_lazy("Invoices and credit notes"),
        purpose=gettext_lazy("To keep the books."),
        rule=Rule.KEEP,
        retention=gettext_lazy("Afterwards name and street go, and the amounts stay."),
        law=gettext_lazy("Tax law wants documents to be kept for 10 years after the end of their year."),
        until=end_of_keeping,
        tables=[
            Table(
                Invoice,
                via="order__customer",
                blank={"content": without_buyer("content")},
                shown=["number", "kind", "currency", "gross", "issued_at"],
            )
        ],
    )
)
