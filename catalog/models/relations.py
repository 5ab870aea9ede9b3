"""What products have to do with each other: related products, bundles, and the addresses they had before."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from catalog.models.products import Product, Variant

# One lock for all bundles: two that are put into each other at the same moment would close a ring.
no_bundle_within_itself = pgtrigger.Trigger(
    name="no_bundle_within_itself",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("bundle_id", "component_id"),
    func="""
        PERFORM pg_advisory_xact_lock(hashtext('catalog_bundlepart'));
        IF EXISTS (
            WITH RECURSIVE inside AS (
                SELECT NEW.component_id AS id
                UNION
                SELECT p.component_id FROM catalog_bundlepart p JOIN inside i ON p.bundle_id = i.id
            )
            SELECT FROM inside WHERE id = NEW.bundle_id
        ) THEN
            RAISE EXCEPTION 'A bundle cannot contain itself: variant %.', NEW.bundle_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bundle_not_within_itself';
        END IF;
        RETURN NEW;
    """,
)


class RelationQuerySet(VisibleQuerySet):
    def around(self, product: Any) -> "RelationQuerySet":
        """Relations of `product`, which may be an OuterRef, in both directions, in their order."""
        return self.filter(Q(product=product) | Q(other=product)).order_by("position", "pk")


@tracked()
class Relation(models.Model):
    """`product` points at `other`; the page of either shows it. Written by `services.set_relations`."""

    class Kind(models.TextChoices):
        RELATED = "related", _("Related")
        ACCESSORY = "accessory", _("Accessory")
        REPLACEMENT = "replacement", _("Replacement")

    product = models.ForeignKey(Product, models.CASCADE, related_name="relations", verbose_name=_("product"))
    other = models.ForeignKey(Product, models.CASCADE, related_name="pointed_at", verbose_name=_("other product"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.RELATED)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = RelationQuerySet.as_manager()

    class Meta:
        verbose_name = _("related product")
        verbose_name_plural = _("related products")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "other"],
                name="relation_once",
                violation_error_message=_("This product is in the list already."),
            ),
            models.CheckConstraint(
                condition=~Q(product=F("other")),
                name="relation_not_to_itself",
                violation_error_message=_("A product is not related to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} → {self.other}"


@tracked()
class BundlePart(models.Model):
    """`quantity` pieces of `component` go into one piece of `bundle`; a variant with parts is a bundle.

    A bundle has a price of its own. It has no stock of its own: as many can be made as the scarcest component allows,
    the least of `available // quantity`; inventory derives that figure, and nothing of it is stored here. Written by
    `services.set_parts`.
    """

    bundle = models.ForeignKey(Variant, models.CASCADE, related_name="parts", verbose_name=_("bundle"))
    component = models.ForeignKey(Variant, models.PROTECT, related_name="part_of", verbose_name=_("component"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("component of a bundle")
        verbose_name_plural = _("components of bundles")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bundle", "component"],
                name="bundle_part_once",
                violation_error_message=_("This component is in the bundle already; change its quantity."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="bundle_part_counts",
                violation_error_message=_("A bundle takes at least one piece of each component."),
            ),
            models.CheckConstraint(
                condition=~Q(bundle=F("component")),
                name="bundle_not_within_itself",
                violation_error_message=_("A bundle cannot contain itself, not even by way of another bundle."),
            ),
        ]
        triggers = [no_bundle_within_itself]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.component}"


class ProductRedirect(models.Model):
    """A handle that a product was published under before. A trigger of the product writes it; the new address counts."""

    handle = models.CharField(_("handle"), max_length=200)
    product = models.ForeignKey(Product, models.CASCADE, related_name="redirects", verbose_name=_("product"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        constraints = [models.UniqueConstraint(Upper("handle"), name="redirect_handle_once")]

    def __str__(self) -> str:
        return self.handle
