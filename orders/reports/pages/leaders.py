"""Long ranked lists: their first pages out of the items that lead in a year."""

from dataclasses import replace
from typing import Any

from django.db import connection

from backoffice.derived import positional
from backoffice.generic import keyset
from backoffice.generic.keyset import Slice
from orders.models import Summary
from orders.reports.pages.base import LONG, SalesReport
from orders.reports.statements import leading, narrowed_of


class LedReport(SalesReport):
    """A report of which `ranked` is the summary whose items it ranks, None where its rows are something else.

    Of thousands of items those that come to most in a year are looked at, and no others as long as none of these can
    come before the last row of the page.
    """

    @property
    def ranked(self) -> type[Summary] | None:
        raise NotImplementedError

    def _page(self, **place: str) -> Slice:
        summary = self.ranked
        led = summary is not None and summary.leads and self.sort == "most" and self.asked.category is None
        long = self.asked.period.days > LONG
        return (self._leading(summary, **place) if summary and led and long else None) or super()._page(**place)

    def _leading(self, summary: type[Summary], **place: str) -> Slice | None:
        """The page out of those that lead in a year, where nothing else can come before its last row."""
        asked = self.asked
        statement, parameters = positional(leading(asked, summary, narrowed_of(asked, summary)), asked.parameters)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            items, bound = cursor.fetchone()
        rows: Any = self.filterset.rows(self.get_queryset(), replace(asked, lean=True, items=tuple(items)))  # type: ignore[union-attr]
        found = keyset.page(rows, self.sort, self.terms, self.page_size, **place)
        return found if found.after and found.rows[-1].compared > bound else None
