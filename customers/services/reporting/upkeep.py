"""Keeps the summaries of tickets true: facts of tickets that something changed are found anew, sums follow by the difference.

What changed is read from the row histories, which triggers write in the same statement, and from the events of promises; so those
who handle tickets pay nothing for the reports. `ServiceMark` says how far they were read.
"""

# ruff: noqa: S608 - statements of constants of ours

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from customers.models import PromiseEvent, ServiceMark, TicketFacts, TicketSums, TicketTimes
from customers.services import calendars
from customers.services.reporting.facts import CALENDAR_OF, COLUMNS, fresh
from customers.services.reporting.subjects import subjects
from customers.services.reporting.sums import FIGURES, SUM_SPANS, TIME_SPANS, by_span, days_of, times_of

LOCK = 7_203_115  # of the database: one refresh at a time
AT_ONCE = 50_000  # tickets
MARGIN = timedelta(seconds=10)  # a transaction is listed a moment after its time was taken

# The moment from before which no transaction can write any more: its changes bear the time at which it began.
SETTLED = """
    SELECT now(), min(xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'
"""
# A message that was moved counts in the ticket that it came from as well.
TOUCHED = """
    SELECT pgh_obj_id AS id FROM customers_tickethistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT o.ticket_id FROM customers_messagehistory h JOIN customers_messagehistory o ON o.pgh_obj_id = h.pgh_obj_id
          WHERE h.pgh_created_at >= %(upto)s
    UNION SELECT ticket_id FROM customers_ticketeventhistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT ticket_id FROM customers_surveyhistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT p.ticket_id FROM customers_promiseevent e JOIN customers_promisecycle p ON p.id = e.promise_id
          WHERE e.id > %(promise)s
"""
# By other hours, or in another calendar, what is counted up to the moment `upto` took another time. Hours to come change nothing.
HOURS = f"""
    SELECT concat_ws(' ', 'open', calendar_id, count(*), bit_xor(hashtextextended(
        concat_ws(' ', extract(epoch FROM begins), extract(epoch FROM ends)), 0)))
    FROM customers_openspan WHERE begins < %(upto)s GROUP BY calendar_id
    UNION SELECT concat_ws(' ', 'all', {CALENDAR_OF.format(queue="NULL::bigint")})
    UNION SELECT concat_ws(' ', 'queue', id, {CALENDAR_OF.format(queue="q.id")}) FROM customers_queue q
    WHERE {CALENDAR_OF.format(queue="q.id")} IS DISTINCT FROM {CALENDAR_OF.format(queue="NULL::bigint")}
    ORDER BY 1
"""
SUM_KEYS = "by, queue, item"
TIME_KEYS = "by, queue, item, kind, seconds"


@transaction.atomic
def refresh_service(*, anew: bool = False) -> int:
    """Bring the summaries up to what was committed by now; make them from nothing where there are none, or `anew` is said.

    Returns how many tickets were looked at.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SET LOCAL work_mem = '256MB'")
    mark = ServiceMark.objects.first()
    upto, seen = _settled(), PromiseEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    calendars.extend_spans()
    words = _words(upto)
    if mark is None or anew or begins_anew(mark):
        for model in (TicketFacts, TicketSums, TicketTimes):
            _run(f"DELETE FROM {model._meta.db_table}")
        tickets = _keys("SELECT id FROM customers_ticket ORDER BY id")
    else:
        tickets = pending_tickets(mark)
    for start in range(0, len(tickets), AT_ONCE):
        _follow(tickets[start : start + AT_ONCE])
    if len(tickets) >= AT_ONCE or mark is None:
        for model in (TicketFacts, TicketSums, TicketTimes):
            _run(f"ANALYZE {model._meta.db_table}")
    promise = mark.promise_seen if mark and mark.seen_at < upto else mark.promise if mark else 0
    facts = {
        "upto": upto, "promise": promise, "promise_seen": seen, "seen_at": timezone.now(),
        "zone": settings.TIME_ZONE, "words": words, "refreshed_at": timezone.now(),
    }  # fmt: skip
    ServiceMark.objects.update_or_create(pk=1, defaults=facts)
    return len(tickets)


def pending_tickets(mark: ServiceMark) -> list[int]:
    """Keys of the tickets that the next refresh looks at, of those that are gone as well."""
    touched = " UNION ".join([TOUCHED, *(f"({one.touched})" for one in subjects())])
    return _keys(f"SELECT id FROM ({touched}) t WHERE id IS NOT NULL ORDER BY id", mark)


def begins_anew(mark: ServiceMark) -> bool:
    """Whether the next refresh makes everything from nothing, since days, hours, or what is counted are others."""
    return mark.zone != settings.TIME_ZONE or mark.words != _words(mark.upto)


def _words(upto: datetime) -> str:
    """Changes with what is counted, and how, and with the hours in which it was."""
    with connection.cursor() as cursor:
        cursor.execute(HOURS, {"upto": upto})
        hours = [row[0] for row in cursor.fetchall()]
    told = [fresh(), days_of("x"), times_of("x"), SUM_SPANS, TIME_SPANS, *hours]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _settled() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(SETTLED)
        began, oldest = cursor.fetchone()
    moment: datetime = min(began, oldest or began) - MARGIN
    return moment


def _keys(sql: str, mark: ServiceMark | None = None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"upto": mark.upto, "promise": mark.promise} if mark else None)
        return [row[0] for row in cursor.fetchall()]


def _run(sql: str, parameters: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def touch(tickets: list[int] | None) -> None:
    """Put the keys into `service_touched`; None are all tickets."""
    _run("CREATE TEMPORARY TABLE service_touched (id bigint PRIMARY KEY) ON COMMIT DROP")
    if tickets is None:
        _run("INSERT INTO service_touched SELECT id FROM customers_ticket")
    else:
        _run("INSERT INTO service_touched SELECT unnest(%s::bigint[])", [tickets])
    _run("ANALYZE service_touched")


def _follow(tickets: list[int]) -> None:
    """Find the facts of these tickets anew, and let the sums follow by what differs."""
    table = TicketFacts._meta.db_table
    names = ", ".join(COLUMNS)
    touch(tickets)
    _run(
        f"CREATE TEMPORARY TABLE service_facts ON COMMIT DROP AS SELECT 1 AS sign, f.* FROM ({fresh()}) f",
        {"zone": settings.TIME_ZONE},
    )
    # What stays as it was is taken from both sides.
    _run(
        f"""CREATE TEMPORARY TABLE service_same ON COMMIT DROP AS SELECT n.ticket_id FROM service_facts n
            JOIN {table} o USING (ticket_id) WHERE ROW({_each("n")}) IS NOT DISTINCT FROM ROW({_each("o")})"""
    )
    _run("DELETE FROM service_facts WHERE ticket_id IN (SELECT ticket_id FROM service_same)")
    _run(
        f"""WITH gone AS (
                DELETE FROM {table} o USING service_touched x WHERE o.ticket_id = x.id
                AND NOT EXISTS (SELECT FROM service_same s WHERE s.ticket_id = o.ticket_id) RETURNING o.*
            ) INSERT INTO service_facts (sign, {names}) SELECT -1, {names} FROM gone"""
    )
    _run(f"INSERT INTO {table} ({names}) SELECT {names} FROM service_facts WHERE sign = 1 ORDER BY ticket_id")
    _run("ANALYZE service_facts")
    _add(TicketSums, by_span(days_of("service_facts"), SUM_KEYS, FIGURES, SUM_SPANS), SUM_KEYS, FIGURES)
    _add(TicketTimes, by_span(times_of("service_facts"), TIME_KEYS, ("number",), TIME_SPANS), TIME_KEYS, ("number",))
    _run("DROP TABLE service_touched, service_facts, service_same")


def _each(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in COLUMNS)


def _add(model: type[TicketSums | TicketTimes], rows: str, keys: str, figures: tuple[str, ...]) -> None:
    """Add what is new to a summary, and take rows away of which nothing is left."""
    table = model._meta.db_table
    added = ", ".join(f"{name} = {table}.{name} + EXCLUDED.{name}" for name in figures)
    nothing = " AND ".join(f"t.{name} = 0" for name in figures)
    same = " AND ".join(f"t.{name} = c.{name}" for name in ("span", "day", *keys.split(", ")))
    _run(f"CREATE TEMPORARY TABLE service_change ON COMMIT DROP AS {rows}")
    _run(
        f"""INSERT INTO {table} (span, day, {keys}, {", ".join(figures)})
            SELECT span, day, {keys}, {", ".join(figures)} FROM service_change ORDER BY by, span, day, {keys}
            ON CONFLICT (by, span, day, {keys.removeprefix("by, ")}) DO UPDATE SET {added}"""
    )
    _run(f"DELETE FROM {table} t USING service_change c WHERE {same} AND {nothing}")
    _run("DROP TABLE service_change")
