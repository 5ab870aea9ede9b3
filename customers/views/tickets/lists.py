"""Tickets as lists: all of them, and how many wait in each queue."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic import keyset
from backoffice.generic.lists import COUNT_CAP
from backoffice.templatetags.houtai import badge, relative_time
from customers import forms, services
from customers.filters import TicketFilter
from customers.models import Queue, Ticket
from customers.services.saying import Said

PRIORITY_WORDS = {1: "low", 2: "normal", 3: "high", 4: "urgent"}


def priority_word(ticket: Ticket) -> str:
    return PRIORITY_WORDS[ticket.priority]


def priority_label(ticket: Ticket) -> str:
    return str(ticket.get_priority_display())


def tags_of(ticket: Ticket) -> str:
    return ", ".join(ticket.tags)


def promised_for(ticket: Ticket, value: Any) -> SafeString:
    """When something is due to the customer, marked where that is over."""
    if value is None:
        return mark_safe("")
    return badge(relative_time(value), "bad") if value < timezone.now() else relative_time(value)


class TicketList(generic.ListPage):
    model = Ticket
    key = "tickets"
    permission = "customers.view_ticket"
    filterset_class = TicketFilter
    columns = [
        generic.Column("subject", link=True, secondary=generic.Column("requester_name")),
        generic.Column("number"),
        generic.Column("status", kind="badge"),
        generic.Column("priority", get=priority_label, reads=("priority",), template="tickets/_priority.html"),
        generic.Column("assignee", gettext_lazy("Assignee"), sql=generic.named("assignee")),
        generic.Column("queue", gettext_lazy("Queue"), sql=generic.in_reader_language("queue__name")),
        generic.Column("promised_at", draw=promised_for),
        generic.Column("last_message_at", kind="relative"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("channel"),
        generic.Column("customer.name", gettext_lazy("Customer"), link="customer"),
        generic.Column("requester_email"),
        generic.Column("about", kind="references"),
        generic.Column("tags", get=tags_of, sql=generic.joined("tags")),
        generic.Column("due_on", kind="date"),
    ]
    default_columns = ["subject", "number", "status", "priority", "assignee", "queue", "promised_at", "last_message_at"]
    ordering = {
        "newest": ("-last_message_at", "-id"),
        "oldest": ("last_message_at", "id"),
        "urgent": ("-priority", "-last_message_at", "-id"),
        "created": ("-created_at", "-id"),
        "promised": ("promised_at", "id"),
        "due": ("due_on", "id"),
    }
    ordering_labels = {
        "newest": gettext_lazy("Last message, newest first"),
        "oldest": gettext_lazy("Last message, oldest first"),
        "urgent": gettext_lazy("Most urgent first"),
        "created": gettext_lazy("Opened last"),
        "promised": gettext_lazy("Due soonest"),
        "due": gettext_lazy("Day due, the earliest first"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Unassigned"), "stage=unsolved&assignee=nobody"),
        generic.Tab(gettext_lazy("Mine"), "stage=unsolved&assignee=me"),
        generic.Tab(gettext_lazy("Unsolved"), "stage=unsolved"),
        generic.Tab(gettext_lazy("Overdue"), "promised=overdue&sort=promised"),
        generic.Tab(gettext_lazy("Watched"), "watcher=me"),
        generic.Tab(gettext_lazy("Solved or ended"), "stage=done"),
    ]
    bulk_actions = [
        generic.BulkAction(
            "assign",
            gettext_lazy("Assign"),
            services.assign,
            permission="customers.assign_ticket",
            form_class=forms.AssignForm,
        ),
        generic.BulkAction(
            "status",
            gettext_lazy("Change status"),
            services.set_status,
            permission="customers.change_ticket",
            form_class=forms.StatusForm,
        ),
        generic.BulkAction(
            "tag",
            gettext_lazy("Add tags"),
            services.add_ticket_tags,
            permission="customers.change_ticket",
            form_class=forms.TagsForm,
        ),
        generic.BulkAction(
            "macro",
            gettext_lazy("Answer by a macro"),
            services.apply_macro,
            permission="customers.reply_ticket",
            form_class=forms.ChooseMacroForm,
            is_rare=True,
        ),
        generic.BulkAction(
            "merge",
            gettext_lazy("Merge"),
            services.merge_many,
            permission="customers.change_ticket",
            form_class=forms.MergeManyForm,
            confirm=gettext_lazy("The messages of all move into one ticket. It can be undone."),
            batch=True,
            limit=50,
            is_rare=True,
        ),
        generic.BulkAction(
            "close",
            gettext_lazy("Close"),
            services.close,
            permission="customers.change_ticket",
            confirm=gettext_lazy("Closed tickets take no more messages. Only solved tickets can be closed."),
        ),
    ]
    create_url = "tickets:new"
    create_permission = "customers.add_ticket"
    empty_title = gettext_lazy("No tickets yet")
    empty_text = gettext_lazy("What customers ask by the public form arrives here.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("assignee", "queue", "customer")

    @property
    def said(self) -> Said | None:
        """What is known of the words that the messages must have."""
        self.matching  # noqa: B018 - applying the filters searches
        return self.filterset.said  # type: ignore[union-attr]

    def _page(self, **place: str) -> keyset.Slice:
        if not self.said:
            return super()._page(**place)
        return self.said.page(self.read(self.filterset.unsaid), self.sort, self.terms, self.page_size, **place)  # type: ignore[union-attr]

    @cached_property
    def count(self) -> generic.Count:
        """Of what is frequent, as many as are known already are counted first."""
        said = self.said
        if said and not said.is_complete and self.slice.after:
            known = generic.Count(said.at_least(self.filterset.unsaid, COUNT_CAP + 1))  # type: ignore[union-attr]
            if known.is_capped:
                return known
        return super().count


class QueuesPage(generic.Page):
    """What waits in each queue of the reader: counted up to a cap, all in one statement."""

    permission = "customers.view_ticket"
    CHOICES = (
        ("unsolved", gettext_lazy("Unsolved"), "stage=unsolved"),
        ("waiting", gettext_lazy("Waiting for us"), "status=new&status=open"),
        ("free", gettext_lazy("Unassigned"), "stage=unsolved&assignee=nobody"),
        ("mine", gettext_lazy("Mine"), "stage=unsolved&assignee=me"),
        ("overdue", gettext_lazy("Overdue"), "due=overdue"),
    )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        shown = {
            "title": _("Queues"),
            "heads": [label for _key, label, _query in self.CHOICES],
            "queues": [(queue, list(self.cells(queue))) for queue in self.queues()],
        }
        return TemplateResponse(request, "tickets/queues.html", shown)

    def queues(self) -> QuerySet:
        """The queues in use, each with its counts."""
        tickets = Ticket.objects.visible_to(self.user).filter(queue=OuterRef("pk"))
        unsolved = tickets.unsolved()
        counted = {
            "unsolved": unsolved,
            "waiting": tickets.filter(status__in=["new", "open"]),
            "free": unsolved.filter(assignee=None),
            "mine": unsolved.filter(assignee=self.user.pk),
            "overdue": unsolved.filter(due_on__lt=timezone.localdate()),
        }
        queues = Queue.objects.in_scope(self.user).filter(is_active=True)
        return queues.annotate(**{f"n_{name}": counted_up(rows) for name, rows in counted.items()})

    def cells(self, queue: Any) -> Iterable[tuple[Any, generic.Count, str]]:
        for name, label, query in self.CHOICES:
            url = f"{reverse('tickets:list')}?queue={queue.pk}&{query}&sort=oldest"
            yield label, generic.Count(getattr(queue, f"n_{name}")), url


def counted_up(rows: QuerySet) -> Func:
    """How many rows there are, at most one more than the cap."""
    keys = ArraySubquery(rows.order_by().values(key=F("pk"))[: COUNT_CAP + 1])
    return Func(keys, function="cardinality", output_field=IntegerField())
