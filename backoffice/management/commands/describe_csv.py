"""Tell what CSV files may hold."""

from typing import Any

from django.core.management.base import BaseCommand

from backoffice.imports.describing import document


class Command(BaseCommand):
    help = "Print what each kind of CSV file may hold, as Markdown: `manage.py describe_csv > docs/csv.md`."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
