"""Tags: the list, renaming and merging everywhere at once, suggestions."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from backoffice.models import AuditEvent
from catalog.models import Product, Tag
from catalog.services import add_tag, remove_tag, rename_tag, update_product
from tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    client.get("/search/")
    return client


def tags():
    return dict(Product.objects.values_list("title", "tags"))


def test_names_are_remembered_however_a_tag_comes(editor):
    product = make_product("Tea", tags=["green", "loose"])
    update_product(product, by=editor, tags=["loose", "new"])
    add_tag([product], by=editor, tag="gift")
    Product.objects.bulk_create([Product(handle="x", title="X", tags=["bulk"])])
    assert [tag.name for tag in Tag.objects.all()] == ["bulk", "gift", "green", "loose", "new"]


def test_a_tag_is_renamed_everywhere(editor):
    make_product("Tea", tags=["green", "gift"])
    make_product("Cup", tags=["gift"])
    make_product("Pot", tags=["other"])

    rename_tag(Tag.objects.get(name="gift"), by=editor, tag=" Present ")

    assert tags() == {"Tea": ["green", "Present"], "Cup": ["Present"], "Pot": ["other"]}
    assert [tag.name for tag in Tag.objects.all()] == ["Present", "green", "other"]
    assert AuditEvent.objects.filter(verb="product.tagged").count() == 2


def test_renaming_to_a_known_tag_makes_them_one(editor):
    make_product("Tea", tags=["gift", "present"])
    make_product("Cup", tags=["gift"])
    rename_tag(Tag.objects.get(name="gift"), by=editor, tag="present")
    assert tags() == {"Tea": ["present"], "Cup": ["present"]}
    assert [tag.name for tag in Tag.objects.all()] == ["present"]


def test_a_tag_is_removed_everywhere(editor):
    make_product("Tea", tags=["green", "gift"])
    remove_tag(Tag.objects.get(name="gift"), by=editor)
    assert tags() == {"Tea": ["green"]}
    assert [tag.name for tag in Tag.objects.all()] == ["green"]


@pytest.mark.parametrize("name", ["", "a,b", "x" * 121, "a\x00b"])
def test_odd_names_are_refused(editor, name):
    make_product("Tea", tags=["gift"])
    with pytest.raises(ValidationError, match="A tag has 1 to 120 characters and no comma"):
        rename_tag(Tag.objects.get(), by=editor, tag=name)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_counts_in_one_query(as_editor, number, django_assert_num_queries):
    for i in range(number):
        make_product(f"Tea {i}", tags=["all", f"only {i}"])
    with django_assert_num_queries(5):
        page = as_editor.get("/catalog/tags/")
    assert [(tag.name, str(count)) for tag, count in page.context["tags"]] == [
        ("all", str(number)),
        *((f"only {i}", "1") for i in range(number)),
    ]


def test_the_list_turns_pages_and_is_searched(as_editor, monkeypatch):
    monkeypatch.setattr("catalog.views.tags.A_PAGE", 2)
    make_product("Tea", tags=["a", "b", "c&d"])
    first = as_editor.get("/catalog/tags/")
    assert [tag.name for tag, _count in first.context["tags"]] == ["a", "b"]
    second = as_editor.get("/catalog/tags/", {"after": first.context["next"]})
    assert [tag.name for tag, _count in second.context["tags"]] == ["c&d"]
    assert [tag.name for tag, _count in as_editor.get("/catalog/tags/?q=D").context["tags"]] == ["c&d"]
    assert "No tag is called like this" in as_editor.get("/catalog/tags/?q=nothing").content.decode()


def test_a_tag_with_any_character_is_renamed_and_removed_on_its_page(as_editor):
    make_product("Tea", tags=["a/b & ?c"])
    query = {"name": "a/b & ?c"}
    assert "a/b &amp; ?c" in as_editor.get(reverse("catalog:tag_rename", query=query)).content.decode()
    assert as_editor.post(reverse("catalog:tag_rename", query=query), {"tag": "x,y"}).status_code == 422
    assert as_editor.post(reverse("catalog:tag_rename", query=query), {"tag": "plain"}).status_code == 302
    assert tags() == {"Tea": ["plain"]}
    as_editor.post(reverse("catalog:tag_remove", query={"name": "plain"}))
    assert tags() == {"Tea": []}


def test_suggestions_begin_with_the_text_or_hold_it(as_editor):
    make_product("Tea", tags=["green tea", "Tea bag", "gift", "tea"])
    results = as_editor.get("/catalog/tags/suggest/?q=tea").json()["results"]
    assert (sorted(results[:2]), results[2:]) == (["Tea bag", "tea"], ["green tea"])
    assert as_editor.get("/catalog/tags/suggest/?q=").json() == {"results": []}
