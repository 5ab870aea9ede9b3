"""Setting mailboxes up."""

from typing import Any

from django.db import transaction

from backoffice import audit
from backoffice.models import User
from customers.models import Mailbox

PLACE = ("host", "port", "username", "folder")


@transaction.atomic
def save_mailbox(mailbox: Mailbox | None = None, *, by: User, **fields: Any) -> Mailbox:
    """Create or change a mailbox. Another server or folder is read from the beginning: what is unread there."""
    is_new = mailbox is None
    mailbox = Mailbox() if mailbox is None else Mailbox.objects.locked().get(pk=mailbox.pk)
    if any(getattr(mailbox, name) != fields.get(name, getattr(mailbox, name)) for name in PLACE):
        mailbox.uid_validity = mailbox.last_uid = 0
    for name, value in fields.items():
        setattr(mailbox, name, value)
    mailbox.full_clean()
    mailbox.save()
    audit.record("mailbox.created" if is_new else "mailbox.changed", mailbox, by=by)
    return mailbox
