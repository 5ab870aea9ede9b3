"""The calls of the database that write orders: `orders/sql/placing.sql`."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from backoffice import audit, context
from backoffice.errors import Busy
from backoffice.models import User
from inventory import services as inventory
from orders.models import Order, OrderLine
from orders.services.tax_rates import goes_to

TAKE = "SELECT orders_take(%s)"
# Not begun with SELECT, so that the history learns who acts: contexts are not told to statements that only read.
PLACE = "VALUES (orders_place(%s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s, %s, %s))"
# Of a new order; what triggers keep begins with the default of the database.
KEPT = {"authorized", "voided", "refund_granted", "on_hold"}
ORDER, LINE = (
    [
        field.attname
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.generated or field.attname in KEPT)
    ]
    for model in (Order, OrderLine)
)
PLACED = (
    "status", "payment_status", "fulfilment_status", "return_status", "subtotal", "tax", "total", "placed_at", "updated_at",
)  # fmt: skip
PROMISED = ("id", "order_discount", "net", "tax", "gross", "allocated")
# Amounts and moments become texts, which the database reads exactly.
_json = json.JSONEncoder(default=str).encode


def take(
    order: Order, lines: Sequence[OrderLine], verbs: Sequence[str], promises: inventory.Plan, *, by: User | None
) -> None:
    """Write a new order with its lines and what stock promises them, and give them their keys and the number.

    Items of `promises` are positions in `lines`. Raises InsufficientStock and Busy; nothing is changed then.
    """
    _take(order, lines, by, verbs=list(verbs), parts=_parts(promises))


def take_from_one_place(
    order: Order, lines: Sequence[OrderLine], verbs: Sequence[str], rates: Any, *, by: User | None
) -> dict[str, Any] | None:
    """As `take`, where one warehouse has all that the lines have as allocated; it is chosen by the call.

    rates: what the taxes were worked out by, as the database writes them. Where no warehouse has everything or the rates are
    others, nothing is changed, and what `orders_ask` says is returned; else None. Raises Busy.
    """
    return _take(order, lines, by, verbs=list(verbs), to=goes_to(order), rates=rates)


def _take(order: Order, lines: Sequence[OrderLine], by: User | None, **how: Any) -> dict[str, Any] | None:
    order.updated_at = timezone.now()
    asked = {
        "order": _columns(order, ORDER), "lines": [_columns(line, LINE) for line in lines],
        "actor": by.pk if by else None, "context": context.told(), **how,
    }  # fmt: skip
    answer = _answer(TAKE, [_json(asked)])
    if "otherwise" in answer:
        return dict(answer["otherwise"])
    order.pk, order.number = answer["id"], answer["number"]
    for line, key in zip(lines, answer["lines"], strict=True):
        line.pk, line.order_id = key, order.pk
    for row in (order, *lines):
        row._state.adding, row._state.db = False, "default"
    return None


def place_draft(order: Any, lines: Sequence[OrderLine], promises: inventory.Plan, *, by: User | None) -> bool:
    """Write a draft as placed, with what stock promises its lines; False when it is another by now than was `seen`.

    Items of `promises` are positions in `lines`, which are all lines by primary key. Raises InsufficientStock and Busy;
    nothing is changed then.
    """
    header = _columns(order, PLACED)
    rows = [_columns(line, PROMISED) for line in lines]
    facts = audit.facts()
    answer = _answer(
        PLACE,
        [
            order.pk,
            order.seen,
            _json(header),
            _json(rows),
            _json(_parts(promises)),
            by.pk if by else None,
            facts["source"],
            facts["request_id"],
        ],
    )
    return "stale" not in answer


def _answer(sql: str, parameters: Sequence[Any]) -> dict[str, Any]:
    """What the call answers; where it finds the stock busy it is made once more, as `patient` does for other verbs."""
    answer: dict[str, Any] = json.loads(inventory.call(sql, parameters))
    if "busy" in answer and not connection.in_atomic_block:
        answer = json.loads(inventory.call(sql, parameters))
    if "short" in answer:
        raise inventory.InsufficientStock(inventory.shortages(answer["short"]))
    if "busy" in answer:
        raise Busy
    return answer


def _columns(row: Any, names: Sequence[str]) -> dict[str, Any]:
    values = vars(row)
    return {name: values[name] for name in names}


def _parts(promises: inventory.Plan) -> list[dict[str, int]]:
    return [
        {"line": one.item, "variant": one.variant, "place": place, "quantity": pieces}
        for one, place, pieces in promises
    ]
