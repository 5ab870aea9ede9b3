"""Whom each row is about, and what contacts, addresses and consents it brings."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence

from backoffice.imports.batch import Batch
from customers.services.upsert.columns import CONSENTS, FIELDS, MESSAGES, PURPOSE, STAGED

STREET = "lower(regexp_replace(concat_ws('|', {0}.line1, {0}.line2, {0}.city, {0}.region, {0}.postal_code, {0}.country), '\\s+', ' ', 'g'))"
ADDRESS_TEXTS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")


class Finding(Batch):
    """import_who: the customer of each row. import_customer, _contact, _address and _consent: what becomes of them.

    A row is about the customer of its number elsewhere, else of its number, else of its e-mail address, else of its phone
    number. Rows about the same customer belong together: the first carries the fields, the others add contacts and
    addresses. Nothing is taken away from a customer who exists.
    """

    resource = "customers"
    staged = STAGED
    messages = MESSAGES
    tables = ("import_who", "import_customer", "import_contact", "import_address", "import_consent")

    def joined(self) -> Sequence[str]:
        return ("external_id", "number")

    def compare(self) -> None:
        self._find_customers()
        self._gather_customers()
        self._gather_contacts()
        self._gather_addresses()
        self._gather_consents()

    @property
    def fields(self) -> list[str]:
        """Present columns that are fields of the customer."""
        return [name for name in FIELDS if name in self.present]

    def _find_customers(self) -> None:
        adopted = "(coalesce(s.external_id, '') = '' OR {0}.external_id = '')"
        self.run(
            f"""CREATE TEMP TABLE import_who ON COMMIT DROP AS
                SELECT f.*, CASE WHEN customer_id IS NOT NULL THEN 'c' || customer_id WHEN external_id <> '' THEN 'x' || upper(external_id)
                                 WHEN number <> '' THEN 'n' || upper(number) WHEN email <> '' THEN 'e' || email
                                 WHEN phone <> '' THEN 'p' || phone END AS gkey
                FROM (
                    SELECT s.row, s.external_id, s.number, s.emails[1] AS email, s.phones[1] AS phone, coalesce(customers_survivor(x.merged_into_id), x.id) AS external_customer,
                           coalesce(customers_survivor(n.merged_into_id), n.id) AS numbered,
                           coalesce(customers_survivor(x.merged_into_id), x.id, customers_survivor(n.merged_into_id), n.id, CASE WHEN {adopted.format("ec")} THEN e.customer_id END,
                                    CASE WHEN s.emails[1] IS NULL AND {adopted.format("pc")} THEN p.customer_id END) AS customer_id
                    FROM import_stage s
                    LEFT JOIN customers_customer x ON s.external_id <> '' AND x.external_id <> '' AND upper(x.external_id) = upper(s.external_id)
                    LEFT JOIN customers_customer n ON s.number <> '' AND n.number = upper(s.number)
                    LEFT JOIN customers_contactpoint e ON e.kind = 'email' AND e.normalized = s.emails[1] AND e.ended_at IS NULL
                    LEFT JOIN customers_customer ec ON ec.id = e.customer_id
                    LEFT JOIN customers_contactpoint p ON p.kind = 'phone' AND p.normalized = s.phones[1] AND p.ended_at IS NULL
                    LEFT JOIN customers_customer pc ON pc.id = p.customer_id
                ) f"""
        )
        if "external_id" in self.present:
            # The number elsewhere of who was merged stays with the record that was; the survivor keeps its own.
            self.run(
                """UPDATE import_stage s SET external_id = '' FROM customers_customer m
                   WHERE s.external_id <> '' AND m.external_id <> '' AND upper(m.external_id) = upper(s.external_id) AND m.merged_into_id IS NOT NULL"""
            )
        for sign, name in (("e", "email"), ("p", "phone")):
            # A row that gives only an address is about the customer who has it in a row that says more.
            self.run(
                f"""UPDATE import_who w SET gkey = o.gkey, customer_id = o.customer_id FROM (
                        SELECT DISTINCT ON ({name}) {name}, gkey, customer_id FROM import_who
                        WHERE gkey NOT LIKE 'p%%' AND gkey NOT LIKE '{sign}%%' AND {name} <> '' ORDER BY {name}, row
                    ) o WHERE w.gkey = '{sign}' || o.{name}""",
                [],
            )
        self.run("ANALYZE import_who")

    def _gather_customers(self) -> None:
        new_id = (
            "-min(w.row)::bigint" if self.dry_run else "nextval(pg_get_serial_sequence('customers_customer', 'id'))"
        )
        differs = [f"t.{name} IS DISTINCT FROM {STAGED[name].updating(name)}" for name in self.fields]
        self.run(
            f"""CREATE TEMP TABLE import_customer ON COMMIT DROP AS
                SELECT g.gkey, g.row, coalesce(g.customer_id, {new_id.replace("min(w.row)", "g.row")}) AS id, g.customer_id IS NULL AS is_new,
                       g.customer_id IS NOT NULL AND ({" OR ".join(differs) or "false"}) AS changed
                FROM (SELECT w.gkey, min(w.row) AS row, min(w.customer_id) AS customer_id FROM import_who w WHERE w.gkey IS NOT NULL GROUP BY 1) g
                JOIN import_stage s ON s.row = g.row LEFT JOIN customers_customer t ON t.id = g.customer_id"""
        )
        self.run("ANALYZE import_customer")

    def _gather_contacts(self) -> None:
        """Each contact of a customer once. `leads`: it becomes the primary one of its kind."""
        self.run(
            """CREATE TEMP TABLE import_contact ON COMMIT DROP AS
               WITH named AS (
                   SELECT s.row, 'email' AS kind, u.normalized, u.raw, u.place, false AS is_spare
                   FROM import_stage s, unnest(s.emails, s.raw_emails) WITH ORDINALITY u(normalized, raw, place)
                   UNION ALL
                   SELECT s.row, 'phone', u.normalized, u.raw, u.place, false
                   FROM import_stage s, unnest(s.phones, s.raw_phones) WITH ORDINALITY u(normalized, raw, place)
                   UNION ALL
                   SELECT s.row, 'phone', u.normalized, u.raw, 1000 + u.place, true
                   FROM import_stage s, unnest(s.other_phones, s.raw_other_phones) WITH ORDINALITY u(normalized, raw, place)
               ), once AS (
                   SELECT DISTINCT ON (w.gkey, n.kind, n.normalized) w.gkey, n.* FROM named n JOIN import_who w ON w.row = n.row
                   WHERE w.gkey IS NOT NULL AND n.normalized IS NOT NULL ORDER BY w.gkey, n.kind, n.normalized, n.is_spare, n.row, n.place
               )
               SELECT o.*, c.id AS customer_id, t.id, t.customer_id AS owner_id, coalesce(t.is_primary, false) AS was_primary,
                      min(o.row) OVER (PARTITION BY o.kind, o.normalized) AS first_row,
                      count(*) OVER (PARTITION BY o.kind, o.normalized) > 1 AS is_shared,
                      false AS is_dropped, false AS leads
               FROM once o JOIN import_customer c ON c.gkey = o.gkey
               LEFT JOIN customers_contactpoint t ON t.kind = o.kind AND t.normalized = o.normalized AND t.ended_at IS NULL"""
        )
        self.run("ANALYZE import_contact")
        # Phone numbers of addresses are kept where nobody else has them.
        self.run(
            """UPDATE import_contact k SET is_dropped = true WHERE k.is_spare
               AND (k.owner_id <> k.customer_id OR k.is_shared AND EXISTS (
                    SELECT 1 FROM import_contact o WHERE o.kind = k.kind AND o.normalized = k.normalized AND o.gkey <> k.gkey
                    AND (o.is_spare, o.row) < (k.is_spare, k.row)))"""
        )
        self.run(
            """UPDATE import_contact k SET leads = true FROM (
                   SELECT DISTINCT ON (k.gkey, k.kind) k.gkey, k.kind, k.normalized FROM import_contact k JOIN import_customer c ON c.gkey = k.gkey
                   WHERE NOT k.is_dropped AND (k.row = c.row AND k.place = 1 OR NOT EXISTS (
                         SELECT 1 FROM customers_contactpoint t WHERE t.customer_id = c.id AND t.kind = k.kind AND t.is_primary AND t.ended_at IS NULL))
                   ORDER BY k.gkey, k.kind, k.is_spare, k.row, k.place
               ) f WHERE (f.gkey, f.kind, f.normalized) = (k.gkey, k.kind, k.normalized) AND NOT k.was_primary"""
        )

    def _gather_addresses(self) -> None:
        """Each address of a customer once; one with the same street, place and country is the same."""
        texts = ", ".join(f"{name} text" for name in ("kind", *ADDRESS_TEXTS))
        self.run(
            f"""CREATE TEMP TABLE import_address ON COMMIT DROP AS
                WITH named AS (
                    SELECT w.gkey, s.row, a.*, {STREET.format("a")} AS street
                    FROM import_stage s JOIN import_who w ON w.row = s.row,
                         ROWS FROM (jsonb_to_recordset(s.addresses) AS ({texts}, is_default bool)) WITH ORDINALITY a(kind, {", ".join(ADDRESS_TEXTS)}, is_default, place)
                    WHERE s.addresses IS NOT NULL AND w.gkey IS NOT NULL
                ), once AS (
                    SELECT DISTINCT ON (gkey, street, coalesce(kind, '')) * FROM named ORDER BY gkey, street, coalesce(kind, ''), row, place
                )
                SELECT o.*, c.id AS customer_id, t.id, coalesce(o.kind, t.kind, 'shipping') AS new_kind, t.id IS NULL AS is_new,
                       t.id IS NOT NULL AND (t.name IS DISTINCT FROM coalesce(nullif(o.name, ''), t.name)
                            OR t.company IS DISTINCT FROM coalesce(nullif(o.company, ''), t.company)
                            OR coalesce(o.is_default, false) AND NOT t.is_default) AS changed, false AS leads
                FROM once o JOIN import_customer c ON c.gkey = o.gkey
                LEFT JOIN LATERAL (
                    SELECT t.* FROM customers_address t WHERE t.customer_id = c.id AND {STREET.format("t")} = o.street AND (o.kind IS NULL OR t.kind = o.kind)
                    ORDER BY t.kind = 'shipping' DESC, t.id LIMIT 1
                ) t ON true"""
        )
        self.run("ANALYZE import_address")
        self.run(
            """UPDATE import_address k SET leads = true FROM (
                   SELECT DISTINCT ON (k.gkey, k.new_kind) k.gkey, k.row, k.place FROM import_address k
                   WHERE k.is_default OR k.is_new AND NOT EXISTS (
                         SELECT 1 FROM customers_address t WHERE t.customer_id = k.customer_id AND t.kind = k.new_kind AND t.is_default)
                   ORDER BY k.gkey, k.new_kind, k.is_default DESC NULLS LAST, k.row, k.place
               ) f WHERE (f.gkey, f.row, f.place) = (k.gkey, k.row, k.place)"""
        )

    def _gather_consents(self) -> None:
        """What differs from the latest entry; who never agreed has nothing to withdraw."""
        named = " UNION ALL ".join(
            f"SELECT row, '{channel}', {name} FROM import_stage WHERE {name} IS NOT NULL"
            for name, channel in CONSENTS.items()
        )
        self.run(
            f"""CREATE TEMP TABLE import_consent ON COMMIT DROP AS
                SELECT * FROM (
                    SELECT DISTINCT ON (w.gkey, n.channel) w.gkey, n.row, n.channel, n.granted, c.id AS customer_id, l.granted AS was_granted
                    FROM ({named}) n(row, channel, granted) JOIN import_who w ON w.row = n.row JOIN import_customer c ON c.gkey = w.gkey
                    LEFT JOIN LATERAL (SELECT granted FROM customers_consent o WHERE o.customer_id = c.id AND o.channel = n.channel
                                       AND o.purpose = '{PURPOSE}' ORDER BY id DESC LIMIT 1) l ON true
                    ORDER BY w.gkey, n.channel, n.row
                ) f WHERE granted <> coalesce(was_granted, false)"""
        )
