"""What those who asked think of how it was settled."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.rows import tracked
from customers import masking
from customers.masking import Personal
from customers.models.tickets import Queue, Ticket, TicketPartQuerySet


class SurveyQuerySet(TicketPartQuerySet):
    def answered(self) -> "SurveyQuerySet":
        return self.filter(score__isnull=False)


@tracked()
class Survey(Personal):
    """The question how satisfied somebody is, asked once a ticket; `agent` and `queue` are those who settled it."""

    PERSONAL = {"comment": masking.text}

    class Score(models.IntegerChoices):
        VERY_BAD = 1, _("Very bad")
        BAD = 2, _("Bad")
        FAIR = 3, _("Fair")
        GOOD = 4, _("Good")
        VERY_GOOD = 5, _("Very good")

    ticket = models.OneToOneField(Ticket, models.PROTECT, related_name="survey", verbose_name=_("ticket"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="surveys",
        verbose_name=_("agent"),
    )
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="surveys", verbose_name=_("queue"))
    asked_at = models.DateTimeField(_("asked"))
    sent_at = models.DateTimeField(_("mailed"), null=True)
    score = models.PositiveSmallIntegerField(_("satisfaction"), choices=Score, null=True)
    comment = models.TextField(_("comment"), max_length=2000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    changed_at = models.DateTimeField(_("changed"), null=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("satisfaction")
        verbose_name_plural = _("satisfaction")
        ordering = ["-answered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score=None, answered_at=None, comment="")
                | Q(score__range=(1, 5), answered_at__isnull=False),
                name="survey_answer_whole",
            )
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="survey_asked"),
            models.Index(fields=["-answered_at", "-id"], condition=Q(score__isnull=False), name="survey_newest"),
            models.Index(fields=["queue", "-answered_at"], condition=Q(score__isnull=False), name="survey_of_queue"),
            models.Index(fields=["agent", "-answered_at"], condition=Q(score__isnull=False), name="survey_of_agent"),
            models.Index(fields=["score", "-answered_at", "-id"], name="survey_score"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket.number}: {self.get_score_display() or '–'}"

    def get_absolute_url(self) -> Any:
        return self.ticket.get_absolute_url()
