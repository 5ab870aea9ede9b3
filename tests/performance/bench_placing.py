"""Placing orders with three lines and reservation: targets O1 to O3.

Contenders take turns, over all SKUs ("cold") and over 50 of them ("hot"), with clients that are processes with a connection
each. Every order is one transaction with the same rows, history triggers and audit events, which is checked before anything
is measured; `placing_contenders` says who they are: ours, the limit by hand, the ORM, and ours in two steps. Orders have no
e-mail address, so none queues a mail.

Because the machine is shared, the seconds of processor that an order costs client and server are measured beside orders a
second (the server's only where it runs here). "of_hand" and "to_orm" say how many times as fast ours is.

--oscar PYTHON measures django-oscar in the same run, with a Python that has it (see `oscar_peer`).
A run on 2 cores with nothing beside it: by orders a second 0.59 (1 client, cold), 0.69, 0.67, 0.75, 0.68 and 0.76 (16 clients, hot) of
hand, by processor the same; p95 hot with 16 clients 1.1 times hand's; 5 to 6 times the ORM; 17 to 24 times django-oscar, which keeps
no history or ledger.

--sell-out places until everything is sold, again and again; --mixed lets clerks place, cancel, receive, transfer, count, hold
and release over hot SKUs. Both end with the checks of `verify`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.performance.shop import PROJECT, report

LINES, HOT, PIECES = 3, 50, 1_000_000
SOLD_OUT, PIECES_TO_SELL, TRIES = 6, 40, 6
CONTENDERS = ("ours", "steps", "hand", "orm")
LIMIT = Path(__file__).with_name("placing_limit.sql")
OSCAR = Path(__file__).with_name("oscar_peer.py")

# --- Clients ----------------------------------------------------------------------------------------


@dataclass
class Load:
    """What one client did: seconds of each order, how often it met which error, and seconds of processor used."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    client: float = 0
    server: float = 0


def client(pipe: Connection, number: int) -> None:
    """A process with a connection of its own that carries out commands until it is told None."""
    jobs: dict[str, Callable[..., Any]] = {"load": load, "place": place_until, "sell": sell_out, "mix": mix_until}
    while (command := pipe.recv()) is not None:
        name, arguments = command
        pipe.send(jobs[name](number, *arguments))


def load(number: int, skus: tuple[str, ...]) -> None:
    """Read the SKUs before the clock starts."""
    _goods(skus)


def place_until(number: int, contender: str, skus: tuple[str, ...], begin: float, seconds: float) -> Load:
    """Place orders as quickly as they are answered; the clock starts at `begin` of `time.time()`."""
    from django.db import connection

    from tests.performance.placing_contenders import CONTENDERS as KNOWN

    place, variants = _goods(skus)
    one, chance, done = KNOWN[contender], random.Random(f"{number} {begin}"), Load()
    time.sleep(max(begin - time.time(), 0))
    done.client, done.server = -time.process_time(), -_server_seconds(connection.connection.info.backend_pid)
    while time.time() < begin + seconds:
        basket = [(variant, chance.randint(1, 3)) for variant in chance.sample(variants, LINES)]
        started = time.perf_counter()
        try:
            one(basket, place)
        except Exception as error:
            done.errors[f"{type(error).__name__}: {error}"[:300]] += 1
        else:
            done.seconds.append(time.perf_counter() - started)
    done.client += time.process_time()
    done.server += _server_seconds(connection.connection.info.backend_pid)
    return done


def _server_seconds(process: int) -> float:
    """Seconds of processor that a server process of this machine has used; 0 for one elsewhere."""
    known = Path(f"/proc/{process}/stat")
    if not known.exists():
        return 0
    user, system = known.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def sell_out(number: int, skus: tuple[str, ...], begin: float) -> Load:
    """Place orders until so many in a row were refused."""
    from inventory.services import InsufficientStock
    from tests.performance.placing_contenders import ours

    place, variants = _goods(skus)
    chance, done, refused = random.Random(f"{number} {begin}"), Load(), 0
    time.sleep(max(begin - time.time(), 0))
    while refused < TRIES:
        basket = [(variant, chance.randint(1, 3)) for variant in chance.sample(variants, LINES)]
        started = time.perf_counter()
        try:
            ours(basket, place)
        except InsufficientStock:
            done.errors["sold out"] += 1
            refused += 1
        except Exception as error:
            done.errors[f"{type(error).__name__}: {error}"[:300]] += 1
            refused += 1
        else:
            done.seconds.append(time.perf_counter() - started)
            refused = 0
    return done


def mix_until(number: int, skus: tuple[str, ...], end: float) -> Any:
    from inventory.models import Location
    from tests.orders.hot_stock import Clerk

    place, variants = _goods(skus)
    others = Location.objects.filter(code__in=["bench-shop", "bench-kiosk"]).order_by("priority")
    clerk = Clerk(number, variants, [place, *others])
    try:
        return clerk.work_until(end), ""
    except Exception as error:
        return clerk.work, f"{type(error).__name__}: {error}"


@lru_cache(maxsize=4)
def _goods(skus: tuple[str, ...]) -> tuple[Any, list[Any]]:
    from catalog.models import Variant
    from inventory.models import Location

    return Location.objects.get(code="bench"), list(Variant.objects.filter(sku__in=skus).order_by("pk"))


class Clients:
    """Processes forked before anybody has a connection; the first so many of them work."""

    def __init__(self, most: int) -> None:
        fork = multiprocessing.get_context("fork")
        pairs = [fork.Pipe() for _ in range(most)]
        self.pipes = [here for here, _there in pairs]
        self.processes = [fork.Process(target=client, args=(pairs[n][1], n), daemon=True) for n in range(most)]
        for process in self.processes:
            process.start()

    def run(self, count: int, job: str, *arguments: Any) -> list[Any]:
        for pipe in self.pipes[:count]:
            pipe.send((job, arguments))
        return [pipe.recv() for pipe in self.pipes[:count]]

    def stop(self) -> None:
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            pipe.send(None)
            process.join(30)


# --- The shop ---------------------------------------------------------------------------------------


def start() -> None:
    """Django on a database of its own, which is kept between runs."""
    folder = str(PROJECT / ".data" / "performance-placing")
    os.environ.setdefault("EMBEDDED_POSTGRES_DIR", os.environ.get("BENCH_POSTGRES_DIR", folder))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()


def fill(rows: int) -> None:
    """So many SKUs with plenty of stock at one warehouse, and the function of the hand-written contender."""
    from django.core.management import call_command
    from django.db import connection

    from inventory.models import Location

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(LIMIT.read_text())
    Location.objects.get_or_create(code="bench", defaults={"name": "Bench", "priority": 1})
    stock([f"BENCH-{number:06}" for number in range(rows)], PIECES)


def stock(skus: Sequence[str], pieces: int, place: str = "bench") -> None:
    """Make sure that these SKUs are sold, and receive so many pieces of those that `place` has never had."""
    from django.db import connection

    from catalog.models import Product, Variant
    from inventory import services
    from inventory.models import Location, StockMove

    location = Location.objects.get(code=place)
    product, _ = Product.objects.get_or_create(handle="bench-placing", defaults={"title": "Bench"})
    known = set(Variant.objects.filter(sku__in=skus).values_list("sku", flat=True))
    Variant.objects.bulk_create(
        (Variant(product=product, sku=s, title=s, option1=s, price=10) for s in skus if s not in known), batch_size=1000
    )
    new = list(Variant.objects.filter(sku__in=skus).exclude(levels__location=location).values_list("pk", flat=True))
    source = services.virtual(Location.Kind.SUPPLIER)
    for part in _parts(new, 2000):
        services.post(
            [services.Move(StockMove.Kind.RECEIVED, variant, source, location.pk, pieces) for variant in part], by=None
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inventory_stocklevel, catalog_variant")


def _parts(rows: Sequence[int], size: int) -> list[Sequence[int]]:
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]


def wrong() -> dict[str, int]:
    """What `verify` finds wrong, by check."""
    from backoffice import verification

    return {one.name: one.result.wrong for one in verification.run() if one.result.wrong}


class Oscar:
    """django-oscar in an environment of its own."""

    def __init__(self, python: str, rows: int) -> None:
        from django.db import connection

        connection.ensure_connection()
        known = connection.connection.info.get_parameters() | {"password": connection.connection.info.password}
        server = {name: known[name] for name in ("host", "port", "user", "password") if known.get(name)}
        self.process = subprocess.Popen(
            [python, str(OSCAR), json.dumps(server), str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def place(self, clients: int, goods: int, seconds: float) -> Load:
        """As `place_until` by so many clients over the first so many products."""
        asked = {"clients": clients, "goods": goods, "begin": time.time() + 0.5, "seconds": seconds}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        answer = self._answer()
        return Load(answer["seconds"], Counter(answer["errors"]), answer["client"], answer["server"])

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit("django-oscar did not answer.")
        return dict(json.loads(line))

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(30)


# --- What is measured -------------------------------------------------------------------------------


def race(clients: Clients, options: argparse.Namespace) -> dict[str, Any]:
    """Orders/s, p50, p95 and seconds of processor of each contender, cold and hot, for each number of clients: medians."""
    skus = tuple(f"BENCH-{number:06}" for number in range(options.rows))
    same_writes(skus)
    oscar = Oscar(options.oscar, options.rows) if options.oscar else None
    figures: dict[str, Any] = {}
    for count in options.clients:
        for heat, goods in (("cold", skus), ("hot", skus[:HOT])):
            clients.run(count, "load", goods)
            rounds: dict[str, list[tuple[float, ...]]] = {name: [] for name in CONTENDERS}
            if oscar:
                rounds["oscar"] = []
            for number in range(options.rounds + 1):
                for name, measured in rounds.items():
                    seconds = options.seconds if number else 0.3  # the first round warms up
                    if name == "oscar":
                        loads = [oscar.place(count, len(goods), seconds)] if oscar else []
                    else:
                        loads = clients.run(count, "place", name, goods, time.time() + 0.3, seconds)
                    if number:
                        measured.append(_speed(name, loads, seconds))
            medians = {
                name: [statistics.median(column) for column in zip(*rounds[name], strict=True)] for name in rounds
            }
            figures |= _compared(f"{count}_{heat}", medians)
    if oscar:
        oscar.stop()
    return figures


def same_writes(skus: tuple[str, ...]) -> None:
    """Stop unless one order of each contender writes the same rows; a draft that is placed later writes some twice."""
    from tests.performance.placing_contenders import CONTENDERS as KNOWN
    from tests.performance.placing_contenders import writes

    place, variants = _goods(skus[:LINES])
    known = {name: writes(name, [(variant, 1) for variant in variants], place) for name in KNOWN if name != "steps"}
    print(f"rows written by an order: {dict(known['ours'])}", file=sys.stderr)
    if any(rows != known["ours"] for rows in known.values()):
        raise SystemExit(f"the contenders do not write the same: {known}")


def _speed(name: str, loads: Sequence[Load], seconds: float) -> tuple[float, ...]:
    """Orders/s, p50 and p95 in ms; ms of processor that an order costs client and server."""
    errors: Counter[str] = sum((load.errors for load in loads), Counter())
    if errors:
        raise SystemExit(f"{name}: {dict(errors)}")
    taken = [second for load in loads for second in load.seconds]
    used = [sum(getattr(load, side) for load in loads) * 1000 / max(len(taken), 1) for side in ("client", "server")]
    return len(taken) / seconds, *percentiles(taken), *used


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p95 in milliseconds."""
    ordered = sorted(seconds) or [float("nan")]
    return ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.95)] * 1000


def _compared(key: str, medians: dict[str, list[float]]) -> dict[str, float]:
    for name, (rate, p50, p95, client, server) in medians.items():
        print(
            f"{key:<8} {name:<5} {rate:7.0f} orders/s   p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   "
            f"processor {client:5.2f} + {server:5.2f} ms",
            file=sys.stderr,
        )
    mine, limit = medians["ours"], medians["hand"]
    figures = {
        f"{key}_ours": round(mine[0]),
        f"{key}_of_hand": round(mine[0] / limit[0], 2),
        f"{key}_processor_of_hand": round(sum(limit[3:]) / sum(mine[3:]), 2),
        f"{key}_p95_to_hand": round(mine[2] / limit[2], 2),
        f"{key}_steps_of_hand": round(medians["steps"][0] / limit[0], 2),
    }
    for name in medians.keys() & {"orm", "oscar"}:
        figures[f"{key}_to_{name}"] = round(mine[0] / medians[name][0], 2)
    print(f"{key:<8} {figures}", file=sys.stderr)
    return figures


def sell_outs(clients: Clients, options: argparse.Namespace) -> dict[str, Any]:
    """As many runs as asked, each over a few SKUs of its own until they are sold."""
    from inventory.models import StockLevel
    from tests.orders.hot_stock import deadlocks

    count, before = max(options.clients), deadlocks()
    oversold = left = 0
    errors: Counter[str] = Counter()
    taken: list[float] = []
    for number in range(options.runs):
        skus = tuple(f"OUT-{time.time_ns()}-{n}" for n in range(SOLD_OUT))
        stock(skus, PIECES_TO_SELL)
        loads = clients.run(count, "sell", skus, time.time() + 0.3)
        levels = list(StockLevel.objects.filter(variant__sku__in=skus))
        oversold += sum(max(-level.free, 0) for level in levels)
        left += sum(level.free for level in levels)
        errors += sum((load.errors for load in loads), Counter())
        taken += [second for load in loads for second in load.seconds]
        print(f"run {number + 1}: {sum(level.allocated for level in levels)} pieces sold", file=sys.stderr)
    sold_out = errors.pop("sold out", 0)
    return {
        "runs": options.runs, "clients": count, "orders": len(taken), "sold_out": sold_out, "pieces_left": left,
        "oversold": oversold, "mismatched": wrong(), "deadlocks": deadlocks() - before, "errors": dict(errors),
        "p95_ms": round(percentiles(taken)[1], 1),
    }  # fmt: skip


def mixed(clients: Clients, options: argparse.Namespace) -> dict[str, Any]:
    """Everything at once over 50 SKUs at three warehouses, one of which closes and opens; half of the SKUs take backorders."""
    from catalog.models import Variant
    from inventory.models import Location
    from tests.orders.hot_stock import balances, deadlocks, expected, together

    for priority, name in ((2, "shop"), (3, "kiosk")):
        Location.objects.get_or_create(code=f"bench-{name}", defaults={"name": f"Bench {name}", "priority": priority})
    skus = tuple(f"MIX-{time.time_ns()}-{n}" for n in range(HOT))
    for place in ("bench", "bench-shop", "bench-kiosk"):
        stock(skus, 20, place)
    Variant.objects.filter(sku__in=skus[::2]).update(backorder_limit=5)
    variants = list(Variant.objects.filter(sku__in=skus))
    count, before, broken = max(options.clients), balances(variants), deadlocks()
    answers = clients.run(count, "mix", skus, time.time() + options.seconds)
    work = together(work for work, _error in answers)
    errors = Counter(error for _work, error in answers if error)
    figures: dict[str, Any] = {}
    for verb, seconds in sorted(work.seconds.items()):
        p50, p95 = percentiles(seconds)
        print(
            f"{verb:<14} {len(seconds) / options.seconds:6.1f}/s   refused {work.refused[verb]:6}   p50 {p50:6.1f} ms   p95 {p95:6.1f} ms",
            file=sys.stderr,
        )
        figures[f"{verb}_p95_ms"] = round(p95, 1)
    taken = [second for seconds in work.seconds.values() for second in seconds]
    after, right = balances(variants), expected(before, work)
    return {
        "clients": count, "seconds": options.seconds, "verbs_per_second": round(len(taken) / options.seconds, 1),
        "p95_ms": round(percentiles(taken)[1], 1), **figures, "sold_out": work.refused.total(),
        "lost": sum(after[variant] != right[variant] for variant in right), "mismatched": wrong(),
        "deadlocks": deadlocks() - broken, "errors": dict(errors),
    }  # fmt: skip


def main() -> None:
    options = _arguments()
    start()
    clients = Clients(max(options.clients))
    try:
        fill(options.rows)
        measure = sell_outs if options.sell_out else mixed if options.mixed else race
        figures = measure(clients, options)
    finally:
        clients.stop()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    report(figures)
    if any(figures.get(name) for name in ("oversold", "mismatched", "deadlocks", "errors", "lost")):
        raise SystemExit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, help="how many SKUs there are (default 10,000)")
    parser.add_argument(
        "--clients", type=int, nargs="+", default=[1, 4, 16], help="how many order at a time (default 1 4 16)"
    )
    parser.add_argument("--seconds", type=float, help="how long each measurement lasts (default 2; 60 with --mixed)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    parser.add_argument(
        "--runs", type=int, default=10, help="how often everything is sold with --sell-out (default 10)"
    )
    parser.add_argument("--oscar", metavar="PYTHON", help="a Python that has django-oscar, to be measured too")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--sell-out", action="store_true", help="sell everything: nothing may be oversold (O3)")
    modes.add_argument("--mixed", action="store_true", help="everything at once over hot SKUs")
    options = parser.parse_args()
    options.seconds = options.seconds or (60 if options.mixed else 2)
    return options


if __name__ == "__main__":
    main()
