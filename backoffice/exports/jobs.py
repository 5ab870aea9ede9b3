"""Exports by the worker: large ones, those on schedule, and files that were kept long enough."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection
from procrastinate.contrib.django import app

from backoffice.exports import delivery, running, schedules
from backoffice.models import ExportRun
from backoffice.tasks import RETRY, job_id, report_progress

EVERY = 1.0  # seconds between two reports of progress


@app.task(name=running.TASK)
def make_export(run: int) -> None:
    """Make one file. What stands against it is written on its page."""
    with Reporter(run) as report:
        running.make(ExportRun.objects.select_related("user", "template").get(pk=run), report)


@app.task(name=delivery.TASK, retry=RETRY)
def mail_export(run: int) -> None:
    delivery.mail(ExportRun.objects.select_related("user").get(pk=run))


@app.periodic(cron="*/5 * * * *")
@app.task(name="backoffice.run_export_schedules", queueing_lock="run_export_schedules", retry=RETRY)
def run_export_schedules(timestamp: int) -> None:
    schedules.run_due()


@app.periodic(cron="23 * * * *")
@app.task(name="backoffice.remove_expired_exports", queueing_lock="remove_expired_exports", retry=RETRY)
def remove_expired_exports(timestamp: int) -> None:
    running.remove_expired()


class Reporter:
    """Reports progress, and hears of a cancellation, on a connection of its own: that of the export reads one instant."""

    def __init__(self, run: int) -> None:
        self.run = run
        self.job = job_id()
        self.last = time.monotonic()
        self.told: Future[bool] | None = None
        self.pool = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Reporter:
        return self

    def __call__(self, rows: int) -> None:
        """Raise Canceled where the owner wants the file no longer."""
        if self.told is not None and self.told.done():
            if not self.told.result():
                raise running.Canceled
            self.told = None
        if self.told is None and time.monotonic() - self.last > EVERY:
            self.last = time.monotonic()
            self.told = self.pool.submit(self.tell, rows)

    def tell(self, rows: int) -> bool:
        """Note how far it is; False where it is not running any more."""
        report_progress(self.job, rows)
        return bool(ExportRun.objects.unfinished().filter(pk=self.run).update(rows=rows))

    def __exit__(self, *_error: object) -> None:
        self.pool.submit(lambda: connection.close())  # that of its thread
        self.pool.shutdown()
