"""How rows about variants that exist say which one they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.resources import TextColumn
from catalog.layouts import NO_OPTION

SKU_HEADERS = frozenset(["sku", "variant sku", "sku code", "default code", "internal reference"])
OTHER_NUMBERS = ("product id", "productid")


class OptionColumn(TextColumn):
    """The value of an option; Shopify writes one for products that have none."""

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        return "" if value == NO_OPTION else value


def other_numbers(headers: Sequence[str]) -> dict[str, str]:
    """The product's number in another system is no SKU where the file has one."""
    return dict.fromkeys(OTHER_NUMBERS, "") if SKU_HEADERS & set(headers) else {}


class VariantNaming(resources.BaseResource):
    """Columns that name a variant where a row has no SKU."""

    handle = TextColumn(
        gettext_lazy("Handle"),
        aliases=["URL handle", "slug", "Product handle"],
        max_length=200,
        help=gettext_lazy("Names the product, with the options, where a row has no SKU."),
    )
    option1 = OptionColumn(
        gettext_lazy("Option 1"),
        aliases=["Option1 value", "Variant option 1 value", "Option 1 value", "规格1"],
        max_length=160,
    )
    option2 = OptionColumn(
        gettext_lazy("Option 2"),
        aliases=["Option2 value", "Variant option 2 value", "Option 2 value", "规格2"],
        max_length=160,
    )
    option3 = OptionColumn(
        gettext_lazy("Option 3"),
        aliases=["Option3 value", "Variant option 3 value", "Option 3 value", "规格3"],
        max_length=160,
    )
