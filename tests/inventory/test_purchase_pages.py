"""Pages of purchasing: what they show, what they do, to whom, in how many statements."""

from decimal import Decimal

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from inventory import services
from inventory.models import LandedCost, PurchaseOrder, Receipt, ReorderRule, SupplierItem
from inventory.services import Delivered, PurchaseLine
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user("owner")
    client.force_login(user)
    return user


def fill(rows):
    """So many orders, items, rules and suggestions."""
    for n in range(rows):
        supplier, tea = make_supplier(f"S{n}", email="sales@acme.example"), make_variant(f"TEA-{n}")
        SupplierItem.objects.create(supplier=supplier, variant=tea, supplier_sku=f"A-{n}", cost=Decimal(2), pack_size=6)
        ReorderRule.objects.create(variant=tea, location=make_location(), minimum=20, maximum=30)
        order = services.create_purchase(supplier, make_location(), [PurchaseLine(tea.pk, 6)], by=None)
        services.order_purchase(order, by=None)
    return PurchaseOrder.objects.order_by("pk").last()


LISTS = {"purchase_orders": 7, "supplier_items": 6, "reorder_rules": 7}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_for_any_number_of_rows(client, owner, django_assert_num_queries, name, rows):
    fill(rows)
    client.get("/inventory/")
    with django_assert_num_queries(LISTS[name]):
        response = client.get(reverse(f"inventory:{name}"))
    assert len(response.context["rows"]) == rows


def test_an_order_is_written_by_the_suppliers_sku_and_rounded_to_packs(client, owner):
    fill(1)
    supplier = SupplierItem.objects.get().supplier
    response = client.post(
        reverse("inventory:purchase_new"),
        {
            "supplier": f"#{supplier.pk}", "location": make_location().pk, "currency": "eur", "exchange_rate": "", "freight": "3.50",
            "tax": "", "key": "k", "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0, "lines-0-variant": "a-0", "lines-0-quantity": "7",
            "lines-0-unit_cost": "",
        },
        follow=True,
    )  # fmt: skip
    order = PurchaseOrder.objects.get(key="k")
    assert [(line.quantity, line.unit_cost) for line in order.lines.all()] == [(12, Decimal(2))]
    assert order.total == Decimal("27.5")
    assert "TEA-0: 7 → 12" in response.content.decode()


def test_a_delivery_is_received_with_rejected_pieces(client, owner):
    order = fill(1)
    line = order.lines.get()
    address = reverse("inventory:purchase_receive", args=[order.number])
    sent = {f"accepted_{line.pk}": "4", f"rejected_{line.pk}": "1", f"reason_{line.pk}": "", "key": "k"}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "Why are pieces rejected?" in refused.content.decode()
    client.post(address, sent | {f"reason_{line.pk}": "damaged"})
    client.post(address, sent | {f"reason_{line.pk}": "damaged"})
    line.refresh_from_db()
    assert (line.accepted, line.rejected, Receipt.objects.count()) == (4, 1, 1)
    page = client.get(order.get_absolute_url()).content.decode()
    assert "Partially received" in page
    assert Receipt.objects.get().number in page


def test_one_click_orders_what_a_supplier_sells(client, owner):
    fill(1)
    page = client.get(reverse("inventory:to_reorder")).content.decode()
    assert "TEA-0" in page
    rule = ReorderRule.objects.get()
    response = client.post(reverse("inventory:to_reorder"), {"supplier": "S0", "rule": [rule.pk]})
    order = PurchaseOrder.objects.filter(status="draft").get()
    assert response.url == order.get_absolute_url()
    assert order.lines.get().quantity == 24
    assert "Nothing to reorder" in client.get(reverse("inventory:to_reorder")).content.decode()


def test_who_may_not_order_makes_no_draft(client):
    fill(1)
    client.force_login(make_user("warehouse_operator"))
    assert client.post(reverse("inventory:to_reorder"), {"rule": [ReorderRule.objects.get().pk]}).status_code == 403
    assert PurchaseOrder.objects.filter(status="draft").count() == 0


def test_the_order_is_mailed_with_its_lines(client, owner):
    order = fill(1)
    client.post(reverse("inventory:purchase_mail", args=[order.number]))
    job = ProcrastinateJob.objects.get(task_name="backoffice.send_mail")
    assert job.args["to"] == "sales@acme.example"
    assert "6 × A-0 · Tea-0 (TEA-0) · €2.00" in job.args["body"]


def test_costs_are_hidden_from_those_who_may_not_see_them(client):
    order = fill(1)
    client.force_login(make_user("warehouse_operator"))
    for address in (order.get_absolute_url(), reverse("inventory:to_reorder"), order.supplier.get_absolute_url()):
        assert "€" not in client.get(address).content.decode()
    assert client.get(reverse("inventory:purchase_print", args=[order.number])).status_code == 403


def test_the_paper_shows_the_suppliers_sku(client, owner):
    order = fill(1)
    page = client.get(reverse("inventory:purchase_print", args=[order.number])).content.decode()
    assert "A-0" in page
    assert "€12.00" in page


def test_landed_costs_stand_on_the_receipt(client, owner):
    order = fill(1)
    receipt = services.receive_purchase(order, [Delivered(order.lines.get().pk, 6)], by=None)
    address = reverse("inventory:landed_cost_new", args=[receipt.number])
    client.post(address, {"amount": "9.00", "basis": "quantity", "reason": "Freight", "key": "k"})
    assert LandedCost.objects.get().amount == Decimal(9)
    assert level_of(receipt.lines.get().variant).value == Decimal(21)
    assert "Freight" in client.get(receipt.get_absolute_url()).content.decode()


def test_search_and_references_find_the_order(client, owner):
    order = fill(1)
    assert client.get(f"/go/{order.number}/").url == order.get_absolute_url()


def test_the_api_reads_orders_with_lines(client, owner):
    order = fill(1)
    shown = client.get(f"/api/v1/purchase-orders/{order.number}").json()
    assert (shown["status"], shown["total"], shown["lines"][0]["sku"], shown["lines"][0]["outstanding"]) == (
        "ordered", "12.000000", "TEA-0", 6,
    )  # fmt: skip
    listed = client.get("/api/v1/purchase-orders?status=ordered").json()
    assert [row["number"] for row in listed["items"]] == [order.number]
    items = client.get("/api/v1/supplier-items?sku=tea-0").json()["items"]
    assert [(row["supplier"], row["supplier_sku"], row["cost"]) for row in items] == [("S0", "A-0", "2.000000")]
