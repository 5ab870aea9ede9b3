"""Real service requests, utterances and conversations become tickets; their second run changes nothing."""

import gzip
import json

import pytest
from django.db.models import Sum

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRun
from customers.models import Message, Ticket, TicketSums
from customers.services import reporting
from tests.customers.test_ticket_files import bring, counts
from tests.factories import make_queue

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def test_service_requests(real_data, tmp_path):
    make_queue("support")
    data = gzip.decompress((real_data / "tickets/nyc_311_animal_requests.csv.gz").read_bytes())
    first = bring(tmp_path, data)
    assert (first["errors"], counts(first)) == ([], (4969, 0, 0, 0))
    assert (Ticket.objects.filter(status="closed").count(), Ticket.objects.filter(status="open").count()) == (4692, 277)
    ticket = Ticket.objects.get(source="NYC 311", source_number="64345465")
    assert (ticket.subject, ticket.messages.get().body, ticket.created_at.isoformat()) == (
        "Animal-Abuse", "Neglected", "2025-03-14T01:20:00+00:00",
    )  # fmt: skip
    assert counts(bring(tmp_path, data)) == (0, 0, 4969, 0)
    _are_added_up()


def _are_added_up():
    """What reports say of them: all came in, the closed ones went out, after the time that the file tells by the clock."""
    reporting.refresh_service()
    sums = TicketSums.objects.filter(by="queue", span="y").aggregate(
        **{name: Sum(name) for name in ("created", "done", "solved", "solve_seconds", "reopened", "aside")}
    )
    closed = Ticket.objects.filter(status="closed")
    spent = sum(max(0, round((one.solved_at - one.created_at).total_seconds())) for one in closed)
    assert sums == {"created": 4969, "done": 4692, "solved": 4692, "solve_seconds": spent, "reopened": 0, "aside": 0}
    assert next(iter(verification.run(["service_summaries"]))).result.wrong == 0


def test_utterances(real_data, tmp_path):
    make_queue("support")
    data = (real_data / "tickets/bitext_customer_service_utterances_dev.csv").read_bytes()
    assert counts(bring(tmp_path, data)) == (810, 0, 0, 0)
    assert Ticket.objects.filter(tags__contains=["cancel_order"]).count() == 35
    assert counts(bring(tmp_path, data)) == (0, 0, 810, 0)
    more = (real_data / "tickets/bitext_customer_service_utterances_train.csv").read_bytes()
    assert counts(bring(tmp_path, more)) == (6480, 0, 0, 0)
    assert {len(ticket.messages.all()) for ticket in Ticket.objects.prefetch_related("messages")} == {1}


def test_conversations(real_data, tmp_path):
    make_queue("support")
    data = (real_data / "tickets/abcd_sample_conversations.json").read_bytes()
    first = bring(tmp_path, data)
    assert (first["errors"], first["warnings"], counts(first)) == ([], [], (72, 0, 0, 0))
    kinds = {"customer": "customer", "agent": "reply", "action": "note"}
    for conversation in json.loads(data):
        ticket = Ticket.objects.get(source="ABCD", source_number=str(conversation["convo_id"]))
        scenario = conversation["scenario"]
        assert (ticket.subject, ticket.tags, ticket.requester_name, ticket.requester_email, ticket.about) == (
            scenario["subflow"], [scenario["flow"]], scenario["personal"]["customer_name"], scenario["personal"].get("email", ""),
            scenario["order"].get("order_id", ""),
        )  # fmt: skip
        assert [[one.kind, one.body] for one in ticket.messages.all()] == [
            [kinds[speaker], text] for speaker, text in conversation["original"]
        ]
    assert dict(Ticket.objects.values_list("source_number", "status")) == {
        "3592": "open",
        "9489": "solved",
        "3695": "solved",
    }
    assert counts(bring(tmp_path, data)) == (0, 0, 72, 0)
    assert undoing.undo(ImportRun.objects.get(number=first["run"]), by=None).kept == []
    assert (Ticket.objects.count(), Message.objects.count()) == (0, 0)
