"""Merging customers and taking it back: what survives, what moves, and what follows."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from customers import services
from customers.models import Address, Consent, ContactPoint, Customer, CustomerMerge, Ticket
from customers.services import AddressData, ContactData
from customers.services.merging import look, movers
from customers.services.merging.preview import latest
from tests.backoffice.test_import_tables import bring as bring_any
from tests.factories import make_customer, make_ticket, make_user

pytestmark = pytest.mark.django_db
ADDRESS = {"line1": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}
NOT_MOVED = {
    "customers.indexedcustom": "an index of the customer's own row, written by a trigger",
    "customers.customer": "who was merged before stays with who it was merged into",
    "customers.consent": "append-only: the strictest is added",
    "customers.ownership": "append-only: periods are ended and begun",
    "customers.ownershipdispute": "about whoever it was; none may wait",
    "customers.duplicatepair": "a suggestion",
    "customers.customermerge": "the record itself",
    "customers.customersegment": "worked out anew",
    "customers.segmentsnapshot": "what was said of whoever it was",
    "customers.erasure": "about whoever it was",
    "customers.datapackage": "a file about whoever it was",
}


def make_pair():
    keep = services.create_customer(
        by=None, name="Jane Doe", tags=["vip"], note="Tea",
        contacts=[ContactData("email", "jane@example.com"), ContactData("phone", "030 901820")],
        addresses=[AddressData(ADDRESS)],
    )  # fmt: skip
    lose = services.create_customer(
        by=None, name="J. Doe", company="Doe GmbH", external_id="X-1", tags=["VIP", "eu"], note="Coffee",
        contacts=[ContactData("email", "doe@example.com"), ContactData("email", "old@example.com")],
        addresses=[AddressData(ADDRESS), AddressData(ADDRESS | {"kind": "billing"})],
    )  # fmt: skip
    return keep, lose


def state():
    """Every row about customers, but for when it was written."""
    rows = {
        model._meta.label_lower: list(model.objects.order_by("pk").values())
        for model in (Customer, ContactPoint, Address, Ticket)
    }
    for row in (one for of_kind in rows.values() for one in of_kind):
        row.pop("updated_at", None)
    rows["consents"] = {
        one.pk: {k: v for k, v in latest(one.consents.all()).items() if v} for one in Customer.objects.all()
    }
    return rows


def test_a_merge_moves_everything_and_keeps_what_was_chosen():
    keep, lose = make_pair()
    ticket = make_ticket(customer=lose)
    assert ticket.customer == lose

    merge = services.merge_customers(keep, lose, {"email": "lose"}, by=make_user())

    keep.refresh_from_db()
    assert (keep.name, keep.company, keep.external_id) == ("Jane Doe", "Doe GmbH", "X-1")
    assert (keep.tags, keep.note) == (["vip", "eu"], "Tea\n\nCoffee")
    assert list(keep.contacts.order_by("normalized").values_list("normalized", "is_primary")) == [
        ("+4930901820", True), ("doe@example.com", True), ("jane@example.com", False), ("old@example.com", False),
    ]  # fmt: skip
    assert list(keep.addresses.order_by("pk").values_list("kind", "is_default")) == [
        ("shipping", True), ("shipping", False), ("billing", True),
    ]  # fmt: skip
    ticket.refresh_from_db()
    assert ticket.customer == keep
    lose.refresh_from_db()
    assert (lose.merged_into, lose.external_id, lose.contacts.count()) == (keep, "", 0)
    assert merge.rows.count() == 2 + 2 + 1 + 1 + 1


def test_a_merge_is_undone_to_the_row():
    keep, lose = make_pair()
    make_ticket(customer=lose)
    make_ticket(customer=keep)
    services.record_consent(keep, channel="email", purpose="News", granted=True, source="form", by=None)
    services.record_consent(lose, channel="email", purpose="News", granted=True, source="form", by=None)
    services.record_consent(lose, channel="email", purpose="News", granted=False, source="call", by=None)
    services.record_consent(lose, channel="phone", purpose="News", granted=True, source="call", by=None)
    before = state()

    merge = services.merge_customers(keep, lose, {"name": "lose", "email": "lose"}, by=None)
    assert latest(keep.consents.all()) == {("email", "News"): False, ("phone", "News"): True}
    services.undo_merge(merge, by=None)

    assert state() == before


def test_what_came_later_stays_with_the_survivor():
    keep, lose = make_pair()
    merge = services.merge_customers(keep, lose, by=None)
    keep.refresh_from_db()
    services.update_customer(keep, by=None, company="Other GmbH")
    ticket = make_ticket(customer=lose)

    services.undo_merge(merge, by=None)

    keep.refresh_from_db()
    ticket.refresh_from_db()
    assert (keep.company, keep.note, ticket.customer) == ("Other GmbH", "Tea", keep)


def test_chains_are_undone_from_the_end():
    one, two = make_pair()
    three = make_customer("Third", email="third@example.com")
    before = state()
    first = services.merge_customers(two, three, by=None)
    second = services.merge_customers(one, two, by=None)
    assert [Customer.objects.survivor_of(each.number) for each in (two, three)] == [one, one]

    with pytest.raises(ValidationError, match=f"{two.number} was merged itself"):
        services.undo_merge(first, by=None)
    services.undo_merge(second, by=None)
    services.undo_merge(first, by=None)

    assert state() == before
    with pytest.raises(ValidationError, match="is undone already"):
        services.undo_merge(first, by=None)


def test_old_numbers_lead_to_the_survivor(client):
    keep, lose = make_pair()
    services.merge_customers(keep, lose, by=None)
    owner = make_user()
    client.force_login(owner)

    assert client.get(f"/customers/{lose.number}/").headers["Location"] == f"/customers/{keep.number}/"
    assert list(Customer.objects.visible_to(owner).search(lose.number)) == [keep]
    assert lose not in Customer.objects.visible_to(owner)


def test_files_that_name_a_merged_customer_are_about_the_survivor(tmp_path):
    keep, lose = make_pair()
    services.update_customer(keep, by=None, external_id="K-1")
    services.merge_customers(keep, lose, by=None)

    result = bring_any(tmp_path, "customers", f"number,name,language\n{lose.number},Jane Doe,zh-hans\n")
    assert [one["message"] for one in result["warnings"]] == [
        f"{lose.number} was merged into {keep.number}; the row is about that customer."
    ]
    bring_any(tmp_path, "customers", "external_id,note\nX-1,By the old number\n")

    keep.refresh_from_db()
    assert (keep.language, keep.note, keep.external_id) == ("zh-hans", "By the old number", "K-1")
    assert Customer.objects.count() == 2


def test_the_timeline_shows_what_was_noted_of_both(client):
    keep, lose = make_pair()
    services.add_note(lose, note="Wants a catalogue", by=make_user())
    services.merge_customers(keep, lose, by=None)
    client.force_login(make_user())

    assert "Wants a catalogue" in client.get(keep.get_absolute_url()).content.decode()


def test_the_database_keeps_merged_customers_as_they_are():
    keep, lose = make_pair()
    services.merge_customers(keep, lose, by=None)
    with pytest.raises(IntegrityError, match=f"{lose.number} was merged into {keep.number}"), transaction.atomic():
        Customer.objects.filter(pk=lose.pk).update(name="Other")
    with pytest.raises(IntegrityError, match="cannot be merged into what became part of it"), transaction.atomic():
        Customer.objects.filter(pk=keep.pk).update(merged_into=lose)
    with pytest.raises(ValidationError, match="change that customer"):
        services.update_customer(lose, by=None, name="Other")
    contact = ContactPoint.objects.create(customer=lose, kind="email", raw="n@x.example", normalized="n@x.example")
    contact.refresh_from_db()
    assert contact.customer == keep


def test_refusals_name_what_stands_against_it():
    keep, lose = make_pair()
    with pytest.raises(ValidationError, match="into itself"):
        services.merge_customers(keep, keep, by=None)
    with pytest.raises(ValidationError, match="Nothing is to be chosen of number"):
        services.merge_customers(keep, lose, {"number": "lose"}, by=None)
    services.merge_customers(keep, lose, by=None)
    with pytest.raises(ValidationError, match="was merged already"):
        services.merge_customers(keep, lose, by=None)


def test_owners_go_along_and_come_back():
    keep, lose = make_pair()
    anna, ben = make_user("support_agent"), make_user("support_agent")
    services.transfer([keep], anna, by=None)
    services.transfer([lose], ben, by=None)

    merge = services.merge_customers(keep, lose, {"owner": "lose"}, by=None)
    keep.refresh_from_db()
    assert keep.owner == ben
    services.undo_merge(merge, by=None)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert [Customer.objects.get(pk=one.pk).owner for one in (keep, lose)] == [anna, ben]


def test_who_lost_the_owner_by_a_merge_gets_it_back():
    keep, lose = make_pair()
    anna = make_user("support_agent")
    services.transfer([keep], anna, by=None)

    merge = services.merge_customers(keep, lose, {"owner": "lose"}, by=None)
    keep.refresh_from_db()
    assert keep.owner is None
    services.undo_merge(merge, by=None)

    keep.refresh_from_db()
    assert keep.owner == anna


def test_a_preview_writes_nothing():
    keep, lose = make_pair()
    before = state()

    preview = look(keep, lose, {"name": "lose"})

    assert {line.name: line.chosen for line in preview.lines if line.differs} == {
        "name": "lose", "company": "lose", "external_id": "lose", "email": "keep", "phone": "keep",
    }  # fmt: skip
    assert preview.moves == {
        "customers.contactpoint": 2,
        "customers.address": 2,
        "customers.ticket": 0,
        "customers.customernote": 0,
        "customers.followup": 0,
        "customers.listmember": 0,
        "orders.order": 0,
    }
    assert (state(), CustomerMerge.objects.count()) == (before, 0)


def test_whatever_belongs_to_a_customer_goes_along_or_says_why_not():
    """A table with a foreign key to customers registers with `movers`, and its rows follow merges by a trigger."""
    kinds = {mover.kind for mover in movers.every()}
    of_customers = {
        relation.related_model._meta.label_lower
        for relation in Customer._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and not hasattr(relation.related_model, "pgh_id")
    }
    assert of_customers - kinds == set(NOT_MOVED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'follow_merge'")
        following = {table for (table,) in cursor.fetchall()}
    tables = {apps.get_model(kind)._meta.db_table for kind in kinds}
    assert following == tables | {Consent._meta.db_table}
