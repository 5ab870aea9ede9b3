"""`manage.py segment_customers`: work out the segments of all customers. The worker does it every night."""

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.context import acting
from customers.services import segments


def day(text: str) -> date:
    """A date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date like 2026-01-31") from error


class Command(BaseCommand):
    help = (
        "Work out ABC class, RFM scores, lifecycle and churn risk of every customer, and keep them. "
        "A day that was run before is worked out anew: --json says for how many customers the result differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of", type=day, metavar="DATE", help="as of the end of this day, by default today; never in the future"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        as_of = options["as_of"] or today
        if as_of > today:
            raise CommandError(_("%(day)s has not come yet.") % {"day": as_of}, returncode=2)
        started = time.perf_counter()
        with acting(source="command:segment_customers"):
            outcome = segments.segment(as_of)
        figures = {
            "as_of": as_of.isoformat(),
            "customers": outcome.run.customers,
            "changed": outcome.run.changed,
            "differing": outcome.differing,
            "seconds": round(time.perf_counter() - started, 3),
            **outcome.counts,
        }
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        self.stdout.write(
            _("%(customers)s customers as of %(as_of)s, %(changed)s of them moved; %(seconds)s s.") % figures
        )
        for name, counts in outcome.counts.items():
            self.stdout.write(f"{name}: " + ", ".join(f"{value} {count}" for value, count in counts.items()))
