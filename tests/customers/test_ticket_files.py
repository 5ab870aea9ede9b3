"""Ticket files of several systems, through the command, into the tables; and out again."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.management import call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import context
from backoffice.imports import undoing
from backoffice.models import ImportRun
from customers.models import Message, Ticket, TicketEvent
from customers.services import assign, erase, note, set_status
from customers.services.upsert.tickets import ways
from customers.verification import ticket_states
from tests.backoffice.test_import_tables import bring as bring_any
from tests.backoffice.test_import_tables import counts
from tests.factories import make_customer, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db


def bring(tmp_path, text, *options):
    result = bring_any(tmp_path, "tickets", text, *options)
    assert result["read"] == result["new"] + result["changed"] + result["unchanged"] + result["refused"]
    assert ticket_states().wrong == 0
    return result


def reasons(result, key="errors"):
    return [(found["row"], found["column"], found["message"]) for found in result[key]]


def events(ticket):
    return list(ticket.events.order_by("pk").values_list("field", "old", "new"))


ZENDESK = (
    "Summation column,Id,Requester,Requester id,Requester email,Submitter,Assignee,Group,Subject,Tags,Status,Priority,Via,Created at,"
    "Updated at,Solved at,Description\n"
)
ROW = "1,77,Jane Doe,5,Jane@Example.com,Jane,anna@example.com,Support,Where is it?,late parcel,Solved,High,Mail,2026-03-01 10:00,,2026-03-02 11:30,It has not come.\n"


def test_zendesk_tickets_come_as_history(tmp_path):
    agent = make_user("support_agent", email="anna@example.com")
    customer = make_customer("Jane Doe", email="jane@example.com")
    result = bring(tmp_path, ZENDESK + ROW)
    assert (result["errors"], result["warnings"], counts(result)) == ([], [], (1, 0, 0, 0))
    ticket = Ticket.objects.get()
    assert (ticket.source, ticket.source_number, ticket.subject, ticket.status, ticket.priority, ticket.channel) == (
        "Zendesk", "77", "Where is it?", "solved", 3, "mail",
    )  # fmt: skip
    assert (ticket.customer, ticket.assignee, ticket.queue.slug, ticket.tags) == (
        customer,
        agent,
        "support",
        ["late", "parcel"],
    )
    assert (ticket.requester_name, ticket.requester_email) == ("Jane Doe", "jane@example.com")
    assert (ticket.created_at, ticket.solved_at) == (
        datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 2, 11, 30, tzinfo=UTC),
    )  # fmt: skip
    message = ticket.messages.get()
    assert (message.kind, message.body, message.author_email, message.created_at) == (
        "customer", "It has not come.", "jane@example.com", ticket.created_at,
    )  # fmt: skip
    assert events(ticket) == [
        ("assignee", "", str(agent.pk)), ("priority", "", "3"), ("queue", "", "support"), ("status", "", "solved"),
        ("subject", "", ticket.subject), ("tags", "", "late, parcel"),
    ]  # fmt: skip


def test_history_sends_no_mail(tmp_path):
    bring(tmp_path, ZENDESK + ROW)
    assert (mail.outbox, ProcrastinateJob.objects.count()) == ([], 0)


def test_the_same_file_again_writes_nothing(tmp_path):
    bring(tmp_path, ZENDESK + ROW)
    before = (TicketEvent.objects.count(), Message.objects.count(), Ticket.history.rel.related_model.objects.count())
    assert counts(bring(tmp_path, ZENDESK + ROW)) == (0, 0, 1, 0)
    assert before == (
        TicketEvent.objects.count(),
        Message.objects.count(),
        Ticket.history.rel.related_model.objects.count(),
    )


def test_a_newer_file_moves_the_ticket_along_its_states(tmp_path):
    text = "Ticket ID,Subject,Status,Priority,Created at\n7,Where?,{},{},2026-03-01\n"
    bring(tmp_path, text.format("open", "low"))
    result = bring(tmp_path, text.format("closed", "urgent"))
    assert counts(result) == (0, 1, 0, 0)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.priority, ticket.solved_at is not None) == ("closed", 4, True)
    assert events(ticket)[-3:] == [("status", "open", "solved"), ("status", "solved", "closed"), ("priority", "1", "4")]
    assert ImportRun.objects.get(number=result["run"]).report["differences"][0] == {
        "row": 2, "record": ticket.number, "column": "status", "old": "open", "new": "closed",
    }  # fmt: skip
    back = bring(tmp_path, text.format("open", "urgent"))
    assert reasons(back) == [(2, "status", "A ticket that is “Closed” cannot become “Open”.")]


def test_the_ways_of_a_status_are_legal_steps():
    found = {(old, new): (step, at, then) for old, new, step, at, then in ways()}
    assert found["new", "closed"] == (2, "solved", "closed")
    assert ("closed", "open") not in found
    assert not any(new == "merged" for _old, new in found)


def test_tickets_without_a_number_are_known_by_their_content(tmp_path):
    text = "utterance,intent,entity_type,entity_value,start_offset,end_offset,category,tags\ncancel my order,cancel_order,,,,,ORDER,BIL\n"
    result = bring(tmp_path, text)
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.messages.get().body, ticket.tags, ticket.source) == (
        "cancel my order", "cancel my order", ["cancel_order", "ORDER"], "Bitext",
    )  # fmt: skip
    assert counts(result) == (1, 0, 0, 0)
    assert counts(bring(tmp_path, text)) == (0, 0, 1, 0)


def test_dates_follow_the_order_of_the_file(tmp_path):
    bring(
        tmp_path, "Ticket ID,Subject,Created Date,Closed Date\n1,A,3/4/2025 1:20,\n2,B,3/14/2025 0:44,3/15/2025 1:00\n"
    )
    assert list(Ticket.objects.order_by("source_number").values_list("created_at", "status")) == [
        (datetime(2025, 3, 4, 1, 20, tzinfo=UTC), "new"),
        (datetime(2025, 3, 14, 0, 44, tzinfo=UTC), "closed"),
    ]
    result = bring(tmp_path, "Ticket ID,Subject,Created Date\n3,C,3/4/2025\n")
    assert reasons(result)[0][:2] == (2, "created_at")


def test_who_left_is_not_the_assignee(tmp_path):
    make_user("support_agent", email="gone@example.com", is_active=False)
    make_user("support_agent", email="shop@example.com", queues=("shop",))
    result = bring(tmp_path, "Ticket ID,Subject,Assignee\n1,A,gone@example.com\n2,B,shop@example.com\n")
    sentence = "Nobody of this name answers tickets in the queue support; it is left unassigned."
    assert reasons(result, "warnings") == [(2, "assignee", sentence), (3, "assignee", sentence)]
    assert not Ticket.objects.exclude(assignee=None).exists()


def test_refusals(tmp_path):
    result = bring(
        tmp_path,
        "number,Ticket ID,Subject,Status,Queue,Requester email\n"
        ",1,A,unheard of,,\n,2,B,,nowhere,\n,3,C,,,jane(at)x\n,4,,,,\nX-1,,E,,,\n,5,F,,,\n,5,G,,,\n",
    )
    assert [(row, column) for row, column, _message in reasons(result)] == [
        (2, "status"), (3, "queue"), (4, "requester_email"), (5, "subject"), (6, "number"), (8, "source"),
    ]  # fmt: skip
    assert reasons(result)[1][2] == "There is no queue “nowhere”."
    assert not Ticket.objects.exists()


def test_people_bring_tickets_only_into_their_queues(tmp_path):
    make_queue("shop")
    lead = make_user("support_lead", queues=("shop",))
    result = bring(tmp_path, "Ticket ID,Subject,Queue\n1,A,shop\n2,B,support\n3,C,\n", "--by", lead.email, "--partial")
    assert [(row, column) for row, column, _message in reasons(result)] == [(3, "queue"), (4, "queue")]
    assert Ticket.objects.get().queue.slug == "shop"


def test_rights(tmp_path):
    make_user("order_clerk", email="clerk@example.com")
    with pytest.raises(Exception, match=r"may not import tickets: customers.change_ticket is missing"):
        bring(tmp_path, "Ticket ID,Subject\n1,A\n", "--by", "clerk@example.com")


def test_dry_run_writes_nothing(tmp_path):
    assert counts(bring(tmp_path, ZENDESK + ROW, "--dry-run")) == (1, 0, 0, 0)
    assert not Ticket.objects.exists()


def test_an_export_comes_back_as_it_went(tmp_path):
    agent = make_user("support_agent")
    ticket = make_ticket(body="=It\n\nhas not come.", tags=["late"], assignee=agent)
    set_status(ticket, status="solved", by=agent)
    bring(tmp_path, ZENDESK + ROW)
    path = tmp_path / "out.csv"
    call_command("export_csv", "tickets", output=str(path), stderr=io.StringIO())
    again = bring(tmp_path, path.read_bytes())
    assert (again["errors"], again["warnings"], counts(again)) == ([], [], (0, 0, 2, 0))


def test_exports_hold_what_the_person_may_see(tmp_path):
    make_ticket("Secret", body="Whisper", requester_name="Jane Doe")
    make_ticket("Public", body="Loud", queue="shop")
    path = tmp_path / "out.csv"
    call_command(
        "export_csv", "tickets", output=str(path), by=make_user("analyst", queues=("shop",)).email, stderr=io.StringIO()
    )
    text = path.read_text()
    assert "Public" in text
    for hidden in ("Secret", "Jane", "jane", "Whisper", "Loud"):
        assert hidden not in text, hidden


def test_undo_takes_tickets_with_messages_and_events_away_and_redo_brings_them_back(tmp_path):
    run = ImportRun.objects.get(number=bring(tmp_path, ZENDESK + ROW)["run"])
    assert undoing.undo(run, by=None).kept == []
    assert [model.objects.count() for model in (Ticket, Message, TicketEvent)] == [0, 0, 0]
    run.refresh_from_db()
    undoing.redo(run, by=None)
    assert (Ticket.objects.get().messages.get().body, ticket_states().wrong) == ("It has not come.", 0)
    assert counts(bring(tmp_path, ZENDESK + ROW)) == (0, 0, 1, 0)


def test_undo_gives_states_back_and_tells_it_in_the_events(tmp_path):
    text = "Ticket ID,Subject,Status\n7,Where?,{}\n"
    bring(tmp_path, text.format("open"))
    run = ImportRun.objects.get(number=bring(tmp_path, text.format("closed"))["run"])
    undoing.undo(run, by=None)
    ticket = Ticket.objects.get()
    assert (ticket.status, events(ticket)[-1], ticket_states().wrong) == ("open", ("status", "closed", "open"), 0)
    run.refresh_from_db()
    undoing.redo(run, by=None)
    ticket.refresh_from_db()
    assert (ticket.status, events(ticket)[-1], ticket_states().wrong) == ("closed", ("status", "open", "closed"), 0)


def test_tickets_somebody_worked_on_stay(tmp_path):
    agent = make_user("support_agent")
    run = ImportRun.objects.get(number=bring(tmp_path, "Ticket ID,Subject\n7,Where?\n")["run"])
    with context.acting(source="page", user=agent):
        assign(Ticket.objects.get(), to=agent, by=agent)
    assert [row["kind"] for row in undoing.undo(run, by=None).kept] == ["ticket"]
    assert ticket_states().wrong == 0


def test_tickets_of_somebody_erased_are_refused(tmp_path):
    make_queue()
    erasure = erase(make_customer("Ada", email="ada@example.com"), by=None)
    text = "source_number,subject,requester_email\n1,Late,ada@example.com\n2,Broken,bob@example.com\n"

    result = bring(tmp_path, text, "--partial")

    assert counts(result) == (1, 0, 0, 1)
    [(row, column, sentence)] = reasons(result)
    assert (row, column, f"({erasure.number}). It is not taken in again." in sentence) == (2, "requester_email", True)
    assert set(Ticket.objects.values_list("requester_email", flat=True)) == {"bob@example.com"}


def test_the_day_due_comes_with_other_systems_and_goes_round(tmp_path, client):
    """Freshdesk writes a moment; what was exported comes back unchanged, and a cleared cell keeps the day."""
    text = "Ticket ID,Subject,Status,Created time,Due by Time,Source\n7,Where?,Open,2026-03-01 10:00,2026-03-05 17:30,Email\n"
    assert counts(bring(tmp_path, text)) == (1, 0, 0, 0)
    ticket = Ticket.objects.get()
    assert (ticket.due_on, ("due_on", "", "2026-03-05") in events(ticket)) == (date(2026, 3, 5), True)

    out = tmp_path / "out.csv"
    call_command("export_csv", "tickets", output=str(out), stdout=io.StringIO())
    assert counts(bring(tmp_path, out.read_text(encoding="utf-8-sig"))) == (0, 0, 1, 0)
    later = f"Number,Due date\n{ticket.number},2026-04-01\n"
    assert counts(bring(tmp_path, later)) == (0, 1, 0, 0)
    assert counts(bring(tmp_path, later.replace("2026-04-01", ""))) == (0, 0, 1, 0)
    assert Ticket.objects.get().due_on == date(2026, 4, 1)
    client.force_login(make_user("owner"))
    assert client.get(f"/api/v1/tickets/{ticket.number}").json()["due_on"] == "2026-04-01"


def test_messages_are_exported_with_their_texts(client):
    """One row each, no formula; notes for those alone who may read them, and people masked for those who may not see them."""
    ticket = make_ticket(body="=1+1 write to jane@example.com")
    note(ticket, body="Be kind.", by=make_user("support_agent", name="Ada"))
    auditor = make_user("auditor")

    def rows(user):
        client.force_login(user)
        response = client.get(
            "/tickets/messages/?sort=oldest&export=csv&columns=ticket.number&columns=kind&columns=author_email&columns=body"
        )
        return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))[1:]

    lead = make_user("support_lead")
    assert rows(lead) == [
        [ticket.number, "customer", "jane@example.com", "'=1+1 write to jane@example.com"], [ticket.number, "note", "", "Be kind."],
    ]  # fmt: skip
    auditor.groups.get().permissions.remove(
        *Permission.objects.filter(codename__in=["view_personal_data", "view_message_notes"])
    )
    auditor.groups.get().permissions.add(Permission.objects.get(codename="export_data"))
    assert rows(auditor) == [[ticket.number, "customer", "j***@e***.com", "'=1+1 write to j***@e***.com"]]
