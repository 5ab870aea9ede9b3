"""The command export_csv: the bytes of the page, for the eyes of whoever it is done for, read back identically."""

import io
import json

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from backoffice.models import AuditEvent
from catalog.models import Product, Variant
from catalog.resources import ProductResource
from tests.backoffice.test_exports import NASTY
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


def export(tmp_path, *options, name="out.csv"):
    path = tmp_path / name
    out = io.StringIO()
    call_command("export_csv", "products", *options, "-o", str(path), "--json", stdout=out, stderr=io.StringIO())
    facts = json.loads(out.getvalue().splitlines()[-1])
    assert (facts["file"], facts["bytes"]) == (str(path), path.stat().st_size)
    return path, facts


def bring(path):
    out = io.StringIO()
    call_command("import_csv", "products", str(path), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.parametrize("options", [[], ["--bom"], ["--format", "xlsx"]], ids=["plain", "bom", "workbook"])
def test_what_goes_out_comes_back_unchanged(tmp_path, options):
    texts = [text for text in NASTY if text.strip() == text and text.isprintable() and text]
    for number, text in enumerate(texts):
        make_product(
            text,
            variants=[
                {"sku": f"A-{number}", "price": f"{number}.50", "option1": "S"},
                {"sku": f"=B{number}", "price": number, "option1": text},
            ],
            options=["Size"],
            tags=[f"tag {number}", "=SUM(A1)"],
        )
    path, facts = export(tmp_path, *options, name="out.xlsx" if "xlsx" in options else "out.csv")
    assert facts["rows"] == 2 * len(texts)

    result = bring(path)

    assert (result["read"], result["new"], result["changed"], result["refused"]) == (2 * len(texts), 0, 0, 0)
    assert set(Product.objects.values_list("title", flat=True)) == set(texts)


def test_the_name_of_the_file_says_the_format(tmp_path):
    make_variant("CUP")
    path, facts = export(tmp_path, name="out.jsonl")
    assert (facts["format"], json.loads(path.read_text())["sku"]) == ("jsonl", "CUP")
    assert [one.name for one in tmp_path.iterdir()] == ["out.jsonl"]


def test_conditions_and_rights_narrow_the_file(tmp_path):
    make_variant("CUP", cost=3)
    make_variant("POT")
    clerk = make_user("order_clerk", email="clerk@example.com")
    path, facts = export(tmp_path, "--where", "sku=cup", "--by", clerk.email)
    header, row = path.read_text().splitlines()
    assert facts["rows"] == 1
    assert "cost" not in header
    assert "CUP" in row
    assert AuditEvent.objects.get(verb="list.exported").actor == clerk


def test_whoever_may_see_no_products_gets_none(tmp_path):
    make_variant("CUP")
    lead = make_user("", email="x@example.com")
    lead.user_permissions.add(Permission.objects.get(codename="export_data"))
    _path, facts = export(tmp_path, "--by", lead.email)
    assert facts["rows"] == 0


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["products", "--where", "sku"], ["products", "--where", "x=1"], ["products", "--by", "a@b.example"]],
)
def test_wrong_usage_ends_with_two(arguments):
    with pytest.raises(CommandError) as stop:
        call_command("export_csv", *arguments)
    assert stop.value.returncode == 2


def test_a_file_that_cannot_be_written_ends_with_one_and_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("old")
    make_variant("CUP")
    monkeypatch.setattr(
        ProductResource, "export_queryset", lambda self, where: Variant.objects.extra(where=["1/0 = 1"])
    )
    with pytest.raises(CommandError) as stop:
        call_command("export_csv", "products", "-o", str(path))
    assert stop.value.returncode == 1
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text() == "old"
    with pytest.raises(CommandError) as stop:
        call_command("export_csv", "products", "-o", str(tmp_path / "gone" / "out.csv"))
    assert stop.value.returncode == 1


def test_standard_output_holds_the_file_and_nothing_else(capfdbinary):
    make_variant("CUP")
    call_command("export_csv", "products", "--json")
    out, err = capfdbinary.readouterr()
    assert out.count(b"\n") == 2
    assert json.loads(err.splitlines()[-1])["rows"] == 1
