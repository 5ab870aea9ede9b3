"""The roles as data: who reads what, who changes what."""

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice.roles import ROLES, allows, sync_roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    """Permissions of each role, as "app.codename"."""
    sync_roles()
    return {
        group.name: {
            f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }


def test_sync_writes_every_role_and_takes_away_what_is_no_longer_in_it(held):
    assert set(held) == set(ROLES)
    clerk = Group.objects.get(name="order_clerk")
    clerk.permissions.add(Permission.objects.get(codename="manage_people"))

    sync_roles()

    assert not clerk.permissions.filter(codename="manage_people").exists()


def test_owners_may_everything(held):
    assert len(held["owner"]) == Permission.objects.count()


def test_auditors_read_everything_and_change_nothing(held):
    assert {name for name in held["auditor"] if not name.split(".")[1].startswith("view_")} == set()
    ours = ("catalog.", "inventory.", "orders.", "customers.", "backoffice.")
    unread = {
        name
        for name in held["owner"]
        if name.startswith(ours) and name.split(".")[1].startswith("view_") and name not in held["auditor"]
    }
    assert unread == set()


def test_analysts_read_no_personal_data_and_change_nothing(held):
    analyst = held["analyst"]
    assert "customers.view_personal_data" not in analyst
    assert not {name for name in analyst if name.startswith(("customers.view_message", "customers.view_attachment"))}
    assert not {name for name in analyst if name.endswith("history")}
    changes = {name for name in analyst if not name.split(".")[1].startswith("view_")}
    assert changes <= {"backoffice.export_data"}


def test_only_owners_manage_people_and_retry_jobs(held):
    for permission in ("backoffice.manage_people", "backoffice.retry_jobs", "backoffice.change_rolepolicy"):
        assert [role for role in held if permission in held[role]] == ["owner"]


def test_nobody_but_owners_deletes(held):
    deleting = {
        role
        for role in held
        for name in held[role]
        if ".delete_" in name and not name.startswith("orders.delete_draft")
    }
    assert deleting == {"owner"}


def test_costs_are_hidden_from_those_who_sell_and_carry(held):
    blind = {role for role in held if "catalog.view_cost" not in held[role]}
    assert blind == {"order_clerk", "order_lead", "warehouse_operator", "support_agent", "support_lead"}


def test_an_exclusion_takes_away_what_a_pattern_gave():
    assert allows(ROLES["order_clerk"], "catalog.view_product")
    assert not allows(ROLES["order_clerk"], "catalog.view_cost")
