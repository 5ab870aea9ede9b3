"""One who may see everything but personal data walks through all pages, exports, searches and the API: no plain string anywhere."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.apps import own_apps
from backoffice.generic import ListPage
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
    SentMail.objects.create(number="M-1", key="k", order=order, kind="placed", to=EMAIL, subject="Placed", body=f"Dear {NAME}")
    return made


def leaks(text):
    return [string for string in STRINGS if string in text]


def lists():
    return [address for address in OWN if isinstance(address.view, type) and issubclass(address.view, ListPage)]


def read(response):
    return (b"".join(response.streaming_content) if response.streaming else response.content).decode(errors="replace")


def test_nothing_personal_is_read_by_who_may_not(world):
    client = signed_in(everybody_but())
    wrong, seen = [], 0
    rows = {"number": {"tickets": "TK-", "orders": "SO-"}}
    for address in OWN:
        if address.is_public or address.name in FILES_OF_ONE:
            continue
        response = client.get(world.path(address))
        seen += response.status_code == 200
        if found := leaks(read(response)):
            wrong.append((str(address), found))
    for obj in (Customer.objects.first(), *Customer.objects.first().tickets.all(), *Order.objects.all()):
        if found := leaks(read(client.get(obj.get_absolute_url()))):
            wrong.append((obj.get_absolute_url(), found))
    assert seen > 100, rows
    assert wrong == []


def test_nothing_personal_stands_in_exports_nor_is_found_by(world):
    client = signed_in(everybody_but())
    wrong = []
    for address in lists():
        path = world.path(address)
        columns = "&".join(f"columns={column.name}" for column in address.view.columns)
        for query in (f"?export=csv&{columns}", f"?export=jsonl&{columns}", f"?{columns}"):
            if found := leaks(read(client.get(f"{path}{query}"))):
                wrong.append((f"{path}{query}", found))
        for text in (NAME, EMAIL.lower(), "5550199", STREET):
            page = read(client.get(path, {"q": text, "export": "csv"}))
            if "Wilh" in page or re.search(r"W… Q…|w\*\*\*@", page):
                wrong.append((path, text))
    assert wrong == []


def test_nothing_personal_is_found_by_the_search_nor_the_api(world):
    client = signed_in(everybody_but())
    customer = Customer.objects.get(pk=world.customer.pk)

    for text in (NAME, EMAIL, "5550199"):
        page = read(client.get("/search/", {"q": text}))
        assert customer.number not in page
        assert f'href="{customer.get_absolute_url()}"' not in page
        api = client.get("/api/v1/customers", {"q": text})
        assert api.json()["items"] == []
    for path in ("/api/v1/customers", f"/api/v1/customers/{customer.number}", "/api/v1/orders", "/api/v1/tickets"):
        assert leaks(read(client.get(path))) == [], path


def test_the_set_up_shows_masks_too(world):
    user = everybody_but()
    type(user).objects.filter(pk=user.pk).update(is_active=True)
    client = signed_in(user)
    wrong = []
    for config in own_apps():
        for model in config.get_models():
            if not admin.site.is_registered(model):
                continue
            path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            if found := leaks(read(client.get(path))):
                wrong.append((path, found))
    assert Consent.objects.exists()
    assert wrong == []
