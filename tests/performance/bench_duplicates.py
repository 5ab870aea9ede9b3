"""The search for customers who may be the same, set-wise over all, beside comparing one customer after the other.

Of every hundred customers one has a twin: the same name with its words in another order, and the same postal code.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from tests.performance.shop import PROJECT, report

FIRST = "ARRAY['Anna','Ben','Carla','David','Eva','Felix','Greta','Hugo','Ida','Jonas','Klara','Leo','Mia','Noah','Olga','Paul']"
LAST = "ARRAY['Müller','Schmidt','Rossi','Silva','Novak','Jensen','Kowalski','Moreau','Garcia','Ivanov','Nagy','Berg','Costa','Popa','Weber','Lang']"
CUSTOMERS = f"""
INSERT INTO customers_customer (number, kind, status, name, company, external_id, language, tags, note, tax_exempt, created_at, updated_at)
SELECT 'BD-' || n, 'person', 'active', ({FIRST})[1 + n %% 16] || ' ' || ({LAST})[1 + n / 16 %% 16] || ' ' || chr(65 + n / 256 %% 26) || chr(97 + n / 7 %% 26),
       '', '', 'en', '{{}}', '', false, now(), now() FROM generate_series(1, %(rows)s) n
"""
CONTACTS = """
INSERT INTO customers_contactpoint (customer_id, kind, raw, normalized, label, is_primary, created_at)
SELECT id, 'email', m, m, '', true, now() FROM (
    SELECT id, lower(replace(name, ' ', '.')) || substr(number, 4) || '@shop.example' AS m FROM customers_customer WHERE number LIKE 'BD-%%') c
UNION ALL
SELECT id, 'phone', '+4930' || (10000000 + substr(number, 4)::int), '+4930' || (10000000 + substr(number, 4)::int), '', true, now()
FROM customers_customer WHERE number LIKE 'BD-%%'
"""
ADDRESSES = """
INSERT INTO customers_address (customer_id, kind, name, company, line1, line2, city, region, postal_code, country, is_default, created_at)
SELECT id, 'shipping', name, '', 'Street 1', '', 'Town', '', lpad((id %% 30000)::text, 5, '0'), 'DE', true, now()
FROM customers_customer WHERE number LIKE 'BD-%%'
"""
TWINS = """
WITH twin AS (
    INSERT INTO customers_customer (number, kind, status, name, company, external_id, language, tags, note, tax_exempt, created_at, updated_at)
    SELECT 'BT-' || c.id, 'person', 'active', split_part(c.name, ' ', 2) || ', ' || split_part(c.name, ' ', 1) || ' ' || split_part(c.name, ' ', 3),
           '', '', 'en', '{}', '', false, now(), now()
    FROM customers_customer c WHERE number LIKE 'BD-%%' AND id %% 100 = 0 RETURNING id, number
)
INSERT INTO customers_address (customer_id, kind, name, company, line1, line2, city, region, postal_code, country, is_default, created_at)
SELECT t.id, 'shipping', '', '', 'Street 1', '', 'Town', '', a.postal_code, 'DE', true, now()
FROM twin t JOIN customers_address a ON a.customer_id = substr(t.number, 4)::bigint
"""
FOUND = """
SELECT count(*) FILTER (WHERE p.id IS NOT NULL)::float / count(*) FROM customers_customer t
LEFT JOIN customers_duplicatepair p ON p.one_id = substr(t.number, 4)::bigint AND p.other_id = t.id WHERE t.number LIKE 'BT-%'
"""


def main() -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / "duplicates")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from customers import services

    call_command("migrate", verbosity=0)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (CUSTOMERS, CONTACTS, ADDRESSES, TWINS):
            cursor.execute(statement, {"rows": rows})
        cursor.execute("ANALYZE customers_customer, customers_contactpoint, customers_address")
        began = time.perf_counter()
        found = services.find_duplicates()
        first = time.perf_counter() - began
        began = time.perf_counter()
        services.find_duplicates()
        again = time.perf_counter() - began
        cursor.execute(FOUND)
        recall = cursor.fetchone()[0]
        began = time.perf_counter()
        for _number in range(20):
            services.look_alikes(name="Anna Müller Ab", postal_codes=["00016"])
        typed = (time.perf_counter() - began) / 20
        transaction.set_rollback(True)
    return {
        "customers": rows,
        "seconds": round(first, 1),
        "seconds_again": round(again, 1),
        "twins_found": round(recall, 3),
        "one_customer_ms": round(typed * 1000, 1),
        "times_faster_than_one_by_one": round(typed * rows / first),
        **found,
    }


if __name__ == "__main__":
    report(main())
