"""Lots past their expiry: their pieces are held from that day on, so that they are promised to nobody.

A job looks every minute; what is received of such a lot is held as it comes in, and no more when it leaves. Promises that the
pieces which are left do not reach are moved to other warehouses, the oldest first; documents that wait nevertheless are told.
"""

# The statement is put together from constants of the modules and never from input.

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.retrying import patient
from inventory.models import Lot, shop_day
from inventory.services.posting import call, request_id
from inventory.services.reallocation import serve_waiting
from inventory.services.waiting import documents, packing

AT_ONCE = 200  # lots in one transaction
JUDGE = "SELECT inventory_quarantine(%s::jsonb, %s, %s, %s)"

# The goods of a level serve what is packed first, then promises, the oldest first. What these lots would have reached, and
# what is left does not.
MISSED = """
    WITH gone AS (
        SELECT p.level_id, sum(p.quantity) AS pieces FROM inventory_stockpart p JOIN inventory_lot o ON o.id = p.lot_id
        WHERE o.id = ANY(%(lots)s) AND o.is_quarantined AND p.quantity > 0 GROUP BY p.level_id
    ), packed AS (
        SELECT item, location_id, sum(pieces) AS pieces FROM ({packing}) parcel GROUP BY item, location_id
    ), promise AS (
        SELECT s.id AS level_id, s.on_hand - s.held AS goods, g.pieces AS gone, a.id, a.cause, a.item, a.created_at, w.rank, w.pieces
        FROM gone g
        JOIN inventory_stocklevel s ON s.id = g.level_id
        JOIN inventory_allocation a ON a.variant_id = s.variant_id AND a.location_id = s.location_id
        LEFT JOIN packed k ON k.item = a.item AND k.location_id = a.location_id
        CROSS JOIN LATERAL (VALUES (1, coalesce(k.pieces, 0)), (2, a.quantity - coalesce(k.pieces, 0))) AS w(rank, pieces)
    ), served AS (
        SELECT cause, item, pieces, goods, gone,
               sum(pieces) OVER (PARTITION BY level_id ORDER BY rank, created_at, id) AS up_to
        FROM promise
    )
    SELECT cause, item, sum(least(pieces, greatest(up_to - goods, 0)) - least(pieces, greatest(up_to - goods - gone, 0)))::integer
    FROM served WHERE up_to > goods GROUP BY cause, item HAVING
        sum(least(pieces, greatest(up_to - goods, 0)) - least(pieces, greatest(up_to - goods - gone, 0))) > 0
    ORDER BY cause, item
"""


def quarantine_expired(
    today: date | None = None, *, lots: Collection[int] | None = None, by: User | None = None
) -> int:
    """Hold the pieces of lots that have expired by `today`, and free those of lots that have not any more.

    Of `lots` (primary keys), or of all; returns how many. Safe to run twice at once. Raises Busy like `post`.
    """
    day = today or shop_day()
    judged = 0
    while chosen := _to_judge(day, lots):
        variants = _judge(chosen, day, by)
        judged += len(chosen)
        if variants:
            serve_waiting(variants, reason=_("Stock has expired"), by=by)
            _tell([lot.pk for lot in chosen], by)
    return judged


def _to_judge(day: date, lots: Collection[int] | None) -> list[Lot]:
    rows = Lot.objects.to_judge(day).order_by()
    if lots is not None:
        rows = rows.filter(pk__in=lots)
    return sorted(rows[:AT_ONCE], key=lambda lot: lot.pk)


@patient
def _judge(lots: Collection[Lot], day: date, by: User | None) -> list[int]:
    """Put lots into quarantine or let them out; returns the variants of which pieces are concerned."""
    reasons = {lot.pk: _reason(lot, day) for lot in lots}
    return list(call(JUDGE, [json.dumps(reasons), day, by.pk if by else None, request_id()]))


def _reason(lot: Lot, day: date) -> str:
    if lot.expires_on is None:
        return _("Lot %(lot)s does not expire") % {"lot": lot}
    facts = {"lot": lot, "day": date_format(lot.expires_on, "Y-m-d")}
    if lot.expires_on < day:
        return _("Lot %(lot)s expired on %(day)s") % facts
    return _("Lot %(lot)s expires on %(day)s") % facts


def _tell(lots: Collection[int], by: User | None) -> None:
    """Let documents know which of their promised pieces have expired, where nothing else is free for them."""
    with connection.cursor() as cursor:
        cursor.execute(MISSED.format(packing=packing()), {"lots": list(lots)})
        rows = cursor.fetchall()
    missed: dict[str, dict[int, int]] = defaultdict(dict)
    for cause, item, pieces in rows:
        missed[cause][item] = pieces
    if missed:
        for kind in documents:
            kind.warn(missed, reason=_("Stock has expired"), by=by)
