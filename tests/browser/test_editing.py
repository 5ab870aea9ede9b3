"""Two people at one product, each in a window of their own."""

import pytest
from playwright.sync_api import expect

from catalog import services
from catalog.models import Variant
from tests.browser.conftest import WindowOf
from tests.browser.test_every_page import Inspector
from tests.factories import make_product, make_user


@pytest.fixture
def shirt(roles: None):
    variants = [{"sku": sku, "option1": sku, "price": 10} for sku in ("RED", "BLUE")]
    return make_product("Linen shirt", variants=variants, options=["Colour"], description="Washed linen for summer.")


def test_two_people_edit_one_product_and_nothing_is_lost(window_of: WindowOf, shirt) -> None:
    jane, ben = (window_of(make_user("catalog_editor", name=name)) for name in ("Jane", "Ben"))
    edit = f"/catalog/products/-/{shirt.pk}/edit/"

    jane.goto(edit)
    ben.clock.install()
    ben.goto(edit)
    expect(ben.get_by_role("status")).to_contain_text("Jane has had this open since")
    jane.get_by_label("Title", exact=True).fill("Cotton shirt")
    jane.locator("[name=variants-1-price]").fill("13")
    jane.get_by_label("Reason for the change").fill("Another supplier")
    jane.get_by_role("button", name="Save").click()
    expect(jane.get_by_text("Cotton shirt saved.")).to_be_visible()
    ben.clock.run_for(31_000)
    expect(ben.get_by_role("status")).to_contain_text("Jane saved changes just now.")
    expect(ben.get_by_role("status")).not_to_contain_text("has had this open")

    ben.get_by_label("Title", exact=True).fill("Hemp shirt")
    ben.get_by_label("Description", exact=False).first.fill("Woven hemp for summer.")
    ben.locator("[name=variants-0-price]").fill("11")  # more would wait for approval
    ben.get_by_role("button", name="Save").click()

    expect(ben.get_by_role("alert")).to_contain_text("Jane")
    both = ben.get_by_role("region", name="You both changed this")
    expect(both.get_by_role("row", name="Title")).to_contain_text("Cotton shirt")
    expect(both.get_by_role("row", name="Title")).to_contain_text("Hemp shirt")
    taken = ben.get_by_role("region", name="Taken over")
    expect(taken.get_by_role("row", name="BLUE Price")).to_contain_text("13")
    expect(ben.locator("[name=variants-1-price]")).to_have_value("13.00")
    ben.emulate_media(reduced_motion="reduce")
    inspector = Inspector(ben)
    inspector.look("a conflict")
    assert inspector.wrong == []
    ben.get_by_label("Take theirs: Title").check()
    ben.get_by_role("button", name="Save").click()

    expect(ben.get_by_role("heading", level=1)).to_contain_text("Cotton shirt")
    shirt.refresh_from_db()
    assert (shirt.title, shirt.description) == ("Cotton shirt", "Woven hemp for summer.")
    assert list(Variant.objects.order_by("pk").values_list("sku", "price")) == [("RED", 11), ("BLUE", 13)]


def test_without_scripts_the_notice_and_the_choice_work_all_the_same(window_of: WindowOf, shirt) -> None:
    ben = make_user("catalog_editor", name="Ben")
    page = window_of(make_user("catalog_editor", name="Jane"), java_script_enabled=False)
    page.goto(f"/catalog/products/-/{shirt.pk}/edit/")
    services.update_product(shirt, by=ben, title="Cotton shirt")

    page.get_by_label("Title", exact=True).fill("Hemp shirt")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Take theirs: Title").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Cotton shirt")
