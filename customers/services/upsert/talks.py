"""Many messages of tickets at once: a row each, the first of a ticket says what the ticket is. Nothing is mailed."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Rows, Staged, carry_out
from backoffice.resources import Outcome
from customers.models import FROM_FILE
from customers.services.suppression import in_database
from customers.services.upsert.tickets import SOLVED, TicketBatch

TURNS = "import_turn k JOIN import_record r ON r.row = k.lead"


class TalkBatch(TicketBatch):
    """import_turn: the message of each row that has one. Rows of the same ticket are one conversation, taken in whole or not.

    The first row of a conversation, its head, is the record of the ticket; the others have no number of a ticket then.
    """

    is_head = "s.lead = s.row"
    tables = (*TicketBatch.tables, "import_turn")
    extra: ClassVar[Mapping[str, Staged]] = {
        **TicketBatch.extra,
        **{
            name: Staged("text")
            for name in ("turn_kind", "turn_who", "turn_name", "turn_email", "turn_author", "turn_key", "turn_text", "requester_id")
        },
        "turn_at": Staged("timestamptz"),
        "turn_place": Staged("numeric"),
        "lead": Staged("int"),
    }  # fmt: skip
    messages = {
        **TicketBatch.messages,
        "talk_refused": gettext_lazy("Row %(row)s of the same conversation is refused."),
        "talk_erased": gettext_lazy("The data of the customer were erased; no message is added to the ticket %(number)s."),
        "turn_twice": gettext_lazy("The message is that of row %(row)s already: it has the same number or place in the ticket."),
        "turn_kept": gettext_lazy("The message has another text here, and stays: messages are never changed."),
    }  # fmt: skip

    def _identify(self) -> None:
        self.run(
            """UPDATE import_stage s SET lead = g.lead FROM (
                   SELECT row, min(row) OVER (PARTITION BY said) AS lead FROM (
                       SELECT row, coalesce(nullif(upper(number), ''), upper(coalesce(source, '') || '|' || nullif(source_number, ''))) AS said
                       FROM import_stage
                   ) k WHERE said IS NOT NULL
               ) g WHERE g.row = s.row"""
        )
        self.run("UPDATE import_stage SET number = NULL WHERE lead <> row")
        # Messages that do not say of which system they are belong to the one ticket of the number.
        self.run(
            f"""UPDATE import_stage s SET number = f.number FROM (
                    SELECT s.row, min(t.number) AS number FROM import_stage s
                    JOIN customers_ticket t ON t.source_number <> '' AND upper(t.source_number) = upper(s.source_number)
                    WHERE {self.is_head} AND coalesce(s.number, '') = '' AND s.source = '' AND s.source_number <> ''
                    GROUP BY s.row HAVING count(*) = 1
                ) f WHERE f.row = s.row"""
        )
        self.run(
            f"""UPDATE import_stage s SET source = 'import'
                WHERE {self.is_head} AND coalesce(number, '') = '' AND source = '' AND source_number <> ''"""
        )
        super()._identify()
        self.run(
            f"""UPDATE import_stage s SET created_at = f.at FROM (
                    SELECT lead, min(turn_at) AS at FROM import_stage GROUP BY lead
                ) f WHERE f.lead = s.row AND {self.is_head} AND s.is_drawn AND s.created_at IS NULL"""
        )

    def compare(self) -> None:
        super().compare()
        self._gather_turns()
        self._tell_tickets()
        self.cursor.execute("SELECT count(*) FROM import_turn WHERE is_new AND NOT is_dated")
        if count := self.cursor.fetchone()[0]:
            self.notes.append(
                _("Messages without a time in the file: %(count)s. They keep its order.") % {"count": count}
            )

    def _gather_turns(self) -> None:
        """What each row says: whose it is, when, and by what it is known when it comes again."""
        self.run(
            f"""CREATE TEMP TABLE import_turn ON COMMIT DROP AS
                SELECT k.row, k.lead, k.place, k.turn_text AS body, k.turn_email AS author_email, u.id AS author_id, r.id AS ticket_id,
                       k.turn_at IS NOT NULL AS is_dated, k.position = 1 AS is_first,
                       coalesce(k.turn_at, max(k.turn_at) OVER (PARTITION BY k.lead ORDER BY k.row), r.created_at) AS at,
                       left('{FROM_FILE}' || h.number || '/' || coalesce(nullif(k.turn_key, ''), 'no. ' || k.place), 300) AS message_id,
                       CASE WHEN k.turn_kind = 'system' AND EXISTS (SELECT FROM import_stage WHERE turn_kind IN ('reply', 'note')) THEN 'note'
                            WHEN k.turn_kind = 'system' THEN 'reply'
                            WHEN k.turn_kind <> '' THEN k.turn_kind
                            WHEN u.id IS NOT NULL THEN 'reply'
                            WHEN k.turn_who = '' THEN 'customer'
                            WHEN k.turn_who IN (h.requester_id, lower(r.requester_email), lower(r.requester_name)) THEN 'customer'
                            WHEN h.requester_id = '' AND k.turn_who = first_value(k.turn_who) OVER (PARTITION BY k.lead ORDER BY k.row)
                            THEN 'customer' ELSE 'reply' END AS kind,
                       k.turn_name AS author_name, true AS is_new
                FROM (
                    SELECT s.*, row_number() OVER (PARTITION BY s.lead ORDER BY s.row) AS position,
                           coalesce(s.turn_place, row_number() OVER (PARTITION BY s.lead ORDER BY s.row)) AS place
                    FROM import_stage s WHERE s.lead IS NOT NULL
                ) k JOIN import_stage h ON h.row = k.lead JOIN import_record r ON r.row = k.lead
                LEFT JOIN backoffice_user u ON k.turn_author <> '' AND lower(u.email) = lower(k.turn_author)
                WHERE k.turn_text <> ''"""
        )
        self.run("ANALYZE import_turn")
        self.run(
            """UPDATE import_turn k SET author_name = coalesce(nullif(k.author_name, ''), left(r.requester_name, 200)),
                      author_email = coalesce(nullif(k.author_email, ''), r.requester_email), author_id = NULL
               FROM import_record r WHERE r.row = k.lead AND k.kind = 'customer'"""
        )
        self.run(
            """UPDATE import_turn k SET author_name = r.source FROM import_record r
               WHERE r.row = k.lead AND k.kind <> 'customer' AND k.author_id IS NULL AND k.author_name = '' AND r.source <> 'import'"""
        )
        self.run(
            """UPDATE import_turn k SET is_new = false FROM import_record r WHERE r.row = k.lead AND NOT r.is_new AND (
                   EXISTS (SELECT FROM customers_message m WHERE m.message_id = k.message_id)
                   OR k.is_first AND EXISTS (SELECT FROM customers_message m WHERE m.ticket_id = k.ticket_id AND m.message_id = ''
                                             AND m.kind = k.kind AND btrim(m.body) = k.body))"""
        )

    def _tell_tickets(self) -> None:
        """New tickets without a subject or status have those that their messages tell."""
        self.run(
            r"""UPDATE import_record r SET subject = left(regexp_replace(f.body, '\s+', ' ', 'g'), 100) FROM (
                    SELECT DISTINCT ON (lead) lead, body FROM import_turn ORDER BY lead, kind <> 'customer', row
                ) f WHERE f.lead = r.row AND r.is_new AND r.subject = ''"""
        )
        self.run(
            f"""UPDATE import_record r SET status = f.status, solved_at = CASE WHEN f.status IN {SOLVED} THEN f.at END FROM (
                    SELECT DISTINCT ON (lead) lead, at, CASE WHEN kind = 'reply' THEN 'solved'
                           WHEN bool_or(kind = 'reply') OVER (PARTITION BY lead) THEN 'open' ELSE 'new' END AS status
                    FROM import_turn WHERE kind <> 'note' ORDER BY lead, at DESC, row DESC
                ) f, import_stage s WHERE f.lead = r.row AND s.row = r.row AND r.is_new AND s.status = ''"""
        )
        self.run(
            """UPDATE import_record r SET last_message_at = greatest(r.last_message_at, f.at)
               FROM (SELECT lead, max(at) AS at FROM import_turn GROUP BY lead) f WHERE f.lead = r.row AND r.is_new"""
        )

    def find_problems(self) -> None:
        super().find_problems()
        self.told(
            "turn_twice",
            """SELECT d.row, 'message_id', '', jsonb_build_object('row', d.first) FROM (
                   SELECT row, min(row) OVER (PARTITION BY message_id) AS first FROM import_turn
               ) d WHERE d.row > d.first""",
        )
        self.told(
            "talk_erased",
            f"""SELECT k.row, 'message_text', '', jsonb_build_object('number', t.number) FROM {TURNS}
                JOIN customers_ticket t ON t.id = r.id JOIN customers_customer c ON c.id = t.customer_id
                WHERE NOT r.is_new AND k.is_new AND c.status = 'erased'""",
        )
        self._check_writers()
        self.problem(
            "turn_kept",
            """SELECT k.row, 'message_text', left(k.body, 200), '{}'::jsonb FROM import_turn k
               JOIN customers_message m ON m.message_id = k.message_id WHERE NOT k.is_new AND m.body <> k.body""",
            error=False,
        )
        self.told(
            "talk_refused",
            """SELECT s.row, '', '', jsonb_build_object('row', f.first) FROM import_stage s JOIN (
                   SELECT o.lead, min(o.row) AS first FROM import_stage o JOIN import_problem p ON p.row = o.row AND p.is_error GROUP BY o.lead
               ) f ON f.lead = s.lead""",
        )

    def _check_writers(self) -> None:
        """Nobody whose data were erased comes back by a message, unless somebody has the address now."""
        digests, pads = in_database("k.author_email")
        self.told(
            "suppressed",
            f"""SELECT k.row, 'message_email', k.author_email,
                       jsonb_build_object('value', k.author_email, 'day', s.created_at::date, 'erasure', e.number)
                FROM import_turn k JOIN customers_suppression s ON s.digest = ANY({digests})
                JOIN customers_erasure e ON e.id = s.erasure_id
                WHERE k.author_email <> '' AND k.is_new AND NOT EXISTS (
                    SELECT FROM customers_contactpoint c WHERE c.kind = 'email' AND c.normalized = k.author_email AND c.ended_at IS NULL)""",
            pads,
        )

    def records(self) -> str:
        return f"""SELECT row, bool_or(is_new), bool_or(changed) FROM (
                       {super().records()} UNION ALL SELECT row, true, false FROM import_turn WHERE is_new
                   ) o GROUP BY row"""

    def record(self) -> str:
        return f"CASE WHEN {self.is_head} THEN {super().record()} ELSE s.source_number END"

    def openings(self) -> str:
        """A text that is the first message comes as that one."""
        same = r"regexp_replace(btrim({0}), '\s+', ' ', 'g')"
        return f"""NOT EXISTS (SELECT FROM import_turn k WHERE k.lead = r.row AND (
                       coalesce(s.text, '') = '' OR k.is_first AND {same.format("k.body")} = {same.format("s.text")}))"""

    def write(self) -> None:
        self.run("DELETE FROM import_turn k USING import_refused f WHERE f.row = k.row")
        others = "SELECT ticket_id AS id, true AS changed FROM import_turn WHERE is_new AND ticket_id > 0"
        self.lock(self.table, f"(SELECT id, changed FROM import_record UNION {others}) l")
        super().write()
        written = self.run(
            """INSERT INTO customers_message (ticket_id, kind, author_id, author_name, author_email, body, message_id, sent_at, created_at)
               SELECT ticket_id, kind, author_id, author_name, author_email, body, message_id, CASE WHEN kind = 'reply' THEN at END, at
               FROM import_turn WHERE is_new ORDER BY row"""
        )
        self.run(
            f"""UPDATE customers_ticket t SET last_message_at = greatest(t.last_message_at, f.at), updated_at = now()
                FROM (SELECT k.ticket_id, max(k.at) AS at FROM {TURNS} WHERE k.is_new AND NOT r.is_new GROUP BY 1) f
                WHERE t.id = f.ticket_id"""
        )
        self.run(
            f"""SELECT customers_follow_promises(array_agg(DISTINCT k.ticket_id ORDER BY k.ticket_id), now())
                FROM {TURNS} WHERE k.is_new AND NOT r.is_new"""
        )
        self.analyze("customers_message", written)


def upsert_tickets(rows: Rows, *, columns: Sequence[str], **options: Any) -> Outcome:
    """Tickets, or with a column of their messages conversations; see `carry_out`."""
    return carry_out(TalkBatch if "turn_text" in columns else TicketBatch, rows, columns=columns, **options)
