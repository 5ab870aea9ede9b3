"""How the product files of different systems are laid out, and how their rows become staged rows."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice.imports.cells import CellReader, Problems, Values, error, warning
from backoffice.imports.copying import NULL, encode_array
from backoffice.imports.lines import LineReader
from backoffice.imports.mapping import Mapping
from backoffice.resources import Column
from catalog.attribute_columns import AttributeReader
from catalog.services.categories import SEPARATOR

GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "lb": Decimal("453.59237"),
    "lbs": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
VARIANT_SIGNS = ("sku", "barcode", "option1", "option2", "option3", "price", "compare_at", "cost")
PRODUCT_COLUMNS = (
    "title",
    "title_zh",
    "description",
    "description_zh",
    "category",
    "brand",
    "product_type",
    "attributes",
    "seo_title",
    "seo_description",
)
PLAIN_COLUMNS = (
    *PRODUCT_COLUMNS,
    "barcode",
    "price",
    "compare_at",
    "cost",
    "requires_shipping",
    "tracking",
    "is_active",
)
PLAIN_TARGETS = frozenset(
    (*PLAIN_COLUMNS, "handle", "sku", "tags", "status", "weight_grams", "tax_class", "track_stock", "backorder_limit",
     "option1", "option2", "option3", "option1_name", "option2_name", "option3_name", "images")
)  # fmt: skip
NO_OPTION = "Default Title"
ADDRESS = re.compile(r"https?://[^\s\"<>]+\Z", re.IGNORECASE)

WOO = {
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
SIGNATURES = {
    "woocommerce": {"type", "parent", "regular price"},
    "medusa": {"product handle", "variant sku"},
    "spree": {"slug", "sku", "name"},
    "odoo": {"internal reference", "product category"},
}


def of(headers: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Name of the system that writes these headers, "" for Shopify's and Houtai's own; headers that mean something else there."""
    found = set(headers)
    name = next((name for name, signature in SIGNATURES.items() if signature <= found), "")
    if not name and {"type", "parent"} <= found and found & {"regular price", "attribute 1 name", "is featured"}:
        name = "woocommerce"
    if not name and {"default code", "categ id"} <= found:
        name = "odoo"
    return name, WOO if name == "woocommerce" else {}


def reader(mapping: Mapping, columns: dict[str, Column]) -> Reader:
    kinds: dict[str, type[Reader]] = {"woocommerce": WooReader, "spree": SpreeReader}
    return kinds.get(mapping.layout, Reader)(mapping, columns)


class Reader:
    """Rows as Shopify, Medusa and Houtai write them: a variant, a picture or both; the first of a handle has the product."""

    def __init__(self, mapping: Mapping, columns: dict[str, Column]) -> None:
        self.mapping = mapping
        self.cells = CellReader(mapping, columns, pads=mapping.pads)
        self.targets = {match.target for match in mapping.used}
        self.attributes = AttributeReader(mapping)
        self.names = self._names()
        self.blank = dict.fromkeys(self.names)
        self.plain = [name for name in PLAIN_COLUMNS if name in self.targets]
        self.signs = [name for name in VARIANT_SIGNS if name in self.names]
        self.has_currency = "currency" in self.targets
        # The unit in the header, such as "Weight (lbs)".
        self.weight_unit = next((match.parts[0] for match in mapping.all("weight") if match.parts), "")

    def _names(self) -> list[str]:
        """Staged columns that the file speaks of: what it does not name is kept."""
        names = ["handle", "spare_handle", "is_variant", "sku", "spare_sku"]
        names += [name for name in PLAIN_COLUMNS if name in self.targets]
        groups = {
            "category_number": {"category_number"},
            "tags": {"tags", "tag"},
            "status": {"status", "published"},
            "options": {"option1_name", "option2_name", "option3_name"},
            "weight_grams": {"weight_grams", "weight"},
            "tax_class": {"tax_class", "taxable"},
            "track_stock": {"track_stock", "tracker"},
            "backorder_limit": {"backorder_limit", "backorders"},
            "images": {"image", "images"},
            "variant_image": {"variant_image"},
        }
        names += [name for name, sources in groups.items() if sources & self.targets]
        names += [f"option{n}" for n in (1, 2, 3) if f"option{n}" in self.targets]
        if self.attributes.is_used:
            names += ["attribute_texts", "attribute_notation"]
        if "images" in names:
            names += ["image_alts", "image_positions"]
        return names

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Any]:
        """Staged rows; where each staged column is one of the file, most of them in blocks."""
        return self._quick().read(rows) if self.is_plain else self._slowly(rows)

    @property
    def is_plain(self) -> bool:
        """Whether the staged columns of a row with handle and SKU are its cells, each by itself."""
        named = "sku" in self.targets and ("handle" in self.targets or "title" not in self.targets)
        return named and self.targets <= PLAIN_TARGETS

    def _quick(self) -> LineReader:
        constants = {"spare_handle": NULL, "is_variant": "t", "spare_sku": NULL}
        if "handle" not in self.targets:
            constants["handle"] = ""
        needed = [name for name in ("handle", "sku", "tax_class") if name in self.targets]
        return LineReader(
            self.cells,
            self.names,
            self._slowly,
            constants=constants,
            needed=needed,
            odd={"option1": NO_OPTION, "option2": NO_OPTION, "option3": NO_OPTION},
            made=self._made(),
        )

    def _made(self) -> dict[str, tuple[Sequence[str], Callable[..., str | None]]]:
        """Option names and pictures, which become arrays."""
        made: dict[str, tuple[Sequence[str], Callable[..., str | None]]] = {}
        if options := [name for name in ("option1_name", "option2_name", "option3_name") if name in self.targets]:
            made["options"] = (options, lambda *names: encode_array([name for name in names if name]))
        if "images" in self.targets:
            made["images"] = (["images"], lambda text: _array_of(text, str))
            made["image_alts"] = made["image_positions"] = (["images"], lambda text: _array_of(text, lambda _url: None))
        return made

    def _slowly(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
        for number, values, problems in self.cells.read(rows):
            yield self.line(number, values, problems)

    def line(self, number: int, values: Values | None, problems: Problems) -> tuple[Any, ...]:
        """The staged row."""
        out = self.blank.copy()
        if values is not None:
            self.fill(out, values, problems)
        else:
            out["is_variant"] = False
        return (number, problems or None, *out.values())

    def fill(self, out: Values, values: Values, problems: Problems) -> None:
        """Write what `values` say into the staged row `out`."""
        self._copy_plain(out, values)
        self._refuse_other_currency(values, problems)
        self._fill_options(out, values)
        self._fill_product(out, values)
        self._fill_category_number(out, values)
        self._fill_variant(out, values)
        self._fill_attributes(out, self.attributes.texts(values))
        self._fill_pictures(out, values, problems)
        self._identify(out, values)

    def _copy_plain(self, out: Values, values: Values) -> None:
        for name in self.plain:
            out[name] = values[name]

    def _refuse_other_currency(self, values: Values, problems: Problems) -> None:
        currency = (values["currency"] or "").upper() if self.has_currency else ""
        if (
            currency
            and currency != settings.DEFAULT_CURRENCY
            and any(values.get(name) for name in ("price", "compare_at", "cost"))
        ):
            problems.append(
                error(
                    "currency",
                    currency,
                    _("The shop sells in %(own)s; amounts in %(other)s are not taken.")
                    % {"own": settings.DEFAULT_CURRENCY, "other": currency},
                )
            )

    def _fill_options(self, out: Values, values: Values) -> None:
        if "options" in out:
            names = [values.get(f"option{n}_name") or "" for n in (1, 2, 3)]
            if values.get("option1") == NO_OPTION:
                names[0] = ""
            out["options"] = [name for name in names if name]
        for name in ("option1", "option2", "option3"):
            if name in out:
                out[name] = "" if values[name] == NO_OPTION else values[name]

    def _fill_product(self, out: Values, values: Values) -> None:
        if "tags" in out:
            tags = [*values.get("tags", []), *(tag for _parts, tag in values.get("tag", []) if tag)]
            out["tags"] = list(dict.fromkeys(tags))
        if "status" in out:
            out["status"] = _status(values.get("status"), values.get("published"))

    def _fill_category_number(self, out: Values, values: Values) -> None:
        if "category_number" in out:
            out["category_number"] = values["category_number"]

    def _fill_variant(self, out: Values, values: Values) -> None:
        if "weight_grams" in out:
            out["weight_grams"] = self._grams(values)
        if "tax_class" in out:
            out["tax_class"] = "exempt" if values.get("taxable") is False else values.get("tax_class") or None
        if "track_stock" in out:
            out["track_stock"] = values.get("track_stock", values.get("tracker"))
        if "backorder_limit" in out:
            limit = values.get("backorder_limit")
            out["backorder_limit"] = values.get("backorders") if limit is None else limit

    def _fill_attributes(self, out: Values, texts: dict[str, str]) -> None:
        if "attribute_texts" in out:
            out["attribute_texts"] = texts or None
            out["attribute_notation"] = self.attributes.notation

    def _grams(self, values: Values) -> int | None:
        grams = values.get("weight_grams")
        weight = values.get("weight")
        if grams is not None or weight is None:
            return grams
        unit = self.weight_unit or str(values.get("weight_unit") or "").strip().lower() or "kg"
        return int((weight * GRAMS.get(unit, GRAMS["kg"])).to_integral_value())

    def _fill_pictures(self, out: Values, values: Values, problems: Problems) -> None:
        if "variant_image" in out:
            out["variant_image"] = _addresses([values.get("variant_image") or ""], problems)[:1]
            out["variant_image"] = out["variant_image"][0] if out["variant_image"] else None
        if "images" not in out:
            return
        named = [text for _parts, text in values.get("image", ()) if text]
        if listed := values.get("images"):
            named += _listed(listed)
        urls = _addresses(named, problems) if named else named
        if urls:
            rest = [None] * (len(urls) - 1)
            out["images"] = urls
            out["image_alts"] = [values.get("image_alt"), *rest]
            out["image_positions"] = [values.get("image_position"), *rest]

    def _identify(self, out: Values, values: Values) -> None:
        """Handle and SKU, or what they would be if the catalogue does not know better."""
        out["handle"] = handle = values.get("handle") or ""
        out["sku"] = sku = values.get("sku") or ""
        for name in self.signs:
            if out[name] not in (None, ""):
                out["is_variant"] = True
                break
        else:
            out["is_variant"] = False
        if values.get("option1") == NO_OPTION:
            out["is_variant"] = True
        if not handle and (title := values.get("title")):
            grouped = "handle" in self.targets or any(out.get(f"option{n}") for n in (1, 2, 3))
            handle = out["spare_handle"] = handle_of(title if grouped or not sku else sku)
        if out["is_variant"] and not sku and handle:
            out["spare_sku"] = sku_of(handle, [out.get(f"option{n}") or "" for n in (1, 2, 3)])


class SpreeReader(Reader):
    """Spree writes the product itself as a row with SKU and price; where variants follow, it is none of them."""

    is_plain = False

    def _slowly(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
        lines = self.cells.read(rows)
        following: Any = next(lines, None)
        while following is not None:
            (number, values, problems), following = following, next(lines, None)
            self.leads = bool(
                values
                and following
                and following[1]
                and following[1].get("handle") == values.get("handle")
                and following[1].get("option1")
                and not values.get("option1")
            )
            yield self.line(number, values, problems)

    leads = False

    def _identify(self, out: Values, values: Values) -> None:
        super()._identify(out, values)
        if self.leads:
            out["is_variant"] = False


class WooReader(Reader):
    """WooCommerce: rows of products and, below them, rows of variations that name their parent by SKU or number."""

    is_plain = False

    def __init__(self, mapping: Mapping, columns: dict[str, Column]) -> None:
        super().__init__(mapping, columns)
        self.parents: dict[str, tuple[str, list[str]]] = {}

    def _names(self) -> list[str]:
        names = super()._names()
        extra = {
            "price": {"regular_price", "sale_price"},
            "compare_at": {"sale_price"},
            "category": {"categories"},
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
        self._fill_woo_price(out, values)
        self._fill_product(out, values)
        self._fill_variant(out, values)
        self._fill_kind(out, kinds)
        self._fill_category(out, values, problems)
        if "variation" in kinds:
            self._fill_variation(out, values, problems)
        else:
            self._fill_whole(out, values, kinds, problems)

    def _fill_woo_price(self, out: Values, values: Values) -> None:
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

    def _fill_category(self, out: Values, values: Values, problems: Problems) -> None:
        paths = _listed(values.get("categories") or "")
        if "category" in out:
            out["category"] = (
                SEPARATOR.join(" ".join(name.split()) for name in paths[0].split(">") if name.strip()) if paths else ""
            )
        if len(paths) > 1:
            problems.append(
                warning(
                    "categories",
                    values["categories"],
                    _("A product stands in one category; “%(first)s” is taken.") % {"first": paths[0]},
                )
            )

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
    return {pair["name"]: _listed(pair.get("value s", "")) for pair in pairs.values() if pair.get("name")}


def _status(status: str | None, published: bool | None) -> str | None:
    if status is None:
        return None if published is None else "published" if published else "draft"
    return "draft" if status == "published" and published is False else status


def _listed(text: str) -> list[str]:
    """Values between commas; `\\,` is a comma in a value. Addresses may also stand between blanks."""
    if not text:
        return []
    if "," not in text and text.count("://") < 2:
        return [text.strip()] if text.strip() else []
    if text.count("://") > 1:
        return [part.strip(" ,") for part in re.split(r"[\s,]+(?=https?://)", text)]
    parts = re.split(r"(?<!\\),\s*", text)
    return [part.replace("\\,", ",").strip() for part in parts if part.strip()]


def _addresses(texts: Sequence[str], problems: Problems) -> list[str]:
    """Those that are web addresses, each once; a warning for every other."""
    urls = []
    for text in texts:
        url = (text or "").strip()
        if not url:
            continue
        if len(url) > 1000 or not ADDRESS.match(url):
            problems.append(warning("image", url, _("This is not a web address; the picture is left out.")))
        else:
            urls.append(url)
    return list(dict.fromkeys(urls))


def _array_of(text: str, value: Callable[[str], Any]) -> str | None:
    """An array with something of each picture; None where an address needs a word."""
    problems: Problems = []
    urls = _addresses(_listed(text), problems)
    if problems:
        return None
    return encode_array([value(url) for url in urls] if urls else None)


def handle_of(text: str) -> str:
    return slugify(text, allow_unicode=True)[:200]


def sku_of(handle: str, options: Sequence[str]) -> str:
    """A SKU made of handle and options: the same for the same row of every file."""
    text = slugify(" ".join(itertools.chain([handle], filter(None, options))), allow_unicode=True).upper()
    if len(text) <= 100:
        return text
    digest = hashlib.sha256("\0".join([handle, *options]).encode()).hexdigest()[:8].upper()
    return f"{text[:91]}-{digest}"
