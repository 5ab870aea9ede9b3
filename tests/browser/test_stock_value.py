"""Why on hand is what it is, and what the stock was worth on a past day, in a real browser at 1440 px."""

from datetime import timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from inventory import services
from inventory.models import StockBalance, StockPosting
from inventory.services import balances
from tests.factories import level_of, make_location, make_user, make_variant, stock


def test_why_is_on_hand_what_it_is(page: Page, signed_in, roles):
    owner = make_user("owner", name="Olivia Owner")
    main, shop = make_location(), make_location("SHOP")
    tea = make_variant("TEA", on_hand=9)
    stock(tea, 5, location=shop)
    services.adjust(tea.pk, main, delta=-2, reason="Broken in the window", by=owner)
    signed_in(owner)

    page.goto(level_of(tea).get_absolute_url())
    expect(page.get_by_role("heading", name="Why is on hand 7?")).to_be_visible()
    page.get_by_role("link", name="All locations").click()
    expect(page.get_by_role("heading", name="Why is on hand 12?")).to_be_visible()
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("−2")
    expect(first).to_contain_text("9 → 7")
    expect(first).to_contain_text("14 → 12")
    expect(first).to_contain_text("Broken in the window")
    expect(first).to_contain_text("Olivia Owner")

    page.locator(".filter-menu > summary").click()
    page.get_by_role("checkbox", name="Received").check()
    page.get_by_role("button", name="Apply").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody")).not_to_contain_text("Broken")


def test_value_at_a_past_date(page: Page, signed_in, roles):
    owner = make_user("owner")
    tea = make_variant("TEA")
    stock(tea, 9, unit_cost=Decimal(2))
    then = timezone.now()
    balances.close_period(then, is_month_end=True)
    stock(tea, 5, unit_cost=Decimal(3))
    assert (StockBalance.objects.get().on_hand, StockPosting.objects.count()) == (9, 2)
    signed_in(owner)

    page.goto(reverse("inventory:reports"))
    page.get_by_role("link", name="Stock on a day").click()
    figures = page.get_by_role("region", name="Stock at that moment")
    expect(figures).to_contain_text("33.00")
    page.locator(".filter-menu > summary").click()
    moment = timezone.localtime(then + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")[:-6]
    page.locator("input[name=at]").fill(moment)
    page.locator("select[name=by]").select_option("variant")
    page.get_by_role("button", name="Apply").first.click()
    expect(figures).to_contain_text("18.00")
    expect(page.locator("tbody tr").last).to_contain_text("TEA")
    page.get_by_text("View as table").click()
    expect(page.locator("figure.chart tbody tr")).to_have_count(1)
