"""Take a list out."""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice import exports, resources
from backoffice.models import User

FORMATS = ("csv", "xlsx", "jsonl")


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
        parser.add_argument("--format", choices=FORMATS, help="default: what the name of the file says")
        parser.add_argument("--bom", action="store_true", help="begin with a byte order mark, as Excel likes it")
        parser.add_argument(
            "--by", metavar="USER", help="e-mail of the person who does this; default: the operator of the machine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            resource = resources.get(options["resource"])
        except KeyError as error:
            raise CommandError(error.args[0], returncode=2) from error
        user = self._user(options["by"])
        output = Path(options["output"]) if options["output"] else None
        suffix = output.suffix.lstrip(".").lower() if output else "csv"
        fmt = options["format"] or (suffix if suffix in FORMATS else "csv")
        queryset = self._queryset(resource, options["where"], user)
        pieces = exports.pieces(queryset, resource.export_columns(user), fmt, user=user, bom=options["bom"])
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece) if hasattr(sys.stdout, "buffer") else self.stdout.write(
                    piece.decode(), ending=""
                )
            return
        with output.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        self.stderr.write(f"{output} written.")

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
