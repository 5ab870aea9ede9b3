"""Jobs of the inventory."""

from procrastinate.contrib.django import app

from backoffice.context import acting
from backoffice.tasks import RETRY
from inventory import services
from inventory.models import Location


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="expire_holds", pass_context=False)
def expire_holds(timestamp: int) -> None:
    """End the holds whose time is over."""
    with acting(source="job:expire_holds"):
        services.expire_holds()


@app.periodic(cron="* * * * *")
@app.task(name="inventory.quarantine_expired", queueing_lock="inventory.quarantine_expired", pass_context=False)
def quarantine_expired(timestamp: int) -> None:
    """Hold what has expired, so that nobody is promised it."""
    with acting(source="job:quarantine_expired"):
        services.quarantine_expired()


@app.periodic(cron="5 * * * *")
@app.task(name="inventory.close_periods", queueing_lock="inventory.close_periods", retry=RETRY, pass_context=False)
def close_periods(timestamp: int) -> None:
    """Write every level down where a month has ended; what has to wait for a long transaction is tried again in an hour."""
    services.close_periods()


@app.periodic(cron="*/15 * * * *")
@app.task(name="inventory.refresh_flows", queueing_lock="inventory.refresh_flows", retry=RETRY, pass_context=False)
def refresh_flows(timestamp: int) -> None:
    """Add what is new to the costs of goods sold and the daily flows."""
    services.refresh_flows()


@app.periodic(cron="40 * * * *")
@app.task(
    name="inventory.refresh_sold_out", queueing_lock="inventory.refresh_sold_out", retry=RETRY, pass_context=False
)
def refresh_sold_out(timestamp: int) -> None:
    """Forget that what is there again was sold out."""
    services.refresh_sold_out()


@app.periodic(cron="0 5 * * *")
@app.task(name="inventory.remind_buyers", queueing_lock="inventory.remind_buyers", retry=RETRY, pass_context=False)
def remind_buyers(timestamp: int) -> None:
    """Tell whoever buys what is to be reordered, once a day."""
    services.remind_buyers()


@app.periodic(cron="20 3 * * *")
@app.task(name="inventory.refresh_figures", queueing_lock="inventory.refresh_figures", retry=RETRY, pass_context=False)
def refresh_figures(timestamp: int) -> None:
    """Age, use, turnover and class of every level, once a night; old scans are forgotten."""
    services.forget_scans()
    services.refresh_figures()


@app.task(name=services.SERVE_WAITING, retry=RETRY)
def serve_waiting(variants: list[int] | None = None) -> None:
    """Serve the promises that wait for what has become free, the oldest first."""
    services.serve_waiting(variants)


@app.periodic(cron="25 * * * *")
@app.task(name="inventory.serve_all_waiting", queueing_lock="inventory.serve_all_waiting", lock=services.SERVE_WAITING)
def serve_all_waiting(timestamp: int) -> None:
    """Once an hour whatever waits is looked at, so that no promise is forgotten that came while a warehouse closed."""
    services.serve_waiting()


@app.task(name=services.CLEAR_CLOSED, retry=RETRY)
def clear_closed(location: int) -> None:
    """Move what is promised at a warehouse that was closed, unless it is open again."""
    place = Location.objects.get(pk=location)
    if not place.is_active:
        services.clear_closed(place)
