"""Numbers without gaps."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentSequence(models.Model):
    """The last number drawn of a gapless series in a year; `numbering.draw` is the only writer."""

    series = models.CharField(_("series"), max_length=10)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("document sequence")
        verbose_name_plural = _("document sequences")
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="document_sequence_once")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"
