"""Jobs of tickets."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from backoffice.tasks import RETRY
from customers.services import duplicates, limits, mail, ownership


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
