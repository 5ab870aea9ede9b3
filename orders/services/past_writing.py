"""Writing orders of another system set-wise: they are put together one by one, kept in temporary tables, and written by one
statement a table."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pgtrigger
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.imports.copying import blocks, encoder
from backoffice.models import User
from backoffice.numbering import sequence_name
from customers.services import create_by_selected_emails
from inventory import services as inventory
from orders.models import Order
from orders.services.past import Past
from orders.services.status import lines_of, recalculate

COPIED = {  # columns of an order, as they are
    "customer_name": "text", "email": "text", "phone": "text", "billing_address": "jsonb", "shipping_address": "jsonb", "status": "text",
    "payment_status": "text", "fulfilment_status": "text", "source": "text", "source_number": "text", "currency": "text",
    "prices_include_tax": "bool", "subtotal": "numeric", "discount": "numeric", "shipping": "numeric", "tax": "numeric",
    "total": "numeric", "note": "text", "tags": "text[]", "cancel_reason": "text", "placed_at": "timestamptz",
    "closed_at": "timestamptz", "canceled_at": "timestamptz",
}  # fmt: skip
BESIDE = {  # of its customer, money and parcel
    "first_row": "int", "mail": "text", "customer_number": "text", "paid": "numeric", "refunded": "numeric", "authorized": "numeric", "voided": "numeric", "paid_at": "timestamptz",
    "method": "text", "reference": "text", "carrier": "text", "shipped_at": "timestamptz", "place": "bigint", "told": "text",
    "is_partial": "bool",
}  # fmt: skip
LINE_COPIED = {
    "position": "int", "sku": "text", "title": "text", "quantity": "int", "unit_price": "numeric", "discount": "numeric",
    "order_discount": "numeric", "tax_name": "text", "tax_rate": "numeric", "requires_shipping": "bool", "net": "numeric",
    "tax": "numeric", "gross": "numeric", "fulfilled": "int", "canceled": "int",
}  # fmt: skip
LINE_BESIDE = {"first_row": "int", "row": "int"}
TABLES = ("import_past", "import_pastline", "import_placed")
ORDER_COLUMNS = ", ".join(COPIED)
LINE_COLUMNS = ", ".join(LINE_COPIED)

NUMBERED = f"""
    CREATE TEMP TABLE import_placed ON COMMIT DROP AS
    SELECT p.first_row, nextval(pg_get_serial_sequence('orders_order', 'id')) AS id,
           'SO-' || nextval('{sequence_name("SO")}') AS number, p.customer
    FROM (
        SELECT p.first_row, coalesce(m.customer_id, n.id) AS customer FROM import_past p
        LEFT JOIN customers_contactpoint m ON m.kind = 'email' AND m.normalized = p.mail AND m.ended_at IS NULL AND p.mail <> ''
        LEFT JOIN customers_customer n ON upper(n.external_id) = upper(p.customer_number) AND n.external_id <> ''
        ORDER BY p.first_row
    ) p
"""
ORDERS = f"""
    INSERT INTO orders_order (id, number, customer_id, language, return_status, shipping_tax_rate, paid, refunded, created_by_id,
        created_at, updated_at, {ORDER_COLUMNS})
    SELECT o.id, o.number, o.customer, 'en', 'none', 0, p.paid, 0, %s, now(), now(), {ORDER_COLUMNS}
    FROM import_past p JOIN import_placed o USING (first_row) ORDER BY o.id
"""
LINES = f"""
    INSERT INTO orders_orderline (order_id, variant_id, allocated, returned, {LINE_COLUMNS})
    SELECT o.id, v.id, 0, 0, {", ".join(f"l.{name}" for name in LINE_COPIED)}
    FROM import_pastline l JOIN import_placed o USING (first_row)
    LEFT JOIN catalog_variant v ON upper(v.sku) = upper(l.sku) AND l.sku <> ''
    ORDER BY o.id, l.row
"""
PARCELS = """
    INSERT INTO orders_fulfilment (number, order_id, location_id, status, carrier, tracking_number, created_by_id, created_at, shipped_at)
    SELECT o.number || '-F1', o.id, p.place, 'shipped', p.carrier, '', %s, p.shipped_at, p.shipped_at
    FROM import_past p JOIN import_placed o USING (first_row)
    WHERE first_row IN (SELECT l.first_row FROM import_pastline l WHERE l.fulfilled > 0) ORDER BY o.id
"""
PARCEL_LINES = """
    INSERT INTO orders_fulfilmentline (fulfilment_id, order_line_id, quantity)
    SELECT f.id, l.id, l.fulfilled FROM import_placed o
    JOIN orders_fulfilment f ON f.order_id = o.id JOIN orders_orderline l ON l.order_id = o.id
    WHERE l.fulfilled > 0 ORDER BY l.id
"""
PAYMENTS = """
    INSERT INTO orders_payment (order_id, amount, method, reference, at, by_id)
    SELECT o.id, p.paid, p.method, p.reference, p.paid_at, %s
    FROM import_past p JOIN import_placed o USING (first_row) WHERE p.paid > 0 ORDER BY o.id
"""
REFUNDS = """
    INSERT INTO orders_refund (order_id, amount, method, reference, reason, at, by_id)
    SELECT o.id, p.refunded, p.method, '', %s, coalesce(p.canceled_at, p.placed_at), %s
    FROM import_past p JOIN import_placed o USING (first_row) WHERE p.refunded > 0 ORDER BY o.id
"""
AUTHORIZATIONS = """
    INSERT INTO orders_authorization (order_id, amount, method, reference, captured, voided, at, by_id)
    SELECT o.id, p.authorized + p.voided, p.method, p.reference, 0, 0, p.paid_at, %s
    FROM import_past p JOIN import_placed o USING (first_row) WHERE p.authorized + p.voided > 0 ORDER BY o.id
"""
VOIDS = """
    INSERT INTO orders_authorizationvoid (authorization_id, amount, reason, at, by_id)
    SELECT a.id, p.voided, %s, coalesce(p.canceled_at, p.paid_at), %s
    FROM import_past p JOIN import_placed o USING (first_row) JOIN orders_authorization a ON a.order_id = o.id
    WHERE p.voided > 0 ORDER BY o.id
"""
TOLD = "SELECT o.id, o.number, p.told FROM import_past p JOIN import_placed o USING (first_row)"
PARTIAL = "SELECT o.id FROM import_past p JOIN import_placed o USING (first_row) WHERE p.is_partial"
STRANGERS = """
    SELECT p.mail, (array_agg(p.customer_name ORDER BY p.first_row))[1] FROM import_past p
    WHERE p.mail <> '' AND NOT EXISTS (
        SELECT FROM customers_contactpoint c WHERE c.kind = 'email' AND c.normalized = p.mail AND c.ended_at IS NULL)
    GROUP BY 1 ORDER BY min(p.first_row)
"""


class PastWriter:
    """The orders of a file that are to be written; `run` carries out a statement of the batch."""

    def __init__(self, run: Callable[..., int], cursor: Any, by: User | None) -> None:
        self.run, self.cursor, self.by = run, cursor, by

    def begin(self) -> None:
        for name, columns in (("import_past", COPIED | BESIDE), ("import_pastline", LINE_COPIED | LINE_BESIDE)):
            types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            self.run(f"CREATE TEMP TABLE {name} ({types}) ON COMMIT DROP")

    def keep(self, part: Sequence[tuple[int, Past]]) -> None:
        """Put these aside, each with the first row of its order."""
        self._copy("import_past", COPIED | BESIDE, [_head(first, past) for first, past in part])
        lines = [_line(first, line) for first, past in part for line in past.lines]
        self._copy("import_pastline", LINE_COPIED | LINE_BESIDE, lines)

    def _copy(self, table: str, columns: dict[str, str], rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for block in blocks(rows, [encoder(kind) for kind in columns.values()]):
                copy.write(block.text)

    def write(self, *, may_add_customers: bool) -> list[str]:
        """Write them all; returns what is to be said about it."""
        self.run("ANALYZE import_past (first_row, mail, customer_number)")
        self.run("ANALYZE import_pastline (first_row, sku)")
        if may_add_customers:
            create_by_selected_emails(self.cursor, STRANGERS, by=self.by)
        self.run(NUMBERED)
        self.run("ANALYZE import_placed")
        by = self.by.pk if self.by else None
        # Triggers of single rows look one row up: to plan that anew for each costs more than all else they do.
        self.run("SET LOCAL plan_cache_mode = DEFAULT")
        self.run(ORDERS, [by])
        self.run(LINES)
        self.run(PARCELS, [by])
        self.run(PARCEL_LINES)
        with pgtrigger.ignore("orders.Payment:adds_to_paid"):  # the orders were written with what was paid
            self.run(PAYMENTS, [by])
        self.run("SET LOCAL plan_cache_mode = force_custom_plan")  # those that follow update the orders, all at once
        self.run(REFUNDS, [_("Refunded at the source"), by])
        self.run(AUTHORIZATIONS, [by])
        self.run(VOIDS, [_("Voided at the source"), by])
        audit.record_selected(self.cursor, "order.imported", Order, TOLD, by=self.by)
        self.run("SET LOCAL plan_cache_mode = DEFAULT")
        self.run("SET LOCAL enable_nestloop = DEFAULT")
        return self._promise()

    def _promise(self) -> list[str]:
        """Promise stock to what partly shipped orders have left to ship; returns a sentence for each that is short."""
        said = []
        self.cursor.execute(PARTIAL)
        partial = [key for (key,) in self.cursor.fetchall()]
        for order in Order.objects.filter(pk__in=partial).order_by("pk"):
            lines = lines_of(order)
            demand = [
                inventory.Demand(item=line.pk, variant=line.variant_id, quantity=line.open_quantity, sku=line.sku)
                for line in lines
                if line.variant_id is not None and line.requires_shipping and line.open_quantity
            ]
            try:
                with transaction.atomic():
                    promised = inventory.allocate(order.number, demand, by=self.by)
            except inventory.InsufficientStock as short:
                sentence = _("%(order)s: what is left to ship has no stock promised. %(reason)s")
                said.append(sentence % {"order": order.source_number, "reason": " ".join(short.messages)})
                continue
            by_line = {line.pk: line for line in lines}
            for one in promised:
                by_line[one.item].allocated += one.quantity
            recalculate(order, lines)
        return said


def _head(first: int, past: Past) -> list[Any]:
    order, facts = past.order, past.facts
    return [
        *(getattr(order, name) for name in COPIED),
        first, past.email, facts["customer_number"] or "", past.paid, past.refunded, past.authorized, past.voided,
        facts["paid_at"] or order.placed_at, (facts["payment_method"] or _("unknown"))[:40], (facts["payment_reference"] or "")[:100], (facts["carrier"] or "")[:60],
        facts["fulfilled_at"] or order.placed_at, past.place.pk if past.place else None, past.told, past.is_partial,
    ]  # fmt: skip


def _line(first: int, line: Any) -> list[Any]:
    return [*(getattr(line, name) for name in LINE_COPIED), first, line.row]
