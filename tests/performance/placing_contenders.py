"""Who places an order in `bench_placing`, each in a transaction of its own and with the same rows written.

ours: our service. hand: one PL/pgSQL call (`placing_limit.sql`). orm: levels locked first, then one object after the other,
as most write it. steps: our services for a draft and for placing it, which is what happens to an order that waits in between;
it writes the order, its lines and their history twice, and the levels once like the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from backoffice import audit, context
from backoffice.numbering import next_number
from inventory.models import Allocation, StockLevel, StockMove, StockPosting
from orders import services
from orders.models import Order, OrderLine

SOURCE = "command:bench_placing"
Basket = Sequence[tuple[Any, int]]


def ours(basket: Basket, place: Any) -> None:
    with context.acting(source=SOURCE):
        services.place_new(by=None, lines=[services.NewLine(quantity, variant) for variant, quantity in basket])


def steps(basket: Basket, place: Any) -> None:
    lines = [services.NewLine(quantity, variant) for variant, quantity in basket]
    with context.acting(source=SOURCE):
        services.place(services.create_draft(by=None, lines=lines), by=None)


def hand(basket: Basket, place: Any) -> None:
    with connection.cursor() as cursor:
        variants, quantities = [variant.pk for variant, _ in basket], [quantity for _, quantity in basket]
        cursor.execute("SELECT bench_place(%s::bigint[], %s::integer[], %s)", [variants, quantities, place.pk])


def orm(basket: Basket, place: Any) -> None:
    with context.acting(source=SOURCE), transaction.atomic():
        _place_by_orm(basket, place)


def _place_by_orm(basket: Basket, place: Any) -> None:
    variants = [variant for variant, _quantity in basket]
    locked = StockLevel.objects.select_for_update().filter(variant__in=variants, location=place).order_by("pk")
    levels = {level.variant_id: level for level in locked}
    if any(levels[variant.pk].free < quantity for variant, quantity in basket):
        raise RuntimeError("sold out")
    total = sum(variant.price * quantity for variant, quantity in basket)
    order = Order.objects.create(
        number=next_number("SO"), subtotal=total, total=total, status=Order.Status.PLACED, placed_at=timezone.now()
    )
    audit.record("order.created", order, by=None)
    audit.record("order.placed", order, by=None)
    for position, (variant, quantity) in enumerate(basket):
        line = OrderLine.objects.create(
            order=order, position=position, variant=variant, sku=variant.sku, title=variant.title, quantity=quantity,
            unit_price=variant.price, net=variant.price * quantity, gross=variant.price * quantity, allocated=quantity,
        )  # fmt: skip
        Allocation.objects.create(cause=order.number, item=line.pk, variant=variant, location=place, quantity=quantity)
        move = StockMove.objects.create(
            kind="allocated",
            variant=variant,
            from_location=place,
            to_location=place,
            quantity=quantity,
            cause=order.number,
        )
        level = levels[variant.pk]
        level.allocated += quantity
        StockPosting.objects.create(
            level=level, move=move, on_hand=0, allocated=quantity, held=0, on_hand_after=level.on_hand,
            allocated_after=level.allocated, held_after=level.held, value=0, value_after=level.value,
        )  # fmt: skip
        level.updated_at = timezone.now()
        level.save(update_fields=["allocated", "updated_at"])


CONTENDERS: dict[str, Callable[[Basket, Any], None]] = {"ours": ours, "steps": steps, "hand": hand, "orm": orm}


def writes(name: str, basket: Basket, place: Any) -> Counter[str]:
    """Rows inserted and updated in each table by one order of a contender, which is rolled back."""
    with transaction.atomic():
        before = _written()
        CONTENDERS[name](basket, place)
        written = _written() - before
        transaction.set_rollback(True)
    return written


def _written() -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins, n_tup_upd FROM pg_stat_xact_user_tables WHERE schemaname = 'public'")
        rows = cursor.fetchall()
    return Counter(
        {f"{table} new": new for table, new, _changed in rows} | {table: changed for table, _new, changed in rows}
    )
