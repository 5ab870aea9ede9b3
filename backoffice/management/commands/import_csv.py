"""Bring a file in."""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice import resources
from backoffice.imports import joining, running
from backoffice.imports.reading import Dialect
from backoffice.models import ImportRun, User

SOURCE = "command:import_csv"
SHOWN_ERRORS = 100
BAR = 30


class Command(BaseCommand):
    help = (
        "Bring a CSV, TSV or XLSX file in: all rows or, when one is refused, none. Exit status: 0 done, 1 refused with "
        "reasons, 2 wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("resource", help="what the file holds: " + ", ".join(r.key for r in resources.every()))
        parser.add_argument("file", type=Path, help="the file; encoding, delimiter, header and columns are found out")
        parser.add_argument(
            "--join",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="a further file of the same records, such as the lines or the payments of the orders in the first; may be repeated",
        )
        parser.add_argument(
            "--on",
            action="append",
            default=[],
            metavar="COLUMN[=COLUMN]",
            help="the columns by which a further file is joined, of the files before it and its own; in the order of --join",
        )
        parser.add_argument("--dry-run", action="store_true", help="read and compare everything, write nothing")
        parser.add_argument(
            "--partial", action="store_true", help="write the rows that are right though others are refused"
        )
        parser.add_argument(
            "--mapping",
            type=Path,
            metavar="FILE",
            help='JSON file {"header in the file": "column"}; "" leaves a column out',
        )
        parser.add_argument(
            "--read",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="how the file is to be read where the guess is wrong: encoding, delimiter (or TAB), decimal, dates (ymd, dmy, "
            "mdy) or sheet; may be repeated",
        )
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="write the refused rows there, with a column `errors`"
        )
        parser.add_argument(
            "--by", metavar="USER", help="e-mail of the person who does this; default: the operator of the machine"
        )
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        resource = self._resource(options["resource"])
        path = Path(options["file"])
        further: list[Path] = options["join"]
        for one in [path, *further]:
            if not one.is_file():
                raise CommandError(f"There is no file {one}.", returncode=2)
        by = self._user(options["by"], resource)
        wanted: dict[str, Any] = {
            "chosen": self._chosen(options["mapping"]),
            "read_as": self._read_as(options["read"]),
        }
        run = running.start(resource, by=by, name=path.name, source=SOURCE, path=path)
        started = time.monotonic()
        try:
            with TemporaryDirectory(prefix="houtai-join-") as folder:
                if further:
                    joined = self._join(run, [path, *further], resource, Path(folder), wanted["read_as"], options["on"])
                    path = joined.path
                    wanted["read_as"] = {k: v for k, v in wanted["read_as"].items() if k not in joining.OF_EACH}
                table = running.open_table(path, resource, by=by, **wanted)
                if further:
                    table.dialect.notes += joined.notes()
                self._bring(run, table, by, options)
        except ValidationError as error:
            self._unreadable(run, error)
        self._report(run, json_only=options["json"], seconds=time.monotonic() - started)

    def _join(
        self,
        run: ImportRun,
        paths: list[Path],
        resource: resources.BaseResource,
        folder: Path,
        read_as: dict[str, str],
        on: list[str],
    ) -> joining.Joined:
        """The files as one, in `folder`; how they were joined is kept with the run."""
        pairs = [(left, right or left) for left, _equals, right in (text.partition("=") for text in on)]
        files = [(path.name, path) for path in paths]
        joined = joining.join(files, resource, folder / "joined.csv", on=pairs, read_as=joining.of_each(read_as))
        run.joined = joined.as_json()
        run.save(update_fields=["joined"])
        return joined

    def _bring(self, run: ImportRun, table: running.Table, by: User | None, options: dict[str, Any]) -> None:
        if not options["json"]:
            self._tell_reading(table)
        progress = Bar(table.estimate()) if sys.stderr.isatty() else None
        settings: dict[str, Any] = {"by": by, "progress": progress, "errors": options["errors"]}
        if options["dry_run"]:
            running.check(run, table, **settings)
        else:
            running.apply(run, table, partial=options["partial"], **settings)
        if progress:
            progress.end()

    def _resource(self, key: str) -> resources.BaseResource:
        try:
            return resources.get(key)
        except KeyError as error:
            raise CommandError(error.args[0], returncode=2) from error

    def _user(self, email: str | None, resource: resources.BaseResource) -> User | None:
        if not email:
            return None
        user = User.objects.active().filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no active user {email}.", returncode=2)
        missing = [name for name in ("backoffice.import_data", resource.permission) if name and not user.has_perm(name)]
        if missing:
            raise CommandError(f"{email} may not import {resource.key}: {', '.join(missing)} is missing.", returncode=2)
        return user

    def _chosen(self, path: Path | None) -> dict[str, str] | None:
        if path is None:
            return None
        try:
            chosen = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"The mapping file {path} cannot be read: {error}", returncode=2) from error
        if not isinstance(chosen, dict) or not all(isinstance(target, str) for target in chosen.values()):
            raise CommandError('A mapping file is a JSON object {"header in the file": "column"}.', returncode=2)
        return chosen

    def _read_as(self, choices: list[str]) -> dict[str, str]:
        """Parts of a dialect; a sheet is looked for when the file is open."""
        possible = Dialect().choices()
        wanted = {}
        for choice in choices:
            name, _equals, value = choice.partition("=")
            value = "\t" if (name, value) == ("delimiter", "TAB") else value
            if name not in possible or (name != "sheet" and value not in possible[name]):
                there = ", ".join(filter(None, possible.get(name, possible))).replace("\t", "TAB")
                raise CommandError(f"--read {choice}: this cannot be chosen. There are: {there}.", returncode=2)
            wanted[name] = value
        return wanted

    def _tell_reading(self, table: running.Table) -> None:
        dialect = table.dialect
        delimiter = {"\t": "TAB"}.get(dialect.delimiter, dialect.delimiter)
        reading = f"{dialect.encoding}, delimiter {delimiter}" if dialect.kind == "csv" else f"sheet {dialect.sheet}"
        dates = f", dates {dialect.dates}" if dialect.dates else ""
        self.stdout.write(f"{reading}, decimals {dialect.decimal}{dates}, header in row {dialect.header_row}")
        for match in table.mapping.used:
            self.stdout.write(
                f"  {match.header} -> {match.target}" + (f" ({match.how})" if match.how == "likeness" else "")
            )
        if ignored := table.mapping.ignored:
            self.stdout.write("ignored columns: " + ", ".join(f"{m.header or '?'} ({m.reason})" for m in ignored))

    def _unreadable(self, run: ImportRun, error: ValidationError) -> None:
        """The file as a whole is refused."""
        if run.status == ImportRun.Status.UPLOADED:
            running.failed(run, error, 0)
        run.report = {
            "problems": [{"row": None, "column": "", "value": "", "message": text} for text in error.messages]
        }

    def _report(self, run: ImportRun, *, json_only: bool, seconds: float) -> None:
        applied = run.status == ImportRun.Status.APPLIED
        problems = run.report.get("problems", [])
        if json_only:
            self.stdout.write(json.dumps(self._facts(run, applied, problems, seconds), ensure_ascii=False))
        else:
            self._tell(run, applied, problems, seconds)
        if problems and not applied:
            raise SystemExit(1)

    def _facts(self, run: ImportRun, applied: bool, problems: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
        return {
            "run": run.number,
            "applied": applied,
            **running.counts(run),
            "seconds": round(seconds, 3),
            "errors": problems[:SHOWN_ERRORS],
            "warnings": run.report.get("warnings", [])[:SHOWN_ERRORS],
            "notes": run.report.get("notes", []),
            "ignored": run.report.get("ignored", []),
            **({"joined": joining.told(run.joined)} if run.joined else {}),
        }

    def _tell(self, run: ImportRun, applied: bool, problems: list[dict[str, Any]], seconds: float) -> None:
        for note in run.report.get("notes", []):
            self.stdout.write(self.style.WARNING(note))
        for warning in run.report.get("warnings", [])[:SHOWN_ERRORS]:
            self.stdout.write(f"row {warning['row']}: {warning['message']}")
        for problem in problems[:SHOWN_ERRORS]:
            place = f"row {problem['row']}, " if problem["row"] else ""
            value = f" “{problem['value']}”" if problem["value"] else ""
            self.stderr.write(self.style.ERROR(f"{place}{problem['column']}{value}: {problem['message']}"))
        if run.refused > SHOWN_ERRORS:
            self.stderr.write(f"... and {run.refused - SHOWN_ERRORS} more; --errors FILE writes all of them.")
        rate = f", {run.read / seconds:,.0f} rows/s" if seconds > 0 else ""
        state = (
            "applied"
            if applied
            else "checked, nothing written"
            if run.status == ImportRun.Status.CHECKED
            else "nothing written"
        )
        self.stdout.write(f"{run.number} {state}: {running.summary(run)} {seconds:.1f} s{rate}")


class Bar:
    """A progress bar on the terminal, told how many rows are done."""

    def __init__(self, total: int) -> None:
        self.total = max(total, 1)
        self.started = time.monotonic()

    def __call__(self, done: int) -> None:
        share = min(done / self.total, 1.0)
        filled = int(share * BAR)
        rate = done / max(time.monotonic() - self.started, 0.001)
        sys.stderr.write(f"\r[{'#' * filled}{' ' * (BAR - filled)}] {share:4.0%} {done:,} rows, {rate:,.0f} rows/s")
        sys.stderr.flush()

    def end(self) -> None:
        sys.stderr.write("\n")
