"""Many products at once: rows are staged by COPY, checked and compared set-wise, and written in a few statements.

A row of `upsert_products` is `(row number, problems found while reading, *values of columns)`. The first row of a handle
carries the product; every row may carry a variant and pictures. What is absent from `columns` is kept.
"""

# The statements are put together from the constants below and never from input.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import User
from backoffice.resources import Outcome
from catalog.models import Category

SEPARATOR = " > "
SHOWN_PROBLEMS = 1000
SHOWN_DIFFERENCES = 1000
BIG = 2000  # rows from which on the planner is told to expect many
LOCK = "import:products"
WITHOUT_LIMIT = 1_000_000


@dataclass(frozen=True)
class Staged:
    """A staged column: its type; what it makes of an existing row `t` and of a new one, `s` being the staged row."""

    type: str
    table: str = ""
    update: str = ""
    insert: str = ""
    column: str = ""

    def updating(self, name: str) -> str:
        return self.update.replace("{0}", name)

    def inserting(self, name: str) -> str:
        return self.insert.replace("{0}", name)


def _text(table: str) -> Staged:
    return Staged("text", table, "s.{0}", "coalesce(s.{0}, '')")


def _kept(type: str, table: str, default: str) -> Staged:
    """A blank cell keeps what is there."""
    return Staged(type, table, "coalesce(s.{0}, t.{0})", "coalesce(s.{0}, " + default + ")")


def _cleared(type: str, table: str) -> Staged:
    return Staged(type, table, "s.{0}", "s.{0}")


# What cannot be sold is not published, whatever the file says.
STATUS = "CASE WHEN s.status = 'published' AND NOT k.sellable THEN t.status ELSE coalesce(s.status, t.status) END"

STAGED: dict[str, Staged] = {
    "handle": Staged("text"),
    "spare_handle": Staged("text"),
    "title": Staged("text", "product", "coalesce(nullif(s.title, ''), t.title)", "s.title"),
    "title_zh": _text("product"),
    "description": _text("product"),
    "description_zh": _text("product"),
    "category": Staged("text", "product", "k.category_id", "k.category_id", "category_id"),
    "brand": Staged("text", "product", "k.brand_id", "k.brand_id", "brand_id"),
    "product_type": _text("product"),
    "tags": Staged("varchar(120)[]", "product", "coalesce(s.tags, '{}')", "coalesce(s.tags, '{}')"),
    "status": Staged("text", "product", STATUS, STATUS.replace("t.status", "'draft'")),
    "options": Staged(
        "varchar(120)[]", "product", "CASE WHEN cardinality(s.options) > 0 THEN s.options ELSE t.options END", "coalesce(s.options, '{}')"
    ),
    "attributes": Staged("jsonb", "product", "t.attributes || coalesce(s.attributes, '{}')", "coalesce(s.attributes, '{}')"),
    "seo_title": _text("product"),
    "seo_description": _text("product"),
    "is_variant": Staged("bool"),
    "sku": Staged("text"),
    "spare_sku": Staged("text"),
    "barcode": _text("variant"),
    "option1": _text("variant"),
    "option2": _text("variant"),
    "option3": _text("variant"),
    "price": _kept("numeric(15,3)", "variant", "0"),
    "compare_at": _cleared("numeric(15,3)", "variant"),
    "cost": _cleared("numeric(15,3)", "variant"),
    "weight_grams": _cleared("int", "variant"),
    "tax_class": _kept("text", "variant", "'standard'"),
    "requires_shipping": _kept("bool", "variant", "true"),
    "track_stock": _kept("bool", "variant", "true"),
    "backorder_limit": _kept("int", "variant", "0"),
    "is_active": _kept("bool", "variant", "true"),
    "images": Staged("text[]"),
    "image_alts": Staged("text[]"),
    "image_positions": Staged("int[]"),
    "variant_image": Staged("text"),
}

MESSAGES = {
    "title_missing": gettext_lazy("There is no product “%(handle)s” yet, and to create it a title is needed."),
    "identity_missing": gettext_lazy("The row names neither a handle nor a known SKU nor a title."),
    "product_refused": gettext_lazy("Its product is refused: see row %(row)s."),
    "sku_twice": gettext_lazy("The SKU stands in row %(row)s already."),
    "sku_elsewhere": gettext_lazy("The SKU belongs to the product “%(handle)s”."),
    "options_twice": gettext_lazy("Row %(row)s has the same options of this product."),
    "options_taken": gettext_lazy("The product has a variant with these options already: %(sku)s."),
    "status_illegal": gettext_lazy("An archived product becomes a draft first, and is published then."),
    "nothing_to_sell": gettext_lazy("The product “%(handle)s” is published and would have nothing left to sell."),
    "not_published": gettext_lazy("The product stays a draft: no active variant of it has a price."),
    "may_not_add": gettext_lazy("You may change products but not add any."),
    "title_differs": gettext_lazy("Row %(row)s gives this product another title, which counts."),
    "sku_made": gettext_lazy("The row has no SKU; %(sku)s was made of handle and options."),
    "picture_twice": gettext_lazy("The picture stands in row %(row)s already."),
}


def upsert_products(
    rows: Iterable[Sequence[Any]],
    *,
    columns: Sequence[str],
    by: User | None,
    dry_run: bool = False,
    partial: bool = False,
    on_refused: Callable[[Iterator[dict[str, Any]]], None] | None = None,
) -> Outcome:
    """Create and change products, variants and pictures; all rows or none unless `partial`; `dry_run` only compares.

    `on_refused` gets every refusal, in row order, before the staging is gone. `by` None is the operator of the machine.
    Raises IntegrityError when another writer made a row impossible between check and write.
    """
    unknown = set(columns) - set(STAGED)
    if unknown:
        raise ValueError(f"unknown columns: {', '.join(sorted(unknown))}")
    with transaction.atomic(), connection.cursor() as cursor:
        batch = _Batch(cursor, columns, by)
        if not dry_run:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        batch.stage(rows)
        batch.compare()
        batch.check()
        outcome = batch.outcome()
        if on_refused is not None:
            on_refused(batch.problems(errors=True))
        if not dry_run and (partial or not outcome.refused):
            batch.write()
            outcome.applied = True
        batch.clear()
    return outcome


def _may(by: User | None, permission: str) -> bool:
    return by is None or by.has_perm(permission)


class _Batch:
    """One staged file: import_stage holds the rows, import_product, _variant and _media what becomes of them."""

    TABLES = ("import_stage", "import_product", "import_variant", "import_media", "import_problem", "import_refused")

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None) -> None:
        self.cursor = cursor
        self.by = by
        self.columns = list(columns)
        self.present = set(columns)
        self.notes: list[str] = []
        if "status" in self.present and not _may(by, "catalog.publish_product"):
            self.present.discard("status")
            self.notes.append(_("The status column is left out: you may not publish products."))
        self.count = 0

    def run(self, sql: str, params: Sequence[Any] | None = None) -> int:
        self.cursor.execute(sql, params)
        return int(self.cursor.rowcount)

    def of(self, table: str) -> list[str]:
        """Names of the present columns of `table`."""
        return [name for name, staged in STAGED.items() if staged.table == table and name in self.present]

    # --- Staging --------------------------------------------------------------------------------

    def stage(self, rows: Iterable[Sequence[Any]]) -> None:
        self.clear()
        types = ", ".join(f"{name} {staged.type}" for name, staged in STAGED.items())
        self.run(f"CREATE TEMP TABLE import_stage (row int NOT NULL, problems jsonb, {types}) ON COMMIT DROP")
        names = ", ".join(["row", "problems", *self.columns])
        encoders = [str, _encode_json, *(ENCODERS[STAGED[name].type] for name in self.columns)]
        with self.cursor.copy(f"COPY import_stage ({names}) FROM STDIN") as copy:
            lines: list[str] = []
            for row in rows:
                lines.append("\t".join([encode(value) for encode, value in zip(encoders, row, strict=True)]))
                self.count += 1
                if len(lines) >= 500:
                    lines.append("")
                    copy.write("\n".join(lines))
                    lines = []
            if lines:
                lines.append("")
                copy.write("\n".join(lines))
        self.run("ANALYZE import_stage (row, handle, sku)")
        if self.count > BIG:
            self.run("SET LOCAL work_mem = '128MB'")
            self.run("SET LOCAL plan_cache_mode = force_custom_plan")
        self._identify()

    def _identify(self) -> None:
        """Give rows without a handle that of their SKU, and rows without a SKU that of their options."""
        self.run(
            """UPDATE import_stage s SET handle = p.handle FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
               WHERE coalesce(s.handle, '') = '' AND s.sku <> '' AND upper(v.sku) = upper(s.sku)"""
        )
        self.run("UPDATE import_stage SET handle = spare_handle WHERE coalesce(handle, '') = '' AND spare_handle <> ''")
        options = [name for name in ("option1", "option2", "option3") if name in self.present]
        same = " AND ".join([f"v.{name} = coalesce(s.{name}, '')" for name in options] or ["true"])
        self.run(
            f"""UPDATE import_stage s SET sku = v.sku, spare_sku = NULL FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
                WHERE s.is_variant AND coalesce(s.sku, '') = '' AND upper(p.handle) = upper(s.handle) AND {same}
                {"" if options else "AND (SELECT count(*) FROM catalog_variant o WHERE o.product_id = p.id) = 1"}"""
        )
        self.run(
            """UPDATE import_stage SET sku = spare_sku WHERE is_variant AND coalesce(sku, '') = '' AND spare_sku IS NOT NULL"""
        )

    # --- Comparing ------------------------------------------------------------------------------

    def compare(self) -> None:
        self._find_products()
        self._compare_variants()
        self._mark_sellable()
        self._compare_products()
        self._compare_media()

    def _differs(self, table: str) -> str:
        parts = [f"t.{STAGED[n].column or n} IS DISTINCT FROM {STAGED[n].updating(n)}" for n in self.of(table)]
        if "category" in self.present and table == "product":
            parts.append("k.category_new")
        if "brand" in self.present and table == "product":
            parts.append("k.brand_new")
        return " OR ".join(parts) or "false"

    def _find_products(self) -> None:
        titled = "row) FILTER (WHERE title <> ''" if "title" in self.present else "row"
        self.run(
            f"""CREATE TEMP TABLE import_product ON COMMIT DROP AS
                SELECT f.hkey, f.first_row, f.row, p.id, p.id IS NULL AS is_new, c.id AS category_id, b.id AS brand_id,
                       coalesce(s.category, '') <> '' AND c.id IS NULL AS category_new,
                       coalesce(s.brand, '') <> '' AND b.id IS NULL AS brand_new, false AS changed, false AS sellable
                FROM (SELECT upper(handle) AS hkey, min(row) AS first_row, min({titled}) AS row
                      FROM import_stage WHERE handle <> '' GROUP BY 1) f
                LEFT JOIN import_stage s ON s.row = f.row
                LEFT JOIN catalog_product p ON upper(p.handle) = f.hkey
                LEFT JOIN catalog_category c ON lower(c.path) = lower(s.category)
                LEFT JOIN catalog_brand b ON lower(b.name) = lower(s.brand)"""
        )
        self.run("ANALYZE import_product")

    def _mark_sellable(self) -> None:
        """Mark products that will have an active variant with a price."""
        self.run(
            """UPDATE import_product k SET sellable = true WHERE k.hkey IN (SELECT hkey FROM import_variant WHERE is_active AND price > 0)"""
        )
        self.run(
            """UPDATE import_product k SET sellable = true FROM catalog_variant t
               WHERE NOT k.sellable AND t.product_id = k.id AND t.is_active AND t.price > 0
                 AND NOT EXISTS (SELECT 1 FROM import_variant v WHERE v.id = t.id)"""
        )

    def _compare_products(self) -> None:
        if self.of("product"):
            self.run(
                f"""UPDATE import_product k SET changed = true FROM import_stage s, catalog_product t
                    WHERE s.row = k.row AND t.id = k.id AND ({self._differs("product")})"""
            )

    def _compare_variants(self) -> None:
        effective = ", ".join(
            f"coalesce(s.{name}, '') AS {name}" if name in self.present else f"coalesce(t.{name}, '') AS {name}"
            for name in ("option1", "option2", "option3")
        )
        price = "coalesce(s.price, t.price, 0)" if "price" in self.present else "coalesce(t.price, 0)"
        active = "coalesce(s.is_active, t.is_active, true)" if "is_active" in self.present else "coalesce(t.is_active, true)"
        self.run(
            f"""CREATE TEMP TABLE import_variant ON COMMIT DROP AS
                SELECT s.row, k.hkey, upper(s.sku) AS skey, t.id, t.product_id AS owner_id, t.id IS NULL AS is_new, {effective},
                       {price} AS price, {active} AS is_active,
                       t.id IS NOT NULL AND ({self._differs("variant")}) AS changed
                FROM import_stage s JOIN import_product k ON k.hkey = upper(s.handle)
                LEFT JOIN catalog_variant t ON upper(t.sku) = upper(s.sku)
                WHERE s.is_variant AND s.sku <> ''"""
        )
        self.run("ANALYZE import_variant")

    def _compare_media(self) -> None:
        self.run(
            """CREATE TEMP TABLE import_media ON COMMIT DROP AS
               WITH named AS (
                   SELECT s.row, upper(s.handle) AS hkey, u.url, u.alt, u.position, u.ord, NULL::int AS variant_row
                   FROM import_stage s, unnest(s.images, s.image_alts, s.image_positions) WITH ORDINALITY u(url, alt, position, ord)
                   WHERE s.images IS NOT NULL AND s.handle <> ''
                   UNION ALL
                   SELECT row, upper(handle), variant_image, NULL, NULL, 1000, row FROM import_stage
                   WHERE variant_image <> '' AND handle <> ''
               ), once AS (
                   SELECT hkey, url, min(row) FILTER (WHERE ord < 1000) AS image_row, min(row) AS row, min(variant_row) AS variant_row,
                          (array_agg(alt ORDER BY row, ord))[1] AS alt, (array_agg(position ORDER BY row, ord))[1] AS position,
                          min(row * 1000::bigint + least(ord, 999)) AS place
                   FROM named GROUP BY hkey, url
               )
               SELECT o.hkey, o.url, coalesce(o.image_row, o.row) AS row, o.alt, o.variant_row,
                      coalesce(o.position, row_number() OVER (PARTITION BY o.hkey ORDER BY o.place)) AS position,
                      t.id, t.id IS NULL AS is_new,
                      t.id IS NOT NULL AND (t.alt IS DISTINCT FROM coalesce(o.alt, t.alt)
                          OR t.position IS DISTINCT FROM coalesce(o.position, t.position)
                          OR o.variant_row IS NOT NULL AND t.variant_id IS DISTINCT FROM v.id) AS changed,
                      o.position AS given_position
               FROM once o JOIN import_product k ON k.hkey = o.hkey
               LEFT JOIN import_variant v ON v.row = o.variant_row
               LEFT JOIN catalog_media t ON t.product_id = k.id AND t.url = o.url AND t.url <> ''"""
        )

    # --- Checking -------------------------------------------------------------------------------

    def check(self) -> None:
        self.run(
            """CREATE TEMP TABLE import_problem (row int, is_error bool, name text, value text, code text, params jsonb, text text)
               ON COMMIT DROP"""
        )
        self.run(
            """INSERT INTO import_problem (row, is_error, name, value, text)
               SELECT row, p ->> 3 = 'error', p ->> 0, p ->> 1, p ->> 2
               FROM import_stage, jsonb_array_elements(problems) p WHERE problems IS NOT NULL"""
        )
        self._check_products()
        self._check_variants()
        self._warn()
        self._refuse_followers()
        self.run("CREATE TEMP TABLE import_refused ON COMMIT DROP AS SELECT DISTINCT row FROM import_problem WHERE is_error")
        self.run("ANALYZE import_refused")

    def _problem(self, code: str, select: str, *, error: bool = True) -> int:
        """`select` yields row, column, value and the parameters of the sentence."""
        return self.run(
            f"""INSERT INTO import_problem (row, is_error, name, value, code, params)
                SELECT x.row, {"true" if error else "false"}, x.name, left(x.value, 500), '{code}', x.params
                FROM ({select}) x(row, name, value, params)"""
        )

    def _check_products(self) -> None:
        self._problem(
            "identity_missing",
            """SELECT row, 'handle', '', '{}'::jsonb FROM import_stage s WHERE coalesce(handle, '') = ''
               AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )
        needs_title = "k.row IS NULL OR coalesce(s.title, '') = ''"
        self._problem(
            "title_missing",
            f"""SELECT k.first_row, 'title', '', jsonb_build_object('handle', f.handle)
                FROM import_product k JOIN import_stage f ON f.row = k.first_row LEFT JOIN import_stage s ON s.row = k.row
                WHERE k.is_new AND ({needs_title})""",
        )
        if "status" in self.present:
            self._problem(
                "status_illegal",
                """SELECT k.row, 'status', s.status, '{}'::jsonb FROM import_product k JOIN import_stage s ON s.row = k.row
                   JOIN catalog_product t ON t.id = k.id WHERE t.status = 'archived' AND s.status = 'published'""",
            )
        still = "coalesce(s.status, 'published') = 'published'" if "status" in self.present else "true"
        self._problem(
            "nothing_to_sell",
            f"""SELECT k.first_row, 'price', '', jsonb_build_object('handle', t.handle) FROM import_product k
                JOIN catalog_product t ON t.id = k.id LEFT JOIN import_stage s ON s.row = k.row
                WHERE t.status = 'published' AND NOT k.sellable AND {still}
                  AND EXISTS (SELECT 1 FROM import_variant v WHERE v.hkey = k.hkey AND v.changed)""",
        )
        if not _may(self.by, "catalog.add_product"):
            self._problem(
                "may_not_add",
                "SELECT k.first_row, 'handle', s.handle, '{}'::jsonb FROM import_product k JOIN import_stage s ON s.row = k.first_row"
                " WHERE k.is_new",
            )

    def _check_variants(self) -> None:
        self._problem(
            "sku_twice",
            """SELECT v.row, 'sku', s.sku, jsonb_build_object('row', d.first) FROM import_variant v JOIN import_stage s ON s.row = v.row
               JOIN (SELECT skey, min(row) AS first FROM import_variant GROUP BY skey HAVING count(*) > 1) d
                 ON d.skey = v.skey AND d.first <> v.row""",
        )
        self._problem(
            "sku_elsewhere",
            """SELECT v.row, 'sku', s.sku, jsonb_build_object('handle', o.handle) FROM import_variant v
               JOIN import_stage s ON s.row = v.row JOIN import_product k ON k.hkey = v.hkey JOIN catalog_product o ON o.id = v.owner_id
               WHERE v.owner_id IS DISTINCT FROM k.id""",
        )
        self._problem(
            "options_twice",
            """SELECT v.row, 'option1', concat_ws(' / ', nullif(v.option1, ''), nullif(v.option2, ''), nullif(v.option3, '')),
                      jsonb_build_object('row', d.first)
               FROM import_variant v JOIN (
                   SELECT hkey, option1, option2, option3, min(row) AS first FROM import_variant GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
               ) d ON (d.hkey, d.option1, d.option2, d.option3) = (v.hkey, v.option1, v.option2, v.option3) AND d.first <> v.row
               WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = v.row AND p.code = 'sku_twice')""",
        )
        self._problem(
            "options_taken",
            """SELECT v.row, 'option1', concat_ws(' / ', nullif(v.option1, ''), nullif(v.option2, ''), nullif(v.option3, '')),
                      jsonb_build_object('sku', t.sku)
               FROM import_variant v JOIN import_product k ON k.hkey = v.hkey
               JOIN catalog_variant t ON t.product_id = k.id AND t.id IS DISTINCT FROM v.id
                AND (t.option1, t.option2, t.option3) = (v.option1, v.option2, v.option3)
               WHERE (v.is_new OR v.changed) AND NOT EXISTS (SELECT 1 FROM import_variant o WHERE o.id = t.id)""",
        )

    def _warn(self) -> None:
        if "status" in self.present:
            self._problem(
                "not_published",
                """SELECT k.row, 'status', s.status, '{}'::jsonb FROM import_product k JOIN import_stage s ON s.row = k.row
                   LEFT JOIN catalog_product t ON t.id = k.id
                   WHERE s.status = 'published' AND NOT k.sellable AND coalesce(t.status, '') <> 'published'""",
                error=False,
            )
        if "title" in self.present:
            self._problem(
                "title_differs",
                """SELECT s.row, 'title', s.title, jsonb_build_object('row', k.row) FROM import_product k
                   JOIN import_stage f ON f.row = k.row JOIN import_stage s ON upper(s.handle) = k.hkey AND s.row > k.row
                   WHERE s.title <> '' AND s.title <> f.title""",
                error=False,
            )
        self._problem(
            "sku_made",
            """SELECT v.row, 'sku', '', jsonb_build_object('sku', s.sku) FROM import_variant v JOIN import_stage s ON s.row = v.row
               WHERE v.is_new AND s.sku = s.spare_sku""",
            error=False,
        )
        self._problem(
            "picture_twice",
            """SELECT s.row, 'image', u.url, jsonb_build_object('row', m.row)
               FROM import_stage s, unnest(s.images) u(url), import_media m
               WHERE s.images IS NOT NULL AND NOT s.is_variant AND m.hkey = upper(s.handle) AND m.url = u.url AND m.row < s.row
                 AND s.row NOT IN (SELECT k.row FROM import_product k WHERE k.row IS NOT NULL)""",
            error=False,
        )

    def _refuse_followers(self) -> None:
        """A new product that is refused takes its variants and pictures along."""
        self._problem(
            "product_refused",
            """SELECT s.row, 'handle', s.handle, jsonb_build_object('row', d.row) FROM (
                   SELECT k.hkey, min(p.row) AS row FROM import_product k
                   JOIN import_problem p ON p.row IN (k.row, k.first_row) AND p.is_error WHERE k.is_new GROUP BY 1
               ) d JOIN import_stage s ON upper(s.handle) = d.hkey
               WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )

    # --- Telling --------------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        self.cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE r.row IS NOT NULL),
                      count(*) FILTER (WHERE r.row IS NULL AND v.is_new),
                      count(*) FILTER (WHERE r.row IS NULL AND NOT v.is_new AND v.changed) FROM (
                   SELECT s.row, coalesce(k.is_new, false) OR coalesce(v.is_new, false)
                                 OR (k.row IS NULL AND v.row IS NULL AND coalesce(m.is_new, false)) AS is_new,
                          coalesce(k.changed, false) OR coalesce(v.changed, false) OR coalesce(m.is_new OR m.changed, false) AS changed
                   FROM import_stage s LEFT JOIN import_product k ON k.row = s.row LEFT JOIN import_variant v ON v.row = s.row
                   LEFT JOIN (SELECT row, bool_or(is_new) AS is_new, bool_or(changed) AS changed FROM import_media GROUP BY row) m
                     ON m.row = s.row
               ) v LEFT JOIN import_refused r ON r.row = v.row"""
        )
        read, refused, new, changed = self.cursor.fetchone()
        outcome = Outcome(read=read, new=new, changed=changed, unchanged=read - refused - new - changed, refused=refused)
        outcome.notes = self.notes
        outcome.problems = list(self.problems(errors=True, limit=SHOWN_PROBLEMS))
        outcome.warnings = list(self.problems(errors=False, limit=SHOWN_PROBLEMS))
        outcome.causes = self._causes()
        outcome.differences = [*self._differences("product"), *self._differences("variant")]
        outcome.differences.sort(key=lambda difference: difference["row"])
        return outcome

    def problems(self, *, errors: bool, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Problems in row order, as sentences."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"""SELECT row, coalesce(name, ''), coalesce(value, ''), code, params, text FROM import_problem
                    WHERE is_error = %s ORDER BY row, name {f"LIMIT {limit}" if limit else ""}""",
                [errors],
            )
            for row, name, value, code, params, text in cursor:
                yield {"row": row, "column": name, "value": value, "message": text or _sentence(code, params)}

    def _causes(self) -> list[dict[str, Any]]:
        """Refusals grouped by column and cause, the most frequent first."""
        self.cursor.execute(
            """SELECT coalesce(name, ''), code, CASE WHEN code IS NULL THEN text END, count(DISTINCT row), min(row),
                      (array_agg(value ORDER BY row))[1], (array_agg(params ORDER BY row))[1]
               FROM import_problem WHERE is_error GROUP BY 1, 2, 3 ORDER BY 4 DESC, 5 LIMIT 50"""
        )
        return [
            {"column": name, "message": text or _sentence(code, params), "rows": rows, "first": first, "value": value}
            for name, code, text, rows, first, value, params in self.cursor.fetchall()
        ]

    def _differences(self, table: str) -> list[dict[str, Any]]:
        """Old and new values of the changed rows, as text."""
        names = self.of(table)
        if not names:
            return []
        values = ", ".join(f"('{name}', {_shown(name, 'old')}, {_shown(name, 'new')})" for name in names)
        source = "import_product" if table == "product" else "import_variant"
        record = "t.handle" if table == "product" else "t.sku"
        self.cursor.execute(
            f"""SELECT k.row, {record}, d.name, left(d.old, 500), left(d.new, 500)
                FROM (SELECT * FROM {source} WHERE changed AND row NOT IN (SELECT row FROM import_refused)
                      ORDER BY row LIMIT {SHOWN_DIFFERENCES}) k
                JOIN import_stage s ON s.row = k.row JOIN catalog_{table} t ON t.id = k.id,
                LATERAL (VALUES {values}) d(name, old, new) WHERE d.old IS DISTINCT FROM d.new
                ORDER BY k.row LIMIT {SHOWN_DIFFERENCES}"""
        )
        return [
            {"row": row, "record": name, "column": column, "old": old or "", "new": new or ""}
            for row, name, column, old, new in self.cursor.fetchall()
        ]

    # --- Writing --------------------------------------------------------------------------------

    def write(self) -> None:
        if self.count > BIG:
            # The history triggers join old and new rows; without statistics they would do it row by row.
            self.run("SET LOCAL enable_nestloop = off")
            self.run("SET LOCAL gin_pending_list_limit = '256MB'")
        refused = self.run("DELETE FROM import_variant v USING import_refused r WHERE r.row = v.row")
        self.run("DELETE FROM import_media m USING import_refused r WHERE r.row = m.row")
        self.run(
            """UPDATE import_product k SET row = NULL, changed = false FROM import_refused r WHERE r.row = k.row"""
        )
        if refused:
            self.run("UPDATE import_product SET sellable = false")
            self._mark_sellable()
        self._write_categories()
        self._write_brands()
        self._write_products()
        self._write_variants()
        self._write_media()
        if self.count > BIG:
            self.run("SET LOCAL enable_nestloop = on")
            self._analyze()

    def _analyze(self) -> None:
        """Tell the planner when the tables are no longer what it knows."""
        self.cursor.execute("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'catalog_variant'::regclass")
        if self.count > 0.1 * self.cursor.fetchone()[0]:
            self.run("ANALYZE catalog_product, catalog_variant")

    def _write_categories(self) -> None:
        self.cursor.execute(
            """SELECT DISTINCT s.category FROM import_product k JOIN import_stage s ON s.row = k.row
               WHERE k.category_new AND (k.is_new OR k.changed) ORDER BY 1"""
        )
        paths = [path for (path,) in self.cursor.fetchall()]
        if paths:
            ensure_categories(paths)
            self.run(
                """UPDATE import_product k SET category_id = c.id FROM import_stage s, catalog_category c
                   WHERE s.row = k.row AND k.category_new AND lower(c.path) = lower(s.category)"""
            )

    def _write_brands(self) -> None:
        made = self.run(
            """INSERT INTO catalog_brand (name, created_at, updated_at)
               SELECT DISTINCT ON (lower(s.brand)) s.brand, now(), now() FROM import_product k JOIN import_stage s ON s.row = k.row
               WHERE k.brand_new AND (k.is_new OR k.changed) ORDER BY lower(s.brand), s.row"""
        )
        if made:
            self.run(
                """UPDATE import_product k SET brand_id = b.id FROM import_stage s, catalog_brand b
                   WHERE s.row = k.row AND k.brand_new AND lower(b.name) = lower(s.brand)"""
            )

    def _write_products(self) -> None:
        names = self.of("product")
        self.run(
            """UPDATE import_product SET id = nextval(pg_get_serial_sequence('catalog_product', 'id'))
               WHERE is_new AND row IS NOT NULL"""
        )
        fields = ["title", *(name for name in names if name != "title")]
        for name in ("title_zh", "description", "description_zh", "product_type", "tags", "status", "options", "attributes",
                     "seo_title", "seo_description"):
            if name not in fields:
                fields.append(name)
        status = STAGED["status"].inserting("status") if "status" in self.present else "'draft'"
        values = [
            status if name == "status" else STAGED[name].inserting(name) for name in fields
        ]
        targets = [STAGED[name].column or name for name in fields]
        self.run(
            f"""INSERT INTO catalog_product (id, handle, {", ".join(targets)}, published_at, created_at, updated_at)
                SELECT k.id, s.handle, {", ".join(values)}, CASE WHEN {status} = 'published' THEN now() END, now(), now()
                FROM import_product k JOIN import_stage s ON s.row = k.row WHERE k.is_new ORDER BY k.row"""
        )
        if names:
            self._lock("catalog_product", "import_product")
            sets = [f"{STAGED[n].column or n} = {STAGED[n].updating(n)}" for n in names]
            if "status" in self.present:
                sets.append(f"published_at = CASE WHEN ({STATUS}) = 'published' AND t.status <> 'published' THEN now() ELSE t.published_at END")
            self.run(
                f"""UPDATE catalog_product t SET {", ".join(sets)}, updated_at = now() FROM import_product k, import_stage s
                    WHERE k.changed AND s.row = k.row AND t.id = k.id"""
            )

    def _write_variants(self) -> None:
        names = self.of("variant")
        fields = list(names)
        for name, staged in STAGED.items():
            if staged.table == "variant" and name not in fields:
                fields.append(name)
        self.run("UPDATE import_variant SET id = nextval(pg_get_serial_sequence('catalog_variant', 'id')) WHERE is_new")
        title = _variant_title("p.title", "v")
        self.run(
            f"""INSERT INTO catalog_variant (id, product_id, sku, title, position, {", ".join(fields)}, created_at, updated_at)
                SELECT v.id, k.id, s.sku, {title},
                       coalesce((SELECT max(o.position) FROM catalog_variant o WHERE o.product_id = k.id AND NOT k.is_new), -1)
                         + row_number() OVER (PARTITION BY v.hkey ORDER BY v.row),
                       {", ".join(STAGED[name].inserting(name) for name in fields)}, now(), now()
                FROM import_variant v JOIN import_stage s ON s.row = v.row JOIN import_product k ON k.hkey = v.hkey
                JOIN catalog_product p ON p.id = k.id WHERE v.is_new ORDER BY v.row"""
        )
        if names:
            self._lock("catalog_variant", "import_variant")
            sets = ", ".join(f"{name} = {STAGED[name].updating(name)}" for name in names)
            self.run(
                f"""UPDATE catalog_variant t SET {sets}, title = {title}, updated_at = now()
                    FROM import_variant v, import_stage s, catalog_product p
                    WHERE v.changed AND s.row = v.row AND t.id = v.id AND p.id = t.product_id"""
            )
        if "title" in self.present:
            self.run(
                f"""UPDATE catalog_variant t SET title = {_variant_title("p.title", "t")}, updated_at = now()
                    FROM import_product k, catalog_product p WHERE k.changed AND p.id = k.id AND t.product_id = p.id
                    AND t.title IS DISTINCT FROM {_variant_title("p.title", "t")}"""
            )

    def _write_media(self) -> None:
        self.run(
            """INSERT INTO catalog_media (product_id, variant_id, file, url, alt, position)
               SELECT k.id, v.id, '', m.url, coalesce(m.alt, ''),
                      coalesce(m.given_position, m.position
                        + coalesce((SELECT max(o.position) FROM catalog_media o WHERE o.product_id = k.id AND NOT k.is_new), -1))
               FROM import_media m JOIN import_product k ON k.hkey = m.hkey LEFT JOIN import_variant v ON v.row = m.variant_row
               WHERE m.is_new AND k.id IS NOT NULL ORDER BY m.row"""
        )
        self.run(
            """UPDATE catalog_media t SET alt = coalesce(m.alt, t.alt), position = coalesce(m.given_position, t.position),
                      variant_id = CASE WHEN m.variant_row IS NULL THEN t.variant_id ELSE v.id END
               FROM import_media m LEFT JOIN import_variant v ON v.row = m.variant_row WHERE m.changed AND t.id = m.id"""
        )

    def _lock(self, table: str, source: str) -> None:
        """Lock the rows that will change, in the order everybody locks them in."""
        self.run(f"SELECT id FROM {table} WHERE id IN (SELECT id FROM {source} WHERE changed) ORDER BY id FOR NO KEY UPDATE")

    def clear(self) -> None:
        self.run(f"DROP TABLE IF EXISTS {', '.join(self.TABLES)}")


def ensure_categories(paths: Iterable[str]) -> None:
    """Create the categories of these paths that do not exist, parents first; letter case does not matter."""
    known = {category.path.lower(): category for category in Category.objects.all()}
    for path in sorted(paths, key=lambda path: path.count(SEPARATOR)):
        names = path.split(SEPARATOR)
        parent = None
        for depth, name in enumerate(names, start=1):
            key = SEPARATOR.join(names[:depth]).lower()
            if key not in known:
                full = f"{parent.path}{SEPARATOR}{name}" if parent else name
                known[key] = Category.objects.create(parent=parent, name=name, path=full)
            parent = known[key]


def _variant_title(title: str, options: str) -> str:
    """The same text that `variants.retitle` gives."""
    parts = ", ".join(f"nullif({options}.option{n}, '')" for n in (1, 2, 3))
    return f"left(concat_ws(' – ', {title}, nullif(concat_ws(' / ', {parts}), '')), 400)"


def _shown(name: str, side: str) -> str:
    """SQL of the text that the difference shows for a column."""
    if name == "category":
        return "(SELECT path FROM catalog_category c WHERE c.id = t.category_id)" if side == "old" else "nullif(s.category, '')"
    if name == "brand":
        return "(SELECT name FROM catalog_brand b WHERE b.id = t.brand_id)" if side == "old" else "nullif(s.brand, '')"
    value = f"t.{name}" if side == "old" else f"({STAGED[name].updating(name)})"
    if STAGED[name].type.endswith("[]"):
        return f"array_to_string({value}, ', ')"
    if STAGED[name].type.startswith("numeric"):
        return f"trim_scale({value})::text"
    return f"{value}::text"


def _sentence(code: str, params: Any) -> str:
    return str(MESSAGES[code]) % (json.loads(params) if isinstance(params, str) else params or {})


# --- Values as COPY writes them -----------------------------------------------------------------

ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _encode_text(value: Any) -> str:
    if value is None:
        return "\\N"
    if "\\" in value or "\n" in value or "\r" in value or "\t" in value:
        return str(value.translate(ESCAPES))
    return str(value)


def _encode_plain(value: Any) -> str:
    return "\\N" if value is None else str(value)


def _encode_bool(value: Any) -> str:
    return "\\N" if value is None else "t" if value else "f"


def _encode_json(value: Any) -> str:
    return "\\N" if value is None else _encode_text(json.dumps(value, ensure_ascii=False))


def _encode_array(value: Any) -> str:
    if value is None:
        return "\\N"
    if not value:
        return "{}"
    return _encode_text("{" + ",".join(map(_element, value)) + "}")


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


ENCODERS: dict[str, Callable[[Any], str]] = {
    "text": _encode_text,
    "text[]": _encode_array,
    "varchar(120)[]": _encode_array,
    "int[]": _encode_array,
    "jsonb": _encode_json,
    "bool": _encode_bool,
    "int": _encode_plain,
    "numeric(15,3)": _encode_plain,
}

__all__ = ["SEPARATOR", "STAGED", "WITHOUT_LIMIT", "IntegrityError", "ensure_categories", "upsert_products"]
