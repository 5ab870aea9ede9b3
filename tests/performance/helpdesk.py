"""The help desk that the benchmarks measure: many tickets of many customers with orders, written set-wise and kept between runs.

Rows are inserted without triggers and indexes, which are built afterwards: what is measured reads them. Of a million tickets
a hundred thousand are unsolved, most of them recent; five messages each; one customer has asked 5,000 times and ordered 10,000 times.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.performance.shop import PROJECT

AGENTS, BUSY_TICKETS, BUSY_ORDERS = 50, 5_000, 10_000
QUEUES = (
    ("bench-orders", 0.5),
    ("bench-returns", 0.75),
    ("bench-billing", 0.9),
    ("bench-trade", 0.97),
    ("bench-press", 1.0),
)
EMAIL = "owner@bench.example"
# Chance is drawn for each row, because what draws it reads the row. Words by how often they stand in a message: "parcel" in two of five, "heron" in one of ten thousand.
COMMON = "ARRAY['parcel','order','delivery','refund','包裹还没有收到']"
USUAL = "ARRAY['invoice','colour','broken','exchange','voucher','address','receipt','退款什么时候到账','尺寸不合适','发票抬头']"
RARE = "ARRAY['heron','zinnober','quartz','marmalade','gyroscope','isinglass','景德镇青花','龙井茶叶']"

CUSTOMERS = """
INSERT INTO customers_customer (number, kind, status, name, company, external_id, language, tags, note, tax_exempt, price_group, created_at, updated_at)
SELECT 'CU-' || 1000000 + n, CASE WHEN n % 9 = 0 THEN 'company' ELSE 'person' END, 'active',
       (ARRAY['Anna','Ben','Carla','David','Eva','Felix','Greta','Hugo'])[1 + n % 8] || ' ' || (ARRAY['Berg','Costa','Novak','Weber','Lang'])[1 + n / 8 % 5] || n,
       '', '', 'en', CASE WHEN n % 50 = 0 THEN '{vip}'::text[] ELSE '{}' END, '', false, '', now() - random() * interval '1000 days', now()
FROM generate_series(1, %(customers)s) n
"""
ORDERS = """
INSERT INTO orders_order (number, customer_id, customer_name, email, phone, language, billing_address, shipping_address, status, payment_status,
    fulfilment_status, return_status, source, source_number, currency, prices_include_tax, subtotal, discount, shipping, shipping_tax_rate, tax,
    total, paid, refunded, note, tags, cancel_reason, placed_at, created_at, updated_at)
SELECT 'SO-' || 1000000 + n, %(first_customer)s + CASE WHEN n <= %(busy_orders)s THEN 0 ELSE n * 7919::bigint % %(customers)s END, 'Name', '', '', 'en',
       '{}', '{}', 'closed', 'paid', 'fulfilled', 'none', 'web', '', 'EUR', true, 50, 0, 0, 0, 0, 50, 50, 0, '', '{}', '', a.at, a.at, a.at
FROM generate_series(1, %(orders)s) n CROSS JOIN LATERAL (SELECT now() - random() * interval '1000 days' + n * interval '0' AS at) a
"""
TICKETS = """
INSERT INTO customers_ticket (number, subject, customer_id, requester_name, requester_email, queue_id, status, priority, assignee_id, channel, about,
    language, tags, token, created_at, updated_at, last_message_at, solved_at, due_on)
SELECT 'TK-' || 1000000 + n,
       (ARRAY['Where is my','Question about my','Wrong','Broken','Return of a','退换'])[1 + n % 6] || ' '
           || (ARRAY['parcel','order','invoice','lamp','cup','linen cloth','茶杯'])[1 + n / 6 % 7] || ' ' || n,
       c.key, 'Anna Berg' || c.key, 'person' || c.key || '@mail.example', (%(queues)s::bigint[])[q.place], s.status, 1 + (n % 10 > 1)::int + (n % 10 > 7)::int + (n % 100 = 99)::int,
       CASE WHEN s.status = 'new' OR n % 11 = 0 THEN NULL ELSE (%(agents)s::bigint[])[1 + n % %(agent_count)s] END,
       (ARRAY['mail','form','staff','api'])[1 + (n % 10 > 5)::int + (n % 10 > 8)::int + (n % 100 = 59)::int],
       CASE WHEN n % 3 = 0 THEN 'SO-' || 1000000 + n ELSE '' END, CASE WHEN n % 4 = 0 THEN 'zh-hans' ELSE 'en' END,
       CASE WHEN n % 20 = 0 THEN '{delay}'::text[] WHEN n % 1000 = 7 THEN '{recall}' ELSE '{}' END, 'bench-' || n, a.at, l.at, l.at,
       CASE WHEN s.status IN ('solved', 'closed') THEN l.at END,
       CASE WHEN n % 10 = 3 THEN (a.at + interval '9 days')::date END
FROM generate_series(1, %(tickets)s) n
CROSS JOIN LATERAL (SELECT %(first_customer)s + CASE WHEN n %% 100 = 1 AND n / 100 < %(busy_tickets)s THEN 0 ELSE n * 104729::bigint % %(customers)s END AS key) c
CROSS JOIN LATERAL (SELECT now() - (%(tickets)s - n) * (interval '1000 days' / %(tickets)s) AS at) a
CROSS JOIN LATERAL (SELECT least(now(), a.at + random() * random() * interval '20 days' + n * interval '0') AS at) l
CROSS JOIN LATERAL (SELECT random() + n * 0 AS share, random() + n * 0 AS age) r
CROSS JOIN LATERAL (SELECT 1 + count(*) AS place FROM unnest(%(shares)s::float[]) w WHERE w <= r.share) q
CROSS JOIN LATERAL (SELECT CASE
    WHEN n > %(tickets)s * 0.85 AND r.age < 0.6 OR n > %(tickets)s * 0.5 AND r.age < 0.03
        THEN (ARRAY['new','open','open','open','open','pending','pending','pending','on_hold','open'])[1 + n % 10]
    WHEN n > %(tickets)s * 0.97 THEN 'solved' WHEN n % 50 = 0 THEN 'spam' ELSE 'closed' END AS status) s
"""
MESSAGES = """
INSERT INTO customers_message (ticket_id, kind, author_id, author_name, author_email, body, message_id, created_at)
SELECT t.id, k.kind, CASE WHEN k.kind = 'customer' THEN NULL ELSE coalesce(t.assignee_id, (%(agents)s::bigint[])[1]) END, t.requester_name, t.requester_email,
       'Hello, this is about ' || t.number || ' and message ' || m || '. Thank you for looking at it as soon as you can; ' || CASE WHEN r.r < 0.4 THEN ({COMMON})[1 + (r.s * 5)::int % 5] ELSE 'nothing' END
       || ' is what I mean, of last week. ' || CASE WHEN r.s < 0.1 THEN 'It has to do with the ' || ({USUAL})[1 + (r.r * 1000)::int % 10] || '.' ELSE 'I hope to hear from you.' END
       || CASE WHEN r.t < 0.0008 THEN ' It came with ' || ({RARE})[1 + (r.r * 1000)::int % 8] || '.' ELSE '' END || ' Kind regards, ' || t.requester_name,
       CASE WHEN k.kind = 'note' THEN '' ELSE '<' || t.id || '.' || m || '@bench.example>' END, t.created_at + (t.last_message_at - t.created_at) * (m - 1) / 4
FROM customers_ticket t CROSS JOIN generate_series(1, 5) m
CROSS JOIN LATERAL (SELECT (ARRAY['customer','reply','customer','note','reply'])[m] AS kind) k
CROSS JOIN LATERAL (SELECT (t.id + m) * 0 AS n) w
CROSS JOIN LATERAL (SELECT random() + w.n AS r, random() + w.n AS s, random() + w.n AS t) r
ORDER BY t.id, m
"""
WORDS = "INSERT INTO customers_messagewords (message_id, ticket_id, words) SELECT id, ticket_id, customers_message_words(body) FROM customers_message ORDER BY id"


def open_database(folder: str) -> None:
    """Start Django on a migrated server of this benchmark's own."""
    if "DATABASE_URL" not in os.environ and "EMBEDDED_POSTGRES_DIR" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get("BENCH_POSTGRES_DIR", str(PROJECT / ".data" / folder))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0)


def open_helpdesk(tickets: int) -> None:
    """Start Django on a help desk with so many tickets, written first where it is missing."""
    open_database(f"performance-tickets-{tickets}")
    from customers.models import Ticket

    if not Ticket.objects.filter(number=f"TK-{1_000_000 + tickets}").exists():
        fill(tickets)


def fill(tickets: int) -> None:
    from django.db import connection

    from customers.models import Customer, Queue, Ticket

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers_ticket, customers_customer, customers_messagewords, orders_order CASCADE")
        queues = [Queue.objects.get_or_create(slug=slug, defaults={"name": slug})[0].pk for slug, _share in QUEUES]
        agents = [person("support_agent", f"agent{n}@bench.example").pk for n in range(AGENTS)]
        person("owner", EMAIL)
        facts = {
            "tickets": tickets,
            "orders": tickets,
            "customers": max(tickets * 3 // 10, 10),
            "queues": queues,
            "shares": [share for _slug, share in QUEUES[:-1]],
            "agents": agents,
            "agent_count": AGENTS,
            "busy_tickets": BUSY_TICKETS,
            "busy_orders": BUSY_ORDERS,
        }
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'; SET synchronous_commit = off")
        cursor.execute("SET session_replication_role = replica")
        for table, sql in (
            ("customers_customer", CUSTOMERS),
            ("orders_order", ORDERS),
            ("customers_ticket", TICKETS),
            ("customers_message", MESSAGES),
            ("customers_messagewords", WORDS),
        ):
            print(f"writing {table}", file=sys.stderr)
            with without_indexes(cursor, table):
                cursor.execute(escaped(sql), facts)
            if table == "customers_customer":
                facts["first_customer"] = Customer.objects.earliest("pk").pk
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM (ANALYZE)")
    assert Ticket.objects.filter(customer=facts["first_customer"]).count() >= min(BUSY_TICKETS, tickets // 100)


def person(role: str, email: str) -> Any:
    """The user with this address, made where there is none yet."""
    from backoffice.models import User
    from tests.factories import make_user

    return User.objects.filter(email=email).first() or make_user(role, email=email)


def escaped(sql: str) -> str:
    """`%(name)s` stays a value, any other percent sign is one."""
    sql = sql.replace("{COMMON}", COMMON).replace("{USUAL}", USUAL).replace("{RARE}", RARE)
    return sql.replace("%%", "%").replace("%", "%%").replace("%%(", "%(")


@contextmanager
def without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Load a table without its indexes, but for those that constraints need."""
    cursor.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
           WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
        [table],
    )
    found = cursor.fetchall()
    for name, _sql in found:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, sql in found:
        cursor.execute(sql)
