"""What files of the inventory hold."""

from inventory.resources.locations import LocationResource
from inventory.resources.purchasing import PurchaseOrderResource, SupplierItemResource
from inventory.resources.stock import StockResource
from inventory.resources.suppliers import SupplierResource

__all__ = ["LocationResource", "PurchaseOrderResource", "StockResource", "SupplierItemResource", "SupplierResource"]
