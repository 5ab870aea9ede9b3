"""What a form lets through the services take, and what they take the constraints hold; for any input."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.forms import ProductForm, VariantForm
from catalog.models import Product, Variant
from catalog.services import add_variant, create_product, free_handle
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db
examples = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

words = st.text(max_size=130) | st.sampled_from(
    ["", " ", "a/b", "绿茶", "ß", "ẞ", "\x00", "a\tb", "é" * 101, "%", "'; --", "‮x"]
)
numbers = st.decimals(allow_nan=True, allow_infinity=True).map(str) | st.sampled_from(
    [
        "",
        "0",
        "-0",
        "1",
        "1,5",
        "9.99",
        "0.001",
        "1e3",
        "1e30",
        "999999999999.999",
        "1000000000000",
        "-1",
        "１２",
        "NaN",
    ]
)
codes = words | st.text("0123456789", max_size=15) | st.sampled_from(["4006381333931", "8.5E+12"])


@pytest.fixture
def product(db):
    return make_product("Tea", variants=[])


@pytest.fixture
def user(db):
    return make_user("")


@examples
@given(
    typed=st.fixed_dictionaries(
        {
            "sku": words.filter(str.strip),
            "barcode": codes,
            "option1": words,
            "option2": words,
            "price": numbers,
            "compare_at": numbers,
            "cost": numbers,
            "weight_grams": numbers,
            "backorder_limit": st.sampled_from(["0", "1", "-1", "2147483648", ""]),
            "tax_class": st.just("standard"),
        }
    )
)
def test_what_the_variant_form_accepts_is_stored_as_typed(product, user, typed):
    form = VariantForm(typed, product=product, may_see_cost=True)
    if not form.is_valid():
        return
    with transaction.atomic():
        variant = add_variant(product, by=user, **form.cleaned_data)
        variant.refresh_from_db()
        for name, value in form.cleaned_data.items():
            assert getattr(variant, name) == value, name
        assert Variant.objects.named(variant.sku).get() == variant
        transaction.set_rollback(True)


@examples
@given(
    fields=st.fixed_dictionaries(
        {
            "sku": words,
            "barcode": codes,
            "option1": words,
            "price": st.decimals(-10, 10**13, places=3) | st.integers(-5, 5).map(Decimal),
            "compare_at": st.none() | st.decimals(-10, 10**13, places=4),
            "backorder_limit": st.integers(-2, 2**33),
            "weight_grams": st.none() | st.integers(-2, 2**33),
        }
    )
)
def test_the_service_refuses_in_words_what_the_database_would(product, user, fields):
    with transaction.atomic():
        try:
            variant = add_variant(product, by=user, **fields)
        except ValidationError:
            variant = None
        if variant is not None:
            variant.refresh_from_db()
            variant.full_clean(exclude=["title"])
        transaction.set_rollback(True)


@examples
@given(title=words.filter(str.strip), handle=words, tags=words, options=words)
def test_what_the_product_form_accepts_has_an_address(user, title, handle, tags, options):
    form = ProductForm({"title": title, "handle": handle, "tags": tags, "options": options})
    if not form.is_valid():
        return
    with transaction.atomic():
        product = create_product(by=user, **form.cleaned_data)
        product.refresh_from_db()
        assert product.handle
        assert product.get_absolute_url().startswith("/catalog/products/")
        assert Product.objects.search(product.title).filter(pk=product.pk).exists()
        transaction.set_rollback(True)


@examples
@given(title=words)
def test_a_made_handle_is_free_and_fits(user, title):
    handle = free_handle(title)
    assert 0 < len(handle) <= 200
    assert not Product.objects.filter(handle__iexact=handle).exists()
