"""Jobs of the platform. Each module has its own tasks.py; the worker is `manage.py procrastinate worker`.

    from procrastinate.contrib.django import app
    from backoffice.tasks import RETRY

    @app.periodic(cron="* * * * *")
    @app.task(name="backoffice.publish_due", queueing_lock="publish_due", pass_context=False)
    def publish_due(timestamp: int) -> None:
        publishing.publish_due()

Every task runs inside the history context "job:<name>", and its failures are kept with their reason for the jobs page.
`job_id()` is the number of the job that runs, for `report_progress`.
"""

import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from backoffice import context, mail, once, publishing
from backoffice.models import Heartbeat, JobFailure, JobProgress
from backoffice.publishing import announcing, touched

RETRY = RetryStrategy(max_attempts=5, exponential_wait=4)
STARTS_OF_A_DEADLY_JOB = 3
KEEP_DONE_HOURS = 3 * 24
KEEP_FAILED_HOURS = 30 * 24
TRACEBACK_LENGTH = 8000
log = structlog.get_logger(__name__)
_running: ContextVar[int | None] = ContextVar("running_job", default=None)


def watch_every_task(ready: Any) -> None:
    """Put `watched` around every task of the app; PROCRASTINATE_ON_APP_READY names this."""
    ready.worker_defaults.setdefault("task_middleware", []).extend([watched, watched_async])


def watched(call_next: Callable[[], Any], job: JobContext, worker: Any) -> Any:
    """Run a task in its history context, and keep why it failed."""
    name = job.job.task_name
    token = _running.set(job.job.id)
    structlog.contextvars.bind_contextvars(job=job.job.id, task=name)
    try:
        with context.acting(source=f"job:{name}", job=job.job.id):
            return call_next()
    except Exception as error:
        keep_failure(job, name, error)
        raise
    finally:
        structlog.contextvars.unbind_contextvars("job", "task")
        _running.reset(token)


async def watched_async(call_next: Callable[[], Any], job: JobContext, worker: Any) -> Any:
    """The same for a coroutine, which writes no business rows."""
    try:
        return await call_next()
    except Exception as error:
        await sync_to_async(keep_failure)(job, job.job.task_name, error)
        raise


def keep_failure(job: JobContext, name: str, error: Exception) -> None:
    """Keep why an attempt failed; where the database itself is away, the log has it."""
    log.warning("job_failed", task=name, job=job.job.id, attempt=job.job.attempts + 1, error=repr(error))
    text = "".join(traceback.format_exception(error))[-TRACEBACK_LENGTH:]
    said = " ".join(getattr(error, "messages", None) or [str(error) or type(error).__name__])
    try:
        with transaction.atomic():
            JobFailure.objects.create(
                job_id=job.job.id or 0,
                task=name,
                attempt=job.job.attempts + 1,
                error=f"{type(error).__name__}: {said}"[:500],
                traceback=text.replace("\x00", ""),
            )
    except DatabaseError:
        log.exception("job_failure_not_kept", task=name, job=job.job.id)


def job_id() -> int | None:
    """Number of the job that runs here; None outside one."""
    return _running.get()


def report_progress(job_id: int | None, done: int, total: int | None = None, note: str = "") -> None:
    """Tell the jobs page how far the job has come; outside a job nothing happens."""
    if job_id is not None:
        JobProgress.objects.update_or_create(job_id=job_id, defaults={"done": done, "total": total, "note": note})


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="heartbeat", pass_context=False)
def heartbeat(timestamp: int) -> None:
    """Show that the worker lives."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})


@app.periodic(cron="* * * * *")
@app.task(name="backoffice.publish_due", queueing_lock="publish_due", pass_context=False)
def publish_due(timestamp: int) -> None:
    """Publish what is approved for now, and take down what has expired. What this minute misses, the next one does."""
    publishing.publish_due()


@app.task(name=mail.SEND, retry=RETRY)
def send_mail(to: str, subject: str, body: str) -> None:
    EmailMessage(subject=subject, body=body, to=[to]).send()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take_over", pass_context=True)
async def take_over(job: JobContext, timestamp: int) -> None:
    """Give the jobs of killed workers to living ones; a job that was there each time a worker died has failed."""
    manager = job.app.job_manager
    for stalled in await manager.get_stalled_jobs():
        try:
            if stalled.attempts + 1 < STARTS_OF_A_DEADLY_JOB:
                await manager.retry_job(stalled)
                continue
        except UniqueViolation:  # its successor waits already
            pass
        await manager.finish_job(stalled, status=Status.FAILED, delete_job=False)


@app.periodic(cron="* * * * *")
@app.task(name=announcing.TASK, queueing_lock=announcing.TASK, retry=RETRY, pass_context=False)
def announce_live_versions(timestamp: int) -> None:
    """Tell the webhooks what went live and what was taken down."""
    publishing.announce()


@app.periodic(cron="* * * * *")
@app.task(name=touched.TASK, queueing_lock=touched.TASK, retry=RETRY, pass_context=False)
def bring_up_touched(timestamp: int) -> None:
    """Tell those who follow the feed of live products whose prices changed."""
    publishing.bring_up()


@app.periodic(cron="41 * * * *")
@app.task(name="backoffice.forget_answers", queueing_lock="forget_answers", pass_context=False)
def forget_answers(timestamp: int) -> None:
    """Forget what the API answered to keys whose time is over."""
    once.forget()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget_old_jobs", pass_context=True)
async def forget_old_jobs(job: JobContext, timestamp: int) -> None:
    """Keep the table of jobs small: finished jobs for three days, failed ones for a month."""
    manager = job.app.job_manager
    await manager.delete_old_jobs(nb_hours=KEEP_DONE_HOURS)
    await manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
