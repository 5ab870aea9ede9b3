"""What stands against rows, found set-wise; what becomes of them."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from backoffice.imports.batch import may
from customers import masking
from customers.services.suppression import in_database
from customers.services.upsert.columns import CONSENTS, STAGED
from customers.services.upsert.finding import Finding

CUSTOM = dict.fromkeys(("custom", "custom_personal"), "custom_value")  # where files have them
OWN_NUMBER = "^CU-[1-9][0-9]{0,8}$"


class Checking(Finding):
    def find_problems(self) -> None:
        self._check_identity()
        self._check_contacts()
        self._check_erased()
        self._warn()
        self._refuse_followers()

    def _check_identity(self) -> None:
        self.problem(
            "nobody",
            """SELECT w.row, '', '', '{}'::jsonb FROM import_who w WHERE w.gkey IS NULL
               AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = w.row AND p.is_error)""",
        )
        self.problem(
            "number_unknown",
            f"""SELECT c.row, 'number', w.number, jsonb_build_object('number', w.number) FROM import_customer c JOIN import_who w ON w.row = c.row
                WHERE c.is_new AND w.number <> '' AND upper(w.number) !~ '{OWN_NUMBER}'""",
        )
        self.problem(
            "two_customers",
            """SELECT w.row, 'number', w.number, jsonb_build_object('one', x.number, 'other', n.number) FROM import_who w
               JOIN customers_customer x ON x.id = w.external_customer JOIN customers_customer n ON n.id = w.numbered
               WHERE w.external_customer <> w.numbered""",
        )
        self.problem(
            "external_twice",
            """SELECT w.row, 'external_id', w.external_id, jsonb_build_object('row', f.row) FROM import_who w JOIN (
                   SELECT DISTINCT ON (upper(external_id)) upper(external_id) AS external_id, gkey, row FROM import_who
                   WHERE external_id <> '' ORDER BY upper(external_id), row
               ) f ON f.external_id = upper(w.external_id) AND f.gkey <> w.gkey""",
        )
        if not may(self.by, "customers.add_customer"):
            self.problem("may_not_add", "SELECT row, '', '', '{}'::jsonb FROM import_customer WHERE is_new")

    def _check_contacts(self) -> None:
        name = "o.name" if may(self.by, masking.PERMISSION) else r"regexp_replace(o.name, '(\S)\S*', '\1…', 'g')"
        taken = f"""SELECT k.row, k.kind, k.raw, jsonb_build_object('value', k.raw, 'customer', {name}, 'number', o.number)
                   FROM import_contact k JOIN customers_customer o ON o.id = k.owner_id WHERE k.owner_id <> k.customer_id"""
        twice = """SELECT k.row, k.kind, k.raw, jsonb_build_object('value', k.raw, 'row', k.first_row) FROM import_contact k
                   WHERE k.is_shared AND k.owner_id IS NULL"""
        for error, which in ((True, "NOT k.is_spare"), (False, "k.is_spare AND k.is_dropped")):
            self.problem("contact_taken", f"{taken} AND {which}", error=error)
            later = "k.row > k.first_row" if error else "true"
            self.problem("contact_twice", f"{twice} AND {which} AND {later}", error=error)

    def _check_erased(self) -> None:
        """Nobody whose data were erased comes back by a file, neither by number nor by a contact."""
        self.problem(
            "erased",
            """SELECT w.row, 'number', coalesce(w.number, ''), jsonb_build_object('number', t.number) FROM import_who w
               JOIN customers_customer t ON t.id = w.customer_id WHERE t.status = 'erased'""",
        )
        digests, pads = in_database("k.normalized")
        self.problem(
            "suppressed",
            f"""SELECT k.row, k.kind, k.raw, jsonb_build_object('value', k.raw, 'day', s.created_at::date, 'erasure', e.number)
                FROM import_contact k JOIN customers_suppression s ON s.digest = ANY({digests})
                JOIN customers_erasure e ON e.id = s.erasure_id WHERE k.id IS NULL""",
            pads,
        )

    def _warn(self) -> None:
        self.problem(
            "number_kept",
            """SELECT c.row, 'number', w.number, jsonb_build_object('number', upper(w.number)) FROM import_customer c JOIN import_who w ON w.row = c.row
               WHERE c.is_new AND w.number <> '' AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = c.row AND p.is_error)""",
            error=False,
        )
        self.problem(
            "number_other",
            """SELECT w.row, 'number', w.number, jsonb_build_object('number', w.number, 'found', t.number) FROM import_who w
               JOIN customers_customer t ON t.id = w.customer_id WHERE w.number <> '' AND w.numbered IS NULL""",
            error=False,
        )
        self.problem(
            "number_merged",
            """SELECT w.row, 'number', w.number, jsonb_build_object('number', upper(w.number), 'found', t.number) FROM import_who w
               JOIN customers_customer t ON t.id = w.customer_id WHERE w.numbered IS NOT NULL AND t.number <> upper(w.number)
                 AND w.numbered = w.customer_id""",
            error=False,
        )
        if "name" in self.present:
            self.problem(
                "name_differs",
                """SELECT s.row, 'name', s.name, jsonb_build_object('row', c.row) FROM import_customer c JOIN import_stage f ON f.row = c.row
                   JOIN import_who w ON w.gkey = c.gkey AND w.row > c.row JOIN import_stage s ON s.row = w.row
                   WHERE s.name <> '' AND s.name <> coalesce(f.name, '')""",
                error=False,
            )
        self.problem(
            "name_made",
            """SELECT c.row, 'name', '', jsonb_build_object('name', s.spare_name) FROM import_customer c JOIN import_stage s ON s.row = c.row
               WHERE c.is_new AND coalesce(s.name, '') = '' AND s.spare_name = s.external_id""",
            error=False,
        )

    def _refuse_followers(self) -> None:
        """A new customer who is refused takes the further rows along."""
        self.problem(
            "customer_refused",
            """SELECT w.row, '', '', jsonb_build_object('row', c.row) FROM import_customer c JOIN import_who w ON w.gkey = c.gkey AND w.row > c.row
               WHERE c.is_new AND EXISTS (SELECT 1 FROM import_problem p WHERE p.row = c.row AND p.is_error)
                 AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = w.row AND p.is_error)""",
        )

    # --- What becomes of rows -------------------------------------------------------------------

    ADDS = """SELECT row FROM import_contact WHERE NOT is_dropped AND (id IS NULL OR leads) UNION SELECT row FROM import_address WHERE is_new OR changed
              UNION SELECT row FROM import_consent"""

    def records(self) -> str:
        return f"""SELECT w.row, c.is_new, NOT c.is_new FROM import_who w JOIN import_customer c ON c.gkey = w.gkey
                   LEFT JOIN ({self.ADDS}) a ON a.row = w.row
                   WHERE a.row IS NOT NULL OR c.row = w.row AND (c.is_new OR c.changed)"""

    def record(self) -> str:
        return "coalesce(nullif(s.number, ''), nullif(s.external_id, ''), s.emails[1], s.phones[1])"

    def changes(self, rows: str) -> str:
        consents = " ".join(f"WHEN '{channel}' THEN '{name}'" for name, channel in CONSENTS.items())
        contact = """(SELECT max(t.raw) FROM customers_contactpoint t WHERE k.leads AND t.customer_id = k.customer_id
                      AND t.kind = k.kind AND t.is_primary AND t.ended_at IS NULL)"""
        fields = f"""SELECT k.row, d.place, d.name, d.old, d.new FROM import_customer k JOIN import_stage s ON s.row = k.row
                     JOIN customers_customer t ON t.id = k.id, LATERAL (VALUES {self._values()}) d(place, name, old, new)
                     WHERE k.changed AND k.row IN ({rows}) AND d.old IS DISTINCT FROM d.new UNION ALL"""
        found = f"""{fields if self.fields else ""}
                   SELECT k.row, 100, k.kind, {contact}, k.raw FROM import_contact k
                   WHERE k.row IN ({rows}) AND NOT k.is_dropped AND (k.id IS NULL OR k.leads) UNION ALL
                   SELECT k.row, 101, 'address1', '', concat_ws(', ', k.line1, nullif(k.postal_code, ''), k.city, k.country)
                   FROM import_address k WHERE k.row IN ({rows}) AND (k.is_new OR k.changed) UNION ALL
                   SELECT k.row, 102, CASE k.channel {consents} END, coalesce(k.was_granted, false)::text, k.granted::text
                   FROM import_consent k WHERE k.row IN ({rows})"""
        return f"""SELECT f.row, jsonb_agg(jsonb_build_array(f.name, coalesce(left(f.old, 500), ''), coalesce(left(f.new, 500), '')) ORDER BY f.place)
                   FROM ({found}) f(row, place, name, old, new) GROUP BY f.row"""

    def _values(self) -> str:
        def text(value: str, name: str) -> str:
            if name in CUSTOM:
                return f"(SELECT string_agg(concat_ws(': ', e.key, e.value), ', ' ORDER BY e.key) FROM jsonb_each_text({value}) e)"
            return f"array_to_string({value}, ', ')" if name == "tags" else f"({value})::text"

        return ", ".join(
            f"({place}, '{CUSTOM.get(name, name)}', {text(f't.{name}', name)}, {text(STAGED[name].updating(name), name)})"
            for place, name in enumerate(self.fields)
        )
