"""Suppliers."""

from functools import partial

from backoffice.imports.batch import carry_out
from backoffice.imports.tables import TableBatch
from inventory.models import Supplier


class SupplierBatch(TableBatch):
    resource = "suppliers"
    model = Supplier
    key = ("code",)
    names = ("code", "name", "email", "phone", "address", "lead_time_days", "is_active")


upsert_suppliers = partial(carry_out, SupplierBatch)
