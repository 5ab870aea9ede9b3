"""What the search finds in the inventory, and the numbers that lead here."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from backoffice import references, search
from backoffice.rows import containing
from catalog import filters
from inventory.filters import StockStateFilter
from inventory.models import Bin, Location, Lot, PurchaseOrder, Receipt, StockCount, Supplier, Transfer

references.register(prefix="PO", model=PurchaseOrder)
references.register(prefix="RC", model=Receipt)
references.register(prefix="TR", model=Transfer)
references.register(prefix="ST", model=StockCount)
filters.offer("stock", "inventory.view_stocklevel", product=StockStateFilter(), variant=StockStateFilter())


@search.register
class PurchaseSearch(search.Provider):
    key = "purchase_orders"
    label = _("Purchase orders")
    permission = "inventory.view_purchaseorder"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        rows = PurchaseOrder.objects.visible_to(user).filter(containing(text)).select_related("supplier")
        for row in rows.order_by("-pk")[:limit]:
            yield search.Hit(row.number, f"{row.supplier} · {row.get_status_display()}", row.get_absolute_url())


@search.register
class ReceiptSearch(search.Provider):
    key = "receipts"
    label = _("Receipts")
    permission = "inventory.view_receipt"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        rows = Receipt.objects.visible_to(user).filter(containing(text)).select_related("supplier")
        for row in rows.order_by("-pk")[:limit]:
            yield search.Hit(
                row.number, " · ".join(filter(None, [row.reference, str(row.supplier or "")])), row.get_absolute_url()
            )


@search.register
class TransferSearch(search.Provider):
    key = "transfers"
    label = _("Transfers")
    permission = "inventory.view_transfer"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        rows = Transfer.objects.visible_to(user).filter(number=text.upper()).select_related("source", "destination")
        for row in rows[:limit]:
            yield search.Hit(row.number, f"{row.source} → {row.destination}", row.get_absolute_url())


@search.register
class CountSearch(search.Provider):
    key = "counts"
    label = _("Stocktakes")
    permission = "inventory.view_stockcount"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        rows = StockCount.objects.visible_to(user).filter(number=text.upper()).select_related("location")
        for row in rows[:limit]:
            yield search.Hit(row.number, f"{row.location} · {row.get_scope_display()}", row.get_absolute_url())


@search.register
class LocationSearch(search.Provider):
    key = "locations"
    label = _("Locations")
    permission = "inventory.view_location"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        wanted = Q(code__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text)
        for row in Location.objects.visible_to(user).filter(wanted)[:limit]:
            yield search.Hit(str(row), row.get_kind_display(), row.get_absolute_url())


@search.register
class SupplierSearch(search.Provider):
    key = "suppliers"
    label = _("Suppliers")
    permission = "inventory.view_supplier"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        wanted = Q(code__icontains=text) | Q(name__icontains=text) | Q(email__icontains=text)
        for row in Supplier.objects.visible_to(user).filter(wanted)[:limit]:
            yield search.Hit(row.name, row.code, row.get_absolute_url())


@search.register
class LotSearch(search.Provider):
    key = "lots"
    label = _("Lots and serial numbers")
    permission = "inventory.view_lot"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        rows = Lot.objects.visible_to(user).filter(containing(text)).select_related("variant")
        for row in rows.order_by("-pk")[:limit]:
            yield search.Hit(row.number, f"{row.variant.sku} · {row.variant.title}", row.get_absolute_url())


@search.register
class BinSearch(search.Provider):
    key = "bins"
    label = _("Bins")
    permission = "inventory.view_bin"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        rows = Bin.objects.visible_to(user).alias(capitals=Upper("code")).filter(capitals=text.upper())
        for row in rows.select_related("location")[:limit]:
            yield search.Hit(row.code, str(row.location), row.get_absolute_url())
