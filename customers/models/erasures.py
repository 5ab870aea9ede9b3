"""What was erased of whom, what is kept until when and why, and what was handed out to the person."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet
from backoffice.triggers import append_only
from customers.models.customers import Customer


class Erasure(models.Model):
    """That the personal data of a customer were erased; written by `services.erase` only and never changed.

    `result` is [{"key", "rule", "rows", "until"}, ...], one entry for each class of data: figures, and no data of the person.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="erasures", verbose_name=_("customer"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    approval = models.CharField(_("approval"), max_length=20, blank=True)
    result = models.JSONField(_("result"), default=list)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["customer", "-id"], name="erasure_of_customer")]
        triggers = [append_only()]
        permissions = [("approve_erasure", _("Can approve the erasure of personal data"))]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("customers:erasure", args=[self.number])


class RetainedQuerySet(VisibleQuerySet):
    def waiting(self) -> "RetainedQuerySet":
        return self.filter(erased_at=None)

    def due(self, today: Any) -> "RetainedQuerySet":
        return self.waiting().filter(until__lt=today)


class Retained(models.Model):
    """A record that the law wants kept beyond the erasure: `key` is its class of data, `row` its primary key."""

    erasure = models.ForeignKey(Erasure, models.PROTECT, related_name="retained", verbose_name=_("erasure"))
    key = models.CharField(_("class of data"), max_length=60)
    row = models.BigIntegerField(_("record"))
    until = models.DateField(_("kept until"))
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = RetainedQuerySet.as_manager()

    class Meta:
        verbose_name = _("record kept by law")
        verbose_name_plural = _("records kept by law")
        ordering = ["until", "pk"]
        constraints = [models.UniqueConstraint(fields=["key", "row"], name="retained_once")]
        indexes = [models.Index(fields=["until", "id"], condition=Q(erased_at=None), name="retained_due")]

    def __str__(self) -> str:
        return f"{self.key} {self.row}"


class DataPackage(models.Model):
    """Everything that is held about a customer, put into one JSON file for the person; the file is kept for some days."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        REMOVED = "removed", _("Removed")

    number = models.CharField(_("number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="packages", verbose_name=_("customer"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    file = models.FileField(_("file"), upload_to="packages/", blank=True)
    size = models.PositiveIntegerField(_("size"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("data package")
        verbose_name_plural = _("data packages")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["customer", "-id"], name="package_of_customer"),
            models.Index(fields=["expires_at"], condition=Q(status="done"), name="package_expiring"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("customers:package", args=[self.number])
