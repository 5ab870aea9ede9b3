"""Mail in: to which ticket it goes, what reopens, what is answered, and what is put aside."""

import pytest
from django.core import mail as outbox

from customers import services
from customers.models import Collaborator, ContactPoint, IncomingMail, Message, Ticket
from customers.services import mail
from customers.services.mail import incoming, signing
from tests.customers.mails import SUPPORT, take, write
from tests.customers.test_mail import queued, send_all
from tests.factories import make_customer, make_mailbox, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return make_user("support_agent", name="Anna Agent")


def answered(by, **fields):
    """A ticket of Jane's that waits for her answer, and the reply she got."""
    ticket = make_ticket(channel="staff", **fields)
    reply = services.reply(ticket, body="Which colour?", by=by, status="pending")
    return ticket, reply


def status_of(ticket):
    return Ticket.objects.get(pk=ticket.pk).status


# --- Threading ----------------------------------------------------------------------------------------


def test_a_first_mail_opens_a_ticket_and_is_answered_with_a_receipt():
    came = take(write(cc="Bob <bob@example.com>"), make_mailbox())
    send_all()

    ticket = came.ticket
    assert (came.verdict, came.reason) == ("new", "It answers nothing that we know: a new request.")
    assert (ticket.subject, ticket.channel, ticket.customer.name) == ("Where is my parcel?", "mail", "Jane Doe")
    assert came.message.message_id == came.identifier
    [receipt] = outbox.outbox
    assert receipt.to == ["Jane Doe <jane@example.com>"]
    assert receipt.cc == []
    assert receipt.extra_headers["In-Reply-To"] == came.identifier
    assert receipt.extra_headers["Auto-Submitted"] == "auto-replied"
    assert list(ticket.collaborators.values_list("email", flat=True)) == ["bob@example.com"]


def test_an_answer_to_our_mail_goes_into_its_ticket_whoever_sends_it(by):
    ticket, reply = answered(by)

    came = take(write("Red.", sender="jane@work.example", subject="Fwd: colours", in_reply_to=reply.message_id))

    assert (came.verdict, came.ticket) == ("appended", ticket)
    assert came.why == f"It answers a mail of ours in {ticket.number}, by its signed Message-ID."
    assert (came.message.author_email, status_of(ticket)) == ("jane@work.example", "open")


def test_an_answer_to_the_receipt_goes_into_its_ticket():
    first = take(write())
    send_all()

    came = take(write("And it is late.", subject="Re: x", references=outbox.outbox[0].extra_headers["Message-ID"]))

    assert came.ticket == first.ticket


def test_the_nearest_reference_counts(by):
    _old, old_reply = answered(by)
    ticket, reply = answered(by)

    came = take(write("Red.", references=f"{old_reply.message_id} {reply.message_id}"))

    assert came.ticket == ticket


@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_a_plus_address_finds_its_ticket_whatever_its_case(by, change):
    ticket, _reply = answered(by)

    came = take(write("Red.", to=change(mail.plus_address(SUPPORT, ticket)), sender="x@y.example", subject="hm"))

    assert came.ticket == ticket
    assert came.why == f"It was sent to the signed address of {ticket.number}."


def test_a_forged_signature_finds_nothing(by):
    ticket, reply = answered(by)
    forged = reply.message_id.replace("TK-", "TK-9")
    address = mail.plus_address(SUPPORT, ticket).replace("+tk-", "+TK-").replace("+TK-", "+TK-9")

    assert take(write(in_reply_to=forged)).verdict == "new"
    assert take(write(to=address)).verdict == "new"


def test_a_signature_made_with_a_key_that_was_replaced_still_counts(by, settings):
    ticket, reply = answered(by)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-fifty-letters-or-more-for-the-test-0123456789"

    assert take(write(in_reply_to=reply.message_id)).ticket == ticket


def test_a_mail_that_answers_another_mail_of_the_customer_joins_it():
    first = take(write(Message_ID="<one@client.example>"))

    assert take(write("More.", references="<zero@client.example> <one@client.example>")).ticket == first.ticket


def test_a_number_in_the_subject_counts_from_those_who_write_there_only(by):
    ticket, _reply = answered(by)
    Collaborator.objects.create(ticket=ticket, email="bob@example.com")
    subject = f"About [{ticket.number}]"

    stranger = take(write(subject=subject, sender="eve@evil.example"))
    assert (stranger.verdict, stranger.ticket == ticket) == ("new", False)
    assert stranger.reason.startswith("Its subject names %(number)s, but it does not come from anybody")
    assert take(write(subject=subject)).ticket == ticket
    assert take(write(subject=subject, sender="bob@example.com")).ticket == ticket


def test_a_number_in_the_subject_does_not_count_when_the_sender_may_be_forged(by):
    ticket, _reply = answered(by)

    came = take(
        write(
            subject=f"[{ticket.number}]", Authentication_Results="mx.houtai.example; dmarc=fail header.from=example.com"
        )
    )

    assert (came.verdict, came.is_doubtful, came.ticket == ticket) == ("new", True, False)
    assert not came.ticket.collaborators.exists()


def test_mail_to_a_closed_ticket_opens_one_that_follows_it(by):
    ticket, reply = answered(by)
    for status in ("solved", "closed"):
        services.set_status(ticket, status=status, by=by)

    came = take(write("Broken again.", in_reply_to=reply.message_id))

    assert (came.verdict, came.ticket.follows, status_of(ticket)) == ("new", ticket, "closed")
    assert came.why == f"It answers {ticket.number}, which is closed: a new ticket that follows it."


def test_mail_to_spam_is_put_aside_and_can_be_made_a_ticket(by):
    ticket, reply = answered(by)
    services.set_status(ticket, status="open", by=by)
    services.set_status(ticket, status="spam", by=by)

    came = take(write(in_reply_to=reply.message_id))
    assert (came.verdict, came.ticket) == ("quarantined", None)

    released = incoming.make_ticket(came, by=by)
    assert (released.verdict, released.ticket.requester_email) == ("new", "jane@example.com")
    with pytest.raises(incoming.CannotBecomeTicket, match=f"in {released.ticket.number} already"):
        incoming.make_ticket(came, by=by)


# --- Once ---------------------------------------------------------------------------------------------


def test_the_same_mail_twice_is_counted_and_opens_nothing():
    mailbox, raw = make_mailbox(), write()
    came = take(raw, mailbox)

    assert take(raw.replace(b"\n", b"\r\n"), mailbox) is None
    came.refresh_from_db()
    assert (came.copies, Ticket.objects.count()) == (2, 1)


def test_the_same_mail_in_two_mailboxes_is_one_of_each():
    raw = write()
    take(raw, make_mailbox())

    assert take(raw, make_mailbox("sales@houtai.example")).verdict == "appended"
    assert Ticket.objects.count() == 1


def test_another_mail_under_the_same_message_id_is_not_lost():
    first = take(write("One.", Message_ID="<same@client.example>"))
    second = take(write("Two.", Message_ID="<same@client.example>"))

    assert (second.verdict, second.ticket, second.message.body) == ("appended", first.ticket, "Two.")


def test_mails_without_message_id_are_told_apart_by_their_content():
    raw = write(Message_ID=None)
    take(raw)

    assert take(raw) is None
    assert take(write("Another.", Message_ID=None)).verdict == "new"


def test_what_was_kept_when_the_process_ended_is_taken_in_later(monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr("customers.services.mail.fetching.take_in", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            take(write())
    assert IncomingMail.objects.get().verdict == "received"

    assert incoming.take_in_waiting() == 1
    assert IncomingMail.objects.get().ticket == Ticket.objects.get()


def _interrupt(pk):
    raise KeyboardInterrupt


# --- Machines -----------------------------------------------------------------------------------------

VACATIONS = {
    "RFC 3834": {"Auto_Submitted": "auto-replied"},
    "RFC 3834 vacation": {"Auto_Submitted": "auto-replied (vacation)"},
    "X-Autoreply": {"X_Autoreply": "yes"},
    "Precedence": {"Precedence": "auto_reply"},
    "Exchange": {"subject": "Automatic reply: Re", "X_Auto_Response_Suppress": "All"},
    "QQ": {"subject": "自动回复:Re: 订单", "Precedence": "bulk"},
}


@pytest.mark.parametrize("kind", VACATIONS)
def test_a_vacation_notice_is_a_note_and_reopens_nothing(by, kind):
    ticket, reply = answered(by)
    services.set_status(ticket, status="solved", by=by)
    before = queued()

    came = take(write("I am away.", in_reply_to=reply.message_id, **VACATIONS[kind]))

    assert (came.verdict, came.ticket, came.message.kind) == ("auto", ticket, "note")
    assert (status_of(ticket), queued()) == ("solved", before)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"subject": "Автоматический ответ: заказ"},
        {"subject": "Resposta automática: pedido"},
        {"subject": "Odpowiedź automatyczna: zamówienie"},
    ],
)
def test_a_vacation_notice_about_nothing_opens_nothing(headers):
    assert take(write(**headers)).verdict == "auto"
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.com>"},
        {"X_Auto_Response_Suppress": "OOF, AutoReply"},
        {"Return_Path": "<>"},
        {"sender": "noreply@shop.example"},
    ],
)
def test_what_a_machine_wrote_is_a_ticket_without_a_receipt(headers):
    assert take(write(**headers)).verdict == "new"
    assert queued() == []


def test_auto_submitted_no_is_a_person():
    take(write(Auto_Submitted="no"))
    assert len(queued()) == 1


def test_mail_from_our_own_address_is_put_aside():
    make_mailbox()
    came = take(write(sender=SUPPORT))
    assert (came.verdict, came.why) == ("quarantined", f"It comes from an address of ours: {SUPPORT}.")


def test_a_responder_that_hides_is_answered_a_few_times_only():
    """A machine that answers each of our mails with a new one, without a header that says so."""
    mailbox = make_mailbox()
    take(write("I am a machine."), mailbox)
    for _turn in range(20):
        before = len(outbox.outbox)
        send_all()
        if len(outbox.outbox) == before:
            break
        take(write("I am a machine.", subject="Thanks for your mail"), mailbox)

    assert len(outbox.outbox) == 5


def test_two_responders_stop():
    """A responder that answers our receipt as RFC 3834 asks is heard once and not answered."""
    mailbox = make_mailbox()
    first = take(write(), mailbox)
    send_all()
    take(
        write("Away.", Auto_Submitted="auto-replied", in_reply_to=outbox.outbox[0].extra_headers["Message-ID"]), mailbox
    )
    send_all()

    assert len(outbox.outbox) == 1
    assert list(first.ticket.messages.values_list("kind", flat=True)) == ["customer", "note"]


# --- Reports ------------------------------------------------------------------------------------------


def report(original, *, action="failed", status="5.1.1", email="jane@example.com"):
    """A report after RFC 3464 about the mail with this Message-ID."""
    return f"""From: MAILER-DAEMON@mx.example.com
To: support@houtai.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <report-{action}-{status}@mx.example.com>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

Sorry.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {email}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} User unknown

--B
Content-Type: message/rfc822

From: support@houtai.example
To: {email}
Subject: Re: Where is my parcel?
Message-ID: {original}

Which colour?

--B--
""".encode()


def contact():
    return ContactPoint.objects.get(normalized="jane@example.com")


def test_a_bounce_is_a_note_in_its_ticket_and_marks_the_address(by):
    ticket, reply = answered(by, customer=make_customer("Jane Doe", email="jane@example.com"))

    came = take(report(reply.message_id))

    assert (came.verdict, came.ticket) == ("bounce", ticket)
    assert came.message.body == (
        f"Our mail in {ticket.number} could not be delivered to jane@example.com: 550 5.1.1 User unknown"
    )
    assert (came.message.kind, status_of(ticket)) == ("note", "open")
    assert contact().bounced_at is not None


def test_a_bounce_about_a_stranger_marks_nobody_else(by):
    make_customer("Bob", email="bob@example.com")
    _ticket, reply = answered(by)

    take(report(reply.message_id, email="bob@example.com"))

    assert ContactPoint.objects.get(normalized="bob@example.com").bounced_at is None


def test_a_report_without_our_signature_marks_nobody(by):
    make_customer("Jane Doe", email="jane@example.com")

    assert take(report("<made-up@houtai.example>")).verdict == "bounce"
    assert contact().bounced_at is None
    assert not Message.objects.exists()


def test_a_delay_is_a_note_and_nothing_more(by):
    ticket, reply = answered(by, customer=make_customer("Jane Doe", email="jane@example.com"))

    came = take(report(reply.message_id, action="delayed", status="4.2.2"))

    assert came.message.body.startswith(f"Our mail in {ticket.number} has not reached jane@example.com yet")
    assert (status_of(ticket), contact().bounced_at) == ("pending", None)


def test_gmail_s_report_in_plain_text_finds_its_ticket(by):
    ticket, reply = answered(by)
    text = (
        "Delivery to the following recipient failed permanently:\n\n     jane@example.com\n\n"
        "The error that the other server returned was:\n550 5.1.1 User Unknown\n\n----- Original message -----\n\n"
        f"From: support@houtai.example\nMessage-ID: {reply.message_id}\nSubject: Re: x\n\nWhich colour?\n"
    )

    came = take(
        write(
            text,
            sender="mailer-daemon@googlemail.com",
            subject="Delivery Status Notification (Failure)",
            X_Failed_Recipients="jane@example.com",
        )
    )

    assert (came.verdict, came.ticket) == ("bounce", ticket)
    assert came.facts["said"] == "550 5.1.1 User Unknown"


def test_an_address_that_did_not_work_gets_no_receipt_until_it_writes_by_hand(by):
    _ticket, reply = answered(by, customer=make_customer("Jane Doe", email="jane@example.com"))
    take(report(reply.message_id))
    before = queued()

    take(write("A new matter."))

    assert queued() == before
    assert contact().bounced_at is None


# --- Hostile ------------------------------------------------------------------------------------------


def test_a_mail_beyond_the_limit_is_kept_whole_and_put_aside():
    raw = write() + b"x" * (incoming.LARGEST + 1)
    came = take(raw)

    assert (came.verdict, came.why) == ("quarantined", "It has 26 MB, and a mail may have 25 MB.")
    assert came.raw.size == len(raw)
    assert not Ticket.objects.exists()


def test_a_mail_to_ten_thousand_is_put_aside():
    raw = write().replace(
        b"To: support@houtai.example", b"To: " + b",\n ".join(b"u%d@example.com" % n for n in range(10_000))
    )
    assert take(raw).verdict == "quarantined"


@pytest.mark.parametrize("raw", [b"", b"\x00\x01\x02" * 100, b"no header at all"])
def test_what_is_no_mail_is_a_ticket_in_quarantine(raw):
    came = take(raw)

    assert (came.verdict, came.ticket.tags, came.ticket.channel) == ("quarantined", ["quarantine"], "mail")
    with came.raw.open("rb") as file:
        assert file.read() == raw
    assert list(came.message.attachments.values_list("verdict", flat=True)) == (["quarantined"] if raw else [])
    assert queued() == []


def test_parts_within_parts_without_end_are_put_aside():
    depth = 3_000
    head = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(depth))
    assert take(f"From: a@b.example\nSubject: x\n{head}".encode()).verdict == "quarantined"


def test_a_reply_goes_to_fifty_at_most(by):
    """It is refused while its text is still in the composer; whoever was copied in since then stops the mail."""
    ticket = make_ticket(channel="staff")
    reply = services.reply(ticket, body="Hello.", by=by)
    Collaborator.objects.bulk_create(Collaborator(ticket=ticket, email=f"u{n}@example.com") for n in range(60))

    for attempt in (lambda: services.reply(ticket, body="Hello.", by=by), lambda: mail.deliver(reply.pk)):
        with pytest.raises(mail.outgoing.TooManyRecipients, match="50 people at most, and this one would go to 61"):
            attempt()
    assert ticket.messages.count() == 2
    assert outbox.outbox == []


def test_only_twenty_are_copied_in():
    came = take(write(cc=", ".join(f"u{n}@example.com" for n in range(150))))
    assert came.ticket.collaborators.count() == 20


# --- Signatures ---------------------------------------------------------------------------------------


def test_a_signature_has_sixteen_bytes():
    message = make_ticket().messages.get()
    assert len(signing.SIGNED.search(message.message_id)[2]) == 32


def test_a_report_of_a_mail_system_is_one_without_an_address_in_it():
    came = take(write("您的邮件被退回到收件箱。", sender="PostMaster@qq.com", subject="来自qq.com的退信"))
    assert (came.verdict, Ticket.objects.count()) == ("bounce", 0)


def test_of_a_sealed_mail_the_ticket_says_that_it_is():
    sealed = write(files=[("smime.p7m", b"0x", "application/pkcs7-mime")]).partition(b"Content-Type: application/pkcs7")
    came = take(write().partition(b"Content-Type")[0] + b"".join(sealed[1:]))
    assert came.message.body == "(The mail is encrypted or sealed; its text is in the attached file.)"
