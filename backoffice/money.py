"""Amounts: decimal, rounded half-up to the minor unit of their currency, shared without losing a cent."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.formats import number_format

# ISO 4217 minor units other than two.
MINOR_UNITS = dict.fromkeys(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"], 0
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "JP¥", "BRL": "R$"}
ZERO = Decimal(0)


def minor_units(currency: str) -> int:
    """Number of decimals of `currency` (0, 2 or 3)."""
    return MINOR_UNITS.get(currency, 2)


@lru_cache(maxsize=256)
def unit(currency: str) -> Decimal:
    """Smallest amount of `currency`, such as 0.01."""
    return Decimal(1).scaleb(-minor_units(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half-up to the minor unit of `currency`."""
    return amount.quantize(unit(currency), ROUND_HALF_UP)


def shares(total: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Split `total` in proportion to `weights` by largest remainder; the shares sum to `total` exactly.

    With all weights zero the parts are equal. Raises ValueError for no weights, a negative one, or a total
    that is not a whole number of minor units.
    """
    step = unit(currency)
    if not weights or min(weights) < 0:
        raise ValueError("weights must be given and not negative")
    if total != total.quantize(step):
        raise ValueError(f"{total} is not a whole number of {currency} minor units")
    parts = [Decimal(w) for w in weights] if any(weights) else [Decimal(1)] * len(weights)
    whole = sum(parts)
    exact = [total * part / whole for part in parts]
    floored = [value.quantize(step, ROUND_DOWN) for value in exact]
    missing = int((total - sum(floored)) / step)
    sign = 1 if missing >= 0 else -1
    order = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - floored[i]), i))
    for i in order[: abs(missing)]:
        floored[i] += sign * step
    return floored


def format_money(amount: Decimal | None, currency: str) -> str:
    """Write `amount` in the reader's number format with the sign or code of `currency`; blank for None."""
    if amount is None:
        return ""
    number = number_format(
        abs(round_money(amount, currency)), minor_units(currency), use_l10n=True, force_grouping=True
    )
    symbol = SYMBOLS.get(currency)
    text = f"{symbol}{number}" if symbol else f"{number} {currency}"
    return f"−{text}" if amount < 0 else text


class MoneyField(models.DecimalField):
    """An amount in a currency kept beside it: up to 12 digits before the point and 3 behind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 15)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)
