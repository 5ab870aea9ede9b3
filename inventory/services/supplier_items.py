"""What suppliers sell, many rows at once."""

from functools import partial

from backoffice.imports.batch import carry_out
from backoffice.imports.checks import Lookup
from backoffice.imports.tables import TableBatch
from catalog.models import Variant
from inventory.models import Supplier, SupplierItem


class SupplierItemBatch(TableBatch):
    resource = "supplier_items"
    model = SupplierItem
    key = ("supplier", "variant", "currency")
    names = (
        "supplier", "variant", "currency", "supplier_sku", "cost", "pack_size", "minimum", "lead_time_days", "is_preferred",
    )  # fmt: skip
    lookups = {"supplier": Lookup(Supplier, "code"), "variant": Lookup(Variant, "sku")}


upsert_supplier_items = partial(carry_out, SupplierItemBatch)
