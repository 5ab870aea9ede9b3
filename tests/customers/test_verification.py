"""`verify` replays the events of tickets."""

import pytest

from backoffice import verification
from customers.models import Ticket
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def test_replaying_events_gives_the_state_of_a_ticket():
    ticket = make_ticket()
    [report] = verification.run(["ticket_states"])
    assert (report.result.checked, report.result.wrong) == (1, 0)
    Ticket.objects.filter(pk=ticket.pk).update(priority=4)
    [report] = verification.run(["ticket_states"])
    assert report.result.wrong == 1
    assert report.result.examples[0].startswith(f"{ticket.number}: priority '4'")
