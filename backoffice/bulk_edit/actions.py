"""Verbs of a list over more rows than one request may do: by the worker, some rows at a time.

What is done stays done: each batch, or each row of a verb that takes one, is a transaction of its own that also counts it.
A worker that is killed goes on where it stopped; who cancels keeps what was done until then.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice import audit, context
from backoffice.bulk_edit.editing import NAME_LENGTH, collect
from backoffice.bulk_edit.resource import EDIT_IN_BULK
from backoffice.generic import BulkAction, ListPage
from backoffice.generic.actions import tell_user
from backoffice.generic.addresses import list_at
from backoffice.generic.base import error_texts
from backoffice.imports.running import Status, claim, counts
from backoffice.models import BulkEdit, ImportRow, ImportRun, Notification, User
from backoffice.models.imports import EDIT
from backoffice.numbering import next_number
from backoffice.tasks import job_id, report_progress

TASK = "backoffice.run_bulk_action"
CHUNK = 200
RESOURCE = "actions"


def found(address: str, key: str, user: User) -> tuple[ListPage, BulkAction]:
    """The list at `address` and its action. Raises ValidationError unless the user may run it over so many rows."""
    page = list_at(address, user)
    action = next((one for one in page.get_bulk_actions() if one.key == key and not one.leads_to), None)
    if not user.is_active or not page.has_permission() or action is None or not user.has_perm(EDIT_IN_BULK):
        raise ValidationError(_("You may not do this with the rows of this list."))
    if not page.filterset_valid or page.lost_filters:
        raise ValidationError(_("A filter is not right. Nothing was done."))
    return page, action


def form_of(action: BulkAction, user: User, data: QueryDict | None = None) -> Any:
    """The form of the action, None where it has none."""
    return tell_user(action.form_class(data), user) if action.form_class else None


@transaction.atomic
def start(address: str, key: str, *, by: User, data: QueryDict) -> ImportRun:
    """Fix which rows match now, and queue the work. Raises ValidationError as `found` does."""
    page, action = found(address, key, by)
    run = ImportRun.objects.create(
        number=next_number("BE"), resource=RESOURCE, user=by, source=EDIT, file_name=str(action.label)[:NAME_LENGTH]
    )
    edit = BulkEdit.objects.create(run=run, address=address, is_whole=True, action=key, data=data.urlencode())
    if not collect(edit, page):
        raise ValidationError(_("No row of the list fits. There is nothing to change."))
    run.job_id = app.configure_task(TASK, lock=f"bulk_action:{run.pk}").defer(run=run.pk)
    run.save(update_fields=["job_id"])
    return run


@app.task(name=TASK)
def run_bulk_action(run: int) -> None:
    job = ImportRun.objects.select_related("user").get(pk=run)
    by: Any = job.user
    with translation.override(by.language or settings.LANGUAGE_CODE):
        if job.status == Status.UPLOADED:
            claim(job, Status.APPLYING)
        work = _Work(job, by)
        try:
            page, action = found(work.edit.address, work.edit.action, by)
            form = form_of(action, by, QueryDict(work.edit.data))
            if form is not None and not form.is_valid():
                raise ValidationError([str(text) for errors in form.errors.values() for text in errors])
        except ValidationError as error:
            work.end(Status.FAILED, " ".join(error.messages))
            return
        with context.acting(source=EDIT, user=by, run=job.number, reason=job.file_name):
            work.go(page, action, form.cleaned_data if form is not None else {})


class _Work:
    """One run of an action; the counts of the run say how far it is."""

    def __init__(self, run: ImportRun, by: User) -> None:
        self.run = run
        self.by = by
        self.edit = BulkEdit.objects.get(run=run)
        self.started = time.monotonic()
        self.told = 0.0

    def go(self, page: ListPage, action: BulkAction, fields: dict[str, Any]) -> None:
        size = CHUNK if action.batch else 1
        place = self.run.read
        rest = iter(self.edit.keys[place:])
        while keys := list(itertools.islice(rest, CHUNK)):
            rows = {row.pk: row for row in page.get_queryset().filter(pk__in=keys)}
            for unit in _units(keys, size):
                if self.canceled():
                    return
                self.carry_out(action, place + 1, [rows.get(key) for key in unit], fields)
                place += len(unit)
        self.end(Status.APPLIED)

    def carry_out(self, action: BulkAction, place: int, rows: Sequence[Any], fields: dict[str, Any]) -> None:
        """Do these rows, which are the ones from `place` on; where a batch is refused, find by halving which rows are."""
        there = [row for row in rows if row is not None]
        try:
            with transaction.atomic():
                if there:
                    action.service(there if action.batch else there[0], by=self.by, **fields)
                self.count(len(rows), changed=len(there), unchanged=len(rows) - len(there))
        except ValidationError as error:
            if len(rows) > 1:
                half = len(rows) // 2
                self.carry_out(action, place, rows[:half], fields)
                self.carry_out(action, place + half, rows[half:], fields)
            else:
                self.refuse(place, rows[0], error)

    def refuse(self, place: int, row: Any, error: ValidationError) -> None:
        with transaction.atomic():
            problems = [["", "", text, "error"] for text in error_texts(error)]
            if self.run.refused < settings.IMPORT_KEPT_ROWS:
                ImportRow.objects.create(
                    run=self.run, row=place, outcome=ImportRow.Outcome.REFUSED, record=str(row)[:500], problems=problems
                )
            self.count(1, refused=1)

    def count(self, read: int, **outcome: int) -> None:
        """In the transaction of what is counted."""
        changes = {name: F(name) + number for name, number in {"read": read, **outcome}.items()}
        ImportRun.objects.filter(pk=self.run.pk).update(**changes)

    def canceled(self) -> bool:
        """Whether somebody wanted it to end; twice a second the page is told how far it is."""
        if time.monotonic() - self.told < 0.5:
            return False
        self.told = time.monotonic()
        self.run.refresh_from_db()
        report_progress(job_id(), self.run.read, len(self.edit.keys))
        if self.run.cancel_wanted:
            self.end(Status.CANCELED, _("It was canceled on the way. What was done until then stays."))
            return True
        return False

    def end(self, status: str, message: str = "") -> None:
        run = ImportRun.objects.get(pk=self.run.pk)
        run.status, run.message, run.cancel_wanted, run.job_id = status, message, False, None
        run.report = {"causes": _causes(run), "columns": []}
        run.finished_at, run.seconds = timezone.now(), round(time.monotonic() - self.started, 3)
        run.save()
        if run.changed:
            audit.record("bulk_edit.applied", run, by=self.by, data=counts(run))
        text = message or _("%(changed)s done, %(refused)s refused.") % counts(run)
        Notification.objects.create(
            user=self.by, text=f"{run.number} {run.file_name}: {text}"[:300], url=run.get_absolute_url()
        )


def _units(keys: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _causes(run: ImportRun) -> list[dict[str, Any]]:
    """Why rows were refused, the most frequent first."""
    rows: Counter[str] = Counter()
    first: dict[str, int] = {}
    for row in ImportRow.objects.filter(run=run).order_by("row").only("row", "problems").iterator():
        for problem in row.problems:
            rows[problem[2]] += 1
            first.setdefault(problem[2], row.row)
    return [
        {"column": "", "message": text, "rows": number, "first": first[text], "value": ""}
        for text, number in rows.most_common(50)
    ]
