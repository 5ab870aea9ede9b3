"""Large files are checked, applied and taken back by the worker; the person is told at the end, and may cancel before.

While a job works, a second thread with a connection of its own writes its progress and looks whether the person canceled it.
Then the statement that runs is broken off: whatever the job did is rolled back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app
from psycopg.errors import QueryCanceled

from backoffice.imports import running, undoing
from backoffice.imports.running import Status
from backoffice.models import ImportRun, Notification, User
from backoffice.tasks import job_id, report_progress

EVERY = 0.5  # seconds between two looks of the watching thread


def defer(
    run: ImportRun, *, by: User, action: str, partial: bool = False, rows: int = 0, overwrite: Sequence[str] = ()
) -> None:
    """Queue the work: check, apply, undo or redo. Whoever comes second finds it queued already."""
    if running.interrupted(run):
        ImportRun.objects.filter(pk=run.pk).update(job_id=None)
    claimed = ImportRun.objects.filter(pk=run.pk, job_id=None).update(job_id=0, cancel_wanted=False)
    if not claimed:
        raise ValidationError(_("%(run)s is waiting for a worker already.") % {"run": run})
    job = app.configure_task("backoffice.work_on_import", lock=f"import:{run.resource}").defer(
        run=run.pk, user=by.pk, action=action, partial=partial, rows=rows, overwrite=list(overwrite)
    )
    ImportRun.objects.filter(pk=run.pk).update(job_id=job)
    run.job_id = job


def cancel(run: ImportRun) -> None:
    """Break off the check or the application of `run`. Raises ValidationError when nothing works on it any more.

    A job that waits is taken off the queue; one that works ends within a second or two, and nothing of it stays.
    """
    if not ImportRun.objects.filter(pk=run.pk).exclude(job_id=None).update(cancel_wanted=True):
        raise ValidationError(_("%(run)s is not being worked on any more.") % {"run": run})
    if run.job_id and app.job_manager.cancel_job_by_id(run.job_id):
        ImportRun.objects.filter(pk=run.pk).update(
            job_id=None, cancel_wanted=False, message=_("It was canceled. Nothing was written.")
        )


@app.task(name="backoffice.work_on_import")
def work_on_import(
    run: int, user: int, action: str, partial: bool, rows: int = 0, overwrite: Sequence[str] = ()
) -> None:
    """Work on one run. What the file lacks stands on the page of the run, not among failed jobs."""
    job = ImportRun.objects.get(pk=run)
    person = User.objects.get(pk=user)
    with translation.override(person.language or None), Watch(job, rows, writes=action == "apply") as watch:
        try:
            if action in ("undo", "redo"):
                verb = undoing.undo if action == "undo" else undoing.redo
                verb(job, by=person, overwrite=overwrite)
            else:
                running.work(job, by=person, action=action, partial=partial, progress=watch)
        except ValidationError as error:
            ImportRun.objects.filter(pk=run, message="").update(message=" ".join(error.messages))
        except QueryCanceled:
            if not ImportRun.objects.filter(pk=run, status=Status.CANCELED).exists():
                raise
        finally:
            ImportRun.objects.filter(pk=run).update(job_id=None)
        job.refresh_from_db()
        _tell(job, person)


def _tell(run: ImportRun, person: User) -> None:
    text = run.message or running.summary(run)
    Notification.objects.create(
        user=person, text=f"{run.number} {run.get_status_display()}: {text}"[:300], url=run.get_absolute_url()
    )


class Watch:
    """The second thread. Called with the number of rows read so far."""

    def __init__(self, run: ImportRun, rows: int, *, writes: bool = False) -> None:
        self.run = run
        self.rows = rows
        self.writes = writes
        self.job = job_id()
        self.done = 0
        self.started = time.monotonic()
        self.language = translation.get_language() or ""
        self.worker: Any = None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        if self.job is not None:
            connection.ensure_connection()
            self.worker = connection.connection
            self.thread.start()
        return self

    def __call__(self, done: int) -> None:
        self.done = done

    def __exit__(self, *exc: object) -> None:
        self.ended.set()
        if self.job is not None:
            self.thread.join()

    def _watch(self) -> None:
        said = -1
        with translation.override(self.language):
            while not self.ended.wait(EVERY):
                if self.done != said:
                    said = self.done
                    report_progress(self.job, said, self.rows or None, self.time_left())
                if self._is_canceled() and self.worker is not None:
                    self.worker.cancel_safe()
        connection.close()

    def _is_canceled(self) -> bool:
        """Whether it is to end, and has not come to its end by itself."""
        at_work = (Status.CHECKING, Status.APPLYING)
        return ImportRun.objects.filter(pk=self.run.pk, cancel_wanted=True, status__in=at_work).exists()

    def time_left(self) -> str:
        """A sentence about how long reading will take, from its pace so far."""
        left = self.rows - self.done
        if not self.done or left < 0:
            return ""
        if left <= 1:
            if self.writes:
                return _("All rows are read; they are being compared and written.")
            return _("All rows are read; they are being compared.")
        seconds = round(left * (time.monotonic() - self.started) / self.done)
        if seconds < 60:
            return ngettext("about %(n)s second left", "about %(n)s seconds left", seconds) % {"n": seconds}
        minutes = round(seconds / 60)
        return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}
