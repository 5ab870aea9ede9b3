"""`verify` finds a planted error, and mends it on demand."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from backoffice.models import AuditEvent
from inventory import services
from inventory.models import Allocation, Hold, StockPosting
from inventory.services import Demand
from tests.factories import level_of, make_location, make_user, make_variant

pytestmark = pytest.mark.django_db
CHECKS = ["backorder_limits", "stock_allocations", "stock_holds", "stock_levels", "stock_postings"]


def verify(capsys, *arguments):
    """Exit code and figures of the inventory's checks."""
    code = 0
    try:
        call_command("verify", "--json", *arguments, *(f"--check={name}" for name in CHECKS))
    except SystemExit as stop:
        code = stop.code
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] == (code == 0)
    return code, answer["checks"]


def wrong(checks):
    return {name: figures["wrong"] for name, figures in checks.items() if figures["wrong"]}


def plant(statement, *parameters):
    """Run SQL past every trigger, as a superuser or a damaged disk may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def tea():
    tea = make_variant("TEA", on_hand=9)
    services.allocate("SO-1", [Demand(1, tea.pk, 3, "TEA")], by=None)
    services.hold(tea.pk, make_location(), 2, reason="Photo", expires_at=timezone.now() + timedelta(hours=1), by=None)
    services.ship("SO-1", {1: 1}, make_location(), by=None)
    return tea


def test_all_is_right(tea, capsys):
    code, checks = verify(capsys)
    assert code == 0
    assert checks == {name: {"checked": 4 if name == "stock_postings" else 1, "wrong": 0} for name in CHECKS}


@pytest.mark.parametrize("column", ["on_hand", "allocated", "held", "value"])
def test_a_level_that_differs_from_its_postings(tea, capsys, column):
    plant(f"UPDATE inventory_stocklevel SET {column} = {column} + 1")
    code, checks = verify(capsys)
    assert (code, checks["stock_levels"]["wrong"], checks["stock_postings"]["wrong"]) == (1, 1, 1)
    owner = make_user()
    code, checks = verify(capsys, "--repair", "--by", owner.email)
    assert code == 0
    assert level_of(tea).on_hand == 8
    event = AuditEvent.objects.about(level_of(tea)).get(verb="stocklevel.repaired")
    assert (event.actor, event.reason, event.source) == (owner, "verify --repair", "command:verify")


def test_a_repair_says_what_it_mended(tea, capsys):
    plant("UPDATE inventory_stocklevel SET on_hand = on_hand + 1")
    _code, checks = verify(capsys, "--repair")
    assert checks["stock_levels"] == {"checked": 1, "wrong": 0, "repaired": 1}


def test_lost_and_invented_allocations(tea, capsys):
    Allocation.objects.update(quantity=5)
    assert wrong(verify(capsys)[1]) == {"stock_allocations": 1}
    assert verify(capsys, "--repair")[0] == 0
    assert level_of(tea).allocated == 5
    Allocation.objects.all().delete()
    assert wrong(verify(capsys)[1]) == {"stock_allocations": 1}
    assert verify(capsys, "--repair")[0] == 0
    assert level_of(tea).allocated == 0


def test_an_allocation_where_nothing_is_cannot_be_mended(tea, capsys):
    Allocation.objects.update(location=make_location("SHOP"))
    code, checks = verify(capsys, "--repair")
    assert (code, wrong(checks)) == (1, {"stock_allocations": 2})
    assert "TEA: 0 available, 2 asked (Shop)." in run_text(capsys, "--repair")


def run_text(capsys, *arguments):
    with pytest.raises(SystemExit):
        call_command("verify", *arguments)
    return capsys.readouterr().out


def test_holds_that_differ(tea, capsys):
    Hold.objects.update(quantity=1)
    assert wrong(verify(capsys)[1]) == {"stock_holds": 1}
    assert verify(capsys, "--repair")[0] == 0
    assert level_of(tea).held == 1


def test_backorder_limits_that_differ(tea, capsys):
    plant("UPDATE inventory_stocklevel SET backorder_limit = 7")
    assert wrong(verify(capsys)[1]) == {"backorder_limits": 1}
    assert verify(capsys, "--repair")[0] == 0
    assert level_of(tea).backorder_limit == 0


def test_a_broken_balance_in_the_ledger_is_told_and_not_touched(tea, capsys):
    middle = StockPosting.objects.order_by("pk")[1]
    plant("UPDATE inventory_stockposting SET on_hand_after = 99 WHERE id = %s", middle.pk)
    code, checks = verify(capsys, "--repair")
    assert (code, wrong(checks)) == (1, {"stock_postings": 2})
    assert f"TEA @ MAIN: balance broken at posting {middle.pk}" in run_text(capsys)


def test_a_level_whose_ledger_is_broken_is_not_mended(tea, capsys):
    plant("UPDATE inventory_stocklevel SET on_hand = 7")
    plant("UPDATE inventory_stockposting SET on_hand_after = 99 WHERE id = %s", StockPosting.objects.latest("pk").pk)
    code, checks = verify(capsys, "--repair")
    assert (code, wrong(checks)) == (1, {"stock_levels": 1, "stock_postings": 1})
    assert level_of(tea).on_hand == 7
    assert not AuditEvent.objects.filter(verb="stocklevel.repaired").exists()


def test_unknown_checks_and_people_are_wrong_usage():
    with pytest.raises(CommandError, match="There are: ") as caught:
        call_command("verify", "--check=tea_leaves")
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("verify", "--by=ghost@example.com")
