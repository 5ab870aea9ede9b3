"""Jobs of the inventory."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from inventory import services


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="expire_holds", pass_context=False)
def expire_holds(timestamp: int) -> None:
    """End the holds whose time is over."""
    with acting(source="job:expire_holds"):
        services.expire_holds()
