"""Deterministic product files of 12 columns for the import benchmark."""

from __future__ import annotations

import csv
import random
from pathlib import Path

HEADER = (
    "handle", "title", "description", "category", "brand", "product_type", "status", "sku", "barcode", "price", "compare_at",
    "weight_grams",
)  # fmt: skip
KINDS = ("Tea pot", "Cup", "Paper lamp", "Oak chair", "Wool scarf", "Garden knife", "Steel bottle", "Linen towel")
WORDS = (
    "light robust blue hand made from reclaimed wood with a lid for two people dishwasher safe heavy slim round".split()
)


def write(path: Path, rows: int, *, version: int = 0, changed: float = 1.0, wrong: float = 0.0) -> Path:
    """Write a file of `rows` products; `version` changes the title and price of that share of them, `wrong` that share's price."""
    dice = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for n in range(rows):
            kind = KINDS[n % len(KINDS)]
            words = " ".join(dice.choices(WORDS, k=10))
            age = version if n % 1000 < changed * 1000 else 0
            price = f"{5 + (n * 37 + age * 11) % 9000 / 100:.2f}"
            if n % 1000 < wrong * 1000:
                price = "cheap"
            writer.writerow([
                f"product-{n}", f"{kind} {words.split()[0]} {n}" + (f" v{age}" if age else ""), f"A {kind.lower()}, {words}.",
                f"Home > {kind.split()[-1].title()}s > Range {n % 40}", f"Brand {n % 300}", kind.split()[-1], "draft",
                f"SKU-{n:07d}", _ean(4_000_000_00000 + n), price, "", str(100 + n % 3000),
            ])  # fmt: skip
    return path


def _ean(number: int) -> str:
    digits = f"{number:012d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)
