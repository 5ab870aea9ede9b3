"""Drafts: what follows from customer and variant, what is refused, and the money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from backoffice.errors import IllegalTransition
from orders import services
from orders.models import Order, OrderLine, TaxRate
from orders.services import NewLine
from orders.services.writing import take
from tests.orders.builders import article, buyer, line_of, make_order, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


def test_a_draft_knows_its_customer(clerk):
    customer = buyer("Ada Lovelace", email="ada@example.com", language="zh-hans")

    order = services.create_draft(by=clerk, customer=customer, lines=[NewLine(2, article("TEA"))])

    assert (order.customer_name, order.email, order.language) == ("Ada Lovelace", "ada@example.com", "zh-hans")
    assert order.shipping_address["city"] == order.billing_address["city"] == "Berlin"
    assert (order.status, order.total, order.number.startswith("SO-")) == ("draft", 20, True)


def test_tax_follows_class_and_country(clerk):
    TaxRate.objects.create(tax_class="standard", country="DE", name="USt 19%", rate=Decimal("0.19"))
    TaxRate.objects.create(tax_class="standard", country="", name="Export", rate=0)
    TaxRate.objects.create(tax_class="reduced", country="DE", name="USt 7%", rate=Decimal("0.07"))
    book, tea = article("BOOK", tax_class="reduced"), article("TEA")

    home = services.create_draft(
        by=clerk, customer=buyer(), lines=[NewLine(1, tea), NewLine(1, book)], shipping=Decimal("5.95")
    )
    abroad = services.create_draft(by=clerk, lines=[NewLine(1, tea)], shipping_address={"country": "US"})
    exempt = services.create_draft(by=clerk, customer=buyer(tax_exempt=True), lines=[NewLine(1, tea)])

    assert [(line.tax_name, line.net, line.tax) for line in home.lines.all()] == [
        ("USt 19%", Decimal("8.40"), Decimal("1.60")),
        ("USt 7%", Decimal("9.35"), Decimal("0.65")),
    ]
    assert (home.total, home.tax) == (Decimal("25.95"), Decimal("3.20"))
    assert (abroad.tax, line_of(abroad, "TEA").tax_name) == (0, "Export")
    assert exempt.tax == 0


def test_prices_without_tax(clerk):
    line = NewLine(3, article("TEA"), unit_price=Decimal("9.99"), tax_rate=Decimal("0.19"))
    order = services.create_draft(
        by=clerk, lines=[line], prices_include_tax=False, shipping=Decimal(5), shipping_tax_rate=Decimal("0.19")
    )
    assert (order.subtotal, order.tax, order.total) == (Decimal("29.97"), Decimal("6.64"), Decimal("41.61"))


@pytest.mark.parametrize(
    ("currency", "price", "total"), [("JPY", "333", "999"), ("KWD", "0.333", "0.999"), ("EUR", "0.335", "1.01")]
)
def test_currencies_round_to_their_own_units(clerk, currency, price, total):
    order = services.create_draft(
        by=clerk, currency=currency, lines=[NewLine(3, article("TEA"), unit_price=Decimal(price))]
    )
    assert order.total == Decimal(total)


def test_the_discount_is_shared_to_the_last_cent(clerk):
    lines = [NewLine(1, article(sku), unit_price=Decimal("10")) for sku in ("A", "B", "C")]
    order = services.create_draft(by=clerk, lines=lines, discount=Decimal("10"))
    assert [line.order_discount for line in order.lines.all()] == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert order.total == 20


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"quantity": 0}, "TEA: the quantity must be at least 1."),
        ({"quantity": 1, "unit_price": Decimal(-1)}, "TEA: amounts cannot be negative."),
        (
            {"quantity": 1, "discount": Decimal(11)},
            "TEA: the discount of €11.00 is more than the line comes to (€10.00).",
        ),
        ({"quantity": 1, "discount": Decimal("0.005")}, "0.005: EUR has 2 decimals."),
    ],
)
def test_lines_are_refused_with_the_reason(clerk, line, sentence):
    with pytest.raises(ValidationError) as refusal:
        services.create_draft(by=clerk, lines=[NewLine(variant=article("TEA"), **line)])
    assert refusal.value.messages == [sentence]
    assert not Order.objects.exists()


def test_other_refusals(clerk):
    tea = article("TEA")
    with pytest.raises(ValidationError, match="more than the lines come to"):
        services.create_draft(by=clerk, lines=[NewLine(1, tea)], discount=Decimal(11))
    with pytest.raises(ValidationError, match="JPY has 0 decimals"):
        services.create_draft(by=clerk, lines=[NewLine(1, tea)], currency="JPY", shipping=Decimal("0.5"))
    with pytest.raises(services.LineRefused, match="OLD is no longer sold"):
        services.create_draft(by=clerk, lines=[NewLine(1, article("OLD", is_active=False))])
    with pytest.raises(services.LineRefused, match="needs a SKU or a title"):
        services.create_draft(by=clerk, lines=[NewLine(1)])
    services.create_draft(by=clerk, lines=[NewLine(1, tea)], source="shop", source_number="77")
    with pytest.raises(ValidationError, match="Order 77 of shop was taken in already"):
        services.create_draft(by=clerk, lines=[NewLine(1, tea)], source="shop", source_number="77")


def test_edit_draft_changes_lines_in_place(clerk):
    order = make_order([("TEA", 1), ("CUP", 1)])
    tea = line_of(order, "TEA")
    lines = [
        NewLine(5, tea.variant, line=tea.pk, discount=Decimal(5)),
        NewLine(1, None, title="Gift wrap", unit_price=Decimal(3)),
    ]

    edited = services.edit_draft(order, by=clerk, lines=lines, shipping=Decimal(4), note="Leave at the door")

    assert [(line.pk == tea.pk, line.title, line.quantity) for line in edited.lines.all()] == [
        (True, "Tea", 5),
        (False, "Gift wrap", 1),
    ]
    assert (edited.total, edited.note) == (52, "Leave at the door")


def test_placed_orders_keep_their_lines(clerk):
    order = make_order(placed=True)
    with pytest.raises(IllegalTransition, match="is Placed and cannot become edited"):
        services.edit_draft(order, by=clerk, shipping=Decimal(1))
    changed = services.change_details(order, by=clerk, note="Call first", tags=["vip"])
    assert (changed.note, changed.tags) == ("Call first", ["vip"])
    with pytest.raises(TypeError):
        services.change_details(order, by=clerk, total=1)


def test_notes_stand_in_the_timeline(clerk, django_assert_num_queries):
    order = make_order()
    services.add_note(order, text="Asked for a call", by=clerk)
    with pytest.raises(ValidationError, match="Write the note first"):
        services.add_note(order, text=" ", by=clerk)


def test_every_column_of_an_order_and_its_lines_is_written(clerk):
    moment, customer = timezone.now(), buyer()
    head = {
        "number": "", "customer_id": customer.pk, "customer_name": "Ada", "email": "a@example.com", "phone": "1", "language": "zh-hans",
        "billing_address": {"city": "Bonn"}, "shipping_address": {"city": "Köln"}, "status": "closed", "payment_status": "partially_refunded",
        "fulfilment_status": "fulfilled", "return_status": "requested", "source": "shop", "source_number": "7", "currency": "USD",
        "prices_include_tax": False, "subtotal": 1, "discount": 2, "shipping": 3, "shipping_tax_rate": Decimal("0.19"), "tax": 4,
        "total": 5, "paid": 9, "refunded": 8, "note": "Ring \"twice\"", "tags": ["b", "a,b"], "cancel_reason": "late",
        "placed_at": moment - timedelta(1), "closed_at": moment - timedelta(2), "canceled_at": moment - timedelta(3),
        "created_by_id": clerk.pk, "created_at": moment - timedelta(4), "updated_at": None,
    }  # fmt: skip
    row = {
        "order_id": None, "position": 3, "variant_id": article("TEA").pk, "sku": "S", "title": "Tea", "quantity": 9,
        "unit_price": Decimal("1.005"), "discount": 1, "order_discount": 2, "tax_name": "VAT", "tax_rate": Decimal("0.07"),
        "requires_shipping": False, "net": 3, "tax": 4, "gross": 7, "allocated": 1, "fulfilled": 2, "canceled": 3, "returned": 1,
    }  # fmt: skip
    kept = {"authorized": 0, "voided": 0, "refund_granted": 0, "on_hold": False}  # by triggers of what they are about
    assert head.keys() | kept.keys() == {field.attname for field in Order._meta.concrete_fields} - {"id", "search_text"}
    assert row.keys() | {"tax_rounding"} == {field.attname for field in OrderLine._meta.concrete_fields} - {"id"}
    order, line = Order(**head), OrderLine(**row)

    take(order, [line], ["order.created"], [], by=clerk)

    stored = Order.objects.values().get(pk=order.pk)
    assert order.number.startswith("SO-")
    assert stored | {"updated_at": None} == head | kept | {
        "id": order.pk,
        "number": order.number,
        "search_text": stored["search_text"],
    }
    assert stored["updated_at"] == order.updated_at >= moment
    assert OrderLine.objects.values().get() == row | {"id": line.pk, "order_id": order.pk, "tax_rounding": 0}
