"""Relations and bundles out of files: one row says that two products, or a bundle and a component, belong together."""

# The statements are put together from the constants of this module and never from input.

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy

from backoffice.imports.batch import carry_out
from backoffice.imports.checks import Lookup
from backoffice.imports.tables import TableBatch
from catalog.models import BundlePart, Product, Relation, Variant
from catalog.services.relations import lock_bundles


class RelationBatch(TableBatch):
    resource = "relations"
    model = Relation
    key = ("product", "other")
    names = ("product", "other", "kind", "position")
    lookups = {"product": Lookup(Product, "handle"), "other": Lookup(Product, "handle")}


class BundleBatch(TableBatch):
    """Components are added and their quantities changed; what the file does not name stays in the bundle."""

    resource = "bundles"
    model = BundlePart
    key = ("bundle", "component")
    names = ("bundle", "component", "quantity", "position")
    lookups = {"bundle": Lookup(Variant, "sku"), "component": Lookup(Variant, "sku")}
    messages = {
        "contains_itself": gettext_lazy("%(bundle)s cannot contain itself: %(component)s is or contains it."),
    }

    def compare(self) -> None:
        lock_bundles()
        super().compare()

    def find_problems(self) -> None:
        super().find_problems()
        self.told(
            "contains_itself",
            """WITH RECURSIVE edge AS (
                   SELECT bundle_id, component_id FROM catalog_bundlepart
                   UNION SELECT bundle_id, component_id FROM import_record
               ), inside AS (
                   SELECT row, bundle_id AS top, component_id AS id FROM import_record WHERE is_new
                   UNION SELECT i.row, i.top, e.component_id FROM inside i JOIN edge e ON e.bundle_id = i.id
               )
               SELECT i.row, 'component', s.component,
                      jsonb_build_object('bundle', s.bundle, 'component', s.component)
               FROM inside i JOIN import_stage s ON s.row = i.row WHERE i.id = i.top""",
        )


upsert_relations = partial(carry_out, RelationBatch)
upsert_bundles = partial(carry_out, BundleBatch)
