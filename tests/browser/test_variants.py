"""Creating a product with variants, in a real browser: options, matrix, table, pictures, order by keyboard."""

from pathlib import Path

from playwright.sync_api import Page, expect

from catalog.models import Category, Product
from tests.factories import make_category, make_user, picture


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def test_creating_a_product_with_variants(page: Page, roles, signed_in, tmp_path: Path) -> None:
    signed_in(make_user("owner"))
    page.goto("/catalog/products/-/new/")
    page.get_by_label("Title", exact=True).fill("Linen shirt")
    page.get_by_label("Options").fill("Colour, Size")
    page.get_by_label("SEO title").fill("A shirt of linen")
    expect(page.locator("[data-preview] [data-title]")).to_have_text("A shirt of linen")
    press(page, "Create")

    follow(page, "Make variants")
    page.get_by_label("Colour").fill("Red\nBlue")
    page.get_by_label("Size").fill("S\nM\nL")
    page.get_by_label("Price", exact=True).fill("39")
    press(page, "Show what is missing")
    expect(page.get_by_role("heading", name="6 combinations are missing")).to_be_visible()
    page.get_by_role("checkbox", name="Blue / L").uncheck()
    page.get_by_role("textbox", name="SKU Red / S").fill("SHIRT-1")
    page.get_by_role("textbox", name="SKU Red / S").press("ArrowDown")
    expect(page.get_by_role("textbox", name="SKU Red / M")).to_be_focused()
    press(page, "Make the chosen variants")

    product = Product.objects.get()
    skus = ["SHIRT-1", "LINEN-SHIRT-RED-M", "LINEN-SHIRT-RED-L", "LINEN-SHIRT-BLUE-S", "LINEN-SHIRT-BLUE-M"]
    assert list(product.variants.order_by("position").values_list("sku", flat=True)) == skus
    assert set(product.variants.values_list("price", flat=True)) == {39}

    order_values(page, product)
    type_into_the_table(page, product)
    add_pictures(page, product, tmp_path)


def order_values(page: Page, product: Product) -> None:
    """Blue before red, by keyboard; S is called Small from now on."""
    follow(page, "Options")
    page.locator("[data-sort]").first.locator("input").nth(2).press("Alt+ArrowUp")
    page.get_by_label("S", exact=True).fill("Small")
    press(page, "Save")
    found = product.variants.order_by("position").values_list("option1", "option2")
    assert list(found) == [("Blue", "Small"), ("Blue", "M"), ("Red", "Small"), ("Red", "M"), ("Red", "L")]


def type_into_the_table(page: Page, product: Product) -> None:
    """A wrong barcode says which digit was expected and loses nothing; then the variant goes off sale."""
    follow(page, "Edit as a table")
    page.locator("[name=variants-0-barcode]").fill("4006381333930")
    page.locator("[name=variants-1-price]").fill("45")
    press(page, "Save")
    expect(page.locator("main")).to_contain_text("The last digit of 4006381333930 should be 1")
    expect(page.locator("[name=variants-1-price]")).to_have_value("45")
    page.locator("[name=variants-0-barcode]").fill("4006381333931")
    page.get_by_role("checkbox", name="SHIRT-1").check()
    press(page, "Take the selected off sale")
    expect(page.get_by_role("status").filter(has_text="Taken off sale: SHIRT-1.")).to_be_visible()
    assert product.variants.get(sku="LINEN-SHIRT-BLUE-M").price == 45
    assert not product.variants.get(sku="SHIRT-1").is_active


def add_pictures(page: Page, product: Product, folder: Path) -> None:
    """Two pictures and an SVG: the SVG is refused by name, the others stay; the second one becomes the cover."""
    paths = [folder / name for name in ("front.png", "back.png", "logo.svg")]
    for number, path in enumerate(paths[:2]):
        path.write_bytes(picture(hue=100 * number, size=(300, 300)).read())
    paths[2].write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    page.goto(f"/catalog/products/-/{product.pk}/pictures/")
    page.get_by_label("Files").set_input_files(paths)
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("logo.svg: SVG files can carry scripts.")
    front, back = product.media.all()
    page.locator("main").get_by_label("Alternative text", exact=True).first.fill("The front")
    page.locator("[data-row]").nth(1).get_by_role("button", name="Move up").click()
    page.wait_for_load_state()
    expect(page.locator("main").get_by_label("Alternative text", exact=True).nth(1)).to_have_value("The front")
    assert list(product.media.all()) == [back, front]


def test_the_tree_is_put_in_order_by_keyboard_and_mouse(page: Page, roles, signed_in) -> None:
    signed_in(make_user("owner"))
    for name in ("Clothing", "Home", "Sale"):
        make_category(name)
    page.goto("/catalog/categories/")
    with page.expect_navigation():
        page.locator(".tree").get_by_role("link", name="Sale", exact=True).press("Alt+ArrowUp")
    assert list(Category.objects.order_by("position").values_list("name", flat=True)) == ["Clothing", "Sale", "Home"]
    with page.expect_navigation():
        page.locator(".node", has_text="Home").drag_to(page.locator(".node", has_text="Clothing"))
    assert Category.objects.get(name="Home").path == "Clothing > Home"
