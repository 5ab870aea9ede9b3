"""Products, their variants and pictures: what the merchant sells."""

from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, Count, Exists, F, Func, Max, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.models import CONTENT_TRANSITIONS, ContentStatus, LiveVersion
from backoffice.money import MoneyField
from backoffice.rows import (
    Stateful,
    VisibleQuerySet,
    in_reader_language,
    search_index,
    tracked,
)
from backoffice.triggers import legal_transitions
from catalog.models.categories import Brand, Category
from catalog.models.finding import find_products, find_variants
from catalog.triggers import keep_former_address, remember_tags, welcome_new


def lost_in_address(name: str) -> bool:
    """Whether a handle or SKU such as "..", "a//b" or "-/x" cannot stand in an address; its key does then."""
    return bool({"", ".", ".."} & set(name.split("/"))) or name.startswith("-/")


def searched(function: str, *fields: str) -> models.GeneratedField:
    """Stored column that `finding` looks in, made of `fields` by a function of the database."""
    expression = Func(*map(F, fields), function=function)
    return models.GeneratedField(expression=expression, output_field=models.TextField(), db_persist=True)


# What readers of Chinese get in English: no title of theirs, or no description where there is one.
UNTRANSLATED = Q(title_zh="") | (Q(description_zh="") & ~Q(description=""))


class ProductQuerySet(VisibleQuerySet):
    def search(self, text: str) -> "ProductQuerySet":
        """Products that `text` fits, as `finding` says; it is looked for at once."""
        return find_products(text).narrow(self)  # type: ignore[no-any-return]

    def with_summary(self) -> "ProductQuerySet":
        """Annotate `variant_count`, `lowest_price`, `highest_price`, and `cover`, the key of its first picture unless it is elsewhere."""
        return self.annotate(**summary())

    def with_picture(self) -> "ProductQuerySet":
        return self.filter(Exists(Media.objects.filter(product=OuterRef("pk"))))

    def without_picture(self) -> "ProductQuerySet":
        """As they were assessed, which an index knows: after a large load this is true within a minute."""
        return self.filter(completeness__missing__contains=["picture"])

    def untranslated(self) -> "ProductQuerySet":
        return self.filter(UNTRANSLATED)

    def translated(self) -> "ProductQuerySet":
        return self.exclude(UNTRANSLATED)

    def published(self) -> "ProductQuerySet":
        """Those of which a version is live, whatever becomes of the working copy."""
        return self.filter(Exists(LiveVersion.objects.live().of(Product, OuterRef("pk"))))

    def changed(self) -> "ProductQuerySet":
        """Those that are public and say something else by now."""
        return self.filter(Exists(LiveVersion.objects.changed().of(Product, OuterRef("pk"))))


@tracked(unindexed=["category", "brand"])
class Product(Stateful):
    """What a page of the shop shows; its variants are what is sold.

    This is the working copy; `status` is written by the verbs of `backoffice.publishing`.
    """

    lookup_fields = ("handle",)
    Status = ContentStatus
    TRANSITIONS = CONTENT_TRANSITIONS
    UNLISTED = ("description", "description_zh", "seo_title", "seo_description", "options", "created_at", "search_text")

    handle = models.CharField(_("handle"), max_length=200)
    title = models.CharField(_("title"), max_length=255)
    title_zh = models.CharField(_("Chinese title"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)
    description_zh = models.TextField(_("Chinese description"), blank=True)
    # Category, brand and a variant's product are found by indexes below that begin with them.
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
        db_index=False,
    )
    brand = models.ForeignKey(
        Brand, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("brand"), db_index=False
    )
    product_type = models.CharField(_("type"), max_length=120, blank=True)
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("tags"), default=list, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    options = ArrayField(
        models.CharField(max_length=120), size=3, verbose_name=_("option names"), default=list, blank=True
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    seo_title = models.CharField(_("SEO title"), max_length=255, blank=True)
    seo_description = models.TextField(_("SEO description"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = searched("catalog_product_search", "title", "title_zh", "handle", "product_type", "attributes")

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                Upper("handle"), name="product_handle_once", violation_error_message=_("This handle is taken.")
            ),
            models.CheckConstraint(
                condition=~Q(handle="") & ~Q(title=""),
                name="product_named",
                violation_error_message=_("A product needs a handle and a title."),
            ),
        ]
        indexes = [
            search_index("product_search"),
            models.Index(fields=["status", "-id"], name="product_status"),
            models.Index(fields=["category", "-id"], name="product_category"),
            models.Index(fields=["brand", "-id"], name="product_brand"),
            models.Index(fields=["-updated_at", "-id"], name="product_updated"),
            models.Index(fields=["title", "id"], name="product_title"),
            GinIndex(fields=["tags"], name="product_tags"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="product_attributes"),
            models.Index(fields=["-id"], condition=UNTRANSLATED, name="product_untranslated"),
            models.Index(fields=["-id"], condition=~UNTRANSLATED, name="product_translated"),
        ]
        triggers = [
            legal_transitions("status", CONTENT_TRANSITIONS),
            keep_former_address,
            welcome_new,
            remember_tags,
        ]
        permissions = [("publish_product", _("Can publish, unpublish and archive products"))]

    def __str__(self) -> str:
        return in_reader_language(self.title, self.title_zh)

    def get_absolute_url(self) -> str:
        if lost_in_address(self.handle):
            return reverse("catalog:product_by_key", args=[self.pk])
        return reverse("catalog:product", args=[self.handle])


@cache
def summary() -> dict[str, Any]:
    """The expressions of `with_summary`: made once, for each page of the list needs them."""
    variants = Variant.objects.filter(product=OuterRef("pk")).order_by().values("product")
    pictures = Media.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
    return {
        "variant_count": Coalesce(Subquery(variants.values(n=Count("*"))), 0),
        "lowest_price": Subquery(variants.filter(is_active=True).values(n=Min("price"))),
        "highest_price": Subquery(variants.filter(is_active=True).values(n=Max("price"))),
        "cover": Subquery(pictures.values(key=Case(When(~Q(file=""), then="pk")))[:1]),
    }


class VariantQuerySet(VisibleQuerySet):
    def search(self, text: str) -> "VariantQuerySet":
        """Variants that `text` fits, or their product, as `finding` says; it is looked for at once."""
        return find_variants(text).narrow(self)  # type: ignore[no-any-return]

    def named(self, text: str) -> "VariantQuerySet":
        """Variants whose SKU or barcode is exactly `text`, whatever its case; two index look-ups."""
        text = text.replace("\x00", "").strip()
        by_sku = (
            Variant.objects.alias(capitals=Upper("sku")).filter(capitals=Upper(Value(text))).order_by().values("pk")
        )
        by_barcode = Variant.objects.filter(barcode=text).exclude(barcode="").order_by().values("pk")
        return self.filter(pk__in=by_sku.union(by_barcode, all=True))

    def active(self) -> "VariantQuerySet":
        return self.filter(is_active=True)

    def with_bundling(self) -> "VariantQuerySet":
        """Annotate `is_bundle`: it is made of components, and `is_component`: it goes into a bundle."""
        parts = Variant.parts.rel.related_model._default_manager  # type: ignore[attr-defined]
        return self.annotate(
            is_bundle=Exists(parts.filter(bundle=OuterRef("pk"))),
            is_component=Exists(parts.filter(component=OuterRef("pk"))),
        )

    def sellable(self) -> "VariantQuerySet":
        """Active, with a price."""
        return self.active().filter(price__gt=0)


class Tracking(models.TextChoices):
    """How closely pieces of a variant are told apart in stock."""

    NONE = "none", _("Quantity only")
    LOT = "lot", _("Lots")
    SERIAL = "serial", _("Serial numbers")


@tracked(unindexed=["product"])
class Variant(models.Model):
    """A sellable unit with a SKU. One that has history is made inactive, never deleted.

    `title` is product title and option values, written by `services.retitle`.
    """

    Tracking = Tracking
    lookup_fields = ("sku",)
    RESTRICTED = {"cost": "catalog.view_cost"}

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="variants", verbose_name=_("product"), db_index=False
    )
    sku = models.CharField(_("SKU"), max_length=100)
    barcode = models.CharField(_("barcode"), max_length=40, blank=True)
    title = models.CharField(
        _("title"), max_length=400, blank=True, help_text=_("Product and option values, kept for search.")
    )
    option1 = models.CharField(_("option 1"), max_length=160, blank=True)
    option2 = models.CharField(_("option 2"), max_length=160, blank=True)
    option3 = models.CharField(_("option 3"), max_length=160, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    price = MoneyField(_("price"), default=0)
    compare_at = MoneyField(_("compare-at price"), null=True, blank=True)
    cost = MoneyField(_("cost"), null=True, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight (g)"), null=True, blank=True)
    tax_class = models.CharField(_("tax class"), max_length=40, default="standard")
    requires_shipping = models.BooleanField(_("requires shipping"), default=True)
    track_stock = models.BooleanField(_("track stock"), default=True)
    tracking = models.CharField(
        _("tracked by"),
        max_length=6,
        choices=Tracking,
        default=Tracking.NONE,
        db_default="none",
        help_text=_(
            "Lots and serial numbers are asked for when pieces come in. It can change while there is no stock."
        ),
    )
    backorder_limit = models.PositiveIntegerField(
        _("backorder limit"), default=0, help_text=_("How many may be promised per location beyond what is there.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = searched("catalog_variant_search", "sku", "barcode", "title")

    objects = VariantQuerySet.as_manager()

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["product", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                Upper("sku"),
                name="variant_sku_once",
                violation_error_message=_("This SKU is taken (capitals and small letters count as the same)."),
            ),
            models.UniqueConstraint(
                fields=["product", "option1", "option2", "option3"],
                name="variant_options_once",
                violation_error_message=_("The product has a variant with these options already."),
            ),
            models.CheckConstraint(
                condition=~Q(sku=""), name="variant_sku_given", violation_error_message=_("A variant needs a SKU.")
            ),
            models.CheckConstraint(condition=Q(tracking__in=["none", "lot", "serial"]), name="variant_tracking"),
            models.CheckConstraint(
                condition=Q(price__gte=0)
                & (Q(compare_at=None) | Q(compare_at__gte=0))
                & (Q(cost=None) | Q(cost__gte=0)),
                name="variant_prices_not_negative",
                violation_error_message=_("Prices cannot be negative."),
            ),
        ]
        indexes = [
            search_index("variant_search"),
            models.Index(fields=["product", "position", "id"], name="variant_of_product"),
            models.Index(fields=["barcode"], condition=~Q(barcode=""), name="variant_barcode"),
            models.Index(fields=["-id"], condition=Q(barcode=""), name="variant_no_barcode"),
            models.Index(fields=["is_active", "-id"], name="variant_active"),
            models.Index(fields=["tracking", "id"], condition=~Q(tracking="none"), name="variant_tracked"),
            models.Index(fields=["-updated_at", "-id"], name="variant_updated"),
            models.Index(fields=["price", "id"], name="variant_price"),
        ]
        permissions = [("view_cost", _("Can see costs and margins"))]

    def __str__(self) -> str:
        return self.sku

    def get_absolute_url(self) -> str:
        if lost_in_address(self.sku):
            return reverse("catalog:variant_by_key", args=[self.pk])
        return reverse("catalog:variant", args=[self.sku])

    @property
    def currency(self) -> str:
        return str(settings.DEFAULT_CURRENCY)

    @property
    def margin(self) -> Decimal | None:
        """What is left of the price, in percent of it; None without a price and a cost."""
        return None if self.cost is None or not self.price else (self.price - self.cost) / self.price * 100

    @property
    def option_values(self) -> list[str]:
        return [value for value in (self.option1, self.option2, self.option3) if value]


@tracked()
class Media(models.Model):
    """A picture of a product, uploaded or kept at its address elsewhere.

    The name of an uploaded file is made of its content: equal files are stored once, and no name ever gets other content.
    `width` and `height` are those of the upright picture in pixels; unknown for pictures elsewhere.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="media", verbose_name=_("product"))
    variant = models.ForeignKey(
        Variant, models.SET_NULL, null=True, blank=True, related_name="media", verbose_name=_("variant")
    )
    file = models.FileField(_("file"), upload_to="products/", blank=True)
    url = models.URLField(_("address"), max_length=1000, blank=True)
    alt = models.CharField(_("alternative text"), max_length=512, blank=True)
    alt_zh = models.CharField(_("Chinese alternative text"), max_length=512, blank=True, default="", db_default="")
    width = models.PositiveIntegerField(_("width"), null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(file="") | ~Q(url=""),
                name="media_has_source",
                violation_error_message=_("A picture needs a file or an address."),
            ),
            models.UniqueConstraint(
                fields=["product", "url"],
                condition=~Q(url=""),
                name="media_url_once",
                violation_error_message=_("The product shows this picture already."),
            ),
            models.UniqueConstraint(
                fields=["product", "file"],
                condition=~Q(file=""),
                name="media_file_once",
                violation_error_message=_("The product shows this picture already."),
            ),
        ]

    def __str__(self) -> str:
        return self.alt or self.url or str(self.file)

    def get_absolute_url(self) -> str:
        return reverse("catalog:picture", args=[self.pk]) if self.file else self.url

    @property
    def text(self) -> str:
        """What it shows, in the reader's language."""
        return in_reader_language(self.alt, self.alt_zh)

    @property
    def small_url(self) -> str:
        """Address of the picture at the size of a list."""
        return reverse("catalog:thumbnail", args=[self.pk, 96]) if self.file else ""

    @property
    def medium_url(self) -> str:
        """Address of the picture at the size of a tile."""
        return reverse("catalog:thumbnail", args=[self.pk, 480]) if self.file else ""
