"""Stock files in the browser: columns are said to be of a location, differences are seen before anything is written."""

import pytest
from django.urls import reverse

from backoffice.models import ImportRun
from tests.backoffice.test_import_pages import mapped, shown, upload, work
from tests.factories import level_of, make_location, make_user, make_variant

pytestmark = pytest.mark.django_db
WIDE = "Handle,Title,Option1 Name,Option1 Value,SKU,MAIN,Toronto\ntea,Tea,Title,Default Title,TEA,5,3\n"
HEADERS = ["Handle", "Title", "Option1 Name", "Option1 Value", "SKU", "MAIN"]
TARGETS = ["handle", "", "", "option1", "sku", "at:MAIN"]
LONG = "SKU,Location,On hand (current),On hand (new)\nTEA,MAIN,4,9\nTEA,SHOP,not stocked,2\n"


@pytest.fixture
def page(client):
    client.force_login(make_user("owner"))
    return client


def test_a_column_is_said_to_be_of_a_location(page):
    main, shop = make_location("MAIN", name="Main warehouse"), make_location("SHOP", name="Shop")
    tea = make_variant("TEA")
    upload(page, WIDE, resource="stock")
    run = ImportRun.objects.get()
    columns = shown(page, run)
    assert "Looks like Shopify" in columns
    assert '<option value="at:MAIN" selected>On hand at Main warehouse</option>' in columns
    assert '<option value="at:SHOP">On hand at Shop</option>' in columns
    assert "No column gives" not in columns

    work(page, run, "check", **mapped([*HEADERS, "Toronto"], [*TARGETS, "at"]))
    assert "There is no location “Toronto”. Say which location the column is, or leave it out." in shown(page, run)
    work(page, run, "check", **mapped([*HEADERS, "Toronto"], [*TARGETS, "at:SHOP"]))
    work(page, run, "apply")
    assert (level_of(tea, main).on_hand, level_of(tea, shop).on_hand) == (5, 3)

    upload(page, WIDE.replace("5,3", "6,4"), resource="stock")
    assert ImportRun.objects.latest("pk").mapping["Toronto"] == "at:SHOP"


def test_differences_are_seen_before_anything_is_written_and_all_is_undone(page):
    main, shop = make_location("MAIN", name="Main warehouse"), make_location("SHOP", name="Shop")
    tea = make_variant("TEA", on_hand=6)
    upload(page, LONG, resource="stock")
    run = ImportRun.objects.get()
    work(page, run, "check")
    assert "The file took 4 to be on hand at Main warehouse; there are 6." in shown(page, run, "?rows=hints")
    assert level_of(tea, main).on_hand == 6
    work(page, run, "apply")
    assert (level_of(tea, main).on_hand, level_of(tea, shop).on_hand) == (9, 2)
    page.post(reverse("imports:undo", args=[run.number]), {"verb": "undo"})
    assert (level_of(tea, main).on_hand, level_of(tea, shop).on_hand) == (6, 0)
