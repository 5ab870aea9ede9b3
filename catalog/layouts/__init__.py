"""How the product files of different systems are laid out, and how their rows become staged rows."""

from __future__ import annotations

from collections.abc import Sequence

from backoffice.imports.mapping import Mapping
from backoffice.resources import Column
from catalog.layouts import woocommerce
from catalog.layouts.reading import NO_OPTION, Reader
from catalog.layouts.spree import SpreeReader

__all__ = ["NO_OPTION", "Reader", "of", "reader"]

SIGNATURES = {
    "woocommerce": {"type", "parent", "regular price"},
    "medusa": {"product handle", "variant sku"},
    "spree": {"slug", "sku", "name"},
    "odoo": {"internal reference", "product category"},
    "magento": {"sku", "url key", "attribute set code"},
}
HEADERS = {
    "woocommerce": woocommerce.HEADERS,
    # The sale of a Magento shop ends on a day, which prices of products do not; sets of attributes are its own.
    "magento": dict.fromkeys(
        ["special price", "attribute set code", "product type", "base image", "small image", "thumbnail image"], ""
    ),
}


def of(headers: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Name of the system that writes these headers, "" for Shopify's and Houtai's own; headers that mean something else there."""
    found = set(headers)
    name = next((name for name, signature in SIGNATURES.items() if signature <= found), "")
    if not name and {"type", "parent"} <= found and found & {"regular price", "attribute 1 name", "is featured"}:
        name = "woocommerce"
    if not name and {"default code", "categ id"} <= found:
        name = "odoo"
    return name, HEADERS.get(name, {})


class MagentoReader(Reader):
    """Magento parts the names of a path by slashes, and begins each with the root that all categories stand below."""

    def path(self, text: str) -> str:
        names = [name for name in text.split("/") if name.strip()]
        return super().path(">".join(names[1:] or names))


def reader(mapping: Mapping, columns: dict[str, Column]) -> Reader:
    kinds: dict[str, type[Reader]] = {
        "woocommerce": woocommerce.WooReader,
        "spree": SpreeReader,
        "magento": MagentoReader,
    }
    return kinds.get(mapping.layout, Reader)(mapping, columns)
