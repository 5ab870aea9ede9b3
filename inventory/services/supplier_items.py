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

    def compare(self) -> None:
        """A supplier may be given by name where no other is called so."""
        self.run(
            """UPDATE import_stage s SET supplier = n.code
               FROM (SELECT upper(name) AS name, min(code) AS code FROM inventory_supplier GROUP BY 1 HAVING count(*) = 1) n
               WHERE n.name = upper(s.supplier)
                 AND NOT EXISTS (SELECT FROM inventory_supplier o WHERE upper(o.code) = upper(s.supplier))"""
        )
        super().compare()


upsert_supplier_items = partial(carry_out, SupplierItemBatch)
