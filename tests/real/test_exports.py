"""Naughty strings and formulas go out and come back as they were."""

import csv
import io
import json

import pytest
from django.core.management import call_command

from backoffice.exports import cell
from backoffice.resources import FORMULA_STARTS, plain
from catalog.models import Product
from tests.catalog.test_resources import bring, counts
from tests.factories import make_product

pytestmark = [pytest.mark.django_db, pytest.mark.real]
LISTS = [("blns", "blns*.json"), ("formula-injection", "*")]


def strings(real_data):
    """Every text of the lists, however it is stored."""
    found = set()
    for folder, pattern in LISTS:
        for path in sorted((real_data / "messy" / folder).glob(pattern)):
            text = path.read_text(encoding="utf-8", errors="replace")
            found.update(json.loads(text) if path.suffix == ".json" else text.splitlines())
    return sorted(text for text in found if isinstance(text, str))


def test_naughty_strings_in_titles_come_back_unchanged(real_data, tmp_path):
    # Titles are stored without surrounding blanks and hold 255 characters and no NUL.
    texts = [
        text for text in strings(real_data) if text == text.strip() and 0 < len(text) <= 255 and "\x00" not in text
    ]
    assert len(texts) > 300
    for number, text in enumerate(texts):
        product = make_product(f"Product {number}")
        Product.objects.filter(pk=product.pk).update(title=text, description=f"<p>{number}</p>", seo_title=text)
    path = tmp_path / "out.csv"
    call_command("export_csv", "products", output=str(path), stderr=io.StringIO())

    again = bring(tmp_path, path.read_bytes(), name="again.csv")

    assert counts(again) == (0, 0, len(texts), 0), again["errors"][:3]
    assert set(Product.objects.values_list("title", flat=True)) == set(texts)


def test_no_cell_starts_a_formula_and_each_is_read_back(real_data):
    texts = strings(real_data)
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([cell(text), "x"] for text in texts)
    read = [row[0] for row in csv.reader(io.StringIO(buffer.getvalue(), newline=""))]
    assert [one for one in read if one[:1] in FORMULA_STARTS] == []
    assert [plain(one) for one in read] == texts
