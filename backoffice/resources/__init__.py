"""What CSV files may hold, declared once per kind of record: columns with aliases, cleaning, help.

    @resources.register
    class BrandResource(resources.BaseResource):
        key = "brands"
        label = _("Brands")
        permission = "catalog.change_brand"
        name = resources.TextColumn(_("Name"), aliases=["Brand", "Vendor"], required=True, max_length=120)

Columns are fields of django-import-export; the rows take another road than its loop: `staged` turns the cells of each
record into one staged row, and `service` takes all of them set-wise.
"""

from typing import Any

from django.utils.translation import gettext as _

from backoffice.resources.base import BaseResource, Offer, Outcome
from backoffice.resources.columns import (
    ESCAPED,
    FALSE,
    FORMULA_STARTS,
    TRUE,
    BooleanColumn,
    ChoiceColumn,
    CodeColumn,
    Column,
    DateColumn,
    DateTimeColumn,
    EmailColumn,
    LinesColumn,
    ListColumn,
    MoneyColumn,
    NumberColumn,
    Problem,
    TextColumn,
    WholeColumn,
    plain,
    refuse_error,
)

__all__ = [
    "ESCAPED",
    "FALSE",
    "FORMULA_STARTS",
    "TRUE",
    "BaseResource",
    "BooleanColumn",
    "ChoiceColumn",
    "CodeColumn",
    "Column",
    "DateColumn",
    "DateTimeColumn",
    "EmailColumn",
    "LinesColumn",
    "ListColumn",
    "MoneyColumn",
    "NumberColumn",
    "Offer",
    "Outcome",
    "Problem",
    "TextColumn",
    "WholeColumn",
    "edits",
    "every",
    "get",
    "of",
    "plain",
    "refuse_error",
    "register",
    "register_edit",
]

_registry: dict[str, BaseResource] = {}


def register(resource: type[BaseResource]) -> type[BaseResource]:
    _registry[resource.key] = resource()
    return resource


def get(key: str) -> BaseResource:
    """The resource `key`. Raises KeyError with what there is."""
    if key not in _registry:
        raise KeyError(
            _("There is no resource “%(key)s”. There are: %(all)s.") % {"key": key, "all": ", ".join(sorted(_registry))}
        )
    return _registry[key]


_edits: dict[str, Any] = {}


def register_edit(resource: type[Any]) -> type[Any]:
    """Let the lists of a model edit many records at once: see `backoffice.bulk_edit`."""
    _edits[resource.key] = resource()
    return resource


def of(run: Any) -> BaseResource:
    """What the rows of `run` are: records of a file, or of a list."""
    return _edits[run.resource] if run.is_edit else get(run.resource)


def edits() -> list[Any]:
    return sorted(_edits.values(), key=lambda resource: resource.key)


def every() -> list[BaseResource]:
    return sorted(_registry.values(), key=lambda resource: resource.key)
