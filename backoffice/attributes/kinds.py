"""What values a definition may ask for, and how they are shown."""

from collections.abc import Sequence
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.rows import in_reader_language

CODE = r"^[^\W_][\w.\-]*\Z"
code_validator = RegexValidator(
    CODE, _("A code has letters, digits, points, hyphens and underscores, and starts with a letter or digit.")
)


class AttributeKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Numeric")
    BOOLEAN = "boolean", _("Yes or no")
    CHOICE = "choice", _("One choice")
    CHOICES = "choices", _("Several choices")
    DATE = "date", _("Date")


class Typed(models.Model):
    """A definition: its `kind`, the `unit` of numbers, and `choices` as a list of {"code", "label", "label_zh"}."""

    name: Any
    name_zh: Any
    code: Any
    kind: Any
    choices: Any
    unit: Any = ""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    @property
    def labels(self) -> dict[str, str]:
        """Code of each choice -> its label in the reader's language."""
        return {c["code"]: in_reader_language(c.get("label") or c["code"], c.get("label_zh", "")) for c in self.choices}

    @property
    def has_choices(self) -> bool:
        return self.kind in (AttributeKind.CHOICE, AttributeKind.CHOICES)


def shown(definition: Typed, value: Any) -> Any:
    """A value as people read it, without its unit: choices by their labels in the reader's language."""
    if definition.kind == AttributeKind.CHOICE:
        return definition.labels.get(value, value)
    if definition.kind == AttributeKind.CHOICES:
        codes: Sequence[str] = value if isinstance(value, list) else [value]
        return ", ".join(str(definition.labels.get(code, code)) for code in codes)
    return value
