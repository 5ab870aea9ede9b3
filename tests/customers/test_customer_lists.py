"""Lists of customers: filled by selection and by file, used as a filter, kept through merges and erasure."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from customers.models import FollowUp, ListMember, StaticList
from customers.services import erase, merge_customers, undo_merge
from customers.services.lists import add_to_list, delete_list, save_list, take_off_list
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
    add_to_list([make_customer("Ann")], by=other, static_list=private)

    assert client.get(private.get_absolute_url()).status_code == 404
    assert client.get(f"{reverse('customers:list')}?list=Mine").context["rows"] == []
    assert not ListMember.objects.visible_to(lead).exists()


def test_who_made_a_list_or_leads_may_delete_it(client, agent):
    shared = save_list(by=make_user("support_lead"), name="Fair")
    assert client.post(reverse("customers:list_delete", args=[shared.pk])).status_code == 403

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
