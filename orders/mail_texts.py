"""What mails to customers say: plain texts with {placeholders}, each of which is a fact by its name and nothing else."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.money import format_money
from orders import mail_changes
from orders.models import Fulfilment, Invoice, MailKind, MailText, Order, OrderLine, Return
from orders.papers import address_lines

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
CHINESE = "zh"

COMMON: dict[str, Any] = {
    "name": gettext_lazy("name of the customer"),
    "order": gettext_lazy("number of the order"),
    "date": gettext_lazy("day of the order"),
    "lines": gettext_lazy("the articles, one a line, with their amounts"),
    "shipping": gettext_lazy("what shipping costs"),
    "total": gettext_lazy("total of the order"),
    "paid": gettext_lazy("what was paid"),
    "due": gettext_lazy("what is still to be paid; empty when nothing is"),
    "address": gettext_lazy("where it is sent to, several lines"),
    "company": gettext_lazy("name of the shop"),
}
PARTICULAR: dict[str, dict[str, Any]] = {
    MailKind.PLACED: {},
    MailKind.CHANGED: {
        "changes": gettext_lazy("what is different now, one change a line"),
        "was": gettext_lazy("total before the change"),
        "to_pay": gettext_lazy("what is to be paid after the change; empty when nothing is"),
        "to_get": gettext_lazy("what the customer gets back; empty when nothing is"),
    },
    MailKind.SHIPPED: {
        "parcel": gettext_lazy("number of the parcel"),
        "parcel_lines": gettext_lazy("what is in it, one a line"),
        "carrier": gettext_lazy("carrier of the parcel"),
        "tracking": gettext_lazy("tracking number"),
        "tracking_link": gettext_lazy("page of the carrier that follows the parcel"),
    },
    MailKind.REFUNDED: {"amount": gettext_lazy("what was refunded"), "reason": gettext_lazy("why")},
    MailKind.RETURN_APPROVED: {
        "return": gettext_lazy("number of the return"),
        "return_lines": gettext_lazy("what may come back, one a line"),
        "return_address": gettext_lazy("where to send it, several lines"),
    },
    MailKind.CANCELED: {"reason": gettext_lazy("why")},
    MailKind.DOCUMENT: {
        "document": gettext_lazy("number of the document"),
        "document_kind": gettext_lazy("invoice or credit note"),
        "amount": gettext_lazy("its total"),
    },
}

SUBJECTS: dict[str, Any] = {
    MailKind.PLACED: gettext_lazy("Your order {order}"),
    MailKind.CHANGED: gettext_lazy("Your order {order} has changed"),
    MailKind.SHIPPED: gettext_lazy("Your order {order} is on its way"),
    MailKind.REFUNDED: gettext_lazy("Refund for your order {order}"),
    MailKind.RETURN_APPROVED: gettext_lazy("Your return {return}"),
    MailKind.CANCELED: gettext_lazy("Your order {order} is canceled"),
    MailKind.DOCUMENT: gettext_lazy("{document_kind} {document}"),
}
BODIES: dict[str, Any] = {
    MailKind.PLACED: gettext_lazy(
        "Hello {name},\n\nthank you for your order {order}. This is what you ordered:\n\n{lines}\n\nShipping: {shipping}\n"
        "Total: {total}\n\nWe write again as soon as it is on its way.\n\n{company}"
    ),
    MailKind.CHANGED: gettext_lazy(
        "Hello {name},\n\nyour order {order} has changed:\n\n{changes}\n\nTotal: {total}\nTotal before: {was}\n"
        "Still to be paid: {to_pay}\nYou get back: {to_get}\n\n{company}"
    ),
    MailKind.SHIPPED: gettext_lazy(
        "Hello {name},\n\na parcel of your order {order} is on its way:\n\n{parcel_lines}\n\nCarrier: {carrier}\n"
        "Tracking number: {tracking}\n{tracking_link}\n\n{company}"
    ),
    MailKind.REFUNDED: gettext_lazy(
        "Hello {name},\n\nwe have refunded {amount} for your order {order}. It can take a few days until you see it on your "
        "account.\n\n{company}"
    ),
    MailKind.RETURN_APPROVED: gettext_lazy(
        "Hello {name},\n\nyou can send back these pieces of your order {order}:\n\n{return_lines}\n\nPlease write {return} on the "
        "parcel, and send it to:\n\n{return_address}\n\n{company}"
    ),
    MailKind.CANCELED: gettext_lazy(
        "Hello {name},\n\nyour order {order} is canceled. Nothing of it will be sent.\n\n{company}"
    ),
    MailKind.DOCUMENT: gettext_lazy(
        "Hello {name},\n\nattached you find {document} for your order {order}, over {amount}.\n\n{company}"
    ),
}


@dataclass(frozen=True)
class Written:
    """A mail with its facts filled in."""

    subject: str
    body: str


def placeholders(kind: str) -> dict[str, Any]:
    """Names of the facts that a mail of this kind may tell, with what each is."""
    return COMMON | PARTICULAR[kind]


def refuse_unknown(kind: str, text: str) -> None:
    """Raise ValidationError naming every placeholder that mails of this kind do not have, and braces without a partner."""
    known = placeholders(kind)
    unknown = [name for name in dict.fromkeys(PLACEHOLDER.findall(text)) if name not in known]
    sentence = _("There is no {%(name)s} in this mail. There are: %(known)s.")
    listed = ", ".join(f"{{{name}}}" for name in known)
    problems = [sentence % {"name": name, "known": listed} for name in unknown]
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        problems.append(_("A brace stands alone. Placeholders are written like {name}."))
    if problems:
        raise ValidationError(problems)


def default(kind: str, part: str, language: str) -> str:
    """The "subject" or "body" that comes with Houtai, in this language."""
    with translation.override(language):
        return str((SUBJECTS if part == "subject" else BODIES)[kind])


def template(text: MailText, part: str, language: str) -> str:
    """The "subject" or "body" in this language: the shop's own, or the one that comes with Houtai."""
    own = getattr(text, f"{part}_zh" if language.startswith(CHINESE) else part)
    return own or default(text.kind, part, language)


def write(text: MailText, order: Order, given: Mapping[str, Any], language: str = "") -> Written:
    """The mail about `order`, in its customer's language unless another is asked for; `given` are the facts of `facts_of`."""
    language = language or order.language
    with translation.override(language):
        facts = facts_of(text.kind, order, given)
    subject = " ".join(fill(template(text, "subject", language), facts).split())
    return Written(subject, fill(template(text, "body", language), facts).strip() + "\n")


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Put the facts in, once: what they hold is never read as a placeholder. A line whose facts are all empty is left out."""
    lines = []
    for line in text.splitlines():
        names = PLACEHOLDER.findall(line)
        if not names or any(facts[name] for name in names):
            lines.append(PLACEHOLDER.sub(lambda found: facts[found[1]], line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


# --- Facts ----------------------------------------------------------------------------------------


def facts_of(kind: str, order: Order, given: Mapping[str, Any]) -> dict[str, str]:
    """Every fact of a mail, written in the language in force.

    `given` says what happened: "fulfilment", "return" and "document" are numbers, "amount", "was" and "balance" are decimals as
    text, "reason" is a sentence, "changes" what `mail_changes` tells.
    """
    return _common(order) | _PARTICULAR_FACTS[kind](order, given)


def example(kind: str, order: Order) -> dict[str, Any]:
    """What `facts_of` may be given to show a mail of this kind about an order: the latest of it, where there is one."""
    if kind == MailKind.SHIPPED:
        parcel = order.fulfilments.order_by("pk").last()
        return {"fulfilment": parcel.number} if parcel else {}
    if kind == MailKind.CHANGED:
        return _example_of_change(order)
    if kind == MailKind.REFUNDED:
        refund = order.refunds.order_by("pk").last()
        return {"amount": str(refund.amount if refund else order.total), "reason": refund.reason if refund else ""}
    if kind == MailKind.RETURN_APPROVED:
        row = order.returns.order_by("pk").last()
        return {"return": row.number} if row else {}
    if kind == MailKind.DOCUMENT:
        invoice = order.invoices.order_by("pk").last()
        return {"document": invoice.number} if invoice else {}
    return {"reason": order.cancel_reason}


def _example_of_change(order: Order) -> dict[str, Any]:
    """As if the order had had a piece more of its first line."""
    line = _kept(order)[:1]
    changes = [
        [[one.title, pieces, str(one.unit_price), str(one.discount)] for pieces in (one.quantity + 1, one.quantity)]
        for one in line
    ]
    more = sum((one.unit_price for one in line), Decimal(0))
    return {"changes": {"lines": changes}, "was": str(order.total + more), "balance": str(-more)}


def _common(order: Order) -> dict[str, str]:
    due = order.balance
    return {
        "name": order.customer_name,
        "order": order.number,
        "date": date_format(timezone.localdate(order.placed_at), "DATE_FORMAT"),
        "lines": "\n".join(_priced(line, order) for line in _kept(order)),
        "shipping": format_money(order.shipping, order.currency),
        "total": format_money(order.total, order.currency),
        "paid": format_money(order.paid, order.currency),
        "due": format_money(due, order.currency) if due > 0 else "",
        "address": address_lines(order.shipping_address, order.customer_name),
        "company": settings.COMPANY_NAME,
    }


def _kept(order: Order) -> list[OrderLine]:
    """Lines that are not canceled; of an order that is canceled whole, all."""
    lines = list(order.lines.all())
    return [line for line in lines if line.kept] or lines


def _priced(line: OrderLine, order: Order) -> str:
    return f"{line.kept or line.quantity} × {line.title}: {format_money(line.gross, order.currency)}"


def _of_change(order: Order, given: Mapping[str, Any]) -> dict[str, str]:
    balance = Decimal(given.get("balance") or 0)
    return {
        "changes": mail_changes.worded(given.get("changes", {}), order.currency),
        "was": format_money(Decimal(given.get("was") or 0), order.currency),
        "to_pay": format_money(balance, order.currency) if balance > 0 else "",
        "to_get": format_money(-balance, order.currency) if balance < 0 else "",
    }


def _of_parcel(order: Order, given: Mapping[str, Any]) -> dict[str, str]:
    parcel = Fulfilment.objects.filter(number=given.get("fulfilment", ""), order=order).first()
    if parcel is None:
        return {
            "parcel": "",
            "parcel_lines": _counted(_kept(order)),
            "carrier": "",
            "tracking": "",
            "tracking_link": "",
        }
    lines = [f"{row.quantity} × {row.order_line.title}" for row in parcel.lines.select_related("order_line")]
    return {
        "parcel": parcel.number,
        "parcel_lines": "\n".join(lines),
        "carrier": parcel.carrier,
        "tracking": parcel.tracking_number,
        "tracking_link": parcel.tracking_url,
    }


def _counted(lines: Iterable[OrderLine]) -> str:
    return "\n".join(f"{line.kept or line.quantity} × {line.title}" for line in lines)


def _of_money(order: Order, given: Mapping[str, Any]) -> dict[str, str]:
    amount = Decimal(given.get("amount") or 0)
    return {"amount": format_money(amount, order.currency), "reason": str(given.get("reason", ""))}


def _of_return(order: Order, given: Mapping[str, Any]) -> dict[str, str]:
    row = Return.objects.filter(number=given.get("return", ""), order=order).first()
    lines = row.lines.select_related("order_line") if row else []
    pieces = [f"{line.quantity} × {line.order_line.title}" for line in lines]
    return {
        "return": row.number if row else "",
        "return_lines": "\n".join(pieces) or _counted(_kept(order)),
        "return_address": "\n".join(part for part in (settings.COMPANY_NAME, settings.COMPANY_ADDRESS) if part),
    }


def _of_document(order: Order, given: Mapping[str, Any]) -> dict[str, str]:
    invoice = Invoice.objects.filter(number=given.get("document", ""), order=order).first()
    if invoice is None:
        return {"document": "", "document_kind": str(Invoice.Kind.INVOICE.label), "amount": ""}
    amount = format_money(invoice.gross, invoice.currency)
    return {"document": invoice.number, "document_kind": str(invoice.get_kind_display()), "amount": amount}


_PARTICULAR_FACTS: dict[str, Any] = {
    MailKind.PLACED: lambda order, given: {},
    MailKind.CHANGED: _of_change,
    MailKind.SHIPPED: _of_parcel,
    MailKind.REFUNDED: _of_money,
    MailKind.RETURN_APPROVED: _of_return,
    MailKind.CANCELED: lambda order, given: {"reason": str(given.get("reason", ""))},
    MailKind.DOCUMENT: _of_document,
}
