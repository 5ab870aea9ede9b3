"""Customers hear of their orders, in their language, once the change is kept."""

from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.models import AuditEvent
from customers.models import Customer
from orders import mail_texts, mails, services, tasks
from orders.models import Invoice, MailKind, MailText, Order, SentMail
from orders.services import LineChange, Wanted
from orders.services.changes import see
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db


def queued() -> list[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="orders.tasks.send_mail").order_by("pk")
    return [job.args["kind"] for job in jobs]


def run_queued() -> None:
    for job in ProcrastinateJob.objects.filter(task_name="orders.tasks.send_mail").order_by("pk"):
        tasks.send_mail(**job.args)


def ada() -> Customer:
    return Customer.objects.filter(name="Ada Lovelace").first() or buyer("Ada Lovelace", email="ada@example.com")


def placed(**fields) -> Order:
    return make_order([("TEA", 2)], placed=True, customer=ada(), **fields)


def send(kind: str, order: Order, key: str = "k", **facts) -> SentMail | None:
    return mails.send(kind, order, facts, key)


def test_mails_go_out_when_the_change_is_kept(django_capture_on_commit_callbacks, mailoutbox):
    order = make_order([("TEA", 2)], customer=buyer("Ada Lovelace", email="ada@example.com"))
    with django_capture_on_commit_callbacks(execute=True):
        services.place(order, by=None)
        services.record_payment(order, amount=Decimal(20), method="card", by=None)
        services.ship(services.pack(parcel_of(order), by=None), by=None, carrier="DHL", tracking_number="JD01")
        services.refund(order, amount=Decimal("2.50"), method="card", reason="Chipped", by=None)
        row = services.request_return(order, quantities={line_of(order, "TEA").pk: 1}, reason="x", by=None)
        services.approve_return(row, by=None)

    assert queued() == ["placed", "shipped", "refunded", "return_approved"]
    run_queued()

    assert [sent.to for sent in mailoutbox] == [["ada@example.com"]] * 4
    first, shipped, refunded, returning = (sent.body for sent in mailoutbox)
    assert "Hello Ada Lovelace," in first
    assert "2 × Tea: €20.00" in first
    assert "JD01" in shipped
    assert "€2.50" in refunded
    assert f"Please write {row.number} on the parcel" in returning
    assert "1 × Tea" in returning


def test_a_change_of_a_placed_order_is_told_with_what_changed_and_what_money_follows(
    django_capture_on_commit_callbacks, mailoutbox
):
    order = placed()
    chinese = placed(language="zh-hans")
    services.record_payment(order, amount=Decimal(20), method="card", by=None)
    cup = article("CUP", on_hand=9)

    def change(one: Order, *lines: LineChange, **header) -> None:
        one.refresh_from_db()
        services.change_order(one, Wanted(lines, header, "By telephone"), by=None, seen=see(one))

    with django_capture_on_commit_callbacks(execute=True):
        change(order, LineChange(line_of(order, "TEA").pk, quantity=1), shipping=Decimal(3))
        change(order, LineChange(variant=cup, quantity=2), shipping_address={"city": "Paris"})
        change(chinese, LineChange(line_of(chinese, "TEA").pk, removed=True), LineChange(variant=cup, quantity=1))
        change(order, LineChange(line_of(order, "TEA").pk, quantity=1))  # as it is
    with pytest.raises(ValidationError):
        change(order, LineChange(line_of(order, "TEA").pk, quantity=9999))
    assert queued() == ["changed"] * 3
    run_queued()

    back, owed, other = (sent.body for sent in mailoutbox)
    assert mailoutbox[0].subject == f"Your order {order.number} has changed"
    assert "1 × Tea, was 2 × Tea.\nShipping: €3.00, was €0.00." in back
    assert ("Total before: €20.00" in back, "You get back: €7.00" in back, "Still to be paid" in back) == (
        True,
        True,
        False,
    )
    assert "Added: 2 × Cup\nThe shipping address has changed." in owed
    assert ("Still to be paid: €13.00" in owed, "You get back" in owed, "Paris" in owed) == (True, False, False)
    assert ("1 × Cup" in other, "2 × Tea" in other) == (True, True)


def test_an_order_that_is_canceled_is_told_unless_it_was_a_draft(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel(make_order(customer=buyer()), by=None, reason="Typo")
    assert queued() == []
    whole, by_line = placed(), placed()
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel(whole, by=None, reason="Out of stock")
        services.cancel_lines(by_line, quantities={line_of(by_line, "TEA").pk: 2}, by=None, reason="Out of stock")
    assert queued() == ["canceled", "canceled"]


def test_nothing_is_sent_for_what_was_rolled_back_or_has_no_address(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.place(make_order([("TEA", 1)]), by=None)
        with transaction.atomic():
            services.place(make_order([("TEA", 1)], customer=buyer()), by=None)
            transaction.set_rollback(True)
    assert queued() == []


def test_a_job_that_runs_again_sends_nothing_again_and_the_mail_is_kept(django_capture_on_commit_callbacks, mailoutbox):
    with django_capture_on_commit_callbacks(execute=True):
        order = placed()
    run_queued()
    run_queued()

    (sent,) = SentMail.objects.all()
    assert [(one.subject, one.body) for one in mailoutbox] == [(sent.subject, sent.body)]
    assert (sent.order, sent.kind, sent.to) == (order, "placed", "ada@example.com")
    event = AuditEvent.objects.about(order).get(verb="order.mailed")
    assert event.data == {"mail": "placed", "sent": sent.number}


@pytest.mark.django_db(transaction=True)
def test_workers_with_the_same_key_send_one_mail():
    order = placed()
    mail.outbox.clear()
    results = at_once(lambda number: send("placed", order), 4)
    assert [type(result) for result in results].count(SentMail) == 1
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len(mail.outbox) == SentMail.objects.count() == 1


def test_a_mail_that_cannot_be_sent_is_tried_again_and_not_kept(settings, mailoutbox):
    order = placed()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 9
    with pytest.raises(OSError, match="refused"):
        send("placed", order)
    assert not SentMail.objects.exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send("placed", order) == SentMail.objects.get()


def test_a_kind_that_is_switched_off_is_not_sent(mailoutbox):
    services.save_mail_text("placed", by=None, is_on=False)
    assert send("placed", placed()) is None
    assert mailoutbox == []


def test_the_language_is_the_customers(mailoutbox):
    services.save_mail_text("placed", by=None, subject="Thanks, {name}", body_zh="{name}，您好！")
    send("placed", placed(language="zh-hans"), "1")
    send("placed", placed(), "2")
    assert mailoutbox[0].body == "Ada Lovelace，您好！\n"
    assert mailoutbox[1].subject == "Thanks, Ada Lovelace"
    assert mailoutbox[1].body.startswith("Hello Ada Lovelace,\n\nthank you for your order SO-")


# --- Documents with it --------------------------------------------------------------------------------


def test_an_invoice_is_attached_where_the_shop_wants_it(mailoutbox):
    order = placed()
    services.save_mail_text("shipped", by=None, attaches=True)
    send("shipped", order, "1")
    invoice = services.issue_invoice(order, by=None)
    sent = send("shipped", order, "2")

    assert mailoutbox[0].attachments == []
    ((name, content, kind),) = mailoutbox[1].attachments
    assert (name, kind, content[:5]) == (f"{invoice.number}.pdf", "application/pdf", b"%PDF-")
    assert sent.files == [name]


def test_a_document_is_sent_on_request(django_capture_on_commit_callbacks, mailoutbox):
    order = placed()
    invoice = services.issue_invoice(order, by=None)
    note = services.credit(invoice, amount=Decimal(1), reason="x", by=None)
    with django_capture_on_commit_callbacks(execute=True):
        services.mail_document(note, by=None)
    run_queued()
    assert mailoutbox[0].subject == f"Credit note {note.number}"
    assert [file[0] for file in mailoutbox[0].attachments] == [f"{note.number}.pdf"]
    Order.objects.filter(pk=order.pk).update(email="")
    with pytest.raises(ValidationError, match="has no e-mail address"):
        services.mail_document(Invoice.objects.get(pk=invoice.pk), by=None)


# --- Texts ----------------------------------------------------------------------------------------------


def test_an_unknown_placeholder_is_refused_by_its_name():
    with pytest.raises(ValidationError) as refused:
        services.save_mail_text("placed", by=None, body="Hello {nmae}, {tracking}", subject_zh="{name")
    messages = refused.value.message_dict
    assert [text.split(" in ")[0] for text in messages["body"]] == ["There is no {nmae}", "There is no {tracking}"]
    assert messages["subject_zh"] == ["A brace stands alone. Placeholders are written like {name}."]
    assert not MailText.objects.exists()


def test_the_default_comes_back_when_a_text_is_cleared_or_typed_as_it_was():
    services.save_mail_text("placed", by=None, subject="Thanks {name}")
    body = mail_texts.default("placed", "body", "en")
    row = services.save_mail_text("placed", by=None, subject="", body=body.replace("\n", "\r\n"))
    assert (row.subject, row.body) == ("", "")
    assert mail_texts.template(row, "subject", "en") == "Your order {order}"


@pytest.mark.parametrize("kind", MailKind.values)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_default_text_has_only_placeholders_of_its_kind_and_fills_them(kind, language):
    order = placed(language=language)
    for part in ("subject", "body"):
        mail_texts.refuse_unknown(kind, mail_texts.default(kind, part, language))
    written = mail_texts.write(MailText(kind=kind), order, mail_texts.example(kind, order))
    assert "{" not in written.subject + written.body
    assert "Ada Lovelace" in written.body


def test_facts_are_never_read_as_placeholders_and_a_subject_stays_one_line(mailoutbox):
    article("TEA", on_hand=9)
    customer = buyer("{total}\r\nBcc: all@example.com", email="ada@example.com")
    order = make_order([("TEA", 1)], placed=True, customer=customer)
    services.save_mail_text("placed", by=None, subject="For {name}", body="{name}")
    send("placed", order)
    assert mailoutbox[0].subject == "For {total} Bcc: all@example.com"
    assert mailoutbox[0].bcc == []
    assert mailoutbox[0].body.split() == ["{total}", "Bcc:", "all@example.com"]


def test_a_line_whose_facts_are_all_empty_is_left_out():
    text = "{a} and {b}\nCarrier: {c}\n\nPlain\n{c}\n\nEnd {a}"
    assert mail_texts.fill(text, {"a": "1", "b": "", "c": ""}) == "1 and \n\nPlain\n\nEnd 1"


def test_a_fact_that_looks_like_a_placeholder_stays_as_it_is():
    assert mail_texts.fill("{a}{b}", {"a": "{b}", "b": "{a}"}) == "{b}{a}"
