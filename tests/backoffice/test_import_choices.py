"""How a file is read is shown, can be said otherwise, and holds for everything that follows."""

import gzip
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from backoffice import resources
from backoffice.imports import running
from backoffice.imports.reading import Unreadable
from backoffice.models import ImportRun
from catalog.models import Variant
from tests.factories import make_user

pytestmark = pytest.mark.django_db
HEADER = "Handle,Title,Variant SKU,Variant Price"


@pytest.fixture
def page(client):
    client.force_login(make_user("owner"))
    return client


def upload(client, data, name="shop.csv"):
    client.post(reverse("imports:new"), {"resource": "products", "file": SimpleUploadedFile(name, data)})
    return ImportRun.objects.latest("pk")


def work(client, run, action, **data):
    client.post(reverse("imports:work", args=[run.number]), {"action": action, **data})
    run.refresh_from_db()


def shown(client, run):
    return client.get(f"{run.get_absolute_url()}?step=columns").content.decode()


def book(**sheets):
    file = openpyxl.Workbook()
    file.remove(file.active)
    for name, rows in sheets.items():
        sheet = file.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def test_order_of_dates_is_asked_and_kept(page):
    run = upload(page, f"{HEADER},Since\ncup,Cup,CUP,5,01/02/2026\n".encode())
    page_before = shown(page, run)
    assert "The dates may begin with the day or with the month; nothing decides." in page_before
    assert '<option value="" selected>not known</option>' in page_before
    work(page, run, "read", dates="dmy")
    page_after = shown(page, run)
    assert run.dialect["dates"] == "dmy"
    assert "nothing decides" not in page_after
    assert '<option value="dmy" selected>day, month, year</option>' in page_after


def test_another_sheet_is_read_with_its_own_header(page):
    header = HEADER.split(",")
    data = book(
        Old=[header, ["cup", "Cup", "CUP", 4]],
        New=[["Prices of May"], header, ["cup", "Cup", "CUP", 5.5], ["pot", "Pot", "POT", 9]],
    )
    run = upload(page, data, "prices.xlsx")
    assert "Sheet “Old” is read. There are: Old, New." in shown(page, run)
    work(page, run, "read", sheet="New", header_row="1")
    assert (run.dialect["sheet"], run.dialect["header_row"]) == ("New", 2)
    work(page, run, "check")
    assert (run.read, run.new) == (2, 2)
    work(page, run, "apply")
    assert dict(Variant.objects.values_list("sku", "price")) == {"CUP": Decimal("5.50"), "POT": Decimal(9)}


def test_cells_beside_the_header_of_a_workbook_are_a_column_without_name(page):
    rows = [HEADER.split(","), ["cup", "Cup", "CUP", 5, "", "cheap"], ["pot", "Pot", "POT"]]
    run = upload(page, book(Products=rows), "shop.xlsx")
    work(page, run, "check")
    assert (run.new, run.refused) == (2, 0)
    assert run.report["ignored"] == [{"header": "", "reason": "the column has no name"}] * 2


def test_a_packed_file_is_applied(page):
    run = upload(page, gzip.compress(f"{HEADER}\ncup,Cup,CUP,5\n".encode()), "shop.csv.gz")
    work(page, run, "check")
    work(page, run, "apply")
    assert (run.status, run.new, Variant.objects.get().sku) == ("applied", 1, "CUP")


def test_formulas_and_shortened_codes_of_a_workbook_are_refused_with_their_place(page):
    rows = [
        [*HEADER.split(","), "Barcode"],
        ["cup", "Cup", "CUP", "=2+3", 4006381333931],
        ["pot", "Pot", 1234567890123456, 9, ""],
    ]
    run = upload(page, book(Products=rows), "shop.xlsx")
    work(page, run, "check")
    assert [(one["row"], one["column"], one["message"]) for one in run.report["problems"]] == [
        (2, "price", "The cell holds a formula. Paste its value instead."),
        (3, "sku", "A spreadsheet shortened this code. Format the column as text there and enter the codes anew."),
    ]


def test_a_file_that_changes_after_it_was_opened_is_not_imported(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(f"{HEADER}\ncup,Cup,CUP,5\n")
    table = running.open_table(path, resources.get("products"))
    path.write_text(f"{HEADER}\ncup,Cup,CUP,5000\n")
    run = running.start(resources.get("products"), by=None, name=path.name, source="test", path=path)
    with pytest.raises(Unreadable, match="changed after it was looked at"):
        running.apply(run, table, by=None)
    assert (run.status, Variant.objects.count()) == ("failed", 0)


def brought(capsys, path, *options):
    call_command("import_csv", "products", str(path), "--json", *options)
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_command_takes_how_the_file_is_to_be_read(tmp_path, capsys):
    path = tmp_path / "shop.csv"
    path.write_bytes(HEADER.replace(",", ";").encode() + "\ncup;Töpfe;CUP;1.250\n".encode("cp1252"))
    assert brought(capsys, path, "--read", "decimal=.")["new"] == 1
    assert Variant.objects.get().price == Decimal("1.25")
    assert brought(capsys, path, "--read", "decimal=,", "--read", "encoding=latin-1")["changed"] == 1
    assert Variant.objects.get().price == Decimal(1250)


@pytest.mark.parametrize("choice", ["decimal=x", "colour=red", "encoding"])
def test_command_refuses_what_cannot_be_chosen(tmp_path, choice):
    path = tmp_path / "shop.csv"
    path.write_text(HEADER)
    with pytest.raises(CommandError, match="this cannot be chosen") as refusal:
        call_command("import_csv", "products", str(path), "--read", choice)
    assert refusal.value.returncode == 2
