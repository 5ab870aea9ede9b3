"""Customers and tickets written by the API: the same services, the same rights, and once whatever comes twice."""

import json

import pytest
from django.core.cache import caches
from django.test import Client

from backoffice import tokens
from backoffice.models import AuditEvent
from customers.models import Customer, Message, Ticket
from customers.services.custom import save_field
from tests.factories import make_customer, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
AT = "/api/v1"


@pytest.fixture(autouse=True)
def _fresh_rates():
    caches["local"].clear()


def asking(role, **fields):
    _token, secret = tokens.create(by=make_user(role, **fields), name="shop")
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def send(verb, path, body, key=""):
        headers = {"Idempotency-Key": key} if key else {}
        return getattr(client, verb)(AT + path, json.dumps(body), content_type="application/json", headers=headers)

    return send


@pytest.fixture
def _fields():
    levels = [{"code": "gold", "label": "Gold"}, {"code": "plain", "label": "Plain"}]
    save_field(by=None, code="level", name="Level", kind="choice", choices=levels, is_required=True)
    save_field(by=None, code="birthday", name="Birthday", kind="date", is_personal=True)


@pytest.mark.usefixtures("_fields")
def test_a_customer_is_created_once_and_its_custom_fields_are_changed():
    send = asking("support_lead")
    body = {
        "name": "Ada", "custom": {"level": "gold", "birthday": "1990-03-31"}, "tags": ["vip"],
        "contacts": [{"kind": "email", "value": "Ada@Example.com"}],
        "addresses": [{"line1": "Weg 1", "city": "Ulm", "country": "de"}],
    }  # fmt: skip
    made, again = send("post", "/customers", body, "k"), send("post", "/customers", body, "k")
    ada = Customer.objects.get()
    assert (made.status_code, made["Location"], again.json()) == (201, f"{AT}/customers/{ada.number}", made.json())
    assert (made.json()["custom"], made.json()["contacts"][0]["value"]) == (body["custom"], "ada@example.com")

    changed = send(
        "patch", f"/customers/{ada.number}", {"custom": {"birthday": None, "level": "plain"}, "company": "AE"}
    )
    ada.refresh_from_db()
    assert (changed.status_code, changed.json()["custom"], ada.company, ada.tags) == (
        200,
        {"level": "plain"},
        "AE",
        ["vip"],
    )
    assert AuditEvent.objects.filter(verb="customer.changed").count() == 1


@pytest.mark.usefixtures("_fields")
@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"custom": {"level": None}}, {"custom.level": ["Level: This is needed."]}),
        ({"custom": {"height": 3}}, {"custom.height": ["There is no custom field “height”."]}),
        ({"external_id": "X-1"}, {"__all__": ["Another customer has this number already."]}),
        (
            {"tags": ["a", "b\0"]},
            [{"place": "body.wanted.tags", "message": "Value error, Invisible characters are not possible here."}],
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field_and_changes_nothing(body, errors):
    make_customer("Other", external_id="x-1", custom={"level": "plain"})
    ada = make_customer("Ada", custom={"level": "gold"})
    answer = asking("support_lead")("patch", f"/customers/{ada.number}", {"name": "Eva", **body})

    ada.refresh_from_db()
    assert (answer.status_code, answer.json()["errors"], ada.name) == (422, errors, "Ada")


def test_a_ticket_is_opened_once_and_its_thread_goes_on():
    ada = make_customer("Ada", email="ada@example.com")
    send = asking("support_agent")
    body = {"subject": "Where?", "body": "My parcel", "email": "ADA@example.com", "about": "so-1"}
    made = send("post", "/tickets", body, "k")
    assert send("post", "/tickets", body, "k").json() == made.json()
    ticket = Ticket.objects.get()
    assert (made.status_code, ticket.customer, ticket.channel, ticket.about) == (201, ada, "api", "SO-1")

    for kind in ("reply", "note", "customer"):
        assert (
            send("post", f"/tickets/{ticket.number}/messages", {"kind": kind, "body": kind.title()}).status_code == 201
        )
    assert list(ticket.messages.order_by("pk").values_list("kind", "body")) == [
        ("customer", "My parcel"), ("reply", "Reply"), ("note", "Note"), ("customer", "Customer"),
    ]  # fmt: skip
    events = AuditEvent.objects.filter(verb__in=["ticket.opened", "ticket.answered_by_customer"])
    assert list(events.values_list("actor", flat=True)) == [ticket.messages.get(kind="reply").author_id] * 2
    refused = send("post", "/tickets", {**body, "queue": "nowhere"})
    assert (refused.status_code, refused.json()["errors"]) == (422, {"queue": ["There is no queue nowhere."]})
    refused = send("post", "/tickets", {"subject": "Cup", "body": "Where?"})
    assert (refused.status_code, refused.json()["errors"]) == (
        422,
        {"customer": ["Choose the customer, or give a name."]},
    )


def test_without_a_queue_the_ticket_goes_where_whoever_opens_it_sees_it():
    make_queue("support")
    make_queue("vip")
    made = asking("support_agent", queues=("vip",))(
        "post", "/tickets", {"subject": "Cup", "body": "Where?", "name": "Ada"}
    )
    assert (made.status_code, made.json()["queue"]) == (201, "vip")


def test_who_may_not_write_is_told_which_permission_is_missing():
    ada, ticket = make_customer("Ada"), make_ticket()
    send = asking("analyst")
    tried = [
        send("patch", f"/customers/{ada.number}", {"name": "Eva"}),
        send("post", "/customers", {"name": "Eva"}),
        send("post", "/tickets", {"subject": "a", "body": "b"}),
        send("post", f"/tickets/{ticket.number}/messages", {"kind": "note", "body": "b"}),
    ]
    assert [answer.status_code for answer in tried] == [403] * 4
    assert (Customer.objects.filter(name="Eva").count(), Message.objects.count()) == (0, 1)
