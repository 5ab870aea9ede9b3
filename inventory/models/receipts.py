"""What came in, and from whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, search_index, search_text, tracked
from catalog.models import Variant
from inventory.models.places import Location, WarehouseScoped
from inventory.models.stock import CostField


@tracked()
class Supplier(models.Model):
    """Who the merchant buys from."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    address = models.TextField(_("address"), blank=True)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Upper("code"), name="supplier_code_once", violation_error_message=_("This code is taken.")
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inventory:supplier", args=[self.code])


@tracked()
class Receipt(models.Model):
    """A delivery that came in. Posted as it is written; a mistake is mended by a correction."""

    number = models.CharField(_("number"), max_length=40, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="receipts", verbose_name=_("location"))
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("supplier")
    )
    purchase_order = models.ForeignKey(
        "inventory.PurchaseOrder",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receipts",
        verbose_name=_("purchase order"),
    )
    reference = models.CharField(_("delivery note"), max_length=100, blank=True)
    note = models.TextField(_("note"), blank=True)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    search_text = search_text("number", "reference")

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-created_at", "-pk"]
        indexes = [
            search_index("receipt_search"),
            models.Index(fields=["-created_at", "-id"], name="receipt_newest"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:receipt", args=[self.number])


class ReceiptLineQuerySet(WarehouseScoped):
    scope_field = "receipt__location__code"


class RejectReason(models.TextChoices):
    DAMAGED = "damaged", _("Damaged")
    WRONG_ITEM = "wrong_item", _("Wrong item")
    EXPIRED = "expired", _("Expired")
    QUALITY = "quality", _("Poor quality")
    OTHER = "other", _("Other")


@tracked()
class ReceiptLine(models.Model):
    """`quantity` pieces were accepted and are stock; `rejected` ones went back and never were."""

    Reject = RejectReason
    RESTRICTED = {"unit_cost": "catalog.view_cost"}

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines", verbose_name=_("receipt"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("variant"))
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_cost = CostField(_("unit cost"), null=True, blank=True)
    purchase_line = models.ForeignKey(
        "inventory.PurchaseOrderLine",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receipt_lines",
        verbose_name=_("purchase order line"),
    )
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    reject_reason = models.CharField(_("reason of the rejection"), max_length=12, choices=RejectReason, blank=True)

    objects = ReceiptLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0) | Q(rejected__gt=0), name="receipt_line_quantity"),
            models.CheckConstraint(
                condition=Q(rejected=0) | ~Q(reject_reason=""),
                name="receipt_line_reason",
                violation_error_message=_("Say why pieces are rejected."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY
