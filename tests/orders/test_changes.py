"""Placed orders are edited: what is refused, and what becomes of money, stock and the invoice."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from backoffice import verification
from backoffice.errors import IllegalTransition
from backoffice.models import AuditEvent
from inventory.models import Allocation, StockLevel, StockMove
from orders import services
from orders.models import Order, OrderChange, OrderLine, TaxRate
from orders.services import LineChange, Wanted
from orders.services.changes import see, version_of
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


def proven() -> None:
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def change(order: Order, *lines: LineChange, by=None, reason: str = "By telephone", **header) -> Order:
    """Save and apply what is wanted."""
    return services.change_order(order, Wanted(lines, header, reason), by=by, seen=see(order))


def lines_of(order: Order) -> list[tuple[str, int, int]]:
    return list(order.lines.order_by("position").values_list("sku", "quantity", "allocated"))


def levels() -> dict[str, int]:
    return dict(StockLevel.objects.values_list("variant__sku", "allocated"))


def test_lines_are_added_removed_swapped_and_counted_anew():
    order = make_order([("TEA", 5), ("CUP", 1), ("POT", 2)], placed=True)
    jug = article("JUG", on_hand=3, price=Decimal(7))
    wrap = LineChange(title="Gift wrap", quantity=1, unit_price=Decimal("2.50"))

    changed = change(
        order,
        LineChange(line_of(order, "TEA").pk, quantity=3, unit_price=Decimal(9)),
        LineChange(line_of(order, "CUP").pk, removed=True),
        LineChange(line_of(order, "POT").pk, variant=jug),
        LineChange(variant=article("CUP"), quantity=4, discount=Decimal(1)),
        wrap,
    )

    assert lines_of(order) == [("TEA", 3, 3), ("JUG", 2, 2), ("CUP", 4, 4), ("", 1, 0)]
    assert changed.total == 3 * 9 + 2 * 7 + 4 * 10 - 1 + Decimal("2.50")
    assert levels() == {"TEA": 3, "CUP": 4, "POT": 0, "JUG": 2}
    event = AuditEvent.objects.get(verb="order.changed")
    assert event.data["lines"] == {"TEA": "−2", "CUP": "+3", "POT": "−2", "JUG": "+2", "Gift wrap": "+1"}
    assert (event.data["was"], event.data["is"], event.reason) == ("80.000", "82.500", "By telephone")
    proven()


def test_what_is_given_up_serves_another_line_at_once():
    order = make_order([("TEA", 5), ("CUP", 1)], placed=True)
    other = make_order([("TEA", 95)], placed=True)

    change(order, LineChange(line_of(order, "TEA").pk, removed=True), LineChange(variant=article("TEA"), quantity=5))

    assert lines_of(order) == [("CUP", 1, 1), ("TEA", 5, 5)]
    assert levels()["TEA"] == 5 + sum(other.lines.values_list("allocated", flat=True))
    proven()


def test_all_stock_is_posted_in_one_call_and_from_where_the_order_is_served_already():
    far = warehouse("far", priority=50)
    article("TEA", on_hand=2, at=far)
    order = make_order([("TEA", 1)], placed=True)
    article("TEA", on_hand=9)
    before = StockMove.objects.count()

    change(order, LineChange(line_of(order, "TEA").pk, quantity=2))

    assert Allocation.objects.get().location == far
    move = StockMove.objects.order_by("pk").last()
    assert (StockMove.objects.count() - before, move.kind, move.quantity) == (1, "allocated", 1)
    proven()


def test_too_little_stock_changes_nothing_and_is_foreseen():
    order = make_order([("TEA", 1)], on_hand=3, placed=True)
    wanted = Wanted([LineChange(line_of(order, "TEA").pk, quantity=9)])
    services.save_change(order, wanted, by=None, seen=see(order))

    outcome = services.foresee_change(order, wanted)

    assert list(outcome.short) == ["TEA: 2 available, 8 asked."]
    with pytest.raises(ValidationError, match="TEA: 2 available, 8 asked"):
        services.apply_change(order, by=None)
    assert lines_of(order) == [("TEA", 1, 1)]
    assert OrderChange.objects.get().status == "open"


def test_the_preview_says_what_applying_then_does():
    TaxRate.objects.create(tax_class="standard", name="VAT 19%", rate=Decimal("0.19"))
    order = make_order([("TEA", 2), ("CUP", 1)], placed=True, discount=Decimal("3.33"), shipping=Decimal("4.90"))
    services.record_payment(order, amount=order.total, method="card", by=None)
    invoice = services.issue_invoice(order, by=None)
    order.refresh_from_db()
    wanted = Wanted(
        [LineChange(line_of(order, "TEA").pk, quantity=1), LineChange(variant=article("POT", on_hand=4), quantity=3)],
        {"shipping": Decimal(0), "discount": Decimal("1.01")},
    )

    foreseen = services.foresee_change(order, wanted)
    services.save_change(order, wanted, by=None, seen=see(order))
    changed = services.apply_change(order, by=None)

    assert (foreseen.before.total, foreseen.after.total) == (order.total, changed.total)
    assert changed.total == Decimal("48.99")
    assert foreseen.after.tax == changed.tax
    assert foreseen.balance == changed.balance == changed.total - order.total
    assert [(e.sku, e.freed, e.promised) for e in foreseen.stock] == [("TEA", 1, 0), ("POT", 0, 3)]
    assert (foreseen.invoice, foreseen.left) == (invoice, invoice.gross)
    assert foreseen.taxes == [("VAT 19%", order.tax, changed.tax)]
    proven()


def test_the_invoice_is_credited_and_issued_anew():
    order = make_order([("TEA", 2)], placed=True)
    old = services.issue_invoice(order, by=None)

    change(order, LineChange(line_of(order, "TEA").pk, quantity=3))

    first, note, second = order.invoices.order_by("pk")
    assert (first, note.kind, note.corrects, note.gross) == (old, "credit_note", old, old.gross)
    assert (second.kind, second.gross, second.content["lines"][0]["quantity"]) == ("invoice", 30, 3)
    assert note.content["reason"] == "By telephone"


@pytest.mark.parametrize(("quantity", "paid", "status"), [(1, 20, "overcharged"), (3, 20, "partially_paid")])
def test_what_is_left_to_do_about_money_follows(quantity, paid, status):
    order = make_order([("TEA", 2)], placed=True)
    services.record_payment(order, amount=Decimal(paid), method="card", by=None)
    order.refresh_from_db()

    changed = change(order, LineChange(line_of(order, "TEA").pk, quantity=quantity))

    assert (changed.payment_status, changed.balance) == (status, quantity * 10 - paid)


def test_another_country_taxes_anew():
    for country, rate in (("DE", "0.19"), ("FR", "0.2")):
        TaxRate.objects.create(tax_class="standard", country=country, name=f"VAT {country}", rate=Decimal(rate))
    order = make_order([("TEA", 1)], customer=buyer(), placed=True, shipping=Decimal(6))

    changed = change(order, shipping_address={"line1": "Rue 1", "city": "Paris", "country": "FR"})

    assert (line_of(order, "TEA").tax_name, changed.shipping_tax_rate) == ("VAT FR", Decimal("0.2"))
    assert (changed.total, changed.tax) == (16, Decimal("2.67"))
    assert changed.shipping_address["city"] == "Paris"
    proven()


def test_shipped_and_packed_pieces_are_not_edited_away():
    order = make_order([("TEA", 5), ("CUP", 3)], placed=True)
    parcel_of(order, TEA=2, shipped=True)
    parcel = parcel_of(order, TEA=1, CUP=1)
    tea, cup = line_of(order, "TEA").pk, line_of(order, "CUP").pk
    pot = article("POT", on_hand=1)
    refused = {
        "TEA: 2 pieces were shipped. Announce a return for what comes back.": LineChange(tea, quantity=1),
        "TEA: 1 pieces lie in an open parcel.": LineChange(tea, quantity=2),
        "TEA was shipped in part and cannot be swapped.": LineChange(tea, variant=pot),
        "TEA was shipped: only its quantity can change.": LineChange(tea, unit_price=Decimal(1)),
        "CUP: 1 pieces lie in an open parcel.": LineChange(cup, removed=True),
        "CUP lies in an open parcel and cannot be swapped.": LineChange(cup, variant=pot),
    }
    for sentence, wanted in refused.items():
        with pytest.raises(services.ChangeRefused, match=sentence):
            services.save_change(order, Wanted([wanted]), by=None, seen=see(order))

    changed = change(order, LineChange(tea, quantity=3), LineChange(cup, quantity=1))
    services.ship(services.pack(parcel, by=None), by=None)

    assert lines_of(order) == [("TEA", 3, 0), ("CUP", 1, 0)]
    assert changed.total == 40
    proven()


def test_a_line_that_a_canceled_parcel_names_is_canceled_and_not_deleted():
    order = make_order([("TEA", 2), ("CUP", 1)], placed=True)
    services.cancel_fulfilment(parcel_of(order, TEA=1), by=None)

    changed = change(order, LineChange(line_of(order, "TEA").pk, removed=True))

    assert (line_of(order, "TEA").canceled, line_of(order, "TEA").allocated, changed.total) == (2, 0, 10)
    proven()


def test_pieces_that_were_canceled_stay_canceled():
    order = make_order([("TEA", 5)], placed=True)
    services.cancel_lines(order, quantities={line_of(order, "TEA").pk: 2}, by=None, reason="x")

    changed = change(order, LineChange(line_of(order, "TEA").pk, quantity=4))

    line = line_of(order, "TEA")
    assert (line.quantity, line.canceled, line.allocated, changed.total) == (6, 2, 4, 40)
    proven()


def test_drafts_closed_orders_and_nothing_at_all_are_refused():
    draft = make_order([("TEA", 1)])
    with pytest.raises(IllegalTransition, match="cannot become changed"):
        services.save_change(draft, Wanted(), by=None, seen=see(draft))
    order = make_order([("TEA", 1)], placed=True)
    with pytest.raises(services.ChangeRefused, match="Nothing would be left"):
        change(order, LineChange(line_of(order, "TEA").pk, removed=True))
    with pytest.raises(ValidationError, match="Nothing would change"):
        change(order)
    services.save_change(order, Wanted(reason="Not sure yet"), by=None, seen=see(order))
    services.discard_change(order, by=None)
    with pytest.raises(ValidationError, match="has no open change"):
        services.apply_change(order, by=None)


def test_an_order_that_moved_since_is_shown_and_the_change_kept():
    order = make_order([("TEA", 5), ("CUP", 2)], placed=True)
    tea = line_of(order, "TEA").pk
    seen = see(order)
    services.save_change(order, Wanted([LineChange(tea, quantity=4)]), by=None, seen=seen)
    services.cancel_lines(order, quantities={line_of(order, "CUP").pk: 1}, by=None, reason="x")
    parcel_of(order, TEA=3)

    with pytest.raises(services.OrderMoved) as refused:
        services.apply_change(order, by=None)
    services.apply_change(order, by=None, seen=see(order))

    assert refused.value.messages[1:] == ["TEA, in parcels: 3, was 0.", "CUP, quantity: 1, was 2."]
    assert lines_of(order) == [("TEA", 4, 4), ("CUP", 2, 1)]


def test_payments_meanwhile_are_no_reason_to_refuse():
    order = make_order([("TEA", 5)], placed=True)
    services.save_change(order, Wanted([LineChange(line_of(order, "TEA").pk, quantity=4)]), by=None, seen=see(order))
    services.record_payment(order, amount=Decimal(50), method="card", by=None)
    assert services.apply_change(order, by=None).payment_status == "overcharged"


def test_one_change_is_open_at_a_time_and_nobodys_is_overwritten():
    order = make_order([("TEA", 5)], placed=True)
    wanted = Wanted([LineChange(line_of(order, "TEA").pk, quantity=4)])
    first = services.save_change(order, wanted, by=None, seen=see(order))

    with pytest.raises(services.OrderMoved, match="Another change of this order was saved"):
        services.save_change(order, wanted, by=None, seen=see(order))
    services.save_change(order, wanted, by=None, seen=see(order), version=version_of(first))

    with pytest.raises(IntegrityError, match="order_change_one_open"), transaction.atomic():
        OrderChange.objects.create(order=order)
    services.apply_change(order, by=None)
    with pytest.raises(IntegrityError, match="cannot become open"), transaction.atomic():
        OrderChange.objects.update(status="open")


def test_a_kept_change_is_read_as_it_was_written():
    order = make_order([("TEA", 5), ("CUP", 1)], placed=True)
    wanted = Wanted(
        [
            LineChange(line_of(order, "TEA").pk, quantity=4, unit_price=Decimal("9.500")),
            LineChange(line_of(order, "CUP").pk, removed=True),
            LineChange(variant=article("POT"), quantity=2),
        ],
        {"shipping": Decimal("1.000"), "shipping_address": {"city": "Rome"}},
        "By mail",
    )
    kept = services.save_change(order, wanted, by=None, seen=see(order))

    assert services.changes.wanted_of(OrderChange.objects.get(pk=kept.pk)) == wanted
    assert OrderLine.objects.filter(order=order).count() == 2


# --- The page -------------------------------------------------------------------------------------


@pytest.fixture
def clerk(client):
    user = staff("order_clerk")
    client.force_login(user)
    return user


def typed(client, order: Order, **more: str) -> dict[str, str]:
    """What the page of the change would send untouched, and `more`; keys are `lines__0__quantity` and so on."""
    page = client.get(f"/orders/{order.number}/change/")
    form, formset = page.context["form"], page.context["formset"]
    data = {bound.html_name: bound.value() for part in (form, *formset.forms) for bound in part}
    data |= {f"lines-{name}": value for name, value in formset.management_form.initial.items()}
    sent = {name: str(value) for name, value in data.items() if value not in (None, "") and value is not False}
    return sent | {name.replace("__", "-"): value for name, value in more.items()}


def test_an_untouched_page_changes_nothing(client, clerk):
    order = make_order([("TEA", 5), ("CUP", 1)], placed=True, customer=buyer(), discount=Decimal("1.23"))
    response = client.post(f"/orders/{order.number}/change/", typed(client, order, apply="1"))
    assert response.status_code == 422
    assert "Nothing would change." in response.content.decode()
    assert not OrderChange.objects.exists()


def test_clicks_change_the_order_and_lead_to_the_refund(client, clerk):
    order = make_order([("TEA", 5), ("CUP", 1)], placed=True, customer=buyer())
    services.record_payment(order, amount=order.total, method="card", by=None)
    article("POT", on_hand=5, price=Decimal("3.50"))
    more = {"lines__0__quantity": "2", "lines__1__DELETE": "on", "lines__2__variant": "POT", "lines__2__quantity": "2"}
    sent = typed(client, order, reason="By telephone", **more)

    preview = client.post(f"/orders/{order.number}/change/", sent | {"preview": "1"})
    done = client.post(f"/orders/{order.number}/change/", sent | {"apply": "1"}, follow=True)

    assert preview.status_code == 200
    assert "€33.00 is then to be given back." in preview.content.decode()
    assert done.redirect_chain == [(f"/orders/{order.number}/refund/", 302)]
    assert done.context["form"]["amount"].value() == 33
    assert f"{order} is changed. €33.00 is to be given back." in done.content.decode()
    assert lines_of(order) == [("TEA", 2, 2), ("POT", 2, 2)]


def test_a_swap_brings_price_and_title_of_the_other_article(client, clerk):
    order = make_order([("TEA", 2)], placed=True)
    article("POT", on_hand=5, price=Decimal("3.50"))
    client.post(f"/orders/{order.number}/change/", typed(client, order, lines__0__variant="POT", apply="1"))
    line = order.lines.get()
    assert (line.sku, line.title, line.unit_price, line.quantity) == ("POT", "Pot", Decimal("3.5"), 2)


def test_a_change_is_kept_and_gone_on_with(client, clerk):
    order = make_order([("TEA", 5)], placed=True)
    sent = typed(client, order, lines__0__quantity="3", shipping="4", save="1")
    assert client.post(f"/orders/{order.number}/change/", sent).status_code == 302

    again = typed(client, order, apply="1")

    assert (again["lines-0-quantity"], again["shipping"]) == ("3", "4.00")
    assert "Change begun" in client.get(order.get_absolute_url()).content.decode()
    client.post(f"/orders/{order.number}/change/", again)
    order.refresh_from_db()
    assert (order.total, OrderChange.objects.get().status) == (34, "applied")


def test_two_people_at_one_order_lose_nothing(client, clerk):
    order = make_order([("TEA", 5), ("CUP", 2)], placed=True)
    mine = typed(client, order, lines__0__quantity="3", apply="1")
    change(order, LineChange(line_of(order, "CUP").pk, quantity=1))

    refused = client.post(f"/orders/{order.number}/change/", mine)
    page = refused.content.decode()
    rows = [(row["quantity"].value(), row["title"].value()) for row in refused.context["formset"]][:2]

    assert refused.status_code == 409
    assert "CUP, quantity: 1, was 2." in page
    assert rows == [(3, "Tea"), (1, "Cup")]
    assert lines_of(order) == [("TEA", 5, 5), ("CUP", 1, 1)]


def test_a_change_of_an_order_that_was_canceled_meanwhile_is_refused_and_kept(client, clerk):
    order = make_order([("TEA", 5)], placed=True)
    mine = typed(client, order, lines__0__quantity="3", apply="1")
    services.cancel(order, by=None, reason="x")

    refused = client.post(f"/orders/{order.number}/change/", mine)

    assert refused.status_code == 422
    assert "is Canceled and cannot become changed." in refused.content.decode()
    assert refused.context["formset"][0]["quantity"].value() == "3"


def test_more_rows_and_wrong_input_without_scripts(client, clerk):
    order = make_order([("TEA", 5)], placed=True)
    more = client.post(f"/orders/{order.number}/change/", typed(client, order, lines__1__title="Wrap", more="1"))
    wrong = client.post(f"/orders/{order.number}/change/", typed(client, order, lines__1__title="Wrap", apply="1"))
    forged = client.post(f"/orders/{order.number}/change/", typed(client, order, opened="x", apply="1"))
    assert (more.status_code, len(more.context["formset"].forms)) == (200, 8)
    assert "A line without a SKU needs a price." in wrong.content.decode()
    assert (wrong.status_code, forged.status_code) == (422, 422)


def test_only_clerks_change_placed_orders(client):
    order = make_order([("TEA", 5)], placed=True)
    client.force_login(staff("support_agent"))
    assert client.get(f"/orders/{order.number}/change/").status_code == 403
    client.force_login(staff("order_clerk"))
    assert client.get(f"/orders/{make_order([('TEA', 1)]).number}/change/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_any_number_of_lines(client, clerk, django_assert_num_queries, number):
    order = make_order([(f"SKU{n}", 1) for n in range(number)], placed=True)
    sent = typed(client, order, lines__0__quantity="2", preview="1")
    with django_assert_num_queries(10):
        client.post(f"/orders/{order.number}/change/", sent)
