"""Purchase orders of another system, many at once, with what has arrived of them.

A row of `import_purchases` is `(row number, problems found while reading, *values of columns)`: an order, one of its lines,
or both. An order that came in before stays as it is and gets the lines that it lacks; all new rows of an order stand or
fall together. What arrived is received here and now: a receipt for each order, posted to the ledger.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import audit
from backoffice.imports.batch import Batch, Staged, carry_out, may
from backoffice.models import User
from backoffice.numbering import next_numbers
from catalog.models import Variant
from inventory.models import Location, PurchaseOrder
from inventory.services.lots import Arriving, arrivals, lot_problem, read_lots
from inventory.services.posting import Kind, Move, Pieces, post, virtual

TEXT, NUMBER = Staged("text"), Staged("numeric")
HEADER = ("supplier", "location", "status", "currency", "note")
STAGED = {
    **dict.fromkeys(("number", "source", "source_number", *HEADER), TEXT),
    **dict.fromkeys(("ordered_at", "expected_on", "line_expected_on"), TEXT),
    **dict.fromkeys(("exchange_rate", "freight", "tax", "total", "unit_cost"), NUMBER),
    **dict.fromkeys(("sku", "line_number", "reject_reason", "lots", "lots_expire_on"), TEXT),
    **dict.fromkeys(("quantity", "received", "accepted", "rejected"), Staged("int")),
}
MESSAGES = {
    "number_missing": gettext_lazy("The row does not say which purchase order it belongs to."),
    "supplier_needed": gettext_lazy("There is no such purchase order yet, and to create it a supplier is needed."),
    "unknown_supplier": gettext_lazy("There is no supplier “%(value)s”."),
    "unknown_place": gettext_lazy("There is no open warehouse “%(value)s” that you may use."),
    "no_place": gettext_lazy("There is no open warehouse yet. Create one first."),
    "unknown_sku": gettext_lazy("There is no variant “%(sku)s”."),
    "sku_missing": gettext_lazy("A line needs a SKU."),
    "quantity_missing": gettext_lazy("The quantity must be at least 1."),
    "received_less": gettext_lazy("More was rejected or accepted than arrived."),
    "currency": gettext_lazy("A currency has three letters, such as EUR."),
    "lots_missing": gettext_lazy(
        "%(sku)s is tracked by lots or serial numbers: name them, such as “A x 3, B x 2”, or receive it on the page of its purchase order."
    ),
    "lots_wrong": gettext_lazy("%(sentence)s"),
    "over": gettext_lazy("You may not receive more than was ordered."),
    "canceled_came": gettext_lazy("The order is canceled: nothing can have arrived of it."),
    "rate_missing": gettext_lazy("An order in %(currency)s needs an exchange rate."),
    "order_refused": gettext_lazy("Its purchase order is refused: see row %(row)s."),
    "kept": gettext_lazy("%(number)s was written here: the file does not change it."),
    "total_differs": gettext_lazy("The file's total is %(total)s; lines, freight and tax come to %(sum)s."),
}
# Odoo writes what is of the order in its first row alone: a line below it that says nothing of an order belongs to it.
GOES_ON = """
    WITH grouped AS (
        SELECT row, source_number, count(*) FILTER (WHERE source_number <> '') OVER (ORDER BY row) AS nth FROM import_stage
        WHERE EXISTS (SELECT FROM import_stage WHERE coalesce(source_number, '') = '')
    )
    UPDATE import_stage s SET source_number = h.source_number FROM grouped g JOIN grouped h ON h.nth = g.nth AND h.source_number <> ''
    WHERE g.row = s.row AND coalesce(s.source_number, '') = '' AND coalesce(s.supplier, '') = '' AND s.sku <> '' {blank}
"""
KEY = "coalesce(nullif(s.source, ''), 'import') = o.source AND coalesce(nullif(s.source_number, ''), s.number) = o.source_number"
ROWS = f"import_stage s JOIN import_purchase o ON {KEY}"
FINE = "NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = {row} AND p.is_error)"


def _first(name: str) -> str:
    """SQL: the first value of a column among the rows of an order."""
    test = f"{name} <> ''" if STAGED[name].type == "text" else f"{name} IS NOT NULL"
    return f"(array_agg({name} ORDER BY row) FILTER (WHERE {test}))[1] AS {name}"


class PurchaseBatch(Batch):
    """import_purchase holds the orders that the file speaks of, import_purchase_line their lines."""

    resource = "purchase_orders"
    staged = STAGED
    messages = MESSAGES
    tables = ("import_purchase", "import_purchase_line")

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        super().__init__(cursor, columns, by, dry_run=dry_run)
        places = Location.objects.stock()
        self.places = list((places.in_scope(by) if by else places).values_list("pk", flat=True))
        self.receives = may(by, "inventory.receive_stock")
        if not self.receives and self.present & {"received", "accepted"}:
            self.notes.append(_("What arrived is left out: you may not receive goods."))

    def joined(self) -> Sequence[str]:
        return [name for name in ("number", "source_number", "sku") if name in self.present]

    # --- Comparing ------------------------------------------------------------------------------

    def compare(self) -> None:
        if {"source_number", "supplier", "sku"} <= self.present:
            self.run(GOES_ON.format(blank="AND coalesce(s.number, '') = ''" if "number" in self.present else ""))
        names = [*HEADER, "ordered_at", "expected_on", "exchange_rate", "freight", "tax", "total"]
        self.run(
            f"""CREATE TEMP TABLE import_purchase ON COMMIT DROP AS
                SELECT f.*, o.id, o.id IS NULL AS is_new, o.number AS number_here, o.status AS status_here,
                       coalesce(o.source_number, '') <> '' AS was_imported,
                       coalesce(o.supplier_id, p.id) AS supplier_id,
                       CASE WHEN o.id IS NOT NULL THEN o.location_id WHEN coalesce(f.location, '') = '' THEN %s::bigint ELSE l.id END AS location_id
                FROM (SELECT coalesce(nullif(source, ''), 'import') AS source, coalesce(nullif(source_number, ''), number) AS source_number,
                             max(number) AS number, min(row) AS first_row, {", ".join(map(_first, names))}
                      FROM import_stage WHERE coalesce(nullif(source_number, ''), number) <> '' GROUP BY 1, 2) f
                LEFT JOIN LATERAL (
                    SELECT * FROM inventory_purchaseorder o WHERE o.number = f.number
                    UNION ALL
                    SELECT * FROM inventory_purchaseorder o WHERE o.source = f.source AND o.source_number = f.source_number
                    LIMIT 1
                ) o ON true
                LEFT JOIN LATERAL (
                    SELECT id FROM inventory_supplier s WHERE upper(s.code) = upper(f.supplier)
                    UNION ALL
                    SELECT min(id) FROM inventory_supplier s WHERE upper(s.name) = upper(f.supplier) HAVING count(*) = 1
                    LIMIT 1
                ) p ON true
                LEFT JOIN LATERAL (
                    SELECT id FROM inventory_location l
                    WHERE l.id = ANY(%s) AND lower(f.location) IN (lower(l.code), lower(l.name), lower(l.name_zh))
                    ORDER BY lower(l.code) = lower(f.location) DESC, l.id LIMIT 1
                ) l ON true""",
            [self.places[0] if self.places else None, self.places],
        )
        self.run("ANALYZE import_purchase")
        # A line without a number of its own is named by its SKU, and the second one of the same SKU by "SKU#2".
        self.run(
            f"""CREATE TEMP TABLE import_purchase_line ON COMMIT DROP AS
                SELECT d.*, t.id IS NOT NULL AS is_there,
                       coalesce(d.rejected, 0) AS refused_pieces,
                       CASE WHEN %s THEN coalesce(d.accepted, d.received - coalesce(d.rejected, 0), 0) ELSE 0 END AS accepted_pieces
                FROM (SELECT s.row, o.source, o.source_number, o.id AS order_id, s.quantity, s.unit_cost, s.received, s.accepted,
                             CASE WHEN %s THEN s.rejected END AS rejected, s.reject_reason, s.lots, s.lots_expire_on, s.line_expected_on, v.id AS variant_id, s.sku,
                             coalesce(nullif(s.line_number, ''), upper(s.sku) || CASE WHEN n.place > 1 THEN '#' || n.place ELSE '' END) AS source_line
                      FROM {ROWS}
                      LEFT JOIN catalog_variant v ON upper(v.sku) = upper(s.sku)
                      CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(s.line_number, '') = '' THEN (
                          SELECT count(*) FROM import_stage e
                          WHERE coalesce(nullif(e.source, ''), 'import') = o.source AND coalesce(nullif(e.source_number, ''), e.number) = o.source_number
                            AND upper(e.sku) = upper(s.sku) AND e.row <= s.row) ELSE 1 END AS place) n
                      WHERE coalesce(s.sku, '') <> '' OR s.quantity IS NOT NULL) d
                LEFT JOIN inventory_purchaseorderline t ON t.purchase_order_id = d.order_id AND t.source_line = d.source_line""",
            [self.receives, self.receives],
        )
        self.run("ANALYZE import_purchase_line")

    def find_problems(self) -> None:
        self.problem(
            "number_missing",
            f"""SELECT s.row, 'source_number', '', '{{}}'::jsonb FROM import_stage s
                WHERE coalesce(nullif(s.source_number, ''), s.number, '') = '' AND {FINE.format(row="s.row")}""",
        )
        self._of_orders("supplier_needed", "supplier", "o.is_new AND coalesce(o.supplier, '') = ''")
        self._of_orders("unknown_supplier", "supplier", "o.is_new AND o.supplier <> '' AND o.supplier_id IS NULL")
        self._of_orders("no_place", "location", "o.is_new AND o.location_id IS NULL AND coalesce(o.location, '') = ''")
        self._of_orders("unknown_place", "location", "o.is_new AND o.location_id IS NULL AND o.location <> ''")
        self._of_orders("unknown_place", "location", "NOT o.is_new AND o.location_id <> ALL (%s)", [self.places])
        self._of_orders("currency", "currency", "o.is_new AND o.currency !~ '^[A-Z]{{3}}$'")
        self._of_orders(
            "rate_missing",
            "exchange_rate",
            "o.is_new AND o.currency <> %s AND coalesce(o.exchange_rate, 0) <= 0",
            [settings.DEFAULT_CURRENCY],
        )
        self._of_lines("sku_missing", "sku", "coalesce(l.sku, '') = ''")
        self._of_lines("unknown_sku", "sku", "l.sku <> '' AND l.variant_id IS NULL")
        self._of_lines("quantity_missing", "quantity", "coalesce(l.quantity, 0) < 1")
        self._of_lines(
            "received_less",
            "received",
            "l.accepted_pieces < 0 OR l.accepted_pieces + l.refused_pieces > coalesce(l.received, l.accepted_pieces + l.refused_pieces)",
        )
        self._of_lines(
            "canceled_came",
            "received",
            """l.accepted_pieces + l.refused_pieces > 0 AND EXISTS (
                SELECT 1 FROM import_purchase o WHERE (o.source, o.source_number) = (l.source, l.source_number)
                AND coalesce(o.status_here, o.status) = 'canceled')""",
        )
        self._of_lines(
            "lots_missing",
            "received",
            "l.accepted_pieces > 0 AND coalesce(l.lots, '') = '' AND EXISTS (SELECT 1 FROM catalog_variant v WHERE v.id = l.variant_id AND v.tracking <> 'none')",
        )
        self._of_lots()
        if not may(self.by, "inventory.over_receive"):
            self._of_lines("over", "received", "l.accepted_pieces > l.quantity")
        self._say()
        self.problem(
            "order_refused",
            f"""SELECT s.row, 'source_number', o.source_number, jsonb_build_object('row', d.row) FROM (
                    SELECT o.source, o.source_number, min(p.row) AS row FROM {ROWS} JOIN import_problem p ON p.row = s.row AND p.is_error
                    GROUP BY 1, 2
                ) d JOIN import_purchase o ON (o.source, o.source_number) = (d.source, d.source_number)
                JOIN import_stage s ON {KEY} WHERE {FINE.format(row="s.row")}""",
        )

    def _of_orders(self, code: str, column: str, condition: str, params: Sequence[Any] | None = None) -> None:
        value = f"coalesce(o.{column}::text, '')"
        self.problem(
            code,
            f"""SELECT o.first_row, '{column}', {value}, jsonb_build_object('value', {value}, 'currency', o.currency)
                FROM import_purchase o WHERE ({condition.replace("{{", "{").replace("}}", "}")}) AND {FINE.format(row="o.first_row")}""",
            params,
        )

    def _of_lines(self, code: str, column: str, condition: str) -> None:
        self.problem(
            code,
            f"""SELECT l.row, '{column}', coalesce(l.{column}::text, ''), jsonb_build_object('sku', l.sku)
                FROM import_purchase_line l WHERE NOT l.is_there AND ({condition}) AND {FINE.format(row="l.row")}""",
        )

    def _of_lots(self) -> None:
        """Lots that do not add up to what was accepted, in the words of the page."""
        named = self._lines_with_lots("NOT l.is_there")
        variants = Variant.objects.only("sku", "tracking").in_bulk({variant for _row, variant, _pieces, _said in named})
        wrong = [
            (row, sentence)
            for row, variant, pieces, said in named
            if (sentence := lot_problem(variants[variant], pieces, said))
        ]
        self.problem(
            "lots_wrong",
            """SELECT n.row, 'lots', coalesce(l.lots, ''), jsonb_build_object('sentence', n.sentence)
               FROM unnest(%s::int[], %s::text[]) AS n(row, sentence) JOIN import_purchase_line l ON l.row = n.row""",
            [[row for row, _sentence in wrong], [sentence for _row, sentence in wrong]],
        )

    def _lines_with_lots(self, which: str) -> list[tuple[int, int, int, list[Arriving]]]:
        """(row, variant, pieces, what is said of them) of lines that name lots of what was accepted."""
        self.cursor.execute(
            f"""SELECT l.row, l.variant_id, l.accepted_pieces, l.lots, l.lots_expire_on FROM import_purchase_line l
                WHERE l.lots <> '' AND l.accepted_pieces > 0 AND l.variant_id IS NOT NULL AND {which} ORDER BY l.row"""
        )
        return [
            (row, variant, n, [Arriving(some, lot, _day(until)) for lot, some in read_lots(text, n)])
            for row, variant, n, text, until in self.cursor.fetchall()
        ]

    def _say(self) -> None:
        """What a person should know, though nothing stands against the rows."""
        self.problem(
            "kept",
            """SELECT o.first_row, 'number', o.number_here, jsonb_build_object('number', o.number_here)
               FROM import_purchase o WHERE NOT o.is_new AND NOT o.was_imported""",
            error=False,
        )
        self.problem(
            "total_differs",
            """SELECT o.first_row, 'total', o.total::text, jsonb_build_object('total', trim_scale(o.total), 'sum', trim_scale(l.sum))
               FROM import_purchase o
               JOIN (SELECT source, source_number, sum(quantity * unit_cost) AS goods FROM import_purchase_line GROUP BY 1, 2) g
                   ON (g.source, g.source_number) = (o.source, o.source_number)
               CROSS JOIN LATERAL (SELECT g.goods + coalesce(o.freight, 0) + coalesce(o.tax, 0) AS sum) l
               WHERE o.is_new AND o.total <> l.sum""",
            error=False,
        )

    # --- Telling --------------------------------------------------------------------------------

    def records(self) -> str:
        return f"""SELECT s.row, true, false FROM {ROWS} WHERE o.is_new
                   UNION
                   SELECT l.row, true, false FROM import_purchase_line l JOIN import_purchase o
                       ON (o.source, o.source_number) = (l.source, l.source_number)
                   WHERE NOT o.is_new AND o.was_imported AND NOT l.is_there"""

    def record(self) -> str:
        return "coalesce(nullif(s.source_number, ''), s.number)"

    def changes(self, rows: str) -> str:
        return "SELECT 0, '[]'::jsonb WHERE false"

    # --- Writing --------------------------------------------------------------------------------

    def write(self) -> None:
        self.run("DELETE FROM import_purchase_line l USING import_refused f WHERE f.row = l.row")
        self.run("DELETE FROM import_purchase o USING import_refused f WHERE f.row = o.first_row AND o.is_new")
        self.run(
            """DELETE FROM import_purchase_line l WHERE l.is_there OR NOT EXISTS (
                   SELECT 1 FROM import_purchase o WHERE (o.source, o.source_number) = (l.source, l.source_number)
                   AND (o.is_new OR o.was_imported))"""
        )
        self._write_orders()
        added = self._write_lines()
        moves = self._receive()
        self._settle()
        self.analyze("inventory_purchaseorderline", added)
        orders = PurchaseOrder.objects.filter(pk__in=self._keys("SELECT id FROM import_purchase WHERE is_new"))
        audit.record_many("purchaseorder.imported", list(orders), by=self.by)
        post(moves, by=self.by)

    def _keys(self, sql: str) -> list[Any]:
        self.cursor.execute(sql)
        return [row[0] for row in self.cursor.fetchall()]

    def _write_orders(self) -> None:
        """New orders are open or drafts; `_settle` says what came of them."""
        firsts = self._keys("SELECT first_row FROM import_purchase WHERE is_new ORDER BY first_row")
        self.run("ALTER TABLE import_purchase ADD COLUMN drawn text")
        self.run(
            """UPDATE import_purchase o SET drawn = n.number FROM unnest(%s::int[], %s::text[]) AS n(row, number)
               WHERE o.first_row = n.row""",
            [firsts, next_numbers("PO", len(firsts))],
        )
        self.run(
            """INSERT INTO inventory_purchaseorder
                   (number, supplier_id, location_id, status, currency, exchange_rate, source, source_number, expected_on, subtotal, tax, freight,
                    note, cancel_reason, created_by_id, created_at, ordered_at, closed_at, updated_at)
               SELECT o.drawn, o.supplier_id, o.location_id, w.status, coalesce(nullif(o.currency, ''), %s),
                      coalesce(o.exchange_rate, 1), o.source, o.source_number, o.expected_on::date, 0, coalesce(o.tax, 0), coalesce(o.freight, 0),
                      coalesce(o.note, ''), CASE WHEN w.status = 'canceled' THEN %s ELSE '' END, %s, coalesce(o.ordered_at::timestamptz, now()),
                      CASE WHEN w.status <> 'draft' THEN coalesce(o.ordered_at::timestamptz, now()) END,
                      CASE WHEN w.status IN ('received', 'canceled') THEN now() END, now()
               FROM import_purchase o
               CROSS JOIN LATERAL (SELECT CASE o.status WHEN 'done' THEN 'received' WHEN 'canceled' THEN 'canceled' WHEN 'open' THEN 'ordered'
                   ELSE CASE WHEN EXISTS (SELECT 1 FROM import_purchase_line l WHERE (l.source, l.source_number) = (o.source, o.source_number)
                                          AND l.accepted_pieces + l.refused_pieces > 0) THEN 'ordered' ELSE 'draft' END END AS status) w
               WHERE o.is_new ORDER BY o.first_row""",
            [settings.DEFAULT_CURRENCY, _("Canceled at the source"), self.by.pk if self.by else None],
        )
        self.run(
            "UPDATE import_purchase o SET id = p.id FROM inventory_purchaseorder p WHERE o.is_new AND p.number = o.drawn"
        )
        self.run(
            """UPDATE import_purchase_line l SET order_id = o.id FROM import_purchase o
               WHERE (o.source, o.source_number) = (l.source, l.source_number)"""
        )
        # What a draft is told to have got was ordered.
        self.run(
            """UPDATE inventory_purchaseorder p SET status = 'ordered', ordered_at = coalesce(p.ordered_at, now()), updated_at = now()
               WHERE p.status = 'draft' AND p.id IN (SELECT order_id FROM import_purchase_line WHERE accepted_pieces + refused_pieces > 0)"""
        )

    def _write_lines(self) -> int:
        """Of an order that is done, nothing more will come."""
        return self.run(
            """INSERT INTO inventory_purchaseorderline
                   (purchase_order_id, position, variant_id, supplier_sku, quantity, unit_cost, expected_on, accepted, rejected, canceled, source_line)
               SELECT l.order_id, coalesce(t.last, -1) + row_number() OVER (PARTITION BY l.order_id ORDER BY l.row), l.variant_id, coalesce(i.supplier_sku, ''),
                      l.quantity, coalesce(l.unit_cost, 0), l.line_expected_on::date, 0, 0,
                      CASE WHEN p.status IN ('received', 'over_received', 'canceled')
                           THEN greatest(l.quantity - l.accepted_pieces - l.refused_pieces, 0) ELSE 0 END, l.source_line
               FROM import_purchase_line l
               JOIN inventory_purchaseorder p ON p.id = l.order_id
               LEFT JOIN (SELECT purchase_order_id, max(position) AS last FROM inventory_purchaseorderline GROUP BY 1) t
                   ON t.purchase_order_id = l.order_id
               LEFT JOIN LATERAL (SELECT i.supplier_sku FROM inventory_supplieritem i
                                  WHERE i.supplier_id = p.supplier_id AND i.variant_id = l.variant_id
                                  ORDER BY i.currency = p.currency DESC, i.id LIMIT 1) i ON true
               ORDER BY l.row"""
        )

    def _receive(self) -> list[Move]:
        """A receipt for each order of which something arrived; returns the moves that are to be posted."""
        arrived = "SELECT DISTINCT order_id FROM import_purchase_line WHERE accepted_pieces + refused_pieces > 0"
        orders = self._keys(f"{arrived} ORDER BY 1")
        numbers = next_numbers("RC", len(orders))
        by = self.by.pk if self.by else None
        self.run(
            """INSERT INTO inventory_receipt (number, location_id, supplier_id, purchase_order_id, reference, note, received_by_id, created_at)
               SELECT n.number, p.location_id, p.supplier_id, p.id, left(p.source_number, 100), '', %s, %s
               FROM unnest(%s::bigint[], %s::text[]) AS n(id, number) JOIN inventory_purchaseorder p ON p.id = n.id ORDER BY n.number""",
            [by, timezone.now(), orders, numbers],
        )
        self.cursor.execute(
            """INSERT INTO inventory_receiptline (receipt_id, purchase_line_id, variant_id, quantity, rejected, reject_reason, unit_cost)
               SELECT r.id, t.id, l.variant_id, l.accepted_pieces, l.refused_pieces,
                      CASE WHEN l.refused_pieces > 0 THEN coalesce(nullif(l.reject_reason, ''), 'other') ELSE '' END,
                      round(t.unit_cost * p.exchange_rate, 6)
               FROM import_purchase_line l
               JOIN inventory_purchaseorder p ON p.id = l.order_id
               JOIN inventory_purchaseorderline t ON t.purchase_order_id = l.order_id AND t.source_line = l.source_line
               JOIN unnest(%s::bigint[], %s::text[]) AS n(id, number) ON n.id = l.order_id
               JOIN inventory_receipt r ON r.number = n.number
               WHERE l.accepted_pieces + l.refused_pieces > 0
               ORDER BY l.row
               RETURNING id""",
            [orders, numbers],
        )
        keys = [row[0] for row in self.cursor.fetchall()]
        rows = self._keys(
            "SELECT row FROM import_purchase_line WHERE accepted_pieces + refused_pieces > 0 ORDER BY row"
        )
        lines = dict(zip(rows, keys, strict=True))
        return receiving_moves(keys, {lines[row]: said for row, _variant, _n, said in self._lines_with_lots("true")})

    def _settle(self) -> None:
        """The status of open orders follows from their lines, as in `purchasing.settle`."""
        self.run(
            """UPDATE inventory_purchaseorder p SET status = w.status, updated_at = now(),
                   closed_at = CASE WHEN w.status IN ('received', 'over_received') THEN coalesce(p.closed_at, now()) ELSE p.closed_at END
               FROM (SELECT l.purchase_order_id AS id,
                            CASE WHEN bool_or(l.outstanding > 0)
                                 THEN CASE WHEN bool_or(l.accepted + l.rejected > 0) THEN 'partially_received' ELSE 'ordered' END
                                 WHEN bool_or(l.accepted > l.quantity - l.canceled) THEN 'over_received' ELSE 'received' END AS status
                     FROM inventory_purchaseorderline l
                     WHERE l.purchase_order_id IN (SELECT order_id FROM import_purchase_line) GROUP BY 1) w
               WHERE p.id = w.id AND p.status IN ('ordered', 'partially_received', 'received') AND p.status <> w.status"""
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def receiving_moves(lines: Sequence[int], said: Mapping[int, Sequence[Arriving]] = MappingProxyType({})) -> list[Move]:
    """What the accepted pieces of these receipt lines are in the ledger, in order; `said` names the lots of lines."""
    source = virtual(Location.Kind.SUPPLIER)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.id, l.variant_id, r.location_id, l.quantity, l.unit_cost, r.number FROM inventory_receiptline l
               JOIN inventory_receipt r ON r.id = l.receipt_id WHERE l.id = ANY(%s) AND l.quantity > 0 ORDER BY l.id""",
            [list(lines)],
        )
        rows = cursor.fetchall()
    put: dict[int, tuple[Pieces, ...]] = {}
    for location in Location.objects.filter(pk__in={row[2] for row in rows if row[0] in said}):
        here = [row for row in rows if row[2] == location.pk and row[0] in said]
        named = arrivals([(row[1], row[3], said[row[0]]) for row in here], location)
        put |= {row[0]: into for row, into in zip(here, named, strict=True)}
    return [
        Move(Kind.RECEIVED, variant, source, place, n, cost, number, put=put.get(line, ()))
        for line, variant, place, n, cost, number in rows
    ]


import_purchases = partial(carry_out, PurchaseBatch)
