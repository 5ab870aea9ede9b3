"""What migrations make of foreign keys."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey

pytestmark = pytest.mark.django_db


def test_a_foreign_key_without_an_index_of_its_own_keeps_its_constraint():
    unindexed = [
        field
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and not (field.db_index or field.unique) and field.db_constraint
    ]
    found = {}
    with connection.cursor() as cursor:
        for field in unindexed:
            known = connection.introspection.get_constraints(cursor, field.model._meta.db_table)
            own = [facts for facts in known.values() if facts["columns"] == [field.column]]
            found[field] = [
                (bool(facts["foreign_key"]), facts["index"]) for facts in own if facts["foreign_key"] or facts["index"]
            ]

    assert {"actor", "customer", "order", "level"} <= {field.name for field in unindexed}
    assert found == {field: [(True, False)] for field in unindexed}
