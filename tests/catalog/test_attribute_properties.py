"""A click, a file and the database give the same verdict on any value of any kind."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import services
from catalog.models import AttributeKind, Product
from catalog.services import upsert_products
from catalog.services.attributes import read
from tests.factories import make_attribute, make_category, make_product

pytestmark = pytest.mark.django_db
examples = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CHOICES = [{"code": "a", "label": "Äpfel", "label_zh": "苹果"}, {"code": "b", "label": "Birnen", "label_zh": "梨"}]
KINDS = list(AttributeKind.values)

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
scalars = (
    st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(-1000, 1000, places=2).map(float)
    | texts
    | st.dates().map(str)
    | st.sampled_from(
        ["a", "b", "c", "2026-02-29", "2024-02-29", "2026-13-01", "0000-01-01", "2026-1-1", "２０２６-01-01", " "]
    )
)
jsons = (
    scalars
    | st.lists(st.sampled_from(["a", "b", "c"]) | scalars, max_size=3)
    | st.dictionaries(texts, scalars, max_size=1)
)


@pytest.fixture
def kinds(owner):
    category = make_category("Wear")
    for kind in KINDS:
        choices = CHOICES if kind in ("choice", "choices") else []
        make_attribute(f"x_{kind}", kind, category=category, choices=choices)
    return category


def brought(columns, values):
    """What a file makes of a product with these columns: its attributes, or None where it is refused."""
    rows = [(2, None, "shirt", *values)]
    outcome = upsert_products(rows, columns=["handle", *columns], by=None)
    assert outcome.applied is (outcome.refused == 0)
    return Product.objects.get(handle="shirt").attributes if outcome.applied else None


@examples
@given(kind=st.sampled_from(KINDS), value=jsons)
def test_json_values(kinds, kind, value):
    code = f"x_{kind}"
    try:
        clicked = services.clean_attributes(kinds, {code: value})
    except ValidationError:
        clicked = None
    Product.objects.all().delete()
    make_product("Shirt", category=kinds, variants=[])
    assert brought(["attributes"], [{code: value}]) == clicked
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT catalog_attribute_fits(%s, %s::jsonb, %s::jsonb)",
            [kind, json.dumps(CHOICES), json.dumps(value)],
        )
        assert cursor.fetchone()[0] is (clicked is not None)


@examples
@given(
    kind=st.sampled_from(KINDS),
    text=texts | st.sampled_from(["yes", "否", "12,5", "1.250,5", "31.3.2026", "Äpfel | 梨", "a, b", "a", "苹果", "c", "#N/A", "NULL"]),
)  # fmt: skip
def test_texts_of_cells(kinds, kind, text):
    definition = kinds.definitions.get(kind=kind)
    code = definition.code
    try:
        value = read(definition, text, decimal=",", dates="dmy")
        expected = {} if value is None else services.clean_attributes(kinds, {code: value})
    except ValidationError:
        expected = None
    Product.objects.all().delete()
    make_product("Shirt", category=kinds, variants=[])
    assert brought(["attribute_texts", "attribute_notation"], [{code: text}, ",dmy"]) == expected
