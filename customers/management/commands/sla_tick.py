"""`manage.py sla_tick`: what is due by the clock of the promises. The worker does the same every minute."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.context import acting
from customers.services import promises


class Command(BaseCommand):
    help = "Warn of promises to tickets that are nearly due, and tell of those whose time is over; each once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(source="command:sla_tick"):
            done = promises.tick()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"Warned: {done.warned}. Broken: {done.broken}. Told to leads: {done.escalated}."
            f" Priorities raised: {done.raised}. People told: {done.told}."
        )
