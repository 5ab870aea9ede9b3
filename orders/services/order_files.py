"""Orders of another system, many at once: what is done comes in as closed history, what is open as drafts.

A row of `import_orders` is `(row number, problems found while reading, *values of columns)`: one line of an order, or a
row that says more about it. All rows of an order stand or fall together. An order that is there already stays as it is.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import audit
from backoffice.imports.batch import Batch, Staged, carry_out, may
from backoffice.models import User
from backoffice.numbering import next_numbers
from catalog.models import Variant
from customers.models import ContactPoint, Customer
from customers.services import find_or_create_by_emails
from inventory.models import Location
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, Payment, Refund
from orders.services.past import Past, Refused, read_past

ORDERS_AT_ONCE = 500
TEXT, MONEY = Staged("text"), Staged("numeric")
STAGED: dict[str, Staged] = {
    **dict.fromkeys(
        ("number", "source", "source_number", "placed_at", "email", "phone", "customer_name", "customer_number"), TEXT
    ),
    **dict.fromkeys(
        ("currency", "status", "financial", "fulfilment", "paid_at", "fulfilled_at", "canceled_at", "cancel_reason"),
        TEXT,
    ),
    **dict.fromkeys(("payment_method", "payment_reference", "carrier", "note", "tags", "country"), TEXT),
    **dict.fromkeys(("shipping", "taxes", "total", "discount", "refunded", "outstanding", "paid"), MONEY),
    **dict.fromkeys(("sku", "title", "tax_name"), TEXT),
    **dict.fromkeys(("unit_price", "line_discount", "line_tax", "line_shipping"), MONEY),
    "quantity": Staged("int"),
    "requires_shipping": Staged("bool"),
    "billing_address": Staged("jsonb"),
    "shipping_address": Staged("jsonb"),
}
MESSAGES = {
    "number_missing": gettext_lazy("The row does not say which order it belongs to."),
    "order_refused": gettext_lazy("Its order is refused: see row %(row)s."),
    "cancellation": gettext_lazy("%(number)s takes goods of another order back. It is no order."),
    "unknown_sku": gettext_lazy("There is no variant “%(sku)s”: the line keeps the text."),
}


class OrderBatch(Batch):
    """import_order holds the orders that the file speaks of."""

    resource = "orders"
    staged = STAGED
    messages = MESSAGES
    tables = ("import_order",)

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        super().__init__(cursor, columns, by, dry_run=dry_run)
        self.names = list(STAGED)
        self.has_state = not self.present.isdisjoint(("fulfilment", "status", "fulfilled_at"))
        self.has_prices = "unit_price" in self.present
        self.place = Location.objects.stock().in_scope(by).first() if by else Location.objects.stock().first()
        if not may(by, "orders.add_payment"):
            self.notes.append(_("Payments are left out: you may not record them."))
        if not self.has_state:
            self.notes.append(
                _("The file does not say what was shipped: all its orders count as done and move no stock.")
            )

    def joined(self) -> Sequence[str]:
        return [name for name in ("number", "source_number", "sku") if name in self.present]

    def compare(self) -> None:
        self.run(
            """CREATE TEMP TABLE import_order ON COMMIT DROP AS
               SELECT f.source, f.source_number, f.first_row, o.id, o.id IS NULL AS is_new
               FROM (SELECT coalesce(nullif(source, ''), 'import') AS source, coalesce(nullif(source_number, ''), number) AS source_number,
                            max(number) AS number, min(row) AS first_row
                     FROM import_stage WHERE coalesce(nullif(source_number, ''), number) <> '' GROUP BY 1, 2) f
               LEFT JOIN LATERAL (
                   SELECT o.id FROM orders_order o WHERE o.number = f.number
                   UNION ALL
                   SELECT o.id FROM orders_order o WHERE o.source = f.source AND o.source_number = f.source_number
                   LIMIT 1
               ) o ON true"""
        )
        self.run("ANALYZE import_order")

    ROWS = """import_stage s JOIN import_order o ON o.source = coalesce(nullif(s.source, ''), 'import')
              AND o.source_number = coalesce(nullif(s.source_number, ''), s.number)"""

    def find_problems(self) -> None:
        self.problem(
            "number_missing",
            """SELECT s.row, 'source_number', '', '{}'::jsonb FROM import_stage s
               WHERE coalesce(nullif(s.source_number, ''), s.number, '') = ''
                 AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )
        self.problem(
            "cancellation",
            """SELECT o.first_row, 'source_number', o.source_number, jsonb_build_object('number', o.source_number)
               FROM import_order o WHERE o.is_new AND o.source_number ~ '^[Cc][0-9]+$'
                 AND EXISTS (SELECT 1 FROM import_stage s WHERE s.row = o.first_row AND s.quantity < 0)""",
        )
        self._check_orders()
        self.problem(
            "unknown_sku",
            f"""SELECT s.row, 'sku', s.sku, jsonb_build_object('sku', s.sku) FROM {self.ROWS}
                WHERE o.is_new AND s.sku <> '' AND NOT EXISTS (SELECT 1 FROM catalog_variant v WHERE upper(v.sku) = upper(s.sku))""",
            error=False,
        )
        self.problem(
            "order_refused",
            f"""SELECT s.row, 'source_number', o.source_number, jsonb_build_object('row', d.row) FROM (
                    SELECT o.source, o.source_number, min(p.row) AS row FROM {self.ROWS} JOIN import_problem p ON p.row = s.row AND p.is_error
                    WHERE o.is_new GROUP BY 1, 2
                ) d JOIN import_order o ON (o.source, o.source_number) = (d.source, d.source_number)
                JOIN import_stage s ON coalesce(nullif(s.source, ''), 'import') = o.source
                    AND coalesce(nullif(s.source_number, ''), s.number) = o.source_number
                WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )

    def _check_orders(self) -> None:
        """Put every new order together once: what stands against it, and what is to be said about it."""
        with self.cursor.connection.cursor() as writer:
            found: list[tuple[int, bool, str, str]] = []
            for rows in self._grouped():
                try:
                    past = self._read(rows)
                except Refused as refusal:
                    found.append((refusal.row, True, refusal.column, str(refusal)))
                    continue
                found += [(row, False, column, sentence) for row, column, sentence in past.warnings]
            with writer.copy("COPY import_problem (row, is_error, name, value, text) FROM STDIN") as copy:
                for row, is_error, column, sentence in found:
                    copy.write_row((row, is_error, column, "", sentence))

    def _grouped(self) -> Iterator[list[dict[str, Any]]]:
        """The staged rows of each new order that is not refused, as values by name."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"""SELECT o.first_row, s.row, {", ".join(f"s.{name}" for name in self.names)} FROM {self.ROWS}
                    WHERE o.is_new AND NOT EXISTS (
                        SELECT 1 FROM import_stage s JOIN import_problem p ON p.row = s.row AND p.is_error
                        WHERE coalesce(nullif(s.source, ''), 'import') = o.source
                          AND coalesce(nullif(s.source_number, ''), s.number) = o.source_number)
                    ORDER BY 1, 2"""
            )
            for _first, rows in groupby(cursor, key=lambda values: values[0]):
                yield [dict(zip(("row", *self.names), values[1:], strict=True)) for values in rows]

    def _read(self, rows: Sequence[dict[str, Any]]) -> Past:
        for row in rows:
            for name in ("billing_address", "shipping_address"):
                row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
        return read_past(
            rows,
            has_state=self.has_state,
            has_prices=self.has_prices,
            place=self.place,
            takes_payments=may(self.by, "orders.add_payment"),
        )

    def records(self) -> str:
        return f"SELECT s.row, true, false FROM {self.ROWS} WHERE o.is_new"

    def record(self) -> str:
        return "coalesce(nullif(s.source_number, ''), s.number)"

    def changes(self, rows: str) -> str:
        return "SELECT 0, '[]'::jsonb WHERE false"

    # --- Writing --------------------------------------------------------------------------------

    def write(self) -> None:
        self.keep_plans()
        groups = (self._read(rows) for rows in self._grouped())
        while part := list(islice(groups, ORDERS_AT_ONCE)):
            self._write(part)
        self.analyze("orders_order", self.count)
        self.analyze("orders_orderline", self.count)

    def _write(self, part: Sequence[Past]) -> None:
        variants = self._variants({line.sku for past in part for line in past.lines if line.sku})
        customers = self._customers(part)
        for past, number in zip(part, next_numbers("SO", len(part)), strict=True):
            past.order.number = number
            past.order.created_by = self.by
            past.order.customer = customers.get(past.email) or customers.get(past.customer_number)
            for line in past.lines:
                line.variant = variants.get(line.sku.upper())
        Order.objects.bulk_create([past.order for past in part])
        OrderLine.objects.bulk_create([line for past in part for line in past.with_order()])
        self._ship(part)
        Payment.objects.bulk_create([payment for past in part for payment in past.payments(self.by)])
        Refund.objects.bulk_create([refund for past in part for refund in past.refunds(self.by)])
        audit.record_many("order.imported", [past.order for past in part], by=self.by)

    def _ship(self, part: Sequence[Past]) -> None:
        shipped = [past for past in part if past.is_shipped]
        parcels = Fulfilment.objects.bulk_create([past.parcel(self.by) for past in shipped])
        FulfilmentLine.objects.bulk_create(
            FulfilmentLine(fulfilment=parcel, order_line=line, quantity=line.fulfilled)
            for past, parcel in zip(shipped, parcels, strict=True)
            for line in past.lines
            if line.fulfilled
        )

    def _variants(self, skus: set[str]) -> dict[str, Variant]:
        found = Variant.objects.extra(where=["upper(sku) = ANY(%s)"], params=[[sku.upper() for sku in skus]])
        return {variant.sku.upper(): variant for variant in found}

    def _customers(self, part: Sequence[Past]) -> dict[str, Customer]:
        """Customers by e-mail as it is normalised, those that are missing created; and by their number elsewhere."""
        names = {past.email: past.order.customer_name for past in reversed(part) if past.email}
        if may(self.by, "customers.add_customer"):
            found = find_or_create_by_emails(names, by=self.by)
        else:
            contacts = ContactPoint.objects.filter(kind="email", normalized__in=names, ended_at=None)
            found = {contact.normalized: contact.customer for contact in contacts.select_related("customer")}
        numbers = {past.customer_number for past in part if past.customer_number}
        found |= {c.external_id: c for c in Customer.objects.filter(external_id__in=numbers)}
        return found


import_orders = partial(carry_out, OrderBatch)
