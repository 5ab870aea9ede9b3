"""What was sold on a day."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DailySales(models.Model):
    """What was sold on a day, by currency: a summary that `services.refresh_sales` keeps true."""

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    orders = models.PositiveIntegerField(_("orders"))
    total = models.DecimalField(_("total"), max_digits=20, decimal_places=3)

    class Meta:
        verbose_name = _("daily sales")
        verbose_name_plural = _("daily sales")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="daily_sales_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"
