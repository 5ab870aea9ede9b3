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
from customers.models import Mailbox, SegmentRun
from customers.services import (
    assignment,
    calendars,
    calling,
    close_solved,
    duplicates,
    limits,
    ownership,
    promises,
    reporting,
    segments,
    surveys,
    tickets,
)
from customers.services.mail import fetching

SEGMENT = "customers.segment"


@app.task(name="customers.deliver", queue="mail", retry=RETRY)
def deliver(message: int) -> None:
    """Send the mail about a message."""
    with acting(source="job:deliver"):
        tickets.deliver(message)


@app.periodic(cron="7 * * * *")
@app.task(name="customers.close_solved", queueing_lock="customers.close_solved")
def close_old(timestamp: int) -> None:
    """Close tickets that were solved long ago."""
    with acting(source="job:close_solved"):
        close_solved()


@app.periodic(cron="17 * * * *")
@app.task(name="customers.forget_uses", queueing_lock="customers.forget_uses")
def forget_uses(timestamp: int) -> None:
    """Drop the counters of the public form that no longer limit anybody."""
    limits.forget_uses()


@app.periodic(cron="* * * * *")
@app.task(name="customers.fetch_all_mail", queueing_lock="customers.fetch_all_mail")
def fetch_all_mail(timestamp: int) -> None:
    """Have every mailbox read, each by a job of its own: a server that does not answer keeps no other waiting."""
    for mailbox in Mailbox.objects.fetched().values_list("pk", flat=True):
        name = f"mailbox-{mailbox}"
        try:
            with transaction.atomic():
                app.configure_task("customers.fetch_mailbox", lock=name, queueing_lock=name).defer(mailbox=mailbox)
        except AlreadyEnqueued:
            continue
    fetching.take_in_waiting()


@app.task(name="customers.fetch_mailbox", queue="mail")
def fetch_mailbox(mailbox: int) -> None:
    """Read one mailbox. What its server refuses stands on its page, and the next minute tries again."""
    with acting(source="job:fetch_mail"):
        try:
            fetching.fetch(Mailbox.objects.select_related("queue").get(pk=mailbox))
        except fetching.CannotFetch:
            return


@app.task(name="customers.sla_tick", queueing_lock="customers.sla_tick")
def sla_tick(timestamp: int) -> None:
    """Warn of promises that are nearly due, and tell of broken ones."""
    promises.tick()


@app.periodic(cron="* * * * *")
@app.task(name=calling.TASK, queueing_lock=calling.TASK)
def assign_waiting(timestamp: int) -> None:
    """Give tickets to agents where the queue says so, and take them back from those who are away."""
    assignment.assign_all()


@app.periodic(cron="*/10 * * * *")
@app.task(name="customers.ask_surveys", queueing_lock="customers.ask_surveys")
def ask_surveys(timestamp: int) -> None:
    """Ask how satisfied people are whose tickets were solved."""
    while surveys.ask_due() == surveys.AT_ONCE:
        pass


@app.task(name=surveys.TASK, queue="mail", retry=RETRY)
def mail_survey(survey: int) -> None:
    """Mail the question of one survey."""
    with acting(source="job:mail_survey"):
        surveys.deliver(survey)


@app.periodic(cron="*/5 * * * *")
@app.task(name="customers.refresh_service", queueing_lock="customers.refresh_service", retry=RETRY, pass_context=False)
def refresh_service(timestamp: int) -> None:
    """Keep the reports of service true for what changed lately."""
    reporting.refresh_service()


@app.periodic(cron="23 2 * * *")
@app.task(name="customers.extend_calendars", queueing_lock="customers.extend_calendars")
def extend_calendars(timestamp: int) -> None:
    """Write business hours out for the years to come."""
    calendars.extend_spans()


@app.task(name="customers.make_package", retry=RETRY)
def make_package(package: int) -> None:
    """Write the data package of a customer."""
    services.make_package(package)


@app.periodic(cron="23 3 * * *")
@app.task(name="customers.erase_due", queueing_lock="customers.erase_due", retry=RETRY)
def erase_due(timestamp: int) -> None:
    """Erase what need not be kept any longer: by law, as data packages, and as searches in vain."""
    services.erase_due()
    services.remove_expired_packages()
    services.forget_vain_searches()


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


@app.periodic(cron="40 2 * * *")
@app.task(name="customers.find_duplicates", queueing_lock="customers.find_duplicates")
def find_duplicates(timestamp: int) -> None:
    """Compare all customers and suggest those who may be the same."""
    duplicates.find_duplicates()


@app.periodic(cron="25 4 * * *")
@app.task(name="customers.recycle", queueing_lock="customers.recycle")
def recycle(timestamp: int) -> None:
    """Remind owners of idle customers, return those reminded of in vain to the pool, and close disputes nobody appealed."""
    ownership.close_decided()
    ownership.recycle()
