"""Jobs of tickets."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from backoffice.context import acting
from backoffice.tasks import RETRY
from customers.models import Mailbox
from customers.services import limits, mail
from customers.services.mail import fetching


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
