"""`manage.py sync_roles`: write the roles of backoffice/roles.py as groups."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice.context import acting
from backoffice.roles import ROLES, sync_roles


class Command(BaseCommand):
    help = "Write the roles and their permissions; run after every upgrade."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(source="command:sync_roles"):
            counts = sync_roles()
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        for name, count in counts.items():
            self.stdout.write(f"{ROLES[name].label:<24} {count:>4} permissions")
