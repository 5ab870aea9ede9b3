"""Kinds of columns that product files have of their own."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.imports.mapping import Mapping
from backoffice.money import minor_units, round_money
from backoffice.resources import BooleanColumn, CodeColumn, Column, MoneyColumn, NumberColumn, TextColumn
from catalog.services.barcodes import clean_barcode, is_gtin
from catalog.services.categories import SEPARATOR


class PathColumn(TextColumn):
    """A category by its path; the separators > and -> mean the same, in files of Odoo a slash between blanks too."""

    kind = gettext_lazy("path")
    has_slashes = False

    def for_file(self, mapping: Mapping) -> Self:
        column = copy.copy(self)
        column.has_slashes = mapping.layout == "odoo"
        return column

    def read(self, text: str, decimal: str = ".") -> Any:
        path = resources.plain(text.strip()).replace(" -> ", ">")
        path = path.replace(" / ", ">") if self.has_slashes else path
        names = [" ".join(name.split()) for name in path.split(">")]
        names = [name for name in names if name]
        if any(len(name) > 120 for name in names) or len(SEPARATOR.join(names)) > 600:
            raise ValidationError(_("The name of a category may have 120 characters, its path 600."))
        return SEPARATOR.join(names)


class PriceColumn(MoneyColumn):
    """An amount in the shop's currency, no finer than its smallest coin."""

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        places = minor_units(settings.DEFAULT_CURRENCY)
        if value != round(value, places):
            raise ValidationError(
                _("%(currency)s has %(places)s decimals.") % {"currency": settings.DEFAULT_CURRENCY, "places": places}
            )
        return value


class CostColumn(MoneyColumn):
    """What a piece cost: programs that average write finer than the smallest coin; it is rounded to that, half up."""

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, **{"places": 6, **kwargs})

    def read(self, text: str, decimal: str = ".") -> Any:
        return round_money(super().read(text, decimal), settings.DEFAULT_CURRENCY)


class SkuColumn(CodeColumn):
    def certain(self, texts: Sequence[str]) -> Sequence[str] | None:
        values = super().certain(texts)
        return values if values is not None and "".join(values).isprintable() else None

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        if not value.isprintable():
            raise ValidationError(_("A SKU cannot hold tabs, line breaks or invisible characters."))
        return value


class BarcodeColumn(CodeColumn):
    def certain(self, texts: Sequence[str]) -> Sequence[str] | None:
        values = super().certain(texts)
        return values if values is not None and all(not code or is_gtin(code) for code in values) else None

    def read(self, text: str, decimal: str = ".") -> Any:
        return clean_barcode(super().read(text, decimal))


class GramsColumn(NumberColumn):
    kind = gettext_lazy("whole number")

    def read(self, text: str, decimal: str = ".") -> Any:
        value = int(super().read(text, decimal).to_integral_value())
        if value > 2_000_000_000:
            raise ValidationError(_("The number is too large."))
        return value


class WeightColumn(NumberColumn):
    """WooCommerce writes prices as the shop does, and weights with a point in every language."""

    has_point = False

    def for_file(self, mapping: Mapping) -> Self:
        column = copy.copy(self)
        column.has_point = mapping.layout == "woocommerce"
        return column

    def read(self, text: str, decimal: str = ".") -> Any:
        return super().read(text, "." if self.has_point and "," not in text else decimal)


class TrackColumn(BooleanColumn):
    """Whether stock is kept; BigCommerce says by what."""

    def read(self, text: str, decimal: str = ".") -> Any:
        known = {"none": False, "by product": True, "by option": True, "product": True, "variant": True}
        return known[word] if (word := text.strip().lower()) in known else super().read(text, decimal)


class TrackerColumn(Column):
    """Shopify names the system that counts the stock; none means that nobody does."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return text.strip().lower() not in resources.FALSE

    def empty(self) -> Any:
        return False


class JsonColumn(Column):
    kind = gettext_lazy("JSON")

    def read(self, text: str, decimal: str = ".") -> Any:
        try:
            value = json.loads(resources.plain(text))
        except ValueError as error:
            raise ValidationError(_("This is not JSON: %(error)s.") % {"error": error}) from error
        if not isinstance(value, dict):
            raise ValidationError(_('A JSON object is expected: {"name": "value"}.'))
        return value

    def empty(self) -> Any:
        return None


class ManyColumn(TextColumn):
    """One of several columns that hold the same kind of value."""

    many = True
