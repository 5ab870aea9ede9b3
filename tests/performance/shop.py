"""The shop that the benchmarks measure: the demonstration shop with so many orders, kept between runs."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


def arguments(doc: str | None, rows: int) -> argparse.Namespace:
    """`--rows N` (default `rows`) and `--rounds N` of a benchmark."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--rows", type=int, default=rows, help=f"how many orders the shop has (default {rows:,})")
    parser.add_argument("--rounds", type=int, default=15, help="how often each contender is measured (default 15)")
    return parser.parse_args()


def open_shop(rows: int) -> None:
    """Start Django on a shop of `rows` orders, loading it first where it is missing. Call before importing models."""
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / f"performance-{rows}")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from backoffice.context import acting
    from orders import demo

    call_command("migrate", verbosity=0)
    if not demo.loading.loaded():
        demo.SIZES["bench"] = demo.Size(
            variants=max(rows // 10, 400),
            customers=max(rows * 3 // 10, 100),
            orders=rows,
            tickets=rows // 5,
            ledger_days=60,
        )
        with acting(source="command:bench"):
            demo.load("bench", 1, lambda step: print(f"loading the shop: {step}", file=sys.stderr))


def in_turns(contenders: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each contender, measured in turns after one warm-up each."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for call in contenders.values():
        call()
    for _ in range(rounds):
        for name, call in contenders.items():
            started = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


@contextmanager
def server_cpu() -> Iterator[list[float]]:
    """Seconds of processor time that our server process used inside."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")

    def used() -> float:
        if not stat.exists():
            return 0.0  # the server runs elsewhere
        parts = stat.read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    found = [used()]
    yield found
    found[0] = used() - found[0]


def processor_in_turns(contenders: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of processor that each contender takes here and in our server process, measured in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for call in contenders.values():
        call()
    for _ in range(rounds):
        for name, call in contenders.items():
            own = time.process_time()
            with server_cpu() as server:
                call()
            seconds[name].append(time.process_time() - own + server[0])
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(figures: Mapping[str, Any]) -> None:
    """The closing JSON line."""
    print(json.dumps(figures, default=str))
