"""`manage.py publish_due`: what happens by the clock. The worker does the same every minute."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from backoffice import publishing
from backoffice.context import acting


class Command(BaseCommand):
    help = "Publish what is approved for now or before, and take down what has expired."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(source="command:publish_due"):
            done = publishing.publish_due()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"Published: {done.published}. Expired: {done.expired}. Approvals that were void: {done.void}."
        )
