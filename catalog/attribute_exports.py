"""Columns of attributes in files and lists: one for each definition, under its code."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from backoffice.generic import Column
from catalog.models import AttributeDefinition, Category, Product
from catalog.models.attributes import holds
from catalog.services import FIELD, text_of


class Told:
    """The attributes of products as files have them: filterable ones in columns of their own, the others as JSON.

    A product has a value in a column where its category has the definition; what else stands under that code is among
    the others. So the file says of every product what it has, each thing once.
    """

    def __init__(self) -> None:
        self.definitions = list(AttributeDefinition.objects.filter(is_filterable=True).in_order())
        self.codes = list(dict.fromkeys(definition.code for definition in self.definitions))
        self._held: dict[int | None, frozenset[str]] = {}

    def held(self, category: Category | None) -> frozenset[str]:
        """Codes that have a column and are defined in the category."""
        key = category.pk if category else None
        if key not in self._held:
            path = f"{category.path} > " if category else ""
            self._held[key] = frozenset(one.code for one in self.definitions if holds(one, path))
        return self._held[key]

    def columns(self, product: Callable[[Any], Product]) -> list[Column]:
        """A column for each code; `product` gives the product of a row."""
        return [Column(FIELD + code, FIELD + code, get=self._value(code, product)) for code in self.codes]

    def _value(self, code: str, product: Callable[[Any], Product]) -> Callable[[Any], str]:
        def value(row: Any) -> str:
            found = product(row)
            if code not in found.attributes or code not in self.held(found.category):
                return ""
            return text_of(found.attributes[code])

        return value

    def others(self, product: Product) -> str:
        """What has no column, as JSON; "" for nothing."""
        held = self.held(product.category)
        rest = {code: value for code, value in product.attributes.items() if code not in held}
        return json.dumps(rest, ensure_ascii=False) if rest else ""


def list_columns(
    definitions: Sequence[AttributeDefinition], shown: Callable[[AttributeDefinition, Any], Any]
) -> list[Column]:
    """Columns of the list of products for the definitions of the category that it is filtered by."""

    def value(definition: AttributeDefinition) -> Callable[[Any], Any]:
        def get(product: Product) -> Any:
            found = product.attributes.get(definition.code)
            return None if found is None else shown(definition, found)

        return get

    return [
        Column(
            FIELD + one.code,
            f"{one.title} ({one.unit})" if one.unit else one.title,
            kind="number" if one.kind == one.Kind.NUMBER else "date" if one.kind == one.Kind.DATE else "text",
            get=value(one),
            reads=("attributes",),
        )
        for one in definitions
    ]
