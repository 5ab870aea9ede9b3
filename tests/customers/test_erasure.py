"""Erasure: nothing of the person is left anywhere, orders add up as before, and nobody does it alone."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db.models import Sum

from backoffice import approvals, audit
from backoffice.errors import NotAllowed
from backoffice.models import Approval, ImportRow, ImportRun, Notification
from customers import services
from customers.models import (
    Attachment,
    ContactPoint,
    Customer,
    DataPackage,
    Erasure,
    Message,
    Retained,
    Suppression,
    Ticket,
)
from orders import services as orders
from orders.models import Invoice, Order, SentMail
from tests.backoffice.test_import_tables import bring
from tests.factories import make_customer, make_ticket, make_user
from tests.orders.builders import article

pytestmark = pytest.mark.django_db
NAME, EMAIL, PHONE, STREET = "Wilhelmina Quark", "Wilhelmina@Quark.example", "+49 30 5550199", "Seltsamgasse 17"
ADDRESS = {"name": NAME, "line1": STREET, "city": "Berlin", "postal_code": "10115", "country": "DE"}


def sell(customer):
    """An order that waits to be shipped."""
    variant = article("TEA", on_hand=5)
    order = orders.create_draft(
        by=None, customer=customer, email=EMAIL, phone=PHONE, lines=[orders.NewLine(2, variant)], customer_name=NAME,
        shipping_address=ADDRESS, billing_address=ADDRESS, note=f"Ring at {NAME}",
    )  # fmt: skip
    return orders.place(order, by=None)


@pytest.fixture
def person(django_capture_on_commit_callbacks):
    customer = make_customer(
        NAME, email=EMAIL, phone=PHONE, company="Quark & Sons", note=f"{NAME} likes tea", tags=["vip"]
    )
    lead = make_user("support_lead")
    services.update_customer(customer, by=lead, addresses=[services.AddressData(values=ADDRESS)])
    services.update_customer(customer, by=lead, name=NAME.upper())
    services.update_customer(customer, by=lead, name=NAME, addresses=[])
    services.record_consent(
        customer, channel="email", purpose="marketing", granted=True, source=f"Told by {NAME}", by=lead
    )
    services.add_note(customer, note=f"Called {PHONE}", by=lead)
    with django_capture_on_commit_callbacks(execute=False):
        ticket = make_ticket(
            f"Parcel for {NAME}", body=f"I am {NAME}, {STREET}", customer=customer, requester_name=NAME, requester_email=EMAIL,
            attachments=[SimpleUploadedFile(f"{NAME}.txt", b"passport of Wilhelmina Quark")],
        )  # fmt: skip
        services.note(ticket, body=f"{NAME} is angry", by=lead)
        services.set_status(ticket, status="solved", by=lead, reason=f"Told {NAME}")
        order = sell(customer)
        orders.issue_invoice(order, by=lead)
    SentMail.objects.create(
        number="M-1", key="k", order=order, kind="placed", to=EMAIL, subject=f"For {NAME}", body=STREET
    )
    Order.objects.filter(pk=order.pk).update(status="closed")
    run = ImportRun.objects.create(
        number="IM-900", resource="customers", source="page", file_name="people.csv", read=1, new=1
    )
    ImportRow.objects.create(run=run, row=2, outcome="new", record=EMAIL.lower(), changes=[["name", "", NAME]])
    Notification.objects.create(user=lead, text=f"{NAME} answered")
    return customer


def sums():
    fields = ("total", "tax", "subtotal", "paid")
    return Order.objects.aggregate(*(Sum(name) for name in fields)), Invoice.objects.aggregate(Sum("gross"))


def test_no_string_of_the_person_is_left_in_any_table(person, django_capture_on_commit_callbacks):
    gathered = services.person_of(person)
    before = {trace.table for trace in services.remaining_traces(gathered)}
    totals, numbers = sums(), list(Order.objects.values_list("number", "status"))
    path = Attachment.objects.get().file
    assert path.storage.exists(path.name)

    with django_capture_on_commit_callbacks(execute=True):
        erasure = services.erase(person, by=None, reason=f"{NAME} asked by letter")

    left = [(trace.table, trace.column) for trace in services.remaining_traces(gathered)]
    assert {"customers_customerhistory", "customers_message", "orders_orderhistory", "backoffice_auditevent"} <= before
    assert left == [("orders_invoice", "content")]
    assert not path.storage.exists(path.name)
    assert (sums(), list(Order.objects.values_list("number", "status"))) == (totals, numbers)
    kept = Retained.objects.get()
    assert (kept.key, kept.until, kept.erasure) == (
        "invoices",
        date(Invoice.objects.get().issued_at.year + 10, 12, 31),
        erasure,
    )
    assert Order.objects.get().shipping_address == {"country": "DE"}
    person.refresh_from_db()
    assert (person.name, person.status) == (f"Erased {person.number}", "erased")
    assert not ContactPoint.objects.filter(customer=person).exists()
    assert set(Message.objects.values_list("body", "words__words")) == {("[erased]", "'eras'")}


def test_what_the_law_kept_goes_when_its_time_is_over(person):
    services.erase(person, by=None)
    gathered = NAME.casefold()
    until = Retained.objects.get().until

    assert services.erase_due(until) == 0
    assert gathered in str(Invoice.objects.get().content).casefold()
    assert services.erase_due(until + timedelta(days=1)) == 1
    assert gathered not in str(Invoice.objects.get().content).casefold()
    assert Invoice.objects.get().content["lines"][0]["sku"] == "TEA"
    assert services.erase_due(until + timedelta(days=2)) == 0


def test_nobody_erases_alone(person):
    lead, other = make_user("support_lead"), make_user("support_lead")
    approval = services.request_erasure(person, by=lead, reason="By letter")

    with pytest.raises(NotAllowed):
        approvals.approve(approval, by=lead)
    with pytest.raises(NotAllowed):
        approvals.approve(approval, by=make_user("support_agent"))
    assert not Erasure.objects.exists()

    approvals.approve(approval, by=other)
    erasure = Erasure.objects.get()
    assert (erasure.customer, erasure.approval, erasure.erased_by) == (person, approval.number, other)


def test_an_open_order_stands_in_the_way(person):
    order = sell(person)

    preview = services.preview_erasure(person)

    assert list(preview.obstacles) == [f"{order.number} is not closed yet: finish or cancel it first."]
    with pytest.raises(services.CannotErase, match="is not closed yet"):
        services.request_erasure(person, by=make_user("support_lead"))


def test_preview_counts_and_changes_nothing(person):
    preview = {fate.entry.key: fate for fate in services.preview_erasure(person).fates}

    assert {key: fate.rows for key, fate in preview.items() if fate.rows} == {
        "customer": 1, "care": 1, "contacts": 2, "consents": 1, "tickets": 2 + 1 + 1 + len(Ticket.objects.get().events.all()), "orders": 1, "mails": 1, "invoices": 1,
    }  # fmt: skip
    assert "Kept until" in preview["invoices"].sentence
    assert Customer.objects.get(pk=person.pk).name == NAME


def test_the_erased_cannot_be_changed_nor_come_back(person):
    services.erase(person, by=None)
    lead = make_user("support_lead")

    with pytest.raises(services.Suppressed, match="belongs to somebody whose data were erased"):
        make_customer("Somebody", email=EMAIL.upper())
    with pytest.raises(services.Suppressed):
        make_customer("Somebody", phone="0049305550199")
    for change in (
        lambda: services.update_customer(person, by=lead, name=NAME),
        lambda: services.add_note(person, note="x", by=lead),
        lambda: services.restore_customer(person, by=lead),
    ):
        with pytest.raises(Exception, match="were erased; nothing can be added"):
            change()
    digests = list(Suppression.objects.values_list("digest", flat=True))
    assert len(digests) == 2
    assert not any(EMAIL.lower() in digest for digest in digests)


def test_whoever_was_erased_may_ask_again(person):
    services.erase(person, by=None)

    ticket = services.receive(name=NAME, email=EMAIL, subject="Me again", body="Hello")

    assert (ticket.customer, ticket.requester_email) == (None, EMAIL.lower())


def test_command_previews_asks_and_erases(person):
    out = StringIO()
    call_command("erase_customer", person.number, "--preview", stdout=out)
    assert "Invoices and credit notes: 1, keep for now" in out.getvalue().casefold().replace("invoices", "Invoices")
    assert not Erasure.objects.exists()

    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_customer", person.number, stdout=out)

    call_command("erase_customer", person.number, "--yes", "--check", stdout=out)
    assert Erasure.objects.get().customer == person
    assert "orders_invoice.content: 1" in out.getvalue()

    with pytest.raises(CommandError, match="erased already"):
        call_command("erase_customer", person.number, "--yes", stdout=out)


def test_the_audit_says_that_it_happened(person):
    services.erase(person, by=None)

    assert audit.AuditEvent.objects.filter(verb="customer.erased", subject=person.number).count() == 1


def test_pages_preview_ask_and_show_what_was_done(person, sign_in, client):
    sign_in("support_lead")
    page = client.get(f"/customers/{person.number}/privacy/").content.decode()
    assert "Invoices and credit notes" in page
    assert "Kept until" in page

    client.post(f"/customers/{person.number}/privacy/erase/", {"reason": "By letter"})
    approval = Approval.objects.get()
    other = sign_in("support_lead")
    client.post(f"/approvals/{approval.number}/approve/", {"reason": ""})

    erasure = Erasure.objects.get()
    assert erasure.erased_by == other
    assert client.get(erasure.get_absolute_url()).status_code == 200
    shown = client.get(f"/customers/{person.number}/").content.decode()
    assert f"Erased {person.number}" in shown
    assert NAME not in shown


def test_the_package_says_everything_by_class_and_taking_it_is_recorded(person, sign_in, client):
    lead = sign_in("support_lead")
    client.post(f"/customers/{person.number}/privacy/package/")
    package = DataPackage.objects.get()
    services.make_package(package.pk)

    package.refresh_from_db()
    response = client.post(f"{package.get_absolute_url()}take/")
    told = json.loads(b"".join(response.streaming_content))
    assert (told["format"], told["customer"]) == ("houtai.customer-data/1", person.number)
    classes = {one["key"]: one for one in told["classes"]}
    assert classes["customer"]["tables"][0]["rows"][0]["name"] == NAME
    assert classes["tickets"]["tables"][1]["rows"][0]["body"] == f"I am {NAME}, {STREET}"
    assert classes["contacts"]["tables"][0]["rows"][0]["raw"] == EMAIL
    assert classes["invoices"]["tables"][0]["rows"][0]["content"]["buyer"]["name"] == NAME
    assert classes["invoices"]["kept_until"]
    assert (
        audit.AuditEvent.objects.filter(verb="customer.package_taken", actor=lead, subject=person.number).count() == 1
    )
    page = client.get(package.get_absolute_url()).content.decode()
    assert f"I am {NAME}, {STREET}" in page

    services.erase(person, by=None)
    package.refresh_from_db()
    assert (package.status, package.file.name) == ("removed", "")


def test_packages_are_not_for_agents(person, sign_in, client):
    sign_in("support_agent")

    assert client.post(f"/customers/{person.number}/privacy/package/").status_code == 403
    assert client.get(f"/customers/{person.number}/privacy/").status_code == 403


def test_files_do_not_bring_the_erased_back(person, tmp_path):
    services.erase(person, by=None)
    text = f"number,name,email\n,Somebody,{EMAIL}\n,Ada,ada@example.com\n{person.number},{NAME},\n"

    result = bring(tmp_path, "customers", text, "--partial")

    assert (result["new"], result["refused"]) == (1, 2)
    told = {error["row"]: error["message"] for error in result["errors"]}
    assert "belongs to somebody whose data were erased" in told[2]
    assert told[4] == f"The data of {person.number} were erased; nothing can be added."
    assert Customer.objects.exclude(pk=person.pk).get().name == "Ada"
