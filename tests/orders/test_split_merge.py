"""Orders are split and merged: to the cent, with promises and money, and not where something stands against it."""

from copy import copy
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backoffice import verification
from backoffice.models import AuditEvent
from inventory.models import Allocation, StockLevel
from orders import services
from orders.models import Order, OrderLine, TaxRate
from orders.services import status
from orders.services.changes import see
from orders.services.changes.merging import unite
from orders.services.changes.splitting import divide
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, staff, warehouse
from tests.orders.test_properties import priced_orders

database = pytest.mark.django_db
SUMS = ("subtotal", "shipping", "tax", "total")


def proven() -> None:
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def sums_of(*orders: Order) -> list[Decimal]:
    return [sum(getattr(order, name) for order in orders) for name in SUMS]


def discounts_of(lines: list[OrderLine]) -> Decimal:
    return sum(line.discount + line.order_discount for line in lines if line.kept)


@st.composite
def numbered_orders(draw: Any) -> tuple[Order, list[OrderLine]]:
    """A priced order whose lines have keys and discounts of their own."""
    order, lines = draw(priced_orders())
    for key, line in enumerate(lines, start=1):
        most = status.line_amount(order, line)
        line.pk, line.position = key, key
        line.discount = draw(st.sampled_from([Decimal(0), Decimal(0), most, (most / 3).quantize(Decimal(1))]))
        line.discount = min(line.discount, most)
    order.discount = min(order.discount, sum(status.line_amount(order, line) for line in lines))
    status.price(order, lines)
    return order, lines


@given(numbered_orders(), st.data())
@settings(max_examples=100, deadline=None)
def test_both_parts_of_a_split_come_to_what_was_before(priced, data):
    order, lines = priced
    before, discounts, kept = copy(order), discounts_of(lines), sum(line.kept for line in lines)
    chosen = [(line, data.draw(st.integers(0, line.kept))) for line in lines]
    chosen = [(line, asked) for line, asked in chosen if asked]
    whole = [line.pk for line, asked in chosen if asked == line.quantity]
    stubs = {line.pk: asked for line, asked in chosen if line.pk in whole[:1]} if data.draw(st.booleans()) else {}
    exact = all(line.unit_price == round(line.unit_price, 0) and not line.canceled for line in lines)

    new, portions = divide(order, lines, chosen, stubs)

    parts = [portion for _line, portion in portions]
    stay = [line for line in lines if line.quantity]
    assert sums_of(order, new) == sums_of(before)
    assert sum(line.kept for line in [*stay, *parts]) == kept
    for one, its in ((order, stay), (new, parts)):
        assert one.total == sum(line.gross for line in its) + status.shipping_amounts(one)[2]
        assert sum(line.order_discount for line in its) == one.discount
        assert all(line.gross == line.net + line.tax for line in its)
        assert all(min(line.net, line.tax, line.discount, line.order_discount) >= 0 for line in its)
    if exact:
        assert discounts_of([*stay, *parts]) == discounts


@given(numbered_orders(), numbered_orders())
@settings(max_examples=100, deadline=None)
def test_a_merged_order_comes_to_what_both_came_to(first, second):
    (older, lines), (younger, given_lines) = first, second
    younger.currency, younger.prices_include_tax = older.currency, older.prices_include_tax
    younger.shipping = status.round_money(younger.shipping, older.currency)
    younger.discount = Decimal(0)
    for line in given_lines:
        line.discount = Decimal(0)
    if older.shipping:
        younger.shipping_tax_rate = older.shipping_tax_rate
    status.price(younger, given_lines)
    # Where nothing but shipping is taxed, no line can bear what the shipping of both together rounds otherwise.
    assume(any(line.tax for line in [*lines, *given_lines]) or not (older.shipping and younger.shipping))
    before, kept = sums_of(older, younger), sum(line.kept for line in [*lines, *given_lines])

    added = [line for _key, line in unite(older, lines, younger, given_lines)]

    assert sums_of(older) == before
    assert sum(line.kept for line in [*lines, *added]) == kept
    assert older.total == sum(line.gross for line in [*lines, *added]) + status.shipping_amounts(older)[2]
    assert all(min(line.net, line.tax, line.discount) >= 0 for line in [*lines, *added])


# --- Splitting ------------------------------------------------------------------------------------


@pytest.fixture
def taxed(db):
    TaxRate.objects.create(tax_class="standard", name="VAT 19%", rate=Decimal("0.19"))


def test_chosen_pieces_go_with_promises_discounts_and_money(taxed):
    order = make_order(
        [("TEA", 5), ("CUP", 1), ("POT", 3)],
        customer=buyer(),
        placed=True,
        discount=Decimal("10.01"),
        shipping=Decimal("4.90"),
    )
    services.record_payment(order, amount=order.total, method="card", by=None)
    order.refresh_from_db()
    quantities = {line_of(order, "TEA").pk: 2, line_of(order, "CUP").pk: 1}

    foreseen = services.foresee_split(order, quantities)
    new = services.split_order(order, quantities=quantities, by=None, reason="Cup comes later")

    old, before = Order.objects.get(pk=order.pk), order
    assert list(new.lines.values_list("sku", "quantity", "allocated")) == [("TEA", 2, 2), ("CUP", 1, 1)]
    assert list(old.lines.values_list("sku", "quantity", "allocated")) == [("TEA", 3, 3), ("POT", 3, 3)]
    assert sums_of(old, new) == sums_of(before)
    assert (old.discount + new.discount, new.discount) == (before.discount, Decimal("3.33"))
    assert (foreseen.stays.total, foreseen.goes.total, foreseen.carried) == (old.total, new.total, new.total)
    assert (old.payment_status, new.payment_status, new.shipping) == ("paid", "paid", 0)
    assert (new.customer, new.status, new.shipping_address) == (order.customer, "placed", order.shipping_address)
    assert dict(Allocation.objects.values_list("cause", "item").order_by("item")) == {old.number: line_of(old, "POT").pk, new.number: line_of(new, "CUP").pk}  # fmt: skip
    assert set(StockLevel.objects.values_list("variant__sku", "allocated")) == {("TEA", 5), ("CUP", 1), ("POT", 3)}
    verbs = AuditEvent.objects.filter(verb__startswith="order.split").values_list("verb", "subject", "data__order")
    assert set(verbs) == {("order.split", old.number, new.number), ("order.split_off", new.number, old.number)}
    proven()


def test_an_unpaid_order_keeps_its_money_and_an_invoiced_one_is_invoiced_anew(taxed):
    order = make_order([("TEA", 3)], placed=True)
    services.record_payment(order, amount=Decimal(12), method="card", by=None)
    old = services.issue_invoice(order, by=None)

    new = services.split_order(order, quantities={line_of(order, "TEA").pk: 1}, by=None)

    order.refresh_from_db()
    assert (order.paid, order.refunded, order.total, new.paid, new.total) == (12, 0, 20, 0, 10)
    assert [one.gross for one in order.invoices.order_by("pk")] == [30, old.gross, 20]
    assert new.invoices.get().gross == 10
    proven()


def test_shipped_and_packed_pieces_stay(db):
    order = make_order([("TEA", 5)], placed=True)
    parcel_of(order, TEA=2, shipped=True)
    parcel = parcel_of(order, TEA=1)
    key = line_of(order, "TEA").pk
    with pytest.raises(services.QuantityTooHigh, match="TEA: 2 left, 3 asked"):
        services.split_order(order, quantities={key: 3}, by=None)

    new = services.split_order(order, quantities={key: 2}, by=None)
    services.ship(services.pack(parcel, by=None), by=None)

    assert (new.lines.get().fulfilled, new.fulfilment_status) == (0, "unfulfilled")
    order.refresh_from_db()
    assert (order.fulfilment_status, order.total, new.total) == ("fulfilled", 30, 20)
    proven()


def test_a_line_that_a_canceled_parcel_names_stays_as_canceled(db):
    order = make_order([("TEA", 2), ("CUP", 1)], placed=True, discount=Decimal(3))
    services.cancel_fulfilment(parcel_of(order, TEA=1), by=None)

    new = services.split_order(order, quantities={line_of(order, "TEA").pk: 2}, by=None)

    order.refresh_from_db()
    assert (line_of(order, "TEA").canceled, order.total + new.total, new.total) == (2, 27, 18)
    proven()


def test_something_has_to_stay_and_something_to_go(db):
    order = make_order([("TEA", 2)], placed=True)
    for quantities, sentence in (({line_of(order, "TEA").pk: 2}, "Nothing would stay"), ({}, "at least one piece")):
        with pytest.raises(ValidationError, match=sentence):
            services.split_order(order, quantities=quantities, by=None)
    assert Order.objects.count() == 1


# --- Merging --------------------------------------------------------------------------------------


def two_orders(**fields: Any) -> tuple[Order, Order]:
    """Two placed orders of one customer, the second paid."""
    customer = buyer()
    first = make_order([("TEA", 2)], customer=customer, placed=True, shipping=Decimal(5), discount=Decimal(1))
    second = make_order([("TEA", 1), ("CUP", 3)], customer=customer, placed=True, **{"shipping": Decimal(3), **fields})
    services.record_payment(second, amount=second.total, method="card", by=None)
    second.refresh_from_db()
    return first, second


def test_the_older_order_gets_everything(taxed):
    first, second = two_orders(note="Ring twice", tags=["gift"])

    foreseen = services.foresee_merge(second, first)
    merged = services.merge_orders(second, first, by=None)

    second.refresh_from_db()
    assert merged == first
    assert list(merged.lines.values_list("sku", "quantity", "allocated")) == [
        ("TEA", 2, 2),
        ("TEA", 1, 1),
        ("CUP", 3, 3),
    ]
    assert (merged.total, merged.shipping, merged.discount, merged.paid) == (67, 8, 1, 43)
    assert (merged.payment_status, merged.note, merged.tags) == ("partially_paid", "Ring twice", ["gift"])
    assert (second.status, second.total, second.payment_status) == ("canceled", 0, "refunded")
    assert second.cancel_reason == f"Merged into {first}"
    assert set(second.lines.values_list("canceled", "allocated")) == {(1, 0), (3, 0)}
    assert (foreseen.after.total, foreseen.after.tax, foreseen.carried) == (merged.total, merged.tax, 43)
    assert set(Allocation.objects.values_list("cause", flat=True)) == {first.number}
    proven()


def test_orders_that_do_not_go_together_are_refused(taxed):
    first, second = two_orders()
    other = make_order([("TEA", 1)], customer=buyer(), placed=True)
    draft = make_order([("TEA", 1)], customer=first.customer)
    shipped = make_order([("TEA", 1)], customer=first.customer, placed=True)
    parcel_of(shipped, shipped=True)
    invoiced = make_order([("TEA", 1)], customer=first.customer, placed=True)
    services.issue_invoice(invoiced, by=None)
    changing = make_order([("TEA", 1)], customer=first.customer, placed=True)
    services.save_change(changing, services.Wanted(header={"shipping": Decimal(1)}), by=None, seen=see(changing))
    refused = {
        first: "Choose another order than this one",
        other: "The orders differ in customer",
        draft: "is Draft: only placed orders can be merged",
        shipped: "was shipped or lies in a parcel",
        invoiced: "is invoiced by INV-",
        changing: "has an open change",
    }
    for order, sentence in refused.items():
        with pytest.raises(services.CannotMerge, match=sentence):
            services.merge_orders(first, order, by=None)
    second.refresh_from_db()
    assert second.status == "placed"


def test_promises_keep_their_places_and_their_age(db):
    far = warehouse("far", priority=90)
    article("TEA", on_hand=3, at=far)
    first, second = two_orders()
    ages = dict(Allocation.objects.filter(variant__sku="TEA").values_list("quantity", "created_at"))

    services.merge_orders(first, second, by=None)

    promises = Allocation.objects.filter(variant__sku="TEA")
    assert dict(promises.values_list("quantity", "created_at")) == ages
    assert set(promises.values_list("location__code", flat=True)) == {"far"}


# --- Pages ----------------------------------------------------------------------------------------


def test_pages_show_what_will_happen_and_do_it(client, taxed):
    client.force_login(staff("order_clerk"))
    first, second = two_orders()
    address = f"/orders/{second.number}/split/"
    sent = {f"line_{line_of(second, 'CUP').pk}": "1", "reason": "Later"}

    preview = client.post(address, sent | {"preview": "1"})
    done = client.post(address, sent)
    new = Order.objects.latest("pk")
    choice = client.get(f"/orders/{first.number}/merge/")
    chosen = client.get(f"/orders/{first.number}/merge/?with={new.number}")
    merged = client.post(f"/orders/{first.number}/merge/?with={new.number}", {"reason": "Same box"})

    assert (preview.status_code, done.status_code, done["Location"]) == (200, 302, new.get_absolute_url())
    assert "€10.00 go along" in preview.content.decode()
    assert {order.number for order in choice.context["page"].candidates} == {second.number, new.number}
    assert "€10.00 go along" in chosen.content.decode()
    assert (merged.status_code, merged["Location"]) == (302, first.get_absolute_url())
    assert Order.objects.get(pk=new.pk).status == "canceled"
    proven()


def test_pages_refuse_with_a_sentence(client, taxed):
    client.force_login(staff("order_clerk"))
    first, second = two_orders()
    too_many = client.post(f"/orders/{first.number}/split/", {f"line_{line_of(first, 'TEA').pk}": "2"})
    services.issue_invoice(second, by=None)
    invoiced = client.post(f"/orders/{first.number}/merge/?with={second.number}", {"reason": ""})
    assert "Nothing would stay" in too_many.content.decode()
    assert "is invoiced by" in invoiced.content.decode()
    assert (too_many.status_code, invoiced.status_code) == (422, 422)
