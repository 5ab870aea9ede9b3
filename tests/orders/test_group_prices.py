"""What staff enter without a price costs what the customer's group pays at that moment, in the order's currency."""

from decimal import Decimal

import pytest
from django.urls import reverse

from catalog import services as catalog
from orders.models import Order
from tests.orders.builders import article, buyer, line_of, make_order, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = staff("order_clerk")
    client.force_login(user)
    return user


@pytest.fixture
def tea():
    """It costs 10.00, for wholesale 8.00, and 9.00 in dollars."""
    variant = article("TEA", on_hand=9)
    for code, price, facts in (("WHOLE", 8, {"customer_group": "WHOLESALE"}), ("USA", 9, {"currency": "USD"})):
        price_list = catalog.save_price_list(by=staff("owner"), code=code, name=code, **{"currency": "EUR", **facts})
        catalog.set_list_price(price_list, variant, by=staff("owner"), price=Decimal(price))
    return variant


def form(customer=None, **fields):
    head = {"customer": f"#{customer.pk}" if customer else "", "currency": "EUR"}
    return head | {"lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0", "lines-0-variant": "TEA"} | fields


def enter(client, customer=None, **fields):
    answer = client.post(reverse("orders:new"), form(customer, **fields))
    assert answer.status_code == 302, answer.context["form"].errors
    return line_of(Order.objects.latest("pk"), "TEA").unit_price


def test_the_group_of_the_customer_and_the_currency_decide(client, clerk, tea):
    assert enter(client) == 10
    assert enter(client, buyer()) == 10
    assert enter(client, buyer(price_group="WHOLESALE")) == 8
    assert enter(client, buyer(price_group="VIP")) == 10
    assert enter(client, currency="USD") == 9


def test_a_price_that_was_typed_counts(client, clerk, tea):
    assert enter(client, buyer(price_group="WHOLESALE"), **{"lines-0-unit_price": "9.50"}) == Decimal("9.50")


def test_without_a_price_in_the_currency_one_is_asked_for(client, clerk, tea):
    article("CUP")

    answer = client.post(reverse("orders:new"), form(**{"currency": "USD", "lines-1-variant": "CUP"}))

    assert answer.status_code == 422
    assert "CUP has no price in USD. Type one." in answer.content.decode()
    assert not Order.objects.exists()


def test_prices_of_a_draft_are_taken_anew_when_asked_for(client, clerk, tea):
    """They are shown, and can still be changed, before anything is saved."""
    order = make_order([("TEA", 1)])
    page = client.get(reverse("orders:edit", args=[order.number]))
    line = order.lines.get()
    data = form(
        buyer(price_group="WHOLESALE"),
        **{
            "version": page.context["version"], "lines-INITIAL_FORMS": "1", "lines-0-line": line.pk,
            "lines-0-variant": f"#{tea.pk}", "lines-0-unit_price": "10", "lines-1-title": "Wrap", "lines-1-unit_price": "2",
        },
    )  # fmt: skip

    answer = client.post(reverse("orders:edit", args=[order.number]), data | {"reprice": "1"})

    assert [row["unit_price"].value() for row in answer.context["formset"]] == ["8.00", "2", None]
    line.refresh_from_db()
    assert line.unit_price == 10


@pytest.mark.parametrize(
    ("query", "price", "stock"),
    [
        ("", "10.00", "9 free"),
        ("?currency=USD", "9.00", "9 free · price list USA"),
        ("?currency=JPY", "", "9 free · no price in JPY"),
        ("?customer=%23{key}", "8.00", "9 free · price list WHOLE"),
        ("?customer=Ada", "10.00", "9 free"),
    ],
)
def test_what_is_shown_beside_a_chosen_sku(client, clerk, tea, query, price, stock):
    query = query.format(key=buyer(price_group="WHOLESALE").pk)

    shown = client.get(reverse("orders:variant-info", args=[tea.pk]) + query).json()

    assert shown == {"title": "Tea", "price": price, "stock": stock}
