"""Asking how satisfied people are, once their tickets are solved, and keeping what they say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice import audit
from customers.models import Message, Survey, Ticket, TicketStatus

TASK = "customers.mail_survey"
SALT = "customers.survey"
AT_ONCE = 500
LOOKS_BACK = timedelta(days=7)


class LinkInvalid(ValidationError):
    """The link of a survey was made by somebody else, or its time is over."""

    def __init__(self) -> None:
        super().__init__(_("This link is not valid any more."), code="link_invalid")


class AnswerFinal(ValidationError):
    """An answer was given so long ago that it stays."""

    def __init__(self) -> None:
        super().__init__(_("You have answered already, and the time to change that is over."), code="answer_final")


@transaction.atomic
def ask_due(at: datetime | None = None) -> int:
    """Ask for the tickets that were solved SURVEY_AFTER_HOURS ago and answered by a person; returns how many.

    Nobody is asked twice about a ticket, for history of another system, or without an address to mail to.
    """
    at = at or timezone.now()
    until = at - timedelta(hours=settings.SURVEY_AFTER_HOURS)
    replies = Message.objects.filter(ticket=OuterRef("pk"), kind=Message.Kind.REPLY)
    due = Ticket.objects.filter(
        Exists(replies),
        status__in=[TicketStatus.SOLVED, TicketStatus.CLOSED],
        solved_at__gt=until - LOOKS_BACK,
        solved_at__lte=until,
        survey=None,
        source="",
    ).exclude(requester_email="")
    tickets = list(due.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk")[:AT_ONCE])
    surveys = Survey.objects.bulk_create(
        Survey(ticket=ticket, agent_id=ticket.assignee_id, queue_id=ticket.queue_id, asked_at=at) for ticket in tickets
    )
    for survey in surveys:
        app.configure_task(TASK).defer(survey=survey.pk)
    return len(surveys)


def signed(survey: Survey) -> str:
    """What the link carries; only we can have made it, and it ends."""
    return signing.dumps(survey.pk, salt=SALT)


def public_url(survey: Survey) -> str:
    return f"{settings.SITE_URL}{reverse('support:satisfaction', args=[signed(survey)])}"


def opened(token: str) -> Survey:
    """The survey of a link. Raises LinkInvalid when it is forged or older than SURVEY_DAYS."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=timedelta(days=settings.SURVEY_DAYS))
    except signing.BadSignature as error:
        raise LinkInvalid from error
    found = Survey.objects.select_related("ticket__queue").filter(pk=pk).first()
    if found is None or found.ticket.status == TicketStatus.SPAM:
        raise LinkInvalid
    return found


@transaction.atomic
def answer(survey: Survey, *, score: int, comment: str = "") -> Survey:
    """Keep what somebody says; it can be changed within SURVEY_CHANGE_DAYS. Raises AnswerFinal after that."""
    survey = Survey.objects.locked().select_related("ticket").get(pk=survey.pk)
    now = timezone.now()
    if survey.answered_at and now - survey.answered_at > timedelta(days=settings.SURVEY_CHANGE_DAYS):
        raise AnswerFinal
    survey.score, survey.comment = Survey.Score(score).value, comment.replace("\x00", "").strip()[:2000]
    survey.changed_at = now if survey.answered_at else None
    survey.answered_at = survey.answered_at or now
    survey.save(update_fields=["score", "comment", "answered_at", "changed_at"])
    audit.record("ticket.rated", survey.ticket, by=None, data={"score": survey.score})
    return survey


def deliver(pk: int) -> bool:
    """Mail the question once, in the language of the ticket; returns whether a mail went out."""
    survey = Survey.objects.select_related("ticket__queue").get(pk=pk)
    if survey.sent_at or survey.answered_at or not survey.ticket.requester_email:
        return False
    with translation.override(survey.ticket.language):
        compose(survey).send()
    Survey.objects.filter(pk=pk).update(sent_at=timezone.now())
    return True


def compose(survey: Survey) -> EmailMessage:
    """The mail; expects the language of the ticket to be active."""
    ticket, url = survey.ticket, public_url(survey)
    scores = [(label, f"{url}?score={value}") for value, label in reversed(Survey.Score.choices)]
    subject = _("How did we do? %(subject)s") % {"subject": ticket.subject}
    return EmailMessage(
        subject=f"{subject} [{ticket.number}]",
        body=render_to_string(
            "tickets/mail/survey.txt",
            {"ticket": ticket, "url": url, "scores": scores, "company": settings.COMPANY_NAME},
        ),
        from_email=formataddr((settings.COMPANY_NAME, ticket.queue.email or settings.DEFAULT_FROM_EMAIL)),
        to=[formataddr((ticket.requester_name, ticket.requester_email))],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )


@dataclass(frozen=True)
class Figures:
    """Answers of one queue or agent: how many of those asked, the mean, and the share that is good or very good."""

    name: str
    key: str
    asked: int
    answered: int
    mean: float | None
    satisfied: int | None


GROUPED = """
    SELECT g.name, g.key, count(*), count(s.score), avg(s.score)::float,
           (100 * count(*) FILTER (WHERE s.score >= 4) / nullif(count(s.score), 0))::integer
    FROM customers_survey s {join}
    WHERE s.asked_at >= %s AND s.queue_id = ANY(%s) GROUP BY g.name, g.key ORDER BY count(s.score) DESC, g.name LIMIT 50
"""
BY_QUEUE = GROUPED.format(
    join="CROSS JOIN LATERAL (SELECT CASE WHEN %s AND q.name_zh <> '' THEN q.name_zh ELSE q.name END AS name, q.id::text AS key"
    " FROM customers_queue q WHERE q.id = s.queue_id) g"
)
BY_AGENT = GROUPED.format(
    join="CROSS JOIN LATERAL (SELECT coalesce(nullif(u.name, ''), u.email) AS name, u.id::text AS key"
    " FROM backoffice_user u WHERE u.id = s.agent_id AND (%s OR true)) g"
)


def figures(statement: str, *, since: datetime, queues: Iterable[int]) -> list[Figures]:
    """BY_QUEUE or BY_AGENT over what was asked since then in these queues."""
    chinese = (translation.get_language() or "").startswith("zh")
    with connection.cursor() as cursor:
        cursor.execute(statement, [chinese, since, list(queues)])
        return [Figures(*row) for row in cursor.fetchall()]
