"""The catalogue in the API: what hangs together with a product, and the tree."""

import pytest

from backoffice import tokens
from catalog.services import attach_media, set_parts, set_relations
from tests.factories import make_category, make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, editor):
    _token, secret = tokens.create(by=editor, name="Test")

    def get(path):
        response = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})
        assert response.status_code == 200
        return response.json()

    return get


def test_a_product_tells_its_pictures_relations_and_parts(ask, editor):
    pot, lid = make_product("Pot", variants=[{"sku": "POT"}]), make_product("Lid")
    variant = pot.variants.get()
    attach_media(pot, by=editor, url="https://example.com/pot.jpg", alt="Pot", alt_zh="壶", variant=variant)
    set_relations(pot, [(lid, "accessory")], by=editor)
    set_parts(variant, [(make_variant("TEA"), 2)], by=editor)

    answer = ask("/catalog/products/pot")

    assert answer["media"] == [
        {
            "url": "https://example.com/pot.jpg",
            "alt": "Pot",
            "alt_zh": "壶",
            "width": None,
            "height": None,
            "sku": "POT",
        }
    ]
    assert answer["related"] == [{"handle": "lid", "kind": "accessory"}]
    assert answer["bundle_parts"] == [{"bundle": "POT", "component": "TEA", "quantity": 2}]


def test_the_tree_comes_parents_first(ask):
    make_user()
    clothing = make_category("Clothing", name_zh="服装")
    hoodies = make_category("Hoodies", parent=clothing)
    assert ask("/catalog/categories") == {
        "items": [
            {
                "id": clothing.pk,
                "parent": None,
                "path": "Clothing",
                "name": "Clothing",
                "name_zh": "服装",
                "position": 0,
            },
            {
                "id": hoodies.pk,
                "parent": clothing.pk,
                "path": "Clothing > Hoodies",
                "name": "Hoodies",
                "name_zh": "",
                "position": 0,
            },
        ],
        "next": "",
    }
