"""What counts as work for a customer. Upper modules add their own, such as an order, in `people.py`."""

from collections.abc import Sequence

from django.db import connection

# Each: SQL of the latest moment at which something happened between the owner of the period `p` and its customer.
_sources: list[str] = [
    # What the owner did with the record: notes, edits, consents.
    """SELECT max(e.at) FROM backoffice_auditevent e
       WHERE e.subject_type = 'customers.customer' AND e.subject_id = p.customer_id AND e.actor_id = p.user_id""",
    # What the owner wrote in a ticket of the customer.
    """SELECT max(m.created_at) FROM customers_ticket t JOIN customers_message m ON m.ticket_id = t.id
       WHERE t.customer_id = p.customer_id AND m.author_id = p.user_id""",
]


def register(sql: str) -> None:
    """Count what `sql` finds as work: a statement without input that may name the columns of the period `p`."""
    _sources.append(sql)


def refresh(customers: Sequence[int] | None = None) -> int:
    """Bring the last activity of the periods that run up to date, of all customers or of some; how many moved.

    Whoever worked for the customer again is reminded again when that one becomes idle the next time.
    """
    latest = ", ".join(f"({source})" for source in _sources)
    narrowed = "AND p.customer_id = ANY(%s)" if customers is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE customers_ownership o SET active_at = f.latest, reminded_at = NULL
                FROM (SELECT p.id, greatest(p.active_at, {latest}) AS latest FROM customers_ownership p WHERE p.ended_at IS NULL {narrowed}) f
                WHERE o.id = f.id AND o.ended_at IS NULL AND f.latest > o.active_at""",  # noqa: S608 - registered by code
            [list(customers)] if customers is not None else [],
        )
        return cursor.rowcount
