"""Jobs of the orders."""

from typing import Any
from uuid import uuid4

from procrastinate.contrib.django import app

from backoffice.tasks import RETRY
from orders import mails, services
from orders.models import Order


@app.task(name=mails.TASK, retry=RETRY)
def send_mail(kind: str, order: int, facts: dict[str, Any], key: str = "") -> None:
    """Tell the customer. Jobs of an earlier version had no key."""
    mails.send(kind, Order.objects.get(pk=order), facts, key or uuid4().hex)


@app.periodic(cron="*/5 * * * *")
@app.task(name="orders.refresh_sales", queueing_lock="orders.refresh_sales", retry=RETRY)
def refresh_sales(timestamp: int) -> None:
    """Keep the daily sales true for what changed lately."""
    services.refresh_sales()


@app.periodic(cron="40 3 * * *")
@app.task(name="orders.refresh_all_sales", queueing_lock="orders.refresh_all_sales", retry=RETRY)
def refresh_all_sales(timestamp: int) -> None:
    """Keep the daily sales true for all days."""
    services.refresh_sales(since=services.BEGINNING)
