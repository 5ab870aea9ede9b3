"""Pages of the inventory: what they show, what they do, to whom, in how many statements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory import services
from inventory.models import Hold, Location, Receipt, StockLevel, Supplier, Transfer
from inventory.services import Demand
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user("owner", name="Olivia Owner")
    client.force_login(user)
    return user


def fill(rows):
    """So many rows of everything."""
    main, shop = make_location(), make_location("SHOP")
    for n in range(rows):
        tea = make_variant(f"TEA-{n}")
        services.receive(main, make_supplier(f"S{n}"), [(tea.pk, 9, Decimal("1.5"))], by=None)
        services.allocate(f"SO-{n}", [Demand(n, tea.pk, 2, tea.sku)], by=None)
        services.send(services.create_transfer(main, shop, [(tea.pk, 1)], by=None), by=None)
        services.hold(tea.pk, main, 1, reason="Photo", expires_at=timezone.now() + timedelta(hours=1), by=None)
        services.ship(f"SO-{n}", {n: 1}, main, by=None)


LISTS = {
    "inventory:stock": 7, "inventory:moves": 7, "inventory:receipts": 7, "inventory:transfers": 8,
    "inventory:holds": 7, "inventory:locations": 6, "inventory:suppliers": 6,
}  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_for_any_number_of_rows(client, owner, django_assert_num_queries, name, rows):
    fill(rows)
    client.get("/inventory/")
    with django_assert_num_queries(LISTS[name]):
        response = client.get(reverse(name))
    assert response.status_code == 200
    assert len(response.context["rows"]) >= rows


RECORDS = {"level": 9, "receipt": 8, "transfer": 7, "hold": 6, "location": 8, "supplier": 9}


@pytest.mark.parametrize("rows", [1, 3])
def test_records_cost_the_same_for_any_number_of_rows(client, owner, django_assert_num_queries, rows):
    fill(1)
    tea = Receipt.objects.get().lines.get().variant
    for n in range(rows):
        services.allocate(f"SO-9{n}", [Demand(90 + n, tea.pk, 1, tea.sku)], by=None)
        stock(tea, 1, location=make_location(f"W{n}"))
    shown = {
        "level": level_of(tea), "receipt": Receipt.objects.get(), "transfer": Transfer.objects.get(), "hold": Hold.objects.get(),
        "location": make_location(), "supplier": Supplier.objects.get(),
    }  # fmt: skip
    client.get("/inventory/")
    found = {}
    for name, row in shown.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(row.get_absolute_url()).status_code == 200, name
        found[name] = len(queries)
    assert found == RECORDS


def test_on_a_phone_numbers_dates_and_flags_carry_their_names(client, owner):
    fill(1)

    cells = client.get(reverse("inventory:suppliers")).content.decode()
    moments = client.get(reverse("inventory:transfers")).content.decode()

    assert [f'data-label="{name}"' in cells for name in ("Lead time (days)", "Active", "Phone")] == [True, True, False]
    assert 'data-label="Sent"' in moments


def test_forms_open(client, owner):
    fill(1)
    for name in ["correct", "receive", "transfer_new", "hold_new", "location_new", "supplier_new"]:
        assert client.get(reverse(f"inventory:{name}")).status_code == 200, name
    transfer = services.create_transfer(make_location(), make_location("SHOP"), [(make_variant().pk, 1)], by=None)
    for address in ["edit", "cancel"]:
        assert client.get(f"{transfer.get_absolute_url()}{address}/").status_code == 200, address


def test_the_pages_of_product_and_variant_show_the_stock(client, owner):
    fill(1)
    tea = Receipt.objects.get().lines.get().variant
    stock(tea, 7, location=make_location("KIOSK"))
    for address in [tea.get_absolute_url(), tea.product.get_absolute_url()]:
        page = client.get(address).content.decode()
        assert "Kiosk" in page
        assert level_of(tea).get_absolute_url() in page


def test_receive_by_sku_and_by_barcode(client, owner):
    main = make_location()
    tea, cup = make_variant("TEA"), make_variant("CUP", barcode="4006381333931")
    rows = [("tea", 3, "1.25"), ("4006381333931", 2, ""), ("", "", "")]
    form = formset(rows) | {"location": main.pk, "reference": "DN-7", "key": "press"}
    response = client.post("/inventory/receipts/new/", form, follow=True)
    receipt = Receipt.objects.get()
    assert response.redirect_chain[-1][0] == receipt.get_absolute_url()
    assert (level_of(tea).value, level_of(cup).on_hand, receipt.reference) == (Decimal("3.75"), 2, "DN-7")
    client.post("/inventory/receipts/new/", form)
    assert Receipt.objects.count() == 1


def formset(rows, prefix="lines"):
    form = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for n, (variant, quantity, *cost) in enumerate(rows):
        form |= {f"{prefix}-{n}-variant": variant, f"{prefix}-{n}-quantity": quantity}
        form |= {f"{prefix}-{n}-unit_cost": cost[0]} if cost else {}
    return form


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("", "", "")], "Add at least one line."),
        ([("TEA", "", "")], "How many?"),
        ([("", "2", "")], "Which SKU?"),
        ([("NOPE", "2", "")], "There is no"),
    ],
)
def test_a_refused_delivery_keeps_what_was_typed(client, owner, rows, sentence):
    make_variant("TEA")
    response = client.post(
        "/inventory/receipts/new/", formset(rows) | {"location": make_location().pk, "reference": "DN-7"}
    )
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "DN-7" in response.content.decode()
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(("mode", "quantity", "after"), [("counted", "4", 4), ("change", "-2", 3)])
def test_correct_stock(client, owner, mode, quantity, after):
    tea = make_variant("TEA", on_hand=5)
    form = {"variant": "TEA", "location": make_location().pk, "mode": mode, "quantity": quantity, "reason": "Damaged"}
    response = client.post("/inventory/correct/", form, follow=True)
    assert level_of(tea).on_hand == after
    assert f"TEA at Main: {after} on hand now." in response.content.decode()
    assert "Damaged" in response.content.decode()


def test_a_correction_without_reason_is_refused(client, owner):
    tea = make_variant("TEA", on_hand=5)
    form = {"variant": "TEA", "location": make_location().pk, "mode": "counted", "quantity": "4", "reason": ""}
    assert client.post("/inventory/correct/", form).status_code == 422
    assert level_of(tea).on_hand == 5


def test_a_transfer_from_draft_to_received(client, owner):
    tea, shop = make_variant("TEA", on_hand=5), make_location("SHOP")
    form = formset([("TEA", "4")]) | {"source": make_location().pk, "destination": shop.pk}
    client.post("/inventory/transfers/new/", form)
    transfer = Transfer.objects.get()
    page = transfer.get_absolute_url()
    client.post(f"{page}edit/", form | {"note": "Quick"})
    client.post(f"{page}send/")
    line = transfer.lines.get()
    refused = client.post(f"{page}receive/", {f"line_{line.pk}": "3"})
    assert refused.status_code == 422
    assert "Pieces are missing" in refused.content.decode()
    client.post(f"{page}receive/", {f"line_{line.pk}": "3", "reason": "Fell off", "broken": "on"})
    transfer.refresh_from_db()
    assert (transfer.status, transfer.note, level_of(tea, shop).on_hand) == ("received", "Quick", 3)


def test_hold_and_release(client, owner):
    tea = make_variant("TEA", on_hand=5)
    until = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    form = {"variant": "TEA", "location": make_location().pk, "quantity": "2", "reason": "Photo", "expires_at": until}
    client.post("/inventory/holds/new/", form)
    assert level_of(tea).held == 2
    client.post(f"/inventory/holds/{Hold.objects.get().pk}/release/")
    assert level_of(tea).held == 0


def test_locations_and_suppliers_are_set_up(client, owner):
    client.post("/inventory/locations/new/", {"code": "kiosk", "name": "Kiosk", "priority": "5"})
    client.post("/inventory/suppliers/new/", {"code": "A/1", "name": "Acme", "is_active": "on"})
    assert client.get("/inventory/suppliers/A/1/").status_code == 200
    client.post("/inventory/locations/kiosk/close/", {"reason": "Season over"})
    assert not Location.objects.get(code="kiosk").is_active
    client.post("/inventory/locations/kiosk/open/")
    assert Location.objects.get(code="kiosk").is_active


# --- Who sees and does what ---------------------------------------------------------------------


@pytest.fixture
def operator(client):
    user = make_user("warehouse_operator", warehouses=("SHOP",))
    client.force_login(user)
    return user


def test_an_operator_sees_the_own_warehouse_only(client, operator):
    fill(2)
    shop = make_location("SHOP")
    stock(make_variant("CUP"), 3, location=shop)
    main_level = StockLevel.objects.filter(location__code="MAIN").first()
    assert {row.object.location for row in client.get("/inventory/").context["rows"]} == {shop}
    assert {row.object.to_location for row in client.get("/inventory/moves/").context["rows"]} == {shop}
    assert list(client.get("/inventory/receipts/").context["rows"]) == []
    assert [row.object.code for row in client.get("/inventory/locations/").context["rows"]] == ["SHOP"]
    for address in [
        main_level.get_absolute_url(),
        Receipt.objects.first().get_absolute_url(),
        Hold.objects.first().get_absolute_url(),
    ]:
        assert client.get(address).status_code == 404


def test_an_operator_acts_at_the_own_warehouse_only(client, operator):
    tea = make_variant("TEA", on_hand=5)
    make_location("SHOP")
    response = client.post("/inventory/receipts/new/", formset([("TEA", "1")]) | {"location": make_location().pk})
    assert response.status_code == 422
    assert level_of(tea).on_hand == 5


def test_costs_are_for_those_who_may_see_them(client, operator):
    tea = make_variant("TEA")
    level = stock(tea, 3, location=make_location("SHOP"), unit_cost=Decimal("7.77"))
    for address in ["/inventory/", "/inventory/?columns=value", level.get_absolute_url(), "/inventory/moves/"]:
        assert "7.77" not in client.get(address).content.decode()
        assert "23.31" not in client.get(address).content.decode()
    assert "unit_cost" not in client.get("/inventory/receipts/new/").content.decode()


def test_readers_may_not_write(client):
    client.force_login(make_user("analyst"))
    make_variant("TEA", on_hand=5)
    assert client.get("/inventory/").status_code == 200
    for address in ["correct/", "receipts/new/", "transfers/new/", "holds/new/", "locations/new/", "suppliers/new/"]:
        assert client.get(f"/inventory/{address}").status_code == 403, address


def test_stock_filters(client, owner):
    make_variant("TEA", on_hand=5, barcode="4006381333931")
    cup = make_variant("CUP", on_hand=9)
    pot = make_variant("POT", on_hand=1)
    services.adjust(pot.pk, make_location(), counted=0, reason="x", by=None)

    def skus(query):
        return sorted(row.object.variant.sku for row in client.get(f"/inventory/?{query}").context["rows"])

    assert skus("q=tea") == ["TEA"]
    assert skus("q=4006381333931") == ["TEA"]
    assert skus("state=low") == ["TEA"]
    assert skus("state=out") == ["POT"]
    assert skus("state=in") == ["CUP", "TEA"]
    assert skus(f"location={level_of(cup).location_id}&sort=least") == ["CUP", "POT", "TEA"]
    assert skus(f"location={make_location('SHOP').pk}") == []


def test_the_level_page_tells_why(client, owner):
    tea = make_variant("TEA", on_hand=5)
    services.allocate("SO-1042", [Demand(1, tea.pk, 2, "TEA")], by=owner)
    services.adjust(tea.pk, make_location(), delta=-1, reason="Dropped a cup", by=owner)
    page = client.get(level_of(tea).get_absolute_url())
    text = page.content.decode()
    assert "Why is on hand 4?" in text
    assert [row.object.on_hand_after for row in page.context["rows"]] == [4, 5, 5]
    for words in ["Dropped a cup", "Olivia Owner", "SO-1042", "−1", "Promised to"]:
        assert words in text, words
    only = client.get(f"{level_of(tea).get_absolute_url()}?kind=adjusted&by=olivia")
    assert len(only.context["rows"]) == 1


def test_search_and_references_lead_here(client, owner):
    fill(1)
    receipt, transfer = Receipt.objects.get(), Transfer.objects.get()
    assert client.get(f"/go/{receipt.number}/").url == receipt.get_absolute_url()
    assert client.get(f"/go/{transfer.number}/").url == transfer.get_absolute_url()
    assert "/inventory/locations/MAIN/" in client.get("/search/?q=main").content.decode()
    assert "/inventory/suppliers/S0/" in client.get("/search/?q=s0").content.decode()


def test_the_home_page_counts(client, owner):
    fill(1)
    text = client.get("/").content.decode()
    assert "/inventory/?state=low" in text
    assert "/inventory/transfers/?status=in_transit" in text
