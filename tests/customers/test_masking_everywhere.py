"""One who may see everything but personal data walks through all pages, exports, searches and the API: no plain string anywhere."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.generic import ListPage
from backoffice.models import AuditEvent
from backoffice.roles import sync_roles
from customers import services
from customers.models import Consent, Customer
from orders.models import Order, SentMail
from tests.customers.test_erasure import ADDRESS, EMAIL, NAME, PHONE, STREET, sell
from tests.factories import make_user
from tests.test_permissions import OWN, World, signed_in

pytestmark = pytest.mark.django_db
STRINGS = (NAME, EMAIL, EMAIL.lower(), PHONE, "+49305550199", STREET)
FILES_OF_ONE = {"orders:invoice-pdf", "orders:invoice-pdfs"}  # papers that go to the customer, with the address


def everybody_but():
    """A user with every permission to look and to export, but not to see personal data."""
    user = make_user("")
    wanted = Permission.objects.filter(codename__startswith="view_") | Permission.objects.filter(codename="export_data")
    user.user_permissions.set(wanted.exclude(codename="view_personal_data"))
    return user


@pytest.fixture
def world(db):
    sync_roles()
    made = World()
    lead = made.users["support_lead"]
    customer = Customer.objects.get(pk=made.customer.pk)
    services.update_customer(
        customer, by=lead, name=NAME, company="", addresses=[services.AddressData(values=ADDRESS)],
        contacts=[services.ContactData("email", EMAIL, is_primary=True), services.ContactData("phone", PHONE, is_primary=True)],
    )  # fmt: skip
    services.record_consent(customer, channel="email", purpose="x", granted=True, source="Letter", by=lead)
    services.add_note(customer, note=f"Call {PHONE}", by=lead)
    ticket = services.open_ticket(
        subject="Late", body=f"Write to {EMAIL} or call {PHONE}", by=None, customer=customer, requester_name=NAME, requester_email=EMAIL, channel="form"
    )  # fmt: skip
    services.note(ticket, body=f"Called {PHONE}", by=lead)
    order = sell(customer)
    SentMail.objects.create(
        number="M-1", key="k", order=order, kind="placed", to=EMAIL, subject="Placed", body=f"Dear {NAME}"
    )
    return made


def lists():
    return [address for address in OWN if isinstance(address.view, type) and issubclass(address.view, ListPage)]


def read(response):
    return (b"".join(response.streaming_content) if response.streaming else response.content).decode(errors="replace")


def of_people(address):
    return address.name.partition(":")[0] in {"customers", "tickets", "orders", "audit", "history", "approvals", "api"}


def test_nothing_personal_is_read_nor_found_by_who_may_not(world):
    client = signed_in(everybody_but())
    customer = Customer.objects.get(pk=world.customer.pk)
    wrong, seen = [], 0

    def look(path, **query):
        nonlocal seen
        response = client.get(path, query)
        seen += response.status_code == 200
        text = read(response)
        wrong.extend((path, query, string) for string in STRINGS if string in text and string not in query.values())
        return response, text

    for address in OWN:
        if of_people(address) and not address.is_public and address.name not in FILES_OF_ONE:
            look(world.path(address))
    for obj in (customer, *customer.tickets.all(), *Order.objects.all()):
        look(obj.get_absolute_url())
    for address in lists():
        path = world.path(address)
        look(path, export="csv", columns=[column.key for column in address.view.columns])
        searched = getattr(address.view, "filterset_class", None)
        for text in (NAME, EMAIL.lower(), "5550199") if searched and "q" in searched.base_filters else ():
            response, page = look(path, q=text, export="csv")
            if response["Content-Type"].startswith("text/csv") and page.count("\n") > 1:
                wrong.append((path, text, "finds by it"))
    for text in (NAME, EMAIL, "5550199"):
        _response, page = look("/search/", q=text)
        if customer.number in page:
            wrong.append(("/search/", text, "finds by it"))
        response, page = look("/api/v1/customers", q=text)
        if response.json()["items"]:
            wrong.append(("/api/v1/customers", text, "finds by it"))
    for path in (f"/api/v1/customers/{customer.number}", "/api/v1/customers", "/api/v1/orders", "/api/v1/tickets"):
        look(path)
    for model in (Consent, Order, AuditEvent):
        look(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    assert seen > 60
    assert not wrong, "\n".join(map(str, wrong))
