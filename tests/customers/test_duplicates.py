"""Customers who may be the same: what is found, what is not, and what the pages show."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from customers import services
from customers.models import ContactPoint, Customer, DuplicatePair
from customers.services import AddressData, ContactData, LookAlike
from tests.customers.test_customer_pages import rows
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


def make(name, *, email="", phone="", postal="", country="DE", **fields):
    contacts = [ContactData("email", email)] if email else []
    contacts += [ContactData("phone", phone)] if phone else []
    address = {"line1": "Weg 1", "postal_code": postal, "city": "X", "country": country}
    addresses = [AddressData(address)] if postal else []
    return services.create_customer(by=None, name=name, contacts=contacts, addresses=addresses, **fields)


def suggested():
    services.find_duplicates()
    return {(pair.one.name, pair.other.name): pair.reasons for pair in DuplicatePair.objects.filter(status="suggested")}


def key(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_name_key(%s)", [name])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jane Doe", "doe jane"),
        ("Doe, Jane", "doe jane"),
        ("Müller & Söhne GmbH & Co. KG", "muller sohne"),
        ("ACME Inc.", "acme"),
        ("上海和平贸易有限公司", "上海和平贸易"),
        ("上海和平贸易（集团）", "上海和平贸易"),
        ("王 小明", "小明 王"),
    ],
)
def test_the_key_of_a_name(name, expected):
    assert key(name) == expected


def test_strong_keys_find_whoever_shares_them_once_or_now():
    old, new = make("Jane", email="jane@example.com"), make("J. D.")
    ContactPoint.objects.filter(customer=old).update(ended_at="2026-01-01T00:00Z", is_primary=False)
    services.update_customer(new, by=None, contacts=[ContactData("email", "Jane@Example.com")])
    make("Acme", tax_id="DE 811-907-980")
    make("Other Acme", tax_id="de811907980")
    make("Shop", external_id="00-4711")
    make("Laden", external_id="4711")

    assert suggested() == {
        ("Jane", "J. D."): ["email"],
        ("Acme", "Other Acme"): ["tax"],
        ("Shop", "Laden"): ["external"],
    }


def test_names_count_together_with_something_else():
    make("Jane Doe", email="jane.doe@one.example", postal="10115")
    make("Doe, Jane", email="janedoe@two.example")
    make("Jane Do", phone="+49 30 901820", postal="10115")
    make("Jane Doe", email="other@three.example", postal="99999")
    make("Tom Roe", email="jane.doe@four.example", postal="10115")
    make("上海和平贸易有限公司", postal="200001", country="CN")
    make("上海和平贸易", postal="200001", country="CN")
    make("王小明", postal="200001", country="CN")
    make("王小红", postal="200001", country="CN")

    assert suggested() == {
        ("Jane Doe", "Doe, Jane"): ["name", "mail_name"],
        ("Jane Doe", "Jane Do"): ["alike", "postal"],
        ("上海和平贸易有限公司", "上海和平贸易"): ["name", "postal"],
    }


def test_what_was_dismissed_is_not_suggested_again_and_what_is_gone_goes():
    first, second, third = (make("Jane Doe", postal="10115") for _index in range(3))
    assert services.find_duplicates() == {"suggested": 3, "new": 3, "gone": 0}
    pair = DuplicatePair.objects.get(one=first, other=second)

    services.dismiss_pair(pair, by=make_user())
    Customer.objects.filter(pk=third.pk).update(name="Somebody Else")

    found = services.find_duplicates()
    assert found["new"] == 0
    pair.refresh_from_db()
    assert pair.status == "dismissed"
    assert suggested() == {}
    with pytest.raises(ValidationError, match="decided on this pair already"):
        services.dismiss_pair(pair, by=make_user())


def test_merging_settles_a_pair_and_undoing_dismisses_it():
    one, other = make("Jane Doe", postal="10115"), make("Jane Doe", postal="10115")
    services.find_duplicates()
    merge = services.merge_customers(one, other, by=None)
    assert DuplicatePair.objects.get().status == "merged"

    services.undo_merge(merge, by=None)
    services.find_duplicates()

    assert DuplicatePair.objects.get().status == "dismissed"


def test_who_is_typed_in_is_compared():
    jane = make("Jane Doe", email="jane.doe@one.example", phone="+49 30 901820", postal="10115", tax_id="DE1")

    def like(**fields):
        return services.look_alikes(**{"name": "Nobody Known", **fields})

    assert like() == []
    assert like(contacts=[ContactData("phone", "030 901820")]) == [LookAlike(jane, 100, ["digits", "phone"])]
    assert [(one.customer, one.score) for one in like(tax_id="DE1")] == [(jane, 100)]
    assert [(one.customer, one.reasons) for one in like(name="doe jane", postal_codes=["10115"])] == [
        (jane, ["name", "postal"])
    ]
    assert like(name="doe jane", apart=jane) == []


def test_the_form_shows_look_alikes_before_it_saves(client):
    jane = make("Jane Doe", email="jane.doe@one.example")
    client.force_login(make_user())
    data = {"kind": "person", "name": "Jane Doe", "language": "en", **rows("contacts"), **rows("addresses")}

    page = client.post("/customers/new/", data)

    assert page.status_code == 422
    assert f'<a href="/customers/{jane.number}/">{jane.number} Jane Doe</a>: the same name' in page.content.decode()
    assert client.post("/customers/new/", {**data, "somebody_else": "1"}).status_code == 302
    assert Customer.objects.filter(name="Jane Doe").count() == 2


def test_pairs_are_shown_masked_to_those_who_may_not_see_names(client):
    make("Jane Doe", email="jane@example.com", postal="10115")
    make("Jane Doe", postal="10115")
    services.find_duplicates()
    pair = DuplicatePair.objects.get()
    client.force_login(make_user("analyst"))

    for address in ("/duplicates/", pair.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "J… D…" in page
        assert "Jane" not in page
        assert "jane@example.com" not in page
    assert client.get(f"/customers/{pair.one.number}/merge/?other={pair.other.number}").status_code == 403


def test_two_customers_are_merged_and_taken_apart_on_pages(client):
    keep, lose = make("Jane Doe", email="jane@example.com"), make("J. Doe", email="doe@example.com", company="Doe GmbH")
    client.force_login(make_user())
    address = f"/customers/{keep.number}/merge/?other={lose.number}"
    page = client.get(address).content.decode()
    assert "1 contacts" in page
    assert "Doe GmbH" in page

    assert client.get(f"/customers/{keep.number}/merge/?other={keep.number}").status_code == 422
    choices = {"name": "lose", "company": "lose", "email": "keep", "reason": "Same person"}
    assert client.post(address, choices).headers["Location"] == keep.get_absolute_url()
    keep.refresh_from_db()
    assert (keep.name, keep.company, keep.contacts.count()) == ("J. Doe", "Doe GmbH", 2)

    page = client.get(keep.get_absolute_url()).content.decode()
    merge = keep.merges.get()
    assert f'<a href="/customers/merges/{merge.pk}/undo/">Undo</a>' in page
    assert "1 contacts" in client.get(f"/customers/merges/{merge.pk}/undo/").content.decode()
    assert client.post(f"/customers/merges/{merge.pk}/undo/", {"reason": ""}).status_code == 302
    keep.refresh_from_db()
    assert (keep.name, keep.company, keep.contacts.count()) == ("Jane Doe", "", 1)


def test_pool_and_own_customers(client):
    anna = make_user("support_agent")
    client.force_login(anna)
    free, owned = make_customer("Free", email="f@x.example"), make_customer("Owned", email="o@x.example", owner=anna)

    page = client.get("/customers/pool/").content.decode()
    assert ("Free" in page, "Owned" in page) == (True, False)
    assert client.post(f"/customers/{free.number}/claim/").status_code == 302
    page = client.get("/customers/mine/").content.decode()
    assert all(f'href="/customers/{one.number}/"' in page for one in (free, owned))
    page = client.get(f"/customers/{free.number}/").content.decode()
    assert "Claimed from the pool" in page
    assert client.get("/customers/?held=mine").content.decode().count("@x.example") == 2
    assert "@x.example" not in client.get("/customers/?held=soon").content.decode()
