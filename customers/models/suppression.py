"""Contacts of people who were erased, so that no file brings them back."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet
from customers.models.erasures import Erasure


class Suppression(models.Model):
    """A keyed hash of a normalised contact. It recognises the contact when it comes again, and cannot be read back."""

    digest = models.CharField(max_length=64, unique=True)
    erasure = models.ForeignKey(Erasure, models.PROTECT, related_name="suppressions", verbose_name=_("erasure"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed contact")
        verbose_name_plural = _("suppressed contacts")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
