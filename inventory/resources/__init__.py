"""What files of the inventory hold."""

from inventory.resources.locations import LocationResource
from inventory.resources.stock import StockResource
from inventory.resources.suppliers import SupplierResource

__all__ = ["LocationResource", "StockResource", "SupplierResource"]
