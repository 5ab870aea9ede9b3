"""What customers are told by mail, in their language, once the change is kept."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from backoffice import audit
from backoffice.numbering import next_number
from orders import mail_texts, pdf
from orders.models import Invoice, MailKind, MailText, Order, SentMail

TASK = "orders.tasks.send_mail"
TAKEN_BACK = (MailKind.REFUNDED, MailKind.CANCELED)


def on_commit(kind: str, order: Order, **facts: JSONValue) -> None:
    """Queue the mail when the transaction is kept; orders without an address get none.

    The job carries a key of its own, by which the mail is sent once, however often the job runs.
    """
    if order.email:
        key = uuid4().hex
        transaction.on_commit(
            lambda: app.configure_task(TASK).defer(kind=kind, order=order.pk, facts=dict(facts), key=key)
        )


@transaction.atomic
def send(kind: str, order: Order, facts: Mapping[str, Any], key: str) -> SentMail | None:
    """Write and send one mail, and keep it; None where it was sent already or this kind is switched off.

    The row comes first: a second job with the same key waits for it. It goes with the mail where sending fails.
    """
    text = text_of(kind)
    if not text.is_on or not order.email or SentMail.objects.filter(key=key).exists():
        return None
    written = mail_texts.write(text, order, facts)
    attached = document_of(kind, order, facts) if text.attaches or kind == MailKind.DOCUMENT else None
    files = [pdf.file_name(attached)] if attached is not None else []
    sent, is_new = SentMail.objects.get_or_create(
        key=key,
        defaults={
            "number": next_number("ML"), "order": order, "kind": kind, "to": order.email, "subject": written.subject[:300],
            "body": written.body, "files": files,
        },
    )  # fmt: skip
    if not is_new:
        return None
    mail = EmailMessage(written.subject, written.body, settings.DEFAULT_FROM_EMAIL, [order.email])
    if attached is not None:
        mail.attach(pdf.file_name(attached), pdf.document(attached), "application/pdf")
    audit.record("order.mailed", order, by=None, data={"mail": kind, "sent": sent.number})
    mail.send()
    return sent


def text_of(kind: str) -> MailText:
    """The shop's own text of this kind; where nothing was changed, a new one that is not stored."""
    return MailText.objects.filter(kind=kind).first() or MailText(kind=kind)


def document_of(kind: str, order: Order, facts: Mapping[str, Any]) -> Invoice | None:
    """What a mail of this kind has attached: its own document, else the newest credit note or invoice of the order."""
    if kind == MailKind.DOCUMENT:
        return order.invoices.filter(number=facts.get("document", "")).first()
    wanted = Invoice.Kind.CREDIT_NOTE if kind in TAKEN_BACK else Invoice.Kind.INVOICE
    return order.invoices.filter(kind=wanted).order_by("pk").last()
