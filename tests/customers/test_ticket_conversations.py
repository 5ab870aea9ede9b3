"""Conversations by file: messages in their order and of their kind, known when they come again, gone with an undo."""

import json
from datetime import UTC, datetime

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.imports import undoing
from backoffice.models import ImportRun
from customers.models import Message, PromiseCycle, Ticket, TicketEvent
from customers.services import erase
from tests.customers.test_ticket_files import bring, counts, reasons
from tests.factories import make_customer, make_queue, make_user

pytestmark = pytest.mark.django_db

ZENDESK = {
    "tickets": [
        {
            "id": 35, "subject": "Where is it?", "description": "It has not come.", "status": "open", "tags": ["late"], "requester_id": 7,
            "requester": {"name": "Jane Doe", "email": "Jane@example.com"}, "created_at": "2026-03-01T10:00:00Z",
            "custom_fields": [{"id": 1, "value": "x"}],
            "comments": [
                {"id": 901, "author_id": 7, "body": "It has not  come.", "public": True, "created_at": "2026-03-01T10:00:00Z"},
                {"id": 902, "author_id": 9, "body": "We look.", "public": True, "created_at": "2026-03-01T11:00:00Z"},
                {"id": 903, "author_id": 9, "body": "Ask the carrier.", "public": False, "created_at": "2026-03-01T11:05:00Z"},
            ],
        },
        {"id": 36, "subject": "Thanks", "description": "All is well.", "status": "closed", "requester_id": 8},
    ],
    "count": 2,
}  # fmt: skip


def said(ticket):
    return [(one.kind, one.body, one.created_at.strftime("%H:%M")) for one in ticket.messages.all()]


def test_comments_of_zendesk_are_messages(tmp_path):
    make_queue("support")
    customer = make_customer("Jane Doe", email="jane@example.com")
    assert counts(bring(tmp_path, json.dumps(ZENDESK), "--dry-run")) == (4, 0, 0, 0)
    assert not Ticket.objects.exists()
    result = bring(tmp_path, json.dumps(ZENDESK), "--by", make_user("support_lead").email)
    assert (result["errors"], counts(result)) == ([], (4, 0, 0, 0))
    ticket = Ticket.objects.get(source_number="35")
    assert (ticket.customer, ticket.status, ticket.tags, ticket.last_message_at) == (
        customer, "open", ["late"], datetime(2026, 3, 1, 11, 5, tzinfo=UTC),
    )  # fmt: skip
    assert said(ticket) == [
        ("customer", "It has not  come.", "10:00"),
        ("reply", "We look.", "11:00"),
        ("note", "Ask the carrier.", "11:05"),
    ]
    assert [one.body for one in Ticket.objects.get(source_number="36").messages.all()] == ["All is well."]
    assert (mail.outbox, ProcrastinateJob.objects.count(), PromiseCycle.objects.count()) == ([], 0, 0)
    _are_taken_back(result["run"])
    bring(tmp_path, json.dumps(ZENDESK))
    _come_again_with_one_more(tmp_path)


def _come_again_with_one_more(tmp_path):
    assert counts(bring(tmp_path, json.dumps(ZENDESK))) == (0, 0, 4, 0)
    more = json.loads(json.dumps(ZENDESK))
    more["tickets"][0]["comments"] += [
        {"id": 904, "author_id": 7, "body": "It came.", "created_at": "2026-03-02T09:00:00Z"}
    ]
    result = bring(tmp_path, json.dumps(more))
    assert (counts(result), said(Ticket.objects.get(source_number="35"))[-1]) == (
        (1, 0, 4, 0),
        ("customer", "It came.", "09:00"),
    )
    undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)
    assert Message.objects.count() == 4


def _are_taken_back(number):
    run = ImportRun.objects.get(number=number)
    assert undoing.undo(run, by=None).kept == []
    assert (Ticket.objects.count(), Message.objects.count(), TicketEvent.objects.count()) == (0, 0, 0)


MESSAGES = "conversation_id,author,created_at,body\n"


def test_messages_in_a_table_join_the_ticket_of_their_number(tmp_path):
    agent = make_user("support_agent", name="Ann Lee")
    make_queue("support")
    bring(
        tmp_path,
        "Ticket ID,Subject,Description,Requester,System,Created at\n7,Where?,Where is it?,Jane Doe,Zendesk,2026-03-01\n",
    )
    rows = "7,Jane Doe,2026-03-01 10:00,Where is it?\n9,Bob,2026-03-02 10:00,Hello\n7,Ann Lee,2026-03-01 11:00,Here.\n9,Zoe,2026-03-02 10:05,Hi Bob\n"
    result = bring(tmp_path, MESSAGES + rows)
    assert (result["errors"], counts(result)) == ([], (3, 0, 1, 0))
    old, new = Ticket.objects.order_by("source_number")
    assert [(one.kind, one.body, one.author) for one in old.messages.all()] == [
        ("customer", "Where is it?", None), ("reply", "Here.", agent),
    ]  # fmt: skip
    assert (new.subject, new.status, new.source, new.created_at) == (
        "Hello",
        "solved",
        "import",
        datetime(2026, 3, 2, 10, tzinfo=UTC),
    )
    assert [(one.kind, one.body, one.author_name, one.sent_at is None) for one in new.messages.all()] == [
        ("customer", "Hello", "Bob", True), ("reply", "Hi Bob", "Zoe", False),
    ]  # fmt: skip
    assert counts(bring(tmp_path, MESSAGES + rows)) == (0, 0, 4, 0)


def test_a_conversation_comes_whole_or_not_at_all(tmp_path):
    make_queue("support")
    rows = "7,agent,2026-03-01 10:00,Hello\n7,customer,soon,Hi\n8,agent,2026-03-01 10:00,Hello\n8,agent,2026-03-01 10:01,\n"
    result = bring(tmp_path, MESSAGES.replace("author", "speaker") + rows, "--partial")
    assert counts(result) == (1, 0, 1, 2)
    assert reasons(result)[0] == (2, "", "Row 3 of the same conversation is refused.")
    assert reasons(result, "warnings") == [(5, "message_text", "The row has no text; no message is made of it.")]
    assert [one.body for one in Message.objects.all()] == ["Hello"]


def test_who_was_erased_does_not_come_back_by_a_message(tmp_path):
    make_queue("support")
    erase(make_customer("Jane Doe", email="jane@example.com"), by=make_user())
    header = "ticket id,speaker,author email,text\n"
    result = bring(tmp_path, f"{header}7,agent,a@example.com,Hello\n7,customer,jane@example.com,Hi\n")
    assert "jane@example.com belongs to somebody whose data were erased" in reasons(result)[1][2]
    assert counts(result) == (0, 0, 0, 2)


def test_the_system_answers_where_nobody_else_does(tmp_path):
    make_queue("support")
    turns = [{"speaker": "USER", "utterance": "A table?"}, {"speaker": "SYSTEM", "utterance": "At eight."}]
    bring(tmp_path, json.dumps({"dialogue_id": "1_0", "services": ["a"], "turns": turns}))
    assert [(one.kind, one.body) for one in Message.objects.all()] == [("customer", "A table?"), ("reply", "At eight.")]
    letters = [
        {
            "sender_id": 2,
            "from": "Jane <jane@example.com>",
            "sender": "Customer",
            "internal": False,
            "body": "Hello",
            "type": "email",
        },
        {
            "sender_id": 1,
            "from": "Ann",
            "sender": "Agent",
            "internal": True,
            "body": "<p>Call <b>her</b></p>",
            "type": "note",
        },
        {"sender_id": 3, "from": "Bot", "sender": "System", "internal": False, "body": "Escalated", "type": "email"},
    ]
    bring(tmp_path, json.dumps({"id": 5, "number": "10005", "title": "Hello", "state": "open", "articles": letters}))
    messages = Message.objects.filter(ticket__subject="Hello")
    assert [(one.kind, one.body, one.author_name) for one in messages] == [
        ("customer", "Hello", "Jane <jane@example.com>"), ("note", "Call her", "Ann"), ("note", "Escalated", "Bot"),
    ]  # fmt: skip


HELPDESKS = {
    "Intercom": {"type": "conversation.list", "conversations": [{
        "type": "conversation", "id": "x-1", "created_at": 1700000000, "title": None, "state": "closed", "priority": "not_priority",
        "source": {"type": "conversation", "subject": "", "body": "<p>Where is <b>it</b>?</p>", "author": {"type": "user", "id": "u1", "name": "Jane", "email": "jane@example.com"}},
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "late"}]},
        "conversation_parts": {"type": "conversation_part.list", "conversation_parts": [
            {"id": "p1", "type": "conversation_part", "part_type": "comment", "body": "<p>We look.</p>", "created_at": 1700000100, "author": {"type": "admin", "id": "a1", "name": "Bob"}},
            {"id": "p2", "type": "conversation_part", "part_type": "assignment", "body": None, "created_at": 1700000200, "author": {"type": "admin", "id": "a1", "name": "Bob"}},
            {"id": "p3", "type": "conversation_part", "part_type": "note", "body": "<p>Ask.</p>", "created_at": 1700000300, "author": {"type": "admin", "id": "a1", "name": "Bob"}},
            {"id": "p4", "type": "conversation_part", "part_type": "comment", "body": "<p>Thanks</p>", "created_at": 1700000400, "author": {"type": "user", "id": "u1", "name": "Jane"}},
        ]},
    }]},
    "Freshdesk": [{
        "id": "x-1", "subject": "Cup", "description": "<div>Where is it?</div>", "description_text": "Where is it?", "status": 5, "priority": 3, "source": 1,
        "created_at": "2024-01-05T10:00:00Z", "due_by": "2024-01-08T10:00:00Z", "requester_id": 9, "requester": {"id": 9, "name": "Jane", "email": "jane@example.com"},
        "tags": ["late"], "conversations": [
            {"id": 1, "body": "<div>We look.</div>", "body_text": "We look.", "incoming": False, "private": False, "user_id": 7, "created_at": "2024-01-05T11:00:00Z", "to_emails": ["j@x.example"]},
            {"id": 2, "body": "<div>Ask.</div>", "body_text": "Ask.", "incoming": False, "private": True, "user_id": 7, "created_at": "2024-01-05T11:05:00Z"},
            {"id": 3, "body": "<div>Thanks</div>", "body_text": "Thanks", "incoming": True, "private": False, "user_id": 9, "created_at": "2024-01-05T12:00:00Z"},
        ],
    }],
    "Freshdesk, exported": [{"helpdesk_ticket": {
        "display_id": "x-1", "id": 77, "subject": "Cup", "description": "Where is it?", "description_html": "<p>x</p>", "status": 5, "status_name": "Closed", "priority": 1,
        "priority_name": "Low", "created_at": "2024-01-05T10:00:00+01:00", "requester_name": "Jane", "requester_email": "jane@example.com", "tags": [{"name": "late"}],
        "notes": [{"note": {"id": at, "body": text, "incoming": came, "private": hidden, "user_id": 1, "created_at": f"2024-01-05T1{at}:00:00+01:00"}}
                  for at, (text, came, hidden) in enumerate([("We look.", False, False), ("Ask.", False, True), ("Thanks", True, False)], start=1)],
    }}],
    "Help Scout": {"_embedded": {"conversations": [{
        "id": "x-1", "number": 12, "subject": "Cup", "status": "closed", "createdAt": "2024-01-05T10:00:00Z", "tags": [{"id": 1, "tag": "late"}],
        "primaryCustomer": {"id": 1, "first": "Jane", "last": "Doe", "email": "jane@example.com"}, "_embedded": {"threads": [
            {"id": place, "type": kind, "body": text, "createdAt": f"2024-01-05T1{place}:00:00Z", "createdBy": {"id": 1, "type": "user", "first": "Jane", "email": "someone@example.com"}}
            for place, (kind, text) in enumerate([("customer", "Where is it?"), ("message", "We look."), ("note", "Ask."), ("customer", "Thanks")])
        ]},
    }]}, "page": {"size": 25}},
}  # fmt: skip


@pytest.mark.parametrize("system", HELPDESKS)
def test_conversations_of_other_helpdesks_come_with_all_that_was_said(tmp_path, system):
    customer = make_customer("Jane", email="jane@example.com")
    result = bring(tmp_path, json.dumps(HELPDESKS[system]))
    assert result["errors"] == []
    ticket = Ticket.objects.get()
    assert (ticket.source_number, ticket.customer, ticket.status, ticket.tags) == ("x-1", customer, "closed", ["late"])
    assert [(one.kind, one.body) for one in ticket.messages.all()] == [
        ("customer", "Where is it?"), ("reply", "We look."), ("note", "Ask."), ("customer", "Thanks"),
    ]  # fmt: skip


def test_sessions_of_chats_and_of_language_models_are_conversations(tmp_path):
    chats = {"sessions": [{"session_id": "s", "messages": [
        {"from": "user", "type": "text", "content": "Hi", "timestamp": 1700000000000}, {"from": "operator", "type": "text", "content": "Yes?", "timestamp": 1700000060000},
    ]}]}  # fmt: skip
    models = [{"id": "g", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes?"}]}]
    for found in (chats, models):
        assert bring(tmp_path, json.dumps(found))["errors"] == []
    assert [[(one.kind, one.body) for one in ticket.messages.all()] for ticket in Ticket.objects.order_by("pk")] == [
        [("customer", "Hi"), ("reply", "Yes?")]
    ] * 2
