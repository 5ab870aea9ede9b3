"""Jobs: what runs, waits and failed, and why."""

import json
from typing import Any

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateEvent

from backoffice import dashboard, generic, health, jobs, verbs
from backoffice.models import ImportRun, Job, JobFailure, JobProgress
from backoffice.panels import Panel
from backoffice.templatetags.houtai import badge, tone_of

STATUSES = Job.STATUS_TEXTS
EVENTS = {
    **STATUSES,
    "deferred": gettext_lazy("Queued"),
    "started": gettext_lazy("Started"),
    "deferred_for_retry": gettext_lazy("Failed, to be tried again"),
    "abort_requested": gettext_lazy("Asked to stop"),
    "scheduled": gettext_lazy("Scheduled"),
}


class JobFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="task_name", lookup_expr="icontains", label=gettext_lazy("Task"))
    status = generic.AnyOfFilter(choices=list(STATUSES.items()), label=gettext_lazy("Status"))
    at = django_filters.IsoDateTimeFromToRangeFilter(label=gettext_lazy("Queued or planned"))

    class Meta:
        model = Job
        fields: list[str] = []


def progress_text(job: Any) -> str:
    """ "120 of 5,000", "120", or nothing where the job says nothing."""
    if job.progress_done is None:
        return ""
    if job.progress_total is None:
        return generic.display(job.progress_done, "number")
    return _("%(done)s of %(total)s") % {
        "done": generic.display(job.progress_done, "number"),
        "total": generic.display(job.progress_total, "number"),
    }


def task_text(job: Job) -> str:
    return verbs.job_words(job.task_name)


class JobPage:
    """Jobs with when they were queued, how far they are and why they last failed."""

    model = Job
    permission = "backoffice.view_jobs"
    request: Any

    def get_queryset(self) -> QuerySet:
        events = ProcrastinateEvent.objects.filter(job_id=OuterRef("pk"), type="deferred").order_by("pk")
        progress = JobProgress.objects.filter(job_id=OuterRef("pk"))
        failures = JobFailure.objects.filter(job_id=OuterRef("pk")).order_by("-pk")
        return Job.objects.visible_to(self.request.user).annotate(
            at=Coalesce("scheduled_at", Subquery(events.values("at")[:1])),
            progress_done=Subquery(progress.values("done")),
            progress_total=Subquery(progress.values("total")),
            last_error=Subquery(failures.values("error")[:1]),
        )


class JobList(JobPage, generic.ListPage):
    key = "jobs:jobs"
    title = gettext_lazy("Jobs")
    filterset_class = JobFilter
    columns = [
        generic.Column(
            "task_name", gettext_lazy("Task"), link=True, get=task_text, secondary=generic.Column("task_name")
        ),
        generic.Column("status", gettext_lazy("Status"), kind="badge"),
        generic.Column("at", gettext_lazy("Queued or planned"), kind="relative"),
        generic.Column("progress", gettext_lazy("Progress"), get=progress_text),
        generic.Column("attempts", gettext_lazy("Attempts"), kind="number"),
        generic.Column("last_error", gettext_lazy("Reason of the last failure")),
        generic.Column("queue_name", gettext_lazy("Queue")),
    ]
    default_columns = ["task_name", "status", "at", "progress", "attempts", "last_error"]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        generic.Tab(gettext_lazy("Failed"), "status=failed"),
        generic.Tab(gettext_lazy("Running"), "status=doing"),
        generic.Tab(gettext_lazy("Waiting"), "status=todo"),
    ]
    bulk_actions = [
        generic.BulkAction("retry", gettext_lazy("Try again"), jobs.retry, permission="backoffice.retry_jobs"),
    ]
    empty_text = gettext_lazy("Jobs appear here when work is done in the background.")


class JobRecord(JobPage, generic.RecordPage):
    list_url = "jobs:jobs"
    template_name = "jobs/job_record.html"
    context_object_name = "job"
    status_fields = ()
    facts = [
        generic.Column("task_name", gettext_lazy("Task")),
        generic.Column("at", gettext_lazy("Queued or planned"), kind="datetime"),
        generic.Column("attempts", gettext_lazy("Attempts"), kind="number"),
        generic.Column("progress", gettext_lazy("Progress"), get=progress_text),
        generic.Column("queue_name", gettext_lazy("Queue")),
    ]

    @property
    def history_url(self) -> str:
        return ""

    def get_badges(self) -> list[generic.Badge]:
        return [generic.Badge(self.object.get_status_display(), tone_of(self.object.status))]

    def get_actions(self) -> list[generic.Action]:
        if self.object.status != "failed" or not generic.may(self.request.user, "backoffice.retry_jobs"):
            return []
        return [
            generic.Action(_("Try again"), reverse("jobs:retry", args=[self.object.pk]), primary=True, icon="refresh")
        ]

    def get_moments(self) -> list[generic.Moment]:
        events = ProcrastinateEvent.objects.filter(job_id=self.object.pk).order_by("-pk")[:50]
        return [generic.Moment(at=event.at, text=EVENTS.get(event.type, event.type)) for event in events]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(
            arguments=json.dumps(self.object.args, indent=2, ensure_ascii=False, sort_keys=True),
            failures=JobFailure.objects.filter(job_id=self.object.pk)[:10],
            **extra,
        )


class RetryJob(JobPage, generic.ActionView):
    permission = ("backoffice.view_jobs", "backoffice.retry_jobs")  # type: ignore[assignment]
    service = jobs.retry
    title = gettext_lazy("Try again: %s")
    done = gettext_lazy("%s waits in the queue again.")


@dashboard.attention(permission="backoffice.view_jobs", order=90)
def background_work(user: Any) -> Panel:
    """Whether what runs without anybody is well."""
    lives, _detail = health.worker()
    failed = dashboard.capped(Job.objects.visible_to(user).filter(status="failed"))
    refused = dashboard.capped(ImportRun.objects.of_files().visible_to(user).filter(status="failed"))
    return Panel(
        _("Work in the background"),
        rows=[
            (_("Worker"), badge(_("Running"), "good") if lives else badge(_("Gives no sign of life"), "bad")),
            (
                (_("Failed jobs"), f"{reverse('jobs:jobs')}?status=failed"),
                badge(failed, "bad" if failed != "0" else "good"),
            ),
            ((_("Failed imports"), reverse("imports:list")), badge(refused, "bad" if refused != "0" else "good")),
        ],
        url=reverse("jobs:jobs"),
    )
