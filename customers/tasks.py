"""Jobs of tickets."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from backoffice.tasks import RETRY
from customers.services import limits, mail


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
