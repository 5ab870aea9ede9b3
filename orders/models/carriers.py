"""Who carries parcels, and where their way can be followed."""

from urllib.parse import quote

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked

NUMBER = "{number}"


def followed(pattern: str | None, number: str) -> str:
    """The address that a carrier's tracking link gives for a tracking number; "" where either is missing."""
    return pattern.replace(NUMBER, quote(number.strip(), safe="")) if pattern and number.strip() else ""


@tracked()
class Carrier(models.Model):
    """A carrier that the shop works with. Parcels know it by its name, so that one may be typed that is not listed."""

    name = models.CharField(_("name"), max_length=60)
    tracking_url = models.CharField(
        _("tracking link"),
        max_length=300,
        blank=True,
        help_text=_("With {number} where the tracking number belongs: https://track.example/?id={number}"),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Upper("name"), name="carrier_name_once", violation_error_message=_("There is a carrier of this name.")
            ),
            models.CheckConstraint(
                condition=Q(tracking_url="")
                | (Q(tracking_url__startswith="https://") & Q(tracking_url__contains=NUMBER)),
                name="carrier_tracking_url",
                violation_error_message=_("A tracking link begins with https:// and holds {number}."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
