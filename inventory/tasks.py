"""Jobs of the inventory."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from backoffice.tasks import RETRY
from inventory import services


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="expire_holds", pass_context=False)
def expire_holds(timestamp: int) -> None:
    """End the holds whose time is over."""
    with acting(source="job:expire_holds"):
        services.expire_holds()


@app.periodic(cron="5 * * * *")
@app.task(name="inventory.close_periods", queueing_lock="inventory.close_periods", retry=RETRY, pass_context=False)
def close_periods(timestamp: int) -> None:
    """Write every level down where a month has ended; what has to wait for a long transaction is tried again in an hour."""
    services.close_periods()


@app.periodic(cron="*/15 * * * *")
@app.task(name="inventory.refresh_flows", queueing_lock="inventory.refresh_flows", retry=RETRY, pass_context=False)
def refresh_flows(timestamp: int) -> None:
    """Keep costs of goods sold and daily flows true for yesterday and today."""
    services.refresh_flows()


@app.periodic(cron="20 3 * * *")
@app.task(name="inventory.refresh_figures", queueing_lock="inventory.refresh_figures", retry=RETRY, pass_context=False)
def refresh_figures(timestamp: int) -> None:
    """Age, use, turnover and class of every level, and all daily flows, once a night; old scans are forgotten."""
    services.forget_scans()
    services.refresh_flows(since=services.BEGINNING)
    services.refresh_figures()
