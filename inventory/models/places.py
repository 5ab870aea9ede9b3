"""Where stock is."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, in_reader_language, tracked


class WarehouseScoped(VisibleQuerySet):
    """Rows at a location; people confined to warehouses see those of theirs only."""

    scope_field = "location__code"

    def in_scope(self, user: Any) -> "WarehouseScoped":
        codes = user.scope("warehouse")
        return self if codes is None else self.filter(**{f"{self.scope_field}__in": codes})


class LocationQuerySet(WarehouseScoped):
    scope_field = "code"

    def stock(self) -> "LocationQuerySet":
        """Warehouses and shops that can serve orders, best first."""
        return self.filter(kind=Location.Kind.STOCK, is_active=True).order_by("priority", "pk")


@tracked()
class Location(models.Model):
    """A place stock is at, or a virtual one that it comes from or goes to.

    `is_active` is written by `services.close_location` and `services.open_location`.
    """

    lookup_fields = ("code", "name")

    class Kind(models.TextChoices):
        STOCK = "stock", _("Warehouse or shop")
        TRANSIT = "transit", _("In transit")
        SUPPLIER = "supplier", _("Suppliers")
        CUSTOMER = "customer", _("Customers")
        ADJUSTMENT = "adjustment", _("Corrections")
        SCRAP = "scrap", _("Scrap")

    PHYSICAL = (Kind.STOCK, Kind.TRANSIT)

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.STOCK)
    address = models.TextField(_("address"), blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=10, help_text=_("Lower serves orders first."))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["priority", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=~Q(kind="stock"),
                name="location_one_of_each_virtual_kind",
                violation_error_message=_("There is a location of this kind already."),
            )
        ]

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    def get_absolute_url(self) -> str:
        return reverse("inventory:location", args=[self.code])
