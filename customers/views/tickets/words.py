"""The handling record for people."""

from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from backoffice.models import User
from customers import forms
from customers.models import Queue, Ticket
from customers.services.tickets import TRACKED

# Events that change no field of the ticket. One without a line here is spelled out.
HAPPENED = {
    "merged": gettext_lazy("Took in"),
    "unmerged": gettext_lazy("Gave back"),
    "split_to": gettext_lazy("Split off"),
    "split_from": gettext_lazy("Split from"),
    "return": gettext_lazy("Return announced"),
    "refund": gettext_lazy("Refund"),
}


def what(field: str) -> str:
    if field in TRACKED:
        return str(Ticket._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    return str(HAPPENED.get(field, field.replace("_", " ")))


def in_words(ticket: Ticket, handling: forms.HandleForm | None) -> list[dict[str, Any]]:
    """The handling record for people: newest first, users and queues by name. That it opened with a subject goes without saying."""
    events: list[dict[str, Any]] = ticket.happened or []  # type: ignore[attr-defined]  # None: not to be seen
    words: dict[str, dict[str, Any]] = {
        "status": dict(Ticket.Status.choices),
        "priority": {str(value): label for value, label in Ticket.Priority.choices},
        "assignee": _people(ticket, events, handling),
        "queue": _queues(ticket, events),
    }
    return [
        {
            **event,
            "at": parse_datetime(event["at"]),
            "what": capfirst(what(event["field"])),
            **{side: _value(event["field"], _seen(ticket, event, side), words) for side in ("old", "new")},
        }
        for event in reversed(events)
        if event["field"] != "subject" or event["old"]
    ]


def _seen(ticket: Ticket, event: dict[str, Any], side: str) -> str:
    """What a reader who sees the ticket masked may see of a value."""
    hide = Ticket.PERSONAL.get(event["field"]) if ticket.is_masked else None
    return hide(event[side]) if hide else str(event[side])


def _value(field: str, value: str, words: dict[str, dict[str, Any]]) -> Any:
    if field == "due_on" and value:
        return date_format(parse_date(value), "DATE_FORMAT")  # type: ignore[arg-type]
    return words.get(field, {}).get(value, value)


def _people(ticket: Ticket, events: list[dict[str, Any]], handling: forms.HandleForm | None) -> dict[str, str]:
    users = {str(pk): name for pk, name in handling.fields["assignee"].widget.choices} if handling else {}  # type: ignore[attr-defined]
    users |= {event["actor_id"]: event["actor"] for event in events if event["actor_id"]}
    if ticket.assignee:
        users[str(ticket.assignee_id)] = str(ticket.assignee)
    named = {value for e in events if e["field"] == "assignee" for value in (e["old"], e["new"]) if value} - set(users)
    if named:
        users |= {str(user.pk): str(user) for user in User.objects.filter(pk__in=named)}
    return users


def _queues(ticket: Ticket, events: list[dict[str, Any]]) -> dict[str, str]:
    if any(e["field"] == "queue" and e["old"] for e in events):
        return {queue.slug: str(queue) for queue in Queue.objects.all()}
    return {ticket.queue.slug: str(ticket.queue)}
