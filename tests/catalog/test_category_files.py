"""Category files of every layout, through the command, into the tree; and out again."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from backoffice.imports import undoing
from backoffice.models import ImportRow, ImportRun
from catalog.models import Category, Product
from catalog.services import upsert_categories
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_category, make_user

pytestmark = pytest.mark.django_db


def tree():
    return sorted(Category.objects.values_list("path", flat=True))


def undo(run):
    out = StringIO()
    call_command("undo_import", run, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_by_path_what_is_missing_is_created(tmp_path):
    text = "Path,Chinese name,Position\nKitchen > Tea > Green,绿茶,3\nKitchen > Tea,茶,\nBath,,1\n"
    result = bring(tmp_path, "categories", text)
    assert (result["errors"], counts(result)) == ([], (3, 0, 0, 0))
    assert tree() == ["Bath", "Kitchen", "Kitchen > Tea", "Kitchen > Tea > Green"]
    green = Category.objects.get(name="Green")
    assert (green.name_zh, green.position, green.parent.name_zh, green.parent.parent.name_zh) == ("绿茶", 3, "茶", "")
    assert counts(bring(tmp_path, "categories", text)) == (0, 0, 3, 0)
    assert counts(bring(tmp_path, "categories", "path,position\nkitchen>TEA,0\n")) == (0, 0, 1, 0)


def test_by_number_of_rows_that_stand_further_below(tmp_path):
    text = "id,name,pid,sort_order\n3,Green,2,7\n2,Tea,1,0\n1,Kitchen,0,2\n"
    result = bring(tmp_path, "categories", text)
    assert (result["errors"], counts(result)) == ([], (3, 0, 0, 0))
    assert tree() == ["Kitchen", "Kitchen > Tea", "Kitchen > Tea > Green"]
    assert counts(bring(tmp_path, "categories", text)) == (0, 0, 3, 0)


def test_by_name_of_the_parent_in_the_file_or_in_the_tree(tmp_path):
    make_category("Kitchen")
    result = bring(
        tmp_path, "categories", "Name,Parent category\nGreen,Tea\nTea,kitchen\nCups,Kitchen\nMugs,Kitchen > Cups\n"
    )
    assert (result["errors"], counts(result)) == ([], (4, 0, 0, 0))
    assert tree() == ["Kitchen", "Kitchen > Cups", "Kitchen > Cups > Mugs", "Kitchen > Tea", "Kitchen > Tea > Green"]


def test_the_same_name_may_stand_in_several_places(tmp_path):
    text = "id,name,parent_id\n1,Men,\n2,Women,\n3,Shoes,1\n4,Shoes,2\n5,Boots,4\n"
    bring(tmp_path, "categories", text)
    assert tree() == ["Men", "Men > Shoes", "Women", "Women > Shoes", "Women > Shoes > Boots"]
    result = bring(tmp_path, "categories", "name,parent\nSandals,Shoes\nClogs,Men > Shoes\n", "--partial")
    assert reasons(result) == [(2, "parent", "Shoes", "Several categories are called “Shoes”. Give the path.")]
    assert Category.objects.get(name="Clogs").path == "Men > Shoes > Clogs"


def test_an_export_edited_moves_and_renames(tmp_path):
    tea = make_category("Tea", make_category("Kitchen"))
    make_category("Green", tea)
    make_category("Drinks")
    text = "path,name,parent\nKitchen > Tea,Teas,Drinks\nKitchen > Tea > Green,Green tea,Kitchen > Tea\n"
    result = bring(tmp_path, "categories", text)
    assert (result["errors"], counts(result)) == ([], (0, 2, 0, 0))
    assert tree() == ["Drinks", "Drinks > Teas", "Drinks > Teas > Green tea", "Kitchen"]
    assert list(ImportRow.objects.values_list("record", "changes")) == [
        ("Kitchen > Tea", [["parent", "Kitchen", "Drinks"], ["name", "Tea", "Teas"]]),
        ("Kitchen > Tea > Green", [["name", "Green", "Green tea"]]),
    ]
    tea.refresh_from_db()
    assert undo(result["run"])["kept"] == []
    assert tree() == ["Drinks", "Kitchen", "Kitchen > Tea", "Kitchen > Tea > Green"]


def test_a_blank_parent_beside_a_path_keeps_and_a_slash_moves_to_the_top(tmp_path):
    make_category("Tea", make_category("Kitchen"))
    text = "path,parent,position\nKitchen > Tea,,4\nKitchen > Cups,,1\n"
    assert counts(bring(tmp_path, "categories", text)) == (1, 1, 0, 0)
    assert counts(bring(tmp_path, "categories", text)) == (0, 0, 2, 0)
    assert tree() == ["Kitchen", "Kitchen > Cups", "Kitchen > Tea"]
    move = "path,parent\nKitchen > Tea,/\n"
    assert counts(bring(tmp_path, "categories", move)) == (0, 1, 0, 0)
    assert tree() == ["Kitchen", "Kitchen > Cups", "Tea"]
    assert counts(bring(tmp_path, "categories", move)) == (0, 0, 1, 0)


def test_parents_and_children_may_change_places(tmp_path):
    make_category("B", make_category("A"))
    result = bring(tmp_path, "categories", "path,parent\nA,A > B\nA > B,/\n")
    assert (result["errors"], counts(result)) == ([], (0, 2, 0, 0))
    assert tree() == ["B", "B > A"]


def test_rings_are_refused(tmp_path):
    make_category("B", make_category("A"))
    moved = bring(tmp_path, "categories", "path,parent\nA,A > B\n")
    assert reasons(moved) == [(2, "parent", "A > B", "“A” cannot stand below itself or its own branch.")]
    itself = bring(tmp_path, "categories", "path,name,parent\nA,Z,A\n")
    assert reasons(itself) == [(2, "parent", "A", "“A” cannot stand below itself or its own branch.")]
    new = bring(tmp_path, "categories", "id,name,pid\n1,X,2\n2,Y,1\n3,Z,2\n4,Own,4\n5,Fine,0\n", "--partial")
    assert reasons(new) == [
        (2, "parent", "2", "“X” cannot stand below itself or its own branch."),
        (3, "parent", "1", "“Y” cannot stand below itself or its own branch."),
        (4, "parent", "2", "It refers to row 3, which is refused."),
        (5, "parent", "4", "“Own” cannot stand below itself or its own branch."),
    ]
    assert tree() == ["A", "A > B", "Fine"]
    assert reasons(bring(tmp_path, "categories", "name,parent\nSelf,Self\n"))[0][3].startswith("“Self” cannot")


def test_every_refusal_names_row_column_and_reason(tmp_path):
    make_category("Tea")
    make_category("Cup")
    result = bring(
        tmp_path,
        "categories",
        "id,path,name,parent,position\n1,,,,1\n2,,New,moon,\n3,,Late,2,\n4,Tea,Cup,,\n5,Tea > Pot,,,\n5,,Twice,,\n6,Tea > Pot,,,\n"
        f"7,,{'x' * 121},,\n8,,Bad,,-1\n9,,Below,8,\n10,,a > b > {'c' * 121},,\n",
        "--partial",
    )
    assert reasons(result) == [
        (2, "name", "", "The row does not say which category it is about."),
        (3, "parent", "moon", "There is no category “moon”."),
        (4, "parent", "2", "It refers to row 3, which is refused."),
        (5, "name", "Cup", "There is a category of this name here already."),
        (7, "number", "5", "Row 6 has this number already."),
        (8, "name", "Tea > Pot", "The same category stands in row 6 already."),
        (9, "name", "x" * 121, "The text has 121 characters; 120 are the limit."),
        (10, "position", "-1", "The number must not be below 0."),
        (11, "parent", "8", "It refers to row 10, which is refused."),
        (12, "name", "c" * 121, "The text has 121 characters; 120 are the limit."),
    ]
    assert (result["read"], counts(result), tree()) == (11, (1, 0, 0, 10), ["Cup", "Tea", "Tea > Pot"])


def test_paths_have_an_end_also_below_what_is_moved(tmp_path):
    long = make_category("l" * 120, make_category("m" * 120, make_category("n" * 120)))
    make_category("o" * 120, make_category("p" * 120))
    result = bring(tmp_path, "categories", f"path,parent\n{'p' * 120},{long.path}\n")
    assert reasons(result)[0][3] == "The path of a category may have 600 characters; this one would have 612."


def test_what_is_refused_stays_where_it_was_and_others_go_by_that(tmp_path):
    make_category("B", make_category("A"))
    make_category("C")
    make_category("B", Category.objects.get(name="C"))
    result = bring(tmp_path, "categories", "path,parent\nA > B,C\nA,A > B\n", "--partial")
    assert reasons(result) == [
        (2, "name", "B", "There is a category of this name here already."),
        (3, "parent", "A > B", "“A” cannot stand below itself or its own branch."),
    ]
    assert tree() == ["A", "A > B", "C", "C > B"]


def test_all_or_nothing(tmp_path):
    bring(tmp_path, "categories", "name,parent\nA,\nB,moon\n")
    assert tree() == []


def test_who_may_not_add_changes_only(tmp_path):
    make_category("Tea")
    person = make_user("", email="p@example.com")
    person.user_permissions.set(Permission.objects.filter(codename__in=["change_category", "import_data"]))
    result = bring(tmp_path, "categories", "path,position\nTea,2\nCup,1\n", "--partial", "--by", person.email)
    assert reasons(result) == [(3, "name", "Cup", "You may change categories but not add any.")]
    assert Category.objects.get().position == 2


@pytest.mark.parametrize(
    "text",
    [
        "类目路径,排序\n厨房 > 茶,2\n",
        "分类编号,分类名称,上级分类,排序\n2,茶,1,2\n1,厨房,,0\n",
        "id,name,keywords,desc,pid,icon_url,pic_url,level,sort_order\n1,厨房,,x,0,u,u,L1,0\n2,茶,,x,1,u,u,L2,2\n",
        "Name,Display Name,Parent Category,Sequence\n茶,厨房 / 茶,厨房,2\n",
        "Term ID,Name,Slug,Parent ID,Menu order\n1,厨房,k,0,0\n2,茶,t,1,2\n",
        "pretty_name,position\n厨房 -> 茶,2\n",
        "Product category,position\n厨房>茶,2\n",
    ],
)
def test_headers_of_other_systems(tmp_path, text):
    result = bring(tmp_path, "categories", text)
    assert (result["errors"], tree()) == ([], ["厨房", "厨房 > 茶"])
    assert Category.objects.get(name="茶").position == 2


def test_an_export_comes_back_as_it_went(tmp_path):
    make_category("a>b", make_category("=Tea"), name_zh="茶", position=3)
    make_category("Grains / Cereals")
    path = tmp_path / "out.csv"
    call_command("export_csv", "categories", output=str(path), stderr=StringIO())
    again = bring(tmp_path, "categories", path.read_bytes())
    assert (again["errors"], counts(again)) == ([], (0, 0, 3, 0))


def test_undo_deletes_what_nothing_refers_to(tmp_path):
    run = bring(tmp_path, "categories", "path\nA > B\nC\n")["run"]
    Product.objects.create(handle="p", title="P", category=Category.objects.get(name="C"))
    kept = [(row["kind"], row["record"], row["reason"]) for row in undo(run)["kept"]]
    assert kept == [("category", "C", "in use by other records")]
    assert tree() == ["C"]


def test_an_undone_tree_comes_back_and_moves_are_done_again(tmp_path):
    make_category("Green", make_category("Old"))
    text = "path,parent,name_zh\nA > B > C,,\nD,,丁\nOld > Green,A > B,\n"
    run = bring(tmp_path, "categories", text)["run"]
    after = ["A", "A > B", "A > B > C", "A > B > Green", "D", "Old"]
    assert tree() == after
    undo(run)
    assert tree() == ["Old", "Old > Green"]
    done = undoing.redo(ImportRun.objects.get(number=run), by=None)
    assert (done.kept, tree()) == ([], after)
    assert Category.objects.get(name="D").name_zh == "丁"


def test_the_service_takes_a_batch_of_one():
    outcome = upsert_categories([(1, None, "Tea")], columns=["name"], by=None)
    assert (outcome.applied, outcome.new, tree()) == (True, 1, ["Tea"])
