"""Orders taken in by the API: placed once whatever comes twice, refused by the field."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import caches
from django.db import connections
from django.test import Client
from django.utils import timezone

from backoffice import once, tokens, verification
from backoffice.models import ApiAnswer
from catalog import services as catalog
from customers.models import Customer
from orders.models import Order, TaxRate
from tests.factories import level_of
from tests.orders.builders import article, buyer, staff, warehouse

pytestmark = pytest.mark.django_db
AT = "/api/v1/orders"


@pytest.fixture(autouse=True)
def _fresh_rates():
    caches["local"].clear()


def bearer(user):
    _token, secret = tokens.create(by=user, name="shop")
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def shop():
    return bearer(staff("order_clerk"))


def send(client, body, key=""):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(AT, json.dumps(body), content_type="application/json", headers=headers)


def order_of(*lines, **fields):
    return {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], **fields}


def test_an_order_is_placed_with_prices_taxes_and_stock(shop):
    tea = article("TEA", on_hand=9)
    price_list = catalog.save_price_list(
        by=staff("owner"), code="W", name="W", currency="EUR", customer_group="WHOLESALE"
    )
    catalog.set_list_price(price_list, tea, by=staff("owner"), price=Decimal(8))
    customer = buyer(price_group="WHOLESALE")
    TaxRate.objects.create(tax_class="standard", country="DE", name="VAT 19%", rate=Decimal("0.19"))

    body = order_of(
        ("tea", 2), customer=customer.number, shipping="4.90", source="shop", source_number="W-1", note="Ring twice"
    )
    body["shipping_address"] = {"name": "Ada", "city": "Ulm", "country": "DE"}
    body["lines"].append({"title": "Gift wrap", "quantity": 1, "unit_price": "3.00"})
    answer = send(shop, body)

    assert (answer.status_code, answer["Location"]) == (201, f"{AT}/{answer.json()['number']}")
    order = Order.objects.get()
    assert (order.status, order.customer, order.total, order.source, order.source_number, order.note) == (
        "placed", customer, Decimal("23.90"), "shop", "W-1", "Ring twice",
    )  # fmt: skip
    assert list(order.lines.values_list("sku", "title", "unit_price", "tax_name", "allocated")) == [
        ("TEA", "Tea", 8, "VAT 19%", 2),
        ("", "Gift wrap", 3, "", 0),
    ]
    assert answer.json() | {"lines": []} == shop.get(answer["Location"]).json() | {"lines": []}
    assert level_of(tea, warehouse()).allocated == 2


def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(shop):
    article("TEA", on_hand=9)
    first = send(shop, order_of(("TEA", 2)), "k-1")
    again = send(shop, order_of(("TEA", 2)), "k-1")
    other = send(shop, order_of(("TEA", 3)), "k-1")

    assert (again.status_code, again.json(), again["Location"]) == (201, first.json(), first["Location"])
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert (other.status_code, other.json()["code"], other.json()["title"]) == (
        422, "key_reused", "This Idempotency-Key was used for another request. Use a new key for each request.",
    )  # fmt: skip
    assert Order.objects.count() == 1
    assert send(bearer(staff("order_clerk")), order_of(("TEA", 3)), "k-1").status_code == 201  # keys are one's own


def test_what_was_refused_may_come_again_mended_and_an_expired_key_is_new(shop):
    article("TEA", on_hand=9)
    assert send(shop, order_of(("TEA", 10)), "k-1").status_code == 422
    assert not ApiAnswer.objects.exists()
    assert send(shop, order_of(("TEA", 2)), "k-1").status_code == 201
    assert (once.forget(), once.forget(timezone.now() + timedelta(hours=25))) == (0, 1)
    assert send(shop, order_of(("TEA", 3)), "k-1").status_code == 201


def test_without_a_key_each_request_is_an_order(shop):
    article("TEA", on_hand=9)
    assert [send(shop, order_of(("TEA", 1))).status_code for _ in range(2)] == [201, 201]
    assert Order.objects.count() == 2
    assert send(shop, order_of(("TEA", 1)), "k" * 201).status_code == 422


def test_errors_name_the_field(shop):
    article("TEA", on_hand=1)
    article("OLD", is_active=False)
    body = {
        "currency": "USD",
        "lines": [
            {"sku": "NO"}, {"sku": "TEA", "quantity": -1}, {"sku": "OLD", "unit_price": 1}, {"unit_price": 1},
            {"title": "Wrap", "unit_price": -3, "discount": -1},
        ],
    }  # fmt: skip
    assert send(shop, body).json()["errors"] == {
        "lines.0.sku": ["There is no variant “NO”."],
        "lines.1.unit_price": ["TEA has no price in USD. Give one."],
        "lines.1.quantity": ["The quantity must be at least 1."],
        "lines.2.sku": ["OLD is no longer sold."],
        "lines.3.sku": ["A line needs a SKU or a title."],
        "lines.4.unit_price": ["Amounts cannot be negative."],
        "lines.4.discount": ["Amounts cannot be negative."],
    }
    assert send(shop, order_of(("TEA", 2))).json()["errors"] == {"lines": ["TEA: 1 available, 2 asked."]}
    assert send(shop, order_of(("TEA", 1), customer="CU-0")).json()["errors"] == {
        "customer": ["There is no customer “CU-0” that you may see."]
    }
    assert send(shop, order_of(("TEA", 1), email="ada")).json()["errors"] == {
        "email": ["“ada” is not an e-mail address."]
    }
    assert [one["place"] for one in send(shop, order_of(("TEA", 1), colour="red")).json()["errors"]] == [
        "body.wanted.colour"
    ]
    assert not Order.objects.exists()


def test_a_number_of_the_source_is_taken_once(shop):
    article("TEA", on_hand=9)
    assert send(shop, order_of(("TEA", 1), source="shop", source_number="1")).status_code == 201
    assert send(shop, order_of(("TEA", 1), source="shop", source_number="1")).json()["errors"] == {
        "source_number": ["Order 1 of shop was taken in already."]
    }
    assert send(shop, order_of(("TEA", 1), source="other", source_number="1")).status_code == 201


def test_the_email_finds_the_customer_or_creates_one(shop):
    article("TEA", on_hand=9)
    known = buyer(email="ada@example.com")
    send(shop, order_of(("TEA", 1), email="Ada@Example.com"))
    send(shop, order_of(("TEA", 1), email="new@example.com", customer_name="Grace"))
    orders = Order.objects.order_by("pk").values_list("customer__name", "customer_name", "email")
    assert list(orders) == [(known.name, known.name, "Ada@Example.com"), ("Grace", "Grace", "new@example.com")]
    assert Customer.objects.count() == 2


def test_rights(shop):
    article("TEA", on_hand=9)
    assert send(bearer(staff("catalog_editor")), order_of(("TEA", 1))).status_code == 403
    person = staff("")
    person.user_permissions.set(Permission.objects.filter(codename__in=["add_order", "view_order", "view_variant"]))
    refused = send(bearer(person), order_of(("TEA", 1)))
    assert (refused.status_code, refused.json()["title"]) == (403, "This needs the permission orders.place_order.")
    assert send(bearer(person), order_of(("TEA", 1), place=False)).status_code == 201
    assert Order.objects.get().status == "draft"


@pytest.mark.django_db(transaction=True)
def test_sixteen_equal_requests_make_one_order():
    tea = article("TEA", on_hand=99)
    person = staff("order_clerk")
    shops = [bearer(person) for _ in range(16)]

    def ask(client):
        try:
            return send(client, order_of(("TEA", 2), email="ada@example.com"), "k-1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, shops))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 15
    assert (Order.objects.count(), Customer.objects.count(), level_of(tea, warehouse()).allocated) == (1, 1, 2)
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}
