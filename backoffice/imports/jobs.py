"""Large files are checked and applied by the worker; the person is told at the end."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice.imports import running
from backoffice.models import ImportRun, Notification, User
from backoffice.tasks import job_id, report_progress

EVERY = 1.0  # seconds between two reports of progress


def defer(run: ImportRun, *, by: User, action: str, partial: bool = False) -> None:
    """Queue the work. Whoever comes second finds it queued already."""
    if running.interrupted(run):
        ImportRun.objects.filter(pk=run.pk).update(job_id=None)
    claimed = ImportRun.objects.filter(pk=run.pk, job_id=None).update(job_id=0)
    if not claimed:
        raise ValidationError(_("%(run)s is waiting for a worker already.") % {"run": run})
    job = app.configure_task("backoffice.work_on_import", lock=f"import:{run.resource}").defer(
        run=run.pk, user=by.pk, action=action, partial=partial
    )
    ImportRun.objects.filter(pk=run.pk).update(job_id=job)
    run.job_id = job


@app.task(name="backoffice.work_on_import")
def work_on_import(run: int, user: int, action: str, partial: bool) -> None:
    """Check or apply one run. What the file lacks stands on the page of the run, not among failed jobs."""
    job = ImportRun.objects.get(pk=run)
    person = User.objects.get(pk=user)
    with translation.override(person.language or None), _Reporter() as report:
        try:
            running.work(job, by=person, action=action, partial=partial, progress=report)
        except ValidationError:
            job.refresh_from_db()
        finally:
            ImportRun.objects.filter(pk=run).update(job_id=None)
        _tell(job, person)


def _tell(run: ImportRun, person: User) -> None:
    text = run.message or running.summary(run)
    Notification.objects.create(
        user=person, text=f"{run.number} {run.get_status_display()}: {text}"[:300], url=run.get_absolute_url()
    )


class _Reporter:
    """Reports progress on a connection of its own: that of the import is busy with the rows."""

    def __init__(self) -> None:
        self.job = job_id()
        self.last = 0.0
        self.pool = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> _Reporter:
        return self

    def __call__(self, done: int) -> None:
        if self.job is not None and time.monotonic() - self.last > EVERY:
            self.last = time.monotonic()
            self.pool.submit(report_progress, self.job, done)

    def __exit__(self, *exc: object) -> None:
        if self.job is not None:
            self.pool.submit(connection.close)
        self.pool.shutdown()
