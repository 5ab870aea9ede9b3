"""Who may be given tickets without being asked, and how many."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from customers.models.calendars import Calendar


class AgentQuerySet(VisibleQuerySet):
    def absent(self, at: datetime | None = None) -> "AgentQuerySet":
        at = at or timezone.now()
        return self.filter(Q(absent_until=None) | Q(absent_until__gt=at), absent_from__lte=at)


@tracked(exclude=["last_assigned_at", "returned_at"])
class AgentProfile(models.Model):
    """How one person takes part in assignment; people without a profile only get tickets by hand."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="agent", verbose_name=_("person")
    )
    takes_tickets = models.BooleanField(_("is given tickets automatically"), default=True)
    cap = models.PositiveSmallIntegerField(
        _("most unsolved tickets"), default=20, help_text=_("With so many the person is given no more automatically.")
    )
    shift = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="agents", verbose_name=_("working hours")
    )
    skills = ArrayField(models.CharField(max_length=120), verbose_name=_("skills"), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True)
    absent_from = models.DateTimeField(_("absent from"), null=True, blank=True)
    absent_until = models.DateTimeField(_("back at"), null=True, blank=True)
    returned_at = models.DateTimeField(null=True, editable=False)
    last_assigned_at = models.DateTimeField(_("last given a ticket"), null=True, editable=False)

    objects = AgentQuerySet.as_manager()

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["user__name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(absent_from__isnull=False) | Q(absent_until=None), name="agent_absent_from"
            ),
            models.CheckConstraint(
                condition=Q(absent_until=None) | Q(absent_until__gt=F("absent_from")),
                name="agent_back_after",
                violation_error_message=_("People come back after they have left."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        return reverse("promises:agent", args=[self.pk])

    @property
    def is_absent(self) -> bool:
        now = timezone.now()
        return (
            self.absent_from is not None
            and self.absent_from <= now
            and (self.absent_until is None or self.absent_until > now)
        )
