"""Assessing products that large statements touched; small ones assess theirs by trigger."""

from django.db import connection, transaction

from catalog.models import CompletenessDue

CHUNK = 2_000


def assess_due() -> int:
    """Assess what is due, one entry a transaction; the number of products. What another worker holds is left to it."""
    done = 0
    while (number := _assess_next()) is not None:
        done += number
    return done


@transaction.atomic
def _assess_next() -> int | None:
    due = CompletenessDue.objects.select_for_update(skip_locked=True).order_by("pk").first()
    if due is None:
        return None
    assess(due.products)
    due.delete()
    return len(due.products)


def assess(products: list[int]) -> None:
    """Find out anew how complete these products are, by primary key."""
    keys = sorted(products)
    with connection.cursor() as cursor:
        for start in range(0, len(keys), CHUNK):
            cursor.execute("SELECT catalog_assess(%s::bigint[])", [keys[start : start + CHUNK]])
