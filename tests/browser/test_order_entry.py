"""An order of five lines is taken in by the keyboard alone, in fewer than sixty key actions."""

from playwright.sync_api import Page, expect

from orders.models import Order
from tests.factories import make_user
from tests.orders.builders import article, buyer


class Keys:
    """Presses keys and counts them; a combination counts once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.count += len(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


def test_five_lines_by_keyboard(page: Page, roles, signed_in) -> None:
    signed_in(make_user("order_clerk"))
    customer = buyer("Wanda Wholesale")
    for number in range(1, 6):
        article(f"TEA-{number}", on_hand=9)
    article("TEA-BOX", on_hand=9, barcode="4006381333931")
    keys = Keys(page)
    page.goto("/orders/new/")
    expect(page.get_by_role("combobox", name="Customer")).to_be_focused()

    keys.type("wand")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Wanda Wholesale")
    keys.press("ArrowDown", "Enter")
    lines = page.locator("[data-rows] tr")
    for place in range(5):
        row = lines.nth(place)
        expect(row.locator("[role=combobox]")).to_be_focused()
        keys.type(f"tea-{place + 1}")
        keys.press("Enter")
        expect(row.locator("[name$=-quantity]")).to_be_focused()
        expect(row.locator("[data-stock]")).to_have_text("9 free")
        keys.type(str(place + 1))
        keys.press("Enter")
    keys.press("Enter")
    expect(page.locator("[name=shipping]")).to_be_focused()
    keys.type("5")
    with page.expect_navigation():
        keys.press("Control+Shift+Enter")

    expect(page.get_by_role("status").filter(has_text="placed")).to_be_visible()
    assert keys.count < 60
    order = Order.objects.get()
    assert (order.status, order.customer, order.shipping, order.total) == ("placed", customer, 5, 155)
    assert list(order.lines.values_list("sku", "quantity")) == [(f"TEA-{n}", n) for n in range(1, 6)]


def test_a_wrong_code_and_too_many_pieces_are_said_at_once(page: Page, roles, signed_in) -> None:
    signed_in(make_user("order_clerk"))
    article("TEA-BOX", on_hand=9, barcode="4006381333931")
    page.goto("/orders/new/")
    row = page.locator("[data-rows] tr").first
    row.locator("[role=combobox]").focus()
    page.keyboard.type("nothing")
    page.keyboard.press("Enter")
    expect(row.locator("[data-stock]")).to_have_text("There is no variant “nothing”.")
    page.keyboard.type("4006381333931")
    page.keyboard.press("Enter")
    expect(row.locator("[name$=-quantity]")).to_be_focused()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(row.locator("[data-stock]")).to_have_text("9 free, 12 asked")
