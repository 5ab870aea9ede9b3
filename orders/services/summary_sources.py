"""What each summary says of days, worked out from orders, parcels, returns and the ledger.

Each statement gives `day`, `currency`, the keys and the figures of one summary for the days in `due`, ranges of moments
that a WITH in front of it names (see `fresh`). `%(zone)s` is the time zone of the shop.
"""

from orders.models import (
    CategorySales,
    CustomerSales,
    DelaySums,
    PlaceSales,
    ProductSales,
    ReturnSums,
    ShippedByPlace,
    ShippedByProduct,
    Summary,
    TaxSales,
)

# Where the goods go, as two letters. The filter of orders by country in a report says the same (`orders.figures`).
COUNTRY = """upper(left(coalesce(nullif(o.shipping_address->>'country', ''), o.billing_address->>'country', ''), 2))"""

SOLD = f"""
    SELECT o.id, (o.placed_at AT TIME ZONE %(zone)s)::date AS day, o.currency, o.source, {COUNTRY} AS country,
           coalesce(o.customer_id, 0) AS customer, o.shipping_tax_rate, o.fulfilment_status, o.tax, o.total
    FROM due d JOIN orders_order o ON o.placed_at >= d.start AND o.placed_at < d.stop
    WHERE o.status IN ('placed', 'closed')
"""  # noqa: S608 - constants of ours
LINES = "orders_orderline l ON l.order_id = s.id AND l.quantity > l.canceled"

# Money that went over to another order was not given back.
CARRIED = "r.method = 'transfer' AND EXISTS (SELECT FROM orders_order t WHERE t.number = r.reference)"

PLACE = f"""
    SELECT s.day, s.currency, s.source, s.country, count(*) AS orders, coalesce(sum(l.pieces), 0) AS pieces,
           sum(s.total - s.tax) AS net, sum(s.tax) AS tax, sum(s.total) AS gross, 0 AS refunds, 0 AS refunded
    FROM ({SOLD}) s
    LEFT JOIN LATERAL (
        SELECT sum(l.quantity - l.canceled) AS pieces FROM orders_orderline l WHERE l.order_id = s.id
    ) l ON true
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT (r.at AT TIME ZONE %(zone)s)::date, o.currency, o.source, {COUNTRY}, 0, 0, 0, 0, 0, count(*), sum(r.amount)
    FROM due d JOIN orders_refund r ON r.at >= d.start AND r.at < d.stop JOIN orders_order o ON o.id = r.order_id
    WHERE NOT ({CARRIED})
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - constants of ours
PRODUCT = f"""
    SELECT s.day, s.currency, coalesce(v.product_id, 0) AS item, count(DISTINCT s.id) AS orders,
           sum(l.quantity - l.canceled) AS pieces, sum(l.net) AS net, sum(l.tax) AS tax, sum(l.gross) AS gross
    FROM ({SOLD}) s JOIN {LINES} LEFT JOIN catalog_variant v ON v.id = l.variant_id
    GROUP BY 1, 2, 3
"""  # noqa: S608 - constants of ours
CATEGORY = f"""
    SELECT s.day, s.currency, c.item, count(DISTINCT s.id) AS orders,
           sum(l.quantity - l.canceled) AS pieces, sum(l.net) AS net, sum(l.tax) AS tax, sum(l.gross) AS gross
    FROM ({SOLD}) s JOIN {LINES}
    LEFT JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN orders_productplace p ON p.product_id = v.product_id
    CROSS JOIN LATERAL unnest(coalesce(nullif(p.categories, '{{}}'), '{{0}}')) AS c(item)
    GROUP BY 1, 2, 3
"""  # noqa: S608 - constants of ours
CUSTOMER = f"""
    SELECT s.day, s.currency, s.customer AS item, count(*) AS orders, coalesce(sum(l.pieces), 0) AS pieces,
           sum(s.total - s.tax) AS net, sum(s.tax) AS tax, sum(s.total) AS gross
    FROM ({SOLD}) s
    LEFT JOIN LATERAL (
        SELECT sum(l.quantity - l.canceled) AS pieces FROM orders_orderline l WHERE l.order_id = s.id
    ) l ON true
    GROUP BY 1, 2, 3
"""  # noqa: S608 - constants of ours
# What an order comes to beyond its lines is its shipping.
TAX = f"""
    SELECT t.day, t.currency, t.country, t.rate, count(DISTINCT t.id) AS orders,
           sum(t.gross - t.tax) AS net, sum(t.tax) AS tax, sum(t.gross) AS gross
    FROM (
        SELECT s.id, s.day, s.currency, s.country, l.tax_rate AS rate, l.tax, l.gross FROM ({SOLD}) s JOIN {LINES}
        UNION ALL
        SELECT s.id, s.day, s.currency, s.country, s.shipping_tax_rate, s.tax - l.tax, s.total - l.gross
        FROM ({SOLD}) s
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(l.tax), 0) AS tax, coalesce(sum(l.gross), 0) AS gross
            FROM orders_orderline l WHERE l.order_id = s.id AND l.quantity > l.canceled
        ) l
        WHERE s.total <> l.gross OR s.tax <> l.tax
    ) t
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - constants of ours

# The net amount of some pieces of a line; a line keeps what it came to for the pieces that are not canceled.
SHARE = "round(l.net * {pieces} / nullif(l.quantity - l.canceled, 0), 6)"

# What left, what came back, and what the ledger says either cost, each on its own day.
MOVED = f"""
    SELECT (f.shipped_at AT TIME ZONE %(zone)s)::date AS day, o.currency, o.source, {COUNTRY} AS country, f.location_id AS location,
           coalesce(v.product_id, 0) AS item, f.id AS parcel, n.quantity AS pieces,
           coalesce({SHARE.format(pieces="n.quantity")}, 0) AS net, m.cause IS NULL AS uncosted, 0 AS cost
    FROM due d
    JOIN orders_fulfilment f ON f.shipped_at >= d.start AND f.shipped_at < d.stop AND f.status IN ('shipped', 'delivered')
    JOIN orders_fulfilmentline n ON n.fulfilment_id = f.id
    JOIN orders_orderline l ON l.id = n.order_line_id
    JOIN orders_order o ON o.id = f.order_id
    LEFT JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN LATERAL (
        SELECT m.cause FROM inventory_stockmove m
        WHERE m.cause = o.number AND m.cause <> '' AND m.kind = 'shipped' AND m.variant_id = l.variant_id LIMIT 1
    ) m ON true
    UNION ALL
    SELECT (t.received_at AT TIME ZONE %(zone)s)::date, o.currency, o.source, {COUNTRY}, coalesce(t.location_id, 0),
           coalesce(v.product_id, 0), NULL, -(n.resellable + n.damaged),
           -coalesce({SHARE.format(pieces="(n.resellable + n.damaged)")}, 0), m.cause IS NULL, 0
    FROM due d
    JOIN orders_return t ON t.received_at >= d.start AND t.received_at < d.stop AND t.status IN ('received', 'closed')
    JOIN orders_returnline n ON n.order_return_id = t.id AND n.resellable + n.damaged > 0
    JOIN orders_orderline l ON l.id = n.order_line_id
    JOIN orders_order o ON o.id = t.order_id
    LEFT JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN LATERAL (
        SELECT m.cause FROM inventory_stockmove m
        WHERE m.cause = o.number AND m.cause <> '' AND m.kind = 'shipped' AND m.variant_id = l.variant_id LIMIT 1
    ) m ON true
    UNION ALL
    SELECT (m.at AT TIME ZONE %(zone)s)::date, o.currency, o.source, {COUNTRY}, e.location_id, v.product_id, NULL, 0, 0, false, -p.value
    FROM due d
    JOIN inventory_stockmove m ON m.at >= d.start AND m.at < d.stop AND m.kind IN ('shipped', 'returned')
    JOIN inventory_stockposting p ON p.move_id = m.id
    JOIN inventory_stocklevel e ON e.id = p.level_id
    JOIN catalog_variant v ON v.id = m.variant_id
    LEFT JOIN orders_order n ON n.number = m.cause
    LEFT JOIN orders_return t ON t.number = m.cause
    JOIN orders_order o ON o.id = coalesce(n.id, t.order_id)
"""  # noqa: S608 - constants of ours
SHIPPED = f"""
    SELECT day, currency, location, {{keys}}, count(DISTINCT parcel) AS parcels, sum(pieces) AS pieces, sum(net) AS net,
           coalesce(sum(net) FILTER (WHERE uncosted), 0) AS uncosted, sum(cost) AS cost
    FROM ({MOVED}) m
    GROUP BY day, currency, location, {{keys}}
"""  # noqa: S608 - constants of ours
RETURNED = f"""
    SELECT (t.created_at AT TIME ZONE %(zone)s)::date AS day, o.currency, t.reason, count(*) AS returns,
           coalesce(sum(n.announced), 0) AS announced, coalesce(sum(n.resellable), 0) AS resellable,
           coalesce(sum(n.damaged), 0) AS damaged,
           coalesce(sum(n.missing) FILTER (WHERE t.status IN ('received', 'closed')), 0) AS missing,
           coalesce(sum(n.net), 0) AS net, coalesce(sum(r.amount), 0) AS refunded
    FROM due d JOIN orders_return t ON t.created_at >= d.start AND t.created_at < d.stop AND t.status <> 'canceled'
    JOIN orders_order o ON o.id = t.order_id
    LEFT JOIN LATERAL (
        SELECT sum(n.quantity) AS announced, sum(n.resellable) AS resellable, sum(n.damaged) AS damaged,
               sum(n.quantity - n.resellable - n.damaged) AS missing,
               sum({SHARE.format(pieces="(n.resellable + n.damaged)")}) AS net
        FROM orders_returnline n JOIN orders_orderline l ON l.id = n.order_line_id WHERE n.order_return_id = t.id
    ) n ON true
    LEFT JOIN LATERAL (SELECT sum(r.amount) AS amount FROM orders_refund r WHERE r.order_return_id = t.id) r ON true
    GROUP BY 1, 2, 3
"""  # noqa: S608 - constants of ours
DELAY = f"""
    SELECT s.day, s.currency, s.source, s.country,
           CASE WHEN s.fulfilment_status = 'fulfilled'
                THEN least(greatest(coalesce((f.last AT TIME ZONE %(zone)s)::date - s.day, 0), 0), {DelaySums.MOST})
                ELSE {DelaySums.OPEN} END AS delay,
           count(*) AS orders
    FROM ({SOLD}) s
    LEFT JOIN LATERAL (
        SELECT max(f.shipped_at) AS last FROM orders_fulfilment f
        WHERE f.order_id = s.id AND f.status IN ('shipped', 'delivered')
    ) f ON true
    WHERE s.fulfilment_status <> 'none'
    GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - constants of ours

SOURCES: dict[type[Summary], str] = {
    PlaceSales: PLACE,
    ProductSales: PRODUCT,
    CategorySales: CATEGORY,
    CustomerSales: CUSTOMER,
    TaxSales: TAX,
    ShippedByPlace: SHIPPED.format(keys="source, country"),
    ShippedByProduct: SHIPPED.format(keys="item"),
    ReturnSums: RETURNED,
    DelaySums: DELAY,
}


def fresh(summary: type[Summary]) -> str:
    """SELECT of day, currency, keys and figures as the rows say them, one row for each.

    Parameters: zone, and starts and stops, the moments at which each stretch of days begins and ends.
    """
    keys = ", ".join(("day", "currency", *summary.keys))
    sums = ", ".join(f"sum({name}) AS {name}" for name in summary.figures)
    return f"""
        WITH due AS MATERIALIZED (SELECT * FROM unnest(%(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS d(start, stop))
        SELECT {keys}, {sums} FROM ({SOURCES[summary]}) rows GROUP BY {keys}
    """  # noqa: S608 - names of ours
