"""Repricing of many variants beside the bare UPDATE with the same triggers.

The contenders take turns on one catalogue: the UPDATE that a programmer would type, working out and applying a run, and
undoing it. Each writes the history of every variant. Memory is how far this process grows while a run is applied and undone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.performance.bench_export import MIB, open_variants, watched
from tests.performance.shop import report

LEAST = 0.3


def main() -> None:
    options = _arguments()
    open_variants(options.rows)
    from django.db import connection

    from backoffice.context import acting
    from backoffice.models import User
    from catalog.models import Variant
    from catalog.services import repricing

    owner = User.objects.get(email="owner@houtai.example")
    repricing.FOREGROUND = 10 * options.rows

    def rest() -> None:
        """Every contender finds the table swept."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE catalog_variant")

    def bare() -> None:
        with acting(source="command:bench"), connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_variant SET price = round(price * 1.01 + 0.01, 2), updated_at = now()")

    run: Any = None

    def work_out() -> None:
        nonlocal run
        run = repricing.prepare(
            by=owner, address="/catalog/variants/?is_active=unknown", rule="percent", value=Decimal(5)
        )

    def apply() -> None:
        nonlocal run
        run = repricing.apply(run, by=owner)
        assert run.written == options.rows, run.written

    def undo() -> None:
        nonlocal run
        run = repricing.undo(run, by=owner)
        assert run.facts["restored"] == options.rows, run.facts

    contenders = {"bare": bare, "work_out": work_out, "apply": apply, "undo": undo}
    before = list(Variant.objects.order_by("pk").values_list("price", flat=True)[:1000])
    for call in (work_out, apply, undo):
        call()
    assert list(Variant.objects.order_by("pk").values_list("price", flat=True)[:1000]) == before
    seconds, grown = _in_turns(contenders, options.rounds, rest)
    whole = seconds["work_out"] + seconds["apply"]
    ratios = {
        "repricing_of_bare": seconds["bare"] / whole,
        "apply_of_bare": seconds["bare"] / seconds["apply"],
        "undo_of_bare": seconds["bare"] / seconds["undo"],
        "repricing_and_undo_of_two_bare": 2 * seconds["bare"] / (whole + seconds["undo"]),
    }
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    report(
        {
            "rows": options.rows,
            **{f"{name}_rows_per_s": round(options.rows / taken) for name, taken in seconds.items()},
            **{name: round(ratio, 2) for name, ratio in ratios.items()},
            "least": LEAST,
            "growth_mib": round(grown / MIB, 1),
        }
    )


def _in_turns(
    contenders: dict[str, Callable[[], None]], rounds: int, rest: Callable[[], None]
) -> tuple[dict[str, float], int]:
    """Median seconds of each contender, measured in turns, and by how many bytes this process grew meanwhile."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    with watched(os.getpid()) as seen:
        for number in range(rounds):
            for name, call in contenders.items():
                rest()
                started = time.perf_counter()
                call()
                taken[name].append(time.perf_counter() - started)
                print(f"round {number + 1}: {name:<9} {taken[name][-1]:7.2f} s", file=sys.stderr)
    return {name: statistics.median(values) for name, values in taken.items()}, max(seen) - seen[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="how many variants there are (default 100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
