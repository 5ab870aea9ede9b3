"""`manage.py quarantine_expired`: hold the stock of lots that have expired. The worker does the same every minute."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from backoffice.context import acting
from inventory import services


class Command(BaseCommand):
    help = "Hold the stock of lots that have expired, and free that of lots that have not any more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(source="command:quarantine_expired"):
            lots = services.quarantine_expired()
        if options["json"]:
            self.stdout.write(json.dumps({"lots": lots}))
        else:
            self.stdout.write(ngettext("%d lot changed.", "%d lots changed.", lots) % lots)
