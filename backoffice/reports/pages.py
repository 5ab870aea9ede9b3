"""The page of a report: a list below its bar, its figures and its chart."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import cached_property

from backoffice import generic
from backoffice.charts import Chart
from backoffice.reports.words import change_text, days_between

NOTHING = "–"


@dataclass(frozen=True)
class Card:
    """A figure of the whole period, and how it compares."""

    label: Any
    value: str
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """A report in an index."""

    title: Any
    text: Any
    url: str


class ReportPage(generic.ListPage):
    """Filters that its filterset names in `bar` stand above the report, the others in the panel of the list.

    `mark` says as of when the summaries are; `asked` has the period, and the one before that it is compared with.
    """

    template_name = "generic/report.html"
    about: ClassVar[Any] = ""
    index_url: ClassVar[str] = ""
    index_title: ClassVar[Any] = ""
    mark: ClassVar[Any]

    @property
    def asked(self) -> Any:
        return self.filterset.asked  # type: ignore[union-attr]

    def get_columns(self) -> list[generic.Column]:
        """Without comparison there is nothing to compare."""
        columns = super().get_columns()
        if self.asked.before is not None:
            return list(columns)
        return [column for column in columns if column.key not in ("before", "change")]

    @cached_property
    def bar(self) -> list[Any]:
        """Controls above the report."""
        return [field for field in self.filterset.form if field.name in self.filterset_class.bar]  # type: ignore[union-attr]

    @property
    def filter_fields(self) -> list[Any]:
        return [field for field in super().filter_fields if field.name not in self.filterset_class.bar]  # type: ignore[union-attr]

    def _bar_names(self) -> set[str]:
        return {"day_after", "day_before", *(field.name for field in self.bar)}

    @property
    def search_state(self) -> list[tuple[str, str]]:
        """What the panel keeps: the bar as well."""
        return [*super().search_state, *((n, v) for n, vs in self.state.lists() if n in self._bar_names() for v in vs)]

    @property
    def bar_state(self) -> list[tuple[str, str]]:
        """What the bar keeps."""
        return [(n, v) for n, vs in self.state.lists() if n not in self._bar_names() for v in vs]

    @cached_property
    def chips(self) -> list[Any]:
        """Of what the panel filters by; the bar shows its own."""
        names = {str(self.filterset.form[field.name].label) for field in self.bar}  # type: ignore[union-attr]
        return [chip for chip in super().chips if chip.label not in names]

    def card(self, label: Any, now: Any, before: Any, write: Any) -> Card:
        """`before` is None where nothing is compared; `now` is None where there is nothing to tell."""
        text = write(now) if now is not None else NOTHING
        return Card(label, text, change_text(now, before) if now is not None and before is not None else "")

    def get_cards(self) -> list[Card]:
        return []

    def get_chart(self) -> Chart | None:
        return None

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        mark, asked = self.mark.objects.first(), self.asked
        return super().get_context_data(
            chart=self.get_chart() if self.slice.rows else None,
            cards=self.get_cards() if self.slice.rows else [],
            moment=mark and mark.refreshed_at,
            about=self.about,
            days=days_between(asked.period.first, asked.period.last),
            days_before=asked.before and days_between(asked.before.first, asked.before.last),
            **extra,
        )
