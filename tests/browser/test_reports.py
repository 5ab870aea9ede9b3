"""A report in a real browser at 1440 px: chosen, compared, looked behind and taken out."""

import csv
from datetime import UTC, datetime, timedelta

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from orders import services
from tests.factories import make_user
from tests.orders.builders import make_order


def test_report_compare_look_behind_and_export(page: Page, signed_in, roles):
    now = timezone.now()
    for source, days in (("web", 2), ("web", 3), ("staff", 4), ("web", 40)):
        order = make_order([("TEA", 1)], source=source)
        services.place(order, by=None, at=now - timedelta(days=days))
    services.place(make_order([("TEA", 3)]), by=None, at=datetime(2020, 1, 1, tzinfo=UTC))
    services.refresh_sales()
    signed_in(make_user("owner"))

    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Reports").first.click()
    expect(page.get_by_role("heading", name="Reports", exact=True)).to_be_visible()
    page.get_by_role("link", name="Sales by channel").click()
    expect(page.get_by_role("heading", name="Sales by channel")).to_be_visible()
    figures = page.get_by_role("region", name="In all")
    expect(figures).to_contain_text("€30.00")
    expect(figures).to_contain_text("200.0% more than before")
    page.get_by_text("View as table").click()
    expect(page.locator("figure.chart tbody tr")).to_have_count(2)
    assert Axe().run(page).response["violations"] == []

    page.get_by_label("Compared with").select_option("none")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("columnheader", name="Change")).to_have_count(0)
    page.locator(".export > summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert [row[:2] for row in rows] == [["Channel", "Orders"], ["web", "2"], ["staff", "1"]]

    with page.expect_navigation():
        page.get_by_role("region", name="Sales by channel").get_by_role("link", name="web").click()
    expect(page.get_by_role("heading", name="Orders", level=1)).to_contain_text("2")
    expect(page.locator("table.list tbody tr")).to_have_count(2)
    expect(page.get_by_role("list", name="Active filters")).to_contain_text("Behind the report")
    assert Axe().run(page).response["violations"] == []
