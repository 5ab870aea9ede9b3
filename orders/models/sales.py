"""What was sold, shipped and returned, added up: the summaries that the home page and the reports read.

`DailySales` is what the home page reads. Of the others a row is about one day, or about the month or year that begins
with it, and holds what was sold along one dimension in one currency. `services.refresh_sales` writes them all, `verify`
proves them. Keys are 0 or "" where there is nothing to name; days are those of the shop's time zone.
"""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.reports.periods import Span
from backoffice.reports.rows import ReportRow
from backoffice.rows import VisibleQuerySet
from catalog.models import Product


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


class Sum(models.DecimalField):
    """An amount, or a sum of amounts; shares of a line have more digits than money."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 24, "decimal_places": 6, "default": 0, **kwargs})


class SalesMark(models.Model):
    """How far the summaries are: every change of a transaction that began before `upto` is in them.

    Days are those of `zone`: with another time zone of the shop all is added up anew.
    """

    upto = models.DateTimeField(_("up to"))
    zone = models.CharField(_("time zone"), max_length=60)
    refreshed_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("mark of the sales summaries")
        verbose_name_plural = _("marks of the sales summaries")

    def __str__(self) -> str:
        return self.upto.isoformat()


def once(name: str, *keys: str) -> models.UniqueConstraint:
    """One row of a summary for each span, its first day, currency and `keys`."""
    return models.UniqueConstraint(fields=["span", "day", "currency", *keys], name=name)


class Summary(models.Model):
    """What is common to all summaries. `keys` name what a row is about, `figures` what is added up."""

    keys: ClassVar[tuple[str, ...]] = ()
    figures: ClassVar[tuple[str, ...]] = ()
    spans: ClassVar[tuple[str, ...]] = (Span.DAY,)
    leads: ClassVar[str] = (
        ""  # a figure that is never negative: what a key comes to in a period is at most that of its years
    )

    span = models.CharField(_("span"), max_length=1, choices=Span)
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return " ".join(str(getattr(self, name)) for name in ("day", "currency", *self.keys))


class PlaceSales(Summary):
    """Orders by the channel they came through and the country they go to; refunds on the day they were given."""

    keys = ("source", "country")
    figures = ("orders", "pieces", "net", "tax", "gross", "refunds", "refunded")

    source = models.CharField(_("source"), max_length=40)
    country = models.CharField(_("country"), max_length=2)
    orders = models.IntegerField(_("orders"), default=0)
    pieces = models.BigIntegerField(_("pieces"), default=0)
    net = Sum(_("net"))
    tax = Sum(_("tax"))
    gross = Sum(_("gross"))
    refunds = models.IntegerField(_("refunds"), default=0)
    refunded = Sum(_("refunded"))

    class Meta:
        verbose_name = _("sales by channel and country")
        verbose_name_plural = _("sales by channel and country")
        constraints = [once("place_sales_once", "source", "country")]


class ItemSales(Summary):
    """Lines of orders by what `item` is the key of."""

    keys = ("item",)
    figures = ("orders", "pieces", "net", "tax", "gross")
    spans = (Span.DAY, Span.MONTH, Span.YEAR)
    leads = "gross"

    item = models.BigIntegerField(_("key"))
    orders = models.IntegerField(_("orders"), default=0)
    pieces = models.BigIntegerField(_("pieces"), default=0)
    net = Sum(_("net"))
    tax = Sum(_("tax"))
    gross = Sum(_("gross"))

    class Meta:
        abstract = True


class ProductSales(ItemSales):
    """Lines by product; 0 are lines without an article."""

    class Meta:
        verbose_name = _("sales by product")
        verbose_name_plural = _("sales by product")
        constraints = [once("product_sales_once", "item")]
        indexes = [models.Index(fields=["item", "span", "day"], name="product_sales_item")]


class CategorySales(ItemSales):
    """Lines by category and every category above it, as products are sorted now: an order counts once in each."""

    class Meta:
        verbose_name = _("sales by category")
        verbose_name_plural = _("sales by category")
        constraints = [once("category_sales_once", "item")]
        indexes = [models.Index(fields=["item", "span", "day"], name="category_sales_item")]


class ProductPlace(models.Model):
    """The categories that lines of a product are counted in: its own and those above it."""

    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("product")
    )
    categories = ArrayField(models.BigIntegerField(), verbose_name=_("categories"))

    class Meta:
        verbose_name = _("place of a product")
        verbose_name_plural = _("places of products")

    def __str__(self) -> str:
        return f"{self.product_id}: {self.categories}"


class CustomerSales(ItemSales):
    """Orders by customer, with shipping; 0 are orders without one."""

    class Meta:
        verbose_name = _("sales by customer")
        verbose_name_plural = _("sales by customer")
        constraints = [once("customer_sales_once", "item")]
        indexes = [models.Index(fields=["item", "span", "day"], name="customer_sales_item")]


class TaxSales(Summary):
    """What lines and shipping are taxed with where orders go to."""

    keys = ("country", "rate")
    figures = ("orders", "net", "tax", "gross")

    country = models.CharField(_("country"), max_length=2)
    rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=5)
    orders = models.IntegerField(_("orders"), default=0)
    net = Sum(_("net"))
    tax = Sum(_("tax"))
    gross = Sum(_("gross"))

    class Meta:
        verbose_name = _("taxes by rate and country")
        verbose_name_plural = _("taxes by rate and country")
        constraints = [once("tax_sales_once", "country", "rate")]


class TaxDocuments(Summary):
    """What was invoiced and credited on the day the documents were issued, as they say themselves; credit notes are negative."""

    keys = ("kind", "country", "rate")
    figures = ("documents", "net", "tax", "gross")

    kind = models.CharField(_("kind"), max_length=12)
    country = models.CharField(_("country"), max_length=2)
    rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=5)
    documents = models.IntegerField(_("documents"), default=0)
    net = Sum(_("net"))
    tax = Sum(_("tax"))
    gross = Sum(_("gross"))

    class Meta:
        verbose_name = _("taxes of documents by rate and country")
        verbose_name_plural = _("taxes of documents by rate and country")
        constraints = [once("tax_documents_once", "kind", "country", "rate")]


class Shipped(Summary):
    """Parcels on the day they left, less what came back on the day it did; `cost` is the ledger's, in the shop's currency.

    `uncosted` is the part of `net` of which the ledger knows no cost: goods without stock, or shipped before Houtai.
    """

    figures: ClassVar[tuple[str, ...]] = ("parcels", "pieces", "net", "uncosted", "cost")

    parcels = models.IntegerField(_("parcels"), default=0)
    pieces = models.BigIntegerField(_("pieces"), default=0)
    net = Sum(_("net"))
    uncosted = Sum(_("net without cost"))
    cost = Sum(_("cost of goods"))

    class Meta:
        abstract = True


class ShippedByPlace(Shipped):
    keys = ("location", "source", "country")

    location = models.BigIntegerField(_("location"))
    source = models.CharField(_("source"), max_length=40)
    country = models.CharField(_("country"), max_length=2)

    class Meta:
        verbose_name = _("shipped by channel and country")
        verbose_name_plural = _("shipped by channel and country")
        constraints = [once("shipped_place_once", "location", "source", "country")]


class ShippedItems(Shipped):
    """By product. `gained` is the margin of the days on which there was one: no stretch of them has more than it adds up to."""

    figures = (*Shipped.figures, "gained")
    spans = (Span.DAY, Span.MONTH, Span.YEAR)
    leads = "gained"

    item = models.BigIntegerField(_("key"))
    gained = Sum(_("margin of the days that had one"))

    class Meta:
        abstract = True


class ShippedByProduct(ShippedItems):
    """At each location, for people who see some of them."""

    keys = ("location", "item")

    location = models.BigIntegerField(_("location"))

    class Meta:
        verbose_name = _("shipped by product")
        verbose_name_plural = _("shipped by product")
        constraints = [once("shipped_product_once", "location", "item")]
        indexes = [models.Index(fields=["item", "span", "day"], name="shipped_product_item")]


class ProductMargin(ShippedItems):
    """At all locations together: one row where `ShippedByProduct` has one for each of them."""

    keys = ("item",)

    class Meta:
        verbose_name = _("margin by product")
        verbose_name_plural = _("margins by product")
        constraints = [once("product_margin_once", "item")]
        indexes = [models.Index(fields=["item", "span", "day"], name="product_margin_item")]


class ReturnSums(Summary):
    """Returns by reasons of their lines and what was written, on the day they were announced; canceled ones do not count.

    `returns` have a line of that reason: one of two reasons stands at both. `led` counts each return once, at the reason of
    its first line. `cause` is the key of a ReturnCause.
    """

    keys = ("cause", "reason")
    figures = ("returns", "led", "announced", "resellable", "damaged", "missing", "net", "refunded")

    cause = models.BigIntegerField(_("reason"))
    reason = models.CharField(_("in their words"), max_length=300)
    returns = models.IntegerField(_("returns"), default=0)
    led = models.IntegerField(_("returns by their first reason"), default=0)
    announced = models.BigIntegerField(_("pieces announced"), default=0)
    resellable = models.BigIntegerField(_("resellable"), default=0)
    damaged = models.BigIntegerField(_("damaged"), default=0)
    missing = models.BigIntegerField(_("missing"), default=0)
    net = Sum(_("net value of what came back"))
    refunded = Sum(_("refunded"))

    class Meta:
        verbose_name = _("returns by reason")
        verbose_name_plural = _("returns by reason")
        constraints = [once("return_sums_once", "cause", "reason")]


class DelaySums(Summary):
    """Orders by the days that their slowest parcel took; OPEN are those that are not wholly shipped.

    Days are counted from placing, or from the day before which a parcel was not to leave. What still waits of an open order
    may wait for such days as well: the first of it may leave `postponed` days after placing.
    """

    OPEN = -1
    MOST = 99
    FARTHEST = 3650

    keys = ("source", "country", "delay", "postponed")
    figures = ("orders",)

    source = models.CharField(_("source"), max_length=40)
    country = models.CharField(_("country"), max_length=2)
    delay = models.SmallIntegerField(_("days to ship"))
    postponed = models.SmallIntegerField(_("days it was not to leave"))
    orders = models.IntegerField(_("orders"), default=0)

    class Meta:
        verbose_name = _("days to ship")
        verbose_name_plural = _("days to ship")
        constraints = [once("delay_sums_once", "source", "country", "delay", "postponed")]


class CohortSales(models.Model):
    """Customers by the month of their first order: how many ordered in a month, and for how much."""

    first = models.DateField(_("first order"))
    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3)
    customers = models.IntegerField(_("customers"), default=0)
    orders = models.IntegerField(_("orders"), default=0)
    gross = Sum(_("gross"))

    class Meta:
        verbose_name = _("cohort of customers")
        verbose_name_plural = _("cohorts of customers")
        constraints = [models.UniqueConstraint(fields=["first", "month", "currency"], name="cohort_sales_once")]

    def __str__(self) -> str:
        return f"{self.first:%Y-%m} {self.month:%Y-%m} {self.currency}"


class SalesRow(ReportRow, models.Model):
    """A row of a report, out of `orders.reports`; no table. What a report does not tell is 0 or "".

    `of` is how many rows the report has; `compared` is the figure that it is about, and `before` what that was in the
    period that it is compared with. A cohort tells of the months after the first how many customers ordered, and how often.
    """

    id = models.BigIntegerField(primary_key=True)
    of = models.BigIntegerField()
    day = models.DateField(_("day"), null=True)
    code = models.CharField(_("code"), max_length=600)
    name = models.CharField(_("name"), max_length=600)
    name_zh = models.CharField(max_length=600)
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country"), max_length=2)
    rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=5)
    orders = models.BigIntegerField(_("orders"))
    pieces = models.BigIntegerField(_("pieces"))
    net = Sum(_("net"))
    tax = Sum(_("tax"))
    gross = Sum(_("gross"))
    refunded = Sum(_("refunded"))
    uncosted = Sum(_("net without cost"))
    cost = Sum(_("cost of goods"))
    compared = Sum(_("compared"))
    before = Sum(_("before"), null=True)
    resellable = models.BigIntegerField(_("resellable"))
    damaged = models.BigIntegerField(_("damaged"))
    missing = models.BigIntegerField(_("missing"))
    late = models.BigIntegerField(_("late"))
    waiting = models.BigIntegerField(_("late and not shipped"))
    days = models.DecimalField(_("days to ship"), max_digits=8, decimal_places=1, null=True)
    words = models.TextField(_("in their words"))
    customers_after = ArrayField(models.BigIntegerField())
    orders_after = ArrayField(models.BigIntegerField())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        managed = False
        verbose_name = _("sales report")
        verbose_name_plural = _("sales reports")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def margin(self) -> Any:
        """What is left of the sales whose cost is known."""
        return self.net - self.uncosted - self.cost

    @property
    def margin_share(self) -> Any:
        """The margin in percent of these sales; None without any."""
        costed = self.net - self.uncosted
        return self.margin * 100 / costed if costed else None

    @property
    def late_share(self) -> Any:
        return self.late * 100 / self.orders if self.orders else None
