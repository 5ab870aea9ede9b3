"""What is told about the products of a category: attribute definitions, which everything below the category inherits."""

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.attributes.kinds import AttributeKind, Typed, code_validator, shown
from backoffice.rows import VisibleQuerySet, tracked
from catalog.models.categories import Category


class AttributeQuerySet(VisibleQuerySet):
    def of_path(self, category: Category | None) -> "AttributeQuerySet":
        """Definitions that hold for products of `category`: its own, those of everything above it, and those for all."""
        above = Q(category__isnull=True)
        if category is not None:
            names = category.path.split(" > ")
            above |= Q(category__path__in=[" > ".join(names[:depth]) for depth in range(1, len(names) + 1)])
        return self.filter(above).in_order()

    def in_order(self) -> "AttributeQuerySet":
        """As forms and pages list them: from the top of the tree down."""
        return self.select_related("category").order_by(F("category__path").asc(nulls_first=True), "position", "pk")


@tracked()
class AttributeDefinition(Typed):
    """What may stand under `code` in the `attributes` of products in `category` and below; of all products without one.

    Values: text, number (a JSON number of at most 15 digits, which every program keeps exactly), true or false, the code
    of a choice, a list of such codes in the order of `choices`, a date as "2026-03-31". A trigger of the product refuses
    any other. `choices` is a list of {"code", "label", "label_zh"}.
    """

    lookup_fields = ("code", "name", "name_zh")
    Kind = AttributeKind

    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="definitions", verbose_name=_("category")
    )
    code = models.CharField(_("code"), max_length=60, validators=[code_validator])
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_filterable = models.BooleanField(_("in filters"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    help = models.CharField(_("help"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = AttributeQuerySet.as_manager()

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["category", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                F("category"),
                Lower("code"),
                name="attribute_code_once",
                nulls_distinct=False,
                violation_error_message=_("The category has an attribute of this code already."),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[[:alnum:]][[:alnum:]_.\-]*$") & ~Q(name=""),
                name="attribute_named",
                violation_error_message=_("An attribute needs a name and a code without blanks."),
            ),
            models.CheckConstraint(
                condition=Q(unit="") | Q(kind="number"),
                name="attribute_unit_of_numbers",
                violation_error_message=_("Only numbers have a unit."),
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=["choice", "choices"]) & ~Q(choices=[]))
                | (~Q(kind__in=["choice", "choices"]) & Q(choices=[])),
                name="attribute_choices_of_choices",
                violation_error_message=_("An attribute of choices needs some, and no other has any."),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("catalog:attribute", args=[self.pk])


def definitions_of(categories: Iterable[Category | None]) -> dict[int | None, list[AttributeDefinition]]:
    """Definitions that hold in each of the categories, by primary key; two queries however many they are."""
    every = list(AttributeDefinition.objects.in_order())
    found: dict[int | None, list[AttributeDefinition]] = {}
    for category in categories:
        path = f"{category.path} > " if category else ""
        found[category.pk if category else None] = [d for d in every if holds(d, path)]
    return found


def holds(definition: AttributeDefinition, path: str) -> bool:
    """Whether it holds in the category of this path, which ends in " > " unless it is that of no category."""
    return definition.category is None or path.startswith(f"{definition.category.path} > ")


class IndexedAttribute(models.Model):
    """A number or day in the attributes of a product, for filters by range; written by a trigger of the product alone.

    `number` of a date is its days since 2000-01-01.
    """

    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    code = models.CharField(max_length=60)
    number = models.DecimalField(max_digits=40, decimal_places=15)

    class Meta:
        verbose_name = _("indexed attribute")
        verbose_name_plural = _("indexed attributes")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="indexed_attribute_once")]
        indexes = [models.Index(fields=["code", "number", "product"], name="indexed_attribute_number")]

    def __str__(self) -> str:
        return f"{self.code}: {self.number}"


__all__ = ["AttributeDefinition", "AttributeKind", "AttributeQuerySet", "IndexedAttribute", "definitions_of", "shown"]
