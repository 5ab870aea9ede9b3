"""Links of customers to their conversation: they work while it is alive, and are renewed by mail to the one address that it knows."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backoffice import mail
from customers.models import Ticket
from customers.services.limits import count_use

LINK_DAYS = 90  # after the last message
FRESH_DAYS = 7  # of a link that was asked for after that
RENEWALS_PER_HOUR = 3
_stamp = signing.TimestampSigner(salt="customers.link")


def find_by_link(text: str) -> tuple[Ticket | None, bool]:
    """The ticket of a link, and whether the link still works: a token, or a token with the time at which it was mailed anew."""
    token = text.partition(":")[0]
    ticket = Ticket.objects.select_related("queue", "merged_into").filter(token=token).first()
    if ticket is None:
        return None, False
    return ticket, ticket.last_message_at > timezone.now() - timedelta(days=LINK_DAYS) or _is_fresh(text)


def _is_fresh(text: str) -> bool:
    try:
        _stamp.unsign(text, max_age=timedelta(days=FRESH_DAYS))
    except signing.BadSignature:
        return False
    return True


def fresh_url(ticket: Ticket) -> str:
    """A link that works for FRESH_DAYS from now, however old the conversation is."""
    return f"{settings.SITE_URL}{reverse('support:ticket', args=[_stamp.sign(ticket.token)])}"


def mail_fresh_link(ticket: Ticket) -> None:
    """Mail a new link to whoever asked; nobody else gets it. Raises TooMany where that was done often."""
    count_use(f"link:{ticket.pk}", RENEWALS_PER_HOUR)
    if not ticket.requester_email:
        return
    with translation.override(ticket.language):
        shown = {"ticket": ticket, "url": fresh_url(ticket), "company": settings.COMPANY_NAME, "days": FRESH_DAYS}
        mail.send_later(
            to=ticket.requester_email,
            subject=_("Your link to %(number)s") % {"number": ticket.number},
            body=render_to_string("tickets/mail/link.txt", shown),
        )
