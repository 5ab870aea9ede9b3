"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

import re
import secrets
from typing import Any

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
    containing,
    in_reader_language,
    search_index,
    search_text,
    tracked,
)
from backoffice.triggers import append_only, legal_transitions
from customers import masking
from customers.masking import MaskingQuerySet, Personal


class CustomerQuerySet(MaskingQuerySet):
    def search(self, text: str) -> "CustomerQuerySet":
        """Rows whose number, name or company holds `text`, or an e-mail or phone does; each road has its index."""
        by_name = Customer.objects.filter(containing(text)).order_by().values("pk")
        contacts = ContactPoint.objects.filter(normalized__contains=contact_text(text), ended_at=None)
        return self.filter(pk__in=by_name.union(contacts.order_by().values("customer_id")))


def contact_text(text: str) -> str:
    """`text` as it may stand inside a normalised contact: lower case, and a number without what people put between."""
    bare = re.sub(r"[\s()/.-]", "", text)
    digits = bare.removeprefix("+")
    return digits.lstrip("0") or digits if digits.isdigit() and len(digits) > 2 else text.strip().lower()


class TicketPartQuerySet(MaskingQuerySet):
    """Rows that belong to a ticket are seen with it; `TICKET` is the way to its queue."""

    TICKET = "ticket"

    def in_scope(self, user: Any) -> "TicketPartQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(**{f"{self.TICKET}__queue__slug__in": slugs})


class MessageQuerySet(TicketPartQuerySet):
    def public(self) -> "MessageQuerySet":
        """What the customer may read."""
        return self.exclude(kind="note")


class AttachmentQuerySet(TicketPartQuerySet):
    TICKET = "message__ticket"


@tracked()
class Customer(Personal):
    """A person or a company that buys."""

    PERSONAL = {
        "name": masking.name,
        "company": masking.name,
        "note": masking.text,
        # Annotations of the list.
        "email": masking.email,
        "phone": masking.phone,
    }
    lookup_fields = ("number", "name")

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ARCHIVED = "archived", _("Archived")

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PERSON)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    name = models.CharField(_("name"), max_length=200)
    company = models.CharField(_("company"), max_length=200, blank=True)
    external_id = models.CharField(_("number elsewhere"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("tags"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    tax_exempt = models.BooleanField(_("tax exempt"), default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("owner"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("number", "name", "company", "external_id")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""), name="customer_named", violation_error_message=_("A customer needs a name.")
            ),
            models.UniqueConstraint(
                Upper("external_id"),
                condition=~Q(external_id=""),
                name="customer_external_once",
                violation_error_message=_("Another customer has this number already."),
            ),
        ]
        indexes = [
            search_index("customer_search"),
            models.Index(fields=["name", "id"], name="customer_name"),
            models.Index(fields=["-created_at", "-id"], name="customer_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="customer_status"),
            models.Index(fields=["kind", "-created_at", "-id"], name="customer_kind"),
            models.Index(fields=["owner", "-created_at", "-id"], name="customer_owner"),
            GinIndex(fields=["tags"], name="customer_tags"),
        ]
        permissions = [("view_personal_data", _("Can see names, addresses and contacts unmasked"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:customer", args=[self.number])


@tracked()
class ContactPoint(Personal):
    """An e-mail address or phone number; `normalized` (lower case, E.164) is unique while it is in use."""

    PERSONAL = {"raw": masking.contact, "normalized": masking.contact}

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts", verbose_name=_("customer"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    raw = models.CharField(_("as given"), max_length=254)
    normalized = models.CharField(_("normalised"), max_length=254)
    label = models.CharField(_("label"), max_length=60, blank=True)
    is_primary = models.BooleanField(_("primary"), default=False)
    ended_at = models.DateTimeField(_("no longer used since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["kind", "-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "normalized"],
                condition=Q(ended_at=None),
                name="contact_live_once",
                violation_error_message=_("Another customer uses this contact."),
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(is_primary=True, ended_at=None), name="contact_one_primary"
            ),
        ]
        indexes = [GinIndex(fields=["normalized"], opclasses=["gin_trgm_ops"], name="contact_search")]

    def __str__(self) -> str:
        return self.raw


@tracked()
class Address(Personal):
    """Where a customer lives or wants parcels."""

    PERSONAL = {
        "name": masking.name,
        "company": masking.name,
        "line1": masking.text,
        "line2": masking.text,
        "postal_code": masking.text,
    }

    class Kind(models.TextChoices):
        SHIPPING = "shipping", _("Shipping")
        BILLING = "billing", _("Billing")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses", verbose_name=_("customer"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SHIPPING)
    name = models.CharField(_("name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    line1 = models.CharField(_("street"), max_length=200)
    line2 = models.CharField(_("street, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120)
    region = models.CharField(_("region"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, help_text=_("Two letters, such as DE or CN."))
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(is_default=True), name="address_one_default"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"),
                name="address_country_code",
                violation_error_message=_("Give the country by its two letters, such as DE or CN."),
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="address_of_customer")]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.line1, self.postal_code, self.city, self.country) if part)


@tracked()
class Consent(models.Model):
    """What a customer agreed to, or no longer; append-only, the latest row governs. Undone imports need the history."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents", verbose_name=_("customer"))
    channel = models.CharField(_("channel"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=40)
    granted = models.BooleanField(_("granted"))
    source = models.CharField(_("source"), max_length=100)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["customer", "-id"], name="consent_of_customer")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.channel}/{self.purpose}: {self.granted}"


class QueueQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "QueueQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(slug__in=slugs)


@tracked()
class Queue(models.Model):
    """Where tickets wait for a group of agents."""

    slug = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    email = models.EmailField(_("answers from"), blank=True)
    is_default = models.BooleanField(_("default"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

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


class TicketQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> "TicketQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(queue__slug__in=slugs)

    def unsolved(self) -> "TicketQuerySet":
        return self.filter(status__in=[TicketStatus.NEW, *sorted(_working)])


def _public_token() -> str:
    return secrets.token_urlsafe(24)


@tracked()
class Ticket(Personal, Stateful):
    """A customer's issue. `status`, `assignee`, `queue` and `priority` are written by services, each with a TicketEvent."""

    PERSONAL = {"requester_name": masking.name, "requester_email": masking.email}
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
    search_text = search_text("number", "subject", "requester_name", "requester_email", "about")

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-last_message_at", "-pk"]
        indexes = [
            search_index("ticket_search"),
            models.Index(fields=["-last_message_at", "-id"], name="ticket_newest"),
            models.Index(fields=["-created_at", "-id"], name="ticket_created"),
            models.Index(fields=["status", "-last_message_at", "-id"], name="ticket_status"),
            models.Index(fields=["queue", "status", "last_message_at", "id"], name="ticket_queue"),
            models.Index(fields=["assignee", "status", "-last_message_at", "-id"], name="ticket_assignee"),
            models.Index(fields=["customer", "-last_message_at", "-id"], name="ticket_customer"),
            models.Index(fields=["priority", "-last_message_at", "-id"], name="ticket_priority"),
            models.Index(fields=["channel", "-last_message_at", "-id"], name="ticket_channel"),
            models.Index(fields=["about"], condition=~Q(about=""), name="ticket_about"),
        ]
        constraints = [
            models.UniqueConstraint(
                "source",
                Upper("source_number"),
                condition=~Q(source_number=""),
                name="ticket_source_once",
                violation_error_message=_("The ticket of this system is here already."),
            )
        ]
        triggers = [legal_transitions("status", TICKET_TRANSITIONS)]
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

    PERSONAL = {"author_name": masking.name, "author_email": masking.email}

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
    message_id = models.CharField(max_length=300, blank=True, db_index=True)
    sent_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["ticket", "created_at", "id"], name="message_of_ticket")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="customer") | Q(author__isnull=False), name="message_of_staff_has_author"
            )
        ]

    def __str__(self) -> str:
        return self.body[:80]


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
    old = models.CharField(_("from"), max_length=100, blank=True)
    new = models.CharField(_("to"), max_length=100, blank=True)
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


class ArticleStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


ARTICLE_TRANSITIONS = {
    ArticleStatus.DRAFT: {ArticleStatus.PUBLISHED, ArticleStatus.ARCHIVED},
    ArticleStatus.PUBLISHED: {ArticleStatus.DRAFT, ArticleStatus.ARCHIVED},
    ArticleStatus.ARCHIVED: {ArticleStatus.DRAFT},
}


class ArticleQuerySet(VisibleQuerySet):
    def published(self) -> "ArticleQuerySet":
        return self.filter(status=ArticleStatus.PUBLISHED)


@tracked()
class Article(Stateful):
    """A page of the help centre. Bodies are plain text; a blank line begins a paragraph."""

    Status = ArticleStatus
    TRANSITIONS = ARTICLE_TRANSITIONS

    slug = models.SlugField(_("address"), max_length=120, unique=True)
    topic = models.CharField(_("topic"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    body_zh = models.TextField(_("Chinese text"), blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("title", "title_zh", "body", "body_zh")

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["topic", "title"]
        indexes = [
            search_index("article_search"),
            models.Index(fields=["status", "-updated_at", "-id"], name="article_status"),
            models.Index(fields=["-updated_at", "-id"], name="article_updated"),
        ]
        triggers = [legal_transitions("status", ARTICLE_TRANSITIONS)]
        permissions = [("publish_article", _("Can publish, unpublish and archive articles"))]

    def __str__(self) -> str:
        return in_reader_language(self.title, self.title_zh)

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])


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
