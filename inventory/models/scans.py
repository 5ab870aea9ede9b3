"""What handhelds recorded, so that pressing again records nothing."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet
from catalog.models import Variant


class ScanQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "ScanQuerySet":
        """One's own."""
        return self.filter(by=user)


class Scan(models.Model):
    """One scan of a person, written with what it did and in the same transaction; its key is answered by this row for good.

    `facts` are what taking it back needs to know; `said` is the sentence that the page showed. Rows of the last weeks are kept: nobody sends a scan again after that.
    """

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        LOADED = "loaded", _("Loaded")
        UNLOADED = "unloaded", _("Unloaded")
        COUNTED = "counted", _("Counted")
        PUT_AWAY = "put_away", _("Put away")
        PICKED = "picked", _("Picked")
        PACKED = "packed", _("Packed")

    key = models.UUIDField(unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    subject = models.CharField(_("document"), max_length=60)
    code = models.CharField(_("code"), max_length=200)
    pieces = models.PositiveIntegerField(_("pieces"))
    variant = models.ForeignKey(Variant, models.PROTECT, null=True, related_name="+", verbose_name=_("variant"))
    said = models.CharField(_("answer"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    facts: Any = models.JSONField(_("details"), null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    undone_at = models.DateTimeField(_("taken back"), null=True)

    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(pieces__gt=0), name="scan_pieces")]
        indexes = [
            models.Index(fields=["subject", "by", "-id"], name="scan_of_document"),
            models.Index(fields=["at"], name="scan_at"),
        ]

    def __str__(self) -> str:
        return f"{self.pieces} × {self.code}"
