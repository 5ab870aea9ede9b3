"""Products and variants: writing, publishing, and what is refused."""

import threading
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from backoffice import publishing
from backoffice.models import AuditEvent
from catalog.models import Product, Variant
from catalog.services import (
    VariantsRefused,
    add_tag,
    add_variant,
    create_product,
    deactivate_variants,
    save_variants,
    update_product,
    update_variant,
)
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


def verbs(obj):
    return list(AuditEvent.objects.about(obj).order_by("pk").values_list("verb", flat=True))


def test_create_writes_the_product_with_its_variants(editor):
    product = create_product(
        by=editor,
        title="Linen shirt",
        title_zh="亚麻衬衫",
        tags=["summer", "summer", "linen"],
        options=["Colour", "Size"],
        variants=[
            {"sku": " LS-R-M ", "option1": "Red", "option2": "M", "price": Decimal("29.90")},
            {"sku": "LS-R-L", "option1": "Red", "option2": "L", "price": Decimal("31"), "barcode": "4006381333931"},
        ],
    )

    assert (product.handle, product.status, product.tags) == ("linen-shirt", "draft", ["summer", "linen"])
    assert list(product.variants.values_list("sku", "title", "position")) == [
        ("LS-R-M", "Linen shirt – Red / M", 0),
        ("LS-R-L", "Linen shirt – Red / L", 1),
    ]
    assert verbs(product) == ["product.created"]


@pytest.mark.parametrize(
    ("title", "handle"), [("Café au lait!", "café-au-lait"), ("亚麻 衬衫", "亚麻-衬衫"), ("!!!", "product")]
)
def test_the_title_gives_the_handle(editor, title, handle):
    assert create_product(by=editor, title=title).handle == handle


def test_a_taken_handle_gets_a_number(editor):
    handles = [create_product(by=editor, title="Tea").handle for _ in range(3)]
    assert handles == ["tea", "tea-2", "tea-3"]


def test_a_given_handle_must_be_free_whatever_its_case(editor):
    make_product(handle="Tea")
    with pytest.raises(ValidationError) as refusal:
        create_product(by=editor, title="Other", handle="tEA")
    assert refusal.value.message_dict == {"handle": ["This handle is taken."]}


def test_a_new_title_reaches_every_variant(editor):
    product = make_product("Tea", variants=[{"sku": "A", "option1": "100 g"}, {"sku": "B", "option1": "1 kg"}])

    update_product(product, by=editor, title="绿茶")

    assert list(product.variants.values_list("title", flat=True)) == ["绿茶 – 100 g", "绿茶 – 1 kg"]
    assert verbs(product) == ["product.created", "product.changed"]


def test_an_update_without_a_change_leaves_no_trace(editor):
    product = make_product("Tea")
    version = Product.objects.get().updated_at

    update_product(product, by=editor, title="Tea")

    assert Product.objects.get().updated_at == version
    assert verbs(product) == ["product.created"]


def test_titles_of_variants_end_at_their_limit(editor):
    product = make_product("T" * 255, variants=[])
    variant = add_variant(product, by=editor, sku="X", option1="a" * 160, option2="b" * 160)
    variant.refresh_from_db()
    assert len(variant.title) == 400


def test_refused_rows_are_named_and_nothing_is_written(editor):
    make_variant("TAKEN")
    product = make_product(variants=[])

    with pytest.raises(VariantsRefused) as refusal:
        save_variants(
            product,
            [
                {"sku": "ok", "option1": "1"},
                {"sku": "taken", "option1": "2", "price": Decimal("1.005")},
                {"sku": "", "option1": "3"},
                {"sku": "OK", "option1": "1", "barcode": "4006381333932"},
                {"sku": "neg", "option1": "5", "price": Decimal(-1)},
            ],
            by=editor,
        )

    assert {place: error.message_dict for place, error in refusal.value.rows.items()} == {
        0: {
            "sku": ["The SKU ok is taken (capitals and small letters count as the same)."],
            "option1": ["The product has a variant with these options already."],
        },
        1: {
            "sku": ["The SKU taken is taken (capitals and small letters count as the same)."],
            "price": ["1.005 is not possible: EUR has 2 decimals."],
        },
        2: {"sku": ["A variant needs a SKU."]},
        3: {
            "barcode": ["The last digit of 4006381333932 should be 1: a digit is wrong or two are swapped."],
            "sku": ["The SKU OK is taken (capitals and small letters count as the same)."],
            "option1": ["The product has a variant with these options already."],
        },
        4: {"price": ["Prices cannot be negative."]},
    }
    assert not product.variants.exists()


def test_whole_units_follow_the_currency(editor, settings):
    settings.DEFAULT_CURRENCY = "JPY"
    product = make_product(variants=[])
    with pytest.raises(ValidationError, match=r"100\.5 is not possible: JPY has 0 decimals"):
        add_variant(product, by=editor, sku="A", price=Decimal("100.5"))
    settings.DEFAULT_CURRENCY = "KWD"
    assert add_variant(product, by=editor, sku="A", price=Decimal("1.005")).price == Decimal("1.005")


def test_update_changes_what_is_named(editor):
    variant = add_variant(make_product(variants=[]), by=editor, sku="A", option1="Red", price=Decimal(5))

    update_variant(variant, by=editor, option1="Blue", cost=Decimal("2.50"))

    variant.refresh_from_db()
    assert (variant.title.endswith(" – Blue"), variant.price, variant.cost) == (True, Decimal(5), Decimal("2.5"))
    assert verbs(variant) == ["variant.added", "variant.changed"]


def test_a_row_of_another_product_is_refused(editor):
    with pytest.raises(ValidationError, match="does not belong to Tea"):
        save_variants(make_product("Tea"), [{"id": make_variant("A").pk, "sku": "B"}], by=editor)


def test_many_variants_cost_no_more_queries_than_few(editor, django_assert_num_queries):
    product = make_product(variants=[])
    for prefix, number in (("A", 1), ("B", 40)):
        with django_assert_num_queries(12):  # one locks the variants whose title is written, in the order of their keys
            save_variants(
                product, [{"sku": f"{prefix}{i}", "option1": f"{prefix}{i}"} for i in range(number)], by=editor
            )


# --- Publishing ----------------------------------------------------------------------------------


def test_what_lacks_something_is_not_submitted_and_nothing_is(owner):
    whole = make_product("Whole")
    bare = make_product("Bare", variants=[])
    free = make_product("Free", variants=[{"sku": "F", "price": Decimal(0)}])
    asleep = make_product("Asleep", variants=[{"sku": "S", "price": Decimal(1), "is_active": False}])

    with pytest.raises(publishing.NotPublishable) as refusal:
        publishing.submit([whole, bare, free, asleep], by=owner)

    assert refusal.value.messages == [
        "“Bare” cannot be published: it has no active variant.",
        "“Free” cannot be published: no active variant has a price.",
        "“Asleep” cannot be published: it has no active variant.",
    ]
    assert set(Product.objects.values_list("status", flat=True)) == {"draft"}


def test_a_published_product_keeps_something_to_sell(owner):
    product = make_product("Tea", published=True)
    [variant] = product.variants.all()

    for leave_nothing in (
        lambda: deactivate_variants([variant], by=owner),
        lambda: update_variant(variant, by=owner, price=Decimal(0)),
        lambda: update_product(product, by=owner, variants=[{"id": variant.pk, "is_active": False}]),
    ):
        with pytest.raises(ValidationError, match="“Tea” is published and would have nothing left to sell"):
            leave_nothing()

    variant = add_variant(product, by=owner, sku="SPARE", option1="Spare", price=Decimal(3))
    assert [v.sku for v in deactivate_variants([variant], by=owner)] == ["SPARE"]


# --- Tags ----------------------------------------------------------------------------------------


def test_add_tag_reaches_those_that_lack_it(editor):
    has, lacks = make_product("A", tags=["new"]), make_product("B")

    assert add_tag([has, lacks], by=editor, tag=" new ") == [lacks]
    assert list(Product.objects.order_by("pk").values_list("tags", flat=True)) == [["new"], ["new"]]


@pytest.mark.parametrize("tag", ["", "  ", "a,b", "x" * 121])
def test_odd_tags_are_refused(editor, tag):
    with pytest.raises(ValidationError, match="1 to 120 characters and no comma"):
        add_tag([make_product()], by=editor, tag=tag)


# --- Races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_raced_sku_is_given_once():
    user = make_user()
    products = [make_product(f"P{i}", variants=[]) for i in range(4)]
    barrier, refused = threading.Barrier(4), []

    def add(product, sku):
        try:
            barrier.wait()
            add_variant(product, by=user, sku=sku)
        except ValidationError as error:
            refused.append(error.message_dict)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=add, args=(p, sku))
        for p, sku in zip(products, ["tea", "TEA", "Tea", "tEA"], strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Variant.objects.count() == 1
    assert [list(error) for error in refused] == [["sku"]] * 3
