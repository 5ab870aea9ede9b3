"""Files as other programs and other countries write them: each is read, asked about, or refused with a sentence."""

from dataclasses import dataclass, field

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice import resources
from backoffice.imports import running
from backoffice.imports.views.upload import take_in
from backoffice.models import ImportRow, ImportRun
from catalog.models import Product, Variant
from customers.models import Customer, Ticket
from orders.models import Order, OrderLine
from tests.factories import make_location, make_queue, make_user, make_variant

pytestmark = pytest.mark.django_db

TOTAL = "The row looks like a total of the others, not like a record. Leave it out."
AGAIN = "The row repeats the header: several files were put together. Leave this row out."
HISTORY = "The file does not say what was shipped: all its orders count as done and move no stock."


@dataclass
class Found:
    """How a file was read and what its rows would do: (row, column, old or value, new or sentence)."""

    kind: str
    reading: str
    counts: tuple[int, int, int, int]
    changes: list[tuple[int, str, str]] = field(default_factory=list)
    refusals: list[tuple[int, str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    run: ImportRun | None = None


@pytest.fixture
def owner():
    make_location("MAIN")
    make_queue("support")
    for sku in ("A-1", "A-2"):
        make_variant(sku)
    return make_user("owner")


def taken(owner, data, name="file.csv"):
    data = data if isinstance(data, bytes) else data.encode()
    return take_in(resources.every(), by=owner, name=name, upload=SimpleUploadedFile(name, data))


def looked_at(owner, data, name="file.csv", action="check"):
    run = taken(owner, data, name)
    running.work(run, by=owner, action=action)
    rows = list(ImportRow.objects.filter(run=run).order_by("row"))
    how = run.dialect
    return Found(
        run.resource,
        " ".join(
            filter(None, [how["encoding"], {"\t": "TAB"}.get(how["delimiter"], how["delimiter"]), how["decimal"]])
        ),
        (run.new, run.changed, run.unchanged, run.refused),
        [(row.row, column, new) for row in rows for column, _old, new in row.changes],
        [(row.row, column, text) for row in rows for column, _value, text, level in row.problems if level == "error"],
        how["doubts"],
        run,
    )


POT = [(2, "title", "Pot"), (2, "price", "12.5")]
CUP = [(3, "title", "Cup"), (3, "price", "5")]

# --- The same two products, written in many ways --------------------------------------------------

WRITTEN = {
    "separator line": ("sep=;\r\nSKU;Title;Price\r\nA-1;Pot;12,50\r\nA-2;Cup;5,00\r\n".encode("utf-8-sig"), "utf-8-sig ; ,"),
    "separator line in UTF-16": ("sep=\t\r\nSKU\tTitle\tPrice\r\nA-1\tPot\t12,50\r\nA-2\tCup\t5,00\r\n".encode("utf-16"), "utf-16 TAB ,"),
    "two marks at the start": ("\ufeff\ufeffSKU,Title,Price\nA-1,Pot,12.50\nA-2,Cup,5\n", "utf-8-sig , ."),
    "a mark in the middle": ("SKU,Title,Price\nA-1,Pot,12.50\n\ufeffA-2,\ufeffCup,5\n", "utf-8-sig , ."),
    "old line ends": ("SKU,Title,Price\rA-1,Pot,12.50\rA-2,Cup,5\r", "utf-8-sig , ."),
    "full-width digits": ("SKU,Title,Price\nA-1,Pot,１２．５０\nA-2,Cup,５\n", "utf-8-sig , ."),
    "trailing columns": ("SKU,Title,Price,,,\nA-1,Pot,12.50,,,\nA-2,Cup,5.00,,,\n", "utf-8-sig , ."),
    "the sign of the currency": ("Artikelnummer;Bezeichnung;Preis\nA-1;Pot;12,50 €\nA-2;Cup;EUR 5,00\n".encode("utf-16"), "utf-16 ; ,"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_two_products(owner, name):
    data, reading = WRITTEN[name]
    found = looked_at(owner, data)
    assert (found.kind, found.reading, found.doubts) == ("products", reading, [])
    assert (found.counts, found.changes) == ((0, 2, 0, 0), POT + CUP)


def test_a_row_that_slipped_by_a_blank_is_refused_as_such_and_a_habit_of_the_file_is_not(owner):
    slipped = looked_at(owner, "SKU,Title,Price\nA-1,Pot,12.50\nA-2,Cup,5\nA-3,,Jug,\n")
    habit = looked_at(owner, "SKU,Title,Price\nA-4,Pot,12.50,\nA-5,Cup,six,\n")

    assert [(row, column) for row, column, _text in slipped.refusals] == [(4, "")]
    assert slipped.refusals[0][2].startswith("The row has 4 cells, the header 3")
    assert [(row, column) for row, column, _text in habit.refusals] == [(3, "price")]


@pytest.mark.parametrize("end", [",", ",,,"])
def test_blank_cells_beyond_the_header_slip_nothing(owner, end):
    found = looked_at(owner, f"SKU,Title,Price\nA-1,Pot,12.50{end}\nA-2,Cup,5{end}\n")
    assert (found.counts, found.changes) == ((0, 2, 0, 0), POT + CUP)


def test_a_cell_beyond_the_header_is_refused(owner):
    found = looked_at(owner, "SKU,Title,Price\nA-1,Pot,12,50\nA-2,Cup,5\n")
    sentence = "The row has 4 cells, the header 3: a delimiter or a quotation mark is missing or too many."
    assert (found.counts, found.refusals) == ((0, 1, 0, 1), [(2, "", sentence)])


def test_rows_may_lack_the_cells_of_columns_without_a_name(owner):
    found = looked_at(owner, "SKU,Title,Price,,\nA-1,Pot,12.50\nA-2,Cup,5,\n")
    assert (found.counts, found.changes) == ((0, 2, 0, 0), POT + CUP)


def test_the_header_is_found_below_titles_and_merged_cells(owner):
    above = looked_at(owner, "Spring prices 2026;;\n;;\nSKU;Title;Price\nA-1;Pot;12,50\n")
    merged = looked_at(owner, "Product,,Pricing,\nSKU,Title,Price,Cost per item\nA-1,Pot,12.50,3\n")
    assert (above.run.dialect["header_row"], above.changes) == (3, [(4, "title", "Pot"), (4, "price", "12.5")])
    assert (merged.run.dialect["header_row"], merged.counts) == (2, (0, 1, 0, 0))


# --- Rows that are no records ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("SKU,Title,Price\nA-1,Pot,12.50\nTotal,,12.50\n", 3),
        ("SKU,On hand\nA-1,12\nA-2,5\nTOTAL:,17\n", 4),
        ("SKU,Location,On hand\nA-1,MAIN,12\n,Total,12\n", 3),
        ("Artikelnummer;Bestand\nA-1;12\nSumme;12\n", 3),
        ("商品编码,库存数量\nA-1,12\n合计,12\n", 3),
        ("Order ID,Date,SKU,Quantity,Price\n1,2026-01-02,A-1,2,5\nGrand total,,,2,€ 10.00\n", 3),
    ],
)
def test_a_row_of_totals_is_refused(owner, text, row):
    found = looked_at(owner, text)
    assert (found.refusals, found.counts[3]) == ([(row, "", TOTAL)], 1)


def test_a_product_may_be_called_total(owner):
    found = looked_at(owner, "SKU,Title,Brand,Price\nTotal,Total Quartz oil,Total,12.50\n")
    assert (found.refusals, found.counts) == ([], (1, 0, 0, 0))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_that_comes_again_is_refused(owner, mark):
    found = looked_at(owner, f"SKU,Title,Price\nA-1,Pot,12.50\n{mark}SKU,Title,Price\nA-2,Cup,5\n")
    assert (found.refusals, found.counts) == ([(3, "", AGAIN)], (0, 2, 0, 1))


def test_a_header_that_comes_again_makes_no_brand(owner):
    found = looked_at(owner, "Brand\nAcme\nBrand\nOmega\n", name="brands.csv")
    assert (found.kind, found.refusals, found.counts) == ("brands", [(3, "", AGAIN)], (2, 0, 0, 1))


# --- Numbers, amounts, dates ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "price"),
    [("1.234,50 €", "1234.5"), ("1 234,50", "1234.5"), ("1\u202f234,50\u00a0€", "1234.5"), ("0,99", "0.99"), ("1234,5", "1234.5")],
)  # fmt: skip
def test_a_decimal_comma(owner, cell, price):
    found = looked_at(owner, f"SKU;Preis\nA-1;{cell}\n")
    assert (found.kind, found.reading, found.changes) == ("prices", "utf-8-sig ; ,", [(2, "price", price)])


@pytest.mark.parametrize(
    ("cell", "other"), [('"¥1,234"', "CNY"), ("$12.50", "USD"), ("USD 5.00", "USD"), ("CHF 1'234.50", "CHF")]
)
def test_another_currency_is_refused(owner, settings, cell, other):
    settings.DEFAULT_CURRENCY = "EUR"
    found = looked_at(owner, f"SKU,Title,Price\nA-1,Pot,{cell}\n")
    assert found.refusals == [(2, "price", f"The amount is in {other}, the shop sells in EUR.")]


def test_the_yen_of_a_shop_that_sells_in_it(owner, settings):
    settings.DEFAULT_CURRENCY = "CNY"
    found = looked_at(owner, '货号,售价\nA-1,"¥1,234"\nA-2,￥90.50\n'.encode("gb18030"))
    assert (found.reading, found.changes) == ("gb18030 , .", [(2, "price", "1234"), (3, "price", "90.5")])


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("SKU,Price\nA-1,1.234\n", "“1.234” is read as a number with decimals. Where its mark groups thousands, change them."),
        ("SKU;Price\nA-1;1.234\n", "“1.234” is read as more than a thousand. Where its mark stands for decimals, change them."),
        ('SKU,Price\nA-1,"1,234"\n', "“1,234” is read as more than a thousand. Where its mark stands for decimals, change them."),
        ("SKU;Price\nA-1;12,50\nA-2;5.90\n", "Some numbers have a decimal comma and some a decimal point. Look at the sample."),
    ],
)  # fmt: skip
def test_numbers_that_can_be_read_in_two_ways_are_asked_about(owner, text, doubt):
    assert taken(owner, text, "prices.csv").dialect["doubts"] == [doubt]


def test_pieces_are_whole(owner):
    found = looked_at(owner, "SKU,On hand\nA-1,12.0\nA-2,5.5\n")
    assert (found.counts, found.refusals) == ((1, 0, 0, 1), [(3, "on_hand", "A whole number is expected.")])


ORDER = "Order ID,Date,SKU,Quantity,Unit price"


@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ("45678", "This is a spreadsheet's number of a day. Format the column as dates there."),
        ("03/04/2026", "Day and month cannot be told apart. Say in which order dates are written in this file."),
        ("yesterday", "This is not a date. 2026-03-31 is always understood."),
    ],
)
def test_dates_that_say_no_certain_day_are_refused(owner, date, sentence):
    assert looked_at(owner, f"{ORDER}\n1,{date},A-1,2,5\n").refusals == [(2, "placed_at", sentence)]


@pytest.mark.parametrize(
    ("header", "cell", "off"),
    [("Discount %", "10", 1), ("Discount %", "10%", 1), ("Disc. %", "12.5", 1.25), ("Discount (%)", "0", 0)],
)
def test_a_discount_in_percent(owner, header, cell, off):
    looked_at(owner, f"{ORDER},{header}\n1,2026-01-02,A-1,2,5,{cell}\n", action="apply")
    line = OrderLine.objects.get()
    assert (line.discount, line.gross) == (off, 10 - off)


@pytest.mark.parametrize(
    ("header", "cell", "column", "sentence"),
    [
        ("Discount", "10%", "discount", "This is a share in percent; a plain number is expected here."),
        ("Discount %", "110", "line_discount_percent", "A discount is at most 100 %."),
    ],
)
def test_a_discount_that_is_no_such_thing(owner, header, cell, column, sentence):
    found = looked_at(owner, f"{ORDER},{header}\n1,2026-01-02,A-1,2,5,{cell}\n")
    assert found.refusals == [(2, column, sentence)]


# --- Encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("titles", "encoding", "delimiter"),
    [
        (["Duży czajnik żółty", "Łyżka"], "cp1250", ";"),
        (["Чайник большой", "Чашка"], "cp1251", ";"),
        (["Teekanne groß", "Schüssel für Öl"], "cp1252", ";"),
        (["お茶のポット", "コーヒーカップ"], "shift_jis", ","),
        (["茶壺與茶杯的組合商品", "大型茶杯與咖啡的組合"], "big5", ","),
        (["紫砂茶壶套装", "大号茶杯"], "gb18030", ","),
    ],
)
def test_titles_of_many_languages(owner, titles, encoding, delimiter):
    lines = [["SKU", "Title", "Price"], ["A-1", titles[0], "12"], ["A-2", titles[1], "5"]]
    found = looked_at(owner, "\n".join(map(delimiter.join, lines)).encode(encoding))
    assert found.run.dialect["encoding"] == encoding
    assert [new for _row, column, new in found.changes if column == "title"] == titles


# --- Exports of other systems ---------------------------------------------------------------------


def test_products_of_odoo(owner):
    text = (
        "External ID,Name,Internal Reference,Sales Price,Cost,Product Category,Barcode,Quantity On Hand,Unit of Measure\n"
        "__export__.p1,Desk,E-COM01,450.00,300.00,All / Office,,12.00,Units\n"
    )
    found = looked_at(owner, text, action="apply")
    variant = Variant.objects.get(sku="E-COM01")
    assert (found.kind, variant.price, variant.compare_at, variant.cost) == ("products", 450, None, 300)
    assert variant.product.category.path == "All > Office"


def test_products_of_odoo_by_their_technical_names(owner):
    text = '"id","name","default_code","list_price","standard_price","categ_id"\n"p.1","Desk","E-1","450.0","300.0","All / Office"\n'
    looked_at(owner, text, action="apply")
    assert Product.objects.get(title="Desk").category.path == "All > Office"


def test_orders_of_odoo_go_on_below_their_first_row(owner):
    text = (
        "Order Reference,Order Date,Customer,Status,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price,"
        "Order Lines/Discount (%),Total\n"
        "S00001,2026-01-05 10:00:00,Azure,Sales Order,[A-1] Desk,2.00,450.00,10.00,830.00\n,,,,[E-2] Lamp,1.00,20.00,0.00,\n"
    )
    looked_at(owner, text, action="apply")
    order = Order.objects.get()
    assert (order.source, order.source_number, order.status, order.total) == ("odoo", "S00001", "draft", 830)
    lines = order.lines.order_by("position").values_list("sku", "title", "quantity", "discount", "variant__sku")
    assert list(lines) == [("A-1", "Desk", 2, 90, "A-1"), ("E-2", "Lamp", 1, 0, None)]


def test_orders_of_woocommerce(owner):
    header = (
        "Order ID,Order Date,Status,Billing Email,Order Total,Payment Method Title,SKU,Item Name,Quantity,Item Cost\n"
    )
    rows = [
        f"{number},2026-01-02 10:00,{status},ann@example.com,20.00,PayPal,A-1,Pot,2,10.00"
        for number, status in enumerate(["Completed", "Processing", "Cancelled", "Refunded"])
    ]
    looked_at(owner, header + "\n".join(rows), action="apply")
    found = Order.objects.order_by("source_number").values_list("status", "payment_status", "total")
    assert list(found) == [
        ("closed", "none", 20),
        ("draft", "none", 20),
        ("canceled", "none", 0),
        ("closed", "refunded", 20),
    ]


@pytest.mark.parametrize(("shipped", "status"), [("2026-01-03", "closed"), ("NULL", "draft")])
def test_orders_with_a_day_of_shipping_are_done_once_they_have_one(owner, shipped, status):
    found = looked_at(owner, f"{ORDER},shippedDate\n1,2026-01-02,A-1,2,5,{shipped}\n", action="apply")
    assert (Order.objects.get().status, HISTORY in found.run.report["notes"]) == (status, False)


def test_orders_without_a_word_about_shipping_are_history_and_that_is_said(owner):
    found = looked_at(owner, f"{ORDER}\n1,2026-01-02,A-1,2,5\n", action="apply")
    assert (Order.objects.get().status, found.run.report["notes"]) == ("closed", [HISTORY])


def test_states_that_nobody_knows_are_refused(owner):
    found = looked_at(owner, f"{ORDER},Financial status,Fulfillment status\n1,2026-01-02,A-1,2,5,maybe,teleported\n")
    assert found.refusals == [
        (
            2,
            "financial",
            "One of these is expected: paid, partially_paid, pending, authorized, voided, refunded, partially_refunded.",
        ),
        (2, "fulfilment", "One of these is expected: fulfilled, partial, unfulfilled."),
    ]


def test_a_stock_export_of_shopify_is_no_product_file(owner):
    text = (
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,Location,"
        "Incoming,Unavailable,Committed,Available,On hand\na-1,Pot,Title,Default Title,,,,,A-1,,,MAIN,0,0,0,4,5\n"
    )
    found = looked_at(owner, text)
    assert (found.kind, found.counts, found.doubts) == ("stock", (1, 0, 0, 0), [])


def test_tickets_of_freshdesk(owner):
    text = (
        "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,Closed time,Full name,Email\n"
        "5,Broken,Resolved,High,Email,Problem,,Support,2026-01-02 10:00:00,,2026-01-02 12:00:00,,Ann,ann@example.com\n"
    )
    looked_at(owner, text, action="apply")
    ticket = Ticket.objects.get()
    assert (ticket.source, ticket.source_number, ticket.channel, ticket.status) == ("Freshdesk", "5", "mail", "solved")
    assert (ticket.created_at.isoformat(), ticket.priority) == ("2026-01-02T10:00:00+00:00", 3)


def test_customers_with_german_headers(owner):
    text = "\ufeffVorname;Nachname;Firma;Straße;PLZ;Ort;Land;E-Mail;Telefon\nAnn;Lee;;Ring 1;01067;Dresden;DE;ann@example.com;\n"
    looked_at(owner, text, action="apply")
    customer = Customer.objects.get()
    assert (customer.name, str(customer.addresses.get())) == ("Ann Lee", "Ring 1, 01067, Dresden, DE")


# --- What the file holds --------------------------------------------------------------------------

KINDS = {
    "SKU,Title,Price": "products",
    "SKU,New price": "prices",
    "SKU,On hand": "stock",
    "Order ID,SKU,Quantity,Price": "orders",
    "Email,Name,Phone": "customers",
    "Ticket ID,Subject,Description,Status": "tickets",
    "categoryID,categoryName,parent_id": "categories",
}


@pytest.mark.parametrize("header", KINDS)
def test_kind_is_found_out(owner, header):
    cells = ",".join("1" for _name in header.split(","))
    run = taken(owner, f"{header}\n{cells}\n")
    assert (run.resource, run.dialect["doubts"]) == (KINDS[header], [])


def test_the_name_of_a_file_decides_between_equals(owner):
    text = "id,name\n1,Acme\n"
    assert [taken(owner, text, name).resource for name in ("all_categories.csv", "shop-brands.csv")] == [
        "categories",
        "brands",
    ]


def test_a_file_of_which_little_is_known_is_said_to_be_guessed(owner):
    run = taken(owner, "Subject,cityCode,provinceCode,nothing\nA,2,3,4\n")
    assert run.dialect["doubts"] == [
        "What the file holds is a guess: few of its columns are known. Choose another kind where it is wrong."
    ]


def test_the_number_of_a_thing_is_not_its_name(owner):
    run = taken(owner, "productName,categoryID,unitPrice\nPot,7,5\n")
    assert run.mapping == {"productName": "title", "categoryID": "category_number", "unitPrice": "price"}


def test_a_file_of_nothing_known_is_refused(owner):
    with pytest.raises(ValidationError, match="No column of this file is known"):
        taken(owner, "A-9,Thing,12.50\nA-8,Other,5.00\n")
