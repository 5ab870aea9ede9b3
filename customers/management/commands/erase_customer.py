"""`manage.py erase_customer CU-1042`: erase the personal data of a customer."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.context import acting
from customers import services
from customers.models import Customer


class Command(BaseCommand):
    help = "Erase the personal data of a customer; orders keep their numbers and amounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="the customer, such as CU-1042")
        parser.add_argument("--preview", action="store_true", help="only say what would become of each class of data")
        parser.add_argument("--yes", action="store_true", help="erase without asking; it cannot be undone")
        parser.add_argument("--reason", default="", help="why; kept with the record of the erasure")
        parser.add_argument(
            "--check", action="store_true", help="read every table afterwards and say where the person still stands"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        customer = Customer.objects.filter(number__iexact=options["number"]).first()
        if customer is None:
            raise CommandError(f"There is no customer {options['number']}.")
        preview = services.preview_erasure(customer)
        for fate in preview.fates:
            self.stdout.write(f"{fate.entry.label}: {fate.rows}, {fate.entry.rule.label}. {fate.sentence}")
        if preview.obstacles:
            raise CommandError("\n".join(preview.obstacles))
        if options["preview"]:
            return
        if not options["yes"]:
            raise CommandError("This cannot be undone. Give --yes to go on, or --preview to look only.")
        person = services.person_of(customer)
        try:
            with acting(source="command:erase_customer"):
                erasure = services.erase(customer, by=None, reason=options["reason"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(f"{erasure}: the data of {customer.number} are erased.")
        if options["check"]:
            left = services.remaining_traces(person)
            self.stdout.write("\n".join(map(str, left)) if left else "Nothing is left.")
