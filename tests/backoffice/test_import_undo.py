"""An applied import is taken back; what others did since stays."""

import json
from dataclasses import dataclass
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backoffice import context
from backoffice.imports import undoing
from backoffice.models import AuditEvent, ImportRun
from catalog.models import Brand, Category, Media, Product, Variant
from tests.catalog.test_resources import bring
from tests.factories import make_product, make_variant, stock

pytestmark = pytest.mark.django_db
HEADER = "handle,title,brand,category,sku,price,image\n"


def undo(run, *options):
    out = StringIO()
    call_command("undo_import", run, "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def by_others(sku, **values):
    with context.acting(source="page"):
        Variant.objects.filter(sku=sku).update(**values)


def numbers(result):
    return tuple(result[name] for name in ("deleted", "created", "restored", "kept_count"))


def test_created_rows_go(tmp_path):
    run = bring(tmp_path, HEADER + "cup,Cup,Acme,Home > Tea,CUP,5,https://x.example/1.jpg\n")["run"]
    assert undo(run) == {"run": run, "deleted": 6, "created": 0, "restored": 0, "kept": [], "kept_count": 0}
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
    by_others("CUP", price=8)
    assert undo(run)["kept"] == [
        {
            "key": f"catalog.variant:{variant.pk}",
            "kind": "variant",
            "record": "CUP",
            "reason": "changed since by others",
            "choice": True,
            "values": [["price", "5", "8"]],
        }
    ]
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


def test_what_others_changed_is_overwritten_by_choice_in_the_columns_of_the_import_only(tmp_path):
    variant = make_variant("CUP", price=5)
    run = bring(tmp_path, "sku,price\nCUP,7\n")["run"]
    by_others("CUP", price=8, barcode="4006381333931")
    assert numbers(undo(run, "--overwrite")) == (0, 0, 1, 0)
    variant.refresh_from_db()
    assert (variant.price, variant.barcode) == (5, "4006381333931")


def test_rows_are_overwritten_one_by_one(tmp_path):
    cup, pot = make_variant("CUP", price=5), make_variant("POT", price=5)
    number = bring(tmp_path, "sku,price\nCUP,7\nPOT,7\n")["run"]
    by_others("CUP", price=8)
    by_others("POT", price=8)
    run = ImportRun.objects.get(number=number)
    done = undoing.undo(run, by=None, overwrite=[f"catalog.variant:{cup.pk}"])
    assert (done.restored, [row["record"] for row in done.kept]) == (1, ["POT"])
    assert dict(Variant.objects.values_list("sku", "price")) == {"CUP": 5, "POT": 8}
    run.refresh_from_db()
    done = undoing.undo(run, by=None, overwrite=[f"catalog.variant:{pot.pk}"])
    assert (done.restored, done.kept) == (1, [])
    assert dict(Variant.objects.values_list("sku", "price")) == {"CUP": 5, "POT": 5}


def test_redo_brings_back_what_was_deleted_and_what_was_set(tmp_path):
    make_variant("CUP", price=5)
    text = "handle,title,brand,category,sku,price,image,status\ncup,Cup,Acme,,CUP,7,,\npot,Pot,Acme,Home > Tea,POT,9,https://x.example/1.jpg,published\n"
    run = bring(tmp_path, text)["run"]
    before = [list(model.objects.order_by("pk").values()) for model in (Category, Brand, Product, Variant, Media)]
    undo(run)
    result = undo(run, "--redo")
    assert numbers(result) == (0, 6, 2, 0)
    after = [list(model.objects.order_by("pk").values()) for model in (Category, Brand, Product, Variant, Media)]
    for rows in (*before, *after):
        for row in rows:
            row.pop("updated_at", None)
    assert after == before
    assert ImportRun.objects.get(number=run).status == "applied"
    assert AuditEvent.objects.filter(verb="import.redone").count() == 1
    assert numbers(undo(run)) == (6, 0, 2, 0)


def test_redo_keeps_what_others_changed_after_the_undo(tmp_path):
    variant = make_variant("CUP", price=5)
    run = bring(tmp_path, "sku,price\nCUP,7\n")["run"]
    undo(run)
    by_others("CUP", price=6)
    kept = undo(run, "--redo")["kept"]
    assert [row["values"] for row in kept] == [[["price", "7", "6"]]]
    variant.refresh_from_db()
    assert variant.price == 6
    assert numbers(undo(run)) == (0, 0, 0, 0)


def test_redo_says_whose_place_is_taken(tmp_path):
    run = bring(tmp_path, "handle,title,sku,price\ncup,Cup,CUP,5\n")["run"]
    undo(run)
    make_variant("CUP")
    kept = undo(run, "--redo")["kept"]
    assert [(row["kind"], row["reason"]) for row in kept] == [
        ("variant", "another record has taken its place, or what it belongs to is gone"),
        ("product", "another record has taken its place, or what it belongs to is gone"),
    ]


def test_undo_goes_round_rows_that_the_database_refuses(tmp_path):
    product = make_product("Cup", variants=[])
    cup = make_variant("CUP", product=product, option1="Red")
    pot = make_variant("POT", price=5)
    run = bring(tmp_path, "handle,sku,option1,price\ncup,CUP,Blue,\npot,POT,,7\n")["run"]
    make_variant("CUP-2", product=product, option1="Red")
    result = undo(run)
    assert [(row["record"], row["choice"]) for row in result["kept"]] == [("CUP", False)]
    cup.refresh_from_db()
    pot.refresh_from_db()
    assert (cup.option1, pot.price) == ("Blue", 5)


def test_looking_tells_what_would_be_done_and_changes_nothing(tmp_path):
    make_variant("CUP", price=5)
    number = bring(tmp_path, "handle,title,sku,price\ncup,Cup,CUP,7\npot,Pot,POT,5\n")["run"]
    run = ImportRun.objects.get(number=number)
    found = undoing.look(run, by=None)
    assert found.counts() == {"deleted": 2, "created": 0, "restored": 1, "kept": 0}
    run.refresh_from_db()
    assert (run.status, Variant.objects.count()) == ("applied", 2)


# --- Any order of imports, edits by others, undo and redo --------------------------------------------


@dataclass
class Made:
    """What a run made of a row: its price before and after, when it wrote it last, and in which direction."""

    before: int | None
    after: int
    at: int
    is_applied: bool = True


@dataclass
class Line:
    sku: str
    price: int
    at: int
    is_there: bool = True


class Shop:
    """The rules in plain Python. Rows that were deleted keep their identity, as their keys do."""

    def __init__(self):
        self.clock = 0
        self.lines = []
        self.runs = []

    def there(self, sku):
        return next((line for line in self.lines if line.sku == sku and line.is_there), None)

    def write(self, line, price):
        self.clock += 1
        line.price, line.at = price, self.clock

    def bring(self, prices):
        made = {}
        for sku, price in prices.items():
            line = self.there(sku)
            before = line.price if line else None
            if line is None:
                line = Line(sku, price, 0)
                self.lines.append(line)
            if price != before:
                self.write(line, price)
                made[id(line)] = (line, Made(before, price, line.at))
        self.runs.append(made)

    def edit(self, sku, price):
        line = self.there(sku)
        if line and line.price != price:
            self.write(line, price)

    def rewind(self, number, *, backwards, overwrite):
        """Undo or redo; rows that others changed since stay unless `overwrite`."""
        for line, made in self.runs[number].values():
            if made.is_applied != backwards:
                continue
            if not line.is_there:
                if backwards or made.before is not None or self.there(line.sku):
                    continue
                line.is_there = True
                self.write(line, made.after)
            elif line.at > made.at and not overwrite:
                continue
            elif backwards and made.before is None:
                line.is_there = False
                self.write(line, line.price)
            else:
                target = made.before if backwards else made.after
                if line.price == target:
                    continue
                if not backwards:
                    made.before = line.price
                self.write(line, target)
            made.at, made.is_applied = line.at, not backwards

    def prices(self):
        return {line.sku: line.price for line in self.lines if line.is_there}


skus = st.sampled_from(["CUP", "POT", "TEA"])
prices = st.integers(1, 4)
steps = st.one_of(
    st.tuples(st.just("bring"), st.dictionaries(skus, prices, min_size=1)),
    st.tuples(st.just("edit"), skus, prices),
    *[st.tuples(st.sampled_from(["undo", "redo"]), st.integers(0, 1), st.booleans())] * 2,
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(steps, min_size=3, max_size=9))
@example(steps=[("undo", 1, False), ("redo", 1, False), ("undo", 1, False)])
@example(steps=[("undo", 1, False), ("edit", "CUP", 4), ("redo", 1, False), ("redo", 1, True), ("undo", 1, False)])
@example(steps=[("edit", "CUP", 4), ("undo", 1, False), ("undo", 1, True), ("redo", 1, False), ("undo", 0, False)])
def test_any_order_of_imports_edits_undo_and_redo_ends_where_the_rules_say(tmp_path, steps):
    with transaction.atomic():
        follow(tmp_path, [("bring", {"CUP": 1, "POT": 2}), ("bring", {"CUP": 3, "TEA": 2}), *steps])
        transaction.set_rollback(True)


def follow(tmp_path, steps):
    shop, numbers = Shop(), []
    for verb, *facts in steps:
        if verb == "bring":
            lines = [f"{sku.lower()},{sku},{sku},{price}" for sku, price in facts[0].items()]
            numbers.append(bring(tmp_path, "\n".join(["handle,title,sku,price", *lines]))["run"])
            shop.bring(facts[0])
        elif verb == "edit":
            sku, price = facts
            by_others(sku, price=price)
            shop.edit(sku, price)
        else:
            rewind(verb, *facts, shop=shop, numbers=numbers)
        assert dict(Variant.objects.values_list("sku", "price")) == shop.prices()


def rewind(verb, which, overwrite, *, shop, numbers):
    number = which % len(numbers)
    run = ImportRun.objects.get(number=numbers[number])
    service, wanted = (undoing.undo, "undone") if verb == "undo" else (undoing.redo, "applied")
    if not run.may_become(wanted) and not (overwrite and run.status == wanted):
        with pytest.raises(ValidationError):
            service(run, by=None, overwrite=undoing.ALL if overwrite else ())
        return
    service(run, by=None, overwrite=undoing.ALL if overwrite else ())
    shop.rewind(number, backwards=verb == "undo", overwrite=overwrite)
