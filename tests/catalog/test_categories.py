"""The tree: paths, moves, rings."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from backoffice.models import AuditEvent
from catalog.models import Category
from catalog.services import save_category
from tests.factories import make_category, make_user

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
