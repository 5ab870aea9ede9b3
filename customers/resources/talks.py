"""Messages of tickets in files: a row each, of conversations in JSON and of what helpdesks write beside their tickets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.imports.cells import Problems, Values, warning
from backoffice.imports.mapping import simplify
from backoffice.resources import BooleanColumn, CodeColumn, Column, DateTimeColumn, TextColumn, WholeColumn
from customers.masking import PERMISSION
from customers.services import normalize_email, one_line
from customers.services.mail.formatted import is_html, text_of_html

COUNTED = re.compile(r"[1-9]\d{9}(\.\d{1,6})?|[1-9]\d{12}")
MESSAGES = "customers.view_message"
SYSTEM = gettext_lazy("conversations")
KINDS = {
    **dict.fromkeys(
        ["customer", "user", "client", "visitor", "end user", "end-user", "enduser", "requester", "contact", "lead", "consumer", "buyer",
         "caller", "guest", "human", "incoming", "inbound", "received", "客户", "买家", "用户", "顾客"],
        "customer",
    ),
    **dict.fromkeys(
        ["agent", "admin", "assistant", "bot", "support", "staff", "operator", "representative", "rep", "advisor", "teammate", "employee",
         "reply", "outgoing", "message", "gpt", "model", "outbound", "sent", "客服", "坐席", "管理员"],
        "reply",
    ),
    **dict.fromkeys(["action", "note", "internal", "internal note", "private", "event", "log", "lineitem", "备注", "内部"], "note"),
    **dict.fromkeys(["system", "系统"], "system"),
}  # fmt: skip
# Headers that together tell a file of messages, and what each is there. The first of a group counts.
NUMBERS = ("ticket id", "conversation id", "convo id", "dialogue id", "dialog id", "chat id", "thread id", "session id", "case id",
           "ticket number", "case number", "ticket", "conversation", "工单编号", "工单号", "会话编号")  # fmt: skip
ROLES = (
    "speaker",
    "role",
    "author role",
    "author type",
    "sender type",
    "speaker role",
    "user type",
    "direction",
    "发言人",
    "角色",
)
PEOPLE = (
    "author",
    "sender",
    "from",
    "author name",
    "sender name",
    "author id",
    "sender id",
    "user id",
    "user",
    "agent",
    "发送者",
)
TEXTS = (
    "text",
    "body",
    "plain body",
    "body text",
    "message",
    "message text",
    "content",
    "utterance",
    "comment",
    "内容",
    "消息",
)
TIMES = (
    "created at",
    "sent at",
    "timestamp",
    "message time",
    "time",
    "date",
    "created",
    "datetime",
    "时间",
    "发送时间",
)
OWN = ("message id", "comment id", "id", "turn id", "消息编号")
PLACES = ("position", "turn", "turn number", "turn count", "sequence", "seq", "message number", "序号")
GROUPS = {
    "source_number": NUMBERS, "message_by": ROLES, "message_text": TEXTS, "message_at": TIMES, "message_id": OWN,
    "message_place": PLACES,
}  # fmt: skip
FURTHER = {
    "author email": "message_email", "sender email": "message_email", "from email": "message_email",
    "author name": "message_name", "sender name": "message_name", "public": "message_public", "is public": "message_public",
    "message type": "message_kind", "private": "message_private", "internal": "message_private", "is private": "message_private", "is internal": "message_private",
    "incoming": "message_incoming", "inbound": "message_incoming", "is incoming": "message_incoming",
}  # fmt: skip
SINGLE = frozenset(["subject", "title", "summary", "complaint type", "标题", "主题"])  # what files of tickets have


class MomentColumn(DateTimeColumn):
    """A moment, also as programs count it: in seconds, or thousandths of one, since 1970."""

    def value(self, text: str) -> Any:
        if COUNTED.fullmatch(text.strip()):
            seconds = Decimal(text.strip()) / (1000 if len(text.strip()) == 13 else 1)
            return datetime.fromtimestamp(float(seconds), UTC)
        return super().value(text)


def _of_turn(*names: str) -> list[str]:
    return [f"messages.{name}" for name in names]


TEXT = Column(
    gettext_lazy("Text of a message"), system=SYSTEM, blank="keep", permission=MESSAGES,
    aliases=_of_turn("text", "plain_body", "body_text", "body", "content", "message", "utterance", "comment"),
    help=gettext_lazy("Each row is a message then; the first row of a ticket says what the ticket is."), example="Hello!",
)  # fmt: skip
BY = TextColumn(
    gettext_lazy("Who speaks"), system=SYSTEM, blank="keep", max_length=254, permission=MESSAGES, example="agent",
    aliases=_of_turn("speaker", "role", "author.type", "author_type", "author.role", "author.user_type", "user_type", "sender_type", "sender",
                     "direction", "author_id", "sender_id", "user_id", "author.id", "user.id", "author", "from", "user"),
    help=gettext_lazy("customer or agent; action, and system where others answer or note, become notes; else the name, address or number of somebody: "
                      "whoever asked, or speaks first, is the customer, others answer."),
)  # fmt: skip
NAME = TextColumn(
    gettext_lazy("Name of who speaks"), system=SYSTEM, blank="keep", max_length=200, permission=PERMISSION,
    aliases=_of_turn("author_name", "author.name", "sender_name", "sender.name", "user.name", "from.name"),
)  # fmt: skip
EMAIL = TextColumn(
    gettext_lazy("E-mail of who speaks"), system=SYSTEM, blank="keep", max_length=254, permission=PERMISSION,
    aliases=_of_turn("author_email", "author.email", "sender_email", "sender.email", "user.email", "from_email", "from.email"),
)  # fmt: skip
KIND = TextColumn(
    gettext_lazy("Kind of a message there"), system=SYSTEM, blank="keep", max_length=100,
    aliases=_of_turn("type", "part_type", "message_type", "kind"),
    help=gettext_lazy("note, internal, action and system make it an internal note."),
)  # fmt: skip
AT = MomentColumn(
    gettext_lazy("Time of a message"), system=SYSTEM, blank="keep",
    aliases=_of_turn("created_at", "created", "timestamp", "time", "at", "sent_at", "date"),
    help=gettext_lazy("Without one the messages keep the order of the file."), example="2026-03-31 14:05",
)  # fmt: skip
PUBLIC = BooleanColumn(
    gettext_lazy("Message is public"), system=SYSTEM, aliases=_of_turn("public", "is_public"),
    help=gettext_lazy("No makes it an internal note."),
)  # fmt: skip
PRIVATE = BooleanColumn(
    gettext_lazy("Message is internal"), system=SYSTEM, aliases=_of_turn("private", "internal", "is_private", "is_internal"),
    help=gettext_lazy("Yes makes it an internal note."),
)  # fmt: skip
INCOMING = BooleanColumn(
    gettext_lazy("Message came in"), system=SYSTEM, aliases=_of_turn("incoming", "inbound", "is_incoming"),
    help=gettext_lazy("Yes: from the customer; no: an answer."),
)  # fmt: skip
KEY = CodeColumn(
    gettext_lazy("Number of a message there"), system=SYSTEM, blank="keep", max_length=100, aliases=_of_turn("id", "message_id"),
    help=gettext_lazy("Names the message when the file comes again. Without one its place in the ticket does."),
)  # fmt: skip
PLACE = WholeColumn(
    gettext_lazy("Place of a message"), system=SYSTEM, blank="keep", minimum=1, aliases=_of_turn("position"),
    help=gettext_lazy("Counted from 1 in each ticket. Without it rows are counted."),
)  # fmt: skip
REQUESTER = CodeColumn(
    gettext_lazy("Number of the requester there"), system=SYSTEM, blank="keep", max_length=100, permission=PERMISSION,
    help=gettext_lazy("Messages of this number are the customer's."),
)  # fmt: skip


def headers_of_messages(headers: Sequence[str]) -> dict[str, str]:
    """What simplified headers are in a file of messages, empty where it is none: header -> column."""
    given = set(headers)
    if "messages position" in given:
        return {"requester id": "requester_id"} | _of_objects(given)
    found = {target: next((one for one in group if one in given), "") for target, group in GROUPS.items()}
    if not found["message_by"] and not given & SINGLE:
        found["message_by"] = next((one for one in PEOPLE if one in given), "")
    if not (
        found["source_number"] and found["message_text"] and (found["message_by"] or given & {"incoming", "inbound"})
    ):
        return {}
    if given & SINGLE and not given & {*ROLES, "incoming", "inbound"}:
        return {}
    return FURTHER | {header: target for target, header in found.items() if header}


def _address(text: str) -> str:
    """The e-mail address in its one form, "" for what is none."""
    try:
        return normalize_email(text) if "@" in text else ""
    except ValidationError:
        return ""


def _of_objects(given: set[str]) -> dict[str, str]:
    """Of several columns that say the same of a turn, the one that says it best."""
    number = "" if "id" in given else next((one for one in NUMBERS if one in given), "")
    found = {number: "source_number"} if number else {}
    for target, column in (("message_by", BY), ("message_text", TEXT)):
        names = dict.fromkeys(simplify(alias) for alias in column.aliases)
        best, *others = [name for name in names if name in given] or [""]
        found |= {best: target} | dict.fromkeys(others, "")
    named = next((name for name in ("messages author", "messages from", "messages user") if found.get(name) == ""), "")
    return {name: target for name, target in found.items() if name} | ({named: "message_name"} if named else {})


class TalkReader:
    """Makes of the cells of a row what it says of a message. `names` are the staged columns it gives."""

    NAMES = (
        "turn_kind", "turn_who", "turn_name", "turn_email", "turn_author", "turn_at", "turn_key", "turn_place", "turn_text", "requester_id",
    )  # fmt: skip

    def __init__(self, people: Mapping[str, tuple[str, Any]]) -> None:
        self.people = people
        self.lead: dict[str, Any] = {}

    def read(self, found: Values, problems: Problems) -> dict[str, Any]:
        text = (found.get("message_text") or "").replace("\r\n", "\n").strip()
        if not text and not found.get("text"):
            problems.append(warning("message_text", "", _("The row has no text; no message is made of it.")))
        who = one_line(found.get("message_by") or "")
        name = one_line(found.get("message_name") or "")
        email = _address(found.get("message_email") or "") or _address(who)
        kind = KINDS.get(who.lower().replace("_", " "), "")
        return {
            "turn_kind": self._kind(found, kind),
            "turn_who": "" if kind else (who or email or name).lower(),
            "turn_name": name or ("" if kind or who.isdecimal() or "@" in who else who),
            "turn_email": email,
            "turn_author": next(
                (self.people[one][0] for one in (email, name.lower(), who.lower()) if one in self.people), ""
            ),
            "turn_at": found.get("message_at"),
            "turn_key": found.get("message_id") or "",
            "turn_place": found.get("message_place"),
            "turn_text": text_of_html(text) if is_html(text) else text,
            "requester_id": (found.get("requester_id") or "").lower(),
        }

    def _kind(self, found: Values, spoken: str) -> str:
        is_note = KINDS.get((found.get("message_kind") or "").lower()) in ("note", "system")
        if is_note or found.get("message_public") is False or found.get("message_private"):
            return "note"
        if found.get("message_incoming") is not None:
            return "customer" if found["message_incoming"] else "reply"
        return spoken

    def identify(self, made: dict[str, Any], found: Values) -> bool:
        """Give a row that names no ticket the one of the rows above; whether it goes on with that one.

        A place of 1 begins another conversation, and without places a row that says something of a ticket does.
        """
        named = {name: made[name] for name in ("number", "source", "source_number")}
        place = found.get("message_place")
        begins = place == 1 if place is not None else not self.lead or bool(found.get("subject"))
        if named["number"] or named["source_number"] or begins:
            self.lead = named
            return False
        made.update(self.lead)
        return True
