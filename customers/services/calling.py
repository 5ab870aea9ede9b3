"""Calling the worker to give out what waits, as soon as the transaction that makes it wait is committed."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from customers.models import Queue

TASK = "customers.assign_waiting"


def assign_soon(queue: Queue) -> None:
    """Let the worker assign what waits, where the queue has an automatic way; a call that waits already is enough."""
    if queue.assignment == Queue.Assignment.MANUAL:
        return
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=TASK).defer(timestamp=0)
    except AlreadyEnqueued:
        return
