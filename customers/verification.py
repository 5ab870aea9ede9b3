"""Tickets proven against their events."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.verification import EXAMPLES, Result, check, compare
from customers.models import ServiceMark, Ticket, TicketSums, TicketTimes
from customers.services import promises, reporting
from customers.services.reporting import proofs, upkeep
from customers.services.saying import renew_words

WRONG_STATES = """
    SELECT t.id, f.field, f.stored, coalesce(e.new, '')
    FROM customers_ticket t
    JOIN customers_queue q ON q.id = t.queue_id
    LEFT JOIN customers_ticket m ON m.id = t.merged_into_id
    CROSS JOIN LATERAL (VALUES ('status', t.status::text), ('priority', t.priority::text), ('queue', q.slug::text),
                               ('assignee', coalesce(t.assignee_id::text, '')), ('tags', array_to_string(t.tags, ', ')),
                               ('due_on', coalesce(t.due_on::text, '')), ('subject', t.subject::text),
                               ('merged_into', coalesce(m.number::text, ''))) AS f(field, stored)
    LEFT JOIN (SELECT DISTINCT ON (ticket_id, field) ticket_id, field, new
               FROM customers_ticketevent ORDER BY ticket_id, field, id DESC) e ON e.ticket_id = t.id AND e.field = f.field
    WHERE f.stored <> coalesce(e.new, '')
"""


WRONG_PROMISES = """
    SELECT t.id, t.promised_at, p.due FROM customers_ticket t
    LEFT JOIN (SELECT ticket_id, min(due_at) AS due FROM customers_promisecycle WHERE state = 'running' GROUP BY ticket_id) p
      ON p.ticket_id = t.id
    WHERE t.promised_at IS DISTINCT FROM p.due
"""


def mend_promises(by: User | None) -> None:
    """Let the promises of all tickets that are told wrong follow these anew."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG_PROMISES)
        promises.follow([ticket for ticket, _stored, _due in cursor.fetchall()])


@check("ticket_promises", repair=mend_promises)
def ticket_promises() -> Result:
    """A ticket tells when the first of its running promises is due."""
    return compare(
        checked="SELECT count(*) FROM customers_ticket",
        wrong=WRONG_PROMISES,
        say=lambda row: f"{Ticket.objects.get(pk=row[0]).number}: {row[1]}, {row[2]}",
    )


@check("ticket_states")
def ticket_states() -> Result:
    """Replaying the events of a ticket gives each of `services.tickets.TRACKED`. Events are never mended."""
    return compare(
        checked="SELECT count(*) FROM customers_ticket",
        wrong=WRONG_STATES,
        say=lambda row: f"{Ticket.objects.get(pk=row[0]).number}: {row[1]} {row[2]!r}, {row[3]!r}",
    )


WRONG_MERGES = """
    SELECT t.number, t.status
    FROM customers_ticket t
    LEFT JOIN customers_ticketmerge g ON g.source_id = t.id AND g.undone_at IS NULL
    WHERE g.target_id IS DISTINCT FROM t.merged_into_id
       OR t.status = 'merged' AND EXISTS (SELECT 1 FROM customers_message m WHERE m.ticket_id = t.id)
"""


@check("ticket_merges")
def ticket_merges() -> Result:
    """A merged ticket has a merge that is not undone, into the ticket that it names, and no messages of its own."""
    return compare(
        checked="SELECT count(*) FROM customers_ticketmerge",
        wrong=WRONG_MERGES,
        say=lambda row: f"{row[0]}: {row[1]}",
    )


WRONG_WORDS = """
    SELECT coalesce(m.id, w.message_id) FROM customers_message m FULL JOIN customers_messagewords w ON w.message_id = m.id
    WHERE m.ticket_id IS DISTINCT FROM w.ticket_id
"""


def mend_words(by: User | None) -> None:
    """Not in the audit: nothing that a person wrote changes."""
    renew_words()


@check("message_words", repair=mend_words)
def message_words() -> Result:
    """Every message is found by its words, in the ticket where it is."""
    return compare(
        checked="SELECT count(*) FROM customers_message",
        wrong=WRONG_WORDS,
        say=lambda row: _("Words of the message %(message)s") % {"message": row[0]},
    )


def mend_service(by: User | None) -> None:
    """All summaries are made from nothing."""
    reporting.refresh_service(anew=True)
    audit.record("servicemark.repaired", ServiceMark.objects.get(), by=by, reason="verify --repair")


@check("service_summaries", repair=mend_service)
@transaction.atomic
def service_summaries() -> Result:
    """What reports of service read is what tickets say. Tickets that the next refresh looks at are left out; before the first
    refresh, and where the next one makes all anew, nothing is checked."""
    mark = ServiceMark.objects.first()
    if mark is None or upkeep.begins_anew(mark):
        return Result(0, 0)
    upkeep.touch(None)
    results = [
        compare(
            checked="SELECT count(*) FROM customers_ticketfacts",
            wrong=proofs.wrong_facts(),
            say=lambda row: _("Facts of the ticket %(ticket)s") % {"ticket": row[0]},
            parameters={"zone": mark.zone, "pending": reporting.pending_tickets(mark)},
        ),
        *(
            compare(
                checked=f"SELECT count(*) FROM {model._meta.db_table}",  # noqa: S608 - our own table
                wrong=proofs.wrong_sums(model),
                say=lambda row: " ".join(str(part) for part in row),
            )
            for model in (TicketSums, TicketTimes)
        ),
    ]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE service_touched")
    return Result(
        sum(one.checked for one in results),
        sum(one.wrong for one in results),
        [example for one in results for example in one.examples][:EXAMPLES],
    )
