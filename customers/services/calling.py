"""Calling the worker to give out what waits, as soon as the transaction that makes it wait is committed."""

from backoffice.jobs import ask_once
from customers.models import Queue

TASK = "customers.assign_waiting"


def assign_soon(queue: Queue) -> None:
    """Let the worker assign what waits, where the queue has an automatic way; a call that waits already is enough."""
    if queue.assignment != Queue.Assignment.MANUAL:
        ask_once(TASK, timestamp=0)
