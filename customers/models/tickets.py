"""What customers ask, and how it is handled."""

import secrets
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import (
    Stateful,
    VisibleQuerySet,
    in_reader_language,
    search_index,
    search_text,
    tracked,
)
from backoffice.triggers import append_only, legal_transitions
from customers import masking
from customers.masking import MaskingQuerySet, Personal
from customers.models.customers import Customer
from customers.models.finding import pairs_index
from customers.triggers import KEEP_WORDS

FROM_FILE = "file:"  # how identifiers of messages begin that came by file
# What `unsolved` asks for, as the condition of indexes.
UNSOLVED = Q(status__in=["new", "on_hold", "open", "pending"])


class TicketPartQuerySet(MaskingQuerySet):
    """Rows that belong to a ticket are seen with it; `TICKET` is the way to its queue."""

    TICKET = "ticket"

    def in_scope(self, user: Any) -> "TicketPartQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(**{f"{self.TICKET}__queue__slug__in": slugs})


class MessageQuerySet(TicketPartQuerySet):
    def readable(self, user: Any) -> "MessageQuerySet":
        """Without internal notes for those who may not read these."""
        return self if user.has_perm("customers.view_message_notes") else self.public()

    def public(self) -> "MessageQuerySet":
        """What the customer may read."""
        return self.exclude(kind="note")


class AttachmentQuerySet(TicketPartQuerySet):
    TICKET = "message__ticket"


class QueueQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "QueueQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(slug__in=slugs)


@tracked()
class Queue(models.Model):
    """Where tickets wait for a group of agents."""

    class Assignment(models.TextChoices):
        MANUAL = "manual", _("whoever takes them")
        ROUND_ROBIN = "round_robin", _("agents in turn")
        LEAST_BUSY = "least_busy", _("the agent with the fewest")

    slug = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    email = models.EmailField(_("answers from"), blank=True)
    signature = models.TextField(
        _("signature"), blank=True, default="", db_default="", help_text=_("Stands below every mail of this queue.")
    )
    signature_zh = models.TextField(_("signature (Chinese)"), blank=True, default="", db_default="")
    is_default = models.BooleanField(_("default"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    assignment = models.CharField(
        _("who gets new tickets"), max_length=12, choices=Assignment, default=Assignment.MANUAL, db_default="manual"
    )

    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="queue_one_default")
        ]

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)


class TicketStatus(models.TextChoices):
    NEW = "new", _("New")
    OPEN = "open", _("Open")
    PENDING = "pending", _("Waiting for the customer")
    ON_HOLD = "on_hold", _("On hold")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged")
    SPAM = "spam", _("Spam")


_working = {TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.ON_HOLD}


TICKET_TRANSITIONS = {
    TicketStatus.NEW: {*_working, TicketStatus.SOLVED, TicketStatus.SPAM, TicketStatus.MERGED},
    TicketStatus.OPEN: {*_working - {TicketStatus.OPEN}, TicketStatus.SOLVED, TicketStatus.SPAM, TicketStatus.MERGED},
    TicketStatus.PENDING: {*_working - {TicketStatus.PENDING}, TicketStatus.SOLVED, TicketStatus.MERGED},
    TicketStatus.ON_HOLD: {*_working - {TicketStatus.ON_HOLD}, TicketStatus.SOLVED, TicketStatus.MERGED},
    TicketStatus.SOLVED: {TicketStatus.OPEN, TicketStatus.CLOSED, TicketStatus.MERGED},
    TicketStatus.SPAM: {TicketStatus.OPEN, TicketStatus.CLOSED},
}
MERGEABLE = {status for status, targets in TICKET_TRANSITIONS.items() if TicketStatus.MERGED in targets}
# What the database allows: a merge that is undone gives the former status back, which no person may set.
STORED_TRANSITIONS = {**TICKET_TRANSITIONS, TicketStatus.MERGED: MERGEABLE}

# A merged ticket names a ticket that is none itself, and none is merged into it: no chain, so no ring.
NO_CHAIN = """
    IF NEW.merged_into_id IS NOT NULL THEN
        PERFORM 1 FROM customers_ticket WHERE id IN (NEW.id, NEW.merged_into_id) ORDER BY id FOR NO KEY UPDATE;
        IF EXISTS (SELECT 1 FROM customers_ticket WHERE id = NEW.merged_into_id AND merged_into_id IS NOT NULL)
           OR EXISTS (SELECT 1 FROM customers_ticket WHERE merged_into_id = NEW.id) THEN
            RAISE EXCEPTION 'Ticket % cannot be merged into ticket %: merged tickets form no chains.', NEW.number, NEW.merged_into_id
            USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
"""


class TicketQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> "TicketQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(queue__slug__in=slugs)

    def unsolved(self) -> "TicketQuerySet":
        return self.filter(UNSOLVED)


def _public_token() -> str:
    return secrets.token_urlsafe(24)


@tracked(exclude=["promised_at"])
class Ticket(Personal, Stateful):
    """A customer's issue. What `services.tickets.states.TRACKED` names is written by services, each with a TicketEvent."""

    PERSONAL = {"requester_name": masking.name, "requester_email": masking.email, "subject": masking.contacts_in}
    lookup_fields = ("number", "subject")

    Status = TicketStatus
    TRANSITIONS = TICKET_TRANSITIONS

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")
        URGENT = 4, _("Urgent")

    class Channel(models.TextChoices):
        MAIL = "mail", _("E-mail")
        FORM = "form", _("Form")
        STAFF = "staff", _("Staff")
        API = "api", _("API")

    number = models.CharField(_("number"), max_length=40, unique=True)
    subject = models.CharField(_("subject"), max_length=300)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("customer")
    )
    requester_name = models.CharField(_("asked by"), max_length=200, blank=True)
    requester_email = models.CharField(_("e-mail"), max_length=254, blank=True)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="tickets", verbose_name=_("queue"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.NEW)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("assignee"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.STAFF)
    about = models.CharField(
        _("about"), max_length=60, blank=True, help_text=_("Number of an order or another document.")
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("tags"), default=list, blank=True)
    source = models.CharField(_("from the system"), max_length=40, blank=True, default="", db_default="")
    source_number = models.CharField(_("number there"), max_length=100, blank=True, default="", db_default="")
    token = models.CharField(max_length=64, unique=True, default=_public_token, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now)
    solved_at = models.DateTimeField(_("solved"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("follows")
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )
    promised_at = models.DateTimeField(_("promised for"), null=True, editable=False)  # see models/promises.py
    search_text = search_text("number", "subject", "requester_name", "requester_email", "about")

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-last_message_at", "-pk"]
        indexes = [
            search_index("ticket_search"),
            pairs_index("ticket_pairs"),
            models.Index(fields=["-last_message_at", "-id"], name="ticket_newest"),
            models.Index(fields=["-created_at", "-id"], name="ticket_created"),
            models.Index(fields=["status", "-last_message_at", "-id"], name="ticket_status"),
            models.Index(fields=["queue", "-last_message_at", "-id"], name="ticket_queue_newest"),
            # What the page of queues counts by is in the index, so that counting reads no tickets.
            models.Index(
                fields=["queue", "last_message_at", "id"],
                condition=UNSOLVED,
                include=["status", "assignee", "due_on"],
                name="ticket_unsolved_queue",
            ),
            models.Index(
                fields=["assignee", "last_message_at", "id"], condition=UNSOLVED, name="ticket_unsolved_assignee"
            ),
            models.Index(fields=["-last_message_at", "-id"], condition=UNSOLVED, name="ticket_unsolved"),
            models.Index(fields=["assignee", "status", "-last_message_at", "-id"], name="ticket_assignee"),
            models.Index(fields=["customer", "-last_message_at", "-id"], name="ticket_customer"),
            models.Index(fields=["customer", "-created_at", "-id"], name="ticket_of_timeline"),
            models.Index(fields=["priority", "-last_message_at", "-id"], name="ticket_priority"),
            models.Index(fields=["channel", "-last_message_at", "-id"], name="ticket_channel"),
            models.Index(fields=["about"], condition=~Q(about=""), name="ticket_about"),
            models.Index(fields=["due_on", "id"], name="ticket_due"),
            models.Index(
                fields=["-last_message_at", "-id"], condition=Q(follows__isnull=False), name="ticket_follow_ups"
            ),
            GinIndex(fields=["tags"], name="ticket_tags"),
            models.Index(fields=["promised_at", "id"], name="ticket_promised"),
            models.Index(fields=["solved_at"], condition=Q(status__in=["solved", "closed"]), name="ticket_solved"),
            models.Index(
                fields=["queue", "-priority", "created_at", "id"],
                condition=Q(assignee=None, status__in=["new", "open"]),
                name="ticket_to_assign",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="ticket_merged_names_target",
                violation_error_message=_("A merged ticket names the one that it was merged into."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id")),
                name="ticket_not_merged_into_itself",
                violation_error_message=_("A ticket is not merged into itself."),
            ),
            models.UniqueConstraint(
                "source",
                Upper("source_number"),
                condition=~Q(source_number=""),
                name="ticket_source_once",
                violation_error_message=_("The ticket of this system is here already."),
            ),
        ]
        triggers = [
            legal_transitions("status", STORED_TRANSITIONS),
            pgtrigger.Trigger(
                name="no_chain",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("merged_into_id"),
                func=NO_CHAIN,
            ),
        ]
        permissions = [
            ("reply_ticket", _("Can answer tickets")),
            ("assign_ticket", _("Can assign tickets to others")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("tickets:ticket", args=[self.number])


@tracked()
class Message(Personal):
    """One turn of a conversation. Public messages reach the customer, internal notes never do."""

    PERSONAL = {"author_name": masking.name, "author_email": masking.email, "body": masking.contacts_in}

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Internal note")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages", verbose_name=_("ticket"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    author_name = models.CharField(_("name"), max_length=200, blank=True)
    author_email = models.CharField(_("e-mail"), max_length=254, blank=True)
    body = models.TextField(_("text"))
    moved_from = models.ForeignKey(
        Ticket,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("moved from"),
        help_text=_("The ticket that it was written into, where a merge or a split has moved it."),
    )
    message_id = models.CharField(max_length=300, blank=True, db_index=True)
    sent_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["ticket", "created_at", "id"], name="message_of_ticket"),
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
        ]
        permissions = [("view_message_notes", _("Can read internal notes in the list of messages"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="reply") | Q(author__isnull=False) | Q(sent_at__isnull=False),
                name="message_of_staff_has_author",
                violation_error_message=_("An answer that nobody here wrote was sent before it came here."),
            )
        ]
        triggers = KEEP_WORDS

    def __str__(self) -> str:
        return self.body[:80]

    @property
    def is_from_file(self) -> bool:
        """Whether it came with the history of another system; its identifier is no Message-ID."""
        return self.message_id.startswith(FROM_FILE)


@tracked()
class Attachment(models.Model):
    """A file of a message, kept under a random name and served as a download only."""

    class Verdict(models.TextChoices):
        SAFE = "safe", _("Safe")
        QUARANTINED = "quarantined", _("Quarantined")

    message = models.ForeignKey(Message, models.PROTECT, related_name="attachments", verbose_name=_("message"))
    file = models.FileField(_("file"), upload_to="attachments/")
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(_("type"), max_length=100)
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict, default=Verdict.SAFE)
    verdict_reason = models.CharField(_("why"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


@tracked()
class TicketEvent(models.Model):
    """The handling record of a ticket: append-only, and replaying it gives the present state.

    Undone imports need the history.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="events", verbose_name=_("ticket"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    field = models.CharField(_("what"), max_length=20)
    old = models.TextField(_("from"), blank=True)
    new = models.TextField(_("to"), blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = TicketPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ["pk"]
        indexes = [models.Index(fields=["ticket", "id"], name="ticket_event_of_ticket")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"


class Throttle(models.Model):
    """How often a sender used the public form within an hour; `sender` is a keyed hash, never an address."""

    sender = models.CharField(max_length=64)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "hour"], name="throttle_once")]
        indexes = [models.Index(fields=["hour"], name="throttle_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}: {self.count}"
