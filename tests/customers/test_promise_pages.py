"""Pages of calendars, promises, agents; and what of them stands on the page and in the list of tickets."""

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from backoffice.verbs import JOBS
from customers import services, tasks
from customers.models import AgentProfile, Calendar, Policy, PromiseCycle, PromiseEvent, Ticket
from customers.services import promises
from tests.factories import make_agent, make_calendar, make_customer, make_policy, make_ticket, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CALENDAR = {
    "name": "Berlin",
    "zone": "Europe/Berlin",
    "country": "de",
    "region": "BE",
    "closed_days": "2030-12-24 Christmas Eve\n2030-12-31",
    "open_days": "2030-05-01",
    "day_0": "09:00–12:30, 13:30–18:00",
    "day_4": "9-15",
}
POLICY = {
    "name": "Gold",
    "position": "10",
    "is_active": "on",
    "price_group": "GOLD",
    "on_change": "recount",
    "warn_percent": "80",
    "escalate_percent": "150",
    "first_reply_4": "30 min",
    "first_reply_3": "4 h",
    "resolution_3": "1h30",
}


def test_a_calendar_is_made_shown_and_changed(lead, client):
    made = client.post(reverse("promises:calendar_new"), CALENDAR)
    calendar = Calendar.objects.get()
    page = client.get(made["Location"] + "?at=2030-01-07T08:00").content.decode()
    edit = client.get(reverse("promises:calendar_edit", args=[calendar.pk])).content.decode()
    changed = client.post(reverse("promises:calendar_edit", args=[calendar.pk]), {**CALENDAR, "day_4": ""})

    assert made.status_code == changed.status_code == 302
    assert "09:00–12:30, 13:30–18:00" in page
    assert "2030-12-24 Christmas Eve" in edit
    rows = list(calendar.intervals.values_list("weekday", "begins", "ends"))
    assert rows == [(0, 540, 750), (0, 810, 1080)]


def test_the_preview_says_when_a_ticket_would_be_due(lead, client):
    calendar = make_calendar(zone="UTC", week={0: [(540, 1020)]})

    page = client.get(calendar.get_absolute_url(), {"at": "2026-11-30T16:00"})

    due = dict(page.context["due"])
    assert due["2 hours"] == datetime(2026, 12, 7, 10, tzinfo=due["2 hours"].tzinfo)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("day_0", "nine to five", "is no opening time"),
        ("closed_days", "Christmas", "does not begin with a day"),
        ("zone", "Mars", "There is no such time zone."),
    ],
)
def test_a_calendar_that_cannot_be_is_told_at_its_field(lead, client, field, value, sentence):
    page = client.post(reverse("promises:calendar_new"), {**CALENDAR, field: value})

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not Calendar.objects.exists()


def test_a_policy_is_made_shown_and_changed(lead, client):
    calendar = make_calendar("Berlin")
    data = {**POLICY, "calendar": calendar.pk, "priorities": ["3", "4"]}
    made = client.post(reverse("promises:policy_new"), data)
    policy = Policy.objects.get()
    page = client.get(made["Location"]).content.decode()
    edit = client.get(reverse("promises:policy_edit", args=[policy.pk])).content.decode()
    changed = client.post(reverse("promises:policy_edit", args=[policy.pk]), {**data, "first_reply_3": "2 h"})

    assert made.status_code == changed.status_code == 302
    assert "1 hour 30 min" in page
    assert 'value="1 h 30 min"' in edit
    targets = list(policy.targets.values_list("priority", "first_reply", "next_reply", "resolution"))
    assert targets == [(4, 30, None, None), (3, 120, None, 90), (2, None, None, None), (1, None, None, None)]
    assert policy.priorities == [3, 4]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"first_reply_4": "", "first_reply_3": "", "resolution_3": ""}, "Promise at least one time"),
        ({"first_reply_4": "soon"}, "Give a time such as"),
        ({"warn_percent": "100"}, "A warning comes at 1 to 99 percent"),
    ],
)
def test_a_policy_that_promises_nothing_or_nonsense_is_refused(lead, client, fields, sentence):
    page = client.post(reverse("promises:policy_new"), {**POLICY, "calendar": make_calendar().pk, **fields})

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not Policy.objects.exists()


def test_agents_see_policies_and_calendars_and_change_none(agent, client):
    policy = make_policy()

    assert client.get(policy.get_absolute_url()).status_code == 200
    assert client.get(reverse("promises:policy_edit", args=[policy.pk])).status_code == 403
    assert client.post(reverse("promises:calendar_new"), CALENDAR).status_code == 403


def test_the_ticket_says_what_is_due_and_why(agent, client):
    make_policy("Gold", targets=(240, None, None), price_group="GOLD", calendar=make_calendar("Berlin"))
    ticket = make_ticket(customer=make_customer("Gold Ltd", price_group="GOLD"), priority=3)
    PromiseCycle.objects.update(paused=35 * 60)
    due = timezone.localtime(PromiseCycle.objects.get().due_at)

    page = client.get(ticket.get_absolute_url()).content.decode()

    when = f"{due:%H:%M}" if due.date() == timezone.localdate() else f"{due:%Y-%m-%d %H:%M}"
    assert f"First reply due {when}" in page
    assert "because priority High at Gold: 4 hours of business time, calendar Berlin, paused 35 min" in page


def test_what_the_clock_did_and_who_was_told_stands_in_the_handling_record(agent, client):
    make_policy(targets=(60, None, None))
    ticket = make_ticket(assignee=agent)
    promises.tick(timezone.now() + 61 * HOUR / 60)

    page = client.get(ticket.get_absolute_url())

    happened = [(event["new"], event["reason"]) for event in page.context["events"][:2]]
    assert happened == [("time over", "Told: Anna Agent"), ("warned", "Told: Anna Agent")]


def test_a_promise_that_was_kept_or_broken_is_told(agent, client):
    make_policy(targets=(60, None, 120))
    ticket = make_ticket()
    services.reply(ticket, body="Soon.", by=agent, status="solved")
    PromiseCycle.objects.filter(kind="resolution").update(used=7300)

    (read,) = promises.with_promises(Ticket.objects.filter(pk=ticket.pk), agent)
    told = [one.headline for one in promises.promised_to(read, agent).told]

    assert told == ["First reply: in time, after 0 min", "Resolution: late, after 2 hours 1 min"]


def test_tickets_are_listed_by_what_is_due_first(agent, client):
    now = timezone.now()
    for number, hours in enumerate((5, None, -1, 1)):
        ticket = make_ticket(f"Ticket {number}")
        Ticket.objects.filter(pk=ticket.pk).update(promised_at=now + hours * HOUR if hours else None)

    def listed(**query):
        return [row.name.split(" ", 1)[1] for row in client.get(reverse("tickets:list"), query).context["rows"]]

    assert listed(sort="promised") == ["Ticket 2", "Ticket 3", "Ticket 0", "Ticket 1"]
    assert listed(promised="overdue") == ["Ticket 2"]
    assert listed(promised="soon") == ["Ticket 3"]


def test_an_agent_is_added_sent_away_and_welcomed_back(lead, client):
    user = make_user("support_agent", name="Ann")
    data = {"user": user.pk, "takes_tickets": "on", "cap": "5", "skills": "returns, wine", "languages": ["zh-hans"]}
    made = client.post(reverse("promises:agent_new"), data)
    assert made.status_code == 302, made.context["form"].errors
    profile = AgentProfile.objects.get()
    ticket = make_ticket(assignee=user)

    listed = client.get(reverse("promises:agents")).content.decode()
    away = client.post(reverse("promises:agent_away", args=[profile.pk]), {"until": ""})
    ticket.refresh_from_db()
    profile.refresh_from_db()

    assert "Ann" in listed
    assert (away.status_code, profile.is_absent, ticket.assignee) == (302, True, None)
    client.post(reverse("promises:agent_back", args=[profile.pk]))
    profile.refresh_from_db()
    assert (profile.is_absent, profile.skills, profile.languages) == (False, ["returns", "wine"], ["zh-hans"])


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_agents_costs_the_same_for_one_as_for_many(lead, client, count, django_assert_num_queries):
    for _each in range(count):
        profile = make_agent()
        make_ticket(assignee=profile.user)
    client.get(reverse("promises:agents"))

    with django_assert_num_queries(6):
        page = client.get(reverse("promises:agents"))

    assert [row.html.count("<td") for row in page.context["rows"]] == [8] * count


def test_the_command_tells_what_it_did(capsys):
    make_policy(targets=(1, None, None))
    make_ticket()
    PromiseCycle.objects.update(warn_at=timezone.now(), next_at=timezone.now())

    call_command("sla_tick", "--json")
    call_command("sla_tick")

    first, second = capsys.readouterr().out.splitlines()
    assert first == '{"warned": 1, "broken": 0, "escalated": 0, "raised": 0, "told": 0}'
    assert second.startswith("Warned: 0.")
    assert PromiseEvent.objects.filter(what="warn").count() == 1


@pytest.mark.parametrize("task", [tasks.sla_tick, tasks.assign_waiting, tasks.ask_surveys, tasks.extend_calendars])
def test_every_job_runs_and_has_words(task):
    task(timestamp=0)

    assert task.name in JOBS
