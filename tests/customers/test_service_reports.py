"""The reports on service: what they show, what stands behind a row, and who may see it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.models import Message, OpenSpan, Policy, ServiceMark, Ticket, TicketEvent
from customers.reports.pages import REPORTS
from customers.services import reporting
from customers.services.reporting import upkeep
from tests.factories import make_calendar, make_policy, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
NAMES = [name for name, _view, _text in REPORTS]
BYS = ["day", "week", "month", "queue", "agent", "tag", "priority", "channel", "product", "category", "order"]
MARCH = "day_after=2026-03-01&day_before=2026-03-31"
OPENED = datetime(2026, 3, 10, 9, tzinfo=UTC)


def told(opened: datetime, *, reply_after: int | None = None, solved_after: int | None = None, **fields: Any) -> Ticket:
    """A ticket in the calendar of always, answered and solved so many minutes after it was opened."""
    agent = fields.pop("agent", None)
    ticket = make_ticket(**fields)
    Ticket.objects.filter(pk=ticket.pk).update(created_at=opened, assignee=agent)
    ticket.messages.update(created_at=opened)
    if reply_after is not None:
        at = opened + timedelta(minutes=reply_after)
        Message.objects.create(
            ticket=ticket, kind="reply", author=agent or make_user("support_agent"), body="x", created_at=at
        )
    if solved_after is not None:
        at = opened + timedelta(minutes=solved_after)
        TicketEvent.objects.create(ticket=ticket, field="status", old="new", new="solved", at=at)
        Ticket.objects.filter(pk=ticket.pk).update(status="solved", solved_at=at)
    return ticket


@pytest.fixture
def desk():
    make_policy(calendar=make_calendar())
    agent = make_user("support_agent", name="Ada")
    for minutes in (10, 20, 60):
        told(OPENED, reply_after=minutes, solved_after=10 * minutes, agent=agent, tags=["late"])
    told(OPENED + timedelta(days=2), queue="vip", tags=["size"])
    told(datetime(2026, 2, 10, 9, tzinfo=UTC), reply_after=30)
    reporting.refresh_service()
    return agent


@pytest.fixture
def owner(client):
    client.force_login(make_user("owner"))
    return client


def report(client: Any, name: str, query: str = MARCH) -> Any:
    response = client.get(f"{reverse(f'service:{name}')}?{query}")
    assert response.status_code == 200
    return response.context["page"]


def shown(page: Any, *names: str) -> list[tuple[Any, ...]]:
    return [(page.row_title(row), *(getattr(row, name) for name in names)) for row in page.slice.rows]


def test_tickets_in_and_out_with_what_is_left(desk, owner):
    page = report(owner, "flow", f"{MARCH}&by=month")

    assert shown(page, "created", "reopened", "done", "aside", "backlog", "before") == [
        ("March 2026", 4, 0, 3, 0, 2, 1)
    ]
    assert [(card.label, card.value, card.note) for card in page.get_cards()] == [
        ("New", "4", "300.0% more than before"), ("Reopened", "0", ""), ("Solved", "3", ""), ("Unsolved at the end", "2", "100.0% more than before"),
    ]  # fmt: skip
    by_queue = report(owner, "flow", f"{MARCH}&by=queue")
    assert shown(by_queue, "created", "backlog") == [("Support", 3, 1), ("Vip", 1, 1)]


@pytest.mark.parametrize("days", [MARCH, "day_after=2026-03-05&day_before=2026-03-20"])
def test_times_are_medians_means_and_nine_tenths(desk, owner, days):
    """Of a month out of what is added up, of a part of it ticket by ticket: the same."""
    page = report(owner, "times", f"{days}&by=agent")

    names = (
        "replied",
        "reply_median",
        "reply_mean",
        "reply_high",
        "solved",
        "solve_median",
        "solve_mean",
        "solve_high",
    )
    assert shown(page, *names) == [("Ada", 3, 20, 30, 60, 3, 200, 300, 600)]
    assert [card.value for card in page.get_cards()] == ["20 min", "1 h", "3 h 20 min", "10 h"]
    assert shown(report(owner, "times", f"{days}&by=month"), *names) == [
        ("March 2026", 3, 20, 30, 60, 3, 200, 300, 600)
    ]
    weeks = shown(report(owner, "times", f"{days}&by=week"), *names)
    assert [week for week in weeks if week[1]] == [("Week of 9 Mar 2026", 3, 20, 30, 60, 3, 200, 300, 600)]


@pytest.mark.parametrize("name", NAMES)
def test_every_report_can_be_by_everything(desk, owner, name):
    """Its page, its empty page, and its file; a row leads to as many tickets as it says."""
    for by in BYS if name == "flow" else ("month", "agent", "product"):
        page = report(owner, name, f"{MARCH}&by={by}")
        if name in ("flow", "quality"):
            figure = {"flow": "created", "quality": "solved"}[name]
            for row in page.slice.rows:
                found = owner.get(row.url).context["page"].slice.rows
                assert (by, len(found)) == (by, getattr(row, figure))
    assert (
        b"tickets"
        in owner.get(
            f"{reverse(f'service:{name}')}?day_after=2001-01-01&day_before=2001-01-02&by=agent"
        ).content.lower()
    )
    text = owner.get(f"{reverse(f'service:{name}')}?{MARCH}&by=queue&export=csv").getvalue().decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + len(report(owner, name, f"{MARCH}&by=queue").slice.rows)


def test_where_nothing_was_there_is_neither_a_time_nor_a_change(desk, owner):
    [ada] = report(owner, "times", f"{MARCH}&by=agent").slice.rows
    assert (ada.reply_mean, ada.before) == (30, None)

    page = report(owner, "times", "day_after=2026-04-01&day_before=2026-04-30&by=month")
    [change] = [column for column in page.get_columns() if column.key == "change"]
    [row] = page.slice.rows
    assert (row.before, row.change, change.value(row)) == (30, -100, None)
    assert [series.values for series in page.get_chart().series] == [[None], [None]]


def test_days_that_nobody_means_are_no_trouble(desk, owner):
    page = report(owner, "flow", "day_after=0001-01-01&day_before=9999-12-31&by=day")

    assert (page.count.number, page.total.created, len(page.get_chart().labels)) == (1560, 5, 1560)


def test_other_hours_begin_anew_and_other_names_do_not(desk):
    policy = Policy.objects.get()
    Policy.objects.update(name="Other", warn_percent=50)
    make_policy(calendar=policy.calendar, position=200)
    make_queue("third")
    assert upkeep.begins_anew(ServiceMark.objects.get()) is False

    make_policy(queue=make_queue("vip"), position=1)
    assert upkeep.begins_anew(ServiceMark.objects.get()) is True
    reporting.refresh_service()
    assert upkeep.begins_anew(ServiceMark.objects.get()) is False

    OpenSpan.objects.filter(calendar=policy.calendar, begins__lt=OPENED, ends__gt=OPENED).update(ends=OPENED)
    assert upkeep.begins_anew(ServiceMark.objects.get()) is True


def test_a_lead_of_a_queue_sees_that_queue(desk, client):
    client.force_login(make_user("support_lead", queues=("vip",)))

    page = report(client, "flow", f"{MARCH}&by=queue")

    assert (shown(page, "created"), page.total.created) == ([("Vip", 1)], 1)
    other = report(client, "flow", f"{MARCH}&by=queue&queue={make_queue('support').pk}")
    assert (other.filterset_valid, shown(other, "created")) == (False, [("Vip", 1)])


def test_agents_see_no_reports_and_leads_do(client):
    client.force_login(make_user("support_agent"))
    assert [client.get(reverse(f"service:{name}")).status_code for name in ("index", *NAMES)] == [403] * (
        1 + len(NAMES)
    )
    client.force_login(make_user("support_lead"))
    assert client.get(reverse("service:index")).status_code == 200


def test_what_is_no_figure_is_refused(owner):
    for text in (
        "first=x&last=2026-01-01",
        "first=2026-01-01&last=2026-01-02&by=agent&item=x",
        "first=2026-01-01&last=2026-01-02&by=queue",
        "first=2026-01-01&last=2026-01-02&what=none",
    ):
        assert not owner.get(reverse("tickets:list"), {"behind": text}).context["page"].filterset_valid
