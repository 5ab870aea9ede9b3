"""Columns of a list: one declaration draws the cell, names the header, and feeds the export."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.functions import Coalesce, NullIf
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.exports import MASK
from backoffice.generic.base import path_value
from backoffice.money import format_money
from backoffice.references import linked
from backoffice.templatetags.houtai import badge, icon, relative_time, tone_of

NUMERIC = {"number", "money", "percent"}


@dataclass(frozen=True)
class Column:
    """One column of a list.

    accessor: attribute path such as "customer.name"; a method is called without arguments.
    header: shown on top; by default the verbose name of the field at the end of the path.
    kind: text, number, percent, money, date, datetime, relative, badge, bool, image, references.
    link: the cell leads to the record (`obj.get_absolute_url()`); a path such as "customer" leads to that object.
    currency: attribute path of the currency of a money column.
    get: function of the row, where no attribute has the value.
    sql: the same value as a query expression, or a function that gives one, so that PostgreSQL writes it in exports.
    permission: who lacks it sees and exports no such column.
    personal: who may not see personal data sees dots instead, and exports them.
    reads: fields and annotations that the value is computed from, such as ("price", "cost"): all that exports load.
    template: template that draws the cell from `object` and `value`.
    draw: function that draws the cell from the row and the value, for lists that are looked at all day: a template costs more.
    secondary: column drawn small below this one, in the same cell.
    """

    accessor: str
    header: Any = ""
    kind: str = "text"
    link: bool | str = False
    currency: str = ""
    get: Callable[[Any], Any] | None = None
    sql: Any = None
    reads: tuple[str, ...] = ()
    template: str = ""
    draw: Callable[[Any, Any], SafeString] | None = None
    permission: str = ""
    personal: bool = False
    secondary: "Column | None" = None

    @property
    def key(self) -> str:
        return self.accessor

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC

    @property
    def css(self) -> str:
        """Class of the cell: numbers stand right, the record's name and state lead on a phone."""
        if self.is_numeric:
            return "num"
        return "name" if self.link is True else "state" if self.kind == "badge" else ""

    def title(self, model: type[models.Model]) -> str:
        """Header in the reader's language."""
        if self.header:
            return str(self.header)
        found = model_field(model, self.accessor)
        return (
            capfirst(str(found.verbose_name))
            if found is not None
            else capfirst(self.accessor.split(".")[-1].replace("_", " "))
        )

    def masked(self) -> "Column":
        """The column as seen by those who may not see personal data."""
        below = self.secondary.masked() if self.secondary else None
        if not self.personal:
            return replace(self, secondary=below)
        return replace(
            self,
            get=lambda obj: MASK,
            sql=None,
            kind="text",
            link=self.link is True,
            template="",
            draw=None,
            secondary=below,
        )

    def value(self, obj: Any) -> Any:
        """The plain Python value, as exports want it."""
        return self.get(obj) if self.get else path_value(obj, self.accessor)

    def cell(self, obj: Any, way: str = "", memo: dict[Any, SafeString] | None = None) -> SafeString:
        """The HTML of the cell's content.

        `way` is the query string that a link to the record itself carries; `memo` keeps badges and links to others, which repeat.
        """
        memo = {} if memo is None else memo
        content = self._content(obj, memo)
        if content and self.link is True:
            content = format_html('<a href="{}{}">{}</a>', obj.get_absolute_url(), way, content)
        elif content and self.link:
            content = self._linked(path_value(obj, self.link), content, memo)
        if self.secondary:
            content = format_html('{}<span class="secondary">{}</span>', content, self.secondary.cell(obj))
        return content

    def _linked(self, target: Any, content: SafeString, memo: dict[Any, SafeString]) -> SafeString:
        """The content as a link to another object, where there is one."""
        if target is None:
            return content
        key = (self.link, target.pk, content)
        if key not in memo:
            memo[key] = format_html('<a href="{}">{}</a>', target.get_absolute_url(), content)
        return memo[key]

    def _content(self, obj: Any, memo: dict[Any, SafeString]) -> SafeString:
        value = self.value(obj)
        if self.draw:
            return self.draw(obj, value)
        if self.template:
            return render_to_string(self.template, {"object": obj, "value": value, "column": self})
        if self.kind == "badge":
            if (self.accessor, value) not in memo:
                memo[self.accessor, value] = self._badge(obj, value)
            return memo[self.accessor, value]
        if value is None or value == "":
            return mark_safe("")
        if self.kind == "money":
            return escape(format_money(value, path_value(obj, self.currency) if self.currency else ""))
        if self.kind == "references":
            return linked(str(value))
        if self.kind == "image":
            return format_html(
                '<img class="thumb" src="{}" alt="" width="32" height="32" loading="lazy">',
                getattr(value, "url", value),
            )
        return display(value, self.kind, "" if self.get else self._choice_text(obj))

    def _badge(self, obj: Any, value: Any) -> SafeString:
        if value is None or value == "":
            return mark_safe("")
        return badge(self._choice_text(obj) or value, tone_of(value))

    def _choice_text(self, obj: Any) -> str:
        """`get_status_display()` of the object that holds the value, "" when the value is no choice."""
        *way, name = self.accessor.split(".")
        holder = path_value(obj, ".".join(way)) if way else obj
        shown = getattr(holder, f"get_{name}_display", None)
        return str(shown()) if shown else ""


def joined(path: str) -> Any:
    """The values of a list with commas between them, as SQL."""
    return models.Func(models.F(path), models.Value(", "), function="array_to_string", output_field=models.TextField())


def named(path: str) -> Any:
    """What `str` gives for the user that the key `path` leads to, as SQL."""
    return Coalesce(NullIf(f"{path}__name", models.Value("")), f"{path}__email", output_field=models.TextField())


def in_reader_language(path: str) -> Callable[[], Any]:
    """The text at `path` or its Chinese beside it, as SQL; see `rows.in_reader_language`."""

    def expression() -> Any:
        if not (translation.get_language() or "").startswith("zh"):
            return models.F(path)
        return Coalesce(NullIf(f"{path}_zh", models.Value("")), path)

    return expression


def model_field(model: type[models.Model], path: str) -> models.Field | None:
    """The concrete field at the end of `path`, None when an attribute or annotation stands there."""
    current: Any = model
    found: Any = None
    for name in path.replace("__", ".").split("."):
        if current is None:
            return None
        try:
            found = current._meta.pk if name == "pk" else current._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        current = found.related_model if found.is_relation else None
    return found if hasattr(found, "verbose_name") else None


def display(value: Any, kind: str = "text", choice: str = "") -> SafeString:
    """Draw a value for people: numbers and dates in the reader's format."""
    if choice:
        return escape(choice)
    if kind == "relative":
        return relative_time(value)
    if isinstance(value, bool):
        return format_html(
            '{}<span class="visually-hidden">{}</span>',
            icon("check" if value else "minus"),
            _("Yes") if value else _("No"),
        )
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        shown = formats.date_format(local, "SHORT_DATE_FORMAT" if kind == "date" else "SHORT_DATETIME_FORMAT")
        return format_html('<time datetime="{}">{}</time>', local.isoformat(), shown)
    if isinstance(value, date):
        return format_html(
            '<time datetime="{}">{}</time>', value.isoformat(), formats.date_format(value, "SHORT_DATE_FORMAT")
        )
    if kind == "percent":
        shown = formats.number_format(value, 0 if isinstance(value, int) else 1)
        return escape(_("%(number)s%%") % {"number": shown})
    if isinstance(value, int | float | Decimal) and kind != "text":
        return escape(formats.number_format(_plain(value), use_l10n=True, force_grouping=True))
    return escape(str(value))


def _plain(value: Any) -> Any:
    """Without the zeros that a decimal column pads with: 2.000 pieces are 2."""
    if not isinstance(value, Decimal):
        return value
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
