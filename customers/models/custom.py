"""What a merchant wants to know of customers beyond the fields that all have."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.attributes.kinds import Typed
from backoffice.rows import VisibleQuerySet, tracked

code_validator = RegexValidator(
    r"^[a-z][a-z0-9_]*\Z", _("A code has small letters, digits and underscores, and starts with a letter.")
)


class CustomFieldQuerySet(VisibleQuerySet):
    def live(self) -> "CustomFieldQuerySet":
        """Those that forms, lists and files offer, in their order."""
        return self.filter(archived_at=None).order_by("position", "pk")


@tracked()
class CustomField(Typed):
    """A field that staff defined: customers have its value under `code` in `custom`, or in `custom_personal`.

    Triggers refuse values that do not fit, and values of no field. An archived field is no longer asked for; what customers
    have of it stays. `choices` is a list of {"code", "label", "label_zh"}.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Numeric")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One choice")
        BOOLEAN = "boolean", _("Yes or no")

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[code_validator],
        help_text=_("Its name in files and in the API."),
    )
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    help = models.CharField(_("help"), max_length=255, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_personal = models.BooleanField(_("personal data"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z][a-z0-9_]*$") & ~Q(name=""),
                name="custom_field_named",
                violation_error_message=_("A custom field needs a name and a code."),
            ),
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(archived_at=None),
                name="custom_field_name_once",
                violation_error_message=_("There is a custom field of this name."),
            ),
            models.CheckConstraint(
                condition=Q(kind="choice") & ~Q(choices=[]) | ~Q(kind="choice") & Q(choices=[]),
                name="custom_field_choices",
                violation_error_message=_("A field of choices needs some, and no other has any."),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("customers:field", args=[self.pk])

    @property
    def status(self) -> str:
        return "archived" if self.archived_at else "active"

    def get_status_display(self) -> str:
        return str(_("Archived") if self.archived_at else _("Active"))

    @property
    def column(self) -> str:
        """The column of customers that has its values."""
        return "custom_personal" if self.is_personal else "custom"


class IndexedCustom(models.Model):
    """A number or day of a custom field, for filters by range; written by triggers of the customer alone.

    `number` of a date is its days since 2000-01-01.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    code = models.CharField(max_length=40)
    number = models.DecimalField(max_digits=40, decimal_places=15)

    class Meta:
        verbose_name = _("indexed custom field")
        verbose_name_plural = _("indexed custom fields")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["customer", "code"], name="indexed_custom_once")]
        indexes = [models.Index(fields=["code", "number", "customer"], name="indexed_custom_number")]

    def __str__(self) -> str:
        return f"{self.code}: {self.number}"
