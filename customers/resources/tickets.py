"""What ticket files hold: columns of Houtai, Zendesk, Zammad, Odoo, New York's 311 and of utterances collected for training."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports import values
from backoffice.imports.cells import CellReader, Problems, Values, warning
from backoffice.imports.mapping import Mapping
from backoffice.resources import ChoiceColumn, CodeColumn, Column, DateColumn, ListColumn, TextColumn
from customers.masking import PERMISSION
from customers.models import Message, Queue, Ticket, TicketEvent
from customers.resources import talks
from customers.resources.layouts import LAYOUTS
from customers.services import assignable, clean_tags, default_queue, normalize_email, one_line
from customers.services.mail.formatted import is_html, text_of_html
from customers.services.upsert import correct_events, upsert_tickets

MESSAGES = talks.MESSAGES
NOT_KEPT = gettext_lazy("not kept")
SUBJECT = 100  # characters of a subject that is made of the text
STATUS = {
    **dict.fromkeys(["new", "unassigned", "created", "submitted", "新建", "待受理", "未处理"], "new"),
    **dict.fromkeys(["open", "in progress", "assigned", "started", "reopened", "working", "active", "处理中", "进行中", "已受理"], "open"),
    **dict.fromkeys(
        ["pending", "pending reminder", "pending close", "waiting", "waiting for the customer", "waiting on customer", "snoozed", "待回复", "等待客户"],
        "pending",
    ),
    **dict.fromkeys(["on_hold", "on hold", "on-hold", "hold", "挂起", "暂停"], "on_hold"),
    **dict.fromkeys(["solved", "resolved", "done", "completed", "已解决", "已完成"], "solved"),
    **dict.fromkeys(["closed", "archived", "cancelled", "canceled", "merged", "已关闭", "关闭"], "closed"),
    **dict.fromkeys(["spam", "垃圾"], "spam"),
}  # fmt: skip
PRIORITY = {
    **dict.fromkeys(["1", "low", "1 low", "低"], 1),
    **dict.fromkeys(["2", "normal", "2 normal", "medium", "not_priority", "0", "-", "中", "普通", "一般"], 2),
    **dict.fromkeys(["3", "high", "3 high", "priority", "高"], 3),
    **dict.fromkeys(["4", "urgent", "critical", "4 urgent", "紧急"], 4),
}
FRESHDESK = {"2": "open", "3": "pending", "4": "solved", "5": "closed", "6": "pending", "7": "on_hold"}
CHANNEL = {
    **dict.fromkeys(["mail", "email", "e-mail", "邮件"], "mail"),
    **dict.fromkeys(["form", "web", "web form", "webform", "web service", "表单", "网页"], "form"),
    **dict.fromkeys(["staff", "phone", "chat", "agent", "closed ticket", "客服", "电话"], "staff"),
    **dict.fromkeys(["api", "mobile"], "api"),
}


class WordsColumn(ListColumn):
    """Tags between commas, or between blanks where there is no comma."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return super().read(text if "," in text else text.replace(" ", ","), decimal)


class OneOfManyColumn(TextColumn):
    many = True


class DueColumn(DateColumn):
    """A day, also where other systems write a moment."""

    def value(self, text: str) -> Any:
        found = values.moment(text, self.order) if ":" in text else super().value(text)
        return timezone.localdate(found, timezone.get_default_timezone()) if isinstance(found, datetime) else found


class AddressColumn(TextColumn):
    """An e-mail address in its one form."""

    kind = gettext_lazy("e-mail")

    def read(self, text: str, decimal: str = ".") -> Any:
        return normalize_email(super().read(text, decimal))


@resources.register
class TicketResource(resources.BaseResource):
    """Tickets with their first message, or with all their messages: the history of another system, known by the number it gave.

    A file of messages has a row for each: a CSV file that names the ticket, who speaks and the text, or conversations in JSON.
    Nothing is mailed. A new ticket without a status is solved where an agent has the last word, open where the customer has
    it after an answer, else new. Notes and what agents did are internal notes; names of agents who have no account here stay
    with their answers. A message that came once is known by its number, or by its place in the ticket, and never changed.
    """

    key = "tickets"
    label = gettext_lazy("Tickets")
    permission = "customers.change_ticket"
    service = staticmethod(upsert_tickets)
    needs = (("subject", "text", "number", "message_text"),)
    called = ("工单",)
    models = (TicketEvent, Message, Ticket)
    lifted = ("customers.TicketEvent:append_only", "customers.Ticket:legal_transitions")

    number = CodeColumn(
        gettext_lazy("Number"),
        max_length=40,
        blank="keep",
        help=gettext_lazy("Houtai's own number; blank for a new ticket."),
    )
    source = TextColumn(
        gettext_lazy("System"), aliases=["Source system", "来源系统"], max_length=40, blank="keep",
        help=gettext_lazy("Where the tickets come from; numbers are unique in each system."), example="Zendesk",
    )  # fmt: skip
    source_number = CodeColumn(
        gettext_lazy("Number there"),
        aliases=["ID", "Ticket ID", "Ticket number", "Ticket #", "Ticket", "External ID", "Unique Key", "Case number", "Request ID", "Chat ID", "Session ID",
                 "工单编号", "工单号"],
        max_length=100,
        blank="keep",
        help=gettext_lazy("Names the ticket when the file comes again. Without one the content does."),
        example="10023",
    )  # fmt: skip
    subject = TextColumn(
        gettext_lazy("Subject"), aliases=["Title", "Summary", "Complaint Type", "Issue", "Topic", "标题", "主题"], max_length=300, blank="keep",
        help=gettext_lazy("Without one the text begins with it."), example="Where is my parcel?",
    )  # fmt: skip
    text = Column(
        gettext_lazy("Text"),
        aliases=[
            "Description",
            "Body",
            "Message",
            "Comment",
            "Descriptor",
            "utterance",
            "Details",
            "Transcript",
            "Chat transcript",
            "内容",
            "描述",
            "问题描述",
        ],
        blank="keep",
        permission=MESSAGES,
        help=gettext_lazy("The first message. It is written once and never changed."),
        example="It has not come.",
    )
    requester_name = TextColumn(
        gettext_lazy("Asked by"), aliases=["Requester", "Requester name", "Customer name", "Contact name", "Customer", "Visitor name", "客户", "客户姓名"],
        max_length=200, blank="keep", permission=PERMISSION,
    )  # fmt: skip
    requester_email = AddressColumn(
        gettext_lazy("E-mail"), aliases=["Requester email", "Email", "Customer email", "Visitor email", "From", "邮箱", "客户邮箱"],
        max_length=254, blank="keep", permission=PERMISSION, example="jane@example.com",
        help=gettext_lazy("The customer who has this address gets the ticket."),
    )  # fmt: skip
    status = ChoiceColumn(
        gettext_lazy("Status"), aliases=["State", "Ticket status", "状态"], words=STATUS, blank="keep", example="solved"
    )
    status_code = ChoiceColumn(
        gettext_lazy("Status as a number"), system="Freshdesk", words=FRESHDESK, blank="keep",
        help=gettext_lazy("2 open, 3 and 6 pending, 4 solved, 5 closed, 7 on hold."), example="4",
    )  # fmt: skip
    priority = ChoiceColumn(
        gettext_lazy("Priority"), aliases=["优先级"], words=PRIORITY, blank="keep", example="normal"
    )
    queue = TextColumn(
        gettext_lazy("Queue"), aliases=["Group", "Team", "Helpdesk Team", "Department", "队列", "分组", "部门"], max_length=120, blank="keep",
        help=gettext_lazy("Its code or name; without one the default queue."), example="support",
    )  # fmt: skip
    assignee = TextColumn(
        gettext_lazy("Assignee"), aliases=["Assignee email", "Assigned to", "Owner", "Agent", "负责人", "处理人"], max_length=254, blank="keep",
        help=gettext_lazy("E-mail address of a person who answers tickets in this queue."),
    )  # fmt: skip
    channel = ChoiceColumn(gettext_lazy("Channel"), aliases=["Via", "渠道", "来源"], words=CHANNEL, blank="keep")
    about = CodeColumn(
        gettext_lazy("About"), aliases=["Order", "Order number", "Reference", "订单号"], max_length=60, blank="keep",
        help=gettext_lazy("Number of an order or another document."),
    )  # fmt: skip
    language = TextColumn(gettext_lazy("Language"), aliases=["Locale", "语言"], blank="keep")
    tags = WordsColumn(gettext_lazy("Tags"), aliases=["Ticket tags", "Labels", "标签"], max_length=120, blank="keep")
    tag = OneOfManyColumn(gettext_lazy("Single tag"), aliases=["Intent"], system="Bitext", max_length=120, blank="keep")
    created_at = talks.MomentColumn(
        gettext_lazy("Created"), aliases=["Created at", "Created date", "Creation date", "Created on", "Opened", "Start time", "Started at", "创建时间", "提交时间"],
        blank="keep", example="2026-03-31 14:05",
    )  # fmt: skip
    solved_at = talks.MomentColumn(
        gettext_lazy("Closed"),
        aliases=[
            "Solved at",
            "Closed at",
            "Closed date",
            "Close date",
            "close_at",
            "Resolved at",
            "Resolution date",
            "关闭时间",
            "解决时间",
        ],
        blank="keep",
    )

    due_on = DueColumn(
        gettext_lazy("Due"), aliases=["Due date", "Due at", "Due", "Deadline", "截止日期", "到期日"], blank="keep", example="2026-04-03",
        help=gettext_lazy("The day; a time of the day in the cell is left out."),
    )  # fmt: skip

    message_text, message_by, message_name, message_email = talks.TEXT, talks.BY, talks.NAME, talks.EMAIL
    message_kind, message_at, message_id, message_place = talks.KIND, talks.AT, talks.KEY, talks.PLACE
    requester_id = talks.REQUESTER
    message_public, message_private, message_incoming = talks.PUBLIC, talks.PRIVATE, talks.INCOMING

    ignored = dict.fromkeys(
        [
            "Summation column", "Requester id", "Requester external id", "Requester domain", "Submitter", "Ticket type", "Updated at",
            "Assigned at", "Organization", "Initially assigned at", "Resolution time", "Satisfaction Score", "Group stations",
            "Assignee stations", "Reopens", "Replies", "First reply time in minutes", "Agency", "Agency Name", "Location Type",
            "Incident Zip", "Incident Address", "Street Name", "Cross Street 1", "Cross Street 2", "Intersection Street 1",
            "Intersection Street 2", "Address Type", "City", "Landmark", "Facility Type", "Resolution Action Updated Date",
            "Community Board", "Borough", "X Coordinate (State Plane)", "Y Coordinate (State Plane)", "Park Facility Name", "Park Borough",
            "Latitude", "Longitude", "Location", "Stage", "Last message", "messages.html_body",
        ],
        NOT_KEPT,
    )  # fmt: skip

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        name, renames = next(
            ((name, renames) for name, (signs, renames) in LAYOUTS.items() if signs <= set(headers)), ("", {})
        )
        return name, talks.headers_of_messages(headers) | renames

    def staged(
        self, rows: Iterator[tuple[int, list[str]]], mapping: Any
    ) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
        reader = TicketRows(mapping, self.columns())
        return reader.names, reader.read(rows)

    def settle(self, run: Any, *, backwards: bool) -> None:
        correct_events(run.number)

    def export_queryset(self, where: dict[str, str]) -> Any:
        first = Message.objects.filter(ticket=OuterRef("pk")).order_by("created_at", "pk")
        conditions = {LOOKUPS.get(name, name): value for name, value in where.items()}
        rows = Ticket.objects.annotate(
            text=Subquery(first.values("body")[:1]), queue_slug=F("queue__slug"), assignee_email=F("assignee__email")
        )
        return rows.filter(**conditions).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            column for column in EXPORT if user is None or not column.permission or user.has_perm(column.permission)
        ]


class TicketRows:
    """Reads the rows of one file. `names` are the staged columns it gives."""

    STAGED = (
        "number", "source", "source_number", "subject", "status", "priority", "queue", "assignee", "channel", "about", "language",
        "tags", "requester_name", "requester_email", "created_at", "solved_at", "due_on", "text",
    )  # fmt: skip
    OPTIONAL = (
        "priority",
        "channel",
        "about",
        "language",
        "tags",
        "requester_name",
        "requester_email",
        "created_at",
        "due_on",
        "text",
    )

    def __init__(self, mapping: Mapping, columns: dict[str, Column]) -> None:
        self.mapping = mapping
        self.columns = columns
        self.used = {match.target for match in mapping.used}
        if "tag" in self.used:
            self.used.add("tags")
        self.people = _people()
        self.talk = talks.TalkReader(self.people) if "message_text" in self.used else None
        if self.talk:
            self.used |= {"created_at"}
        self.names = tuple(name for name in self.STAGED if name not in self.OPTIONAL or name in self.used)
        if self.talk:
            self.names += self.talk.NAMES
        self.queues = {
            key.lower(): queue.slug
            for queue in Queue.objects.all()
            for key in (queue.name_zh, queue.name, queue.slug)
            if key
        }
        self.default = default_queue().slug
        self.seen: Counter[str] = Counter()

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
        reader = CellReader(self.mapping, self.columns, pads=self.mapping.pads)
        nothing = (None,) * len(self.names)
        for number, found, problems in reader.read(rows):
            if found is None:
                yield (number, problems, *nothing)
                continue
            made = self._row(found, problems)
            yield (number, problems or None, *(made[name] for name in self.names))

    def _row(self, found: Values, problems: Problems) -> dict[str, Any]:
        made: dict[str, Any] = {name: found.get(name) for name in self.names}
        if self.talk:
            made |= self.talk.read(found, problems)
        text = (found.get("text") or "").strip()
        made["text"] = text = text_of_html(text) if self.talk and is_html(text) else text
        made["number"] = (found.get("number") or "").upper()
        made["subject"] = one_line(found.get("subject") or "") or one_line(text)[:SUBJECT]
        made["about"] = (found.get("about") or "").upper()
        made["tags"] = (
            clean_tags([*(found.get("tags") or []), *(tag for _parts, tag in found.get("tag") or [])]) or None
        )
        made["requester_name"] = one_line(found.get("requester_name") or "")
        made["language"] = (
            "zh-hans"
            if (found.get("language") or "").lower().startswith(("zh", "中", "简"))
            else "en"
            if found.get("language")
            else ""
        )
        if made.get("status") is None:
            made["status"] = found.get("status_code") or ("closed" if found.get("solved_at") else "")
        queue = found.get("queue") or ""
        made["queue"] = self.queues.get(queue.lower(), queue)
        made["assignee"] = self._assignee(found.get("assignee") or "", made["queue"] or self.default, problems)
        made["source_number"] = found.get("source_number") or ""
        made["source"] = found.get("source") or ""
        if self.talk and self.talk.identify(made, found):
            return made
        made["source_number"] = made["source_number"] or ("" if made["number"] else self._digest(made))
        if made["source_number"] and not made["source"]:
            made["source"] = self.mapping.layout or ("" if self.talk else "import")
        if self.talk:
            self.talk.lead = {name: made[name] for name in self.talk.lead}
        return made

    def _assignee(self, text: str, queue: str, problems: Problems) -> str:
        """The address of a person who may answer here; the ticket of somebody who left waits in its queue."""
        if text in ("", "-"):
            return ""
        email, queues = self.people.get(text.lower(), ("", None))
        if email and (queues is None or queue in queues):
            return email
        sentence = _("Nobody of this name answers tickets in the queue %(queue)s; it is left unassigned.") % {
            "queue": queue
        }
        problems.append(warning("assignee", text, sentence))
        return ""

    def _digest(self, made: dict[str, Any]) -> str:
        """What names a ticket to which its system gave no number: its content."""
        names = ["subject", "text", "requester_email", "created_at", *(["turn_text"] if self.talk else [])]
        parts = [str(made.get(name) or "") for name in names]
        if not any(parts):
            return ""
        digest = hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]
        self.seen[digest] += 1  # people do write the very same twice
        return f"#{digest}" if self.seen[digest] == 1 else f"#{digest}-{self.seen[digest]}"


def _people() -> dict[str, tuple[str, set[str] | None]]:
    """E-mail address or name -> address, and the queues to which the person is confined."""
    people = list(assignable().prefetch_related("scopes"))
    named = Counter(person.name.lower() for person in people)
    found = {
        person.name.lower(): (person.email, person.scope("queue"))
        for person in people
        if named[person.name.lower()] == 1
    }
    return found | {person.email.lower(): (person.email, person.scope("queue")) for person in people}


LOOKUPS = {
    "queue": "queue__slug",
    "assignee": "assignee__email__iexact",
    "customer": "customer__number",
    "tag": "tags__contains",
}


def _column(name: str, accessor: str = "", **kwargs: Any) -> ExportColumn:
    column = TicketResource.fields[name]
    return ExportColumn(
        accessor or name, name, personal=column.permission == PERMISSION, permission=column.permission, **kwargs
    )


EXPORT = [
    *(_column(name) for name in ("number", "source", "source_number", "subject", "status")),
    _column("priority", kind="number"),
    _column("queue", "queue_slug"),
    _column("assignee", "assignee_email"),
    *(_column(name) for name in ("channel", "about", "language")),
    _column("tags", get=lambda ticket: ", ".join(ticket.tags)),
    *(_column(name) for name in ("requester_name", "requester_email")),
    *(_column(name, kind="datetime") for name in ("created_at", "solved_at")),
    _column("due_on", kind="date"),
    _column("text"),
]
