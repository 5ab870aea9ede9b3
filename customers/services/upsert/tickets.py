"""Many tickets at once: history of another system. No mail goes out and nothing waits for an answer because of it."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.db import connection
from django.utils.translation import gettext_lazy

from backoffice import context
from backoffice.imports.batch import Staged
from backoffice.imports.tables import Lookup, TableBatch
from backoffice.models import User
from backoffice.numbering import sequence_name
from customers.models import TICKET_TRANSITIONS, Queue, Ticket, TicketStatus
from customers.services.suppression import in_database

SEQUENCE = sequence_name("TK")
OWN_NUMBER = "^TK-[1-9][0-9]{0,8}$"
SOLVED = "('solved', 'closed')"
DEFAULT_QUEUE = "(SELECT q.id FROM customers_queue q WHERE q.is_active ORDER BY q.is_default DESC, q.id LIMIT 1)"
STATES = """(VALUES ('status', {0}.status::text), ('priority', {0}.priority::text), ('assignee', coalesce({0}.assignee_id::text, '')),
                    ('tags', array_to_string({0}.tags, ', ')), ('due_on', coalesce({0}.due_on::text, '')), ('subject', {0}.subject::text),
                    ('queue', (SELECT q.slug FROM customers_queue q WHERE q.id = {0}.queue_id)))"""


def _second(name: str) -> str:
    """Files tell times to the second: the stored fractions of one stay."""
    same = f"date_trunc('second', t.{name}) = date_trunc('second', s.{name})"
    return f"CASE WHEN {same} THEN t.{name} ELSE coalesce(s.{name}, t.{name}) END"


def ways() -> Iterator[tuple[str, str, int, str, str]]:
    """How a status becomes another, as an import sets it: (from, to, step, from, to); the shortest way, never by a merge."""
    for old in TicketStatus.values:
        found: dict[str, list[str]] = {old: [old]}
        waiting = [old]
        while waiting:
            at = waiting.pop(0)
            for then in sorted(TICKET_TRANSITIONS.get(TicketStatus(at), set())):
                if then not in found and then != TicketStatus.MERGED:
                    found[then] = [*found[at], then]
                    waiting.append(then)
        for new, path in found.items():
            for step in range(1, len(path)):
                yield old, new, step, path[step - 1], path[step]


WAYS = ", ".join(f"('{old}', '{new}', {step}, '{at}', '{then}')" for old, new, step, at, then in ways())
LONGEST = max(step for _old, _new, step, _at, _then in ways())


class TicketBatch(TableBatch):
    """A row is about the ticket of its number, else about that of the number which its system gave it."""

    resource = "tickets"
    model = Ticket
    key = ("number",)
    names = (
        "number", "source", "source_number", "subject", "status", "priority", "queue", "assignee", "channel", "about", "language",
        "tags", "requester_name", "requester_email", "created_at", "solved_at", "due_on",
    )  # fmt: skip
    lookups = {"queue": Lookup(Queue, "slug", "lower"), "assignee": Lookup(User, "email", "lower")}
    keeps = frozenset(
        ["source", "source_number", "assignee", "about", "requester_name", "requester_email", "solved_at", "due_on"]
    )
    rules: ClassVar[Mapping[str, Staged]] = {
        "queue": Staged(
            "text", "", "coalesce(l_queue.id, t.queue_id)", f"coalesce(l_queue.id, {DEFAULT_QUEUE})", "queue_id"
        ),
        "created_at": Staged("timestamptz", "", _second("created_at"), "coalesce(s.created_at, now())"),
        "solved_at": Staged(
            "timestamptz",
            "",
            f"CASE WHEN coalesce(nullif(s.status, ''), t.status) IN {SOLVED} THEN coalesce({_second('solved_at')}, now()) END",
            f"CASE WHEN s.status IN {SOLVED} THEN coalesce(s.solved_at, s.created_at, now()) END",
        ),
    }
    extra: ClassVar[Mapping[str, Staged]] = {"text": Staged("text"), "is_drawn": Staged("bool")}
    tables: ClassVar[tuple[str, ...]] = ("import_record", "import_move")
    messages = {
        "number_unknown": gettext_lazy("There is no ticket %(number)s. Leave the cell blank to create one."),
        "number_kept": gettext_lazy("There is no ticket %(number)s; the new one gets this number."),
        "status_illegal": gettext_lazy("A ticket that is “%(old)s” cannot become “%(new)s”."),
        "text_kept": gettext_lazy("The first message has another text here, and stays: messages are never changed."),
        "suppressed": gettext_lazy(
            "%(value)s belongs to somebody whose data were erased on %(day)s (%(erasure)s). It is not taken in again."
        ),
        "queue_foreign": gettext_lazy("You may not bring tickets into the queue %(queue)s."),
    }

    def stage(self, rows: Any) -> None:
        super().stage(rows)
        self._identify()

    def _identify(self) -> None:
        """Give each row the number of its ticket: the one it names, that of its system's number, or a new one."""
        self.run(
            f"""UPDATE import_stage s SET number = t.number FROM customers_ticket t
                WHERE coalesce(s.number, '') = '' AND s.source_number <> '' AND t.source_number <> ''
                  AND t.source = s.source AND upper(t.source_number) = upper(s.source_number) AND {self.is_head}"""
        )
        new = "'#' || row" if self.dry_run else f"'TK-' || nextval('{SEQUENCE}')"
        self.run(
            f"UPDATE import_stage s SET number = {new}, is_drawn = true WHERE coalesce(number, '') = '' AND {self.is_head}"
        )

    def compare(self) -> None:
        super().compare()
        self.run(
            """UPDATE import_record SET last_message_at = created_at,
                      token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') WHERE is_new"""
        )
        self.run(
            """UPDATE import_record r SET customer_id = c.customer_id FROM customers_contactpoint c
               WHERE r.is_new AND r.requester_email <> '' AND c.kind = 'email' AND c.normalized = r.requester_email AND c.ended_at IS NULL"""
        )
        self.run(
            """CREATE TEMP TABLE import_move ON COMMIT DROP AS
               SELECT r.row, r.id, t.status AS old, r.status AS new FROM import_record r JOIN customers_ticket t ON t.id = r.id
               WHERE r.changed AND t.status <> r.status"""
        )

    def find_problems(self) -> None:
        super().find_problems()
        given = "FROM import_record r JOIN import_stage s ON s.row = r.row WHERE r.is_new AND s.is_drawn IS NULL"
        number = f"SELECT r.row, 'number', s.number, jsonb_build_object('number', s.number) {given}"
        self.told("number_unknown", f"{number} AND s.number !~ '{OWN_NUMBER}'")
        self.problem("number_kept", f"{number} AND s.number ~ '{OWN_NUMBER}'", error=False)
        self._check_erased()
        labels = " ".join(f"WHEN '{value}' THEN %s" for value in TicketStatus.values)
        self.told(
            "status_illegal",
            f"""SELECT m.row, 'status', m.new, jsonb_build_object('old', CASE m.old {labels} END, 'new', CASE m.new {labels} END)
                FROM import_move m WHERE NOT EXISTS (SELECT 1 FROM (VALUES {WAYS}) w(old, new) WHERE (w.old, w.new) = (m.old, m.new))""",
            [str(label) for label in TicketStatus.labels] * 2,
        )
        scope, params = self.visible(Queue.objects, "in_scope")
        if scope:
            self.told(
                "queue_foreign",
                f"""SELECT r.row, 'queue', q.slug, jsonb_build_object('queue', q.slug) FROM import_record r
                    JOIN customers_queue q ON q.id = r.queue_id WHERE r.is_new AND r.queue_id NOT IN ({scope})""",
                params,
            )
        if "text" in self.present:
            self.problem(
                "text_kept",
                """SELECT r.row, 'text', s.text, '{}'::jsonb FROM import_record r JOIN import_stage s ON s.row = r.row AND s.text <> ''
                   JOIN LATERAL (SELECT m.body FROM customers_message m WHERE m.ticket_id = r.id ORDER BY m.created_at, m.id LIMIT 1) m
                     ON m.body <> s.text WHERE NOT r.is_new""",
                error=False,
            )

    def _check_erased(self) -> None:
        """Nobody whose data were erased comes back by a ticket, unless somebody has the address now."""
        digests, pads = in_database("r.requester_email")
        self.problem(
            "suppressed",
            f"""SELECT r.row, 'requester_email', r.requester_email,
                       jsonb_build_object('value', r.requester_email, 'day', s.created_at::date, 'erasure', e.number)
                FROM import_record r JOIN customers_suppression s ON s.digest = ANY({digests})
                JOIN customers_erasure e ON e.id = s.erasure_id
                WHERE r.requester_email <> '' AND (r.is_new OR r.changed) AND NOT EXISTS (
                    SELECT FROM customers_contactpoint c WHERE c.kind = 'email' AND c.normalized = r.requester_email AND c.ended_at IS NULL)""",
            pads,
        )

    def record(self) -> str:
        return "CASE WHEN s.is_drawn THEN coalesce(nullif(s.source_number, ''), s.number) ELSE s.number END"

    def write(self) -> None:
        for table in ("import_record", "import_move"):
            self.run(f"DELETE FROM {table} r USING import_refused f WHERE f.row = r.row")
        self.lock(self.table, "import_record")
        by, reason = (self.by.pk if self.by else None), str(context.current().get("run", ""))
        self._tell_changes(by, reason)
        for step in range(1, LONGEST):
            self.run(
                f"""UPDATE customers_ticket t SET status = w.then FROM import_move m JOIN (VALUES {WAYS}) w(old, new, step, at, "then")
                    ON (w.old, w.new, w.step) = (m.old, m.new, {step}) WHERE t.id = m.id AND w.then <> m.new"""
            )
        super().write()
        self._write_openings(by, reason)
        self.run(
            "SELECT customers_follow_promises(array_agg(id ORDER BY id), now()) FROM import_record WHERE changed AND NOT is_new"
        )
        if any(name == "number" for name in self.columns):
            self.run(
                f"""SELECT setval('{SEQUENCE}', g.most) FROM (
                        SELECT max(substr(s.number, 4)::bigint) AS most FROM import_record r JOIN import_stage s ON s.row = r.row
                        WHERE r.is_new AND s.is_drawn IS NULL
                    ) g WHERE g.most > (SELECT last_value FROM {SEQUENCE})"""
            )

    def _tell_changes(self, by: int | None, reason: str) -> None:
        """An event for each state that changes, and for each step of a status."""
        self.run(
            f"""INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
                SELECT m.id, now(), %s::bigint, 'status', w.at, w.then, %s FROM import_move m
                JOIN (VALUES {WAYS}) w(old, new, step, at, "then") ON (w.old, w.new) = (m.old, m.new) ORDER BY m.row, w.step""",
            [by, reason],
        )
        self.run(
            f"""INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
                SELECT r.id, now(), %s::bigint, o.field, o.value, n.value, %s FROM import_record r JOIN customers_ticket t ON t.id = r.id,
                LATERAL {STATES.format("t")} o(field, value) JOIN LATERAL {STATES.format("r")} n(field, value) USING (field)
                WHERE r.changed AND field <> 'status' AND o.value <> n.value ORDER BY r.row, field""",
            [by, reason],
        )

    def openings(self) -> str:
        """SQL of whether the new ticket `r`, staged as `s`, gets a first message of its text, or else of its subject."""
        return "true"

    def _write_openings(self, by: int | None, reason: str) -> None:
        """The first message of new tickets, and their states, so that the events alone give the present one."""
        written = self.run(
            f"""INSERT INTO customers_message (ticket_id, kind, author_name, author_email, body, message_id, created_at)
               SELECT r.id, 'customer', r.requester_name, r.requester_email, coalesce(nullif(s.text, ''), r.subject), '', r.created_at
               FROM import_record r JOIN import_stage s ON s.row = r.row WHERE r.is_new AND {self.openings()} ORDER BY r.row"""
        )
        self.run(
            f"""INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
                SELECT r.id, now(), %s::bigint, n.field, '', n.value, %s FROM import_record r, LATERAL {STATES.format("r")} n(field, value)
                WHERE r.is_new AND n.value <> '' ORDER BY r.row, n.field""",
            [by, reason],
        )
        self.analyze("customers_message", written)
        self.analyze("customers_ticketevent", written)


def correct_events(run: str) -> None:
    """Counter-entries where undo or redo of `run` gave tickets states that their events do not tell of; promises follow."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO customers_ticketevent (ticket_id, at, actor_id, field, old, new, reason)
                SELECT t.id, now(), NULL, n.field, coalesce(e.new, ''), n.value, %s
                FROM customers_ticket t JOIN rewind_customers_ticket u ON u.id = t.id CROSS JOIN LATERAL {STATES.format("t")} n(field, value)
                LEFT JOIN LATERAL (SELECT e.new FROM customers_ticketevent e WHERE e.ticket_id = t.id AND e.field = n.field
                                   ORDER BY e.id DESC LIMIT 1) e ON true
                WHERE n.value <> coalesce(e.new, '') ORDER BY t.id, n.field""",
            [run],
        )
        cursor.execute(
            "SELECT customers_follow_promises(array_agg(id ORDER BY id), now()) FROM rewind_customers_ticket"
        )
