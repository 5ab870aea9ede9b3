"""Tickets at size: lists, searches and pages beside raw SQL for the same rows; promises and assignment beside the bare writes.

`--rows N` tickets (default 1,000,000) with five messages each, a tenth of them unsolved, in a database of their own that is kept. For
each list three things take turns: `rows` are the statements of the page for its rows (50 of them, and how many there are up to the cap),
`raw` is one statement by hand that gives the same rows, both by the time that the database took; `page` is the whole page by HTTP. Then
the clock: with nothing due, one promise in a hundred, and all at once; and as many waiting tickets given away as agents may take. What
writes is rolled back.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.performance import helpdesk
from tests.performance.shop import in_turns, report

LIMIT_TICK, LEAST_ASSIGNED, MOST_OF_RAW = 5.0, 200, 3.0
CAP, FOLLOWED = 5_000, 2_000
UNSOLVED = "t.status IN ('new', 'on_hold', 'open', 'pending')"
NEWEST = "t.last_message_at DESC, t.id DESC"
OLDEST = "t.last_message_at, t.id"
SAYING = "t.id IN (SELECT m.ticket_id FROM customers_messagewords m WHERE m.words @@ customers_message_query('{}'))"
RAW = """
    SELECT t.*, q.*, u.name, u.email, c.number, c.name FROM customers_ticket t JOIN customers_queue q ON q.id = t.queue_id
    LEFT JOIN backoffice_user u ON u.id = t.assignee_id LEFT JOIN customers_customer c ON c.id = t.customer_id
    WHERE {} ORDER BY {} LIMIT 51
"""
PROMISES = """
    INSERT INTO customers_promisecycle (ticket_id, kind, cycle, policy_id, calendar_id, priority, target, warn_percent, escalate_percent, state, level,
        started_at, resumed_at, used, paused, warn_at, due_at, escalate_at, next_at)
    SELECT t.id, k.kind, 1, %(policy)s, %(calendar)s, t.priority, 28800, 75, 150, 'running', 0, %(at)s, %(at)s, 0, 0,
           %(at)s + s.taken * 0.75, %(at)s + s.taken, %(at)s + s.taken * 1.5, %(at)s + s.taken * 0.75
    FROM customers_ticket t CROSS JOIN (VALUES ('next_reply'), ('resolution')) k(kind)
    CROSS JOIN LATERAL (SELECT CASE WHEN t.id % 100 = 0 THEN interval '30 minutes' ELSE interval '8 hours' END AS taken) s
    WHERE t.status IN ('new', 'open') AND (k.kind = 'resolution' OR t.id % 3 > 0) ORDER BY t.id
"""
# What a tick must write whatever else it does: each promise's level and next moment, and what happened.
BARE = """
    WITH due AS (SELECT id, next_at FROM customers_promisecycle WHERE state = 'running' AND next_at <= %s),
    moved AS (UPDATE customers_promisecycle p SET level = 1, next_at = p.due_at FROM due WHERE due.id = p.id)
    INSERT INTO customers_promiseevent (promise_id, what, at, told) SELECT id, 'warn', next_at, '{}' FROM due
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many tickets there are (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender is measured (default 5)")
    options = parser.parse_args()
    helpdesk.open_helpdesk(options.rows)
    figures = {
        "tickets": options.rows,
        **lists(options.rounds),
        **pages(options.rounds),
        **clock(min(options.rounds, 3)),
    }
    figures["ok"] = (
        figures["rows_of_raw_p50"] <= MOST_OF_RAW
        and max(figures["tick_nothing_due"], figures["tick_one_in_a_hundred"], figures["tick_all_due"]) <= LIMIT_TICK
        and figures["assigned_per_second"] >= LEAST_ASSIGNED
    )
    report(figures)


# --- Lists --------------------------------------------------------------------------------------


def asked() -> list[tuple[str, str, str, str]]:
    """(name, query of the list, condition and order of the raw statement)."""
    from customers.models import Customer, Queue, Ticket

    big, small = (Queue.objects.get(slug=slug).pk for slug in ("bench-orders", "bench-press"))
    agent = helpdesk.person("support_agent", "agent1@bench.example").pk
    busy = Customer.objects.earliest("pk").pk
    number = Ticket.objects.filter(customer=busy).earliest("pk").number
    said = [
        ("parcel", "parcel"),
        ("broken", "broken"),
        ("heron", "heron"),
        ("parcel heron", "parcel heron"),
        ("龙井茶叶", "龙井茶叶"),
        ("退款", "退款"),
    ]
    return [
        ("everything", "", "true", NEWEST),
        ("unsolved, oldest", "stage=unsolved&sort=oldest", UNSOLVED, OLDEST),
        ("queue, unsolved", f"queue={big}&stage=unsolved", f"t.queue_id = {big} AND {UNSOLVED}", NEWEST),
        ("queue, unsolved, oldest", f"queue={big}&stage=unsolved&sort=oldest", f"t.queue_id = {big} AND {UNSOLVED}", OLDEST),
        ("small queue", f"queue={small}", f"t.queue_id = {small}", NEWEST),
        ("queue, free", f"queue={big}&stage=unsolved&assignee=nobody&sort=oldest", f"t.queue_id = {big} AND t.assignee_id IS NULL AND {UNSOLVED}", OLDEST),
        ("of an agent", f"stage=unsolved&assignee={agent}", f"t.assignee_id = {agent} AND {UNSOLVED}", NEWEST),
        ("ended", "stage=done", "t.status IN ('solved', 'closed', 'merged', 'spam')", NEWEST),
        ("on hold", "status=on_hold", "t.status = 'on_hold'", NEWEST),
        ("new or open", "status=new&status=open", "t.status IN ('new', 'open')", NEWEST),
        ("urgent first", "sort=urgent", "true", f"t.priority DESC, {NEWEST}"),
        ("overdue", "due=overdue", f"t.due_on < current_date AND {UNSOLVED}", NEWEST),
        ("tag", "tag=recall", "t.tags @> '{recall}'::varchar[]", NEWEST),
        ("channel", "channel=api", "t.channel = 'api'", NEWEST),
        ("customer of thousands", f"customer=%23{busy}", f"t.customer_id = {busy}", NEWEST),
        ("a month", "created_after=2025-06-01&created_before=2025-06-30", "t.created_at >= '2025-06-01' AND t.created_at < '2025-07-01'", NEWEST),
        ("search: lamp", "q=lamp", "t.search_text LIKE '%LAMP%'", NEWEST),
        ("search: a number", f"q={number}", f"t.number = '{number}'", NEWEST),
        ("search: an address", "q=person777%40", "t.search_text LIKE '%PERSON777@%'", NEWEST),
        ("search: 茶杯", "q=茶杯", "t.search_text LIKE '%茶杯%'", NEWEST),
        *((f"in messages: {text}", f"text={text}", SAYING.format(words), NEWEST) for text, words in said),
        ("in messages, queue", f"text=heron&queue={small}", f"t.queue_id = {small} AND {SAYING.format('heron')}", NEWEST),
        ("in messages, customer", f"text=refund&customer=%23{busy}", f"t.customer_id = {busy} AND {SAYING.format('refund')}", NEWEST),
    ]  # fmt: skip


def lists(rounds: int) -> dict[str, Any]:
    """Each list beside its raw statement: first pages, and one far behind."""
    from django.db import connection
    from django.http import QueryDict
    from django.test import Client, RequestFactory

    from customers.views.tickets import TicketList

    owner = helpdesk.person("owner", helpdesk.EMAIL)
    client = Client()
    client.force_login(owner)

    def listed(query: str) -> TicketList:
        """The list, with its filters read."""
        request = RequestFactory().get("/tickets/")
        request.GET = QueryDict(query)  # type: ignore[assignment]
        request.user = owner
        page = TicketList()
        page.setup(request)
        page.matching  # noqa: B018 - reads what the filters offer
        return page

    def rows(page: TicketList) -> list[int]:
        page.count  # noqa: B018 - counts
        return [row.pk for row in page.slice.rows]

    def raw(condition: str, order: str) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(RAW.format(condition, order))
            return [row[0] for row in cursor.fetchall()][:50]

    far = deep()
    taken: dict[str, dict[str, float]] = {}
    print(f"{'list, ms':30}{'rows':>10}{'raw':>10}{'page':>10}{'of raw':>10}")
    for name, query, condition, order in [*asked(), far]:
        if rows(listed(query)) != raw(condition, order):
            raise SystemExit(f"The raw statement gives other rows for {name!r}.")
        seconds: dict[str, list[float]] = {"rows": [], "raw": [], "page": []}
        for _round in range(rounds):
            page = listed(query)
            seconds["rows"].append(in_database(lambda page=page: rows(page)))
            seconds["raw"].append(in_database(lambda condition=condition, order=order: raw(condition, order)))
            began = time.perf_counter()
            client.get(f"/tickets/?{query}")
            seconds["page"].append(time.perf_counter() - began)
        taken[name] = one = {key: statistics.median(values) for key, values in seconds.items()}
        told = "".join(f"{value * 1000:10.1f}" for value in one.values())
        print(f"{name:30}{told}{one['rows'] / one['raw']:10.2f}", flush=True)
    figures: dict[str, Any] = {}
    for key in ("rows", "raw", "page"):
        every = [one[key] * 1000 for one in taken.values()]
        figures |= {f"{key}_p50_ms": round(statistics.median(every), 1), f"{key}_worst_ms": round(max(every), 1)}
    figures["rows_of_raw_p50"] = round(figures["rows_p50_ms"] / figures["raw_p50_ms"], 2)
    figures["deep_of_first"] = round(taken[far[0]]["rows"] / taken["everything"]["rows"], 2)
    return figures


def in_database(call: Callable[[], Any]) -> float:
    """Seconds that the statements of a call took, from being sent to all their rows being here."""
    from django.db import connection

    taken = 0.0

    def timed(execute: Any, *statement: Any) -> Any:
        nonlocal taken
        began = time.perf_counter()
        try:
            return execute(*statement)
        finally:
            taken += time.perf_counter() - began

    with connection.execute_wrapper(timed):
        call()
    return taken


def deep() -> tuple[str, str, str, str]:
    """A page in the middle of everything, by the place of the row before it."""
    from backoffice.generic import keyset
    from customers.models import Ticket

    terms = ("-last_message_at", "-id")
    before = Ticket.objects.order_by(*terms)[Ticket.objects.count() // 2]
    place = keyset.encode(before, "newest", keyset.keys_of(Ticket.objects.all(), terms))
    behind = f"(t.last_message_at, t.id) < ('{before.last_message_at.isoformat()}', {before.pk})"
    return "far behind", f"after={place}", behind, NEWEST


def pages(rounds: int) -> dict[str, Any]:
    """Pages that show more than a list, with how many statements they take: of the busiest customer, of one of its tickets."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from customers.models import Customer, Ticket

    client = Client()
    client.force_login(helpdesk.person("owner", helpdesk.EMAIL))
    busy = Customer.objects.earliest("pk")
    ticket = Ticket.objects.filter(customer=busy).latest("pk")
    figures: dict[str, Any] = {}
    print(f"{'page, ms':30}{'page':>10}{'database':>10}{'statements':>12}")
    for name, url in (
        ("queues", "/tickets/queues/"),
        ("ticket", ticket.get_absolute_url()),
        ("ticket from a list", f"{ticket.get_absolute_url()}?from=stage%3Dunsolved"),
        ("customer", busy.get_absolute_url()),
        ("customer from a list", f"{busy.get_absolute_url()}?from=status%3Dactive"),
        ("timeline", f"{busy.get_absolute_url()}timeline/"),
        ("search everything", "/search/?q=heron"),
    ):
        assert client.get(url).status_code == 200, url
        taken = in_turns({"page": lambda url=url: client.get(url)}, rounds)["page"]
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        database = sum(float(query["time"]) for query in captured) * 1000
        print(f"{name:30}{taken * 1000:10.1f}{database:10.1f}{len(captured):12}", flush=True)
        figures[f"{name.replace(' ', '_')}_page_ms"] = round(taken * 1000, 1)
        figures[f"{name.replace(' ', '_')}_statements"] = len(captured)
    return figures


# --- The clock ----------------------------------------------------------------------------------


def clock(rounds: int) -> dict[str, Any]:
    from django.db import connection, transaction

    from customers.models import AgentProfile, PromiseCycle, Queue, Ticket
    from customers.services import assignment, promises
    from customers.services.promises.running import follow

    start = promised()

    def seconds(call: Callable[[], Any]) -> float:
        taken = []
        for _round in range(rounds):
            with transaction.atomic():
                began = time.perf_counter()
                call()
                taken.append(time.perf_counter() - began)
                transaction.set_rollback(True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM customers_promisecycle, customers_promiseevent")
        return statistics.median(taken)

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [all_due])

    few, all_due = start + timedelta(minutes=25), start + timedelta(minutes=400)
    keys = list(Ticket.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True)[:FOLLOWED])

    def opened() -> None:
        Ticket.objects.filter(pk__in=keys).update(status="open")
        follow(keys)

    assigned: list[int] = []
    free = [helpdesk.person("support_agent", f"free{number}@bench.example").pk for number in range(helpdesk.AGENTS)]

    def give() -> None:
        AgentProfile.objects.bulk_create(AgentProfile(user_id=person, cap=CAP // helpdesk.AGENTS) for person in free)
        Queue.objects.update(assignment=Queue.Assignment.LEAST_BUSY)
        assigned.append(assignment.assign_all().given)

    figures = {
        "promises": PromiseCycle.objects.filter(state="running").count(),
        "follow_per_second": round(len(keys) / seconds(opened)),
        "tick_nothing_due": round(seconds(lambda: promises.tick(start - timedelta(hours=1))), 3),
        "tick_one_in_a_hundred": round(seconds(lambda: promises.tick(few)), 3),
        "tick_all_due": round(seconds(lambda: promises.tick(all_due)), 3),
        "bare_all_due": round(seconds(bare), 3),
    }
    figures["tick_to_bare"] = round(figures["tick_all_due"] / figures["bare_all_due"], 2)
    giving = seconds(give)
    figures["assigned_per_second"] = round(assigned[-1] / giving)
    return figures


def promised() -> datetime:
    """When the promises of the open tickets began, written first where there are none."""
    from django.db import connection
    from django.utils import timezone

    from customers.models import PromiseCycle
    from tests.factories import make_calendar, make_policy

    first = PromiseCycle.objects.order_by("pk").first()
    if first is not None:
        return first.started_at
    start = timezone.now()
    calendar = make_calendar(zone="Europe/Berlin", week={day: [(0, 720), (780, 1440)] for day in range(7)})
    policy = make_policy(calendar=calendar, targets=(480, 480, 840))
    with connection.cursor() as cursor:
        facts = {"policy": policy.pk, "calendar": calendar.pk, "at": start}
        cursor.execute(helpdesk.escaped(PROMISES), facts)
        cursor.execute("VACUUM ANALYZE customers_promisecycle, customers_promiseevent")
    return start


if __name__ == "__main__":
    main()
