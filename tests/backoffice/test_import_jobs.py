"""Work on large files by a worker that really runs: progress, the end, and breaking off."""

import threading
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from backoffice import resources
from backoffice.imports import jobs
from backoffice.imports.views.upload import take_in
from backoffice.models import ImportRun, Job, JobProgress, Notification
from backoffice.roles import sync_roles
from catalog.models import Product
from tests.backoffice.test_jobs import work
from tests.factories import make_user

HEADER = "handle,title,sku,price\n"


@pytest.fixture
def owner(transactional_db):
    sync_roles()
    return make_user("owner")


def waiting(owner, *, rows, action):
    """A run of so many rows whose work waits for the worker."""
    text = HEADER + "".join(f"p{n},P{n},P{n},5\n" for n in range(rows))
    upload = SimpleUploadedFile("shop.csv", text.encode())
    run = take_in([resources.get("products")], by=owner, name="shop.csv", upload=upload)
    jobs.defer(run, by=owner, action=action, rows=rows)
    return run


def until(run, status):
    """Wait until the run has this status."""
    end = time.monotonic() + 30
    while ImportRun.objects.get(pk=run.pk).status != status:
        assert time.monotonic() < end, f"not {status} in time"
        time.sleep(0.05)


class Held(threading.Thread):
    """Holds what an import needs before it writes, cancels the run, and lets go when it has ended."""

    def __init__(self, run):
        super().__init__()
        self.run_to_cancel = run
        self.holding = threading.Event()
        self.seconds = None

    def run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(hashtext('import:products'))")
                self.holding.set()
                until(self.run_to_cancel, "applying")
                started = time.monotonic()
                jobs.cancel(ImportRun.objects.get(pk=self.run_to_cancel.pk))
                until(self.run_to_cancel, "canceled")
                self.seconds = time.monotonic() - started
        finally:
            connection.close()


def test_the_statement_that_runs_is_broken_off_and_nothing_stays(owner):
    run = waiting(owner, rows=3, action="apply")
    other = Held(run)
    other.start()
    other.holding.wait(10)

    work()
    other.join()

    run.refresh_from_db()
    assert (run.status, run.message, run.job_id) == ("canceled", "It was canceled. Nothing was written.", None)
    assert not run.cancel_wanted
    assert other.seconds < 5
    assert not Product.objects.exists()
    assert Job.objects.get(task_name="backoffice.work_on_import").status == "succeeded"
    assert Notification.objects.get().text == f"{run.number} Canceled: It was canceled. Nothing was written."


def test_a_canceled_run_can_go_on(owner):
    run = waiting(owner, rows=3, action="apply")
    ImportRun.objects.filter(pk=run.pk).update(status="applying")
    ImportRun.objects.filter(pk=run.pk).update(status="canceled")
    jobs.cancel(run)
    jobs.defer(run, by=owner, action="check")

    work()

    run.refresh_from_db()
    assert (run.status, run.new) == ("checked", 3)


def test_rows_and_the_time_left_are_reported(owner, monkeypatch):
    monkeypatch.setattr(jobs, "EVERY", 0.01)
    waiting(owner, rows=6000, action="check")

    work()

    progress = JobProgress.objects.get()
    assert progress.total == 6000
    assert 1000 <= progress.done <= 6000


@pytest.mark.parametrize(
    ("done", "seconds", "said"),
    [
        (0, 5, ""),
        (50, 5, "about 5 seconds left"),
        (10, 20, "about 3 minutes left"),
        (100, 9, "All rows are read; they are being compared."),
    ],
)
def test_the_time_left_follows_from_the_pace(done, seconds, said):
    watch = jobs.Watch(ImportRun(status="checking"), 100)
    watch.done = done
    watch.started -= seconds
    assert watch.time_left() == said
