"""Where in a location pieces lie, and of which lot they are."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, search_index, search_text, tracked
from backoffice.triggers import append_only
from catalog.models import Variant
from inventory.models.places import Location, WarehouseScoped
from inventory.models.stock import StockLevel, StockMove


class BinQuerySet(WarehouseScoped):
    def open(self) -> "BinQuerySet":
        """Bins that pieces may be put into, in walking order."""
        return self.filter(is_active=True).order_by("position", "code")


@tracked()
class Bin(models.Model):
    """A shelf, pallet place or box of a location. Pieces in no bin are "not put away yet"."""

    location = models.ForeignKey(Location, models.PROTECT, related_name="bins", verbose_name=_("location"))
    code = models.CharField(_("code"), max_length=40)
    position = models.PositiveIntegerField(
        _("walking order"), default=0, help_text=_("Pick lists go through the bins in this order, then by code.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = BinQuerySet.as_manager()

    class Meta:
        verbose_name = _("bin")
        verbose_name_plural = _("bins")
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint(
                "location",
                Upper("code"),
                name="bin_code_once",
                violation_error_message=_("The location has a bin of this code already."),
            ),
            models.CheckConstraint(
                condition=~Q(code=""), name="bin_code_given", violation_error_message=_("A bin needs a code.")
            ),
        ]
        indexes = [
            models.Index(fields=["location", "position", "code", "id"], name="bin_walk"),
            models.Index(Upper("code"), name="bin_code"),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("inventory:bin", args=[self.pk])


def shop_day() -> date:
    """Today where the shop is, whoever asks from wherever: lots expire there."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


class LotQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "LotQuerySet":
        """Lots that are, or once were, at the warehouses of `user`."""
        codes = user.scope("warehouse")
        if codes is None:
            return self
        return self.filter(Exists(StockPart.objects.filter(lot=OuterRef("pk"), level__location__code__in=codes)))

    def in_stock(self) -> "LotQuerySet":
        return self.filter(Exists(StockPart.objects.filter(lot=OuterRef("pk"), quantity__gt=0)))

    def expired(self) -> "LotQuerySet":
        return self.filter(expires_on__lt=shop_day())

    def to_judge(self, today: date) -> "LotQuerySet":
        """Lots that have expired by `today` and are not in quarantine, or are and have not (any more)."""
        goes_in = Q(is_quarantined=False, expires_on__lt=today)
        return self.filter(goes_in | (Q(is_quarantined=True) & (Q(expires_on__gte=today) | Q(expires_on=None))))


@tracked()
class Lot(models.Model):
    """Pieces of a variant that were made together; a serial number is a lot of which at most one piece exists.

    `is_quarantined` is written by `services.quarantine_expired`; of a lot that is new, by whoever writes it.
    """

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="lots", verbose_name=_("variant"), db_index=False)
    number = models.CharField(_("number"), max_length=80)
    expires_on = models.DateField(
        _("expires"), null=True, blank=True, help_text=_("The last day on which its pieces are shipped.")
    )
    is_quarantined = models.BooleanField(
        _("in quarantine"), default=False, db_default=False, help_text=_("Its pieces are held, because it has expired.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("number")

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "variant",
                Upper("number"),
                name="lot_number_once",
                violation_error_message=_("The variant has a lot of this number already."),
            ),
            models.CheckConstraint(
                condition=~Q(number=""), name="lot_number_given", violation_error_message=_("A lot needs a number.")
            ),
        ]
        indexes = [
            search_index("lot_search"),
            models.Index(Upper("number"), name="lot_number"),
            models.Index(fields=["expires_on", "id"], condition=Q(expires_on__isnull=False), name="lot_expiry"),
            models.Index(fields=["is_quarantined", "expires_on", "id"], name="lot_quarantine"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:lot", args=[self.pk])

    @property
    def is_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < shop_day()


class StockPartQuerySet(WarehouseScoped):
    scope_field = "level__location__code"

    def there(self) -> "StockPartQuerySet":
        return self.filter(quantity__gt=0)

    def first_expired_first(self) -> "StockPartQuerySet":
        """In the order in which pieces leave: by expiry, then what is not put away, then as one walks."""
        return self.order_by(
            F("lot__expires_on").asc(nulls_last=True),
            F("lot_id").asc(nulls_first=True),
            F("bin__position").asc(nulls_first=True),
            "bin__code",
            "pk",
        )


class StockPart(models.Model):
    """So many pieces of a level lie in this bin, or are of this lot. Written by database functions only.

    Of a variant with lots or serial numbers the parts are the whole level; of others what lies in bins.
    `is_serial` follows the variant.
    """

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="parts", verbose_name=_("level"), db_index=False)
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, related_name="parts", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="parts", verbose_name=_("lot"))
    quantity = models.IntegerField(_("pieces"), default=0, db_default=0)
    is_serial = models.BooleanField(default=False, db_default=False)

    objects = StockPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock by bin and lot")
        verbose_name_plural = _("stock by bin and lot")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["level", "bin", "lot"], nulls_distinct=False, name="stock_part_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_part_not_negative"),
            models.CheckConstraint(
                condition=Q(bin__isnull=False) | Q(lot__isnull=False), name="stock_part_says_something"
            ),
            models.CheckConstraint(
                condition=Q(is_serial=False) | Q(quantity__lte=1),
                name="stock_part_serial_is_one",
                violation_error_message=_("A serial number is one piece."),
            ),
            models.UniqueConstraint(
                fields=["lot"],
                condition=Q(is_serial=True, quantity__gt=0),
                name="stock_part_serial_once",
                violation_error_message=_("This serial number is in stock already."),
            ),
        ]
        indexes = [
            models.Index(fields=["level"], condition=Q(quantity__gt=0), include=["quantity"], name="stock_part_there"),
            models.Index(fields=["-id"], condition=Q(quantity__gt=0), name="stock_part_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.level_id}: {self.quantity}"

    def get_absolute_url(self) -> str:
        return reverse("inventory:level", args=[self.level_id])


class StockLineQuerySet(WarehouseScoped):
    scope_field = "level__location__code"


class StockLine(models.Model):
    """What lies in a bin or is of a lot, or is not put away, as files have it; no table. `id` of the latter is below zero."""

    STATEMENT = """
        SELECT q.id, q.level_id, q.bin_id, q.lot_id, q.quantity AS on_hand FROM inventory_stockpart q WHERE q.quantity > 0
        UNION ALL
        SELECT -l.id, l.id, NULL, NULL, l.on_hand - l.placed FROM inventory_stocklevel l WHERE l.on_hand > l.placed OR l.on_hand = 0
    """

    id = models.BigIntegerField(primary_key=True)
    level = models.ForeignKey(StockLevel, models.DO_NOTHING, related_name="+", verbose_name=_("level"))
    bin = models.ForeignKey(Bin, models.DO_NOTHING, null=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.DO_NOTHING, null=True, related_name="+", verbose_name=_("lot"))
    on_hand = models.IntegerField(_("on hand"))

    objects = StockLineQuerySet.as_manager()

    class Meta:
        managed = False
        verbose_name = _("stock by bin and lot")
        verbose_name_plural = _("stock by bin and lot")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.level_id}: {self.on_hand}"


class PartPostingQuerySet(WarehouseScoped):
    scope_field = "level__location__code"


class PartPosting(models.Model):
    """What a move did to one part of a level: the signed change and what it left. Append-only.

    `placed_after` is the sum of the parts of the level after it.
    """

    level = models.ForeignKey(
        StockLevel, models.PROTECT, related_name="part_postings", verbose_name=_("level"), db_index=False
    )
    part = models.ForeignKey(StockPart, models.PROTECT, related_name="postings", verbose_name=_("part"), db_index=False)
    move = models.ForeignKey(StockMove, models.PROTECT, related_name="part_postings", verbose_name=_("move"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    quantity = models.IntegerField(_("change"))
    after = models.IntegerField(_("pieces"))
    placed_after = models.IntegerField()

    objects = PartPostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("posting by bin and lot")
        verbose_name_plural = _("postings by bin and lot")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["part", "-id"], name="part_posting_part"),
            models.Index(fields=["level", "-id"], name="part_posting_level"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.part_id}: {self.quantity:+}"

    @property
    def taken(self) -> int:
        return -self.quantity
