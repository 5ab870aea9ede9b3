"""Rows as WooCommerce writes them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from backoffice.imports.cells import Problems, Values, error
from backoffice.imports.mapping import Mapping
from backoffice.resources import Column
from catalog.layouts.reading import Reader
from catalog.layouts.texts import handle_of, listed, sku_of

HEADERS = {
    "id": "woo_id",
    "type": "woo_type",
    "name": "title",
    "images": "images",
    "parent": "parent",
    "regular price": "regular_price",
    "sale price": "sale_price",
    "categories": "categories",
    "position": "",
    "short description": "",
    "meta wpcom is markdown": "",
    "grouped products": "",
    "upsells": "",
    "cross sells": "",
    "external url": "",
    "button text": "",
}


class WooReader(Reader):
    """WooCommerce: rows of products and, below them, rows of variations that name their parent by SKU or number."""

    is_plain = False

    def __init__(self, mapping: Mapping, columns: dict[str, Column]) -> None:
        super().__init__(mapping, columns)
        self.parents: dict[str, tuple[str, list[str]]] = {}

    def _names(self) -> list[str]:
        names = super()._names()
        extra = {
            "options": {"attribute"},
            "option1": {"attribute"},
            "option2": {"attribute"},
            "option3": {"attribute"},
            "variant_image": {"images"},
            "requires_shipping": {"woo_type"},
            "track_stock": {"woo_type"},
        }
        return [*names, *(name for name, sources in extra.items() if sources & self.targets and name not in names)]

    def fill(self, out: Values, values: Values, problems: Problems) -> None:
        kinds = {kind.strip().lower() for kind in (values.get("woo_type") or "simple").split(",")}
        out["is_variant"] = not kinds & {"variable", "grouped"}
        self._copy_plain(out, values)
        self._fill_price(out, values)
        self._fill_product(out, values)
        self._fill_variant(out, values)
        self._fill_kind(out, kinds)
        self._fill_category(out, values, problems)
        if "variation" in kinds:
            self._fill_variation(out, values, problems)
        else:
            self._fill_whole(out, values, kinds, problems)

    def _fill_price(self, out: Values, values: Values) -> None:
        """A sale price is the price, and the regular one what it is compared with."""
        regular, sale = values.get("regular_price"), values.get("sale_price")
        if "price" in out:
            out["price"] = regular if sale is None else sale
        if "compare_at" in out:
            out["compare_at"] = None if sale is None else regular

    def _fill_kind(self, out: Values, kinds: set[str]) -> None:
        if "requires_shipping" in out:
            out["requires_shipping"] = not kinds & {"virtual", "downloadable"}
        if "track_stock" in out:
            out["track_stock"] = not kinds & {"virtual", "downloadable", "external"}

    def _fill_whole(self, out: Values, values: Values, kinds: set[str], problems: Problems) -> None:
        """A product of its own: several values of an attribute are an option, one is a property."""
        given = _attributes(values)
        options = [name for name, texts in given.items() if len(texts) > 1 and "variable" in kinds]
        if len(options) > 3:
            problems.append(error("attribute", ", ".join(options), _("A product has three options at most.")))
        if "options" in out:
            out["options"] = options[:3]
            out["option1"] = out["option2"] = out["option3"] = ""
        told = {name: ", ".join(texts) for name, texts in given.items() if name not in options}
        self._fill_attributes(out, told | self.attributes.texts(values))
        self._fill_pictures(out, values, problems)
        if "variant_image" in out:
            out["variant_image"] = None
        sku, title, number = values.get("sku") or "", values.get("title") or "", values.get("woo_id") or ""
        handle = values.get("handle") or handle_of(sku or (f"{title} {number}" if title else ""))
        out["handle"] = handle
        out["sku"] = sku if out["is_variant"] else ""
        if out["is_variant"] and not sku:
            out["spare_sku"] = sku_of(handle, [])
        for key in (sku.lower(), f"id:{number}" if number else ""):
            if key:
                self.parents[key] = (handle, options[:3])

    def _fill_variation(self, out: Values, values: Values, problems: Problems) -> None:
        for name in ("title", "description"):
            if name in out:
                out[name] = ""
        parent = (values.get("parent") or "").replace(" ", "")
        given = _attributes(values)
        handle, options = self.parents.get(parent.lower(), ("", []))
        if not handle and parent.startswith("id:"):
            problems.append(
                error("parent", parent, _("The product of this variation does not stand above it in the file."))
            )
        handle = handle or handle_of(parent)
        options = options or list(given)[:3]
        texts = {name: ", ".join(parts) for name, parts in given.items()}
        if "options" in out:
            out["options"] = None
            for place, name in enumerate(("option1", "option2", "option3")):
                out[name] = texts.get(options[place], "") if place < len(options) else ""
        if beyond := [name for name in texts if name not in options and texts[name] and len(options) >= 3]:
            problems.append(error("attribute", ", ".join(beyond), _("A product has three options at most.")))
        self._fill_pictures(out, values, problems)
        if "variant_image" in out:
            out["variant_image"] = out["images"][0] if out.get("images") else None
        out["handle"] = handle
        out["sku"] = sku = values.get("sku") or ""
        if not sku and handle:
            out["spare_sku"] = sku_of(handle, [out.get(f"option{n}") or "" for n in (1, 2, 3)])


def _attributes(values: Values) -> dict[str, list[str]]:
    """Names of WooCommerce's numbered attributes with their values."""
    pairs: dict[str, dict[str, str]] = {}
    for (number, part), text in values.get("attribute", []):
        pairs.setdefault(number, {})[part] = text
    return {pair["name"]: listed(pair.get("value s", "")) for pair in pairs.values() if pair.get("name")}
