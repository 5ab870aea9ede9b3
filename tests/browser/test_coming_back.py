"""Parcels from two warehouses in one step, and goods that come back in exchange for others, in a real browser."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from inventory.models import StockLevel
from orders import services
from orders.models import Carrier, Fulfilment, Order, Return, ReturnCause
from tests.browser.test_reallocation import look
from tests.browser.test_whole_day import click, said
from tests.factories import make_location, make_user, stock
from tests.orders.builders import article, buyer, make_order


def test_a_part_is_shipped_from_two_warehouses(page: Page, roles, signed_in) -> None:
    main, shop = make_location(priority=1), make_location("SHOP", priority=2)
    stock(article("TEA", on_hand=2, at=main), 3, location=shop)
    Carrier.objects.get_or_create(name="DHL", defaults={"tracking_url": "https://track.example/{number}"})
    order = make_order([("TEA", 5)], placed=True, customer=buyer())
    signed_in(make_user("owner"))

    page.goto(f"/orders/{order.number}/")
    click(page, "Create fulfilment")
    expect(page.get_by_text("One parcel from each location")).to_be_visible()
    look(page, "fulfil-all")
    page.get_by_role("spinbutton", name="from Shop").fill("1")
    click(page, "Create fulfilment")
    for number in (1, 2):
        page.goto(f"/orders/fulfilments/{order.number}-F{number}/")
        click(page, "Mark as packed")
        click(page, "Ship")
        page.get_by_label("Carrier").fill("DHL")
        page.get_by_label("Tracking number").fill(f"TRK-{number}")
        click(page, "Ship")
        said(page, "is shipped")
    expect(page.get_by_role("link", name="Follow parcel")).to_have_attribute(
        "href", Fulfilment.objects.get(number=f"{order.number}-F2").tracking_url
    )
    look(page, "parcel-shipped")
    click(page, "Mark as delivered")
    click(page, "Mark as delivered")
    said(page, "is delivered")
    page.goto(f"/orders/{order.number}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Partly shipped")
    look(page, "order-two-parcels")

    assert sorted(StockLevel.objects.values_list("location__code", "on_hand", "allocated")) == [
        ("MAIN", 0, 0),
        ("SHOP", 2, 2),
    ]


def test_a_return_is_exchanged(page: Page, roles, signed_in) -> None:
    main = make_location()
    (
        article("SHIRT-S", on_hand=3, at=main, title="Shirt S"),
        article("SHIRT-M", on_hand=3, at=main, title="Shirt M", price=Decimal(12)),
    )
    ReturnCause.objects.get_or_create(code="too_small", defaults={"name": "Too small"})
    order = make_order([("SHIRT-S", 2)], placed=True, customer=buyer())
    services.record_payment(order, amount=order.total, method="card", by=None)
    parcel = services.create_fulfilment(order, location=main, by=None)
    services.ship(services.pack(parcel, by=None), by=None)
    signed_in(make_user("owner"))

    page.goto(f"/orders/{order.number}/")
    click(page, "Announce return")
    page.get_by_role("spinbutton").fill("2")
    page.get_by_label("Reason: Shirt S").select_option(label="Too small")
    look(page, "announce")
    click(page, "Announce return")
    click(page, "Choose exchange")
    page.get_by_role("combobox", name="SKU, row 1").fill("SHIRT-M")
    page.get_by_label("Quantity, row 1").fill("2")
    look(page, "exchange")
    click(page, "Choose exchange")
    said(page, "The exchange of")
    click(page, "Approve return")
    click(page, "Receive return")
    page.get_by_role("spinbutton", name="resellable").fill("1")
    page.get_by_role("spinbutton", name="damaged").fill("1")
    look(page, "receive-return")
    click(page, "Receive return")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Received")
    look(page, "return-exchanged")

    row = Return.objects.get()
    new = Order.objects.get(source="exchange")
    assert (row.exchange, row.refunded, new.total, new.balance) == (new, Decimal(20), Decimal(24), Decimal(4))
    page.locator("main").get_by_role("link", name=new.number).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(new.number)
    expect(page.locator("main").get_by_role("link", name=row.number).first).to_be_visible()
    look(page, "order-in-exchange")
    page.goto(f"/orders/{order.number}/")
    expect(page.locator("main").get_by_role("link", name=new.number).first).to_be_visible()
    look(page, "order-exchanged")
