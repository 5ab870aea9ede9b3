"""What goes along when a customer becomes part of another. Upper modules register theirs in `people.py`.

    movers.register(Order)

The model has a foreign key `customer`, and its migration calls `customers_rows_follow('<table>')`, so that a row which is
written for a merged customer later belongs to the survivor as well.
"""

# The statements are put together from what code registers and never from input.
# ruff: noqa: S608

from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from customers.models import Address, ContactPoint, Customer, CustomerMerge, CustomerNote, FollowUp, ListMember, Ticket


@dataclass(frozen=True)
class Mover:
    """A table whose rows belong to a customer.

    flag: a column of which one row a customer and `kind` may be true; the survivor's own row keeps it.
    ends: the column that is set when a row is no longer in use; its flag is not looked at then.
    twin: SQL of when a row `t` stays where it is, because the survivor has the same as `o`.
    """

    model: type[models.Model]
    flag: str = ""
    ends: str = ""
    twin: str = ""

    @property
    def kind(self) -> str:
        return str(self.model._meta.label_lower)

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    def live(self, alias: str) -> str:
        """SQL: the row is in use."""
        return f"{alias}.{self.ends} IS NULL" if self.ends else "true"


_movers: dict[str, Mover] = {}


def register(model: type[models.Model], *, flag: str = "", ends: str = "", twin: str = "") -> None:
    """Let the rows of `model` go along."""
    mover = Mover(model, flag, ends, twin)
    _movers[mover.kind] = mover


def every() -> list[Mover]:
    return list(_movers.values())


register(ContactPoint, flag="is_primary", ends="ended_at")
register(Address, flag="is_default")
register(Ticket)
register(CustomerNote)
register(ListMember, twin="o.list_id = t.list_id")
register(FollowUp, twin="t.status = 'open' AND o.status = 'open' AND upper(t.what) = upper(o.what)")


def lock_rows(customer: Customer) -> None:
    """Lock the rows of a customer before the customer, as the verbs of documents do."""
    for mover in every():
        _run(f"SELECT 1 FROM {mover.table} WHERE customer_id = %s ORDER BY id FOR NO KEY UPDATE", [customer.pk])


def count(customer: Customer) -> dict[str, int]:
    """How many rows of each kind a customer has."""
    counts = {}
    for mover in every():
        counts[mover.kind] = mover.model._base_manager.filter(customer=customer).count()  # type: ignore[attr-defined]
    return counts


def move(merge: CustomerMerge, wins: set[tuple[str, str]]) -> dict[str, int]:
    """Move all rows of `merge.lose` to `merge.keep`, and remember each; how many of each kind.

    wins: (kind of row, its `kind`) pairs in which a flagged row of the loser takes the flag from the survivor's.
    """
    moved = {}
    keep, lose = merge.keep_id, merge.lose_id
    for mover in every():
        t, flag, live_o = mover.table, mover.flag, mover.live("o")
        if flag:
            winning = sorted(kind for label, kind in wins if label == mover.kind)
            _lower(merge, mover, winning)
        told = f", '{flag}', t.{flag}" if flag else ""
        goes = "t.customer_id = %s"
        if mover.twin:
            goes += f" AND NOT EXISTS (SELECT 1 FROM {t} o WHERE o.customer_id = {int(keep)} AND {mover.twin})"
        moved[mover.kind] = _run(
            f"""INSERT INTO customers_mergedrow (merge_id, kind, row, before)
                SELECT %s, %s, t.id, jsonb_build_object('customer_id', t.customer_id{told}) FROM {t} t WHERE {goes}""",
            [merge.pk, mover.kind, lose],
        )
        lowered = (
            f""", {flag} = t.{flag} AND NOT EXISTS (SELECT 1 FROM {t} o WHERE o.customer_id = {int(keep)} AND o.kind = t.kind
                AND o.{flag} AND {live_o})"""
            if flag
            else ""
        )
        _run(f"UPDATE {t} t SET customer_id = %s{lowered} WHERE {goes}", [keep, lose])
    return moved


def _lower(merge: CustomerMerge, mover: Mover, kinds: list[str]) -> None:
    """Take the flag off the survivor's rows of these kinds where the loser has a flagged one."""
    t, flag, live_o, live_t = mover.table, mover.flag, mover.live("o"), mover.live("t")
    found = f"""FROM {t} t WHERE t.customer_id = %s AND t.{flag} AND {live_t} AND t.kind = ANY(%s)
                AND EXISTS (SELECT 1 FROM {t} o WHERE o.customer_id = %s AND o.kind = t.kind AND o.{flag} AND {live_o})"""
    params = [merge.keep_id, kinds, merge.lose_id]
    _run(
        f"""INSERT INTO customers_mergedrow (merge_id, kind, row, before)
            SELECT %s, %s, t.id, jsonb_build_object('{flag}', true) {found}""",
        [merge.pk, mover.kind, *params],
    )
    _run(f"UPDATE {t} SET {flag} = false WHERE id IN (SELECT t.id {found})", params)


def move_back(merge: CustomerMerge) -> dict[str, int]:
    """Move back exactly what the merge moved and the survivor still has; how many of each kind."""
    back = {}
    for mover in every():
        t, flag, live_o, live_t = mover.table, mover.flag, mover.live("o"), mover.live("t")
        remembered = "FROM customers_mergedrow r WHERE r.merge_id = %s AND r.kind = %s AND r.row = t.id AND t.customer_id = %s AND "
        params = [merge.pk, mover.kind, merge.keep_id]
        raised = f", {flag} = (r.before->>'{flag}')::bool AND {live_t}" if flag else ""
        back[mover.kind] = _run(
            f"UPDATE {t} t SET customer_id = %s{raised} {remembered} r.before ? 'customer_id'", [merge.lose_id, *params]
        )
        if flag:
            _run(
                f"""UPDATE {t} t SET {flag} = true {remembered} NOT r.before ? 'customer_id' AND {live_t}
                    AND NOT EXISTS (SELECT 1 FROM {t} o WHERE o.customer_id = t.customer_id AND o.kind = t.kind AND o.{flag} AND {live_o})""",
                params,
            )
    return back


def _run(sql: str, params: list[Any]) -> int:
    """Rows that a statement of ours touched; what it is put together from is registered by code."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
