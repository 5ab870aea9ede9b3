"""The summaries of tickets: what reports of service add up is what an independent, slow reckoning in Python says."""

import itertools
import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from backoffice import verification
from customers import services
from customers.models import Message, PromiseCycle, Survey, Ticket, TicketEvent, TicketFacts, TicketSums, TicketTimes
from customers.services import calendars, reporting
from tests.factories import make_calendar, make_policy, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
UNSOLVED = ("new", "open", "pending", "on_hold")
WEEK = {day: [(540, 720), (780, 1080)] for day in range(5)}
BERLIN = ZoneInfo("Europe/Berlin")
YEAR = timezone.now().year - 1


def _walk(dice: random.Random, start: datetime) -> list[tuple[str, datetime]]:
    """A legal life: statuses with when they begin."""
    life = [("new", start)]
    while dice.random() < 0.85 and len(life) < 9:
        choices = sorted(s for s in Ticket.TRANSITIONS.get(life[-1][0], ()) if s != "merged")
        if not choices:
            break
        life.append(
            (dice.choice(choices), life[-1][1] + timedelta(minutes=dice.randint(1, 6000), seconds=dice.randint(0, 59)))
        )
    return life


def _tell(ticket: Ticket, life: list[tuple[str, datetime]]) -> None:
    """Rows as the verbs write them."""
    told = [(old, new, at) for (old, _a), (new, at) in zip([("", None), *life], life, strict=False)]
    known = ticket.events.filter(field="status").count()
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, field="status", old=old, new=new, at=at) for old, new, at in told[known:]
    )
    solved = [at for (old, _a), (new, at) in itertools.pairwise(life) if old in UNSOLVED and new == "solved"]
    status = life[-1][0]
    for step, _at in life[known:]:
        Ticket.objects.filter(pk=ticket.pk).exclude(status=step).update(status=step)
    Ticket.objects.filter(pk=ticket.pk).update(
        solved_at=solved[-1] if status in ("solved", "closed") and solved else None
    )


def _make(dice: random.Random, number: int, queues: Any, people: Any) -> tuple[Ticket, list[tuple[str, datetime]]]:
    start = datetime(YEAR, dice.choice([3, 10]), 24, tzinfo=BERLIN) + timedelta(minutes=dice.randint(0, 20_000))
    life = _walk(dice, start)
    ticket = Ticket.objects.create(
        number=f"TK-9{number:04}", subject="x", queue=dice.choice(queues), assignee=dice.choice([None, *people]),
        priority=dice.choice([1, 2, 3]), channel=dice.choice(["mail", "form"]), created_at=start,
        tags=dice.sample(["late", "refund", "size"], dice.randint(0, 2)),
    )  # fmt: skip
    _tell(ticket, life)
    at = start
    for _turn in range(dice.randint(0, 4)):
        kind = dice.choice(["customer", "reply", "note"])
        author = people[0] if kind == "reply" else None
        Message.objects.create(ticket=ticket, kind=kind, author=author, body="x", created_at=at)
        at += timedelta(minutes=dice.randint(1, 4000))
    return ticket, life


def _day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def _slow(lives: dict[int, list[tuple[str, datetime]]], hours: Any) -> tuple[Any, Any, Any]:
    """Figures by (day, by, queue, item), times by (month, by, queue, item, kind), and the backlog by day, one ticket after the other."""
    sums: dict[Any, Counter[str]] = defaultdict(Counter)
    times: dict[Any, list[int]] = defaultdict(list)
    backlog: Counter[date] = Counter()
    for ticket in Ticket.objects.prefetch_related("messages"):
        life = lives[ticket.pk]
        dimensions = [
            ("queue", str(ticket.queue_id)), ("agent", str(ticket.assignee_id or "")), ("priority", str(ticket.priority)),
            ("channel", ticket.channel), *(("tag", tag) for tag in ticket.tags or [""]),
        ]  # fmt: skip

        def count(day: date, _rows: Any = dimensions, _queue: int = ticket.queue_id, **figures: int) -> None:
            for by, item in _rows:
                sums[day, by, _queue, item].update(figures)

        def took(day: date, kind: str, seconds: float, _rows: Any = dimensions, _queue: int = ticket.queue_id) -> None:
            for by, item in _rows:
                times[day.replace(day=1), by, _queue, item, kind].append(round(seconds))

        count(_day(ticket.created_at), created=1)
        backlog[_day(ticket.created_at)] += 1
        for (old, _at), (new, at) in itertools.pairwise(life):
            if (old in UNSOLVED) != (new in UNSOLVED):
                backlog[_day(at)] += 1 if new in UNSOLVED else -1
                count(
                    _day(at),
                    **{"reopened" if new in UNSOLVED else "done" if new in ("solved", "closed") else "aside": 1},
                )
        said = sorted(ticket.messages.all(), key=lambda message: message.created_at)
        asked = next((message.created_at for message in said if message.kind == "customer"), None)
        answers = [m.created_at for m in said if m.kind == "reply" and asked is not None and m.created_at >= asked]
        if answers:
            seconds = round(calendars.elapsed(asked, answers[0], hours))
            count(_day(answers[0]), replied=1, reply_seconds=seconds)
            took(_day(answers[0]), "reply", seconds)
        solvings = [n for n in range(1, len(life)) if life[n][0] in ("solved", "closed") and life[n - 1][0] in UNSOLVED]
        if life[-1][0] in ("solved", "closed") and solvings:
            last = solvings[-1]
            waited = [(life[n][1], life[n + 1][1]) for n in range(last) if life[n][0] in ("new", "open")]
            seconds = round(sum(calendars.elapsed(one, two, hours) for one, two in waited))
            replies = sum(message.kind == "reply" for message in said)
            again = sum(o in ("solved", "closed") and n in UNSOLVED for (o, _a), (n, _b) in itertools.pairwise(life))
            day = _day(life[last][1])
            count(
                day, solved=1, timed=1, solve_seconds=seconds, again=int(again > 0), answered=int(replies > 0),
                one_touch=int(replies == 1 and not again),
            )  # fmt: skip
            took(day, "solve", seconds)
    return sums, times, backlog


def _rounded(seconds: int) -> int:
    step = next(
        step
        for below, step in ((7200, 60), (36000, 300), (144000, 900), (720000, 3600), (10**12, 14400))
        if seconds < below
    )
    return (seconds + step // 2) // step * step


def _stored() -> dict[Any, dict[str, int]]:
    return {
        (row.day, row.by, row.queue, row.item): {n: getattr(row, n) for n in TicketSums.FIGURES if getattr(row, n)}
        for row in TicketSums.objects.filter(span="d").exclude(by="policy")
    }


def _agree(lives: dict[int, Any], hours: Any) -> None:
    sums, times, backlog = _slow(lives, hours)
    assert _stored() == {key: {n: f for n, f in found.items() if f} for key, found in sums.items()}
    rows = TicketTimes.objects.filter(span="m")
    found: dict[Any, Counter[int]] = defaultdict(Counter)
    for row in rows:
        found[row.day, row.by, row.queue, row.item, row.kind][row.seconds] += row.number
    assert found == {key: Counter(_rounded(seconds) for seconds in values) for key, values in times.items()}
    flow: Counter[date] = Counter()
    for row in TicketSums.objects.filter(span="d", by="queue"):
        flow[row.day] += row.created + row.reopened - row.done - row.aside
    assert {day: n for day, n in flow.items() if n} == {day: n for day, n in backlog.items() if n}


def test_sums_are_what_a_slow_reckoning_finds_before_and_after_changes():
    """Over random lives with pauses, reopening, weekends and both changes of the clock; then half of them go on."""
    dice = random.Random(7)
    calendar = make_calendar(week=WEEK, zone="Europe/Berlin", country="DE")
    make_policy(calendar=calendar)
    queues, people = (
        [make_queue("support"), make_queue("vip")],
        [make_user("support_agent"), make_user("support_agent")],
    )
    made = [_make(dice, number, queues, people) for number in range(60)]
    lives = {ticket.pk: life for ticket, life in made}
    reporting.refresh_service()
    hours = calendars.hours_of(calendar)
    _agree(lives, hours)

    for ticket, life in made[::2]:
        choices = sorted(s for s in Ticket.TRANSITIONS.get(life[-1][0], ()) if s != "merged")
        if choices:
            life.append((dice.choice(choices), life[-1][1] + timedelta(hours=dice.randint(1, 90))))
            _tell(ticket, life)
        Ticket.objects.filter(pk=ticket.pk).update(
            assignee=dice.choice(people), queue=dice.choice(queues), tags=["late"]
        )
        Message.objects.create(
            ticket=ticket, kind="reply", author=people[0], body="x", created_at=ticket.created_at + timedelta(days=1)
        )
    reporting.refresh_service()

    _agree(lives, hours)
    assert (verification.run(["service_summaries"]).__next__().result.wrong, TicketFacts.objects.count()) == (0, 60)


def test_verify_finds_and_mends_what_is_wrong():
    make_ticket()
    reporting.refresh_service()
    assert TicketSums.objects.filter(by="channel", item="form", created=1).count() == 3  # day, month, year
    TicketSums.objects.filter(by="channel").update(created=5)
    TicketFacts.objects.update(priority=4)

    report = next(iter(verification.run(["service_summaries"])))
    assert report.result.wrong > 0
    mended = next(iter(verification.run(["service_summaries"], repair=True)))

    assert (mended.result.wrong, TicketFacts.objects.get().priority) == (0, 2)


def test_promises_and_answers_of_surveys_count_where_they_belong():
    policy = make_policy()
    kept, broken, asker = make_ticket(), make_ticket(), make_user("support_agent")
    services.reply(kept, body="Done.", by=asker, status="solved")
    PromiseCycle.objects.filter(ticket=broken, kind="first_reply").update(level=3)
    PromiseCycle.objects.filter(ticket=broken, kind="resolution").update(level=1)
    Survey.objects.create(
        ticket=kept,
        agent=asker,
        queue=make_queue("vip"),
        asked_at=timezone.now(),
        score=5,
        answered_at=timezone.now(),
        comment="Thanks",
    )

    reporting.refresh_service()

    by_policy = TicketSums.objects.filter(span="y", by="policy").order_by("item")
    assert [(row.item, row.promised, row.kept, row.warned, row.broken, row.long_over) for row in by_policy] == [
        (f"{policy.pk}:first_reply", 2, 1, 1, 1, 1), (f"{policy.pk}:resolution", 2, 1, 1, 0, 0),
    ]  # fmt: skip
    rated = TicketSums.objects.get(span="y", by="agent", item=str(asker.pk), asked=1)
    assert (rated.queue, rated.rated, rated.points, rated.satisfied, rated.commented) == (
        make_queue("vip").pk,
        1,
        5,
        1,
        1,
    )
