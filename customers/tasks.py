"""Jobs of tickets."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from backoffice.tasks import RETRY
from customers.services import close_solved, limits, mail


@app.task(name="customers.deliver", queue="mail", retry=RETRY)
def deliver(message: int) -> None:
    """Send the mail about a message."""
    with acting(source="job:deliver"):
        mail.deliver(message)


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
