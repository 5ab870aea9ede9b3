"""New customers are inserted, changed ones updated, contacts, addresses and consents added: one statement for each table."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from django.db import connection

from backoffice import context
from backoffice.numbering import sequence_name
from customers.services.upsert.checking import Checking
from customers.services.upsert.columns import FIELDS, PURPOSE, STAGED
from customers.services.upsert.finding import ADDRESS_TEXTS

SEQUENCE = sequence_name("CU")


class CustomerBatch(Checking):
    def write(self) -> None:
        for table in ("import_contact", "import_address", "import_consent"):
            self.run(f"DELETE FROM {table} k USING import_refused r WHERE r.row = k.row")
        self.run("DELETE FROM import_contact WHERE is_dropped")
        self.run("DELETE FROM import_customer c USING import_refused r WHERE r.row = c.row AND c.is_new")
        self.run("UPDATE import_customer c SET changed = false FROM import_refused r WHERE r.row = c.row")
        self._lock_customers()
        self.analyze("customers_customer", self._write_customers())
        self.analyze("customers_contactpoint", self._write_contacts())
        self.analyze("customers_address", self._write_addresses())
        self._write_consents()

    def _lock_customers(self) -> None:
        """Lock everybody to whom something happens, in the order in which all lock them."""
        self.run(
            f"""SELECT id FROM customers_customer WHERE id IN (
                    SELECT c.id FROM import_customer c JOIN import_who w ON w.gkey = c.gkey LEFT JOIN ({self.ADDS}) a ON a.row = w.row
                    WHERE NOT c.is_new AND (c.changed OR a.row IS NOT NULL)
                ) ORDER BY id FOR NO KEY UPDATE"""
        )

    def _write_customers(self) -> int:
        values = [STAGED[name].inserting(name) for name in FIELDS]
        given = "s.number <> ''"
        written = self.run(
            f"""INSERT INTO customers_customer (id, number, {", ".join(FIELDS)}, created_at, updated_at)
                SELECT c.id, CASE WHEN {given} THEN upper(s.number) ELSE 'CU-' || nextval('{SEQUENCE}') END, {", ".join(values)}, now(), now()
                FROM (SELECT * FROM import_customer WHERE is_new ORDER BY row) c JOIN import_stage s ON s.row = c.row ORDER BY c.row"""
        )
        if "number" in self.present:
            self.run(
                f"""SELECT setval('{SEQUENCE}', g.most) FROM (
                        SELECT max(substr(s.number, 4)::bigint) AS most FROM import_customer c JOIN import_stage s ON s.row = c.row
                        WHERE c.is_new AND {given}
                    ) g WHERE g.most > (SELECT last_value FROM {SEQUENCE})"""
            )
        if self.fields:
            sets = ", ".join(f"{name} = {STAGED[name].updating(name)}" for name in self.fields)
            self.run(
                f"""UPDATE customers_customer t SET {sets}, updated_at = now() FROM import_customer c, import_stage s
                    WHERE c.changed AND s.row = c.row AND t.id = c.id"""
            )
        return written

    def _write_contacts(self) -> int:
        self.run(
            """UPDATE customers_contactpoint t SET is_primary = false FROM import_contact k
               WHERE k.leads AND t.customer_id = k.customer_id AND t.kind = k.kind AND t.is_primary AND t.ended_at IS NULL"""
        )
        self.run(
            "UPDATE customers_contactpoint t SET is_primary = true FROM import_contact k WHERE k.leads AND t.id = k.id"
        )
        return self.run(
            """INSERT INTO customers_contactpoint (customer_id, kind, raw, normalized, label, is_primary, created_at)
               SELECT customer_id, kind, left(raw, 254), normalized, '', leads, now() FROM import_contact WHERE id IS NULL ORDER BY row, place"""
        )

    def _write_addresses(self) -> int:
        self.run(
            """UPDATE customers_address t SET is_default = false FROM import_address k
               WHERE k.leads AND t.customer_id = k.customer_id AND t.kind = k.new_kind AND t.is_default AND t.id IS DISTINCT FROM k.id"""
        )
        self.run(
            """UPDATE customers_address t SET name = coalesce(nullif(k.name, ''), t.name), company = coalesce(nullif(k.company, ''), t.company),
                      is_default = t.is_default OR k.leads FROM import_address k WHERE k.changed AND t.id = k.id"""
        )
        texts = ", ".join(f"coalesce(k.{name}, '')" for name in ADDRESS_TEXTS if name not in ("name", "company"))
        return self.run(
            f"""INSERT INTO customers_address (customer_id, kind, {", ".join(ADDRESS_TEXTS)}, is_default, created_at)
                SELECT k.customer_id, k.new_kind, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.company, ''), c.company), {texts}, k.leads, now()
                FROM import_address k JOIN customers_customer c ON c.id = k.customer_id WHERE k.is_new ORDER BY k.row, k.place"""
        )

    def _write_consents(self) -> None:
        source = consent_source(context.current().get("run", ""))
        self.run(
            f"""INSERT INTO customers_consent (customer_id, channel, purpose, granted, source, at)
                SELECT customer_id, channel, '{PURPOSE}', granted, %s, now() FROM import_consent ORDER BY row, channel""",
            [source],
        )


def consent_source(run: str) -> str:
    """How an import is named where a consent says how we know of it."""
    return f"import {run}".strip()


def correct_consents(run: str, *, backwards: bool) -> None:
    """Counter-entries for consents that `run` added to customers who stay, or new ones when it is done again.

    What somebody recorded since then governs.
    """
    wanted = "NOT o.granted" if backwards else "o.granted"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO customers_consent (customer_id, channel, purpose, granted, source, at)
                SELECT f.customer_id, f.channel, f.purpose, f.wanted, %(source)s, now() FROM (
                    SELECT DISTINCT ON (o.customer_id, o.channel, o.purpose) o.customer_id, o.channel, o.purpose, {wanted} AS wanted
                    FROM customers_consent o WHERE o.source = %(source)s ORDER BY o.customer_id, o.channel, o.purpose, o.id
                ) f JOIN LATERAL (
                    SELECT l.granted, l.source FROM customers_consent l
                    WHERE (l.customer_id, l.channel, l.purpose) = (f.customer_id, f.channel, f.purpose) ORDER BY l.id DESC LIMIT 1
                ) l ON l.granted <> f.wanted AND l.source = %(source)s ORDER BY f.customer_id""",
            {"source": consent_source(run)},
        )
