"""The summaries of sales, proven against orders, parcels, returns and the ledger. Days that the next refresh adds up anew are left out."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.verification import EXAMPLES, Result, compare
from orders.models import CohortSales, SalesMark, Span, Summary
from orders.services.summary_sources import SOURCES
from orders.services.summary_upkeep import ALL, WRONG_COHORTS, pending_days, wrong_rows

Say = Callable[[Sequence[Any]], str]


def prove_summaries(differences: Callable[[Sequence[Any], Sequence[Any]], str]) -> Result:
    """Every summary; `differences` puts names, and what is stored and what is right, into words.

    Nothing is checked before the first refresh.
    """
    mark = SalesMark.objects.first()
    if mark is None:
        return Result(0, 0)
    pending = pending_days(mark)
    results = [
        compare(
            checked=f"SELECT count(*) FROM {summary._meta.db_table}",  # noqa: S608 - our own table
            wrong=wrong_rows(summary),
            say=_say(summary, differences),
            parameters={**ALL.parameters, "zone": mark.zone, "pending": pending},
        )
        for summary in SOURCES
    ]
    results.append(_cohorts(differences))
    return Result(
        sum(one.checked for one in results),
        sum(one.wrong for one in results),
        [example for one in results for example in one.examples][:EXAMPLES],
    )


def _say(summary: type[Summary], differences: Callable[[Sequence[Any], Sequence[Any]], str]) -> Say:
    figures = [field.verbose_name for field in summary._meta.concrete_fields if field.name in summary.figures]
    key = 3 + len(summary.keys)

    def say(row: Sequence[Any]) -> str:
        about = " ".join([str(Span(row[0]).label), *(str(part) for part in row[1:key] if part != "")])
        return f"{summary._meta.verbose_name}, {about}: {differences(figures, row[key:])}"

    return say


def _cohorts(differences: Callable[[Sequence[Any], Sequence[Any]], str]) -> Result:
    names = (_("customers"), _("orders"), _("gross"))

    def say(row: Sequence[Any]) -> str:
        about = f"{row[0]:%Y-%m} {row[1]:%Y-%m} {row[2]}"
        return f"{CohortSales._meta.verbose_name}, {about}: {differences(names, row[3:])}"

    return compare(checked="SELECT count(*) FROM orders_cohortsales", wrong=WRONG_COHORTS, say=say)
