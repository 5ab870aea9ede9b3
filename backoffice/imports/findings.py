"""What is found about the rows of a batch: problems as sentences, counts, causes, differences, and a line for each row."""

# The statements are put together from the constants of our own classes and never from input.
# ruff: noqa: S608

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection

from backoffice.models import ImportRow, ImportRun
from backoffice.resources import Outcome

FINDINGS = ("import_problem", "import_refused", "import_line")
SHOWN = 100  # problems, warnings and differences of a report
SHOWN_CAUSES = 50
PARAMETER = re.compile(r"%\((\w+)\)s|%%?")


class Findings:
    """The telling half of a Batch.

    messages: code of a problem -> its sentence, with parameters such as %(row)s.
    """

    cursor: Any
    count: int
    notes: list[str]
    messages: Mapping[str, Any] = {}

    # --- What a subclass says -------------------------------------------------------------------

    def find_problems(self) -> None:
        """Call `problem` for everything that stands against rows."""
        raise NotImplementedError

    def records(self) -> str:
        """SELECT of the rows that are new or changed, each once: row, is_new, changed."""
        raise NotImplementedError

    def record(self) -> str:
        """SQL of the natural key of the record that the staged row `s` is about."""
        raise NotImplementedError

    def changes(self, rows: str) -> str:
        """SELECT of what changes in the changed ones of the rows `SELECT row`: row, jsonb [[column, old, new], ...]."""
        raise NotImplementedError

    # --- Problems -------------------------------------------------------------------------------

    def run(self, sql: str, params: Sequence[Any] | None = None) -> int:
        """Run a statement; the number of rows it touched."""
        self.cursor.execute(sql, params)
        return int(self.cursor.rowcount)

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
        self.find_problems()
        self.run(
            "CREATE TEMP TABLE import_refused ON COMMIT DROP AS SELECT DISTINCT row FROM import_problem WHERE is_error"
        )
        self.run("ANALYZE import_refused")
        self.run("ANALYZE import_problem")
        self.run(
            f"""CREATE TEMP TABLE import_line ON COMMIT DROP AS
                SELECT row, {self.record()} AS record,
                       CASE WHEN p.is_error THEN 'refused' WHEN r.is_new THEN 'new' WHEN r.changed THEN 'changed' ELSE 'unchanged' END AS outcome
                FROM ({self.records()}) r(row, is_new, changed)
                FULL JOIN (SELECT row, bool_or(is_error) AS is_error FROM import_problem GROUP BY row) p USING (row)
                JOIN import_stage s USING (row)"""
        )
        self.run("ANALYZE import_line (row, outcome)")

    def problem(self, code: str, select: str, params: Sequence[Any] | None = None, *, error: bool = True) -> int:
        """`select` yields row, column, value and the parameters of the sentence of `code`; how many there are."""
        self.__dict__.pop("_codes", None)
        return self.run(
            f"""INSERT INTO import_problem (row, is_error, name, value, code, params)
                SELECT x.row, {"true" if error else "false"}, x.name, left(x.value, 500), '{code}', x.params
                FROM ({select}) x(row, name, value, params)""",
            params,
        )

    @cached_property
    def _codes(self) -> list[str]:
        """Of the problems found so far, each once; asked for after the check, by several readers."""
        self.cursor.execute("SELECT DISTINCT code FROM import_problem WHERE code IS NOT NULL")
        return [code for (code,) in self.cursor.fetchall()]

    def _sentence(self) -> tuple[str, list[str]]:
        """SQL of the sentence of a problem `p` in the reader's language, and its parameters."""
        cases, params = [], []
        for code in self._codes:
            names: list[str] = []

            def place(match: re.Match[str], names: list[str] = names) -> str:
                if not match[1]:
                    return "%%"
                names.append(match[1])
                return f"%{len(names)}$s"

            params.append(PARAMETER.sub(place, str(self.messages[code])))
            values = "".join(f", p.params ->> '{name}'" for name in names)
            cases.append(f"WHEN '{code}' THEN format(%s{values})")
        return (f"CASE p.code {' '.join(cases)} ELSE p.text END" if cases else "p.text"), params

    def problems(self, *, errors: bool, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Problems in row order, as sentences."""
        sentence, params = self._sentence()
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"""SELECT p.row, coalesce(p.name, ''), coalesce(p.value, ''), {sentence} FROM import_problem p
                    WHERE p.is_error = %s ORDER BY p.row, p.name {f"LIMIT {limit}" if limit else ""}""",
                [*params, errors],
            )
            for row, name, value, message in cursor:
                yield {"row": row, "column": name, "value": value, "message": message}

    # --- Telling --------------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        self.cursor.execute("SELECT outcome, count(*) FROM import_line GROUP BY 1")
        found = dict(self.cursor.fetchall())
        new, changed, refused = (found.get(name, 0) for name in ("new", "changed", "refused"))
        unchanged = self.count - new - changed - refused
        outcome = Outcome(read=self.count, new=new, changed=changed, unchanged=unchanged, refused=refused)
        outcome.notes = self.notes
        outcome.problems = list(self.problems(errors=True, limit=SHOWN))
        outcome.warnings = list(self.problems(errors=False, limit=SHOWN))
        outcome.causes = self._causes()
        outcome.differences = self._differences() if changed else []
        return outcome

    def _causes(self) -> list[dict[str, Any]]:
        """Refusals grouped by column and cause, the most frequent first."""
        sentence, params = self._sentence()
        self.cursor.execute(
            f"""SELECT p.name, {sentence}, p.rows, p.first, p.value FROM (
                    SELECT coalesce(name, '') AS name, code, CASE WHEN code IS NULL THEN text END AS text, count(DISTINCT row) AS rows,
                           min(row) AS first, (array_agg(value ORDER BY row))[1] AS value, (array_agg(params ORDER BY row))[1] AS params
                    FROM import_problem WHERE is_error GROUP BY 1, 2, 3 ORDER BY 4 DESC, 5 LIMIT {SHOWN_CAUSES}
                ) p ORDER BY p.rows DESC, p.first""",
            params,
        )
        return [
            {"column": name, "message": message, "rows": rows, "first": first, "value": value}
            for name, message, rows, first, value in self.cursor.fetchall()
        ]

    def _differences(self) -> list[dict[str, Any]]:
        """Old and new values of the first changed rows, as text."""
        self.cursor.execute(f"SELECT row, record FROM import_line WHERE outcome = 'changed' ORDER BY row LIMIT {SHOWN}")
        records = dict(self.cursor.fetchall())
        rows = f"SELECT unnest(ARRAY[{', '.join(map(str, records))}]::int[])"
        self.cursor.execute(f"SELECT c.row, c.changes FROM ({self.changes(rows)}) c(row, changes) ORDER BY c.row")
        found = [(row, *change) for row, changes in self.cursor.fetchall() for change in json.loads(changes)]
        return [
            {"row": row, "record": records[row] or "", "column": name, "old": old, "new": new}
            for row, name, old, new in found[:SHOWN]
        ]

    def keep(self, run: ImportRun) -> None:
        """Keep a line for each row with its run, in place of earlier ones: refused rows first, as many as the settings say.

        Rows that are as they were and have no warning are not kept.
        """
        sentence, params = self._sentence()
        table = ImportRow._meta.db_table
        self.run(f"DELETE FROM {table} WHERE run_id = %s", [run.pk])
        self.run(
            f"""DELETE FROM import_line WHERE row IN (
                    SELECT row FROM import_line ORDER BY (outcome <> 'refused'), row OFFSET {int(settings.IMPORT_KEPT_ROWS)})"""
        )
        changed = "SELECT row FROM import_line WHERE outcome = 'changed'"
        self.run(
            f"""INSERT INTO {table} (run_id, row, outcome, is_warned, record, changes, problems)
                SELECT %s, k.row, k.outcome, coalesce(p.is_warned, false), coalesce(left(k.record, 500), ''),
                       coalesce(c.changes, '[]'), coalesce(p.problems, '[]')
                FROM import_line k
                LEFT JOIN (
                    SELECT p.row, bool_or(NOT p.is_error) AS is_warned,
                           jsonb_agg(jsonb_build_array(coalesce(p.name, ''), coalesce(p.value, ''), {sentence},
                               CASE WHEN p.is_error THEN 'error' ELSE 'warning' END) ORDER BY p.is_error DESC, p.name) AS problems
                    FROM import_problem p GROUP BY p.row
                ) p ON p.row = k.row
                LEFT JOIN ({self.changes(changed).replace("%", "%%")}) c(row, changes) ON c.row = k.row
                ORDER BY k.row""",
            [run.pk, *params],
        )


def changes_of(columns: Sequence[tuple[str, str, str, str]]) -> str:
    """SQL of a jsonb array [[column, old, new], ...]; of each column its name, whether it differs, old and new text."""
    cases = ", ".join(
        f"CASE WHEN {differs} THEN jsonb_build_array('{name}', coalesce(left({old}, 500), ''), coalesce(left({new}, 500), '')) END"
        for name, differs, old, new in columns
    )
    return f"to_jsonb(array_remove(ARRAY[{cases}]::jsonb[], NULL))"
