"""Promises and assignment over many open tickets, beside the bare SQL that writes the same rows.

`--rows N` open tickets (default 100,000) with two running promises each, in a database of their own. The tick of the clock is measured
with nothing due, with one ticket in a hundred due, and with every promise due at once; assignment with as many waiting tickets as agents may
take. Each is rolled back, so that every round finds the same.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.performance.shop import PROJECT, report

LIMIT_TICK, LEAST_ASSIGNED = 5.0, 200
AGENTS, CAP, WAITING = 50, 200, 5_000
TICKETS = """
    INSERT INTO customers_ticket (number, subject, requester_name, requester_email, queue_id, status, priority, assignee_id, channel, about,
                                  language, tags, token, created_at, updated_at, last_message_at)
    SELECT 'BENCH-' || n, 'Where is my parcel ' || n, 'Jane', 'jane@example.com', %s, 'open', 1 + n %% 4,
           CASE WHEN n > %s THEN (%s::int[])[1 + n %% %s] END, 'form', '', 'en', '{}', 'bench' || n, now(), now(), now()
    FROM generate_series(1, %s) n
"""
MESSAGES = """
    INSERT INTO customers_message (ticket_id, kind, author_name, author_email, body, message_id, created_at)
    SELECT id, 'customer', 'Jane', 'jane@example.com', 'It has not come.', '', created_at FROM customers_ticket
"""
BARE = """
    WITH due AS (SELECT id, next_at FROM customers_promisecycle WHERE state = 'running' AND next_at <= %s),
    moved AS (UPDATE customers_promisecycle p SET level = 1, next_at = p.due_at FROM due WHERE due.id = p.id)
    INSERT INTO customers_promiseevent (promise_id, what, at, told) SELECT id, 'warn', next_at, '{}' FROM due
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="how many open tickets there are (default 100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    options = parser.parse_args()
    _open()
    from django.db import connection, transaction
    from django.utils import timezone

    from customers.services import assignment, promises

    following = _fill(options.rows)
    start = timezone.now()

    def seconds(call: Callable[[], Any]) -> float:
        taken = []
        for _round in range(options.rounds):
            with transaction.atomic():
                began = time.perf_counter()
                call()
                taken.append(time.perf_counter() - began)
                transaction.set_rollback(True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE customers_promisecycle, customers_promiseevent, customers_ticket")
        return statistics.median(taken)

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [all_due])

    few, all_due = start + timedelta(minutes=25), start + timedelta(minutes=700)
    nothing = seconds(lambda: promises.tick(start - timedelta(hours=1)))
    some, everything = seconds(lambda: promises.tick(few)), seconds(lambda: promises.tick(all_due))
    limit = seconds(bare)
    assigned: list[int] = []
    giving = seconds(lambda: assigned.append(assignment.assign_all().given))
    figures = {
        "tickets": options.rows,
        "follow_per_second": round(options.rows / following),
        "tick_nothing_due": round(nothing, 3),
        "tick_one_in_a_hundred": round(some, 3),
        "tick_all_due": round(everything, 3),
        "bare_all_due": round(limit, 3),
        "tick_to_bare": round(everything / limit, 2),
        "assigned_per_second": round(assigned[-1] / giving),
    }
    figures["ok"] = max(some, nothing) <= LIMIT_TICK and figures["assigned_per_second"] >= LEAST_ASSIGNED
    report(figures)


def _open() -> None:
    """Start Django on a migrated database for this benchmark alone."""
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / "performance-tickets")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _fill(rows: int) -> float:
    """Open tickets with their promises, every hundredth with a short one; gives the seconds of following them."""
    from django.db import connection

    from customers.models import AgentProfile, Queue, Ticket
    from customers.services.promises.running import follow
    from tests.factories import make_calendar, make_policy

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE customers_ticket, customers_policy, customers_calendar, customers_agentprofile CASCADE"
        )
        queue = Queue.objects.first()
        Queue.objects.update(assignment=Queue.Assignment.LEAST_BUSY)
        people, busy = ([_agent(name, number) for number in range(AGENTS)] for name in ("free", "busy"))
        AgentProfile.objects.bulk_create(AgentProfile(user_id=person, cap=CAP) for person in people)
        calendar = make_calendar(zone="Europe/Berlin", week={day: [(0, 720), (780, 1440)] for day in range(7)})
        make_policy(calendar=calendar, targets=(480, 480, 840))
        make_policy(calendar=calendar, targets=(30, 480, 840), position=1, tag="short")
        cursor.execute(TICKETS, [queue.pk, WAITING, busy, AGENTS, rows])
        cursor.execute("UPDATE customers_ticket SET tags = '{short}' WHERE id % 100 = 0")
        cursor.execute(MESSAGES)
        cursor.execute("ANALYZE customers_ticket, customers_message")
        keys = list(Ticket.objects.order_by("pk").values_list("pk", flat=True))
        began = time.perf_counter()
        for first in range(0, len(keys), 1000):
            follow(keys[first : first + 1000])
        taken = time.perf_counter() - began
        cursor.execute("ANALYZE")
    return taken


def _agent(name: str, number: int) -> int:
    """The key of a support agent, made where there is none yet."""
    from backoffice.models import User
    from tests.factories import make_user

    email = f"{name}{number}@bench.example"
    return (User.objects.filter(email=email).first() or make_user("support_agent", email=email)).pk


if __name__ == "__main__":
    main()
