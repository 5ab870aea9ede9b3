"""Rows as Shopify, Medusa and Houtai write them become staged rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.imports.cells import CellReader, Problems, Values, error, warning
from backoffice.imports.copying import NULL, encode_array
from backoffice.imports.lines import LineReader
from backoffice.imports.mapping import Mapping
from backoffice.resources import Column
from catalog.attribute_columns import AttributeReader
from catalog.layouts.texts import addresses, handle_of, listed, sku_of
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
        self.has_sale = bool({"regular_price", "sale_price"} & self.targets)
        # The unit in the header, such as "Weight (lbs)".
        self.weight_unit = next((match.parts[0] for match in mapping.all("weight") if match.parts), "")

    def _names(self) -> list[str]:
        """Staged columns that the file speaks of: what it does not name is kept."""
        names = ["handle", "spare_handle", "is_variant", "sku", "spare_sku"]
        names += [name for name in PLAIN_COLUMNS if name in self.targets]
        groups = {
            "category": {"categories"},
            "category_number": {"category_number"},
            "price": {"regular_price", "sale_price"},
            "compare_at": {"sale_price"},
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
        names += [name for name, sources in groups.items() if sources & self.targets and name not in names]
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
        self._fill_category(out, values, problems)
        self._fill_price(out, values)
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

    def _fill_category(self, out: Values, values: Values, problems: Problems) -> None:
        """One category: that of the column for one, else the first path of a list."""
        if "category_number" in out:
            out["category_number"] = values["category_number"]
        if "category" in self.targets or "categories" not in self.targets:
            return
        paths = [path for text in listed(values.get("categories") or "") if (path := self.path(text))]
        out["category"] = paths[0] if paths else ""
        if len(paths) > 1:
            said = _("A product stands in one category; “%(first)s” is taken.") % {"first": paths[0]}
            problems.append(warning("categories", values["categories"], said))

    def path(self, text: str) -> str:
        """The path of a category out of a list of them."""
        return SEPARATOR.join(" ".join(name.split()) for name in text.strip(" /").split(">") if name.strip())

    def _fill_price(self, out: Values, values: Values) -> None:
        """What is asked for now is the price, and the regular one what it is compared with. A sale at nothing is none."""
        if not self.has_sale:
            return
        regular, sale = values.get("regular_price"), values.get("sale_price") or None
        regular = values.get("price") if regular is None else regular
        out["price"] = regular if sale is None else sale
        if sale is not None and values.get("compare_at") is None:
            out["compare_at"] = regular

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
        unit = self.weight_unit or values.get("weight_unit") or "kg"
        return int((weight * GRAMS[unit]).to_integral_value())

    def _fill_pictures(self, out: Values, values: Values, problems: Problems) -> None:
        if "variant_image" in out:
            out["variant_image"] = addresses([values.get("variant_image") or ""], problems)[:1]
            out["variant_image"] = out["variant_image"][0] if out["variant_image"] else None
        if "images" not in out:
            return
        named = [text for _parts, text in values.get("image", ()) if text]
        if several := values.get("images"):
            named += listed(several)
        urls = addresses(named, problems) if named else named
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


def _status(status: str | None, published: bool | None) -> str | None:
    if status is None:
        return None if published is None else "published" if published else "draft"
    return "draft" if status == "published" and published is False else status


def _array_of(text: str, value: Callable[[str], Any]) -> str | None:
    """An array with something of each picture; None where an address needs a word."""
    problems: Problems = []
    urls = addresses(listed(text), problems)
    if problems:
        return None
    return encode_array([value(url) for url in urls] if urls else None)
