"""Taking orders in by hand: articles by code, customers in place, an earlier order once more, and what is wrong."""

from decimal import Decimal

import pytest
from django.urls import reverse

from customers.models import Customer
from orders import services
from orders.models import Order
from orders.services import NewLine
from tests.orders.builders import article, buyer, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = staff("order_clerk")
    client.force_login(user)
    return user


def form(*lines, **fields):
    """What the page sends: `lines` are SKU and quantity."""
    sent = {"customer": "", "currency": "EUR", "lines-TOTAL_FORMS": str(len(lines)), "lines-INITIAL_FORMS": "0"}
    for place, (sku, quantity) in enumerate(lines):
        sent |= {f"lines-{place}-variant": sku, f"lines-{place}-quantity": quantity}
    return sent | fields


def looked_up(client, code, **query):
    return client.get(reverse("orders:variant-by-code"), {"code": code, **query}).json()


def test_a_typed_sku_and_a_scanned_barcode_mean_a_variant(client, clerk):
    tea = article("TEA-50", on_hand=5, barcode="4006381333931", price=Decimal("4.50"))
    found = {
        "value": f"#{tea.pk}",
        "text": str(tea),
        "title": "Tea-50",
        "price": "4.50",
        "stock": "5 free",
    }
    assert [looked_up(client, code) for code in ("tea-50", "4006381333931", "TEA")] == [found] * 3
    assert looked_up(client, "tea-50", quantity="9") == found | {"stock": "5 free, 9 asked", "short": True}
    assert looked_up(client, "tea-50", currency="USD")["stock"] == "5 free · no price in USD"
    assert looked_up(client, "NO") == {"error": "There is no variant “NO”."}


def test_a_scanned_barcode_goes_in_without_javascript(client, clerk):
    article("TEA-50", barcode="4006381333931")
    assert client.post(reverse("orders:new"), form(("4006381333931", "2"))).status_code == 302
    assert list(Order.objects.get().lines.values_list("sku", "quantity")) == [("TEA-50", 2)]


def test_a_new_customer_in_place(client, clerk):
    article("TEA")
    head = {
        "new_customer": "on",
        "customer_name": "Ada",
        "email": "ada@example.com",
        "shipping_line1": "1 Main St",
        "shipping_city": "Ulm",
        "shipping_country": "DE",
    }
    answer = client.post(reverse("orders:new"), form(("TEA", "1"), **head))
    assert answer.status_code == 302, answer.context["form"].errors
    customer = Customer.objects.get()
    assert (customer.name, customer.contacts.get().normalized, customer.addresses.get().city) == (
        "Ada",
        "ada@example.com",
        "Ulm",
    )
    assert Order.objects.get().customer == customer

    again = client.post(reverse("orders:new"), form(("TEA", "1"), **head))
    assert again.status_code == 422
    assert "ada@example.com" in str(again.context["form"].errors)
    nameless = client.post(reverse("orders:new"), form(("TEA", "1"), new_customer="on"))
    assert nameless.context["form"].errors == {"customer_name": ["A new customer needs a name."]}
    both = client.post(reverse("orders:new"), form(("TEA", "1"), **head) | {"customer": f"#{customer.pk}"})
    assert both.context["form"].errors == {"new_customer": ["A customer is chosen already. Clear the choice first."]}
    assert (Customer.objects.count(), Order.objects.count()) == (1, 1)


def test_what_is_wrong_is_said_at_its_field_and_everything_typed_stays(client, clerk):
    article("TEA")
    sent = form(("NO", "2"), ("TEA", "-3"), ("TEA", "4"), note="Ring twice")
    answer = client.post(reverse("orders:new"), sent)

    rows = answer.context["formset"].forms
    assert (answer.status_code, rows[0].errors, rows[1].errors) == (
        422,
        {"variant": ["There is no variant “NO”."]},
        {"quantity": ["The quantity must be at least 1."]},
    )
    page = answer.content.decode()
    assert [text in page for text in ('value="NO"', 'value="-3"', 'value="4"', "Ring twice")] == [True] * 4

    other = client.post(reverse("orders:new"), form(("TEA", "4"), currency="USD"))
    assert [row.errors for row in other.context["formset"].forms] == [
        {"unit_price": ["TEA has no price in USD. Type one."]}
    ]
    assert 'value="4"' in other.content.decode()
    assert not Order.objects.exists()


def test_an_earlier_order_once_more_at_the_prices_of_now(client, clerk):
    tea, cup, old = article("TEA", on_hand=9), article("CUP", on_hand=9), article("OLD", on_hand=9)
    customer = buyer()
    lines = [
        NewLine(2, tea, discount=Decimal(1)),
        NewLine(1, cup),
        NewLine(3, old),
        NewLine(1, title="Wrap", unit_price=Decimal(3)),
    ]
    order = services.place_new(
        by=clerk, lines=lines, customer=customer, note="Once", shipping=Decimal(5), source="shop", source_number="7"
    )
    tea.price = Decimal(12)
    tea.save()
    old.is_active = False
    old.save()

    page = client.post(reverse("orders:duplicate", args=[order.number]), follow=True)

    draft = Order.objects.latest("pk")
    assert page.request["PATH_INFO"] == reverse("orders:edit", args=[draft.number])
    assert [str(message) for message in page.context["messages"]] == [
        "OLD is no longer sold.",
        f"{draft.number} has the customer and the lines, at the prices of now.",
    ]
    assert (draft.status, draft.customer, draft.source, draft.source_number, draft.note, draft.shipping, draft.total) == (
        "draft", customer, "staff", "", "", 5, 42,
    )  # fmt: skip
    assert list(draft.lines.values_list("sku", "title", "quantity", "unit_price", "discount")) == [
        ("TEA", "Tea", 2, 12, 0),
        ("CUP", "Cup", 1, 10, 0),
        ("", "Wrap", 1, 3, 0),
    ]


def test_an_order_of_which_nothing_is_sold_any_more_is_not_duplicated(client, clerk):
    old = article("OLD", on_hand=9)
    order = services.place_new(by=clerk, lines=[NewLine(3, old)])
    old.is_active = False
    old.save()
    page = client.post(reverse("orders:duplicate", args=[order.number]), follow=True)
    assert [str(message) for message in page.context["messages"]] == [
        f"Nothing of {order.number} can be sold again.",
        "OLD is no longer sold.",
    ]
    assert Order.objects.count() == 1
