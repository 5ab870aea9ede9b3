"""Rows of one order number in a file, before they become an order: whether they are one, and which of them count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.money import ZERO

ONE_OF_AN_ORDER = ("email", "customer_number", "currency")


class Refused(ValidationError):
    """What stands against the order, at a row and a column."""

    def __init__(self, row: int, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.row, self.column = row, column

    def __str__(self) -> str:
        return " ".join(self.messages)


def refuse_two_orders(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Two shops, or two years, may have numbered alike: rows that name two buyers or currencies are no one order. Raises Refused."""
    for name in ONE_OF_AN_ORDER:
        if name not in names:
            continue
        said = [row for row in rows if row[name]]
        other = next((row for row in said if row[name].casefold() != said[0][name].casefold()), None)
        if other is not None:
            sentence = _(
                "Rows %(first)s and %(row)s have one order number and name %(one)s and %(other)s: two orders need two numbers."
            )
            facts = {"first": said[0]["row"], "row": other["row"], "one": said[0][name], "other": other[name]}
            raise Refused(other["row"], name, sentence % facts)


def add_up_totals(rows: Sequence[Mapping[str, Any]], facts: dict[str, Any]) -> None:
    """Some files write the amount of each line where others have that of the order. Where all lines cost the same, only a
    discount could make the order cost as much as one of them."""
    lines = [row for row in rows if row["quantity"]]
    if any(row["total"] is None or row["unit_price"] is None or not _is_amount_of(row) for row in lines):
        return
    is_discounted = facts["discount"] or any(row["line_discount"] for row in lines)
    if len({row["total"] for row in lines}) > 1 or (len(lines) > 1 and not is_discounted):
        facts["total"] = sum((row["total"] for row in lines), ZERO)


def _is_amount_of(row: Mapping[str, Any]) -> bool:
    worth: Decimal = row["unit_price"] * row["quantity"]
    return row["total"] in (worth, worth - (row["line_discount"] or ZERO))


def without_empty(lines: list[Any]) -> tuple[list[Any], list[tuple[int, str, str]]]:
    """The lines that have pieces, and what is to be said of those that were taken out of the order; all, where none has any."""
    kept = [row for row in lines if row["quantity"] != 0]
    if not kept:
        return lines, []
    said = _("The line has no pieces and is left out.")
    return kept, [(row["row"], "quantity", said) for row in lines if row["quantity"] == 0]


def below_one(row: Mapping[str, Any]) -> str:
    """What is wrong with a line that has no pieces, or fewer than none beside others that are sold."""
    if (row["quantity"] or 0) < 0:
        return _("%(line)s is taken back, and nothing of it sold: give what comes back an order number of its own.") % {
            "line": row["sku"] or row["title"]
        }
    return _("The quantity must be at least 1.")
