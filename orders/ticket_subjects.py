"""What orders tell of tickets: the order that a ticket names, or names by a return, a parcel or an article, with its products."""

from django.utils.translation import gettext_lazy

from customers.services import reporting

# Orders that tickets are about: each way by its index.
ORDERS = """
    SELECT x.id AS ticket_id, o.source
    FROM service_touched x JOIN customers_ticket t ON t.id = x.id AND t.about <> ''
    CROSS JOIN LATERAL (
        SELECT o.id FROM orders_order o WHERE o.number = t.about
        UNION SELECT r.order_id FROM orders_return r WHERE r.number = t.about
        UNION SELECT f.order_id FROM orders_fulfilment f WHERE f.number = t.about
    ) a JOIN orders_order o ON o.id = a.id
"""
# Of a return those that come back, of a parcel those in it, of an order all that were not canceled.
PRODUCTS = """
    SELECT x.id AS ticket_id, v.product_id AS item
    FROM service_touched x JOIN customers_ticket t ON t.id = x.id AND t.about <> ''
    CROSS JOIN LATERAL (
        SELECT n.variant_id FROM orders_order o JOIN orders_orderline n ON n.order_id = o.id AND n.quantity > n.canceled
        WHERE o.number = t.about
        UNION SELECT n.variant_id FROM orders_return r JOIN orders_returnline l ON l.order_return_id = r.id
              JOIN orders_orderline n ON n.id = l.order_line_id WHERE r.number = t.about
        UNION SELECT n.variant_id FROM orders_fulfilment f JOIN orders_fulfilmentline l ON l.fulfilment_id = f.id
              JOIN orders_orderline n ON n.id = l.order_line_id WHERE f.number = t.about
        UNION SELECT w.id FROM catalog_variant w WHERE upper(w.sku) = upper(t.about)
    ) a JOIN catalog_variant v ON v.id = a.variant_id
"""
CATEGORIES = f"""
    WITH RECURSIVE above AS (
        SELECT s.ticket_id, p.category_id AS item FROM ({PRODUCTS}) s JOIN catalog_product p ON p.id = s.item
        WHERE p.category_id IS NOT NULL
        UNION SELECT a.ticket_id, c.parent_id FROM above a JOIN catalog_category c ON c.id = a.item WHERE c.parent_id IS NOT NULL
    )
    SELECT ticket_id, item FROM above
"""  # noqa: S608 - constants of ours
CHANGED = """
    SELECT t.id FROM customers_ticket t JOIN (
        SELECT o.number FROM orders_orderlinehistory h JOIN orders_order o ON o.id = h.order_id WHERE h.pgh_created_at >= %(upto)s
        UNION SELECT r.number FROM orders_orderlinehistory h JOIN orders_return r ON r.order_id = h.order_id WHERE h.pgh_created_at >= %(upto)s
        UNION SELECT r.number FROM orders_returnlinehistory h JOIN orders_return r ON r.id = h.order_return_id WHERE h.pgh_created_at >= %(upto)s
        UNION SELECT f.number FROM orders_fulfilmentlinehistory h JOIN orders_fulfilment f ON f.id = h.fulfilment_id
              WHERE h.pgh_created_at >= %(upto)s
        UNION SELECT o.number FROM orders_orderhistory h JOIN orders_order o ON o.id = h.pgh_obj_id WHERE h.pgh_created_at >= %(upto)s
    ) c ON c.number = t.about AND t.about <> ''
"""
SORTED = """
    SELECT f.ticket_id AS id FROM customers_ticketfacts f
    JOIN (SELECT DISTINCT pgh_obj_id FROM catalog_producthistory WHERE pgh_created_at >= %(upto)s
          AND pgh_obj_id::text IN (SELECT item FROM customers_ticketsums WHERE by = 'product' AND span = 'y')) p
      ON f.subjects @> jsonb_build_object('product', jsonb_build_array(p.pgh_obj_id::text))
    UNION SELECT f.ticket_id FROM customers_ticketfacts f
    WHERE jsonb_exists(f.subjects, 'product') AND EXISTS (SELECT FROM catalog_categoryhistory WHERE pgh_created_at >= %(upto)s)
"""


def _named(table: str, code: str, name: str, name_zh: str) -> dict[str, str]:
    found = {"code": code, "name": name, "name_zh": name_zh}
    return {
        what: f"coalesce((SELECT n.{column} FROM {table} n WHERE n.id = {{key}}::bigint), '')"  # noqa: S608 - names of ours
        for what, column in found.items()
    }


reporting.subject(
    reporting.Subject(
        "product",
        gettext_lazy("Products"),
        rows=PRODUCTS,
        touched=CHANGED,
        named=_named("catalog_product", "handle", "title", "title_zh"),
        timed=False,
    )
)
reporting.subject(
    reporting.Subject(
        "category",
        gettext_lazy("Categories"),
        rows=CATEGORIES,
        touched=SORTED,
        named=_named("catalog_category", "path", "path", "path"),
    )
)
reporting.subject(
    reporting.Subject(
        "order",
        gettext_lazy("Channels of the orders"),
        rows=f"SELECT ticket_id, source AS item FROM ({ORDERS}) o",  # noqa: S608 - a constant of ours
        touched=CHANGED,
        named={"code": "{key}", "name": "''", "name_zh": "''"},
    )
)
