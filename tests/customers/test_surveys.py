"""Whoever asked is asked how satisfied they are: once, by a link that only reads until something is sent."""

from datetime import timedelta

import pytest
from django.core import mail, signing
from django.urls import reverse
from django.utils import timezone

from customers import services
from customers.models import Survey, Ticket
from customers.services import surveys
from tests.factories import make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def solved(agent, *, hours=25, **fields):
    """A ticket that `agent` answered and solved so many hours ago."""
    ticket = make_ticket(assignee=agent, **fields)
    services.reply(ticket, body="Done.", by=agent, status="solved")
    Ticket.objects.filter(pk=ticket.pk).update(solved_at=timezone.now() - timedelta(hours=hours))
    return ticket


def asked(agent, **fields):
    ticket = solved(agent, **fields)
    surveys.ask_due()
    return Survey.objects.get(ticket=ticket)


def link(survey):
    return reverse("support:satisfaction", args=[surveys.signed(survey)])


def test_those_whose_tickets_were_solved_a_day_ago_are_asked_once(agent):
    ticket = solved(agent)
    solved(agent, hours=2)
    solved(agent, hours=24 * 30)
    solved(agent, requester_email="")
    unanswered = make_ticket()
    services.set_status(unanswered, status="solved", by=agent)
    Ticket.objects.filter(pk=unanswered.pk).update(solved_at=timezone.now() - 2 * DAY)

    counts = surveys.ask_due(), surveys.ask_due()

    survey = Survey.objects.get()
    assert counts == (1, 0)
    assert (survey.ticket, survey.agent, survey.queue) == (ticket, agent, ticket.queue)


def test_the_mail_has_a_link_for_each_score_and_says_that_a_machine_wrote_it(agent):
    survey = asked(agent)

    sent = surveys.deliver(survey.pk), surveys.deliver(survey.pk)

    (message,) = mail.outbox
    assert sent == (True, False)
    assert message.body.count(surveys.public_url(survey).rpartition("/satisfaction/")[0] + "/satisfaction/") == 5
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert message.to == ["Jane Doe <jane@example.com>"]


def test_to_open_the_link_writes_nothing(agent, client):
    survey = asked(agent)

    for method in (client.get, client.head):
        assert method(link(survey) + "?score=1").status_code == 200

    survey.refresh_from_db()
    assert (survey.score, survey.answered_at) == (None, None)
    assert b'value="1" required id="id_score_4" checked' in client.get(link(survey) + "?score=1").content


def test_an_answer_is_kept_and_can_be_changed_for_a_week(agent, client):
    survey = asked(agent)

    first = client.post(link(survey), {"score": "2", "comment": "Slow."})
    second = client.post(link(survey), {"score": "5", "comment": ""})

    survey.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 302)
    assert (survey.score, survey.comment) == (5, "")
    Survey.objects.update(answered_at=timezone.now() - 8 * DAY)
    late = client.post(link(survey), {"score": "1"})
    survey.refresh_from_db()
    assert (late.status_code, survey.score) == (422, 5)
    assert "the time to change that is over" in late.content.decode()


@pytest.mark.parametrize("score", ["", "0", "6", "x"])
def test_what_is_no_score_is_refused(agent, client, score):
    survey = asked(agent)

    assert client.post(link(survey), {"score": score}).status_code == 422

    survey.refresh_from_db()
    assert survey.score is None


def test_links_that_are_forged_replayed_elsewhere_or_over_are_refused(agent, client, settings):
    survey = asked(agent)
    good = surveys.signed(survey)
    forged = [
        good[:-2] + ("AA" if not good.endswith("AA") else "BB"),
        signing.dumps(survey.pk, salt="customers.sent"),
        signing.dumps(survey.pk + 1000, salt=surveys.SALT),
        "x",
    ]
    for token in forged:
        for method in (client.get, client.post):
            assert method(reverse("support:satisfaction", args=[token]), {"score": "5"}).status_code == 410
    settings.SURVEY_DAYS = -1
    assert client.post(link(survey), {"score": "5"}).status_code == 410

    survey.refresh_from_db()
    assert survey.score is None


def test_figures_stand_above_the_answers_and_tickets_are_found_by_them(agent, client):
    happy, sad = asked(agent), asked(agent, subject="Broken cup")
    surveys.answer(happy, score=5)
    surveys.answer(sad, score=1, comment="It broke twice.")

    page = client.get(reverse("promises:satisfaction"))
    found = client.get(reverse("tickets:list"), {"satisfaction": "1"})

    by_agent = page.context["figures"][1][2]
    assert [(row.name, row.asked, row.answered, row.mean, row.satisfied) for row in by_agent] == [
        ("Anna Agent", 2, 2, 3.0, 50)
    ]
    assert "It broke twice." in page.content.decode()
    assert [row.name for row in found.context["rows"]] == [str(sad.ticket)]


def test_answers_about_other_queues_are_not_seen(sign_in, client):
    survey = asked(make_user("support_agent"))
    surveys.answer(survey, score=5, comment="Lovely")
    make_queue("returns")
    sign_in("support_agent", queues=("returns",))

    page = client.get(reverse("promises:satisfaction"))

    assert "Lovely" not in page.content.decode()
    assert page.context["figures"][0][2] == []
