"""Whatever a file of categories says, the plan refuses all that the tables would; the database has nothing to add."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Category
from catalog.services import upsert_categories

pytestmark = pytest.mark.django_db
examples = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
COLUMNS = ["number", "path", "name", "parent"]
name = st.sampled_from(["A", "B", "C", "a"])
path = st.lists(name, min_size=1, max_size=3).map(" > ".join)
tree = st.lists(path, max_size=5)
by_path = st.tuples(st.just(""), path, st.just("") | name, st.just("") | st.just("/") | path)
by_name = st.tuples(st.just(""), st.just(""), name, st.just("") | path)
number = st.sampled_from("0123456")


def bring(rows):
    """Write what is right of the rows; the outcome."""
    numbered = [(place, None, *row) for place, row in enumerate(rows, 2)]
    outcome = upsert_categories(numbered, columns=COLUMNS, by=None, partial=True)
    assert outcome.read == outcome.new + outcome.changed + outcome.unchanged + outcome.refused == len(rows)
    return outcome


def plant(paths):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM catalog_category")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    bring([("", one, "", "") for one in paths])


def assert_paths_follow():
    for node in Category.objects.select_related("parent"):
        assert node.path == (f"{node.parent.path} > {node.name}" if node.parent else node.name)


@examples
@given(tree, st.lists(by_path, min_size=1, max_size=6))
def test_files_by_path(paths, rows):
    plant(paths)
    bring(rows)
    assert_paths_follow()


@examples
@given(tree, st.lists(by_name, min_size=1, max_size=6))
def test_files_by_name_change_nothing_the_second_time(paths, rows):
    plant(paths)
    first = bring(rows)
    assert_paths_follow()
    if not first.refused:
        again = bring(rows)
        assert (again.new, again.changed) == (0, 0)


@examples
@given(tree, st.lists(st.tuples(name, number), min_size=1, max_size=6))
def test_files_by_number_change_nothing_the_second_time(paths, rows):
    plant(paths)
    numbered = [(str(place), "", title, parent) for place, (title, parent) in enumerate(rows, 1)]
    bring(numbered)
    assert_paths_follow()
    again = bring(numbered)
    assert (again.new, again.changed) == (0, 0)
