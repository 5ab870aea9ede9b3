"""Numbers of documents: fast sequences where gaps do no harm, a locked counter where law forbids them."""

from django.db import connection, migrations

from backoffice.models import DocumentSequence


class CreateSequence(migrations.RunSQL):
    """Migration operation that creates the sequence behind `next_number(prefix)`."""

    def __init__(self, prefix: str, start: int = 1001) -> None:
        name = sequence_name(prefix)
        super().__init__(f"CREATE SEQUENCE IF NOT EXISTS {name} START {start}", f"DROP SEQUENCE IF EXISTS {name}")
        self.prefix, self.start = prefix, start

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return self.__class__.__qualname__, [], {"prefix": self.prefix, "start": self.start}


def sequence_name(prefix: str) -> str:
    return f"houtai_{prefix.lower()}_number"


def next_number(prefix: str) -> str:
    """Draw the next number such as "SO-1042". A rolled-back transaction leaves a gap."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence_name(prefix)])
        return f"{prefix}-{cursor.fetchone()[0]}"


def next_numbers(prefix: str, count: int) -> list[str]:
    """Draw as many numbers at once, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence_name(prefix), count])
        return [f"{prefix}-{number}" for (number,) in cursor.fetchall()]


def draw(series: str, year: int) -> str:
    """Draw the next number of a gapless series, such as "INV-2026-00001".

    The counter row stays locked until the transaction ends, so a number is used or never existed.
    Raises TransactionManagementError outside a transaction.
    """
    DocumentSequence.objects.bulk_create([DocumentSequence(series=series, year=year)], ignore_conflicts=True)
    counter = DocumentSequence.objects.select_for_update().get(series=series, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{series}-{year}-{counter.last:05d}"
