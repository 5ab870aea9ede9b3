"""Orders proven against their lines, payments, parcels and returns. Statements follow `services.status`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.money import MINOR_UNITS
from backoffice.verification import Result, check, compare, keys
from orders.models import DailySales, Order, OrderLine, Return, SalesMark
from orders.proofs import prove_summaries
from orders.services import BEGINNING, refresh_sales, refresh_summaries
from orders.services.summaries import SOLD

ORDERS = "SELECT count(*) FROM orders_order"
LINES = "SELECT count(*) FROM orders_orderline"
RETURNS = "SELECT count(*) FROM orders_return"
DAYS = "SELECT count(*) FROM orders_dailysales"
REASON = "verify --repair"
DIGITS = (
    f"CASE o.currency {' '.join(f'WHEN {code!r} THEN {digits}' for code, digits in MINOR_UNITS.items())} ELSE 2 END"
)

WRONG_TOTALS = f"""
    SELECT o.id, o.subtotal, o.tax, o.total, a.subtotal, a.tax, a.total
    FROM orders_order o
    CROSS JOIN LATERAL (
        SELECT CASE WHEN o.status = 'canceled' THEN 0
                    WHEN o.prices_include_tax THEN o.shipping - round(o.shipping / (1 + o.shipping_tax_rate), {DIGITS})
                    ELSE round(o.shipping * o.shipping_tax_rate, {DIGITS}) END AS tax,
               CASE WHEN o.status = 'canceled' THEN 0 ELSE o.shipping END AS amount
    ) s
    LEFT JOIN (SELECT order_id, sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross FROM orders_orderline GROUP BY order_id) l
        ON l.order_id = o.id
    CROSS JOIN LATERAL (
        SELECT coalesce(CASE WHEN o.prices_include_tax THEN l.gross ELSE l.net END, 0) AS subtotal,
               coalesce(l.tax, 0) + s.tax AS tax,
               coalesce(l.gross, 0) + s.amount + CASE WHEN o.prices_include_tax THEN 0 ELSE s.tax END AS total
    ) a
    WHERE (o.subtotal, o.tax, o.total) IS DISTINCT FROM (a.subtotal, a.tax, a.total)
"""  # noqa: S608 - no input
WRONG_MONEY = """
    SELECT o.id, o.paid, o.refunded, o.authorized, o.voided, o.refund_granted, w.*
    FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_payment GROUP BY order_id) p ON p.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_refund GROUP BY order_id) r ON r.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(amount - captured - voided) AS left, sum(voided) AS voided
               FROM orders_authorization GROUP BY order_id) a ON a.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_refundgrant WHERE status = 'granted' GROUP BY order_id) g
        ON g.order_id = o.id
    CROSS JOIN LATERAL (
        SELECT coalesce(p.amount, 0) AS sum_paid, coalesce(r.amount, 0) AS sum_refunded, coalesce(a.left, 0) AS sum_authorized,
               coalesce(a.voided, 0) AS sum_voided, coalesce(g.amount, 0) AS sum_granted
    ) w
    WHERE (o.paid, o.refunded, o.authorized, o.voided, o.refund_granted)
        IS DISTINCT FROM (w.sum_paid, w.sum_refunded, w.sum_authorized, w.sum_voided, w.sum_granted)
"""
WRONG_COUNTS = """
    SELECT n.id, n.allocated, n.fulfilled, n.returned, coalesce(a.pieces, 0) AS sum_allocated,
           coalesce(f.pieces, 0) AS sum_fulfilled, coalesce(r.pieces, 0) AS sum_returned
    FROM orders_orderline n
    JOIN orders_order o ON o.id = n.order_id
    LEFT JOIN (SELECT item, cause, sum(quantity) AS pieces FROM inventory_allocation GROUP BY item, cause) a
        ON a.item = n.id AND a.cause = o.number
    LEFT JOIN (SELECT l.order_line_id, sum(l.quantity) AS pieces FROM orders_fulfilmentline l
               JOIN orders_fulfilment p ON p.id = l.fulfilment_id AND p.status IN ('shipped', 'delivered')
               GROUP BY l.order_line_id) f ON f.order_line_id = n.id
    LEFT JOIN (SELECT l.order_line_id, sum(l.resellable + l.damaged) AS pieces FROM orders_returnline l
               GROUP BY l.order_line_id) r ON r.order_line_id = n.id
    WHERE (n.allocated, n.fulfilled, n.returned)
        IS DISTINCT FROM (coalesce(a.pieces, 0), coalesce(f.pieces, 0), coalesce(r.pieces, 0))
"""
WRONG_STATUSES = """
    SELECT o.id, o.payment_status, o.fulfilment_status, o.return_status, d.payment, d.fulfilment, d.return
    FROM orders_order o
    LEFT JOIN (
        SELECT order_id,
               bool_or(requires_shipping AND quantity > canceled) AS parcels,
               bool_or(requires_shipping AND quantity > canceled AND fulfilled > 0) AS some,
               bool_or(requires_shipping AND quantity > canceled AND quantity > fulfilled + canceled) AS rest,
               sum(fulfilled) AS fulfilled, sum(returned) AS returned
        FROM orders_orderline GROUP BY order_id
    ) l ON l.order_id = o.id
    LEFT JOIN (SELECT DISTINCT order_id FROM orders_return WHERE status IN ('requested', 'approved')) t ON t.order_id = o.id
    CROSS JOIN LATERAL (
        SELECT orders_payment_status(o.status, o.total, o.paid, o.refunded, o.authorized, o.voided) AS payment,
               CASE
                   WHEN l.parcels IS NOT TRUE THEN 'none'
                   WHEN NOT l.some THEN 'unfulfilled'
                   WHEN l.rest THEN 'partial'
                   ELSE 'fulfilled' END AS fulfilment,
               CASE
                   WHEN coalesce(l.fulfilled, 0) > 0 AND t.order_id IS NOT NULL THEN 'requested'
                   WHEN coalesce(l.returned, 0) = 0 THEN 'none'
                   WHEN l.returned = l.fulfilled THEN 'returned'
                   ELSE 'partial' END AS return
    ) d
    WHERE (o.payment_status, o.fulfilment_status, o.return_status) IS DISTINCT FROM (d.payment, d.fulfilment, d.return)
"""
WRONG_AUTHORIZATIONS = """
    SELECT a.order_id, a.captured, a.voided, w.*
    FROM orders_authorization a
    LEFT JOIN (SELECT authorization_id, sum(amount) AS amount FROM orders_payment WHERE authorization_id IS NOT NULL
               GROUP BY authorization_id) p ON p.authorization_id = a.id
    LEFT JOIN (SELECT authorization_id, sum(amount) AS amount FROM orders_authorizationvoid GROUP BY authorization_id) v
        ON v.authorization_id = a.id
    CROSS JOIN LATERAL (SELECT coalesce(p.amount, 0) AS sum_captured, coalesce(v.amount, 0) AS sum_voided) w
    WHERE (a.captured, a.voided) IS DISTINCT FROM (w.sum_captured, w.sum_voided)
"""
WRONG_GRANTS = """
    SELECT g.order_id, g.status = 'executed' AS says, r.id IS NOT NULL AS is
    FROM orders_refundgrant g LEFT JOIN orders_refund r ON r.grant_id = g.id
    WHERE (g.status = 'executed') <> (r.id IS NOT NULL)
"""
WRONG_HOLDS = """
    SELECT o.id, o.on_hold, h.order_id IS NOT NULL AS stands
    FROM orders_order o
    FULL JOIN (SELECT DISTINCT order_id FROM orders_orderhold WHERE released_at IS NULL) h ON h.order_id = o.id
    WHERE o.on_hold <> (h.order_id IS NOT NULL)
"""
# What lies in parcels that have not left is open, and of goods with stock promised where the parcel is packed.
WRONG_PARCELS = """
    SELECT n.id, p.pieces, n.quantity - n.fulfilled - n.canceled, p.place, coalesce(a.pieces, 0)
    FROM (SELECT l.order_line_id AS line, f.location_id AS place, sum(l.quantity) AS pieces,
                 sum(sum(l.quantity)) OVER (PARTITION BY l.order_line_id) AS everywhere
          FROM orders_fulfilmentline l JOIN orders_fulfilment f ON f.id = l.fulfilment_id
          WHERE f.status IN ('pending', 'packed') GROUP BY 1, 2) p
    JOIN orders_orderline n ON n.id = p.line
    LEFT JOIN (SELECT item, location_id, sum(quantity) AS pieces FROM inventory_allocation GROUP BY 1, 2) a
        ON a.item = n.id AND a.location_id = p.place
    WHERE p.everywhere > n.quantity - n.fulfilled - n.canceled OR (n.allocated > 0 AND p.pieces > coalesce(a.pieces, 0))
"""
# Places to pick from are those of the parcel's location and article, and no more of them than the line has.
WRONG_PLACES = """
    SELECT f.number, n.sku, sum(p.quantity), l.quantity
    FROM orders_pickpart p JOIN orders_fulfilmentline l ON l.id = p.line_id
    JOIN orders_fulfilment f ON f.id = l.fulfilment_id JOIN orders_orderline n ON n.id = l.order_line_id
    LEFT JOIN inventory_bin b ON b.id = p.bin_id LEFT JOIN inventory_lot o ON o.id = p.lot_id
    WHERE f.status IN ('pending', 'packed')
    GROUP BY f.number, n.sku, l.id, l.quantity
    HAVING sum(p.quantity) > l.quantity OR bool_or(b.location_id <> f.location_id) OR bool_or(o.variant_id <> n.variant_id)
"""
WRONG_RETURNS = """
    SELECT t.id, t.value, t.refunded, coalesce(l.value, 0) AS sum_value, coalesce(r.amount, 0) AS sum_refunded
    FROM orders_return t
    LEFT JOIN (SELECT order_return_id, sum(value) AS value FROM orders_returnline GROUP BY order_return_id) l
        ON l.order_return_id = t.id
    LEFT JOIN (SELECT order_return_id, sum(amount) AS amount FROM orders_refund GROUP BY order_return_id) r
        ON r.order_return_id = t.id
    WHERE (t.value, t.refunded) IS DISTINCT FROM (coalesce(l.value, 0), coalesce(r.amount, 0))
"""
# Numbers of a series and year are 1, 2, 3 up to what its counter says.
SERIES = "SELECT count(*) FROM backoffice_documentsequence"
WRONG_NUMBERS = r"""
    SELECT concat(series, '-', year), coalesce(c.last, 0), coalesce(n.drawn, 0), coalesce(n.highest, 0)
    FROM (
        SELECT substring(number from '^(.+)-[0-9]{4}-[0-9]+$') AS series, substring(number from '-([0-9]{4})-[0-9]+$')::int AS year,
               count(*) AS drawn, max(substring(number from '[0-9]+$')::bigint) AS highest
        FROM orders_invoice GROUP BY 1, 2
    ) n
    FULL JOIN backoffice_documentsequence c USING (series, year)
    WHERE (coalesce(n.drawn, 0), coalesce(n.highest, 0)) IS DISTINCT FROM (coalesce(c.last, 0)::bigint, coalesce(c.last, 0)::bigint)
"""
# A day on which an order has just changed is due to be summed up again: a job does so every five minutes.
WRONG_DAYS = f"""
    SELECT w.* FROM (
        SELECT day, currency, coalesce(d.orders, 0) AS orders, coalesce(d.total, 0) AS total,
               coalesce(s.orders, 0) AS sum_orders, coalesce(s.total, 0) AS sum_total
        FROM orders_dailysales d FULL JOIN ({SOLD}) s USING (day, currency)
        WHERE (d.orders, d.total) IS DISTINCT FROM (s.orders, s.total)
    ) w
    WHERE NOT EXISTS (
        SELECT FROM orders_order o
        WHERE o.updated_at > now() - interval '10 minutes' AND o.currency = w.currency
          AND (o.placed_at AT TIME ZONE %(zone)s)::date = w.day
    )
"""  # noqa: S608 - no input


def _differences(names: Sequence[Any], row: Sequence[Any]) -> str:
    """What is stored and what follows from the rows, where they differ; `row` holds the one half, then the other."""
    half = len(names)
    pairs = zip(names, row[:half], row[half:], strict=True)
    return "; ".join(
        _("%(name)s %(stored)s, rows say %(right)s") % {"name": name, "stored": stored, "right": right}
        for name, stored, right in pairs
        if stored != right
    )


def _say_order(*names: Any) -> Any:
    return lambda row: f"{Order.objects.get(pk=row[0]).number}: {_differences(names, row[1:])}"


def _say_line(row: Sequence[Any]) -> str:
    line = OrderLine.objects.select_related("order").get(pk=row[0])
    names = (_("allocated"), _("shipped"), _("returned"))
    return f"{line.order.number} {line.sku or line.title}: {_differences(names, row[1:])}"


def _say_return(row: Sequence[Any]) -> str:
    return f"{Return.objects.get(pk=row[0]).number}: {_differences((_('value received'), _('refunded')), row[1:])}"


def _say_day(row: Sequence[Any]) -> str:
    return f"{row[0]} {row[1]}: {_differences((_('orders'), _('total')), row[2:])}"


def _say_series(row: Sequence[Any]) -> str:
    facts = {"series": row[0], "last": row[1], "drawn": row[2], "highest": row[3]}
    return _("%(series)s: counted up to %(last)s, %(drawn)s documents, the highest number is %(highest)s") % facts


def _all_days() -> dict[str, Any]:
    return {"since": BEGINNING, "zone": settings.TIME_ZONE}


def repair_money(by: User | None) -> None:
    """Payments, authorizations and refunds are append-only, so they are right."""
    wrong = keys(WRONG_MONEY)
    orders = list(Order.objects.filter(pk__in=wrong).locked())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order o SET paid = w.sum_paid, refunded = w.sum_refunded, authorized = w.sum_authorized,"  # noqa: S608
            f" voided = w.sum_voided, refund_granted = w.sum_granted FROM ({WRONG_MONEY}) w WHERE w.id = o.id"
        )
    audit.record_many("order.repaired", orders, by=by, reason=REASON)


def repair_counts(by: User | None) -> None:
    """Allocations, shipped parcels and received returns are right; the line follows them."""
    wrong = keys(WRONG_COUNTS)
    orders = list(Order.objects.filter(lines__in=wrong).distinct().order_by("pk"))
    list(Order.objects.filter(pk__in=[order.pk for order in orders]).locked())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_orderline n SET allocated = w.sum_allocated, fulfilled = w.sum_fulfilled, returned = w.sum_returned"  # noqa: S608
            f" FROM ({WRONG_COUNTS}) w WHERE w.id = n.id"
        )
    audit.record_many("order.repaired", orders, by=by, reason=REASON)


def repair_statuses(by: User | None) -> None:
    """Statuses that follow from rows are derived anew."""
    orders = list(Order.objects.filter(pk__in=keys(WRONG_STATUSES)).locked())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order o SET payment_status = w.payment, fulfilment_status = w.fulfilment, return_status = w.return"  # noqa: S608
            f" FROM ({WRONG_STATUSES}) w WHERE w.id = o.id"
        )
    audit.record_many("order.repaired", orders, by=by, reason=REASON)


def repair_holds(by: User | None) -> None:
    """The holds are right."""
    orders = list(Order.objects.filter(pk__in=keys(WRONG_HOLDS)).locked())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE orders_order o SET on_hold = w.stands FROM ({WRONG_HOLDS}) w WHERE w.id = o.id")  # noqa: S608
    audit.record_many("order.repaired", orders, by=by, reason=REASON)


def repair_days(by: User | None) -> None:
    """Every day from the first wrong one on is summed up from its orders anew."""
    days: list[Any] = keys(WRONG_DAYS, _all_days())
    before = _sums(days)
    refresh_sales(since=min(days))
    after = _sums(days)
    rows = {sums: row for sums, row in [*before.items(), *after.items()] if sums not in before or sums not in after}
    audit.record_many(
        "dailysales.repaired", list({row.pk: row for row in rows.values()}.values()), by=by, reason=REASON
    )


def _sums(days: Sequence[Any]) -> dict[tuple[Any, ...], DailySales]:
    """Rows of these days by all that they say."""
    return {(row.day, row.currency, row.orders, row.total): row for row in DailySales.objects.filter(day__in=days)}


def repair_summaries(by: User | None) -> None:
    """All summaries are made from nothing."""
    refresh_summaries(anew=True)
    audit.record("salesmark.repaired", SalesMark.objects.get(), by=by, reason=REASON)


@check("order_totals")
def order_totals() -> Result:
    """Amounts of an order are the sums of its lines and its shipping. Never mended unseen: it is money."""
    say = _say_order(_("subtotal"), _("tax"), _("total"))
    return compare(checked=ORDERS, wrong=WRONG_TOTALS, say=say)


@check("order_payments", repair=repair_money)
def order_payments() -> Result:
    """Paid, refunded, authorized, voided and granted are the sums of their rows."""
    names = (_("paid"), _("refunded"), _("authorized"), _("voided"), _("refund granted"))
    return compare(checked=ORDERS, wrong=WRONG_MONEY, say=_say_order(*names))


@check("order_lines", repair=repair_counts)
def order_lines() -> Result:
    """Pieces allocated, shipped and returned are those of allocations, parcels and returns."""
    return compare(checked=LINES, wrong=WRONG_COUNTS, say=_say_line)


@check("authorizations")
def authorizations() -> Result:
    """What was captured and voided of an authorization is the sum of its rows."""
    checked = "SELECT count(*) FROM orders_authorization"
    return compare(checked=checked, wrong=WRONG_AUTHORIZATIONS, say=_say_order(_("captured"), _("voided")))


@check("refund_grants")
def refund_grants() -> Result:
    """A granted refund is executed when its refund is written, and only then."""
    checked = "SELECT count(*) FROM orders_refundgrant"
    return compare(checked=checked, wrong=WRONG_GRANTS, say=_say_order(_("executed")))


@check("order_holds", repair=repair_holds)
def order_holds() -> Result:
    """An order is on hold while a hold stands."""
    return compare(checked=ORDERS, wrong=WRONG_HOLDS, say=_say_order(_("on hold")))


@check("parcels")
def parcels() -> Result:
    """Pieces in parcels are open, and promised where they are packed."""
    return compare(
        checked="SELECT count(*) FROM orders_fulfilmentline",
        wrong=WRONG_PARCELS,
        say=lambda row: (
            _("%(line)s: %(pieces)s in parcels, %(open)s open, %(promised)s promised there")
            % {
                "line": OrderLine.objects.select_related("order").get(pk=row[0]),
                "pieces": row[1],
                "open": row[2],
                "promised": row[4],
            }
        ),
    )


@check("pick_places")
def pick_places() -> Result:
    """Bins and lots that parcels are picked from belong to them, and are no more than what is in them."""
    return compare(
        checked="SELECT count(*) FROM orders_pickpart",
        wrong=WRONG_PLACES,
        say=lambda row: f"{row[0]}, {row[1]}: {row[2]} / {row[3]}",
    )


@check("order_statuses", repair=repair_statuses)
def order_statuses() -> Result:
    """The three derived statuses follow from the rows."""
    return compare(checked=ORDERS, wrong=WRONG_STATUSES, say=_say_order(_("payment"), _("fulfilment"), _("return")))


@check("returns")
def returns() -> Result:
    """Value and refunds of a return are the sums of its lines and refunds. Never mended unseen: it is money."""
    return compare(checked=RETURNS, wrong=WRONG_RETURNS, say=_say_return)


@check("document_numbers")
def document_numbers() -> Result:
    """Numbers of invoices and credit notes have no gap and no double. Never mended: they are issued."""
    return compare(checked=SERIES, wrong=WRONG_NUMBERS, say=_say_series)


@check("daily_sales", repair=repair_days)
def daily_sales() -> Result:
    """What was sold on a day is the sum of its orders."""
    return compare(checked=DAYS, wrong=WRONG_DAYS, say=_say_day, parameters=_all_days())


@check("sales_summaries", repair=repair_summaries)
def sales_summaries() -> Result:
    """What reports read is what orders, parcels, returns and the ledger add up to."""
    return prove_summaries(_differences)
