"""Jobs: context, kept failures, retries, the pages, and a worker that really runs."""

import pytest
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.db import connection
from procrastinate.contrib.django import app

from backoffice import jobs, mail, tasks
from backoffice.models import AuditEvent, Job, JobFailure, JobProgress, Scope
from backoffice.roles import sync_roles
from backoffice.verbs import JOBS
from tests.backoffice.test_people import make_user

SEEN = []


@app.task(name="tests.note", retry=False)
def note(email: str) -> None:
    tasks.report_progress(tasks.job_id(), 1, 2)
    Scope.objects.create(user=make_user(email), kind="queue", value="tests")


@app.task(name="tests.fail", retry=tasks.RETRY)
def fail(text: str) -> None:
    raise ValidationError(text)


def work():
    """Run the worker until the queue is empty."""
    worker = app.with_connector(app.connector.get_worker_connector())
    worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


@pytest.fixture
def queue(transactional_db):
    sync_roles()


def test_a_job_says_in_history_what_it_is_and_how_far_it_came(queue):
    number = note.defer(email="job@example.com")

    work()

    row = Scope.history.rel.related_model.objects.get()
    assert row.pgh_context.metadata["source"] == "job:tests.note"
    assert row.pgh_context.metadata["job"] == number
    assert Job.objects.get(pk=number).status == "succeeded"
    progress = JobProgress.objects.get(job_id=number)
    assert (progress.done, progress.total) == (1, 2)


def test_a_failure_keeps_its_reason_and_waits_before_the_next_try(queue):
    number = fail.defer(text="The file is gone.")

    work()

    job = Job.objects.get(pk=number)
    failure = JobFailure.objects.get()
    assert (job.status, job.attempts) == ("todo", 1)
    assert job.scheduled_at > failure.at
    assert (failure.job_id, failure.attempt, failure.error) == (number, 1, "ValidationError: The file is gone.")
    assert "in fail" in failure.traceback


def test_the_last_attempt_fails(queue):
    number = fail.defer(text="No.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 5 WHERE id = %s", [number])

    work()

    assert Job.objects.get(pk=number).status == "failed"


def test_mail_leaves_through_the_worker(queue):
    mail.send_later(to="a@example.com", subject="Hello", body="World")

    work()

    assert [(m.to, m.subject) for m in outbox.outbox] == [(["a@example.com"], "Hello")]


# --- Pages ------------------------------------------------------------------------------------------


@pytest.fixture
def owner(db):
    sync_roles()
    return make_user("olga@example.com", "owner")


def failed_job():
    number = fail.defer(text="No.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed', attempts = 5 WHERE id = %s", [number])
    JobFailure.objects.create(
        job_id=number, task="tests.fail", attempt=5, error="ValidationError: No.", traceback="in fail"
    )
    return Job.objects.get(pk=number)


def test_the_list_shows_why_and_the_page_where(client, owner):
    job = failed_job()
    note.defer(email="waiting@example.com")
    client.force_login(owner)

    shown = client.get("/jobs/?status=failed").content.decode()

    assert "ValidationError: No." in shown
    assert "tests.note" not in shown
    assert "in fail" in client.get(f"/jobs/{job.pk}/").content.decode()


def test_retry_queues_a_failed_job_again_and_no_other(client, owner):
    job = failed_job()
    client.force_login(owner)

    client.post(f"/jobs/{job.pk}/retry/")

    job.refresh_from_db()
    assert job.status == "todo"
    assert AuditEvent.objects.get(verb="job.retried").actor == owner
    with pytest.raises(ValidationError, match="Only failed jobs"):
        jobs.retry(job, by=owner)


def test_jobs_are_seen_and_retried_by_right(client, owner):
    job = failed_job()
    client.force_login(make_user("carl@example.com", "order_clerk"))
    assert client.get("/jobs/").status_code == 403
    client.force_login(make_user("anna@example.com", "auditor"))
    assert client.get(f"/jobs/{job.pk}/").status_code == 200
    assert client.post(f"/jobs/{job.pk}/retry/").status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_however_many_jobs(client, owner, number, django_assert_num_queries):
    for _index in range(number):
        failed_job()
    client.force_login(owner)
    client.get("/jobs/")
    with django_assert_num_queries(6):
        client.get("/jobs/")


def test_every_job_says_in_words_what_it_does():
    ours = {
        name
        for name in app.tasks
        if name.partition(".")[0] in ("backoffice", "catalog", "inventory", "customers", "orders")
    }
    assert ours - set(JOBS) == set()
