"""What each summary says of days, worked out from orders, parcels, returns and the ledger.

Each statement gives `day`, `currency`, the keys and the figures of one summary for the days in `due`, ranges of moments
that a WITH in front of it names (see `fresh`). `%(zone)s` is the time zone of the shop.
"""

from orders.models import (
    CategorySales,
    CustomerSales,
    DelaySums,
    PlaceSales,
    ProductMargin,
    ProductSales,
    ReturnSums,
    ShippedByPlace,
    ShippedByProduct,
    Summary,
    TaxDocuments,
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

# What an issued document says itself: it never changes, whatever becomes of its order.
TAX_DOCUMENTS = """
    SELECT (i.issued_at AT TIME ZONE %(zone)s)::date AS day, i.currency, i.kind,
           upper(left(coalesce(nullif(i.content->'ship_to'->>'country', ''), i.content->'buyer'->'address'->>'country', ''), 2))
               AS country,
           (t->>'rate')::numeric AS rate, 1 AS documents, g.sign * (t->>'net')::numeric AS net,
           g.sign * (t->>'tax')::numeric AS tax, g.sign * (t->>'gross')::numeric AS gross
    FROM due d JOIN orders_invoice i ON i.issued_at >= d.start AND i.issued_at < d.stop
    CROSS JOIN LATERAL (SELECT CASE i.kind WHEN 'credit_note' THEN -1 ELSE 1 END AS sign) g
    CROSS JOIN LATERAL jsonb_array_elements(i.content->'taxes') AS t
"""

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
           coalesce(sum(net) FILTER (WHERE uncosted), 0) AS uncosted, sum(cost) AS cost,
           greatest(coalesce(sum(net) FILTER (WHERE NOT uncosted), 0) - sum(cost), 0) AS gained
    FROM ({MOVED}) m
    GROUP BY day, currency, location, {{keys}}
"""  # noqa: S608 - constants of ours
# Out of the summary of each location, which is brought up before this one.
MARGIN = """
    SELECT s.day, s.currency, s.item, sum(s.parcels) AS parcels, sum(s.pieces) AS pieces, sum(s.net) AS net,
           sum(s.uncosted) AS uncosted, sum(s.cost) AS cost, greatest(sum(s.net - s.uncosted - s.cost), 0) AS gained
    FROM due d JOIN orders_shippedbyproduct s ON s.span = 'd'
     AND s.day >= (d.start AT TIME ZONE %(zone)s)::date AND s.day < (d.stop AT TIME ZONE %(zone)s)::date
    GROUP BY 1, 2, 3
"""
# Money that went back for a return is shared over its reasons by the value of what arrived, to the last digit.
RETURNED = f"""
    SELECT (at AT TIME ZONE %(zone)s)::date AS day, currency, cause, reason, 1 AS returns, led, announced, resellable, damaged,
           missing, net,
           CASE WHEN value_in_all = 0 THEN led * refunded
                ELSE round(refunded * value_so_far / value_in_all, 6)
                     - round(refunded * (value_so_far - value) / value_in_all, 6) END AS refunded
    FROM (
        SELECT t.created_at AS at, o.currency, t.reason, n.cause, n.announced, n.resellable, n.damaged, n.net, n.value,
               CASE WHEN t.status IN ('received', 'closed') THEN n.missing ELSE 0 END AS missing,
               CASE WHEN n.first = min(n.first) OVER (PARTITION BY t.id) THEN 1 ELSE 0 END AS led,
               coalesce(r.amount, 0) AS refunded,
               sum(n.value) OVER (PARTITION BY t.id ORDER BY n.first) AS value_so_far,
               sum(n.value) OVER (PARTITION BY t.id) AS value_in_all
        FROM due d JOIN orders_return t ON t.created_at >= d.start AND t.created_at < d.stop AND t.status <> 'canceled'
        JOIN orders_order o ON o.id = t.order_id
        CROSS JOIN LATERAL (
            SELECT coalesce(n.reason_id, 0) AS cause, min(n.id) AS first, sum(n.quantity) AS announced,
                   sum(n.resellable) AS resellable, sum(n.damaged) AS damaged,
                   sum(n.quantity - n.resellable - n.damaged) AS missing, sum(n.value) AS value,
                   coalesce(sum({SHARE.format(pieces="(n.resellable + n.damaged)")}), 0) AS net
            FROM orders_returnline n JOIN orders_orderline l ON l.id = n.order_line_id WHERE n.order_return_id = t.id
            GROUP BY 1
        ) n
        LEFT JOIN LATERAL (SELECT sum(r.amount) AS amount FROM orders_refund r WHERE r.order_return_id = t.id) r ON true
    ) returns
"""  # noqa: S608 - constants of ours
# Each parcel is given the days from when it might leave. Of what waits, pieces in no parcel might have left from the start.
DELAY = f"""
    SELECT s.day, s.currency, s.source, s.country,
           CASE WHEN s.fulfilment_status = 'fulfilled' THEN least(coalesce(f.slowest, 0), {DelaySums.MOST})
                ELSE {DelaySums.OPEN} END AS delay,
           CASE WHEN s.fulfilment_status = 'fulfilled' OR f.first_to_leave IS NULL OR f.first_to_leave <= s.day
                     OR f.pieces < (SELECT sum(l.quantity - l.canceled - l.fulfilled) FROM orders_orderline l
                                    WHERE l.order_id = s.id AND l.requires_shipping) THEN 0
                ELSE least(f.first_to_leave - s.day, {DelaySums.FARTHEST}) END AS postponed,
           count(*) AS orders
    FROM ({SOLD}) s
    LEFT JOIN LATERAL (
        SELECT max(greatest((f.shipped_at AT TIME ZONE %(zone)s)::date - greatest(s.day, f.not_before), 0))
                   FILTER (WHERE f.status IN ('shipped', 'delivered')) AS slowest,
               min(coalesce(f.not_before, s.day)) FILTER (WHERE f.status IN ('pending', 'packed')) AS first_to_leave,
               sum((SELECT sum(n.quantity) FROM orders_fulfilmentline n WHERE n.fulfilment_id = f.id))
                   FILTER (WHERE f.status IN ('pending', 'packed')) AS pieces
        FROM orders_fulfilment f WHERE f.order_id = s.id
    ) f ON true
    WHERE s.fulfilment_status <> 'none'
    GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608 - constants of ours

SOURCES: dict[type[Summary], str] = {
    PlaceSales: PLACE,
    ProductSales: PRODUCT,
    CategorySales: CATEGORY,
    CustomerSales: CUSTOMER,
    TaxSales: TAX,
    TaxDocuments: TAX_DOCUMENTS,
    ShippedByPlace: SHIPPED.format(keys="source, country"),
    ShippedByProduct: SHIPPED.format(keys="item"),
    ProductMargin: MARGIN,
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
