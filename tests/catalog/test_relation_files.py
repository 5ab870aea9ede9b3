"""Related products and bundles by file, and out again."""

import pytest
from django.core.management import call_command

from catalog.models import BundlePart, Relation
from catalog.services import set_parts, set_relations
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def out(tmp_path):
    """The lines that `export_csv` writes."""

    def lines(resource):
        path = tmp_path / "out.csv"
        call_command("export_csv", resource, output=str(path))
        return path.read_text(encoding="utf-8-sig").splitlines()

    return lines


def relations():
    return sorted(Relation.objects.values_list("product__handle", "other__handle", "kind"))


def parts():
    return sorted(BundlePart.objects.values_list("bundle__sku", "component__sku", "quantity"))


def test_relations_come_in_are_changed_and_go_out(tmp_path, out):
    for title in ("Pot", "Cup", "Lid"):
        make_product(title)
    text = "Handle,Related,Kind,Position\npot,CUP,,1\npot,lid,accessory,0\n"
    result = bring(tmp_path, "relations", text)
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    assert relations() == [("pot", "cup", "related"), ("pot", "lid", "accessory")]
    assert out("relations") == ["product,other,kind,position", "pot,lid,accessory,0", "pot,cup,related,1"]
    assert counts(bring(tmp_path, "relations", "\n".join(out("relations")))) == (0, 0, 2, 0)
    assert counts(bring(tmp_path, "relations", "product,other,kind\npot,cup,replacement\n")) == (0, 1, 0, 0)


def test_odd_relations_are_refused_with_their_reason(tmp_path):
    make_product("Pot")
    result = bring(tmp_path, "relations", "product,other,kind\npot,pot,\npot,nothing,\n,pot,\npot,lid,twin\n")
    assert counts(result) == (0, 0, 0, 4)
    assert "A product is not related to itself." in str(reasons(result))
    assert not Relation.objects.exists()


def test_bundles_come_in_are_changed_and_go_out(tmp_path, out):
    for sku in ("GIFT", "TEA", "CUP"):
        make_variant(sku)
    result = bring(tmp_path, "bundles", "Bundle SKU,Component SKU,Qty\ngift,tea,1\nGIFT,CUP,2\n")
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    assert parts() == [("GIFT", "CUP", 2), ("GIFT", "TEA", 1)]
    assert counts(bring(tmp_path, "bundles", "\n".join(out("bundles")))) == (0, 0, 2, 0)
    assert counts(bring(tmp_path, "bundles", "bundle,component,quantity\nGIFT,CUP,5\n")) == (0, 1, 0, 0)
    assert parts() == [("GIFT", "CUP", 5), ("GIFT", "TEA", 1)]


def test_rings_by_file_are_refused_whatever_closes_them(tmp_path):
    a, b, _c = (make_variant(sku) for sku in "ABC")
    set_parts(a, [(b, 1)], by=make_user())
    result = bring(tmp_path, "bundles", "bundle,component,quantity\nB,C,1\nC,A,1\n")
    assert counts(result) == (0, 0, 0, 2)
    assert "C cannot contain itself: A is or contains it." in str(reasons(result))
    assert parts() == [("A", "B", 1)]


def test_a_bundle_of_none_is_refused(tmp_path):
    for sku in ("GIFT", "TEA"):
        make_variant(sku)
    result = bring(tmp_path, "bundles", "bundle,component,quantity\nGIFT,TEA,0\nGIFT,GIFT,1\n")
    assert counts(result) == (0, 0, 0, 2)
    assert "at least one piece of each component" in str(reasons(result))


def test_what_pages_wrote_goes_out(out):
    pot, lid = make_product("Pot"), make_product("Lid")
    set_relations(pot, [(lid, "accessory")], by=make_user())
    assert out("relations") == ["product,other,kind,position", "pot,lid,accessory,0"]
