"""A placed order is changed in a real browser: what that does is shown while one types, and the refund follows."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from orders import services
from orders.models import Order
from tests.browser.test_reallocation import look
from tests.browser.test_reordering import follow, press
from tests.factories import make_user
from tests.orders.builders import article, buyer, make_order


def test_an_edit_after_placement_and_its_refund(page: Page, roles, signed_in) -> None:
    order = make_order([("TEA", 5), ("CUP", 2)], placed=True, customer=buyer())
    article("POT", on_hand=9, price=Decimal("3.50"))
    services.record_payment(order, amount=Decimal(70), method="card", by=None)
    services.issue_invoice(order, by=None)
    signed_in(make_user("order_clerk"))

    page.goto(f"/orders/{order.number}/")
    page.locator("main summary", has_text="More").click()
    follow(page, "Change order")
    preview = page.locator("[data-preview]")
    expect(preview).to_contain_text("Nothing is changed yet.")
    rows = page.locator("[data-rows] tr")
    rows.nth(0).get_by_role("textbox", name="Quantity").fill("3")
    rows.nth(1).get_by_role("checkbox", name="Remove").check()
    rows.nth(2).get_by_role("combobox").fill("POT")
    rows.nth(2).get_by_role("textbox", name="Quantity").fill("4")
    page.get_by_label("Reason for the change").fill("By telephone")
    expect(preview).to_contain_text("€26.00 is then to be given back.")
    expect(preview).to_contain_text("a new one over €44.00 is issued")
    look(page, "change-order")
    press(page, "Apply change")

    expect(page.get_by_text("€26.00 is to be given back.")).to_be_visible()
    expect(page.get_by_label("Amount")).to_have_value("26.00")
    page.get_by_label("Reason").fill("Two packs less")
    press(page, "Refund")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid")
    expect(page.locator("main")).to_contain_text("Order changed")
    order = Order.objects.get(pk=order.pk)
    assert list(order.lines.values_list("sku", "quantity", "allocated")) == [("TEA", 3, 3), ("POT", 4, 4)]
    assert (order.total, order.paid - order.refunded, order.invoices.count()) == (44, 44, 3)
    look(page, "changed-order")
