"""Words that customers are sorted by: their groups, and what they agree to."""

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, in_reader_language, tracked


class Named(models.Model):
    """A code with its name in both languages. Customers refer by the code, and what no row names is shown as it is."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Others are no longer offered."))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    @classmethod
    def offered(cls, kept: str = "") -> list[tuple[str, str]]:
        """Codes and names that may be chosen, and the code that is kept whatever it is; empty where none is set up."""
        rows = [(row.code, str(row)) for row in cls._base_manager.order_by("code") if row.is_active or row.code == kept]
        if rows and kept and kept not in dict(rows):
            rows.append((kept, kept))
        return rows


@tracked()
class CustomerGroup(Named):
    """Whose prices a customer has: `Customer.price_group` and price lists name it by its code."""

    class Meta:
        verbose_name = _("customer group")
        verbose_name_plural = _("customer groups")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                Upper("code"), name="customer_group_once", violation_error_message=_("There is a group of this code.")
            )
        ]


@tracked()
class ConsentPurpose(Named):
    """What customers agree to: `Consent.purpose` names it by its code."""

    class Meta:
        verbose_name = _("purpose of consents")
        verbose_name_plural = _("purposes of consents")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                Upper("code"),
                name="consent_purpose_once",
                violation_error_message=_("There is a purpose of this code."),
            )
        ]
