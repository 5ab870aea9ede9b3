"""Orders that come in several files: joined by what they have in common, and nothing is lost unsaid."""

import html
import io
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.models import ImportRun
from orders.models import Order, OrderLine, Payment
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_location, make_user

pytestmark = pytest.mark.django_db

ORDERS = (
    "Order ID;Date created;Customer;Status\n"
    "A1;2026-01-05;Ada;completed\n"
    "A2;2026-01-06;Bob;completed\n"
    "A3;2026-01-07;Cyd;completed\n"
)
LINES = "line,order_no,Artikelnummer,Qty,Price\n1,A1,CUP,2,5.00\n2,A2,POT,1,12.50\n3,A1,TEA,1,3.00\n4,A9,TEA,1,3.00\n"
PAYMENTS = "order_id,payment_type,amount\nA1,card,10.00\nA1,voucher,3.00\nA2,card,12.50\n"


def bring_joined(tmp_path, first, *further, options=()):
    """The result of `import_csv orders` with these texts as files."""
    joins = []
    for place, text in enumerate(further, start=2):
        path = tmp_path / f"file{place}.csv"
        path.write_text(text)
        joins += ["--join", str(path)]
    return bring(tmp_path, "orders", first, *joins, *options, name="file1.csv")


def steps(result, *names):
    return [tuple(step[name] for name in names) for step in result["joined"]["steps"]]


def test_lines_take_what_their_header_says_and_payments_are_added_up(tmp_path):
    make_location()
    result = bring_joined(tmp_path, ORDERS, LINES, PAYMENTS, options=["--partial"])
    assert (counts(result), reasons(result)) == ((3, 0, 0, 1), [(5, "title", "", "The order has no lines.")])
    assert steps(result, "how", "rows", "alone", "lacking", "repeated", "examples") == [
        ("lines", 4, 1, 1, 0, ["a9"]),
        ("added", 3, 0, 1, 1, []),
    ]
    assert "1 rows of “file2.csv” found no partner and are left out: a9." in result["notes"]
    assert list(Order.objects.order_by("source_number").values_list("source_number", "customer_name", "total")) == [
        ("A1", "Ada", Decimal("13.00")),
        ("A2", "Bob", Decimal("12.50")),
    ]
    assert list(OrderLine.objects.order_by("pk").values_list("sku", "quantity")) == [("CUP", 2), ("TEA", 1), ("POT", 1)]
    assert list(Payment.objects.order_by("pk").values_list("amount", "method")) == [
        (Decimal("13.00"), "card + voucher"),
        (Decimal("12.50"), "card"),
    ]
    assert ImportRun.objects.get().joined["rows"] == 3


def test_payments_that_do_not_add_up_are_kept_and_said(tmp_path):
    make_location()
    result = bring_joined(tmp_path, "Order ID,Status\nA1,completed\n", LINES, "order_id,amount\nA1,4\nA1,10.50\n")
    assert Order.objects.values_list("total", "paid").get() == (Decimal("13.00"), Decimal("14.50"))
    said = [warning["message"] for warning in result["warnings"] if warning["column"] == "paid"]
    assert said == ["The file's payments are €14.50; the order comes to €13.00."]


def test_freight_of_the_lines_is_the_shipping_and_a_line_without_quantity_is_a_piece(tmp_path):
    make_location()
    items = "order_id,product_id,price,freight_value\nA1,CUP,5.00,1.10\nA1,CUP,5.00,1.15\n"
    result = bring_joined(tmp_path, "order_id,order_status\nA1,delivered\n", items)
    assert Order.objects.values_list("shipping", "total").get() == (Decimal("2.25"), Decimal("12.25"))
    assert list(OrderLine.objects.values_list("quantity", flat=True)) == [1, 1]
    assert "The file has no quantities: each of its lines counts as one piece." in result["notes"]


# --- In the browser -----------------------------------------------------------------------------


@pytest.fixture
def page(client):
    client.force_login(make_user("owner"))
    return client


def upload(client, first, *further, name="file1.csv", resource="any"):
    files = [SimpleUploadedFile(f"file{place}.csv", text.encode()) for place, text in enumerate(further, start=2)]
    first = SimpleUploadedFile(name, first if isinstance(first, bytes) else first.encode())
    return client.post(reverse("imports:new"), {"resource": resource, "file": first, "further": files})


def work(client, run, action, **data):
    return client.post(reverse("imports:work", args=[run.number]), {"action": action, **data}, follow=True)


def zipped(**texts):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"export/{name}.csv", text)
    return kept.getvalue()


def test_further_files_are_shown_joined_and_come_in(page):
    make_location()
    answer = upload(page, ORDERS, LINES, PAYMENTS)
    run = ImportRun.objects.get()
    assert (answer.status_code, run.resource, run.file_name) == (302, "orders", "file1.csv")
    text = page.get(answer.url).content.decode()
    assert "How the files are joined" in text
    assert "<option selected>order_no</option>" in text
    assert "found no partner and are left out: a9." in text
    work(page, run, "check", header_row="1")
    work(page, run, "partial")
    run.refresh_from_db()
    assert (run.status, run.new, run.refused) == ("applied", 3, 1)
    assert list(Order.objects.order_by("source_number").values_list("total", "paid")) == [
        (Decimal("13.00"), Decimal("13.00")),
        (Decimal("12.50"), Decimal("12.50")),
    ]


def test_one_zip_of_several_files_is_joined_whatever_their_order(page):
    make_location()
    upload(page, zipped(a_items=LINES, b_orders=ORDERS, c_payments=PAYMENTS), name="export.zip")
    run = ImportRun.objects.get()
    assert (run.joined["first"], [step["name"] for step in run.joined["steps"]]) == (
        "b_orders.csv", ["c_payments.csv", "a_items.csv"],
    )  # fmt: skip
    work(page, run, "check", header_row="1")
    run.refresh_from_db()
    assert (run.new, run.refused) == (3, 1)


def test_the_column_by_which_files_are_joined_can_be_chosen(page):
    make_location()
    lines = "order_no,ticket,sku,qty,price\nx,A1,CUP,2,5.00\nx,A2,POT,1,12.50\nx,A3,POT,1,12.50\n"
    upload(page, ORDERS, lines)
    run = ImportRun.objects.get()
    assert (run.joined["steps"][0]["right"], run.joined["steps"][0]["alone"]) == ("order_no", 3)
    answer = work(page, run, "read", **{"left-0": "Order ID", "right-0": "ticket", "header_row": "1"})
    run.refresh_from_db()
    assert (run.joined["steps"][0]["right"], run.joined["steps"][0]["alone"]) == ("ticket", 0)
    assert "<option selected>ticket</option>" in answer.content.decode()
    assert "by order_no" not in answer.content.decode()
    work(page, run, "check")
    run.refresh_from_db()
    assert (run.new, run.refused) == (3, 0)


@pytest.mark.parametrize(
    ("further", "sentence"),
    [
        ("colour,size\nred,1\n", "“file2.csv” has no column in common with the files before it, such as the order number."),
        ("%PDF-1.4 something", "“file2.csv”: This is a PDF, not a table. Save the table in it as CSV."),
        ("", "The submitted file is empty."),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused_at_the_field(page, further, sentence):
    answer = upload(page, ORDERS, further)
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.content.decode())
    assert not ImportRun.objects.exists()


def test_other_kinds_come_in_one_file(page):
    answer = upload(page, ORDERS, LINES, resource="brands")
    assert "“Brands” come in one file, not in several." in answer.content.decode()


# --- Odd files ----------------------------------------------------------------------------------


def test_repeated_headers_do_not_double_the_lines(tmp_path):
    make_location()
    result = bring_joined(tmp_path, "Order ID,Customer,Status\nA1,Ada,completed\nA1,Ada,completed\n", LINES)
    assert counts(result) == (2, 0, 0, 0)
    assert steps(result, "doubled", "alone") == [(1, 2)]
    assert Order.objects.get().total == Decimal("13.00")


def test_lines_first_and_an_id_in_the_file_of_headers(tmp_path):
    make_location()
    headers = "id,customer_id,status\n#A1,17.0,completed\nA2,18,completed\n"
    result = bring_joined(tmp_path, LINES, headers, options=["--partial"])
    assert (counts(result), steps(result, "left", "right", "lacking")) == ((4, 0, 0, 0), [("order_no", "id", 1)])


def test_lines_of_two_files_cannot_be_told_apart(tmp_path):
    result = bring_joined(tmp_path, LINES, LINES)
    assert (result["code"], [error["message"] for error in result["errors"]]) == (
        1,
        ["“file2.csv” has several lines of the same order_no, and so have the files before it. Which of them belong together cannot be told."],
    )  # fmt: skip


def test_the_first_file_keeps_what_both_say_unless_it_is_empty(tmp_path):
    make_location()
    orders = "Order ID,Customer,Note,Status\nA1,Ada,,completed\nA2,Bob,mine,completed\n"
    lines = "Order ID,sku,qty,price,Note\nA1,CUP,1,2,theirs\nA2,CUP,1,2,theirs\n"
    result = bring_joined(tmp_path, orders, lines)
    assert list(Order.objects.order_by("source_number").values_list("note", flat=True)) == ["theirs", "mine"]
    assert "“file2.csv” fills these columns only where they are empty: Note." in result["notes"]


def test_the_command_is_told_the_columns(tmp_path):
    make_location()
    orders = "Order ID,Status\nA1,completed\n"
    result = bring_joined(tmp_path, orders, "ref,sku,qty,price\nA1,CUP,1,2\n", options=["--on", "Order ID=ref"])
    assert counts(result) == (1, 0, 0, 0)
    result = bring_joined(tmp_path, orders, "ref,sku,qty,price\nA1,CUP,1,2\n", options=["--on", "Order ID=rev"])
    assert [error["message"] for error in result["errors"]] == [
        "“file2.csv” has no column “rev”. It has: ref, sku, qty, price."
    ]
