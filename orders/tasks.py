"""Jobs of the orders."""

from typing import Any

from procrastinate.contrib.django import app

from backoffice.tasks import RETRY
from orders import mails
from orders.models import Order


@app.task(name=mails.TASK, retry=RETRY)
def send_mail(kind: str, order: int, facts: dict[str, Any]) -> None:
    """Tell the customer."""
    mails.send(kind, Order.objects.get(pk=order), facts)
