"""Clerks who do everything at once to a few SKUs that everybody wants: the load of a test and of a benchmark."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from backoffice import context
from backoffice.errors import Busy
from catalog.models import Variant
from inventory import services as inventory
from inventory.models import Hold, Location, StockLevel
from inventory.services import InsufficientStock
from orders import services
from orders.models import Order

REASON = "hot stock"


@dataclass
class Work:
    """What clerks did: seconds of every attempt by verb, refusals for want of stock, and what it must come to by variant."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    on_hand: Counter[int] = field(default_factory=Counter)
    allocated: Counter[int] = field(default_factory=Counter)
    held: Counter[int] = field(default_factory=Counter)

    def done(self) -> Counter[str]:
        """How often each verb succeeded."""
        return Counter({verb: len(taken) - self.refused[verb] for verb, taken in self.seconds.items()})


class Clerk:
    """One connection that does everything with orders and stock, as quickly as it is answered.

    Transfers go between the first two places; the third, where there is one, is closed and opened again.
    """

    def __init__(self, number: int, variants: Sequence[Variant], places: Sequence[Location]) -> None:
        self.chance = random.Random(number)
        self.variants, self.places, self.others = variants, places[:2], places[2:]
        self.orders: list[Order] = []
        self.holds: list[Hold] = []
        self.work = Work()

    def work_until(self, end: float) -> Work:
        """Work until this moment of `time.time()`. Only InsufficientStock is a refusal; any other error ends the work."""
        verbs: list[Callable[[], None]] = [
            self.place, self.place, self.place, self.cancel, self.receive, self.transfer, self.count, self.hold, self.release,
            self.serve_waiting, self.reallocate, *([self.close_and_open] if self.others else []),
        ]  # fmt: skip
        while time.time() < end:
            verb = self.chance.choice(verbs)
            began = time.perf_counter()
            try:
                with context.acting(source="command:hot_stock"):
                    verb()
            except InsufficientStock:
                self.work.refused[verb.__name__] += 1
            self.work.seconds[verb.__name__].append(time.perf_counter() - began)
        return self.work

    def place(self) -> None:
        lines = [services.NewLine(self.chance.randint(1, 3), variant) for variant in self._some(3)]
        if self.chance.random() < 0.5:
            order = services.place_new(by=None, lines=lines)
        else:
            with transaction.atomic():
                order = services.place(services.create_draft(by=None, lines=lines), by=None)
        self.orders.append(order)
        self._count(order, 1)

    def cancel(self) -> None:
        if self.orders:
            order = self.orders.pop(self.chance.randrange(len(self.orders)))
            services.cancel(order, by=None, reason=REASON)
            self._count(order, -1)

    def receive(self) -> None:
        lines = [(variant.pk, self.chance.randint(1, 4), Decimal("1.3")) for variant in self._some(3)]
        open_places = [*self.places, *(place for place in self.others if place.is_active)]  # as they were at the start
        inventory.receive(self.chance.choice(open_places), None, lines, by=None)
        self.work.on_hand.update({variant: pieces for variant, pieces, _cost in lines})

    def transfer(self) -> None:
        source, target = self.chance.sample(self.places, 2)
        lines = [(variant.pk, 1) for variant in self._some(3)]
        transfer = inventory.create_transfer(source, target, lines, by=None)
        try:
            inventory.send(transfer, by=None)
        except InsufficientStock:
            inventory.cancel_transfer(transfer, by=None)
            raise
        inventory.receive_transfer(transfer, {}, by=None)

    def count(self) -> None:
        """Somebody looks at the shelf and finds a piece more or less than the books say."""
        (variant,), place = self._some(1), self.chance.choice(self.places)
        found = self.chance.choice([-1, 1])
        with transaction.atomic():
            inventory.lock_levels([(variant.pk, place.pk)])
            there = StockLevel.objects.values_list("on_hand", flat=True).get(variant=variant, location=place)
            found = found if there else 1
            inventory.adjust(variant.pk, place, counted=there + found, reason=REASON, by=None)
        self.work.on_hand[variant.pk] += found

    def hold(self) -> None:
        (variant,), pieces = self._some(1), self.chance.randint(1, 2)
        until = timezone.now() + timedelta(hours=1)
        place = self.chance.choice(self.places)
        self.holds.append(inventory.hold(variant.pk, place, pieces, reason=REASON, expires_at=until, by=None))
        self.work.held[variant.pk] += pieces

    def release(self) -> None:
        if self.holds:
            held = self.holds.pop(self.chance.randrange(len(self.holds)))
            inventory.release_hold(held, by=None)
            self.work.held[held.variant_id] -= held.quantity

    def serve_waiting(self) -> None:
        """What the worker does when something has become free."""
        inventory.serve_waiting([variant.pk for variant in self._some(3)])

    def reallocate(self) -> None:
        """Somebody has an order served from a place of his choice, or where it is served best."""
        if self.orders:
            order, place = self.chance.choice(self.orders), self.chance.choice([*self.places, None])
            try:
                services.reallocate(order, location=place, by=None)
            except Busy:
                raise
            except ValidationError:  # it is served there already, or the place has nothing
                pass

    def close_and_open(self) -> None:
        """A warehouse closes, its promises move, and it opens again; of two who close it one is refused."""
        place = self.others[0]
        try:
            inventory.close_location(place, leave_stock=True, by=None)
        except Busy:
            raise
        except ValidationError:
            return
        inventory.clear_closed(place)
        inventory.open_location(place, by=None)

    def _some(self, number: int) -> list[Variant]:
        return self.chance.sample(self.variants, number)

    def _count(self, order: Order, sign: int) -> None:
        for variant, quantity in order.lines.values_list("variant", "quantity"):
            self.work.allocated[variant] += sign * quantity


def together(works: Iterable[Work]) -> Work:
    """The work of many clerks as one."""
    total = Work()
    for work in works:
        for verb, taken in work.seconds.items():
            total.seconds[verb] += taken
        total.refused.update(work.refused)
        total.on_hand.update(work.on_hand)
        total.allocated.update(work.allocated)
        total.held.update(work.held)
    return total


def balances(variants: Iterable[Variant]) -> dict[int, tuple[int, int, int]]:
    """On hand, allocated and held of each variant, over all locations."""
    levels = StockLevel.objects.filter(variant__in=variants).values_list("variant")
    sums = levels.annotate(Sum("on_hand"), Sum("allocated"), Sum("held")).order_by("variant")
    return {variant: (on_hand, allocated, held) for variant, on_hand, allocated, held in sums}


def expected(before: dict[int, tuple[int, int, int]], work: Work) -> dict[int, tuple[int, int, int]]:
    """What balances must be after `work`."""
    return {
        variant: (on_hand + work.on_hand[variant], allocated + work.allocated[variant], held + work.held[variant])
        for variant, (on_hand, allocated, held) in before.items()
    }


def deadlocks() -> int:
    """How many deadlocks the database has broken so far; connections that ended have told theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
