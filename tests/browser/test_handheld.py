"""The warehouse with a handheld: 390 pixels, a scanner that types, and a connection that comes and goes."""

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import translation
from playwright.sync_api import expect

from inventory import services
from inventory.models import CountEntry, PurchaseOrder, Receipt, Scan, StockLevel, StockMove, StockPart, Transfer
from inventory.services import Demand
from orders.models import Fulfilment, PickWave
from tests.factories import level_of, make_count, make_location, make_user, make_variant
from tests.inventory.test_scans import on_hand, ordered, transfer_of
from tests.orders.builders import article, make_order
from tests.orders.builders import warehouse as make_warehouse

RULES = {
    "preload": False,
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
TEA = "4006381333931"


@pytest.fixture
def operator(roles):
    return make_user("warehouse_operator")


@pytest.fixture
def window(chromium, live_server, operator):
    """A handheld of the operator. The console may only name refusals and lost connections."""
    contexts, said = [], []
    usual = ("(Unprocessable Entity)", "net::ERR_FAILED", "(Not Found)")

    def listen(message):
        if message.type in ("error", "warning") and not message.text.endswith(usual):
            said.append(message.text)

    def open_window(**more):
        client = Client()
        client.force_login(operator, backend=settings.AUTHENTICATION_BACKENDS[0])
        context = chromium.new_context(base_url=live_server.url, locale="en-US", **PHONE, **more)
        context.set_default_timeout(20_000)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        context.on("console", listen)
        context.on("weberror", lambda error: said.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def handheld(window):
    return window()


def scan(page, code):
    """What a scanner does: it types the code wherever the focus is, and presses Enter."""
    expect(page.locator("#id_code, #scan")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def yes(page, sentence):
    expect(page.locator(".verdict.yes")).to_contain_text(sentence)
    expect(page.locator("#id_code")).to_be_focused()


def no(page, sentence):
    expect(page.locator(".verdict.no")).to_contain_text(sentence)
    expect(page.locator("#id_code")).to_be_focused()


def fits(page):
    """Nobody has to scroll sideways, and nobody is shut out."""
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def turn_to(page, role, name):
    """Press what leads to another page, and wait until that page is there."""
    with page.expect_navigation():
        page.get_by_role(role, name=name, exact=True).click()


def test_receive_a_purchase_order_by_scanning(handheld):
    tea = make_variant("TEA", title="Green tea", barcode=TEA)
    cup = make_variant("CUP")
    order = ordered((tea, 3), (cup, 20))
    handheld.goto("/inventory/warehouse/")
    fits(handheld)
    handheld.get_by_role("link", name="Receive").click()
    scan(handheld, order.number)
    expect(handheld.get_by_role("heading", level=1)).to_have_text(f"Receive {order}")
    for number in (1, 2):
        scan(handheld, TEA)
        yes(handheld, f"TEA: {number} of 3 accepted.")
    scan(handheld, "KETTLE")
    no(handheld, "Nothing is called “KETTLE”.")
    fits(handheld)
    handheld.get_by_label("Pieces a scan").fill("20")
    handheld.locator("#id_code").click()
    scan(handheld, "cup")
    yes(handheld, "CUP: 20 of 20 accepted.")
    expect(handheld.get_by_label("Pieces a scan")).to_have_value("1")
    handheld.get_by_label("Condition").select_option("Damaged")
    scan(handheld, TEA)
    yes(handheld, "TEA: 1 rejected (Damaged).")
    expect(handheld.get_by_text("Everything that was ordered has come.")).to_be_visible()
    fits(handheld)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.RECEIVED
    assert (level_of(tea).on_hand, level_of(cup).on_hand, Receipt.objects.count()) == (2, 20, 1)


def test_scans_survive_a_lost_connection_and_are_recorded_once(handheld):
    tea, cup = make_variant("TEA", barcode=TEA), make_variant("CUP")
    order = ordered((tea, 9), (cup, 9))
    handheld.goto(f"/inventory/warehouse/receive/{order}/")
    lost = []

    def swallow(route):
        """The server gets the scan, the handheld never gets the answer."""
        lost.append(route.fetch())
        route.abort()

    handheld.route("**/warehouse/receive/**", swallow, times=1)
    scan(handheld, TEA)
    yes(handheld, "TEA: 1 of 9 accepted.")
    assert [answer.status for answer in lost] == [200]
    assert level_of(tea).on_hand == 1

    handheld.route("**/warehouse/receive/**", lambda route: route.abort())
    scan(handheld, TEA)
    scan(handheld, "CUP")
    expect(handheld.locator(".verdict.wait")).to_contain_text("Not recorded yet: no connection.")
    expect(handheld.locator("[data-waiting-list] li")).to_have_count(2)
    fits(handheld)
    handheld.goto("/inventory/warehouse/")
    expect(handheld.get_by_role("link", name=f"{order} 2 scans are not recorded yet")).to_be_visible()
    assert Scan.objects.count() == 1

    handheld.unroute_all()
    handheld.get_by_role("link", name=f"{order} 2 scans are not recorded yet").click()
    yes(handheld, "CUP: 1 of 9 accepted.")
    expect(handheld.locator("[data-waiting]")).to_be_hidden()
    assert (level_of(tea).on_hand, level_of(cup).on_hand) == (2, 1)
    assert (Scan.objects.count(), Receipt.objects.count()) == (3, 1)


def test_what_the_server_does_not_take_stays_in_sight(handheld, operator):
    order = ordered((make_variant("TEA"), 9))
    handheld.goto(f"/inventory/warehouse/receive/{order}/")
    handheld.route(
        "**/warehouse/receive/**",
        lambda route: route.fulfill(status=404) if route.request.method == "POST" else route.continue_(),
    )
    scan(handheld, "TEA")
    expect(handheld.locator(".verdict.wait")).to_contain_text("Not recorded: load the page again.")
    handheld.unroute_all()
    handheld.get_by_role("link", name="Load the page again").click()
    yes(handheld, "TEA: 1 of 9 accepted.")
    assert Scan.objects.get().by == operator


def test_a_transfer_is_sent_and_received_with_a_discrepancy(handheld):
    tea, cup = make_variant("TEA", on_hand=9, barcode=TEA), make_variant("CUP", on_hand=9)
    transfer = transfer_of((tea, 2), (cup, 2))
    handheld.goto("/inventory/warehouse/transfers/")
    fits(handheld)
    handheld.get_by_role("link", name=transfer.number).click()
    for code, sentence in ((TEA, "TEA: 1 of 2"), (TEA, "TEA: 2 of 2"), ("CUP", "CUP: 1 of 2")):
        scan(handheld, code)
        yes(handheld, sentence)
    scan(handheld, TEA)
    no(handheld, "TEA: 2 planned, 2 loaded already.")
    fits(handheld)
    assert on_hand(tea) == {"MAIN": 7, "transit": 2}
    turn_to(handheld, "button", "Send without 1 piece")
    fits(handheld)
    handheld.get_by_role("textbox", name="Reason").fill("A cup is broken")
    handheld.get_by_role("button", name="Send what is loaded").click()
    expect(handheld.get_by_text(f"{transfer} is on its way.")).to_be_visible()

    handheld.get_by_role("link", name=transfer.number).click()
    scan(handheld, "CUP")
    yes(handheld, "CUP: 1 of 1 received.")
    scan(handheld, "CUP")
    no(handheld, "More than was sent cannot arrive.")
    scan(handheld, TEA)
    yes(handheld, "TEA: 1 of 2 received.")
    assert on_hand(tea) == {"MAIN": 7, "transit": 1, "SHOP": 1}
    fits(handheld)
    handheld.get_by_role("button", name="Close: 1 piece is missing").click()
    handheld.get_by_role("button", name="Close the transfer").click()
    expect(handheld.locator(".error-summary")).to_contain_text("Pieces are missing. Say what happened to them.")
    handheld.get_by_role("textbox", name="What happened to missing pieces?").fill("Fell off the truck")
    handheld.get_by_role("button", name="Close the transfer").click()
    expect(handheld.get_by_text(f"{transfer} received.")).to_be_visible()
    assert on_hand(tea) == {"MAIN": 7, "SHOP": 1}
    assert StockMove.objects.get(kind="adjusted").reason == "Fell off the truck"
    assert Transfer.objects.get().status == Transfer.Status.RECEIVED


def test_counting_goes_on_while_the_shop_sells(handheld):
    tea = make_variant("TEA", on_hand=10, barcode=TEA)
    count = make_count()
    handheld.goto("/inventory/warehouse/count/")
    handheld.get_by_role("link", name=count.number).click()
    for number in (1, 2):
        scan(handheld, TEA)
        yes(handheld, f"TEA: {number} counted.")
    services.allocate("SO-1", [Demand(1, tea.pk, 3, "TEA")], by=None)
    services.ship("SO-1", {1: 3}, make_location(), by=None)
    handheld.get_by_label("Pieces a scan").fill("4")
    handheld.locator("#id_code").click()
    scan(handheld, "TEA")
    yes(handheld, "TEA: 6 counted.")
    fits(handheld)
    services.post_count(services.close_count(count, by=None), by=None)
    assert (level_of(tea).on_hand, CountEntry.objects.count()) == (6, 3)


def test_put_away_into_bins(handheld):
    tea, main = make_variant("TEA", on_hand=5, barcode=TEA), make_location()
    first, second = services.create_bins(main, ["A-01", "B-07"], by=None)
    handheld.goto("/inventory/warehouse/put-away/")
    fits(handheld)
    scan(handheld, "a-01")
    expect(handheld.get_by_role("heading", level=1)).to_have_text("Into bin A-01")
    scan(handheld, TEA)
    yes(handheld, "TEA: 1 into bin A-01, 4 left to put away.")
    scan(handheld, "B-07")
    expect(handheld.get_by_role("heading", level=1)).to_have_text("Into bin B-07")
    handheld.get_by_label("Pieces a scan").fill("4")
    handheld.locator("#id_code").click()
    scan(handheld, "TEA")
    yes(handheld, "TEA: 4 into bin B-07.")
    scan(handheld, "TEA")
    no(handheld, "TEA: 0 pieces are not put away yet, 1 asked (Main).")
    fits(handheld)
    assert dict(StockPart.objects.values_list("bin__code", "quantity")) == {first.code: 1, second.code: 4}
    assert level_of(tea).on_hand == 5


def test_pick_several_orders_and_pack_with_a_wrong_scan(handheld):
    main = make_warehouse()
    tea = article("TEA", on_hand=9, barcode=TEA)
    cup = article("CUP", on_hand=9)
    shelf, far_shelf = services.create_bins(main, ["A-01", "Z-99"], by=None)
    for variant, place in ((tea, far_shelf), (cup, shelf)):
        services.put_away([services.PutAway(level_of(variant, main).pk, 9, place.pk)], by=None)
    first, second = make_order([("TEA", 1), ("CUP", 1)], placed=True), make_order([("TEA", 2)], placed=True)
    handheld.goto("/inventory/warehouse/")
    turn_to(handheld, "link", "Pick")
    fits(handheld)
    handheld.get_by_role("button", name="Pick the oldest 2 orders").click()
    expect(handheld.locator(".picks > li b")).to_have_text(["A-01", "Z-99"])
    scan(handheld, "cup")
    yes(handheld, "CUP: 1 into box 1")
    handheld.get_by_label("Pieces a scan").fill("2")
    handheld.locator("#id_code").click()
    scan(handheld, TEA)
    yes(handheld, "TEA: 1 into box 1, 1 into box 2")
    scan(handheld, "CUP")
    no(handheld, "CUP: all of it is picked already.")
    fits(handheld)
    turn_to(handheld, "link", "TEA for box 2 is not there")
    fits(handheld)
    handheld.get_by_label("Damaged").check()
    handheld.get_by_role("button", name="Not there").click()
    expect(handheld.get_by_text(f"1 × TEA wait in {second}-F2, which is on hold.")).to_be_visible()
    handheld.get_by_role("button", name="Everything is in its box").click()

    expect(handheld.get_by_role("heading", level=1)).to_have_text("Pack")
    fits(handheld)
    handheld.get_by_role("link", name=f"{first}-F1").click()
    scan(handheld, TEA)
    yes(handheld, "TEA: 1 of 1 packed.")
    scan(handheld, TEA)
    no(handheld, "TEA: all of it is packed already.")
    article("POT", on_hand=1)
    scan(handheld, "POT")
    no(handheld, f"POT does not belong to {first}-F1.")
    fits(handheld)
    scan(handheld, "CUP")
    expect(handheld.get_by_role("heading", level=1)).to_have_text("Ship")
    handheld.get_by_label("Tracking number").fill("JD0146")
    handheld.get_by_role("button", name="Ship").click()
    expect(handheld.get_by_text(f"{first}-F1 is shipped.")).to_be_visible()
    assert list(Fulfilment.objects.order_by("number").values_list("number", "status", "hold_reason")) == [
        (f"{first}-F1", "shipped", ""),
        (f"{second}-F1", "pending", ""),
        (f"{second}-F2", "pending", "Damaged"),
    ]
    assert PickWave.objects.get().status == "picked"
    assert StockLevel.objects.get(variant=tea, location=main).on_hand == 8


def test_lots_are_asked_for_where_goods_have_them(handheld):
    tea = make_variant("TEA", tracking="lot")
    order = ordered((tea, 5))
    handheld.goto(f"/inventory/warehouse/receive/{order}/")
    scan(handheld, "TEA")
    expect(handheld.locator(".verdict.no")).to_contain_text("TEA: scan or type its lot or serial number too.")
    expect(handheld.get_by_label("Lot or serial number")).to_be_focused()
    handheld.keyboard.type("L-17")
    handheld.keyboard.press("Enter")
    yes(handheld, "TEA: 1 of 5 accepted.")
    fits(handheld)
    part = StockPart.objects.get()
    assert (part.lot.number, part.quantity) == ("L-17", 1)


def test_pages_come_in_the_readers_language(handheld, operator):
    make_variant("TEA", on_hand=5)
    operator.language = "zh-hans"
    operator.save(update_fields=["language"])
    transfer = transfer_of((services.variant_of("TEA"), 2))
    handheld.goto(f"/inventory/warehouse/transfers/{transfer}/load/")
    expect(handheld.locator("html")).to_have_attribute("lang", "zh-hans")
    with translation.override("zh-hans"):
        expect(handheld.locator("label[for=id_code]")).to_have_text(translation.gettext("Scan or type a SKU"))
    scan(handheld, "TEA")
    expect(handheld.locator(".verdict.yes")).to_contain_text("TEA")
    fits(handheld)


def test_a_scanner_needs_no_focus_and_triggers_no_shortcut(handheld):
    order = ordered((make_variant("GO/X"), 3))
    handheld.goto(f"/inventory/warehouse/receive/{order}/")
    handheld.get_by_role("heading", level=1).click()
    handheld.evaluate("document.activeElement.blur()")
    handheld.keyboard.type("GO/X")
    handheld.keyboard.press("Enter")
    yes(handheld, "GO/X: 1 of 3 accepted.")


def test_receiving_works_without_scripts(window):
    order = ordered((make_variant("TEA"), 3))
    plain = window(java_script_enabled=False)
    plain.goto(f"/inventory/warehouse/receive/{order}/")
    plain.get_by_label("Scan or type a SKU").fill("tea")
    plain.get_by_role("button", name="Record").click()
    expect(plain.locator(".verdict.yes")).to_contain_text("TEA: 1 of 3 accepted.")
    plain.get_by_label("Scan or type a SKU").fill("pot")
    plain.get_by_role("button", name="Record").click()
    expect(plain.locator(".verdict.no")).to_contain_text("Nothing is called “pot”.")
    key = UUID(plain.locator("input[name=key]").input_value())
    assert not Scan.objects.filter(key=key).exists()
