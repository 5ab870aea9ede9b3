"""Mail: in the customer's language, threaded, once, and only what is public."""

import re

import pytest
from django.core import mail as outbox
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from customers import services
from customers.models import Message
from customers.services import mail
from customers.services.mail import budgets
from customers.tasks import deliver
from tests.factories import make_ticket, make_user

pytestmark = pytest.mark.django_db


def queued():
    known = set(Message.objects.values_list("pk", flat=True))
    jobs = ProcrastinateJob.objects.filter(task_name="customers.deliver").order_by("pk")
    return [job.args["message"] for job in jobs if job.args["message"] in known]


def send_all():
    """What the worker does with the queued jobs."""
    for message in queued():
        deliver(message=message)


def test_the_receipt_says_the_number_and_that_a_machine_wrote_it():
    ticket = make_ticket()
    send_all()

    [receipt] = outbox.outbox
    assert receipt.to == ["Jane Doe <jane@example.com>"]
    assert receipt.subject == f"We have your message: Where is my parcel? [{ticket.number}]"
    assert receipt.extra_headers["Auto-Submitted"] == "auto-replied"
    assert f"/support/t/{ticket.token}/" in receipt.body
    assert "Hello Jane Doe," in receipt.body


def test_a_reply_is_threaded_to_what_the_customer_wrote():
    ticket, by = make_ticket(), make_user("support_agent", name="Anna Agent")
    first = ticket.messages.get()
    reply = services.reply(ticket, body="It is <b>on its way</b> & soon there.", by=by)
    send_all()

    sent = outbox.outbox[-1]
    assert sent.subject == f"Re: Where is my parcel? [{ticket.number}]"
    assert sent.extra_headers["Message-ID"] == reply.message_id
    assert sent.extra_headers["In-Reply-To"] == first.message_id
    assert sent.extra_headers["References"] == first.message_id
    assert "Auto-Submitted" not in sent.extra_headers
    assert sent.body.startswith("It is <b>on its way</b> & soon there.\n")
    assert "Anna" not in str(sent.message())
    assert sent.from_email == "Houtai Trading <support@houtai.example>"


def test_a_mail_goes_out_once():
    message = make_ticket().messages.get()

    assert mail.deliver(message.pk) is True
    assert mail.deliver(message.pk) is False
    assert len(outbox.outbox) == 1


def test_what_could_not_be_sent_is_not_counted(settings):
    message = make_ticket().messages.get()
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1
    for _attempt in range(budgets.AUTOMATIC_AN_HOUR):
        with pytest.raises(ConnectionRefusedError):
            mail.deliver(message.pk)
    settings.EMAIL_BACKEND = usual

    assert mail.deliver(message.pk) is True


def test_photos_without_a_word_are_no_loop(monkeypatch):
    monkeypatch.setattr(budgets, "SAME_TEXT_AN_HOUR", 1)
    silent, talking = (
        [make_ticket(requester_email=f"{n}@{text}.example", body=text) for n in range(2)] for text in ("1", "ok")
    )

    assert [mail.deliver(ticket.messages.get().pk) for ticket in silent] == [True, True]
    assert mail.deliver(talking[0].messages.get().pk) is True
    with pytest.raises(mail.Withheld):
        mail.deliver(talking[1].messages.get().pk)


def test_a_note_is_never_mailed():
    ticket = make_ticket()
    note = services.note(ticket, body="Smells like fraud.", by=make_user("support_agent"))

    assert note.pk not in queued()
    assert mail.deliver(note.pk) is False
    assert outbox.outbox == []


def test_nothing_is_queued_when_the_change_is_rolled_back():
    ticket, by = make_ticket(), make_user("support_agent")
    before = queued()
    with transaction.atomic():
        services.reply(ticket, body="Never sent.", by=by)
        transaction.set_rollback(True)

    assert queued() == before


def test_a_line_break_in_a_name_adds_no_header():
    make_ticket(requester_name="Jane\r\nBcc: all@example.com")
    send_all()

    message = outbox.outbox[0].message()
    assert message["Bcc"] is None
    assert "all@example.com" in message["To"]


def test_only_our_own_message_ids_are_recognised():
    message = make_ticket().messages.get()

    assert re.fullmatch(r"<TK-\d+\.\d+\.[0-9a-f]{32}@houtai\.example>", message.message_id)
    assert mail.is_ours(message.message_id)
    assert not mail.is_ours(message.message_id.replace("TK-", "TK-9"))
    assert not mail.is_ours("<abc@example.com>")


def test_without_an_address_nothing_is_mailed():
    ticket = make_ticket(requester_email="", channel="staff")
    services.reply(ticket, body="Hello.", by=make_user("support_agent"))

    assert queued() == []
    assert not Message.objects.exclude(message_id="").exists()
