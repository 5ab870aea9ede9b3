"""Files of warehouses and shops, through the command and back."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.models import AuditEvent
from inventory import services
from inventory.models import Location
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_location, make_user, make_variant

pytestmark = pytest.mark.django_db


def test_locations_are_created_and_changed(tmp_path):
    make_location("MAIN", address="Old street")
    result = bring(
        tmp_path,
        "locations",
        "Code,Name,Chinese name,Street,City,Zip,Priority\nmain,Main warehouse,主仓库,Quay 1,Hamburg,20095,1\nSHOP,Shop,,,,,\n",
    )
    assert (result["errors"], counts(result)) == ([], (1, 1, 0, 0))
    main, shop = Location.objects.filter(kind="stock").order_by("pk")
    assert (main.code, main.name, main.name_zh, main.address, main.priority) == (
        "MAIN", "Main warehouse", "主仓库", "Quay 1\nHamburg\n20095", 1,
    )  # fmt: skip
    assert (shop.code, shop.kind, shop.priority, shop.is_active) == ("SHOP", "stock", 10, True)


def test_chinese_headers(tmp_path):
    result = bring(tmp_path, "locations", "仓库编码,仓库名称,地址,是否启用\nBJ01,北京仓,朝阳区,是\n")
    assert (result["errors"], counts(result)) == ([], (1, 0, 0, 0))
    assert Location.objects.get(code="BJ01").name == "北京仓"


def test_every_refusal_names_column_and_reason(tmp_path):
    main = make_location("MAIN")
    make_location("OLD")
    make_location("SHOP")
    make_variant("TEA", on_hand=3)
    services.create_transfer(
        source=Location.objects.get(code="OLD"), destination=main, lines=[(make_variant("CUP").pk, 1)], by=None
    )
    number = Location.objects.get(code="OLD").transfers_out.get().number
    result = bring(
        tmp_path,
        "locations",
        "code,name,priority,is_active\nmain,,,no\nOLD,,,no\nSHOP,,,no\ntransit,Way,,\nbad code,Bad,,\nNEW,,,\nX,X,99999,\nshop,,,\n",
        "--partial",
    )
    assert reasons(result) == [
        (2, "is_active", "", "Main still has 3 pieces of 1 variants. Transfer them first."),
        (3, "is_active", "", f"Finish these transfers first: {number}."),
        (5, "code", "transit", "“transit” is a place of the ledger and no warehouse."),
        (6, "code", "bad code", "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
        (7, "name", "", "There is no such location yet, and to create it this is needed: name."),
        (8, "priority", "99999", "The number must be between 0 and 32767."),
        (9, "code", "shop", "The same location stands in row 4 already."),
    ]
    assert list(Location.objects.filter(is_active=False).values_list("code", flat=True)) == ["SHOP"]


def test_an_exact_code_is_meant_where_two_differ_only_in_case(tmp_path):
    make_location("main")
    make_location("MAIN")
    assert counts(bring(tmp_path, "locations", "code,name\nMAIN,Upper\n")) == (0, 1, 0, 0)
    assert Location.objects.get(code="MAIN").name == "Upper"
    assert Location.objects.get(code="main").name == "Main"


def test_an_export_comes_back_as_it_went(tmp_path):
    make_location("MAIN", address="Quay 1\nHamburg", name_zh="主仓库")
    make_location("OLD", is_active=False, priority=3)
    path = tmp_path / "out.csv"
    call_command("export_csv", "locations", output=str(path), stderr=StringIO())
    assert counts(bring(tmp_path, "locations", path.read_bytes())) == (0, 0, 2, 0)


def test_undo_restores_and_deletes(tmp_path):
    make_location("MAIN")
    run = bring(tmp_path, "locations", "code,name\nMAIN,Quay\nSHOP,Shop\n")["run"]
    out = StringIO()
    call_command("undo_import", run, "--json", stdout=out)
    undone = json.loads(out.getvalue())
    assert (undone["deleted"], undone["restored"], undone["kept"]) == (1, 1, [])
    assert list(Location.objects.filter(kind="stock").values_list("code", "name")) == [("MAIN", "Main")]


def test_people_change_their_warehouses_only(tmp_path):
    make_location("MAIN")
    make_location("SHOP")
    manager = make_user("warehouse_manager", email="m@example.com", warehouses=("SHOP",))
    result = bring(tmp_path, "locations", "code,name\nMAIN,A\nSHOP,B\n", "--by", manager.email, "--partial")
    assert reasons(result) == [(2, "code", "MAIN", "There is no location “MAIN” that you may change.")]
    assert Location.objects.get(code="SHOP").name == "B"


def test_closing_by_file_is_closing_by_page(tmp_path):
    """What is promised there moves, open stocktakes are named, and what opens serves whoever waits."""
    make_location("MAIN")
    shop = make_location("SHOP", priority=20)
    tea = make_variant("TEA", backorder_limit=5)
    level = services.allocate("SO-1", [services.Demand(1, tea.pk, 2, "TEA")], by=None)
    assert [one.location.code for one in level] == ["MAIN"]
    count = services.create_count(shop, services.Selection("list", variants=[tea.pk]), by=None)
    result = bring(tmp_path, "locations", "code,is_active\nMAIN,no\nSHOP,no\n", "--partial")
    assert reasons(result) == [(3, "is_active", "", f"Finish these stocktakes first: {count.number}.")]
    assert AuditEvent.objects.get(verb="location.closed").subject == "Main"
    [job] = ProcrastinateJob.objects.filter(task_name=services.CLEAR_CLOSED)
    assert job.args == {"location": Location.objects.get(code="MAIN").pk}
    bring(tmp_path, "locations", "code,is_active\nMAIN,yes\n")
    assert AuditEvent.objects.get(verb="location.opened").subject == "Main"
