"""Take a list out."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone, translation

from backoffice import audit, exports, resources
from backoffice.context import acting
from backoffice.exports.files import expected_rows
from backoffice.exports.running import zone_of
from backoffice.management.commands.import_csv import Bar
from backoffice.models import User


class Command(BaseCommand):
    help = "Write all records of a kind as CSV, XLSX or JSON Lines. The file can be imported again as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("resource", help="one of: " + ", ".join(r.key for r in resources.every()))
        parser.add_argument(
            "--where",
            action="append",
            default=[],
            metavar="COLUMN=VALUE",
            help="only these; may be given several times",
        )
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output, as CSV")
        parser.add_argument("--format", choices=exports.FORMATS, help="default: what the name of the file says")
        parser.add_argument("--bom", action="store_true", help="begin with a byte order mark, as Excel likes it")
        parser.add_argument(
            "--by", metavar="USER", help="e-mail of the person who does this; default: the operator of the machine"
        )
        parser.add_argument(
            "--json", action="store_true", help="end with one JSON line; without -o it goes to standard error"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            resource = resources.get(options["resource"])
        except KeyError as error:
            raise CommandError(error.args[0], returncode=2) from error
        user = self._user(options["by"])
        output = Path(options["output"]) if options["output"] else None
        suffix = output.suffix.lstrip(".").lower() if output else "csv"
        fmt = options["format"] or (suffix if suffix in exports.FORMATS else "csv")
        queryset = self._queryset(resource, options["where"], user)
        started = time.monotonic()
        with (
            translation.override(user.language or None if user else None),
            timezone.override(zone_of(user) if user else None),
        ):
            export = exports.Export(
                queryset,
                resource.export_columns(user),
                fmt,
                user=user,
                bom=options["bom"],
                progress=self._bar(queryset),
            )
            with acting(source="command:export_csv", user=user):
                size = self._write(export, output)
                if user is not None:
                    audit.record("list.exported", user, by=user, data=exports.facts(export, resource.key))
        if isinstance(export.progress, Bar):
            export.progress.end()
        self._report(export, output, size, time.monotonic() - started, as_json=options["json"])

    def _bar(self, queryset: Any) -> Bar | None:
        return Bar(expected_rows(queryset)) if sys.stderr.isatty() else None

    def _user(self, email: str | None) -> User | None:
        if not email:
            return None
        user = User.objects.active().filter(email__iexact=email).first()
        if user is None or not user.has_perm(exports.EXPORT):
            raise CommandError(f"{email} may not export.", returncode=2)
        return user

    def _queryset(self, resource: resources.BaseResource, conditions: list[str], user: User | None) -> Any:
        where = {}
        for condition in conditions:
            name, equals, value = condition.partition("=")
            if not equals:
                raise CommandError(f"--where wants COLUMN=VALUE, not {condition!r}.", returncode=2)
            where[name] = value
        try:
            queryset = resource.export_queryset(where)
        except (FieldError, ValidationError, ValueError) as error:
            raise CommandError(f"--where: {error}", returncode=2) from error
        return queryset.visible_to(user) if user is not None and hasattr(queryset, "visible_to") else queryset

    def _write(self, export: exports.Export, output: Path | None) -> int:
        """Write the file and return its size. A file that breaks off leaves what was there before as it was."""
        try:
            if output is None:
                return self._copy(export, getattr(self.stdout, "buffer", None) or getattr(sys.stdout, "buffer", None))
            handle, temporary = tempfile.mkstemp(dir=output.resolve().parent, prefix=f".{output.name}-")
            try:
                with os.fdopen(handle, "wb") as file:
                    size = self._copy(export, file)
                umask = os.umask(0)
                os.umask(umask)
                Path(temporary).chmod(0o666 & ~umask)
                Path(temporary).replace(output)
            finally:
                Path(temporary).unlink(missing_ok=True)
            return size
        except (OSError, DatabaseError) as error:
            raise CommandError(f"The file could not be written: {error}", returncode=1) from error

    def _copy(self, pieces: Iterable[bytes], file: Any) -> int:
        size = 0
        for piece in pieces:
            if file is None:
                self.stdout.write(piece.decode(), ending="")
            else:
                file.write(piece)
            size += len(piece)
        return size

    def _report(self, export: exports.Export, output: Path | None, size: int, seconds: float, *, as_json: bool) -> None:
        facts = {
            "file": str(output) if output else None,
            "format": export.fmt,
            "rows": export.rows,
            "bytes": size,
            "seconds": round(seconds, 3),
        }
        if as_json:
            (self.stdout if output else self.stderr).write(json.dumps(facts, ensure_ascii=False))
        elif output:
            self.stderr.write(f"{output}: {export.rows:,} rows, {size:,} bytes, {seconds:.1f} s")
