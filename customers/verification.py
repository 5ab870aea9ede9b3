"""Tickets proven against their events."""

from backoffice.verification import Result, check, compare
from customers.models import Ticket

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
