"""`manage.py expire_holds`: end the holds whose time is over. The worker does the same every minute."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from backoffice.context import acting
from inventory import services


class Command(BaseCommand):
    help = "End the holds of stock whose time is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(source="command:expire_holds"):
            ended = services.expire_holds()
        if options["json"]:
            self.stdout.write(json.dumps({"expired": ended}))
        else:
            self.stdout.write(ngettext("%d hold expired.", "%d holds expired.", ended) % ended)
