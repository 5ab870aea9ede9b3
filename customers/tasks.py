"""Jobs of customers and tickets."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from backoffice.context import acting
from backoffice.tasks import RETRY
from customers import services
from customers.models import SegmentRun
from customers.services import limits, mail, segments

SEGMENT = "customers.segment"


@app.task(name="customers.deliver", queue="mail", retry=RETRY)
def deliver(message: int) -> None:
    """Send the mail about a message."""
    with acting(source="job:deliver"):
        mail.deliver(message)


@app.periodic(cron="17 * * * *")
@app.task(name="customers.forget_uses", queueing_lock="customers.forget_uses")
def forget_uses(timestamp: int) -> None:
    """Drop the counters of the public form that no longer limit anybody."""
    limits.forget_uses()


@app.periodic(cron="50 1 * * *")
@app.task(name=SEGMENT, queueing_lock=SEGMENT, retry=RETRY, pass_context=False)
def segment(timestamp: int) -> None:
    """Work the segments out as of yesterday, the last day that is over; a later day that was run is worked out anew."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    latest = SegmentRun.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    with acting(source="job:segment"):
        segments.segment(max(today - timedelta(days=1), latest or today - timedelta(days=1)))


def segment_soon() -> None:
    """Have the worker do it now; where it waits already nothing more is needed."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(SEGMENT, queueing_lock=SEGMENT).defer(timestamp=0)


@app.periodic(cron="0 6 * * *")
@app.task(
    name="customers.remind_of_follow_ups",
    queueing_lock="customers.remind_of_follow_ups",
    retry=RETRY,
    pass_context=False,
)
def remind_of_follow_ups(timestamp: int) -> None:
    """Tell people once what they are to follow up."""
    with acting(source="job:remind_of_follow_ups"):
        services.remind_of_follow_ups()
