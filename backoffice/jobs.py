"""Jobs: one of a kind is queued, and a failed one is tried again."""

import contextlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from backoffice import audit
from backoffice.models import Job, User


def ask_once(task: str, **arguments: Any) -> None:
    """Queue a job of this kind as part of the caller's transaction; one that waits already is enough."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(task, queueing_lock=task).defer(**arguments)


@transaction.atomic
def retry(job: Job, *, by: User) -> Job:
    """Queue a failed job again, at once. Raises ValidationError unless it failed."""
    job = Job.objects.locked().get(pk=job.pk)
    if job.status != "failed":
        raise ValidationError(_("Only failed jobs can be tried again."), code="not_failed")
    if job.queueing_lock and Job.objects.filter(queueing_lock=job.queueing_lock, status="todo").exists():
        raise ValidationError(_("The same job waits in the queue already."), code="queued")
    app.job_manager.retry_job_by_id(job.pk, retry_at=timezone.now())
    audit.record("job.retried", job, by=by)
    job.refresh_from_db()
    return job
