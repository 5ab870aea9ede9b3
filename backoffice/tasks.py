"""Jobs of the platform. Each module has its own tasks.py; the worker is `manage.py procrastinate worker`."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from backoffice.models import Heartbeat, JobProgress

RETRY = RetryStrategy(max_attempts=5, exponential_wait=4)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="heartbeat", pass_context=False)
def heartbeat(timestamp: int) -> None:
    """Show that the worker lives."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})


def report_progress(job_id: int | None, done: int, total: int | None = None, note: str = "") -> None:
    """Tell the jobs page how far the job has come; outside a job nothing happens."""
    if job_id is not None:
        JobProgress.objects.update_or_create(job_id=job_id, defaults={"done": done, "total": total, "note": note})
