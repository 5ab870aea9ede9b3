"""What the rows of all reports have in common."""

from datetime import date
from typing import Any, Self, cast

from django.utils.translation import gettext

from backoffice.rows import in_reader_language


class ReportRow:
    """Mixed into a model without a table that has `day`, `code`, `name`, `name_zh`, `compared` and `before`."""

    day: Any
    code: Any
    name: Any
    name_zh: Any
    compared: Any
    before: Any

    url = ""  # of the records behind the figures; the page knows it

    def get_absolute_url(self) -> str:
        return self.url

    @property
    def title(self) -> str:
        """What the row is about, in the reader's language."""
        return in_reader_language(self.name, self.name_zh) or self.code or gettext("None")

    @property
    def begins(self) -> date:
        """The first day of a row that is of a day, week or month."""
        return cast(date, self.day)

    @property
    def target(self) -> Self | None:
        return self if self.url else None

    @property
    def change(self) -> Any:
        """By how many percent it is more than before; None where there was nothing."""
        if self.compared is None or not self.before:
            return None
        return (self.compared - self.before) * 100 / abs(self.before)
