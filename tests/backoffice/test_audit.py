"""The audit list, and every append-only table against raw SQL."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from backoffice import audit, context
from backoffice.apps import own_apps
from backoffice.models import AuditEvent
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db

APPEND_ONLY = [
    model
    for config in own_apps()
    for model in config.get_models()
    if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", []))
]


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.label)
def test_no_row_of_a_ledger_is_changed_or_removed(model):
    """One row is put in with all other rules asleep: what counts is that the trigger refuses to touch it."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        put_a_row_into(cursor, model)
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match=r"append-only|Cannot update or delete"), transaction.atomic():
                cursor.execute(statement)


def put_a_row_into(cursor, model):
    table, values = model._meta.db_table, values_of(model)
    cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table])
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute("SET LOCAL session_replication_role = replica")
    places = ", ".join(["%s"] * len(values))
    columns = ", ".join(f'"{column}"' for column in values)
    cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(values.values()))
    cursor.execute("SET LOCAL session_replication_role = origin")


def values_of(model):
    """A value for each column that must have one."""
    samples = {
        "integer": 1,
        "bigint": 1,
        "smallint": 1,
        "boolean": True,
        "jsonb": "{}",
        "numeric": 1,
        "date": "2026-01-01",
        "uuid": "00000000-0000-0000-0000-000000000001",
    }
    found = {}
    for field in model._meta.local_concrete_fields:
        if field.null or getattr(field, "generated", False) or field is model._meta.auto_field:
            continue
        full = field.db_type(connection) or ""
        kind = full.partition("(")[0]
        if full.endswith("]"):
            found[field.column] = []
        elif kind == "timestamp with time zone":
            found[field.column] = timezone.now()
        else:
            found[field.column] = samples.get(kind, "x")
    return found


def test_there_are_ledgers():
    labels = {model._meta.label for model in APPEND_ONLY}
    assert {
        "backoffice.AuditEvent",
        "inventory.StockMove",
        "inventory.StockPosting",
        "orders.Payment",
        "customers.TicketEvent",
    } <= labels


# --- The page ---------------------------------------------------------------------------------------


@pytest.fixture
def owner():
    return make_user("owner", name="Olga")


def test_the_list_tells_who_did_what_to_whom_through_what_and_why(client, owner):
    customer = make_customer("Jane Doe")
    with context.acting(source="command:test", user=owner):
        audit.record(
            "customer.archived", customer, by=owner, reason="moved away", data={"before": {"roles": ["a", "b"]}}
        )
    client.force_login(owner)

    shown = client.get("/audit/?verb=customer.archived").content.decode()

    for text in ("Customer archived", customer.number, "Olga", "by a command (test)", "moved away"):
        assert text in shown
    event = AuditEvent.objects.get(verb="customer.archived")
    page = client.get(f"/audit/{event.pk}/").content.decode()
    assert "roles: a, b" in page
    assert customer.get_absolute_url() in page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("verb=test.one", 1),
        ("verb=test", 2),
        ("source=command", 1),
        ("subject_type=backoffice.user", 2),
        ("subject_type=catalog.product&verb=test", 0),
        ("at_before=2020-01-01", 0),
        ("at_after=2020-01-01&verb=test", 2),
    ],
)
def test_filters(client, owner, query, number):
    with context.acting(source="command:test"):
        audit.record("test.one", owner, by=owner)
    audit.record("test.two", owner, by=None)
    client.force_login(owner)

    response = client.get(f"/audit/?{query}")

    assert len(response.context_data["rows"]) == number


def test_the_actor_is_a_filter(client, owner):
    other = make_user("auditor")
    audit.record("test.one", owner, by=owner)
    audit.record("test.two", owner, by=other)
    client.force_login(owner)
    assert [row.object.verb for row in client.get(f"/audit/?actor=%23{other.pk}").context_data["rows"]] == ["test.two"]


def test_auditors_read_it_and_clerks_do_not(client):
    client.force_login(make_user("auditor"))
    assert client.get("/audit/").status_code == 200
    client.force_login(make_user("order_clerk"))
    assert client.get("/audit/").status_code == 403
