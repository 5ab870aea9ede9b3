"""Where mail comes in, and every mail that came."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from customers import masking
from customers.masking import MaskingQuerySet, Personal
from customers.models.tickets import Message, Queue, Ticket

# What a report about mail that came back may leave open; kept in English, shown in the reader's language.
SOMEBODY, NO_REASON = UNKNOWN = (gettext_noop("somebody"), gettext_noop("no reason given"))


class MailboxQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "MailboxQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(queue__slug__in=slugs)

    def fetched(self) -> "MailboxQuerySet":
        """Those that are read by IMAP; the others take what `fetch_mail` is given."""
        return self.filter(is_active=True).exclude(host="")


@tracked(exclude=["uid_validity", "last_uid", "last_fetched_at", "last_error"])
class Mailbox(models.Model):
    """An address at which customers write. The password stands in the environment, never in the database.

    The variable must begin with MAIL_PASSWORD, so that no other secret can be named and sent to a server.
    """

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("None, only within the own machine")

    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("address"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="mailboxes", verbose_name=_("queue"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    host = models.CharField(
        _("IMAP server"), max_length=200, blank=True, help_text=_("Without one, mail comes by file or pipe.")
    )
    port = models.PositiveIntegerField(
        _("port"), default=993, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.TLS)
    username = models.CharField(_("user name"), max_length=200, blank=True)
    password_variable = models.CharField(
        _("variable with the password"),
        max_length=80,
        blank=True,
        validators=[
            RegexValidator(r"^MAIL_PASSWORD[A-Z0-9_]*$", _("Its name begins with MAIL_PASSWORD, in capital letters."))
        ],
        help_text=_("Name of the environment variable that holds the password, such as MAIL_PASSWORD_SUPPORT."),
    )
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    moves_to = models.CharField(
        _("then move mail to"),
        max_length=200,
        blank=True,
        help_text=_("A folder for mail that was taken in. Without one it stays where it is, marked as read."),
    )
    has_plus_addresses = models.BooleanField(
        _("plus addresses arrive"),
        default=False,
        help_text=_("Mail to support+anything@ arrives in this mailbox, so that answers find their ticket by address."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    uid_validity = models.BigIntegerField(default=0, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    last_fetched_at = models.DateTimeField(_("last fetched"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("address"),
                name="mailbox_address_once",
                violation_error_message=_("Another mailbox has this address."),
            )
        ]
        permissions = [("fetch_mailbox", _("Can fetch mail"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tickets:mailbox", args=[self.pk])


class Verdict(models.TextChoices):
    RECEIVED = "received", _("Waits to be read")
    NEW = "new", _("New ticket")
    APPENDED = "appended", _("Added to a ticket")
    BOUNCE = "bounce", _("Delivery report")
    AUTO = "auto", _("Automatic reply")
    QUARANTINED = "quarantined", _("Quarantined")


class IncomingMailQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> "IncomingMailQuerySet":
        """Mail of one's queues: those of the ticket, or of the mailbox where there is no ticket."""
        slugs = user.scope("queue")
        if slugs is None:
            return self
        return self.filter(Q(ticket__queue__slug__in=slugs) | Q(ticket=None, mailbox__queue__slug__in=slugs))


class IncomingMail(Personal):
    """A mail as it came, kept whole, with what became of it and why.

    `key` is its Message-ID (one made of the content where it has none); a mailbox takes the same mail once and
    counts in `copies` how often it came. `reason` is an English sentence of `services.mail.verdicts`, with `facts` for
    its placeholders, so that every reader gets it in their language.
    """

    PERSONAL = {
        "sender_name": masking.name,
        "sender": masking.email,
        "recipients": masking.text,
        "subject": masking.contacts_in,
    }
    lookup_fields = ("subject",)

    Verdict = Verdict

    mailbox = models.ForeignKey(
        Mailbox, models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("mailbox")
    )
    key = models.CharField(max_length=400)
    identifier = models.CharField(_("Message-ID"), max_length=300, blank=True)
    content_sha256 = models.CharField(max_length=64)
    raw = models.FileField(_("raw mail"), upload_to="mail/")
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    copies = models.PositiveIntegerField(_("times it came"), default=1)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    dated_at = models.DateTimeField(_("dated"), null=True, blank=True)
    sender_name = models.CharField(_("from"), max_length=200, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    recipients = models.CharField(_("to"), max_length=500, blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict, default=Verdict.RECEIVED)
    reason = models.CharField(_("why"), max_length=300, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("ticket")
    )
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="mail", verbose_name=_("message")
    )
    html = models.TextField(blank=True)
    is_doubtful = models.BooleanField(_("sender not proven"), default=False)

    objects = IncomingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "key"], name="incoming_mail_once", nulls_distinct=False)
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="incoming_mail_newest"),
            models.Index(fields=["verdict", "-received_at", "-id"], name="incoming_mail_verdict"),
            models.Index(fields=["mailbox", "-received_at", "-id"], name="incoming_mail_mailbox"),
            models.Index(fields=["sender", "-received_at", "-id"], name="incoming_mail_sender"),
            models.Index(fields=["identifier"], name="incoming_mail_identifier"),
        ]

    def __str__(self) -> str:
        return self.subject or self.identifier or str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("tickets:mail", args=[self.pk])

    @property
    def why(self) -> str:
        """The reason in the reader's language."""
        return reason_in_words(self.reason, self.facts) if self.reason else ""

    @property
    def may_become_ticket(self) -> bool:
        """Whether nothing was made of it yet."""
        return self.ticket_id is None and self.verdict != Verdict.RECEIVED


def reason_in_words(reason: str, facts: dict[str, str]) -> str:
    """A reason with its facts, in the reader's language."""
    return gettext(reason) % {name: gettext(fact) if fact in UNKNOWN else fact for name, fact in facts.items()}


@tracked()
class Collaborator(Personal):
    """Somebody whom the requester copied in: may answer in the ticket, and is copied in by replies."""

    PERSONAL = {"name": masking.name, "email": masking.email}

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="collaborators", verbose_name=_("ticket"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254)

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("collaborator")
        verbose_name_plural = _("collaborators")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["ticket", "email"], name="collaborator_once")]

    def __str__(self) -> str:
        return self.name or self.email
