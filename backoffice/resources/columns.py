"""Columns of files: what a cell may hold, and what becomes of it."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from backoffice.imports import values

SHORTENED = re.compile(r"-?\d+[.,]\d+E\+\d+|-?\d+E\+\d+", re.IGNORECASE)
# A column with one of these in a cell, or at its start, is read cell by cell.
SPECIAL = ("\\", "\t", "\r", "\0", "\ufeff", "\n'", "\n#")
FEW_WORDS = 16  # words of a choice that are all named
AS_NUMBER = re.compile(r"\d{5,}\.0")
FORMULA_STARTS = frozenset("=+-@\t\r")
ESCAPED = re.compile(r"'+[=+\-@\t\r]")
TRUE = frozenset("1 true t yes y on 是 有 x ✓ √ ja wahr oui vrai sim verdadeiro sí si vero да はい 예".split())
FALSE = frozenset("0 false f no n off 否 无 ✗ nein falsch non faux não nao falso nee нет いいえ 아니요".split())

Problem = tuple[str, str, str]  # column, value, sentence


def plain(text: str) -> str:
    """The cell without the apostrophe that keeps spreadsheets from reading it as a formula."""
    return text[1:] if text[:1] == "'" and ESCAPED.match(text) else text


class Column(Field):
    """A column of a resource.

    aliases: headers of other systems; letter case, punctuation and blanks do not matter.
    patterns: expressions over the simplified header, for columns that come numbered or with a unit.
    system: the one other system in whose files such a column stands; templates leave it out.
    blank: what an empty cell does to a record that exists: "clear" or "keep". An absent column always keeps.
    """

    kind = gettext_lazy("text")
    # Texts that count as an empty cell, beside blanks. Columns of text keep "null", which may be meant there.
    blanks: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        label: Any = "",
        *,
        aliases: Sequence[str] = (),
        patterns: Sequence[str] = (),
        blank: str = "clear",
        required: bool = False,
        help: Any = "",
        example: str = "",
        max_length: int = 0,
        permission: str = "",
        system: Any = "",
    ) -> None:
        super().__init__()
        self.label = label
        self.aliases = aliases
        self.patterns = [re.compile(pattern) for pattern in patterns]
        self.blank = blank
        self.required = required
        self.help = help
        self.example = example
        self.max_length = max_length
        self.permission = permission
        self.system = system
        self.name = ""

    @property
    def blank_text(self) -> str:
        return str(_("empties the field") if self.blank == "clear" else _("leaves the value as it is"))

    def for_file(self, mapping: Any) -> Self:
        """The column as it reads one file. Those that depend on more than its decimals return a copy that knows."""
        return self

    def read(self, text: str, decimal: str = ".") -> Any:
        """The value of a cell that is not blank. Raises ValidationError with a sentence."""
        refuse_error(text)
        value = plain(text)
        if self.max_length and len(value) > self.max_length:
            raise ValidationError(
                _("The text has %(length)s characters; %(limit)s are the limit.")
                % {"length": len(value), "limit": self.max_length}
            )
        return value

    def empty(self) -> Any:
        """The value of a blank cell."""
        return ""

    def __init_subclass__(cls) -> None:
        """A class that reads otherwise is certain of nothing unless it says so itself."""
        super().__init_subclass__()
        if "read" in vars(cls) and "certain" not in vars(cls):
            cls.certain = _uncertain  # type: ignore[method-assign]

    def certain(self, texts: Sequence[str]) -> Sequence[str] | None:
        """What `read` makes of all these cells, as COPY writes it; None unless every one is plain."""
        return self._plain(["" if text.isspace() else text for text in texts])

    def _plain(self, values: Sequence[str]) -> Sequence[str] | None:
        """The values, unless a cell holds or begins with anything that means more than itself."""
        joined = "\n" + "\n".join(values)
        if joined.count("\n") > len(values) or any(mark in joined for mark in SPECIAL):
            return None
        return None if self.max_length and max(map(len, values)) > self.max_length else values


def _uncertain(self: Column, texts: Sequence[str]) -> Sequence[str] | None:
    return None


def refuse_error(text: str) -> None:
    """Raise ValidationError for what a spreadsheet shows where it has no value: #N/A, #REF!, #####."""
    if text[0] == "#" and values.ERRORS.fullmatch(text):
        raise ValidationError(_("A spreadsheet could not show the value here. Mend the cell there."))


class TextColumn(Column):
    """Text, its surrounding blanks cut."""

    def certain(self, texts: Sequence[str]) -> Sequence[str] | None:
        return self._plain([text.strip() for text in texts])

    def read(self, text: str, decimal: str = ".") -> Any:
        return super().read(text.strip(), decimal)


class CodeColumn(TextColumn):
    """A code: digits and letters that no program may round or shorten."""

    kind = gettext_lazy("code")

    def certain(self, texts: Sequence[str]) -> Sequence[str] | None:
        codes = super().certain(texts)
        return None if codes is None or any("+" in code or code.endswith(".0") for code in codes) else codes

    def read(self, text: str, decimal: str = ".") -> Any:
        value = text.strip()
        if SHORTENED.fullmatch(value):
            raise ValidationError(
                _("A spreadsheet shortened this code. Format the column as text there and enter the codes anew.")
            )
        if AS_NUMBER.fullmatch(value):
            raise ValidationError(_("A program wrote this code as a number with decimals. Write it as it is."))
        return super().read(value.removeprefix("'"), decimal)


class EmailColumn(TextColumn):
    """An e-mail address."""

    kind = gettext_lazy("e-mail")

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        validate_email(value)
        return value


class LinesColumn(TextColumn):
    """One text that files spread over several columns, such as an address: a line each. NULL is no line."""

    many = True

    @staticmethod
    def join(parts: Sequence[tuple[Any, str]]) -> str:
        return "\n".join(text for _found, text in parts if text and text != "NULL")


class ChoiceColumn(Column):
    """One of some values; `words` maps what files say to what is stored."""

    kind = gettext_lazy("choice")
    blanks = values.NULLS

    def __init__(self, label: Any = "", *, words: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.words = words

    def read(self, text: str, decimal: str = ".") -> Any:
        value = text.strip().lower()
        if value not in self.words:
            value = values.tidy(value)
        if value not in self.words:
            refuse_error(text)
            raise ValidationError(_("One of these is expected: %(values)s.") % {"values": ", ".join(self.expected())})
        return self.words[value]

    def expected(self) -> list[str]:
        """The words to name: all of few; of many those that are stored."""
        stored = dict.fromkeys(value for value in self.words.values() if isinstance(value, str))
        return list(self.words if len(self.words) <= FEW_WORDS else stored or self.words)

    def empty(self) -> Any:
        return None


class BooleanColumn(Column):
    """Yes or no."""

    kind = gettext_lazy("yes or no")
    blanks = values.NULLS

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, **{"blank": "keep", **kwargs})

    def read(self, text: str, decimal: str = ".") -> Any:
        value = text.strip().lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        refuse_error(text)
        raise ValidationError(_("Yes or no is expected (TRUE or FALSE, 1 or 0)."))

    def empty(self) -> Any:
        return None


class NumberColumn(Column):
    """A number in the decimal notation of the file, thousands grouped or not."""

    kind = gettext_lazy("number")
    blanks = values.NULLS
    digits = 12

    def __init__(self, label: Any = "", *, places: int = 3, minimum: int | None = 0, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.places = places
        self.minimum = minimum

    def read(self, text: str, decimal: str = ".") -> Any:
        value = self.number(text, decimal)
        if self.minimum is not None and value < self.minimum:
            raise ValidationError(_("The number must not be below %(minimum)s.") % {"minimum": self.minimum})
        return value

    def number(self, text: str, decimal: str) -> Decimal:
        refuse_error(text)
        value, places = values.number(self.bare(plain(text.strip()), decimal), decimal)
        if value.adjusted() >= self.digits:
            raise ValidationError(_("The number is too large."))
        if places and not self.places:
            raise ValidationError(_("A whole number is expected."))
        if places > self.places:
            raise ValidationError(_("The number has more than %(places)s decimals.") % {"places": self.places})
        return round(value, self.places) if self.places else value

    def bare(self, text: str, decimal: str) -> str:
        """The number in the text."""
        return text

    def empty(self) -> Any:
        return None


class WholeColumn(NumberColumn):
    """A whole number."""

    kind = gettext_lazy("whole number")

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, **{"places": 0, **kwargs})

    def read(self, text: str, decimal: str = ".") -> Any:
        return int(super().read(text, decimal))


class MoneyColumn(NumberColumn):
    """An amount; the sign or code of the shop's currency around it is cut off, that of another one refused."""

    kind = gettext_lazy("amount")

    def bare(self, text: str, decimal: str) -> str:
        if values.NUMBER_GROUPS[decimal].fullmatch(text):
            return text
        return values.amount(text, settings.DEFAULT_CURRENCY)


class DateColumn(Column):
    """A day. The order of day and month is that of the whole file; where nothing tells it, such dates are refused."""

    kind = gettext_lazy("date")
    blanks = values.NULLS
    order = "ymd"

    def for_file(self, mapping: Any) -> Self:
        column = copy.copy(self)
        column.order = mapping.dates
        return column

    def read(self, text: str, decimal: str = ".") -> Any:
        refuse_error(text)
        return self.value(plain(text.strip()))

    def value(self, text: str) -> Any:
        return values.date(text, self.order)

    def empty(self) -> Any:
        return None


class DateTimeColumn(DateColumn):
    """A moment, in the time zone that it names or else that of the shop."""

    kind = gettext_lazy("date and time")

    def value(self, text: str) -> Any:
        return values.moment(text, self.order)


class ListColumn(Column):
    """Several values in one cell, between commas."""

    kind = gettext_lazy("list")

    def __init__(self, label: Any = "", *, separator: str = ",", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.separator = separator

    def read(self, text: str, decimal: str = ".") -> Any:
        refuse_error(text)
        parts = dict.fromkeys(part.strip() for part in plain(text).split(self.separator) if part.strip())
        long = next((part for part in parts if self.max_length and len(part) > self.max_length), None)
        if long is not None:
            raise ValidationError(_("“%(value)s…” is too long.") % {"value": long[:40]})
        return list(parts)

    def empty(self) -> Any:
        return []
