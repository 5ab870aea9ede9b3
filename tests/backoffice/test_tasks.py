"""Jobs of the platform: signs of life, jobs of killed workers, old jobs."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import tasks
from backoffice.models import Heartbeat

pytestmark = pytest.mark.django_db


def run(task) -> None:
    async_to_sync(task.func)(SimpleNamespace(app=app), timestamp=0)


def write(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def job_of_worker(*, silent: timedelta, attempts: int = 0) -> int:
    """A job that a worker has begun, which gave its last sign of life `silent` ago."""
    number = tasks.heartbeat.defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id", [timezone.now() - silent]
        )
        (worker,) = cursor.fetchone()
    write(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
        worker,
        attempts,
        number,
    )
    return number


def finished_job(status: str, *, ago: timedelta) -> int:
    number = tasks.heartbeat.defer(timestamp=0)
    write("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", number)
    write("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", status, number)
    write("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", timezone.now() - ago, number)
    return number


def test_the_heartbeat_is_one_row():
    tasks.heartbeat.func(timestamp=0)
    tasks.heartbeat.func(timestamp=60)

    beat = Heartbeat.objects.get()
    assert beat.name == "worker"
    assert timezone.now() - beat.at < timedelta(seconds=10)


def test_the_job_of_a_killed_worker_waits_for_another():
    number = job_of_worker(silent=timedelta(minutes=1))

    run(tasks.take_over)

    job = ProcrastinateJob.objects.get(pk=number)
    assert (job.status, job.attempts) == ("todo", 1)


def test_the_job_of_a_living_worker_is_left_alone():
    number = job_of_worker(silent=timedelta(seconds=5))

    run(tasks.take_over)

    assert ProcrastinateJob.objects.get(pk=number).status == "doing"


def test_a_job_that_kills_its_workers_has_failed():
    number = job_of_worker(silent=timedelta(minutes=1), attempts=2)

    run(tasks.take_over)

    assert ProcrastinateJob.objects.get(pk=number).status == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_successor_waits_is_not_repeated():
    number = job_of_worker(silent=timedelta(minutes=1))
    successor = tasks.heartbeat.defer(timestamp=60)

    run(tasks.take_over)

    assert ProcrastinateJob.objects.get(pk=number).status == "failed"
    assert ProcrastinateJob.objects.get(pk=successor).status == "todo"


def test_old_jobs_are_forgotten_and_failed_ones_later():
    kept = [
        finished_job("succeeded", ago=timedelta(days=2)),
        finished_job("failed", ago=timedelta(days=20)),
    ]
    finished_job("succeeded", ago=timedelta(days=4))
    finished_job("failed", ago=timedelta(days=31))
    kept.append(tasks.heartbeat.defer(timestamp=0))

    run(tasks.forget_old_jobs)

    assert list(ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True)) == sorted(kept)
