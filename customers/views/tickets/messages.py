"""What was written in all tickets: a list, which is exported with the texts."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.html import escape
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers.filters import MessageFilter
from customers.models import Message

SHOWN = 160  # characters of a text in the list; files have all of it


def beginning(message: Message, text: str) -> Any:
    """The first words; drawn as text."""
    line = " ".join(text.split())
    return escape(line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…")


class MessageList(generic.ListPage):
    model = Message
    key = "messages"
    title = gettext_lazy("Messages")
    permission = ("customers.view_ticket", "customers.view_message")
    filterset_class = MessageFilter
    columns = [
        generic.Column("ticket.number", gettext_lazy("Ticket"), link="ticket"),
        generic.Column("ticket.subject", gettext_lazy("Subject")),
        generic.Column("created_at", gettext_lazy("Written on"), kind="datetime"),
        generic.Column("kind", kind="badge"),
        generic.Column("author", gettext_lazy("Agent"), sql=generic.named("author")),
        generic.Column("author_name", gettext_lazy("Written by")),
        generic.Column("author_email"),
        generic.Column("body", draw=beginning),
        generic.Column("sent_at", kind="datetime"),
        generic.Column("ticket.queue", gettext_lazy("Queue"), sql=generic.in_reader_language("ticket__queue__name")),
        generic.Column("ticket.status", gettext_lazy("Status of the ticket"), sql=F("ticket__status")),
        generic.Column("ticket.about", gettext_lazy("About"), kind="references"),
    ]
    default_columns = ["ticket.number", "created_at", "kind", "author_name", "body"]
    ordering = {"newest": ("-created_at", "-id"), "oldest": ("created_at", "id")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    empty_title = gettext_lazy("No messages yet")
    empty_text = gettext_lazy("What customers and agents write in tickets stands here.")

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().readable(self.user)
        return rows.select_related("author", "ticket__queue")
