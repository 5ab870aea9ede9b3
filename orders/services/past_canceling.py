"""Cancellations of a sales log: which earlier sale each of their lines takes back.

A document whose quantities are all below zero comes in as a canceled order. Each of its lines is matched to the nearest earlier
sale of the article to the same customer of which as many pieces are left, in the file or among the orders that are here.
What was found stands in the events of both orders. Sums, returns and money of the sale stay as they are: the log tells no
payment that could be given back, and an order of a file is never changed by another one. Later files know by the events what
is left of a sale; an event whose other order is gone, because its import was undone, counts no more.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import audit
from backoffice.models import User
from orders.models import Order

TAKES_BACK, TAKEN_BACK = "order.takes_back", "order.taken_back"
TABLES = ("import_document", "import_back", "import_sold", "import_match", "import_open", "import_link")
MESSAGES = {
    "back_nobody": gettext_lazy("%(sku)s: no customer is named whose purchase this takes back."),
    "back_nothing": gettext_lazy("%(sku)s: no earlier sale to this customer is known that this takes back."),
    "back_short": gettext_lazy("%(sku)s: no earlier sale to this customer has %(pieces)s pieces left to take back."),
}
SUFFIX = "-R"

# Some logs write what came back below the number of the sale: these rows are a document of their own.
TAKEN_APART = f"""
    UPDATE import_stage s SET source_number = s.source_number || '{SUFFIX}'
    WHERE s.quantity < 0 AND s.unit_price > 0 AND s.source_number <> '' AND s.sku <> '' AND EXISTS (
        SELECT FROM import_stage t WHERE t.quantity > 0 AND t.source_number = s.source_number
           AND coalesce(t.source, '') = coalesce(s.source, '') AND upper(t.sku) = upper(s.sku))
"""


def _first(name: str) -> str:
    """What the rows of a document say, from the first one that does."""
    return f"(array_agg(s.{name} ORDER BY s.row) FILTER (WHERE s.{name} <> ''))[1] AS {name}"


# Of each new document: when it was, and whose it is. `customer` is compared within the file, `called` with orders that are
# here, which keep the name alone where the customer is not known.
DOCUMENTS = f"""
    CREATE TEMP TABLE import_document ON COMMIT DROP AS
    SELECT d.first_row, d.source, d.takes_back, d.is_canceled, coalesce(d.placed_at::timestamptz, now()) AS at,
           coalesce(nullif(d.currency, ''), %s) AS currency,
           coalesce('c' || c.customer_id, 'c' || n.id, 'e' || lower(d.email), 'n' || upper(d.customer_number),
                    'n' || upper(d.customer_name)) AS customer,
           coalesce('c' || c.customer_id, 'c' || n.id, 'e' || lower(d.email), 'n' || upper(d.customer_name),
                    'n' || upper(d.customer_number)) AS called
    FROM (
        SELECT o.first_row, o.source, {", ".join(map(_first, ("placed_at", "email", "customer_number", "customer_name", "currency")))},
               bool_or(s.status = 'canceled' OR s.canceled_at <> '') IS TRUE AS is_canceled,
               bool_and(coalesce(s.quantity, 0) < 0) FILTER (WHERE s.sku <> '' OR s.title <> '' OR s.quantity IS NOT NULL) AS takes_back
        FROM import_stage s JOIN import_member m USING (row) JOIN import_order o USING (first_row)
        WHERE o.is_new AND o.first_row NOT IN (
            SELECT m.first_row FROM import_member m JOIN import_problem p ON p.row = m.row AND p.is_error)
        GROUP BY o.first_row, o.source
    ) d
    LEFT JOIN customers_contactpoint c ON c.kind = 'email' AND c.normalized = lower(d.email) AND c.ended_at IS NULL
    LEFT JOIN customers_customer n ON upper(n.external_id) = upper(d.customer_number) AND n.external_id <> ''
"""
ARTICLE = "upper(coalesce(nullif(s.sku, ''), s.title))"
# What must agree; `turn` counts the cancellations of the same: the earlier one chooses first.
SAME = f"concat_ws(chr(31), d.source, d.currency, d.customer, {ARTICLE})"
BACK = f"""
    CREATE TEMP TABLE import_back ON COMMIT DROP AS
    SELECT s.row, d.first_row, d.at, d.source, d.currency, d.customer, d.called, upper(s.sku) AS sku, v.id AS variant,
           CASE WHEN d.customer IS NOT NULL THEN {SAME} END AS same, -s.quantity AS pieces,
           row_number() OVER (PARTITION BY d.source, d.currency, d.customer, {ARTICLE} ORDER BY d.at, s.row) AS turn
    FROM import_document d JOIN import_member m USING (first_row) JOIN import_stage s ON s.row = m.row
    LEFT JOIN catalog_variant v ON upper(v.sku) = upper(s.sku) AND s.sku <> ''
    WHERE d.takes_back AND s.quantity < 0
"""
SOLD = """
    CREATE TEMP TABLE import_sold (
        id int GENERATED ALWAYS AS IDENTITY, row int, line bigint, same text, at timestamptz, pieces int) ON COMMIT DROP
"""
SOLD_HERE = """
    INSERT INTO import_sold (line, same, at, pieces)
    SELECT l.id, min(b.same), o.placed_at, l.quantity - l.canceled - l.returned
    FROM (SELECT DISTINCT same, source, currency, called, sku, variant FROM import_back WHERE same IS NOT NULL AND sku <> '') b
    JOIN orders_orderline l ON {article}
    JOIN orders_order o ON o.id = l.order_id AND o.source = b.source AND o.currency = b.currency AND o.status <> 'canceled'
     AND coalesce('c' || o.customer_id, 'e' || nullif(lower(o.email), ''), 'n' || upper(o.customer_name)) = b.called
    GROUP BY l.id, o.id ORDER BY l.id
"""
ARTICLES = ("l.variant_id = b.variant", "l.variant_id IS NULL AND upper(l.sku) = b.sku")  # as the indexes of lines are
# What earlier files took back of these lines.
LESS = f"""
    UPDATE import_sold s SET pieces = s.pieces - t.pieces FROM (
        SELECT s.id, sum((e.data -> 'pieces' ->> s.line::text)::int) AS pieces
        FROM import_sold s JOIN orders_orderline l ON l.id = s.line
        JOIN backoffice_auditevent e ON e.subject_type = 'orders.order' AND e.subject_id = l.order_id AND e.verb = '{TAKEN_BACK}'
        JOIN orders_order o ON o.number = e.data ->> 'order' AND o.source_number = e.data ->> 'source_number'
        GROUP BY s.id
    ) t WHERE t.id = s.id AND t.pieces IS NOT NULL
"""
SOLD_THERE = f"""
    INSERT INTO import_sold (row, same, at, pieces)
    SELECT s.row, {SAME}, d.at, s.quantity
    FROM import_document d JOIN import_member m USING (first_row) JOIN import_stage s ON s.row = m.row
    WHERE d.takes_back IS FALSE AND NOT d.is_canceled AND s.quantity > 0 AND d.customer IS NOT NULL
      AND {SAME} IN (SELECT same FROM import_back)
    ORDER BY s.row
"""
# One cancellation of each article and customer at a time, so that what the one takes is no longer there for the next.
MATCH = """
    WITH found AS (
        INSERT INTO import_match (row, sold, pieces)
        SELECT b.row, s.id, b.pieces FROM import_back b CROSS JOIN LATERAL (
            SELECT id FROM import_sold s WHERE s.same = b.same AND s.at <= b.at AND s.pieces >= b.pieces
            ORDER BY s.at DESC, s.id DESC LIMIT 1
        ) s WHERE b.turn = %s
        RETURNING sold, pieces
    ) UPDATE import_sold s SET pieces = s.pieces - f.pieces FROM found f WHERE f.sold = s.id
"""
OPEN = """
    CREATE TEMP TABLE import_open ON COMMIT DROP AS
    SELECT b.row, b.pieces, CASE WHEN b.same IS NULL THEN 'back_nobody'
        WHEN EXISTS (SELECT FROM import_sold t WHERE t.same = b.same AND t.at <= b.at) THEN 'back_short' ELSE 'back_nothing' END AS why
    FROM import_back b WHERE NOT EXISTS (SELECT FROM import_match f WHERE f.row = b.row)
"""
UNMATCHED = """
    SELECT o.row, 'sku', s.sku, jsonb_build_object('sku', coalesce(nullif(s.sku, ''), s.title), 'pieces', o.pieces)
    FROM import_open o JOIN import_stage s USING (row) WHERE o.why = '{code}'
"""
COUNTED = """
    SELECT count(DISTINCT b.first_row), count(*), count(DISTINCT b.first_row) FILTER (WHERE f.row IS NOT NULL), count(f.row)
    FROM import_back b LEFT JOIN import_match f USING (row)
"""

WRITTEN = """
    UPDATE import_sold s SET line = l.id FROM import_pastline p JOIN import_placed n USING (first_row)
    JOIN orders_orderline l ON l.order_id = n.id AND l.position = p.position WHERE p.row = s.row
"""
LINKED = """
    CREATE TEMP TABLE import_link ON COMMIT DROP AS
    SELECT c.id AS back, c.number AS back_number, c.source_number AS back_called, o.id AS sale, o.number AS sale_number,
           o.source_number AS sale_called, coalesce(nullif(l.sku, ''), l.title) AS name, l.id AS line, sum(f.pieces) AS pieces
    FROM import_match f JOIN import_back b USING (row)
    JOIN import_placed n ON n.first_row = b.first_row JOIN orders_order c ON c.id = n.id
    JOIN import_sold s ON s.id = f.sold JOIN orders_orderline l ON l.id = s.line JOIN orders_order o ON o.id = l.order_id
    GROUP BY c.id, o.id, l.id
"""
BY_NAME = """jsonb_build_object('order', {other}_number, 'source_number', {other}_called, 'lines',
    (SELECT jsonb_object_agg(g.name, g.pieces) FROM (
        SELECT name, sum(pieces) AS pieces FROM import_link g WHERE g.back = k.back AND g.sale = k.sale GROUP BY name) g))"""
PAIRS = "(SELECT DISTINCT back, back_number, back_called, sale, sale_number, sale_called FROM import_link) k"
TAKING = f"SELECT back, back_number, '', {BY_NAME.format(other='sale')} FROM {PAIRS} ORDER BY back, sale"
TAKEN = f"""
    SELECT sale, sale_number, '', {BY_NAME.format(other="back")} || jsonb_build_object('pieces',
        (SELECT jsonb_object_agg(p.line, p.pieces) FROM import_link p WHERE p.back = k.back AND p.sale = k.sale))
    FROM {PAIRS} ORDER BY sale, back
"""


class Cancellations:
    """Those of one file; `run` carries out a statement of the batch."""

    def __init__(self, run: Callable[..., int], cursor: Any) -> None:
        self.run, self.cursor = run, cursor
        self.are_there = False

    def take_apart(self) -> None:
        """Give rows that take goods of their own document back a number of their own."""
        self.cursor.execute("SELECT EXISTS (SELECT FROM import_stage WHERE quantity < 0)")
        [self.are_there] = self.cursor.fetchone()
        if self.are_there:
            self.run(TAKEN_APART)

    def match(self) -> None:
        """Find the sale of each line, the earliest cancellation first, for the documents that are new and not refused."""
        self.run(DOCUMENTS, [settings.DEFAULT_CURRENCY])
        self.run("ANALYZE import_document")
        self.run(BACK)
        self.run("ANALYZE import_back")
        self.run(SOLD)
        for article in ARTICLES:
            self.run(SOLD_HERE.format(article=article))
        self.run(LESS)
        self.run(SOLD_THERE)
        self.run("CREATE INDEX ON import_sold (same, at DESC, id DESC)")
        self.run("CREATE INDEX ON import_back (turn)")
        self.run("ANALYZE import_sold")
        self.run("CREATE TEMP TABLE import_match (row int, sold int, pieces int) ON COMMIT DROP")
        self.cursor.execute("SELECT coalesce(max(turn), 0) FROM import_back WHERE same IS NOT NULL")
        for turn in range(1, self.cursor.fetchone()[0] + 1):
            self.run(MATCH, [turn])
        self.run(OPEN)

    def told(self) -> list[str]:
        """How many were matched, and why the others were not, in sentences."""
        self.cursor.execute(COUNTED)
        documents, lines, some, matched = self.cursor.fetchone()
        if not documents:
            return []
        said = _(
            "%(some)s of %(documents)s cancellations take back earlier sales, with %(matched)s of %(lines)s lines."
        )
        counts = {"documents": documents, "lines": lines, "some": some, "matched": matched}
        return [said % counts, *([self._why()] if matched < lines else [])]

    def _why(self) -> str:
        self.cursor.execute("SELECT why, count(*) FROM import_open GROUP BY 1")
        counts = dict.fromkeys(MESSAGES, 0) | dict(self.cursor.fetchall())
        said = _(
            "Of the other lines %(back_nobody)s name no customer, %(back_nothing)s have no earlier sale, and %(back_short)s take back more than is left of one."
        )
        return said % counts

    def write(self, *, by: User | None) -> None:
        """Tell both orders of each pair, once the orders of the file are written."""
        self.run(WRITTEN)
        self.run(LINKED)
        self.run("CREATE INDEX ON import_link (back, sale)")
        self.run("ANALYZE import_link")
        audit.record_selected(self.cursor, TAKES_BACK, Order, TAKING, by=by, with_data=True)
        audit.record_selected(self.cursor, TAKEN_BACK, Order, TAKEN, by=by, with_data=True)
