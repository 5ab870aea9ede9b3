"""Classes of personal data: what each holds, why, and what becomes of it when the person is erased.

    erasing.register(erasing.DataClass(
        key="orders", label=_("Orders"), purpose=_("To fulfil the contract"), rule=Rule.PSEUDONYMISE,
        tables=[Table(Order, via="customer", blank={"customer_name": "{pseudonym}", "email": ""}, traces=["customer_name", "email"])],
    ))

A module registers its classes in `<module>/privacy.py`, in the order in which they are to be erased. Every model that names
personal fields in PERSONAL, and every one that points at a customer or ticket, belongs to one (`tests/customers/test_privacy_classes.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rule(models.TextChoices):
    ERASE = "erase", _("Erase")
    PSEUDONYMISE = "pseudonymise", _("Pseudonymise")
    KEEP = "keep", _("Keep for now")


@dataclass(frozen=True)
class Table:
    """Rows of a model that are about a customer.

    via: lookup from the row to the customer, such as "ticket__customer"; "pk" is the customer.
    blank: field -> what stands there afterwards; "{pseudonym}" in a text is the word for the erased person.
    scrub: texts and JSON that stay, without the strings of the person.
    traces: fields whose values are strings of the person, looked for elsewhere.
    names: fields that name the row in import files.
    files: file fields; the files go when the transaction commits.
    deletes: whether the rows go, after they are blank.
    ignoring: triggers that forbid it to everybody else.
    shown: fields of the data package besides those above.
    rows: the rows themselves, where no lookup says it.
    """

    model: type[models.Model]
    via: str = ""
    blank: Mapping[str, Any] = field(default_factory=dict)
    scrub: Sequence[str] = ()
    traces: Sequence[str] = ()
    names: Sequence[str] = ()
    files: Sequence[str] = ()
    deletes: bool = False
    ignoring: Sequence[str] = ()
    shown: Sequence[str] = ()
    rows: Callable[[Any], models.QuerySet] | None = None

    def of(self, customer: models.Model) -> models.QuerySet:
        manager = self.model._base_manager
        return (
            self.rows(customer) if self.rows else manager.filter(**{f"{self.via}__in": everybody(customer)}).order_by()
        )

    @property
    def history(self) -> Any:
        """The history model; None for a table without."""
        relation = getattr(self.model, "history", None)
        return relation.rel.related_model if relation is not None else None

    def past(self, customer: models.Model, keys: Sequence[int]) -> models.QuerySet:
        """Rows of the history: of the rows with these keys, and of rows of the customer that are gone."""
        wanted = models.Q(pgh_obj_id__in=keys)
        if self.via and self.via != "pk" and "__" not in self.via:
            wanted |= models.Q(**{f"{self.via}__in": everybody(customer)})
        return self.history.objects.filter(wanted).order_by()  # type: ignore[no-any-return]


def everybody(customer: Any) -> list[int]:
    """Keys of the person's records: the customer, and those that were merged into it."""
    if "_everybody" not in customer.__dict__:
        customer._everybody = [customer.pk, *type(customer).objects.absorbed_by(customer).values_list("pk", flat=True)]
    return customer._everybody  # type: ignore[no-any-return]


@dataclass(frozen=True)
class DataClass:
    """Data that share a purpose and a fate.

    until: for KEEP, the last day on which a row must be kept; `law` says why. Afterwards the tables are treated as written there.
    obstacle: a sentence that says why the customer cannot be erased yet, "" where nothing is in the way.
    lists: addresses of lists whose exported files may hold such data.
    """

    key: str
    label: Any
    purpose: Any
    rule: Rule
    tables: Sequence[Table]
    retention: Any = ""
    law: Any = ""
    until: Callable[[Any], date] | None = None
    obstacle: Callable[[Any], str] | None = None
    lists: Sequence[str] = ()

    @property
    def models(self) -> set[type[models.Model]]:
        return {table.model for table in self.tables}


_classes: dict[str, DataClass] = {}


def register(entry: DataClass) -> DataClass:
    _classes[entry.key] = entry
    return entry


def every() -> list[DataClass]:
    return list(_classes.values())


def get(key: str) -> DataClass:
    return _classes[key]
