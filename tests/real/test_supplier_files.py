"""Real supplier files: a first run brings everything in, a second one changes nothing."""

import io
import json

import pytest
from django.core.management import call_command

from inventory.models import Supplier

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def bring(path):
    out = io.StringIO()
    call_command("import_csv", "suppliers", str(path), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_the_suppliers_of_northwind(real_data):
    path = real_data / "northwind" / "suppliers.csv"
    first, second = bring(path), bring(path)
    assert (first["new"], first["refused"], second["unchanged"]) == (29, 0, 29)
    exotic = Supplier.objects.get(code="1")
    assert (exotic.name, exotic.phone, exotic.address) == (
        "Exotic Liquids",
        "(171) 555-2222",
        "49 Gilbert St.\nLondon\nEC1 4SD\nUK",
    )
