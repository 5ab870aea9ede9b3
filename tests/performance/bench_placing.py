"""Placing orders with three lines and reservation: targets O1 to O3.

Contenders take turns, over all SKUs ("cold") and over 50 of them ("hot"), with clients that are processes with a connection
each. Every order is one transaction with the same rows, history triggers and audit events: our services; one PL/pgSQL call
with stock last (the limit); the ORM as most write it, levels locked first. Orders have no e-mail address, so none queues a
mail. django-oscar is measured only in an environment that has it, and is not part of this run.

--sell-out places until everything is sold, again and again; --mixed lets clerks place, cancel, receive, transfer, count, hold
and release over hot SKUs. Both end with the checks of `verify`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from tests.performance.shop import PROJECT, report

LINES, HOT, PIECES = 3, 50, 1_000_000
SOLD_OUT, PIECES_TO_SELL, TRIES = 6, 40, 6
SOURCE = "command:bench_placing"
CONTENDERS = ("ours", "hand", "orm")

HAND = """
CREATE OR REPLACE FUNCTION bench_place(variants bigint[], quantities integer[], place bigint) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    name text := 'SO-' || nextval('houtai_so_number');
    sale bigint;
    amount numeric;
    moment timestamptz;
    sold integer;
BEGIN
    PERFORM set_config('pghistory.context_id', gen_random_uuid()::text, true),
            set_config('pghistory.context_metadata', '{"source": "command:bench_placing", "request_id": ""}', true);
    SELECT sum(v.price * w.quantity) INTO amount
    FROM unnest(variants, quantities) AS w(variant, quantity) JOIN catalog_variant v ON v.id = w.variant;
    INSERT INTO orders_order
        (number, customer_name, email, phone, language, billing_address, shipping_address, status, payment_status,
         fulfilment_status, return_status, source, source_number, currency, prices_include_tax, subtotal, discount, shipping,
         shipping_tax_rate, tax, total, paid, refunded, note, tags, cancel_reason, placed_at, created_at, updated_at)
    VALUES (name, '', '', '', 'en', '{}', '{}', 'draft', 'none', 'unfulfilled', 'none', 'staff', '', 'EUR', true, amount, 0, 0,
            0, 0, amount, 0, 0, '', '{}', '', clock_timestamp(), clock_timestamp(), clock_timestamp())
    RETURNING id INTO sale;
    INSERT INTO orders_orderline
        (order_id, position, variant_id, sku, title, quantity, unit_price, discount, order_discount, tax_name, tax_rate,
         requires_shipping, net, tax, gross, allocated, fulfilled, canceled, returned)
    SELECT sale, w.n - 1, v.id, v.sku, v.title, w.quantity, v.price, 0, 0, '', 0, v.requires_shipping, v.price * w.quantity, 0,
           v.price * w.quantity, 0, 0, 0, 0
    FROM unnest(variants, quantities) WITH ORDINALITY AS w(variant, quantity, n) JOIN catalog_variant v ON v.id = w.variant
    ORDER BY w.n;
    INSERT INTO backoffice_auditevent (at, verb, subject_type, subject_id, subject, reason, data, source, request_id)
    VALUES (clock_timestamp(), 'order.created', 'orders.order', sale, name, '', '{}', 'command:bench_placing', '');
    UPDATE orders_orderline SET allocated = quantity WHERE order_id = sale;
    UPDATE orders_order SET status = 'placed', placed_at = clock_timestamp(), updated_at = clock_timestamp() WHERE id = sale;
    INSERT INTO backoffice_auditevent (at, verb, subject_type, subject_id, subject, reason, data, source, request_id)
    VALUES (clock_timestamp(), 'order.placed', 'orders.order', sale, name, '', '{}', 'command:bench_placing', '');
    INSERT INTO inventory_allocation (cause, item, variant_id, location_id, quantity, created_at)
    SELECT name, l.id, l.variant_id, place, l.quantity, clock_timestamp() FROM orders_orderline l WHERE l.order_id = sale;

    PERFORM FROM inventory_stocklevel s WHERE s.location_id = place AND s.variant_id = ANY (variants)
    ORDER BY s.id FOR NO KEY UPDATE;
    moment := clock_timestamp();
    WITH moved AS (
        INSERT INTO inventory_stockmove
            (at, kind, variant_id, from_location_id, to_location_id, quantity, cause, reason, request_id)
        SELECT moment, 'allocated', w.variant, place, place, w.quantity, name, '', ''
        FROM unnest(variants, quantities) AS w(variant, quantity)
        RETURNING id, variant_id, quantity
    )
    INSERT INTO inventory_stockposting
        (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
    SELECT s.id, m.id, moment, 0, m.quantity, 0, s.on_hand, s.allocated + m.quantity, s.held, 0, s.value
    FROM moved m JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = place;
    UPDATE inventory_stocklevel s SET allocated = s.allocated + w.quantity, updated_at = moment
    FROM unnest(variants, quantities) AS w(variant, quantity)
    WHERE s.variant_id = w.variant AND s.location_id = place
      AND s.on_hand - s.allocated - s.held + s.backorder_limit >= w.quantity;
    GET DIAGNOSTICS sold = ROW_COUNT;
    IF sold <> cardinality(variants) THEN
        RAISE EXCEPTION 'sold out';
    END IF;
END
$$
"""


# --- Contenders, each placing one order -------------------------------------------------------------

Basket = Sequence[tuple[Any, int]]


def ours(basket: Basket, place: Any) -> None:
    from django.db import transaction

    from backoffice import context
    from orders import services

    lines = [services.NewLine(quantity, variant) for variant, quantity in basket]
    with context.acting(source=SOURCE), transaction.atomic():
        services.place(services.create_draft(by=None, lines=lines), by=None)


def hand(basket: Basket, place: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        variants, quantities = [variant.pk for variant, _ in basket], [quantity for _, quantity in basket]
        cursor.execute("SELECT bench_place(%s::bigint[], %s::integer[], %s)", [variants, quantities, place.pk])


def orm(basket: Basket, place: Any) -> None:
    from django.db import transaction

    from backoffice import context

    with context.acting(source=SOURCE), transaction.atomic():
        _place_by_orm(basket, place)


def _place_by_orm(basket: Basket, place: Any) -> None:
    """Lock the levels, look, and save one object after the other."""
    from django.utils import timezone

    from backoffice import audit
    from backoffice.numbering import next_number
    from inventory.models import Allocation, StockLevel, StockMove, StockPosting
    from orders.models import Order, OrderLine

    variants = [variant for variant, _quantity in basket]
    locked = StockLevel.objects.select_for_update().filter(variant__in=variants, location=place).order_by("pk")
    levels = {level.variant_id: level for level in locked}
    if any(levels[variant.pk].free < quantity for variant, quantity in basket):
        raise RuntimeError("sold out")
    total = sum(variant.price * quantity for variant, quantity in basket)
    order = Order.objects.create(number=next_number("SO"), subtotal=total, total=total)
    lines = [
        OrderLine.objects.create(
            order=order, position=position, variant=variant, sku=variant.sku, title=variant.title, quantity=quantity,
            unit_price=variant.price, net=variant.price * quantity, gross=variant.price * quantity,
        )
        for position, (variant, quantity) in enumerate(basket)
    ]  # fmt: skip
    audit.record("order.created", order, by=None)
    order.status, order.placed_at = Order.Status.PLACED, timezone.now()
    order.save()
    audit.record("order.placed", order, by=None)
    for line in lines:
        line.allocated = line.quantity
        line.save()
        Allocation.objects.create(
            cause=order.number, item=line.pk, variant=line.variant, location=place, quantity=line.quantity
        )
        move = StockMove.objects.create(
            kind="allocated", variant=line.variant, from_location=place, to_location=place, quantity=line.quantity,
            cause=order.number,
        )  # fmt: skip
        level = levels[line.variant_id]
        level.allocated += line.quantity
        StockPosting.objects.create(
            level=level, move=move, on_hand=0, allocated=line.quantity, held=0, on_hand_after=level.on_hand,
            allocated_after=level.allocated, held_after=level.held, value=0, value_after=level.value,
        )  # fmt: skip
        level.save(update_fields=["allocated"])


# --- Clients ----------------------------------------------------------------------------------------


@dataclass
class Load:
    """What one client did: seconds of each order, and how often it met which error."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


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
    place, variants = _goods(skus)
    one: Callable[[Basket, Any], None] = {"ours": ours, "hand": hand, "orm": orm}[contender]
    chance, done = random.Random(f"{number} {begin}"), Load()
    time.sleep(max(begin - time.time(), 0))
    while time.time() < begin + seconds:
        basket = [(variant, chance.randint(1, 3)) for variant in chance.sample(variants, LINES)]
        started = time.perf_counter()
        try:
            one(basket, place)
        except Exception as error:
            done.errors[f"{type(error).__name__}: {error}"[:300]] += 1
        else:
            done.seconds.append(time.perf_counter() - started)
    return done


def sell_out(number: int, skus: tuple[str, ...], begin: float) -> Load:
    """Place orders until so many in a row were refused."""
    from inventory.services import InsufficientStock

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
        cursor.execute(HAND)
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


# --- What is measured -------------------------------------------------------------------------------


def race(clients: Clients, options: argparse.Namespace) -> dict[str, Any]:
    """Orders/s, p50 and p95 of each contender, cold and hot, for each number of clients: medians of the rounds."""
    skus = tuple(f"BENCH-{number:06}" for number in range(options.rows))
    figures: dict[str, Any] = {}
    for count in options.clients:
        for heat, goods in (("cold", skus), ("hot", skus[:HOT])):
            clients.run(count, "load", goods)
            rounds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in CONTENDERS}
            for number in range(options.rounds + 1):
                for name in CONTENDERS:
                    seconds = options.seconds if number else 0.3  # the first round warms up
                    loads = clients.run(count, "place", name, goods, time.time() + 0.3, seconds)
                    if number:
                        rounds[name].append(_speed(name, loads, seconds))
            medians = {
                name: [statistics.median(column) for column in zip(*rounds[name], strict=True)] for name in CONTENDERS
            }
            figures |= _compared(f"{count}_{heat}", medians)
    return figures


def _speed(name: str, loads: Sequence[Load], seconds: float) -> tuple[float, float, float]:
    """Orders/s, p50 and p95 in ms."""
    errors: Counter[str] = sum((load.errors for load in loads), Counter())
    if errors:
        raise SystemExit(f"{name}: {dict(errors)}")
    taken = [second for load in loads for second in load.seconds]
    return len(taken) / seconds, *percentiles(taken)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p95 in milliseconds."""
    ordered = sorted(seconds) or [float("nan")]
    return ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.95)] * 1000


def _compared(key: str, medians: dict[str, list[float]]) -> dict[str, float]:
    for name, (rate, p50, p95) in medians.items():
        print(f"{key:<8} {name:<5} {rate:7.0f} orders/s   p50 {p50:7.1f} ms   p95 {p95:7.1f} ms", file=sys.stderr)
    mine, limit, plain = (medians[name] for name in CONTENDERS)
    figures = {
        f"{key}_ours": round(mine[0]),
        f"{key}_of_hand": round(mine[0] / limit[0], 2),
        f"{key}_to_orm": round(mine[0] / plain[0], 2),
        f"{key}_p95_to_hand": round(mine[2] / limit[2], 2),
    }
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
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--sell-out", action="store_true", help="sell everything: nothing may be oversold (O3)")
    modes.add_argument("--mixed", action="store_true", help="everything at once over hot SKUs")
    options = parser.parse_args()
    options.seconds = options.seconds or (60 if options.mixed else 2)
    return options


if __name__ == "__main__":
    main()
