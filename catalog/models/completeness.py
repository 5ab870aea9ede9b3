"""How complete each product is, kept true by triggers and, after large loads, by a job each minute."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.products import Product

# Room for the key of a product below its score: `place` orders by score, then by key.
BY_SCORE = 2**44


class Check(models.TextChoices):
    """What a product should have. Their weights are in the database, `catalog_completeness_weights`."""

    PICTURE = "picture", _("Picture")
    ALT = "alt", _("Alternative text of each picture")
    PRICE = "price", _("Price of each variant")
    BARCODE = "barcode", _("Barcode of each variant")
    TITLE_ZH = "title_zh", _("Chinese title")
    DESCRIPTION = "description", _("Description")
    DESCRIPTION_ZH = "description_zh", _("Chinese description")
    CATEGORY = "category", _("Category")
    BRAND = "brand", _("Brand")
    ATTRIBUTES = "attributes", _("Required attributes")
    SEO = "seo", _("Title and description for search engines")


class Completeness(models.Model):
    """The score of a product, 0 to 100, and the checks that it fails; written by `catalog_assess` alone.

    A product out of a large load has score 0 and lacks nothing until the job has assessed it.
    """

    product = models.OneToOneField(
        Product,
        models.DO_NOTHING,
        primary_key=True,
        related_name="completeness",
        verbose_name=_("product"),
        db_constraint=False,
    )
    score = models.PositiveSmallIntegerField(_("completeness"), default=0)
    missing = ArrayField(models.CharField(max_length=20, choices=Check), verbose_name=_("missing"), default=list)
    place = models.GeneratedField(
        expression=F("score") * BY_SCORE + F("product"), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        verbose_name = _("completeness")
        verbose_name_plural = _("completeness")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["place"], name="completeness_place"),
            models.CheckConstraint(condition=Q(score__lte=100), name="completeness_of_hundred"),
        ]
        indexes = [GinIndex(fields=["missing"], name="completeness_missing")]

    def __str__(self) -> str:
        return f"{self.score} %"

    @property
    def is_assessed(self) -> bool:
        return bool(self.missing) or self.score > 0

    @property
    def labels(self) -> list[Any]:
        """What is missing, in words."""
        return [Check(code).label for code in self.missing]


class CompletenessDue(models.Model):
    """Products that a large statement touched, to be assessed by the job."""

    products = ArrayField(models.BigIntegerField())
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("completeness that is due")
        verbose_name_plural = _("completeness that is due")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
