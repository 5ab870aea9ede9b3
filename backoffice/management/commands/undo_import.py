"""Take an import back."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.imports import undoing
from backoffice.models import ImportRun, User


class Command(BaseCommand):
    help = (
        "Take an applied import back: rows it created are deleted where nothing refers to them, rows it changed get their "
        "values of before; what others changed since stays and is listed with both values. --redo sets it all again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", help="number of the run, such as IM-12")
        parser.add_argument("--redo", action="store_true", help="set again what an undone import had set")
        parser.add_argument(
            "--overwrite", action="store_true", help="overwrite what others changed since, instead of keeping it"
        )
        parser.add_argument(
            "--by", metavar="USER", help="e-mail of the person who does this; default: the operator of the machine"
        )
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        run = ImportRun.objects.filter(number=options["run"].upper()).first()
        if run is None:
            raise CommandError(f"There is no import {options['run']}.", returncode=2)
        try:
            undone = (undoing.redo if options["redo"] else undoing.undo)(
                run,
                by=self._user(options["by"]),
                source="command:undo_import",
                overwrite=undoing.ALL if options["overwrite"] else (),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if options["json"]:
            kept = [{name: value for name, value in row.items() if name != "restricted"} for row in undone.kept]
            facts = {"run": run.number, **undone.counts(), "kept": kept, "kept_count": undone.kept_count}
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        for row in undone.kept:
            self.stdout.write(f"kept: {row['kind']} {row['record']}: {row['reason']}")
            for name, target, now in row["values"]:
                self.stdout.write(f"    {name}: would be “{target}”, is “{now}”")
        self.stdout.write(
            f"{run.number} {'done again' if options['redo'] else 'undone'}: {undone.deleted} deleted, {undone.created} created, "
            f"{undone.restored} restored, {undone.kept_count} kept."
        )

    def _user(self, email: str | None) -> User | None:
        if not email:
            return None
        user = User.objects.active().filter(email__iexact=email).first()
        if user is None or not user.has_perm("backoffice.import_data"):
            raise CommandError(f"{email} may not take imports back.", returncode=2)
        return user
