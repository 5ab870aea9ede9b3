"""What is known of customers: modules above say how they read it.

A source is a SELECT over `%(until)s` (a moment) and `%(currency)s`:

- orders: `customer_id, at, orders, amount`. A row counts `orders` orders (a refund counts none); `amount` is in the
  currency, NULL for an order in another one.
- contacts: `customer_id, at`, the moments at which the customer was heard of.
"""

ORDERS = "orders"
CONTACTS = "contacts"

MESSAGES = """
    SELECT t.customer_id, max(m.created_at) AS at FROM customers_message m JOIN customers_ticket t ON t.id = m.ticket_id
    WHERE m.kind = 'customer' AND t.customer_id IS NOT NULL AND m.created_at < %(until)s GROUP BY 1
"""
_sources: dict[str, list[str]] = {ORDERS: [], CONTACTS: [MESSAGES]}


def feed(kind: str, sql: str) -> None:
    """Count what `sql` gives; the same statement again changes nothing."""
    if sql not in _sources[kind]:
        _sources[kind].append(sql)


def everything(kind: str) -> str:
    """All sources of a kind as one SELECT; without any an empty one."""
    nothing = {
        ORDERS: "SELECT NULL::bigint AS customer_id, NULL::timestamptz AS at, 0 AS orders, NULL::numeric AS amount WHERE false",
        CONTACTS: "SELECT NULL::bigint AS customer_id, NULL::timestamptz AS at WHERE false",
    }
    return " UNION ALL ".join(_sources[kind]) or nothing[kind]
