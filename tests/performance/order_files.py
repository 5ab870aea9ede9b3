"""Flat order files for the benchmarks: one row a line, three lines an order, over a catalogue and customers that are there."""

from __future__ import annotations

import csv
from pathlib import Path

HEADER = [
    "order_number", "date", "email", "customer_name", "currency", "country", "fulfilment", "financial", "shipping", "total",
    "sku", "title", "quantity", "unit_price",
]  # fmt: skip
LINES = 3
VARIANTS = 2_000
PEOPLE = 2_000


def sku(number: int) -> str:
    return f"ART-{number:05d}"


def email(number: int) -> str:
    return f"person{number}@example.com"


def price(number: int) -> int:
    """Cents."""
    return 199 + number % 90 * 100


def write(path: Path, orders: int, *, start: int = 0) -> Path:
    """A file of `orders` shipped and paid orders from the number `start` on."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(start, start + orders):
            articles = [((n * 7 + line * 31) % VARIANTS, line + 1) for line in range(LINES)]
            total = 490 + sum(price(article) * pieces for article, pieces in articles)
            for line, (article, pieces) in enumerate(articles):
                first = line == 0
                head = [
                    f"W{n}", f"2026-0{n % 9 + 1}-{n % 28 + 1:02d} 10:{n % 60:02d}:00", email(n % PEOPLE), f"Person {n % PEOPLE}", "EUR",
                    "DE", "fulfilled", "paid", "4.90" if first else "", f"{total / 100:.2f}" if first else "",
                ]  # fmt: skip
                writer.writerow([*head, sku(article), f"Article {article}", pieces, f"{price(article) / 100:.2f}"])
    return path
