"""What a tax class costs where."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked


@tracked()
class TaxRate(models.Model):
    """What a tax class costs where the goods go: in a region of a country, in the rest of it, or everywhere else. The narrowest
    counts."""

    tax_class = models.CharField(_("tax class"), max_length=40, default="standard")
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("Two letters, such as DE; blank for everywhere else.")
    )
    region = models.CharField(
        _("region"),
        max_length=20,
        blank=True,
        default="",
        help_text=_("Code of the state or province as addresses say it, such as CA; blank for the whole country."),
    )
    name = models.CharField(_("name"), max_length=60, help_text=_("As invoices print it, such as VAT 19%."))
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=5, help_text=_("0.19 is 19%."))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["tax_class", "country", "region"]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_class", "country", "region"],
                name="tax_rate_once",
                violation_error_message=_("There is a rate for this class, country and region already."),
            ),
            models.CheckConstraint(
                condition=Q(region="") | ~Q(country=""),
                name="tax_rate_region_of_country",
                violation_error_message=_("Say which country the region belongs to."),
            ),
            models.CheckConstraint(
                condition=Q(country=Upper("country")) & Q(region=Upper("region")),
                name="tax_rate_capitals",
                violation_error_message=_("Write country and region in capitals."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0) & Q(rate__lt=1),
                name="tax_rate_share",
                violation_error_message=_("Give the rate as a share: 0.19 is 19%."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Codes are kept in capitals; "US-CA" is CA of US."""
        self.country = self.country.strip().upper()
        self.region = self.region.strip().upper().removeprefix(f"{self.country}-")
