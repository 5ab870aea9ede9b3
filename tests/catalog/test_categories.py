"""The tree: paths, moves, rings."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.urls import reverse

from backoffice.models import AuditEvent
from catalog.models import Category
from catalog.services import delete_category, merge_category, place_category, save_category
from tests.factories import make_category, make_product, make_user

pytestmark = pytest.mark.django_db


def paths():
    return list(Category.objects.order_by("path").values_list("path", flat=True))


def test_path_names_the_way_down(editor):
    clothing = save_category(by=editor, name="Clothing", name_zh="服装")
    hoodies = save_category(by=editor, name="  Hoodies ", parent=clothing)

    assert (clothing.path, hoodies.path) == ("Clothing", "Clothing > Hoodies")
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "subject")) == [
        ("category.created", "Clothing"),
        ("category.created", "Clothing > Hoodies"),
    ]


def test_rename_carries_the_whole_branch(editor):
    clothing = make_category("Clothing")
    make_category("Zip", parent=make_category("Hoodies", parent=clothing))
    make_category("Clothing care")

    save_category(clothing, by=editor, name="Apparel")

    assert paths() == ["Apparel", "Apparel > Hoodies", "Apparel > Hoodies > Zip", "Clothing care"]


def test_move_carries_the_whole_branch(editor):
    clothing, sport = make_category("Clothing"), make_category("Sport")
    hoodies = make_category("Hoodies", parent=clothing)
    make_category("Zip", parent=hoodies)

    save_category(hoodies, by=editor, name="Hoodies", parent=sport)

    assert paths() == ["Clothing", "Sport", "Sport > Hoodies", "Sport > Hoodies > Zip"]


def test_no_category_below_its_own_branch(editor):
    clothing = make_category("Clothing")
    hoodies = make_category("Hoodies", parent=clothing)

    with pytest.raises(ValidationError, match="“Clothing” cannot stand below itself or its own branch"):
        save_category(clothing, by=editor, name="Clothing", parent=hoodies)
    with pytest.raises(ValidationError, match="cannot stand below itself"):
        save_category(clothing, by=editor, name="Clothing", parent=clothing)


def test_the_database_refuses_a_ring_in_raw_sql():
    clothing = make_category("Clothing")
    hoodies = make_category("Hoodies", parent=clothing)

    with pytest.raises(IntegrityError, match="cannot stand below itself"), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_category SET parent_id = %s WHERE id = %s", [hoodies.pk, clothing.pk])


def test_the_database_keeps_paths_in_raw_sql():
    make_category("Hoodies", parent=make_category("Clothing"))

    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_category SET name = 'Apparel' WHERE name = 'Clothing'")
        cursor.execute("UPDATE catalog_category SET path = 'nonsense' WHERE name = 'Hoodies'")

    assert paths() == ["Apparel", "Apparel > Hoodies"]


def test_a_name_stands_once_in_a_place(editor):
    clothing = make_category("Clothing")
    make_category("Hoodies", parent=clothing)

    with pytest.raises(ValidationError, match="There is a category of this name here already"):
        save_category(by=editor, name="Hoodies", parent=clothing)
    with pytest.raises(ValidationError) as refusal:
        save_category(by=editor, name="HOODIES", parent=clothing)
    assert refusal.value.message_dict == {"name": ["There is a category of this name here already."]}
    assert save_category(by=editor, name="Hoodies").path == "Hoodies"


def test_a_name_cannot_look_like_a_path(editor):
    with pytest.raises(ValidationError, match="without “ > ”"):
        save_category(by=editor, name="A > B")


def test_paths_have_an_end(editor):
    parent = None
    for _ in range(4):
        parent = make_category("x" * 120, parent=parent)
    fifth = make_category("y" * 100, parent=parent)

    with pytest.raises(ValidationError, match="may have 600 characters; this one would have 609"):
        save_category(fifth, by=editor, name="y" * 117, parent=parent)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_close_no_ring():
    user = make_user()
    a, b = make_category("A"), make_category("B")
    barrier, refused = threading.Barrier(2), []

    def move(category, parent):
        try:
            barrier.wait()
            save_category(category, by=user, name=category.name, parent=parent)
        except ValidationError as error:
            refused.append(error.messages)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert paths() in (["A", "A > B"], ["B", "B > A"])


# --- Order, merging, deleting ----------------------------------------------------------------------


def order(parent=None):
    return [c.name for c in Category.objects.filter(parent=parent).order_by("position", "name", "pk")]


def test_a_branch_is_put_before_a_sibling_or_last(editor):
    a, _b, c = (make_category(name) for name in "ABC")
    place_category(c, by=editor, parent=None, before=a)
    assert order() == ["C", "A", "B"]
    place_category(c, by=editor, parent=None)
    assert order() == ["A", "B", "C"]
    place_category(c, by=editor, parent=a)
    assert paths() == ["A", "A > C", "B"]
    assert AuditEvent.objects.latest("pk").verb == "category.moved"


def test_a_branch_is_not_put_where_it_cannot_be(editor):
    a, b = make_category("A"), make_category("B")
    child = make_category("B", parent=a)
    with pytest.raises(ValidationError, match="“A” cannot stand below itself"):
        place_category(a, by=editor, parent=child)
    with pytest.raises(ValidationError, match="a category of this name here already"):
        place_category(b, by=editor, parent=a)
    with pytest.raises(ValidationError, match="“A > B” stands somewhere else meanwhile"):
        place_category(b, by=editor, parent=None, before=child)
    assert paths() == ["A", "A > B", "B"]


def test_merging_moves_products_and_branches(editor):
    old, new = make_category("Old"), make_category("New")
    make_category("Zip", parent=make_category("Hoodies", parent=old))
    product = make_product("Tea", category=old)

    merge_category(old, by=editor, into=new)

    product.refresh_from_db()
    assert product.category == new
    assert paths() == ["New", "New > Hoodies", "New > Hoodies > Zip"]
    assert list(AuditEvent.objects.filter(verb__startswith="category.").values_list("verb", flat=True))[:2] == [
        "category.deleted",
        "category.merged",
    ]


def test_a_category_is_not_merged_into_its_own_branch_or_over_a_namesake(editor):
    old, new = make_category("Old"), make_category("New")
    child = make_category("Hoodies", parent=old)
    with pytest.raises(ValidationError, match="“Old” cannot be merged into itself or its own branch"):
        merge_category(old, by=editor, into=child)
    make_category("hoodies", parent=new)
    with pytest.raises(ValidationError, match="a category of this name here already"):
        merge_category(old, by=editor, into=new)
    assert paths() == ["New", "New > hoodies", "Old", "Old > Hoodies"]


def test_only_an_empty_category_is_deleted(editor):
    full, above, empty = make_category("Full"), make_category("Above"), make_category("Empty")
    make_product("Tea", category=full)
    make_category("Below", parent=above)
    with pytest.raises(ValidationError, match=r"“Full” is not empty \(products\). Merge it into another"):
        delete_category(full, by=editor)
    with pytest.raises(ValidationError, match=r"“Above” is not empty \(categories\)"):
        delete_category(above, by=editor)
    delete_category(empty, by=editor)
    assert paths() == ["Above", "Above > Below", "Full"]


def test_counts_of_a_branch_take_one_query(django_assert_num_queries):
    clothing, other = make_category("Clothing"), make_category("Clothing care")
    hoodies = make_category("Hoodies", parent=clothing)
    for number, category in enumerate((clothing, hoodies, hoodies, other)):
        make_product(f"P{number}", category=category)
    with django_assert_num_queries(1):
        counts = {c.path: c.product_count for c in Category.objects.with_branch_count()}
    assert counts == {"Clothing": 3, "Clothing > Hoodies": 2, "Clothing care": 1}
    assert Category.objects.with_branch_count(cap=1).get(pk=clothing.pk).product_count == 2


# --- Pages -----------------------------------------------------------------------------------------


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    client.get("/search/")
    return client


def test_buttons_and_keys_move_a_branch(as_editor):
    a, b, c = (make_category(name) for name in "ABC")

    def step(category, name):
        as_editor.post(reverse("catalog:category_place", args=[category.pk]), {"step": name})

    step(c, "up")
    assert order() == ["A", "C", "B"]
    step(a, "down")
    assert order() == ["C", "A", "B"]
    step(b, "in")
    assert paths() == ["A", "A > B", "C"]
    step(b, "out")
    assert order() == ["C", "A", "B"]
    for nowhere in ((c, "up"), (b, "down"), (c, "in"), (c, "out"), (c, "sideways")):
        step(*nowhere)
    assert order() == ["C", "A", "B"]


def test_dragging_says_below_which_and_before_which(as_editor):
    a, b = make_category("A"), make_category("B")
    child = make_category("X", parent=a)
    url = reverse("catalog:category_place", args=[b.pk])
    as_editor.post(url, {"below": a.pk, "before": child.pk})
    assert order(a) == ["B", "X"]
    page = as_editor.post(reverse("catalog:category_place", args=[a.pk]), {"below": b.pk}, follow=True)
    assert "“A” cannot stand below itself or its own branch." in page.content.decode()


def test_merge_and_delete_pages(as_editor):
    a, b = make_category("A"), make_category("B")
    make_product("Tea", category=a)
    page = as_editor.post(reverse("catalog:category_delete", args=[a.pk]), follow=True)
    assert "“A” is not empty (products)." in page.content.decode()
    refused = as_editor.post(reverse("catalog:category_merge", args=[a.pk]), {"into": f"#{a.pk}"})
    assert refused.status_code == 422
    assert "cannot be merged into itself" in refused.content.decode()
    as_editor.post(reverse("catalog:category_merge", args=[a.pk]), {"into": "b"})
    assert paths() == ["B"]
    as_editor.post(reverse("catalog:category_merge", args=[b.pk]), {"into": "nowhere"})
    assert paths() == ["B"]


def test_breadcrumbs_lead_from_the_top(as_editor):
    clothing = make_category("Clothing")
    hoodies = make_category("Hoodies", parent=clothing)
    product = make_product("Zip", category=hoodies)
    for url in (product.get_absolute_url(), product.variants.get().get_absolute_url()):
        text = as_editor.get(url).content.decode()
        crumbs = text[text.index("breadcrumbs") : text.index("</nav>", text.index("breadcrumbs"))]
        assert crumbs.index(clothing.get_absolute_url()) < crumbs.index(hoodies.get_absolute_url())
    assert clothing.get_absolute_url() in as_editor.get(hoodies.get_absolute_url()).content.decode()


def test_a_tree_too_large_for_a_page_counts_its_branches(as_editor, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("catalog.views.categories.WHOLE_TREE", 1)
    clothing = make_category("Clothing")
    make_product("Zip", category=make_category("Hoodies", parent=clothing))
    with django_assert_num_queries(6):
        page = as_editor.get("/catalog/categories/")
    assert [(node.category.name, str(node.shown_total)) for node in page.context["roots"]] == [("Clothing", "1")]
