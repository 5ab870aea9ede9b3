"""The verbs that move stock. `post` is the only way into the ledger."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import errors as pg_errors

from backoffice import context
from backoffice.errors import Busy
from backoffice.models import User
from catalog.models import Variant
from inventory.models import Location, StockMove

SHORT = "HT001"


@dataclass(frozen=True)
class Shortage:
    """What one level lacks."""

    sku: str
    location: str
    available: int
    asked: int

    def __str__(self) -> str:
        return _("%(sku)s: %(available)s available, %(asked)s asked (%(location)s).") % vars(self)


class InsufficientStock(ValidationError):
    """Names every level that is short, with what is available and what was asked."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__([str(shortage) for shortage in shortages])
        self.shortages = list(shortages)


@dataclass(frozen=True)
class Move:
    """One movement to post; ids are primary keys, `quantity` whole pieces above zero."""

    kind: StockMove.Kind
    variant: int
    source: int
    target: int
    quantity: int
    unit_cost: Decimal | None = None
    cause: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "variant": self.variant,
            "from": self.source,
            "to": self.target,
            "quantity": self.quantity,
            "unit_cost": None if self.unit_cost is None else str(self.unit_cost),
            "cause": self.cause,
            "reason": self.reason,
        }


def post(moves: Sequence[Move], *, by: User | None) -> list[int]:
    """Post all moves or none; returns the ids of the new StockMoves in order.

    Levels are locked in primary-key order, once; call it once a transaction. Raises InsufficientStock naming
    every short level, Busy when others hold the levels for more than 3 s.
    """
    if not moves:
        return []
    payload = json.dumps([move.as_json() for move in moves])
    request = str(context.current().get("request_id", ""))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "WITH posted AS (SELECT inventory_post(%s::jsonb, %s, %s) AS ids) SELECT ids FROM posted",
                [payload, by.pk if by else None, request],
            )
            return list(cursor.fetchone()[0])
    except DatabaseError as error:
        cause = error.__cause__
        if isinstance(cause, pg_errors.LockNotAvailable):
            raise Busy from error
        if isinstance(cause, psycopg.Error) and cause.sqlstate == SHORT:
            raise InsufficientStock(_shortages(cause.diag.message_primary or "[]")) from error
        raise


def virtual(kind: Location.Kind) -> int:
    """Primary key of the one location of a virtual kind, which the first migration creates."""
    return Location.objects.values_list("pk", flat=True).get(kind=kind)


def _shortages(message: str) -> list[Shortage]:
    found = json.loads(message)
    skus = dict(Variant.objects.filter(pk__in=[row["variant"] for row in found]).values_list("pk", "sku"))
    places = {place.pk: place for place in Location.objects.filter(pk__in=[row["location"] for row in found])}
    return [
        Shortage(skus[row["variant"]], str(places[row["location"]]), row["available"], row["asked"]) for row in found
    ]
