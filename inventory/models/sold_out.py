"""What may be sold out, so that finding it does not mean looking at everything that is not."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant


class SoldOut(models.Model):
    """A variant of which nothing may be left to promise at any warehouse; it may stand here several times.

    Each that is sold out stands here; those that are not any more are taken away later. Written by triggers
    (`inventory/sql/sold_out.sql`) and by `services.refresh_sold_out`.
    """

    variant = models.ForeignKey(
        Variant, models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("variant")
    )

    class Meta:
        verbose_name = _("mark of what may be sold out")
        verbose_name_plural = _("marks of what may be sold out")

    def __str__(self) -> str:
        return str(self.variant_id)
