"""Tickets proven against their events."""

from backoffice.verification import Result, check, compare
from customers.models import Ticket

WRONG_STATES = """
    SELECT t.id, f.field, f.stored, coalesce(e.new, '')
    FROM customers_ticket t
    JOIN customers_queue q ON q.id = t.queue_id
    CROSS JOIN LATERAL (VALUES ('status', t.status::text), ('priority', t.priority::text), ('queue', q.slug::text),
                               ('assignee', coalesce(t.assignee_id::text, ''))) AS f(field, stored)
    LEFT JOIN (SELECT DISTINCT ON (ticket_id, field) ticket_id, field, new
               FROM customers_ticketevent ORDER BY ticket_id, field, id DESC) e ON e.ticket_id = t.id AND e.field = f.field
    WHERE f.stored <> coalesce(e.new, '')
"""


@check("ticket_states")
def ticket_states() -> Result:
    """Replaying the events of a ticket gives its status, priority, queue and assignee. Events are never mended."""
    return compare(
        checked="SELECT count(*) FROM customers_ticket",
        wrong=WRONG_STATES,
        say=lambda row: f"{Ticket.objects.get(pk=row[0]).number}: {row[1]} {row[2]!r}, {row[3]!r}",
    )
