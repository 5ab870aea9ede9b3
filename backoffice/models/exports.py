"""Exports that are kept: files made in the background, and templates that make them again."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel"
    JSONL = "jsonl", "JSON Lines"


class ExportStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    REMOVED = "removed", _("Removed")


EXPORT_TRANSITIONS: dict[str, set[str]] = {
    ExportStatus.WAITING: {ExportStatus.RUNNING, ExportStatus.CANCELED, ExportStatus.FAILED},
    ExportStatus.RUNNING: {ExportStatus.DONE, ExportStatus.FAILED, ExportStatus.CANCELED},
    ExportStatus.DONE: {ExportStatus.REMOVED},
    ExportStatus.FAILED: set(),
    ExportStatus.CANCELED: set(),
    ExportStatus.REMOVED: set(),
}


class ExportTemplateQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "ExportTemplateQuerySet":
        """Everyone has their own."""
        return self.filter(user=user)

    def due(self, now: Any) -> "ExportTemplateQuerySet":
        return self.filter(next_at__lte=now)


@tracked(exclude=["next_at"])
class ExportTemplate(models.Model):
    """An export to be made again: the address of a list with its filters, columns and order, and how the file looks.

    It runs with the rights that its owner has then. `next_at` is written by `exports.schedules` only.
    """

    Format = ExportFormat

    class Schedule(models.TextChoices):
        NEVER = "", _("Only when asked for")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")
        MONTHLY = "monthly", _("Every month")

    class Delivery(models.TextChoices):
        KEEP = "keep", _("Keep it among my exports")
        MAIL = "mail", _("Mail it to me")
        FOLDER = "folder", _("Leave it in the exchange folder")

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="export_templates")
    name = models.CharField(_("name"), max_length=80)
    address = models.TextField(_("list"))
    format = models.CharField(_("format"), max_length=8, choices=ExportFormat, default=ExportFormat.CSV)
    bom = models.BooleanField(
        _("for spreadsheets"), default=True, help_text=_("CSV begins with a mark by which Excel knows UTF-8.")
    )
    schedule = models.CharField(_("when"), max_length=8, choices=Schedule, default=Schedule.NEVER, blank=True)
    hour = models.PositiveSmallIntegerField(
        _("hour"), default=6, validators=[MaxValueValidator(23)], help_text=_("0 to 23, in your time zone.")
    )
    weekday = models.PositiveSmallIntegerField(_("day of the week"), choices=Weekday, default=Weekday.MONDAY)
    day = models.PositiveSmallIntegerField(
        _("day of the month"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text=_("In shorter months the last one."),
    )
    delivery = models.CharField(_("where to"), max_length=8, choices=Delivery, default=Delivery.KEEP)
    file_name = models.CharField(
        _("name in the folder"),
        max_length=120,
        blank=True,
        help_text=_("Such as stock.csv; {date} stands for the day. The file of the time before is replaced."),
    )
    next_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ExportTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("export template")
        verbose_name_plural = _("export templates")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="export_template_name_once",
                violation_error_message=_("You have a template of this name already."),
            ),
            models.UniqueConstraint(
                Lower("file_name"),
                condition=~Q(file_name=""),
                name="export_template_file_once",
                violation_error_message=_("Another template writes this file already."),
            ),
            models.CheckConstraint(
                condition=Q(hour__lte=23, weekday__lte=6, day__gte=1, day__lte=31),
                name="export_template_schedule",
                violation_error_message=_("There is no such hour or day."),
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="export_template_due")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exports:template", args=[self.pk])


class ExportRunQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "ExportRunQuerySet":
        """People see their own; those who may read the audit trail see that there were others. Files are one's own."""
        return self if user.has_perm("backoffice.view_auditevent") else self.filter(user=user)

    def unfinished(self) -> "ExportRunQuerySet":
        return self.filter(status__in=[ExportStatus.WAITING, ExportStatus.RUNNING])

    def past_keeping(self, now: Any) -> "ExportRunQuerySet":
        return self.filter(status=ExportStatus.DONE, expires_at__lte=now)


@tracked(exclude=["rows"])
class ExportRun(Stateful):
    """A file made in the background. Written by `backoffice.exports.running` only; `rows` counts while it is made."""

    Status = ExportStatus
    Format = ExportFormat
    TRANSITIONS = EXPORT_TRANSITIONS

    number = models.CharField(_("number"), max_length=20, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="export_runs", verbose_name=_("by"))
    template = models.ForeignKey(
        ExportTemplate, models.SET_NULL, null=True, blank=True, related_name="runs", verbose_name=_("template")
    )
    name = models.CharField(_("name"), max_length=120)
    address = models.TextField(_("list"))
    format = models.CharField(_("format"), max_length=8, choices=ExportFormat)
    bom = models.BooleanField(default=True)
    status = models.CharField(_("status"), max_length=10, choices=ExportStatus, default=ExportStatus.WAITING)
    rows = models.BigIntegerField(_("rows"), default=0)
    size = models.BigIntegerField(_("size"), default=0)
    file = models.FileField(upload_to="exports/", blank=True)
    message = models.TextField(_("message"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    objects = ExportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="export_of_user"),
            models.Index(fields=["expires_at"], condition=Q(status="done"), name="export_expiring"),
        ]
        triggers = [legal_transitions("status", EXPORT_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("exports:run", args=[self.number])

    @property
    def has_file(self) -> bool:
        """Whether the file can be taken now."""
        return bool(
            self.status == ExportStatus.DONE and self.file and self.expires_at and self.expires_at > timezone.now()
        )
