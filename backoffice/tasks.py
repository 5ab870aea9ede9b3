"""Jobs of the platform. Each module has its own tasks.py; the worker is `manage.py procrastinate worker`."""

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from backoffice.models import Heartbeat, JobProgress

RETRY = RetryStrategy(max_attempts=5, exponential_wait=4)
STARTS_OF_A_DEADLY_JOB = 3
KEEP_DONE_HOURS = 3 * 24
KEEP_FAILED_HOURS = 30 * 24


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="heartbeat", pass_context=False)
def heartbeat(timestamp: int) -> None:
    """Show that the worker lives."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take_over", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:
    """Give the jobs of killed workers to living ones; a job that was there each time a worker died has failed."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            if job.attempts + 1 < STARTS_OF_A_DEADLY_JOB:
                await manager.retry_job(job)
                continue
        except UniqueViolation:  # its successor waits already
            pass
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Keep the table of jobs small: finished jobs for three days, failed ones for a month."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(nb_hours=KEEP_DONE_HOURS)
    await manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


def report_progress(job_id: int | None, done: int, total: int | None = None, note: str = "") -> None:
    """Tell the jobs page how far the job has come; outside a job nothing happens."""
    if job_id is not None:
        JobProgress.objects.update_or_create(job_id=job_id, defaults={"done": done, "total": total, "note": note})
