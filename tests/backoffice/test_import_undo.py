"""An applied import is taken back; what others did since stays."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backoffice import context
from backoffice.models import AuditEvent, ImportRun
from catalog.models import Brand, Category, Media, Product, Variant
from tests.catalog.test_resources import bring
from tests.factories import make_variant, stock

pytestmark = pytest.mark.django_db
HEADER = "handle,title,brand,category,sku,price,image\n"


def undo(run):
    out = StringIO()
    call_command("undo_import", run, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_created_rows_go(tmp_path):
    run = bring(tmp_path, HEADER + "cup,Cup,Acme,Home > Tea,CUP,5,https://x.example/1.jpg\n")["run"]
    assert undo(run) == {"run": run, "deleted": 6, "restored": 0, "kept": []}
    assert not any(model.objects.exists() for model in (Product, Variant, Media, Brand, Category))
    assert ImportRun.objects.get(number=run).status == "undone"
    assert AuditEvent.objects.filter(verb="import.undone").count() == 1


def test_changed_rows_return_to_their_values(tmp_path):
    variant = make_variant("CUP", price=5)
    run = bring(tmp_path, "handle,title,sku,price\ncup,Big cup,CUP,7\n")["run"]
    variant.refresh_from_db()
    assert (variant.price, variant.title) == (7, "Big cup")
    result = undo(run)
    variant.refresh_from_db()
    assert (result["restored"], variant.price, variant.title, variant.product.title) == (2, 5, "Cup", "Cup")


def test_rows_that_others_changed_since_stay_and_are_named(tmp_path):
    variant = make_variant("CUP", price=5)
    run = bring(tmp_path, "sku,price\nCUP,7\n")["run"]
    with context.acting(source="page"):
        Variant.objects.update(price=8)
    assert undo(run)["kept"] == [{"kind": "variant", "record": "CUP", "reason": "changed since by others"}]
    variant.refresh_from_db()
    assert variant.price == 8


def test_created_rows_that_are_in_use_stay(tmp_path):
    run = bring(tmp_path, "handle,title,sku,price\ncup,Cup,CUP,5\npot,Pot,POT,5\n")["run"]
    stock(Variant.objects.get(sku="CUP"), 3)
    kept = undo(run)["kept"]
    assert [(row["kind"], row["record"], row["reason"]) for row in kept] == [
        ("variant", "CUP", "in use by other records"),
        ("product", "Cup", "in use by other records"),
    ]
    assert list(Variant.objects.values_list("sku", flat=True)) == ["CUP"]


def test_an_import_is_undone_once_and_only_when_applied(tmp_path):
    run = bring(tmp_path, "handle,title,sku,price\ncup,Cup,CUP,5\n")["run"]
    undo(run)
    with pytest.raises(CommandError, match="cannot become"):
        undo(run)
    dry = bring(tmp_path, "handle,title,sku,price\ncup,Cup,CUP,5\n", "--dry-run")["run"]
    with pytest.raises(CommandError, match="cannot become"):
        undo(dry)


def test_the_file_can_be_imported_again_after_it_was_undone(tmp_path):
    text = "handle,title,sku,price\ncup,Cup,CUP,5\n"
    undo(bring(tmp_path, text)["run"])
    assert bring(tmp_path, text)["new"] == 1
