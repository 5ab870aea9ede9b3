"""What orders tell the customers' segments: when somebody bought, and for how much, net of what was given back."""

from customers.services import segments

# An order that was canceled after the moment counted at that moment, if it had been placed.
COUNTED = """(o.status IN ('placed', 'closed') OR o.status = 'canceled' AND o.canceled_at >= %(until)s
    AND EXISTS (SELECT FROM orders_orderhistory h WHERE h.pgh_obj_id = o.id AND h.status = 'placed'))"""

# Money that went over to another order was not given back.
BOUGHT = f"""
    SELECT o.customer_id, o.placed_at AS at, 1 AS orders, CASE WHEN o.currency = %(currency)s THEN o.total END AS amount
    FROM orders_order o WHERE o.customer_id IS NOT NULL AND o.placed_at < %(until)s AND {COUNTED}
    UNION ALL
    SELECT o.customer_id, r.at, 0, -r.amount
    FROM orders_refund r JOIN orders_order o ON o.id = r.order_id
    WHERE o.customer_id IS NOT NULL AND r.at < %(until)s AND o.currency = %(currency)s AND o.placed_at < %(until)s AND {COUNTED}
    AND NOT (r.method = 'transfer' AND EXISTS (SELECT FROM orders_order t WHERE t.number = r.reference))
"""  # noqa: S608 - constants of ours

segments.feed(segments.ORDERS, BOUGHT)
