"""Many products at once, by the engine of `backoffice.imports.batch`.

The first row of a handle carries the product; every row may carry a variant and pictures. What is absent from the
columns is kept.
"""

from functools import partial

from backoffice.imports.batch import carry_out
from catalog.services.upsert.columns import STAGED, WITHOUT_LIMIT
from catalog.services.upsert.writing import ProductBatch, ensure_categories

upsert_products = partial(carry_out, ProductBatch)

__all__ = ["STAGED", "WITHOUT_LIMIT", "ProductBatch", "ensure_categories", "upsert_products"]
