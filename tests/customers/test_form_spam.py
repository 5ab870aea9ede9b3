"""The public form under a flood: limits hold over all connections at once, and nothing else suffers."""

import threading
import time

import pytest
from django.db import connection
from django.test import Client

from customers.forms.support import stamp
from customers.models import Customer, Throttle, Ticket
from customers.views.support import PER_ADDRESS, PER_EMAIL
from tests.factories import make_queue

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS, SECONDS, PER_SECOND = 4, 3, 50
AT_LEAST = 60  # posts, however slow the machine is


def flood(sender, ends, answers):
    """Post as fast as one of the senders must; each is a computer of its own and uses a few addresses in turn."""
    client = Client(REMOTE_ADDR=f"10.0.0.{sender}", raise_request_exception=False)
    turn = 0
    try:
        while (now := time.monotonic()) < ends or len(answers) < AT_LEAST:
            turn += 1
            data = {
                "name": "Spam", "email": f"s{turn % 6}@example.com", "subject": "Buy", "body": "Buy now", "opened": stamp(),
            }  # fmt: skip
            answers.append(client.post("/support/", data).status_code)
            time.sleep(max(0, SENDERS / PER_SECOND - (time.monotonic() - now)))
    finally:
        connection.close()


def test_limits_hold_under_fifty_posts_a_second(monkeypatch):
    make_queue("support")
    monkeypatch.setattr("customers.forms.support.SHORTEST", 0)
    answers: list[int] = []
    ends = time.monotonic() + SECONDS
    senders = [threading.Thread(target=flood, args=(number, ends, answers)) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    page = Client().get("/help/")
    data = {"name": "Jane", "email": "jane@example.com", "subject": "Late", "body": "Where is it?", "opened": stamp()}
    customer = Client(REMOTE_ADDR="192.0.2.7").post("/support/", data)
    for sender in senders:
        sender.join()

    assert (page.status_code, customer.status_code) == (200, 302)
    assert set(answers) == {302, 422}
    assert Ticket.objects.count() - 1 == answers.count(302) <= min(6 * PER_EMAIL, SENDERS * PER_ADDRESS)
    assert Customer.objects.count() <= 7
    by_address = Ticket.objects.values_list("requester_email", flat=True)
    assert max(list(by_address).count(address) for address in set(by_address)) <= PER_EMAIL
    assert sum(Throttle.objects.values_list("count", flat=True)) >= len(answers)
