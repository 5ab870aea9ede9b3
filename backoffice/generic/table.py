"""The table of a list as it is drawn: headers, and rows of cells."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.generic.columns import Column


@dataclass(frozen=True)
class Header:
    """A shown column. `sort`: ascending, descending, none, or "" when no named order starts with it."""

    column: Column
    title: str
    css: str
    sort: str = ""
    url: str = ""
    labels: bool = False

    @cached_property
    def opening(self) -> SafeString:
        """Start tag of the cells below; on a phone, where the header is hidden, what says nothing alone carries it along."""
        label = format_html(' data-label="{}"', self.title) if self.labels else ""
        return format_html('<td class="{}"{}>', self.css, label) if self.css else format_html("<td{}>", label)


@dataclass(frozen=True)
class Row:
    object: models.Model
    cells: list[tuple[Header, SafeString]]

    @property
    def name(self) -> str:
        return str(self.object)

    @property
    def key(self) -> str:
        """The primary key as text: a template would write 12345 as "12,345"."""
        return str(self.object.pk)

    @property
    def html(self) -> SafeString:
        """All cells at once: a template loop over every cell would cost half the page."""
        return format_html_join("", "{}{}</td>", ((header.opening, content) for header, content in self.cells))
