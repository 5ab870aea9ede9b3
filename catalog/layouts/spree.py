"""Rows as Spree writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backoffice.imports.cells import Values
from catalog.layouts.reading import Reader


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
