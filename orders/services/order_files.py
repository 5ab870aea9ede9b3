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
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Batch, Staged, carry_out, may
from backoffice.models import User
from customers.models import Suppression
from customers.services import normalize_phone, suppressed_among
from inventory.models import Location
from orders.services.past import HEADER, LINE, Past, Refused, read_past
from orders.services.past_canceling import MESSAGES as REASONS
from orders.services.past_canceling import TABLES as MATCHING
from orders.services.past_canceling import UNMATCHED, Cancellations
from orders.services.past_writing import TABLES, PastWriter

ORDERS_AT_ONCE = 1000
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
    **dict.fromkeys(("tax_shares", "transaction_amount"), MONEY),
    **dict.fromkeys(("line_fulfilment", "transaction_kind", "transaction_status"), TEXT),
    "quantity": Staged("int"),
    "line_shipped": Staged("int"),
    "requires_shipping": Staged("bool"),
    "billing_address": Staged("jsonb"),
    "shipping_address": Staged("jsonb"),
}
MESSAGES = {
    "number_missing": gettext_lazy("The row does not say which order it belongs to."),
    "order_refused": gettext_lazy("Its order is refused: see row %(row)s."),
    "unknown_sku": gettext_lazy("There is no variant “%(sku)s”: the line keeps the text."),
    **REASONS,
}

# What stands where a SKU should, and is none, may be the barcode of one article.
BY_BARCODE = """
    UPDATE import_stage s SET sku = v.sku FROM (
        SELECT t.sku AS said, min(v.sku) AS sku
        FROM (SELECT DISTINCT sku FROM import_stage WHERE sku ~ '^[0-9]{8,14}$') t
        JOIN catalog_variant v ON v.barcode IN (t.sku, '0' || t.sku, regexp_replace(t.sku, '^0', '')) AND v.barcode <> ''
        WHERE NOT EXISTS (SELECT FROM catalog_variant w WHERE upper(w.sku) = t.sku)
        GROUP BY 1 HAVING count(*) = 1
    ) v WHERE s.sku = v.said
"""


class OrderBatch(Batch):
    """import_order holds the orders that the file speaks of, import_member which of its rows belong to which: their first row
    names them. import_past and import_pastline hold new ones put together."""

    resource = "orders"
    staged = STAGED
    messages = MESSAGES
    tables = ("import_order", "import_member", *TABLES, *MATCHING)

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        super().__init__(cursor, columns, by, dry_run=dry_run)
        self.names = [name for name in STAGED if name in self.present]
        self.blank = dict.fromkeys((*HEADER, *LINE))
        told = ("fulfilment", "status", "fulfilled_at", "line_fulfilment", "line_shipped")
        self.has_state = not self.present.isdisjoint(told)
        self.has_prices = "unit_price" in self.present
        self.place = Location.objects.stock().in_scope(by).first() if by else Location.objects.stock().first()
        self.takes_payments = may(by, "orders.add_payment")
        self.now = timezone.now().isoformat()
        self.writer = PastWriter(self.run, cursor, by)
        self.knows_erased = Suppression.objects.exists()
        self.cancellations = Cancellations(self.run, cursor)
        if not self.takes_payments:
            self.notes.append(_("Payments are left out: you may not record them."))
        if not self.has_state:
            self.notes.append(
                _("The file does not say what was shipped: all its orders count as done and move no stock.")
            )

    def joined(self) -> Sequence[str]:
        return [name for name in ("number", "source_number", "sku") if name in self.present]

    def compare(self) -> None:
        if "sku" in self.present:
            self.run(BY_BARCODE)
        self.cancellations.take_apart()
        self.run(
            """CREATE TEMP TABLE import_member ON COMMIT DROP AS
               SELECT s.row, min(s.row) OVER (PARTITION BY s.source, s.called) AS first_row, s.source, s.called, s.number
               FROM (SELECT row, coalesce(nullif(source, ''), 'import') AS source, number,
                            coalesce(nullif(source_number, ''), number, '') AS called FROM import_stage) s
               WHERE s.called <> ''"""
        )
        self.run("ANALYZE import_member (row, first_row)")
        self.run(
            """CREATE TEMP TABLE import_order ON COMMIT DROP AS
               SELECT f.source, f.source_number, f.first_row, coalesce(a.id, b.id) IS NULL AS is_new
               FROM (SELECT first_row, min(source) AS source, min(called) AS source_number, max(number) AS number
                     FROM import_member GROUP BY 1) f
               LEFT JOIN orders_order a ON a.number = f.number
               LEFT JOIN orders_order b ON b.source = f.source AND b.source_number = f.source_number AND b.source_number <> ''"""
        )
        self.run("ANALYZE import_order")

    ROWS = "import_stage s JOIN import_member m USING (row) JOIN import_order o USING (first_row)"

    def find_problems(self) -> None:
        self.problem(
            "number_missing",
            """SELECT s.row, 'source_number', '', '{}'::jsonb FROM import_stage s
               WHERE NOT EXISTS (SELECT 1 FROM import_member m WHERE m.row = s.row)
                 AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )
        self._check_orders()
        self.problem(
            "unknown_sku",
            f"""SELECT s.row, 'sku', s.sku, jsonb_build_object('sku', s.sku) FROM {self.ROWS}
                LEFT JOIN catalog_variant v ON upper(v.sku) = upper(s.sku)
                WHERE o.is_new AND s.sku <> '' AND v.id IS NULL""",
            error=False,
        )
        self.problem(
            "order_refused",
            """SELECT m.row, 'source_number', o.source_number, jsonb_build_object('row', d.row) FROM (
                   SELECT m.first_row, min(p.row) AS row FROM import_member m JOIN import_problem p ON p.row = m.row AND p.is_error
                   GROUP BY 1
               ) d JOIN import_order o ON o.first_row = d.first_row AND o.is_new JOIN import_member m ON m.first_row = d.first_row
               WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = m.row AND p.is_error)""",
        )
        if self.cancellations.are_there:
            self._match_cancellations()

    def _match_cancellations(self) -> None:
        """Say of each line whose sale is not found why."""
        self.cancellations.match()
        self.notes += self.cancellations.told()
        for code in REASONS:
            self.problem(code, UNMATCHED.format(code=code), error=False)

    def _check_orders(self) -> None:
        """Put every new order together once: what stands against it, what is to be said about it, and what will be written."""
        if not self.dry_run:
            self.writer.begin()
        found: list[tuple[int, bool, str, str]] = []
        kept: list[tuple[int, Past]] = []
        for first, rows in self._grouped():
            try:
                past = self._read(rows)
            except Refused as refusal:
                found.append((refusal.row, True, refusal.column, str(refusal)))
                continue
            kept.append((first, past))
            if len(kept) >= ORDERS_AT_ONCE:
                found += self._settle(kept)
                kept = []
        found += self._settle(kept)
        with self.cursor.copy("COPY import_problem (row, is_error, name, value, text) FROM STDIN") as copy:
            for row, is_error, column, sentence in found:
                copy.write_row((row, is_error, column, "", sentence))

    def _settle(self, kept: Sequence[tuple[int, Past]]) -> list[tuple[int, bool, str, str]]:
        """Put these aside to be written, those of erased people without the person; returns what is to be said."""
        contacts = {first: contacts_of(past) for first, past in kept} if self.knows_erased else {}
        erased = suppressed_among({one for found in contacts.values() for one in found})
        for first, past in kept if erased else ():
            if known := [erased[one] for one in contacts[first] if one in erased]:
                leave_person_out(past, first, known[0])
        if not self.dry_run:
            self.writer.keep(kept)
        return [(row, False, column, said) for _first, past in kept for row, column, said in past.warnings]

    def _grouped(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """The staged rows of each new order that is not refused, as values by name, with its first row."""
        names = ["row", *self.names]
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"""SELECT o.first_row, s.row{"".join(f", s.{name}" for name in self.names)} FROM {self.ROWS}
                    WHERE o.is_new AND o.first_row NOT IN (
                        SELECT m.first_row FROM import_member m JOIN import_problem p ON p.row = m.row AND p.is_error)
                    ORDER BY 1, 2"""
            )
            for first, rows in groupby(cursor, key=lambda values: values[0]):
                yield first, [{**self.blank, **dict(zip(names, values[1:], strict=True))} for values in rows]

    def _read(self, rows: Sequence[dict[str, Any]]) -> Past:
        for name in ("billing_address", "shipping_address"):
            if name in self.present:
                for row in rows:
                    row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
        return read_past(
            rows,
            self.names,
            self.now,
            has_state=self.has_state,
            has_prices=self.has_prices,
            place=self.place,
            takes_payments=self.takes_payments,
        )

    def records(self) -> str:
        return "SELECT m.row, true, false FROM import_member m JOIN import_order o USING (first_row) WHERE o.is_new"

    def record(self) -> str:
        return "coalesce(nullif(s.source_number, ''), s.number)"

    def changes(self, rows: str) -> str:
        return "SELECT 0, '[]'::jsonb WHERE false"

    def write(self) -> None:
        self.notes += self.writer.write(may_add_customers=may(self.by, "customers.add_customer"))
        if self.cancellations.are_there:
            self.cancellations.write(by=self.by)
        self.analyze("orders_order", self.count)
        self.analyze("orders_orderline", self.count)


def contacts_of(past: Past) -> list[str]:
    """Whom the order is from: the normalised address, else the phone number."""
    if past.email:
        return [past.email]
    try:
        address = past.order.shipping_address or {}
        return [normalize_phone(past.order.phone, address.get("country", ""))] if past.order.phone else []
    except ValidationError:
        return []


def leave_person_out(past: Past, first: int, suppression: Suppression) -> None:
    """Keep an order of somebody whose data were erased: its amounts and the country, and nothing of who bought."""
    order = past.order
    past.warnings.append(
        (
            first,
            "email" if past.email else "phone",
            _(
                "The data of this person were erased on %(day)s (%(erasure)s): the order is kept without customer, name and address."
            )
            % {
                "day": date_format(timezone.localdate(suppression.created_at), "SHORT_DATE_FORMAT"),
                "erasure": suppression.erasure.number,
            },
        )
    )
    past.email = order.email = order.phone = order.customer_name = order.note = ""
    for name in ("billing_address", "shipping_address"):
        country = (getattr(order, name) or {}).get("country")
        setattr(order, name, {"country": country} if country else {})
    past.facts = {**past.facts, "customer_number": ""}


import_orders = partial(carry_out, OrderBatch)
