"""Order files through the command: history, drafts, money, refusals, and back."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from backoffice import context, resources, verification
from backoffice.models import AuditEvent
from customers.models import ContactPoint, Customer
from customers.services import erase, find_or_create_by_email
from orders import services
from orders.models import Fulfilment, Order, Payment, Refund
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import level_of, make_customer, make_location, make_user, make_variant
from tests.orders.builders import make_order

pytestmark = pytest.mark.django_db

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem requires shipping,Billing Name,"
    "Billing Address1,Billing City,Billing Zip,Billing Country,Shipping Name,Shipping City,Shipping Country,Notes,Cancelled at,"
    "Payment Method,Refunded Amount,Source,Tags\n"
)
DONE = (
    "#1001,Ada@Example.com,paid,2026-01-02 10:00:00 +0100,fulfilled,2026-01-03 10:00:00 +0100,USD,45.00,5.00,4.00,54.00,TEN,"
    "5.00,2026-01-02 09:30:00 +0100,2,Tea pot,20.00,POT,true,Ada Lovelace,"
    '1 Main St,London,E1,GB,Ada Lovelace,London,GB,Ring twice,,Shopify Payments,0.00,web,"vip, new"\n'
    "#1001,ada@example.com,,,,,,,,,,,,2026-01-02 09:30:00 +0100,1,Gift card,10.00,,false,,,,,,,,,,,,,,\n"
)


def undo(run):
    out = StringIO()
    call_command("undo_import", run, "--json", stdout=out)
    return json.loads(out.getvalue())


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


@pytest.fixture
def main():
    return make_location("MAIN")


def test_a_shipped_order_is_closed_history_and_stock_stays(tmp_path, main):
    pot = make_variant("POT", on_hand=7)
    result = bring(tmp_path, "orders", SHOPIFY + DONE)
    assert (result["errors"], result["warnings"], counts(result)) == ([], [], (2, 0, 0, 0))
    order = Order.objects.get()
    assert (order.source, order.source_number, order.status, order.payment_status, order.fulfilment_status) == (
        "shopify", "#1001", "closed", "paid", "fulfilled",
    )  # fmt: skip
    assert (order.subtotal, order.discount, order.shipping, order.tax, order.total, order.paid, order.currency) == (
        45, 5, 5, 4, 54, 54, "USD",
    )  # fmt: skip
    assert (order.placed_at.isoformat(), order.note, order.tags) == (
        "2026-01-02T08:30:00+00:00",
        "Ring twice",
        ["vip", "new"],
    )
    assert order.billing_address == {
        "name": "Ada Lovelace",
        "line1": "1 Main St",
        "city": "London",
        "postal_code": "E1",
        "country": "GB",
    }
    assert order.customer.contacts.get().normalized == "ada@example.com"
    assert list(order.lines.values_list("sku", "title", "variant", "quantity", "unit_price", "gross", "fulfilled")) == [
        ("POT", "Tea pot", pot.pk, 2, 20, Decimal("39.20"), 2),
        ("", "Gift card", None, 1, 10, Decimal("9.80"), 0),
    ]
    parcel = Fulfilment.objects.get()
    assert (parcel.number, parcel.status, parcel.location) == (f"{order.number}-F1", "shipped", main)
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.at.isoformat()) == (
        54,
        "Shopify Payments",
        "2026-01-02T09:00:00+00:00",
    )
    assert level_of(pot).on_hand == 7
    assert_verified()


def test_a_customer_of_a_file_is_like_one_of_a_click(tmp_path, main):
    bring(tmp_path, "orders", SHOPIFY + DONE)
    find_or_create_by_email("grace@example.com", "Grace")
    own = ("id", "pk", "number", "name", "search_text", "created_at", "updated_at", "raw", "normalized", "customer_id")
    for rows in (Customer.objects.order_by("pk"), ContactPoint.objects.order_by("pk")):
        filed, clicked = ({name: value for name, value in row.items() if name not in own} for row in rows.values())
        assert filed == clicked
    assert list(AuditEvent.objects.filter(verb="customer.created").values_list("subject", flat=True)) == list(
        Customer.objects.order_by("-pk").values_list("number", flat=True)
    )
    assert [row.updated_at is not None for row in Customer.objects.all()] == [True, True]


def test_the_same_file_again_changes_nothing(tmp_path, main):
    bring(tmp_path, "orders", SHOPIFY + DONE)
    assert counts(bring(tmp_path, "orders", SHOPIFY + DONE)) == (0, 0, 2, 0)
    assert (Order.objects.count(), Payment.objects.count(), Customer.objects.count()) == (1, 1, 1)


def test_an_open_order_is_a_draft_that_can_be_placed(tmp_path, main):
    pot = make_variant("POT", on_hand=7)
    text = "Name,Financial Status,Fulfillment Status,Total,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n#7,paid,unfulfilled,40.00,2,Pot,20.00,pot\n"
    bring(tmp_path, "orders", text)
    order = Order.objects.get()
    assert (order.status, order.payment_status, order.paid, order.total, order.customer) == (
        "draft",
        "paid",
        40,
        40,
        None,
    )
    services.place(order, by=None)
    assert level_of(pot).allocated == 2
    assert_verified()


def test_canceled_refunded_and_unpaid_orders(tmp_path, main):
    header = "Name,Financial Status,Fulfillment Status,Total,Refunded Amount,Cancelled at,Lineitem quantity,Lineitem name,Lineitem price\n"
    bring(
        tmp_path,
        "orders",
        header
        + "#1,refunded,,20,20,2026-01-01 10:00:00 +0000,1,Pot,20\n#2,partially_refunded,fulfilled,20,5,,1,Pot,20\n"
        "#3,pending,fulfilled,20,0,,1,Pot,20\n#4,voided,,20,,2026-01-01 10:00:00 +0000,1,Pot,20\n"
        "#5,authorized,fulfilled,20,,,1,Pot,20\n",
    )
    orders = Order.objects.order_by("source_number")
    assert list(orders.values_list("authorized", "voided")) == [(0, 0), (0, 0), (0, 0), (0, 20), (20, 0)]
    assert list(orders.values_list("status", "payment_status", "total", "paid", "refunded")) == [
        ("canceled", "refunded", 0, 20, 20),
        ("closed", "partially_refunded", 20, 20, 5),
        ("closed", "none", 20, 0, 0),
        ("canceled", "voided", 0, 0, 0),
        ("closed", "authorized", 20, 0, 0),
    ]
    assert_verified()


def test_undo_voids_what_was_authorized(tmp_path, main):
    header = "Name,Financial Status,Fulfillment Status,Total,Lineitem quantity,Lineitem name,Lineitem price\n"
    run = bring(tmp_path, "orders", f"{header}#1,authorized,fulfilled,20,1,Pot,20\n")["run"]
    order = Order.objects.get()
    reason = "canceled and voided, for authorizations are never deleted"
    assert [(row["record"], row["reason"]) for row in undo(run)["kept"]] == [(order.number, reason)]
    order.refresh_from_db()
    assert (order.status, order.payment_status, order.authorized, order.voided) == ("canceled", "voided", 0, 20)
    assert_verified()


def test_taxes_in_the_prices_and_a_sum_that_differs(tmp_path, main):
    header = "Order number,Currency,Shipping,Taxes,Total,SKU,Title,Quantity,Unit price\n"
    result = bring(tmp_path, "orders", header + "1,EUR,5,4.00,25,A,Pot,1,20\n2,EUR,0,0,99,A,Pot,2,20\n")
    first, second = Order.objects.order_by("source_number")
    assert (first.prices_include_tax, first.tax, first.total, second.total) == (True, 4, 25, 40)
    assert [w["message"] for w in result["warnings"] if w["column"] == "total"] == [
        "The file's total is €99.00; lines, shipping and taxes come to €40.00."
    ]
    assert_verified()


def test_a_flat_log_of_sales(tmp_path, main):
    customer = make_customer("Shop Ltd", external_id="17850")
    text = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom\n"
        "536366,X,,-3,2010-12-01 09:41:00,0,,United Kingdom\n"
        "536366,Y,Fine,3,2010-12-01 09:41:00,1,,United Kingdom\n"
    )
    result = bring(tmp_path, "orders", text, "--partial")
    assert reasons(result) == [
        (
            5,
            "quantity",
            "",
            "X is taken back, and nothing of it sold: give what comes back an order number of its own.",
        ),
        (6, "source_number", "536366", "Its order is refused: see row 5."),
    ]
    assert (result["read"], counts(result)) == (5, (3, 0, 0, 2))
    order = Order.objects.get(source_number="536365")
    assert (order.status, order.payment_status, order.total, order.customer, order.shipping_address) == (
        "closed", "none", Decimal("35.64"), customer, {"country": "United Kingdom"},
    )  # fmt: skip


def test_a_cancellation_is_a_canceled_order_and_a_write_off_is_refused(tmp_path, main):
    text = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice\n"
        "C536379,D,Discount,-2,2010-12-01 09:41:00,27.5\n"
        "C536379,E,Lamp,-1,2010-12-01 09:41:00,4.95\n"
        "536414,X,,-56,2010-12-01 11:52:00,0\n"
    )
    result = bring(tmp_path, "orders", text, "--partial")
    sentence = "536414 takes pieces out without a price: no sale, but a correction of stock."
    assert (reasons(result), counts(result)) == ([(4, "quantity", "", sentence)], (2, 0, 0, 1))
    order = Order.objects.get()
    assert (order.source_number, order.status, order.total, order.cancel_reason) == (
        "C536379", "canceled", 0, "Takes goods of another order back",
    )  # fmt: skip
    assert order.canceled_at == order.placed_at
    assert list(order.lines.values_list("sku", "quantity", "canceled", "unit_price", "gross")) == [
        ("D", 2, 2, Decimal("27.5"), 0),
        ("E", 1, 1, Decimal("4.95"), 0),
    ]
    event = AuditEvent.objects.get(verb="order.imported")
    assert (event.subject, event.reason) == (order.number, "Takes 3 pieces back for €59.95 at the source.")
    assert counts(bring(tmp_path, "orders", text, "--partial")) == (0, 0, 2, 1)
    assert_verified()


PARTLY = (
    "Name,Financial Status,Fulfillment Status,Total,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Lineitem fulfillment status\n#1,paid,partial,50.00,2,Pot,20.00,POT,fulfilled\n#1,,,,2,Cup,5.00,CUP,pending\n"
)


def test_a_partly_shipped_order_is_placed_with_the_rest_promised(tmp_path, main):
    make_variant("POT", on_hand=7)
    cup = make_variant("CUP", on_hand=7)
    result = bring(tmp_path, "orders", PARTLY)
    assert (result["errors"], result["warnings"]) == ([], [])
    order = Order.objects.get()
    assert (order.status, order.fulfilment_status, order.payment_status, order.closed_at) == (
        "placed", "partial", "paid", None,
    )  # fmt: skip
    assert list(order.lines.values_list("sku", "fulfilled", "allocated")) == [("POT", 2, 0), ("CUP", 0, 2)]
    assert list(Fulfilment.objects.get().lines.values_list("order_line__sku", "quantity")) == [("POT", 2)]
    assert (level_of(cup).allocated, level_of(cup).on_hand) == (2, 7)
    assert_verified()
    undone = undo(result["run"])
    assert (undone["deleted"], level_of(cup).allocated, order.status) == (0, 0, "placed")
    order.refresh_from_db()
    assert (order.status, order.refunded) == ("canceled", 50)
    assert_verified()


def test_the_rest_of_a_partly_shipped_order_that_is_out_of_stock_is_said(tmp_path, main):
    make_variant("CUP", on_hand=1)
    result = bring(tmp_path, "orders", PARTLY.replace("paid", "pending"))
    said = [note for note in result["notes"] if note.startswith("#1")]
    assert said == ["#1: what is left to ship has no stock promised. CUP: 1 available, 2 asked."]
    assert list(Order.objects.get().lines.values_list("fulfilled", "allocated")) == [(2, 0), (0, 0)]
    assert_verified()
    assert undo(result["run"])["deleted"] == 1


def test_shipped_pieces_of_a_line_and_a_partial_order_that_does_not_say(tmp_path, main):
    header = "Order number,Fulfilment,SKU,Title,Quantity,Unit price,Quantity shipped\n"
    result = bring(tmp_path, "orders", header + "1,,A,Pot,3,5,1\n2,partial,B,Cup,3,5,\n")
    assert [w["message"] for w in result["warnings"] if w["column"] == "fulfilment"] == [
        "The file does not say which lines of this partly shipped order have left; it counts as shipped."
    ]
    facts = Order.objects.order_by("source_number").values_list("status", "fulfilment_status", "lines__fulfilled")
    assert list(facts) == [("placed", "partial", 1), ("closed", "fulfilled", 3)]
    assert_verified()


def test_taxes_of_lines_transactions_and_refunds_beyond_what_was_paid(tmp_path, main):
    header = (
        "Name,Fulfillment Status,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Tax 1 Price,Transaction amount,"
        "Transaction kind,Transaction status,Refunded amount\n"
    )
    result = bring(
        tmp_path,
        "orders",
        header + "#1,fulfilled,1,Pot,20,A,4.00,26.00,sale,success,\n#1,,1,Book,2,B,0.00,5.00,refund,success,\n"
        "#1,,,,,,,99,sale,failure,\n#2,fulfilled,1,Pot,20,A,4.00,24.00,capture,success,30\n",
    )
    first, second = Order.objects.order_by("source_number")
    assert list(first.lines.values_list("net", "tax", "gross")) == [(20, 4, 24), (2, 0, 2)]
    assert (first.total, first.paid, first.refunded, first.payment_status) == (26, 26, 5, "partially_refunded")
    assert (second.paid, second.refunded) == (24, 24)
    assert [w["message"] for w in result["warnings"] if w["column"] == "refunded"] == [
        "The file's refunds are €30.00; only €24.00 was paid, and no more can be given back."
    ]
    assert_verified()


def test_taxes_of_several_kinds_are_added_up(tmp_path, main):
    header = "Name,Fulfillment Status,Total,Lineitem quantity,Lineitem name,Lineitem price,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value\n"
    bring(tmp_path, "orders", header + "#1,fulfilled,11.50,1,Pot,10,State,1.00,City,0.50\n")
    order = Order.objects.get()
    assert (order.tax, order.total, order.prices_include_tax) == (Decimal("1.5"), Decimal("11.5"), False)
    assert order.lines.get().tax_name == "State"
    assert_verified()


def test_a_file_without_prices_shares_its_totals(tmp_path, main):
    text = "Name,Total,Financial Status,Lineitem name,Lineitem quantity\n#1,10.00,paid,A,1\n#1,,,B,2\n"
    result = bring(tmp_path, "orders", text)
    assert [w["message"] for w in result["warnings"]] == [
        "The file has no prices: the total is shared over the pieces."
    ]
    assert list(Order.objects.get().lines.values_list("gross", flat=True)) == [Decimal("3.33"), Decimal("6.67")]
    assert (Order.objects.get().total, Order.objects.get().payment_status) == (10, "paid")
    assert_verified()


def test_every_refusal_names_row_column_and_reason(tmp_path, main):
    header = "Order number,Date,Currency,SKU,Title,Quantity,Unit price,Discount\n"
    result = bring(
        tmp_path,
        "orders",
        header
        + ",,EUR,A,Pot,1,5,\n1,soon,EUR,A,Pot,1,5,\n2,,EURO,A,Pot,1,5,\n3,,EUR,,,1,5,\n4,,EUR,A,Pot,1,5,9\n5,,EUR,A,Pot,,5,\n"
        "6,,EUR,A,Pot,1,,\n7,,EUR,A,Pot,999999999,99999999999,\n",
        "--dry-run",
    )
    assert reasons(result) == [
        (2, "source_number", "", "The row does not say which order it belongs to."),
        (3, "placed_at", "soon", "This is not a date. 2026-03-31 is always understood."),
        (4, "currency", "EURO", "A currency has three letters, such as EUR."),
        (5, "title", "", "A line needs a SKU or a title."),
        (6, "discount", "", "The discount of €9.00 is more than the lines come to (€5.00)."),
        (7, "quantity", "", "The quantity must be at least 1."),
        (8, "unit_price", "", "A: a price is needed."),
        (9, "discount", "", "The number is too large."),
    ]
    assert counts(result) == (0, 0, 0, 8)


@pytest.mark.parametrize(("discount", "total"), [("3.00", "17.00"), ("1.00", "17.00")])
def test_discounts_of_lines_may_be_counted_in_that_of_the_order(tmp_path, main, discount, total):
    header = "Order number,Discount,Total,SKU,Title,Quantity,Unit price,line_discount\n"
    result = bring(tmp_path, "orders", header + f"1,{discount},{total},A,Pot,2,10,2\n")
    assert [w["message"] for w in result["warnings"] if w["column"] == "total"] == []
    assert (Order.objects.get().discount, Order.objects.get().total) == (1, 17)


def test_unknown_skus_are_said_and_kept_as_text(tmp_path, main):
    result = bring(tmp_path, "orders", "Order number,SKU,Title,Quantity,Unit price\n1,NO,Pot,1,5\n")
    assert [w["message"] for w in result["warnings"]] == ["There is no variant “NO”: the line keeps the text."]
    line = Order.objects.get().lines.get()
    assert (line.sku, line.title, line.variant) == ("NO", "Pot", None)


def test_without_a_warehouse_history_is_refused(tmp_path):
    result = bring(tmp_path, "orders", "Order number,SKU,Title,Quantity,Unit price\n1,NO,Pot,1,5\n")
    assert reasons(result)[0][3].startswith("There is no open warehouse that the parcels could have left from.")
    assert not Order.objects.exists()


def test_who_may_not_record_payments_or_add_customers(tmp_path, main):
    person = make_user("", email="p@example.com")
    person.user_permissions.set(Permission.objects.filter(codename__in=["add_order", "import_data"]))
    result = bring(tmp_path, "orders", SHOPIFY + DONE, "--by", person.email)
    assert "Payments are left out: you may not record them." in result["notes"]
    order = Order.objects.get()
    assert (order.paid, order.customer, order.created_by, Customer.objects.count()) == (0, None, person, 0)


def test_an_export_comes_back_as_it_went(tmp_path, main):
    make_order([("TEA", 2), ("CUP", 1)], placed=True, email="ada@example.com")
    bring(tmp_path, "orders", SHOPIFY + DONE)
    path = tmp_path / "out.csv"
    call_command("export_csv", "orders", output=str(path), stderr=StringIO())
    result = bring(tmp_path, "orders", path.read_bytes())
    assert (result["errors"], counts(result)) == ([], (0, 0, 4, 0))


def test_undo_deletes_unpaid_orders_and_cancels_paid_ones(tmp_path, main):
    header = "Name,Financial Status,Fulfillment Status,Total,Lineitem quantity,Lineitem name,Lineitem price\n"
    text = (
        header
        + "#1,pending,fulfilled,20,1,Pot,20\n#2,paid,fulfilled,20,1,Pot,20\n#3,pending,,20,1,Pot,20\n#4,paid,,20,1,Pot,20\n"
    )
    run = bring(tmp_path, "orders", text)["run"]
    changed = Order.objects.get(source_number="#3")
    with context.acting(source="page"):
        services.change_details(changed, note="mine", by=None)
    paid = list(Order.objects.filter(source_number__in=["#2", "#4"]).order_by("pk"))
    reason = "canceled and refunded, for payments are never deleted"
    undone = undo(run)
    assert (undone["deleted"], undone["restored"]) == (1, 0)
    assert [(row["record"], row["reason"]) for row in undone["kept"]] == [
        (changed.number, "changed since by others"),
        *((order.number, reason) for order in paid),
    ]
    assert list(
        Order.objects.order_by("source_number").values_list("source_number", "status", "total", "paid", "refunded")
    ) == [
        (f"#2 ({run})", "canceled", 0, 20, 20),
        ("#3", "draft", 20, 0, 0),
        (f"#4 ({run})", "canceled", 0, 20, 20),
    ]
    assert Refund.objects.count() == 2
    assert_verified()
    assert counts(bring(tmp_path, "orders", text)) == (3, 0, 1, 0)


@pytest.mark.parametrize(
    ("role", "offered", "kept_back"),
    [
        ("catalog_editor", {"categories", "prices", "products"}, {"orders", "stock", "locations"}),
        ("warehouse_manager", {"stock", "locations", "suppliers"}, {"orders", "prices", "categories"}),
        ("order_clerk", {"orders"}, {"stock", "prices", "locations"}),
    ],
)
def test_the_upload_page_offers_what_a_role_may_bring_in(client, role, offered, kept_back):
    client.force_login(make_user(role))
    page = client.get(reverse("imports:new")).content.decode()
    found = {resource.key for resource in resources.every() if f'value="{resource.key}"' in page}
    assert (offered - found, kept_back & found) == (set(), set())


@pytest.mark.parametrize("key", ["categories", "locations", "orders"])
def test_the_template_is_a_file_that_goes_in(client, tmp_path, main, key):
    client.force_login(make_user("owner"))
    template = client.get(reverse("imports:template", args=[key])).content
    result = bring(tmp_path, key, template)
    assert (result["errors"], result["new"] + result["changed"]) == ([], 1)


def test_the_service_takes_a_batch_of_one(main):
    columns = ["source_number", "sku", "title", "quantity", "unit_price"]
    outcome = services.import_orders([(1, None, "1", "A", "Pot", 1, 5)], columns=columns, by=None)
    assert (outcome.applied, outcome.new, Order.objects.get().total) == (True, 1, 5)


def test_an_order_of_somebody_erased_comes_without_the_person_and_says_so(tmp_path, main):
    make_variant("POT", on_hand=7)
    erasure = erase(make_customer("Ada Lovelace", email="ada@example.com"), by=None)

    result = bring(tmp_path, "orders", SHOPIFY + DONE)

    assert [(found["row"], found["column"]) for found in result["warnings"]] == [(2, "email")]
    assert (
        f"({erasure.number}): the order is kept without customer, name and address." in result["warnings"][0]["message"]
    )
    order = Order.objects.get()
    assert (order.customer, order.email, order.customer_name, order.phone, order.note) == (None, "", "", "", "")
    assert (order.billing_address, order.shipping_address, order.total) == (
        {"country": "GB"},
        {"country": "GB"},
        Decimal(54),
    )
    assert not ContactPoint.objects.exists()


def test_who_was_erased_is_known_by_the_phone_alone(tmp_path, main):
    make_variant("POT", on_hand=7)
    erase(make_customer("Ada Lovelace", phone="+44 20 7946 0018"), by=None)
    text = (
        "source_number,sku,title,quantity,unit_price,customer_name,phone,country\n7,POT,Pot,1,5,Ada,020 7946 0018,GB\n"
    )

    result = bring(tmp_path, "orders", text)

    assert [(found["row"], found["column"]) for found in result["warnings"]] == [(2, "phone")]
    assert Order.objects.values_list("customer_name", "phone", "total").get() == ("", "", Decimal(5))
