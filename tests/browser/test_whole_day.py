"""A merchant's whole day in one window: from the first import to the history that explains every piece."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from asgiref.sync import SyncToAsync
from django.core import mail
from django.db import connections
from playwright.sync_api import Page, expect
from procrastinate.contrib.django import app

from backoffice import publishing, verification
from backoffice.models import Review
from catalog.models import Product
from inventory.models import Location, StockLevel
from orders.models import Order
from tests.factories import make_user

PASSWORD = "a-long-day-in-the-shop"
FILE = """\
Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Barcode,Image Src
day-tea,Day Tea,<p>For the whole day.</p>,Yunwu,Tea,"green,loose",true,Weight,50 g,DAY-50,4.50,,https://shop.example/tea.png
day-tea,,,,,,,,100 g,DAY-100,8.00,,
day-cup,Day Cup,,Feldmark,Cups,,true,Title,Default Title,DAY-CUP,12.00,,
"""


def click(page: Page, name: str) -> None:
    """Follow the link or press the button of this name; it may stand in the menu of further actions."""
    target = page.locator("main").get_by_role("link", name=name, exact=True)
    target = target.or_(page.locator("main").get_by_role("button", name=name, exact=True)).first
    if not target.is_visible():
        page.locator("main summary", has_text="More").first.click()
    with page.expect_navigation():
        target.click()


def run_jobs() -> None:
    """Run the worker until the queue is empty, in a thread of its own as this one keeps the browser's event loop."""

    def work() -> None:
        worker = app.with_connector(app.connector.get_worker_connector())
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(work).result()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def said(page: Page, sentence: str) -> None:
    expect(page.locator("main").get_by_role("status").filter(has_text=sentence)).to_be_visible()


def test_a_whole_day(page: Page, live_server, roles, tmp_path: Path) -> None:
    owner = make_user("owner", email="owner@example.com", name="Olivia Okafor")
    owner.set_password(PASSWORD)
    owner.save()
    Location.objects.create(code="main", name="Main")

    sign_in(page)
    import_products(page, tmp_path)
    publish(page)
    receive(page)
    number = enter_order(page)
    pay(page, number)
    ship(page, number, pieces="3")
    ship(page, number, pieces="3")
    take_back(page, number)
    refund(page, number)
    invoice(page, number)
    ticket = ask(page, number)
    answer(page, ticket)
    read_history(page, number)

    assert [report for report in verification.run() if report.result.wrong] == []


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Hello, Olivia Okafor")).to_be_visible()


def import_products(page: Page, folder: Path) -> None:
    path = folder / "products.csv"
    path.write_text(FILE)
    page.goto("/imports/new/")
    page.get_by_label("File", exact=True).set_input_files(path)
    click(page, "Upload and look")
    click(page, "Check the file")
    expect(page.locator("#result")).to_contain_text("Nothing is written yet.")
    click(page, "Import 3 rows")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    assert Product.objects.filter(handle__startswith="day-").count() == 2


def publish(page: Page) -> None:
    """The file asked for a review; somebody who is not at this browser approves it."""
    page.goto("/catalog/products/day-tea/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("In review")
    publishing.approve(list(Review.objects.open()), by=make_user("catalog_reviewer"))
    for handle in ("day-tea", "day-cup"):
        page.goto(f"/catalog/products/{handle}/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Published")


def receive(page: Page) -> None:
    page.goto("/inventory/receipts/new/")
    page.get_by_label("Received at").select_option(label="Main")
    row = page.locator("[data-rows] tr").first
    row.get_by_role("combobox").fill("DAY-50")
    row.get_by_role("textbox", name="Quantity").fill("100")
    row.get_by_role("textbox", name="Unit cost").fill("1.80")
    click(page, "Receive")
    said(page, "the goods are in stock")


def enter_order(page: Page) -> str:
    page.goto("/orders/new/")
    page.get_by_role("textbox", name="Name").fill("Ada Lovelace")
    page.get_by_role("textbox", name="E-mail").fill("ada@example.com")
    row = page.locator("[data-rows] tr").first
    row.get_by_role("combobox").fill("DAY-50")
    row.get_by_role("textbox", name="Quantity").fill("6")
    click(page, "Save and place")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Placed")
    return re.search(r"SO-\d+", page.url)[0]


def pay(page: Page, number: str) -> None:
    page.goto(f"/orders/{number}/")
    click(page, "Record payment")
    click(page, "Record payment")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid")


def ship(page: Page, number: str, pieces: str) -> None:
    page.goto(f"/orders/{number}/")
    click(page, "Create fulfilment")
    page.get_by_role("spinbutton").fill(pieces)
    click(page, "Create fulfilment")
    click(page, "Mark as packed")
    click(page, "Ship")
    page.get_by_label("Tracking number").fill("TRK-1")
    click(page, "Ship")
    said(page, "is shipped")


def take_back(page: Page, number: str) -> None:
    page.goto(f"/orders/{number}/")
    click(page, "Announce return")
    page.get_by_role("spinbutton").fill("2")
    page.get_by_label("Reason of the return").fill("Wrong taste")
    click(page, "Announce return")
    click(page, "Approve return")
    click(page, "Receive return")
    page.get_by_role("spinbutton", name="resellable").fill("1")
    page.get_by_role("spinbutton", name="damaged").fill("1")
    click(page, "Receive return")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Received")


def refund(page: Page, number: str) -> None:
    page.goto(f"/orders/{number}/")
    click(page, "Refund")
    page.get_by_label("Amount").fill("9.00")
    page.get_by_label("Reason").fill("Two packs came back")
    click(page, "Refund")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Partly refunded")
    assert Order.objects.get(number=number).refunded == 9


def invoice(page: Page, number: str) -> None:
    page.goto(f"/orders/{number}/")
    click(page, "Issue invoice")
    expect(page.locator("main")).to_contain_text(re.compile(r"INV-\d{4}-00001"))
    page.goto(f"/orders/invoices/{Order.objects.get(number=number).invoices.get().number}/")
    expect(page.locator("main")).to_contain_text("€27.00")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.emulate_media(media="screen")


def ask(page: Page, number: str) -> str:
    page.goto("/support/")
    page.wait_for_timeout(2500)  # the form refuses what is sent faster than a person types
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_label("Subject").fill("Will you have more of this tea?")
    page.get_by_label("Order number").fill(number)
    page.get_by_label("Your question").fill("I liked the other four packs very much.")
    click(page, "Send")
    expect(page.locator("main")).to_contain_text(re.compile(r"TK-\d+"))
    return re.search(r"TK-\d+", page.locator("main").inner_text())[0]


def answer(page: Page, number: str) -> None:
    page.goto(f"/tickets/{number}/")
    expect(page.locator("main")).to_contain_text("I liked the other four packs very much.")
    run_jobs()
    before = len(mail.outbox)
    page.get_by_label("Text", exact=True).fill("Yes: the spring harvest comes in April.")
    click(page, "Send")
    expect(page.locator("main")).to_contain_text("Yes: the spring harvest comes in April.")
    run_jobs()
    assert [message.to for message in mail.outbox[before:]] == [["Ada Lovelace <ada@example.com>"]]


def read_history(page: Page, number: str) -> None:
    level = StockLevel.objects.get(variant__sku="DAY-50", location__code="main")
    assert (level.on_hand, level.allocated) == (95, 0)
    page.goto(level.get_absolute_url())
    page_text = page.locator("main").inner_text()
    for word in ("Received", "Allocated", "Shipped", "Returned", number, "Olivia Okafor"):
        assert word in page_text
