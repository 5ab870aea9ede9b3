"""Lists of customers: filled by selection and by file, used as a filter, kept through merges and erasure."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse

from customers.models import FollowUp, ListMember, StaticList
from customers.services import erase, merge_customers, plan_follow_up, undo_merge
from customers.services.lists import add_to_list, delete_list, save_list, take_off_list
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


def on(static_list):
    return sorted(static_list.members.values_list("customer__name", flat=True))


def test_a_list_is_filled_and_emptied(agent):
    ann, bob = make_customer("Ann"), make_customer("Bob")
    fair = save_list(by=agent, name="  Trade   fair ")

    add_to_list([ann, bob], by=agent, static_list=fair)
    add_to_list([bob], by=agent, static_list=fair)
    assert (fair.name, on(fair)) == ("Trade fair", ["Ann", "Bob"])

    assert take_off_list([ann, make_customer("Cyd")], by=agent, static_list=fair) == 1
    assert on(fair) == ["Bob"]


def test_parts_of_a_long_selection_come_on_the_same_new_list(agent):
    made = [add_to_list([make_customer(name)], by=agent, new_list=" Winter  sale") for name in ("Ann", "Bob")]

    assert made[0] == made[1]
    assert on(StaticList.objects.get()) == ["Ann", "Bob"]


def test_names_are_taken_once_among_shared_lists_and_among_ones_own(agent):
    save_list(by=agent, name="Fair")
    save_list(by=make_user("support_lead"), name="fair", is_shared=False)

    with pytest.raises(ValidationError, match="There is a shared list of this name"):
        save_list(by=make_user("support_lead"), name="FAIR")
    with pytest.raises(ValidationError, match="You have a list of this name"):
        save_list(by=agent, name="FAIR", is_shared=False)


def test_ticked_customers_go_on_a_list_which_filters_and_is_followed_up(client, agent):
    ann, bob = make_customer("Ann"), make_customer("Bob")
    make_customer("Cyd")
    url = reverse("customers:list")

    client.post(url, {"action": "to_list", "selected": [ann.pk, bob.pk], "confirmed": "1", "new_list": "Fair"})
    fair = StaticList.objects.get()
    assert (fair.owner, fair.is_shared, on(fair)) == (agent, False, ["Ann", "Bob"])

    shown = client.get(f"{url}?list=%23{fair.pk}")
    assert sorted(row.object.name for row in shown.context["rows"]) == ["Ann", "Bob"]
    listed = client.get(reverse("customers:lists"))
    assert [row.object.customers for row in listed.context["rows"]] == [2]

    client.post(f"{url}?list=%23{fair.pk}", {"action": "follow_up", "all": "1", "confirmed": "1"})
    assert sorted(FollowUp.objects.values_list("customer__name", flat=True)) == ["Ann", "Bob"]


def test_a_private_list_is_nobody_elses(client, lead):
    other = make_user("support_agent")
    private = save_list(by=other, name="Mine", is_shared=False)
    ann = make_customer("Ann")
    add_to_list([ann], by=other, static_list=private)
    add_to_list([ann], by=other, static_list=save_list(by=other, name="Fair"))

    assert client.get(private.get_absolute_url()).status_code == 404
    assert client.get(f"{reverse('customers:list')}?list=Mine").context["rows"] == []
    assert list(ListMember.objects.visible_to(lead).values_list("list__name", flat=True)) == ["Fair"]

    def told():
        panels = client.get(ann.get_absolute_url()).context["panels"]
        return [one["name"] for panel in panels if panel.title == "On these lists" for one in panel.context["lists"]]

    assert told() == ["Fair"]
    client.force_login(other)
    assert told() == ["Fair", "Mine"]


def test_who_made_a_list_or_leads_may_delete_it(client, agent):
    shared = save_list(by=make_user("support_lead"), name="Fair")
    assert client.post(reverse("customers:list_delete", args=[shared.pk])).status_code == 404

    with pytest.raises(ValidationError, match="can make this list private"):
        save_list(shared, by=make_user("support_lead"), name="Fair", is_shared=False)
    delete_list(shared, by=make_user("support_lead"))
    assert not StaticList.objects.exists()


def test_a_merge_moves_members_once_and_its_undo_brings_them_back(agent):
    keep, lose = make_customer("Keep"), make_customer("Lose")
    both, one = save_list(by=agent, name="Both"), save_list(by=agent, name="One")
    add_to_list([keep, lose], by=agent, static_list=both)
    add_to_list([lose], by=agent, static_list=one)

    merge = merge_customers(keep, lose, by=None)
    seen = ListMember.objects.visible_to(agent).filter(customer__merged_into=None)
    assert sorted(seen.values_list("list__name", "customer__name")) == [("Both", "Keep"), ("One", "Keep")]

    undo_merge(merge, by=None)
    assert (on(both), on(one)) == (["Keep", "Lose"], ["Lose"])


def test_erasure_takes_the_customer_off_all_lists(agent):
    ann = make_customer("Ann")
    fair = save_list(by=agent, name="Fair")
    add_to_list([ann], by=agent, static_list=fair)

    erase(ann, by=None)

    assert on(fair) == []
    with pytest.raises(ValidationError, match="were erased"):
        add_to_list([ann], by=agent, static_list=fair)


# --- Files --------------------------------------------------------------------------------------------


def test_a_file_puts_customers_on_lists_once(tmp_path):
    by = make_user("support_lead")
    keep, lose = make_customer("Keep", email="keep@example.com"), make_customer("Lose", external_id="L1")
    merge_customers(keep, lose, by=None)
    fair = save_list(by=by, name="Fair")
    text = f"list,customer\nFAIR,keep@example.com\nFair,{make_customer('Ann').number}\nFair,l1\nNone,{keep.number}\nFair,nobody\n"

    result = bring(tmp_path, "customer_lists", text, "--partial", "--by", by.email)

    assert counts(result) == (2, 0, 0, 3)
    assert [found["row"] for found in result["errors"]] == [4, 5, 6]
    assert on(fair) == ["Ann", "Keep"]
    assert set(fair.members.values_list("added_by", flat=True)) == {by.pk}
    path = tmp_path / "out.csv"
    call_command("export_csv", "customer_lists", output=str(path))
    assert counts(bring(tmp_path, "customer_lists", path.read_text(encoding="utf-8-sig"))) == (0, 0, 2, 0)


def test_a_file_plans_follow_ups_ends_them_and_comes_out_the_same(tmp_path):
    by, anna = make_user("support_lead"), make_user("support_agent", email="anna@example.com")
    ann, bob = make_customer("Ann", external_id="A1"), make_customer("Bob", owner=anna)
    plan_follow_up(bob, by=by, what="Call", due_on=date(2026, 11, 1))
    text = (
        "customer,what,due_on,assignee,status,outcome\n"
        f"{bob.number},call,2026-11-01,,done,Sold\n"
        "A1,Write,2026-12-01,anna@example.com,,\n"
        "A1,Visit,2026-12-02,,completed,\n"
        "nobody,Visit,2026-12-02,,,\n"
    )

    result = bring(tmp_path, "follow_ups", text, "--partial", "--by", by.email)

    assert counts(result) == (1, 1, 0, 2)
    assert [(found["row"], found["message"]) for found in result["errors"]] == [
        (4, "Say what came of it."),
        (5, "There is no customer “nobody”."),
    ]
    rows = FollowUp.objects.order_by("pk").values_list("customer", "what", "due_on", "assignee", "status", "outcome")
    assert list(rows) == [
        (bob.pk, "Call", date(2026, 11, 1), anna.pk, "done", "Sold"),
        (ann.pk, "Write", date(2026, 12, 1), anna.pk, "open", ""),
    ]
    path = tmp_path / "out.csv"
    call_command("export_csv", "follow_ups", output=str(path))
    assert counts(bring(tmp_path, "follow_ups", path.read_text(encoding="utf-8-sig"))) == (0, 0, 2, 0)
    assert counts(
        bring(tmp_path, "follow_ups", f"customer,what,due_on,status\n{bob.number},Call,2026-11-01,open\n")
    ) == (0, 0, 1, 0)


def test_a_file_moves_what_is_open_once_and_leaves_what_ended(tmp_path):
    by, ann = make_user("support_lead"), make_customer("Ann", external_id="A1")
    gone = make_user("support_agent", email="gone@example.com", is_active=False)
    call = plan_follow_up(ann, by=by, what="Call", due_on=date(2026, 11, 1))
    FollowUp.objects.update(reminded_at=call.created_at)
    text = (
        "customer,what,due_on,assignee,status,outcome\n"
        "A1,Call,2026-12-05,,open,\n"
        "A1,Call,2026-12-06,,open,\n"
        "A1,Call,2026-10-01,,done,No answer\n"
        f"A1,Write,2026-12-01,{gone.email},,\n"
    )

    result = bring(tmp_path, "follow_ups", text, "--partial", "--by", by.email)

    assert counts(result) == (1, 1, 0, 2)
    assert [(found["row"], found["message"]) for found in result["errors"]] == [
        (3, "The same follow-up stands in row 2 already."),
        (5, f"{gone} is no longer active."),
    ]
    assert list(FollowUp.objects.order_by("due_on").values_list("due_on", "status", "reminded_at")) == [
        (date(2026, 10, 1), "done", None),
        (date(2026, 12, 5), "open", None),
    ]


def test_what_both_had_planned_is_done_once_after_a_merge(agent):
    keep, lose = make_customer("Keep"), make_customer("Lose")
    for customer in (keep, lose):
        plan_follow_up(customer, by=agent, what="Call", due_on=date(2026, 11, 1))

    merge = merge_customers(keep, lose, by=None)
    assert [row.customer for row in FollowUp.objects.visible_to(agent).due()] == [keep]

    undo_merge(merge, by=None)
    assert {row.customer for row in FollowUp.objects.visible_to(agent).due()} == {keep, lose}
