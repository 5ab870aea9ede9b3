"""What staff decide about the mails to customers."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from orders import mail_texts, mails
from orders.models import Invoice, MailKind, MailText

TEXTS = {"subject": "en", "body": "en", "subject_zh": "zh-hans", "body_zh": "zh-hans"}


@transaction.atomic
def save_mail_text(kind: str, *, by: User | None, is_on: bool = True, attaches: bool = False, **texts: str) -> MailText:
    """Keep how mails of this kind read; a text that is blank or as it came with Houtai stays that of Houtai.

    `texts` are "subject", "body", "subject_zh" and "body_zh". Raises ValidationError naming each unknown placeholder.
    """
    row = MailText.objects.locked().filter(kind=kind).first() or MailText(kind=kind)
    row.is_on, row.attaches = is_on, attaches
    problems = {}
    for name, language in TEXTS.items():
        typed = "\n".join(line.rstrip() for line in texts.get(name, "").strip().splitlines())
        try:
            mail_texts.refuse_unknown(kind, typed)
        except ValidationError as error:
            problems[name] = error
        part = name.removesuffix("_zh")
        setattr(row, name, "" if typed == mail_texts.default(kind, part, language) else typed)
    if problems:
        raise ValidationError({name: error.messages for name, error in problems.items()})
    row.save()
    audit.record("mailtext.changed", row, by=by)
    return row


@transaction.atomic
def mail_document(invoice: Invoice, *, by: User | None) -> Invoice:
    """Send the document to its customer as PDF. Raises ValidationError without an address, or while these mails are off."""
    order = invoice.order
    if not order.email:
        raise ValidationError(_("%(order)s has no e-mail address.") % {"order": order})
    if not mails.text_of(MailKind.DOCUMENT).is_on:
        raise ValidationError(_("Mails of this kind are switched off."))
    mails.on_commit(MailKind.DOCUMENT, order, document=invoice.number)
    audit.record("order.document_mailed", order, by=by, data={"invoice": invoice.number})
    return invoice
