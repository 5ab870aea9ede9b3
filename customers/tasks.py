"""Jobs of tickets."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from backoffice.tasks import RETRY
from customers import services
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
