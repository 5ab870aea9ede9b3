"""What the platform keeps beside the records: logs, files of imports and exports, answers, messages."""

from functools import partial
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Upper

from backoffice.exports import running
from backoffice.models import (
    ApiAnswer,
    Approval,
    AuditEvent,
    BulkEdit,
    ExportRun,
    ExportTemplate,
    ImportRow,
    ImportRun,
    JobFailure,
    Notification,
    SavedView,
    User,
    WebhookDelivery,
)
from customers.services.erasing.person import ERASED, Person
from customers.services.erasing.registry import every
from customers.services.erasing.writing import allowed, scrub

SWEPT: list[tuple[Any, list[str]]] = [
    (Notification, ["text"]),
    (WebhookDelivery, ["payload"]),
    (SavedView, ["name", "query"]),
    (ExportTemplate, ["name", "address"]),
    (ExportTemplate.history.rel.related_model, ["name", "address"]),  # type: ignore[attr-defined]
    (ExportRun, ["name", "address", "message"]),
    (ExportRun.history.rel.related_model, ["name", "address", "message"]),  # type: ignore[attr-defined]
    (BulkEdit, ["address", "changes"]),
    (ImportRow, ["record", "changes", "problems"]),
    (ImportRun, ["file_name", "mended", "report", "message"]),
    (JobFailure, ["error", "traceback"]),
    (Approval, ["subject", "payload", "reason", "decision"]),
    (Approval.history.rel.related_model, ["subject", "payload", "reason", "decision"]),  # type: ignore[attr-defined]
]
RESOURCES = ("customers", "tickets", "orders")  # files whose rows are named by what the classes name


def clear_platform(person: Person, subjects: dict[str, list[int]], by: User | None) -> dict[str, int]:
    """Take the person out of what lies beside the records; what, and how often.

    subjects: primary keys by model label of everything that was about the person.
    """
    return {
        "log": clear_log(person, subjects),
        "imports": clear_imports(person),
        "exports": remove_exports(person, by),
        "swept": sum(scrub(model, fields, person) for model, fields in SWEPT) + _forget_answers(person) + _jobs(person),
    }


def clear_log(person: Person, subjects: dict[str, list[int]]) -> int:
    """Notes about the person go; of other verbs stays what was done, without names."""
    about = Q(pk__in=[])
    for label, keys in subjects.items():
        about |= Q(subject_type=label.lower(), subject_id__in=keys)
    count = scrub(AuditEvent, ["subject", "reason", "data"], person, about)
    with allowed(AuditEvent):
        notes = AuditEvent.objects.filter(about, verb__endswith=".noted").exclude(reason__in=("", ERASED))
        return count + notes.update(reason=ERASED)


def clear_imports(person: Person) -> int:
    """Rows that were about the person are emptied, and the stored files of their runs go: nobody can cut a line out of them."""
    rows = ImportRow.objects.alias(named=Upper("record"))
    wanted = Q(named__in=person.names, run__resource__in=RESOURCES)
    for name in ("record", "changes", "problems") if person.pattern else ():
        wanted |= Q(**{f"{name}__iregex": person.pattern})
    keys = list(rows.filter(wanted).values_list("pk", flat=True))
    runs = list(ImportRun.objects.filter(pk__in=ImportRow.objects.filter(pk__in=keys).values("run")))
    for run in runs:
        for name in ("file", "parts", "error_file"):
            if file := getattr(run, name):
                transaction.on_commit(partial(file.storage.delete, file.name))
        ImportRun.objects.filter(pk=run.pk).update(file="", parts="", error_file="")
    ImportRow.objects.filter(pk__in=keys).update(record=ERASED, changes=[], problems=[])
    return len(keys)


def remove_exports(person: Person, by: User | None) -> int:
    """Files of exports of lists with personal data that were made since the person was a customer."""
    lists = tuple(address for entry in every() for address in entry.lists)
    made = ExportRun.objects.filter(status=ExportRun.Status.DONE, created_at__gte=person.customer.created_at)
    found = [run for run in made if run.address.startswith(lists)]
    for run in found:
        running.remove(run, by=by)
    return len(found)


def _forget_answers(person: Person) -> int:
    if not person.pattern:
        return 0
    return ApiAnswer.objects.filter(body__iregex=person.pattern).delete()[0]


def _jobs(person: Person) -> int:
    """Arguments of jobs that are done; what still waits is named by keys alone."""
    if not person.pattern:
        return 0
    table = apps.get_model("procrastinate", "ProcrastinateJob")._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET args = regexp_replace(args::text, %s, %s, 'gi')::jsonb WHERE args::text ~* %s",  # noqa: S608
            [person.pattern, ERASED, person.pattern],
        )
        return int(cursor.rowcount)
