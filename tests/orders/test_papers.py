"""Paper: several documents at once, in the customer's language, on the paper that was chosen."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Variant
from inventory import services as inventory
from inventory.models import Bin, StockLevel
from orders import services
from orders.models import Invoice, Order
from tests.orders.builders import article, buyer, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = staff()
    client.force_login(user)
    return user


def sheets(response, kind="sheet") -> list[str]:
    return re.findall(rf'<article class="{kind}".*?</article>', response.content.decode(), re.DOTALL)


def placed(sku="TEA", pieces=2, **fields) -> Order:
    return make_order([(sku, pieces)], placed=True, customer=buyer(), **fields)


def test_slips_of_many_orders_are_sheets_each_in_its_language_with_a_code(client, clerk):
    english, chinese = placed(), placed("CUP", 3, language="zh-hans")

    response = client.get(reverse("orders:packing-slips"), {"orders": f"{english.pk},{chinese.pk}"})

    first, second = sheets(response)
    assert ('lang="en"' in first, 'lang="zh-hans"' in second) == (True, True)
    assert f'aria-label="Code 128: {english.number}"' in first
    assert "2 pieces" in first
    assert "装箱单" in second


@pytest.mark.parametrize(
    ("asked", "chosen"), [("", "on-a4"), ("letter", "on-letter"), ("roll", "on-a4"), ("x", "on-a4")]
)
def test_the_paper_is_chosen_on_the_page(client, clerk, asked, chosen):
    order = placed()
    response = client.get(reverse("orders:packing-slips"), {"orders": order.pk, "paper": asked})
    assert f'<div class="sheets {chosen}">' in response.content.decode()


def test_the_shop_prints_on_what_its_settings_say(client, clerk, settings):
    settings.PAPER = "letter"
    response = client.get(reverse("orders:packing-slips"), {"orders": placed().pk})
    assert '<div class="sheets on-letter">' in response.content.decode()
    assert '<a href="?orders=' in response.content.decode()


def test_a_pick_list_goes_by_location_and_bin(client, clerk):
    here, there = warehouse("a"), warehouse("b")
    for sku, code, place in (("TEA", "A-02", here), ("CUP", "A-01", here), ("POT", "B-01", there)):
        variant = article(sku, on_hand=9, at=place)
        shelf = Bin.objects.create(location=place, code=code)
        level = StockLevel.objects.get(variant=variant, location=place)
        inventory.put_away([inventory.PutAway(level.pk, 9, shelf.pk)], by=None)
    orders = [make_order([("TEA", 2), ("CUP", 1)], placed=True), make_order([("TEA", 1), ("POT", 4)], placed=True)]

    response = client.get(reverse("orders:pick-lists"), {"orders": ",".join(str(order.pk) for order in orders)})

    first, second = sheets(response)
    assert re.findall(r'<td class="place">(.*?)</td><td class="mono">(.*?)</td>', first) == [
        ("A-01", "CUP"),
        ("A-02", "TEA"),
    ]
    assert re.findall(r'<td class="num">(\d+)</td>', first) == ["1", "3"]
    assert re.findall(r'<span class="for">(\S+) × (\d)</span>', first) == [
        (orders[0].number, "1"), (orders[0].number, "2"), (orders[1].number, "1"),
    ]  # fmt: skip
    assert re.findall(r'<td class="place">(.*?)</td><td class="mono">(.*?)</td>', second) == [("B-01", "POT")]


def test_a_pick_list_of_parcels_leaves_out_what_was_packed(client, clerk):
    waiting, packed = parcel_of(placed()), services.pack(parcel_of(placed("CUP")), by=clerk)
    response = client.get(reverse("orders:pick-lists"), {"ids": f"{waiting.pk},{packed.pk}"})
    (sheet,) = sheets(response)
    assert (waiting.number in sheet, packed.number in sheet) == (True, False)


def test_a_walk_is_printed_with_its_boxes(client, clerk):
    order = placed()
    wave = services.start_picking(warehouse(), [order.pk], by=clerk)
    (sheet,) = sheets(client.get(reverse("orders:pick-lists"), {"wave": wave.number}))
    assert f'aria-label="Code 128: {wave.number}"' in sheet
    assert "Box 1 × 2" in sheet


def test_a_return_has_a_slip_and_a_label(client, clerk, settings):
    settings.COMPANY_ADDRESS = "Harbour Street 1\n20457 Hamburg"
    order = placed(language="zh-hans")
    parcel_of(order, shipped=True)
    row = services.request_return(order, quantities={order.lines.get().pk: 1}, reason="Too small", by=clerk)

    (slip,) = sheets(client.get(reverse("orders:return-slips"), {"ids": row.pk}))
    (label,) = sheets(client.get(reverse("orders:return-labels"), {"ids": row.pk}), "label")

    assert 'lang="zh-hans"' in slip
    assert "Too small" in slip
    for document in (slip, label):
        assert f'aria-label="Code 128: {row.number}"' in document
        assert "Harbour Street 1<br>20457 Hamburg" in document


def test_a_shipping_label_has_the_carriers_number_as_its_code(client, clerk):
    parcel = parcel_of(placed())
    services.set_tracking(parcel, carrier="DHL", tracking_number="JD0123456789", by=clerk)
    canceled = services.cancel_fulfilment(parcel_of(placed("CUP")), by=clerk)

    response = client.get(reverse("orders:shipping-labels"), {"ids": f"{canceled.pk},{parcel.pk}"})

    (label,) = sheets(response, "label")
    assert 'aria-label="Code 128: JD0123456789"' in label
    assert ("DHL" in label, parcel.number in label, "Ada Lovelace" in label) == (True, True, True)
    assert '<div class="sheets parcels labels on-roll">' in response.content.decode()


def test_labels_of_bins_and_variants(client, clerk):
    shelf = Bin.objects.create(location=warehouse(), code="A-01-03")
    (label,) = sheets(client.get(reverse("inventory:bin_labels"), {"ids": shelf.pk}), "label")
    assert 'aria-label="Code 128: A-01-03"' in label
    tea, cup, chinese = article("TEA", barcode="4006381333931"), article("CUP"), article("茶-1")
    labels = sheets(client.get(reverse("catalog:variant_labels"), {"ids": f"{cup.pk},{tea.pk},{chinese.pk}"}), "label")
    codes = [re.search(r'aria-label="(.*?)"', label)[1] for label in labels]
    assert codes == ["Code 128: CUP", "EAN: 4006381333931", "QR: 茶-1"]


def test_nothing_to_print_is_not_found_and_said(client, clerk):
    for name in ("orders:packing-slips", "orders:pick-lists", "orders:return-slips", "orders:shipping-labels"):
        answer = client.get(reverse(name), {"ids": "0,x", "orders": "²"})
        assert (answer.status_code, b"There is nothing to print" in answer.content) == (404, True)
    for name in ("orders:invoice-papers", "orders:invoice-pdfs", "inventory:bin_labels", "catalog:variant_labels"):
        assert client.get(reverse(name)).status_code == 404


def test_four_documents_cost_as_many_statements_as_one(client, clerk):
    """Each place that pieces are picked at asks for its bins; everything else is read at once."""
    parcels = [parcel_of(placed()) for _one in range(4)]
    invoices = [services.issue_invoice(parcel.order, by=clerk) for parcel in parcels]
    keys = {
        "packing-slips": ("ids", parcels),
        "shipping-labels": ("ids", parcels),
        "pick-lists": ("ids", parcels),
        "invoice-papers": ("ids", invoices),
    }
    for name, (parameter, rows) in keys.items():
        client.get(reverse(f"orders:{name}"), {parameter: rows[0].pk})  # reads what is kept from then on
        counts = []
        for some in (rows[:1], rows):
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse(f"orders:{name}"), {parameter: ",".join(str(row.pk) for row in some)})
            counts.append(len(captured))
        assert counts[0] == counts[1] <= 10, name


def test_paper_shows_what_the_reader_may_see(client):
    parcel = parcel_of(placed())
    elsewhere = staff("warehouse_operator", warehouses=["elsewhere"])
    client.force_login(elsewhere)
    for name in ("orders:packing-slips", "orders:pick-lists", "orders:shipping-labels"):
        assert client.get(reverse(name), {"ids": parcel.pk}).status_code == 404
    assert client.get(reverse("orders:invoice-papers"), {"ids": 1}).status_code == 403
    client.force_login(staff("analyst"))
    for name in ("orders:packing-slips", "orders:shipping-labels", "orders:return-slips", "orders:invoice-papers"):
        assert client.get(reverse(name), {"ids": parcel.pk}).status_code == 403
    paper = services.issue_invoice(parcel.order, by=None).get_absolute_url().encode()
    for page in (reverse("orders:invoices"), parcel.order.get_absolute_url()):
        assert paper not in client.get(page).content
        client.force_login(staff("order_clerk"))
        assert paper in client.get(page).content
        client.force_login(staff("analyst"))


# --- Invoices ---------------------------------------------------------------------------------------


def test_an_issued_invoice_prints_as_it_was_whatever_changes_after(client, clerk, settings):
    settings.COMPANY_NAME = "First Company"
    order = placed()
    invoice = services.issue_invoice(order, by=clerk)
    page, file = (reverse(f"orders:{name}", args=[invoice.number]) for name in ("invoice", "invoice-pdf"))
    before = sheets(client.get(page)), client.get(file).content

    settings.COMPANY_NAME = "Another Company"
    Order.objects.filter(pk=order.pk).update(language="zh-hans", customer_name="Someone Else", shipping_address={})
    order.lines.update(title="Coffee", sku="COFFEE", unit_price=Decimal(99))
    Variant.objects.update(title="Coffee")

    assert (sheets(client.get(page)), client.get(file).content) == before
    assert "First Company" in before[0][0]


def test_invoices_of_many_orders_are_printed_at_once(client, clerk):
    orders = [placed(), placed("CUP", language="zh-hans")]
    invoices = [services.issue_invoice(order, by=clerk) for order in orders]
    note = services.credit(invoices[0], reason="Wrong", by=clerk)

    by_keys = client.get(reverse("orders:invoice-papers"), {"ids": f"{invoices[1].pk},{invoices[0].pk}"})
    by_orders = client.get(reverse("orders:invoice-papers"), {"orders": f"{orders[0].pk},{orders[1].pk}"})

    numbers = [re.search(r"<p>((?:INV|CN)-[\d-]+)</p>", sheet)[1] for sheet in sheets(by_keys)]
    assert numbers == [invoices[1].number, invoices[0].number]
    assert len(sheets(by_orders)) == Invoice.objects.count() == 3
    assert note.number in by_orders.content.decode()
