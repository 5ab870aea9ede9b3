"""The tree of categories, and brands."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.rows import (
    VisibleQuerySet,
    in_reader_language,
    tracked,
)
from catalog.tree import below_its_parent, carry_path_down

SEPARATOR = " > "


class CategoryQuerySet(VisibleQuerySet):
    def with_product_count(self, cap: int = 1000) -> "CategoryQuerySet":
        """Annotate `product_count`: products right in the category, counted to one more than `cap`."""
        of_products = Category.products.rel.related_model._default_manager  # type: ignore[attr-defined]
        products = of_products.filter(category=OuterRef("pk")).order_by().values("pk")[: cap + 1]
        return self.annotate(
            product_count=Func(ArraySubquery(products), function="CARDINALITY", output_field=models.IntegerField())
        )

    def with_branch_count(self, cap: int = 1000) -> "CategoryQuerySet":
        """Annotate `product_count`: products in the whole branch, counted to one more than `cap`."""
        below = Category.objects.annotate(top=OuterRef(OuterRef("path"))).filter(
            Q(pk=OuterRef(OuterRef("pk"))) | Q(path__startswith=Concat(F("top"), Value(SEPARATOR)))
        )
        of_products = Category.products.rel.related_model._default_manager  # type: ignore[attr-defined]
        products = of_products.filter(category__in=below.order_by().values("pk")).order_by().values("pk")[: cap + 1]
        return self.annotate(
            product_count=Func(ArraySubquery(products), function="CARDINALITY", output_field=models.IntegerField())
        )

    def branch(self, category: "Category") -> "CategoryQuerySet":
        """`category` and everything below it."""
        return self.filter(Q(pk=category.pk) | Q(path__startswith=f"{category.path} > "))


@tracked()
class Category(models.Model):
    """A node of the category tree. `path` ("Clothing > Hoodies") is written by triggers, for the whole branch."""

    lookup_fields = ("path", "name_zh")
    lock_name = "catalog_category"  # of the lock that comes before any row of the tree

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    path = models.CharField(_("path"), max_length=600, unique=True, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    number = models.CharField(
        _("number elsewhere"),
        max_length=60,
        blank=True,
        help_text=_("By which product files of another system name it."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(
                F("parent"),
                Lower("name"),
                name="category_name_once",
                nulls_distinct=False,
                violation_error_message=_("There is a category of this name here already."),
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="category_not_its_own_parent",
                violation_error_message=_("A category cannot stand below itself."),
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(name__contains=" > "),
                name="category_named_plainly",
                violation_error_message=_(
                    "A category needs a name without “ > ”, which stands between the names of a path."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="category_path_prefix"),
            models.Index(fields=["number"], condition=~Q(number=""), name="category_number"),
        ]
        triggers = [below_its_parent, carry_path_down]

    def __str__(self) -> str:
        return self.path

    def get_absolute_url(self) -> str:
        return reverse("catalog:category", args=[self.pk])

    @property
    def title(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    @property
    def line(self) -> list["Category"]:
        """From the top of the tree down to this one; a query for each parent that was not selected along."""
        line, here = [self], self.parent
        while here is not None:
            line.insert(0, here)
            here = here.parent
        return line


@tracked()
class Brand(models.Model):
    """Who makes a product."""

    lookup_fields = ("name", "name_zh")

    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="brand_name_once",
                violation_error_message=_("There is a brand of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:brand", args=[self.pk])

    @property
    def title(self) -> str:
        return in_reader_language(self.name, self.name_zh)
