"""Jobs: signs of life, progress, failures."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.rows import VisibleQuerySet
from backoffice.verbs import job_words


class Heartbeat(models.Model):
    """When the worker last lived; written by a periodic task, read by /readyz and `doctor`."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class JobProgress(models.Model):
    """How far a long job has come."""

    job_id = models.BigIntegerField(primary_key=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.done}/{self.total or '?'}"


class JobQuerySet(VisibleQuerySet):
    def visible_to(self, user: Any) -> "JobQuerySet":
        return self if user.has_perm("backoffice.view_jobs") else self.none()


class Job(ProcrastinateJob):
    """A job in the queue of Procrastinate, which alone writes it."""

    objects = JobQuerySet.as_manager()  # type: ignore[assignment, misc]

    class Meta:
        proxy = True
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        default_permissions = ()
        permissions = [("view_jobs", _("Can see jobs")), ("retry_jobs", _("Can retry failed jobs"))]

    def __str__(self) -> str:
        return f"{job_words(self.task_name)} #{self.pk}"

    STATUS_TEXTS = {
        "todo": _("Waiting"),
        "doing": _("Running"),
        "succeeded": _("Done"),
        "failed": _("Failed"),
        "cancelled": _("Canceled"),
        "aborted": _("Aborted"),
    }

    def get_absolute_url(self) -> str:
        return reverse("jobs:job", args=[self.pk])

    def get_status_display(self) -> str:  # type: ignore[no-redef]
        return str(self.STATUS_TEXTS.get(self.status, self.status))


class JobFailure(models.Model):
    """Why an attempt of a job failed; written by `tasks.watched`."""

    job_id = models.BigIntegerField(db_index=True)
    task = models.CharField(_("task"), max_length=128)
    attempt = models.PositiveIntegerField(_("attempt"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    error = models.CharField(_("error"), max_length=500)
    traceback = models.TextField(_("where"))

    class Meta:
        verbose_name = _("failed attempt")
        verbose_name_plural = _("failed attempts")
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.error
