"""`manage.py demo`: load the demonstration shop."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice import demo
from backoffice.context import acting
from orders.demo import SIZES, load


class Command(BaseCommand):
    help = "Load the demonstration shop into an empty database; a second call changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--size", choices=sorted(SIZES), default="small", help="how much of everything (default: small)"
        )
        parser.add_argument("--seed", type=int, default=1, help="another number makes another shop (default: 1)")
        parser.add_argument("--no-sign-ins", action="store_true", help="do not end with the table of sign-ins")
        parser.add_argument("--json", action="store_true", help="end with one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def progress(step: str) -> None:
            if not options["json"]:
                self.stdout.write(f"{time.monotonic() - started:6.1f} s  {step}")

        with acting(source="command:demo"):
            new = load(options["size"], options["seed"], progress)
        seconds = round(time.monotonic() - started, 1)
        if options["json"]:
            self.stdout.write(json.dumps({"loaded": new, "size": options["size"], "seconds": seconds}))
            return
        if options["no_sign_ins"]:
            return
        self.stdout.write(
            f"The demonstration shop is loaded ({seconds} s)." if new else "The demonstration shop is there already."
        )
        for role, email, password in demo.sign_ins():
            self.stdout.write(f"  {role!s:<20} {email:<36} {password}")
