"""Prepared answers: their texts filled in for a ticket, and what they do to it."""

import re
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import AuditEvent, User
from customers.models import Macro, Message, Queue, Ticket
from customers.services.help import live_article
from customers.services.tickets import handling
from customers.services.tickets.states import FINAL, change, is_able, locked

PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)(?::\s*([\w-]+))?\s*\}\}")
NAMES = ("customer", "ticket", "subject", "order", "agent", "company", "article")


def unknown_placeholders(text: str) -> list[str]:
    """What stands between double braces in `text` and means nothing."""
    spelled = re.findall(r"\{\{[^{}]*\}\}", text)
    return [one for one in spelled if not (found := PLACEHOLDER.fullmatch(one)) or not _is_known(found)]


def _is_known(found: re.Match[str]) -> bool:
    return found[1] in NAMES and (found[1] == "article") == bool(found[2])


def rendered(macro: Macro, ticket: Ticket, *, by: User) -> str:
    """The text of the macro for the ticket, in the language of the customer, for notes in that of the reader."""
    for_customer = macro.mode == Macro.Mode.REPLY
    with translation.override(ticket.language if for_customer else translation.get_language()):
        is_chinese = (translation.get_language() or "").startswith("zh")
        text = (macro.body_zh or macro.body) if is_chinese else (macro.body or macro.body_zh)
        facts = _facts(ticket, by)
        return PLACEHOLDER.sub(lambda found: _filled(found, facts), text)


def _facts(ticket: Ticket, by: User) -> dict[str, str]:
    name = ticket.requester_name or (ticket.customer.name if ticket.customer else "")
    return {
        "customer": name or _("customer"),
        "ticket": ticket.number,
        "subject": ticket.subject,
        "order": ticket.about,
        "agent": by.name or str(by),
        "company": settings.COMPANY_NAME,
    }


def _filled(found: re.Match[str], facts: dict[str, str]) -> str:
    if found[1] == "article" and found[2]:
        return cited(found[2])
    return facts.get(found[1], found[0])


def cited(slug: str) -> str:
    """Title and address of a live article; nothing where none is live under this address."""
    article = live_article(slug)
    return f"{article} {settings.SITE_URL}{reverse('help:article', args=[slug])}" if article else ""


def actions_of(macro: Macro, ticket: Ticket, *, by: User) -> list[tuple[str, str]]:
    """What the macro will do besides its text, in words: (what, to what)."""
    assignee = _assignee(macro, ticket, by)
    found: list[tuple[str, Any]] = [
        (_("Status"), macro.get_status_display() if macro.status and macro.status != ticket.status else ""),
        (_("Queue"), macro.queue if macro.queue_id and macro.queue_id != ticket.queue_id else ""),
        (_("Priority"), macro.get_priority_display() if macro.priority and macro.priority != ticket.priority else ""),
        (_("Assignee"), assignee if assignee and assignee.pk != ticket.assignee_id else ""),
        (_("Tags"), ", ".join(tag for tag in macro.tags if tag not in ticket.tags)),
    ]
    return [(what, str(to)) for what, to in found if to]


def carry_out(ticket: Ticket, macro: Macro, *, by: User, message: Message | None = None) -> Ticket:
    """Do what the macro says to a ticket whose answer was written: everything but its status, which the composer shows.

    What it changed is kept with the `message`, so that taking that back takes this back too.
    """
    before = _state(locked(ticket))
    if macro.queue_id and macro.queue_id != ticket.queue_id:
        handling.move_to_queue(ticket, queue=macro.queue, by=by)  # type: ignore[arg-type]
    if macro.priority and macro.priority != ticket.priority:
        handling.set_priority(ticket, priority=macro.priority, by=by)
    assignee = _assignee(macro, ticket, by)
    if assignee is not None and assignee.pk != ticket.assignee_id and ticket.status not in FINAL:
        handling.assign(ticket, to=assignee, by=by)
    if macro.tags:
        handling.add_ticket_tags(ticket, tags=macro.tags, by=by)
    after = _state(locked(ticket))
    changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    data = {"macro": macro.pk, "message": message.pk if message else None, "changed": changed}
    audit.record("ticket.macro_used", ticket, by=by, data=data)
    return ticket


def _state(ticket: Ticket) -> dict[str, Any]:
    """What a macro may change beside the status, as keys and plain values."""
    return {name: getattr(ticket, name) for name in ("queue_id", "priority", "assignee_id", "tags")}


def undo(ticket: Ticket, message: Message, *, by: User, reason: str) -> None:
    """Take back what a macro did to a locked ticket when `message` was written; what was changed again since then stays."""
    used = AuditEvent.objects.filter(
        subject_type=Ticket._meta.label_lower, subject_id=ticket.pk, verb="ticket.macro_used", data__message=message.pk
    ).first()
    changed = used.data["changed"] if used else {}
    back = {name: old for name, (old, new) in changed.items() if name != "tags" and getattr(ticket, name) == new}
    values: dict[str, Any] = {"priority": back["priority"]} if "priority" in back else {}
    if "queue_id" in back:
        values["queue"] = Queue.objects.get(pk=back["queue_id"])
    if "assignee_id" in back:
        earlier = User.objects.filter(pk=back["assignee_id"]).first()
        values["assignee"] = earlier if earlier and is_able(earlier, values.get("queue", ticket.queue)) else None
    if "tags" in changed:
        old, new = changed["tags"]
        values["tags"] = [tag for tag in ticket.tags if tag in old or tag not in new]
    change(ticket, by=by, reason=reason, **values)


def _assignee(macro: Macro, ticket: Ticket, by: User) -> User | None:
    """Who gets the ticket by the macro; nobody's ticket is taken away without the permission."""
    if not macro.takes:
        return macro.assignee
    return by if ticket.assignee_id is None or by.has_perm("customers.assign_ticket") else None
