"""The verbs: show what would become of a customer's data, ask for it, carry it out, and finish what the law delayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import approvals, audit
from backoffice.models import Approval, User
from backoffice.numbering import next_number
from customers.models import ContactPoint, Customer, Erasure, Retained
from customers.services.erasing.person import Person, person_of
from customers.services.erasing.platform import clear_platform
from customers.services.erasing.registry import DataClass, Rule, every, everybody, get
from customers.services.erasing.tracing import Trace, traces_of
from customers.services.erasing.writing import clear
from customers.services.merged import merged_may_change
from customers.services.suppression import suppress

ERASURE = "customers.erasure"


BESIDE = {
    "log": gettext_lazy("Notes and reasons in the log"),
    "imports": gettext_lazy("Rows of imports"),
    "exports": gettext_lazy("Files of exports"),
    "swept": gettext_lazy("Notifications, answers, messages to other systems"),
}


class CannotErase(ValidationError):
    """Something is not settled yet, or the data were erased already."""


@dataclass(frozen=True)
class Fate:
    """What becomes of one class of data: how many rows, and until when some are kept."""

    entry: DataClass
    rows: int
    until: date | None = None

    @property
    def sentence(self) -> str:
        if self.until is not None:
            return _("Kept until %(day)s: %(law)s") % {"day": self.until.isoformat(), "law": self.entry.law}
        return str(self.entry.retention)


@dataclass(frozen=True)
class Preview:
    """What an erasure would do, without doing it."""

    customer: Customer
    fates: Sequence[Fate]
    obstacles: Sequence[str]


def preview_erasure(customer: Customer) -> Preview:
    """What would become of each class of data of `customer`, and what stands in the way."""
    return Preview(customer, [_fate(entry, customer) for entry in every()], _obstacles(customer))


def _fate(entry: DataClass, customer: Customer) -> Fate:
    rows = sum(table.of(customer).count() for table in entry.tables)
    if entry.until is None or not rows:
        return Fate(entry, rows)
    return Fate(entry, rows, max(entry.until(row) for table in entry.tables for row in table.of(customer)))


def _obstacles(customer: Customer) -> list[str]:
    if customer.status == Customer.Status.ERASED:
        return [_("The data of %(number)s were erased already.") % {"number": customer.number}]
    return [text for entry in every() if entry.obstacle and (text := entry.obstacle(customer))]


@transaction.atomic
def request_erasure(customer: Customer, *, by: User, reason: str = "") -> Approval:
    """Ask for the erasure, which another person approves. Raises CannotErase where something is not settled."""
    customer = Customer.objects.locked().get(pk=customer.pk)
    _must_be_settled(customer)
    return approvals.request(ERASURE, customer, payload={}, by=by, reason=reason)


def approve_erasure(approval: Approval, *, by: User) -> Erasure:
    """Carry out what was asked for; called by the decision."""
    customer = Customer.objects.get(pk=approval.subject_id)
    return erase(customer, by=by, reason=approval.reason, approval=approval.number)


def _must_be_settled(customer: Customer) -> None:
    if obstacles := _obstacles(customer):
        raise CannotErase(obstacles)


@transaction.atomic
def erase(customer: Customer, *, by: User | None, reason: str = "", approval: str = "") -> Erasure:
    """Treat every class of data of `customer` as its rule says, in every copy; orders keep their numbers and amounts.

    Files go when the transaction commits. Raises CannotErase where something is not settled.
    """
    customer = Customer.objects.locked().get(pk=customer.pk)
    _must_be_settled(customer)
    person = person_of(customer)
    contacts = _contacts(customer)
    number, today = next_number("ER"), timezone.localdate()
    subjects: dict[str, list[int]] = {}
    result, kept = [], []
    with merged_may_change():
        for entry in every():
            rows, last = 0, None
            for table in entry.tables:
                keys = list(table.of(customer).values_list("pk", flat=True))
                subjects.setdefault(table.model._meta.label, []).extend(keys)
                retained = _retained(entry, table, customer, today)
                kept += [(entry.key, key, until) for key, until in retained.items()]
                last = max([*retained.values(), *([last] if last else [])], default=None)
                rows += clear(table, person, [key for key in keys if key not in retained]) + len(retained)
            result.append(
                {"key": entry.key, "rule": entry.rule.value, "rows": rows, "until": last and last.isoformat()}
            )
    beside = clear_platform(person, subjects, by)
    result += [{"key": key, "rule": Rule.ERASE.value, "rows": rows, "until": None} for key, rows in beside.items()]
    erasure = Erasure.objects.create(
        number=number,
        customer=customer,
        reason=_without(person, reason),
        approval=approval,
        result=result,
        erased_by=by,
    )
    Retained.objects.bulk_create(Retained(erasure=erasure, key=key, row=row, until=until) for key, row, until in kept)
    suppress(contacts, erasure)
    audit.record("customer.erased", customer, by=by, data={"erasure": number, "approval": approval})
    return erasure


def _contacts(customer: Customer) -> set[str]:
    """Every contact that the customer has or had, under whichever record."""
    past = ContactPoint.history.rel.related_model.objects.filter(customer__in=everybody(customer))  # type: ignore[attr-defined]
    return {*customer.contacts.values_list("normalized", flat=True), *past.values_list("normalized", flat=True)}


def _retained(entry: DataClass, table: Any, customer: Customer, today: date) -> dict[int, date]:
    """Rows that must be kept beyond today, with their last day."""
    if entry.until is None:
        return {}
    days = {row.pk: entry.until(row) for row in table.of(customer)}
    return {key: until for key, until in days.items() if until >= today}


def _without(person: Person, text: str) -> str:
    """A reason that somebody typed, without the strings of the person."""
    for trace in person.traces:
        text = text.replace(trace, "…")
    return text[:500]


def told_result(erasure: Erasure) -> list[dict[str, Any]]:
    """The result with labels, for people."""
    labels = {entry.key: entry.label for entry in every()} | BESIDE
    rules = dict(Rule.choices)
    return [
        {**row, "label": labels.get(row["key"], row["key"]), "rule": rules.get(row["rule"], row["rule"])}
        for row in erasure.result
    ]


def erase_due(today: date | None = None) -> int:
    """Erase what was kept by law and need not be any longer; returns how many records."""
    due = list(Retained.objects.due(today or timezone.localdate()).values_list("pk", flat=True))
    for key in due:
        _erase_retained(key)
    return len(due)


@transaction.atomic
def _erase_retained(key: int) -> None:
    retained = Retained.objects.select_for_update().select_related("erasure__customer").get(pk=key)
    if retained.erased_at is not None:
        return
    customer = retained.erasure.customer
    for table in get(retained.key).tables:
        clear(table, Person(customer, []), [retained.row])
    retained.erased_at = timezone.now()
    retained.save(update_fields=["erased_at"])
    audit.record("customer.retained_erased", customer, by=None, data={"class": retained.key})


def remaining_traces(person: Person) -> list[Trace]:
    """Where strings of the person still stand; expects what `person_of` gathered before the erasure."""
    return traces_of(person.pattern)
