"""Contacts: one form of each, one customer for each."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from backoffice.models import AuditEvent
from customers import services
from customers.models import Consent, ContactPoint, Customer
from customers.services import AddressData, ContactData, ContactTaken
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Jane@Example.COM", "jane@example.com"),
        ("  jane@example.com ", "jane@example.com"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("ｊａｎｅ@example.com", "jane@example.com"),
    ],
)
def test_email_has_one_form(typed, stored):
    if not stored.isascii():
        with pytest.raises(ValidationError, match="not an e-mail address"):
            services.normalize_email(typed)
    else:
        assert services.normalize_email(typed) == stored


def test_domain_is_kept_in_ascii():
    assert services.normalize_email("info@Bücher.example") == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed", ["", "jane", "jane@", "@example.com", "a b@example.com", "jane@example", "jane@@example.com"]
)
def test_what_is_no_email_is_refused_by_name(typed):
    with pytest.raises(ValidationError, match="is not an e-mail address"):
        services.normalize_email(typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("030 901820", "+4930901820"), ("+86 138 0013 8000", "+8613800138000"), ("0049 (30) 90 18-20", "+4930901820")],
)
def test_phone_is_e164(typed, stored):
    assert services.normalize_phone(typed) == stored


@pytest.mark.parametrize("typed", ["", "abc", "12", "+999 123456789012345"])
def test_what_is_no_phone_is_refused(typed):
    with pytest.raises(ValidationError, match="is not a phone number"):
        services.normalize_phone(typed)


def test_a_contact_in_use_is_refused_naming_its_customer():
    jane = make_customer("Jane Doe", email="jane@example.com")

    with pytest.raises(ContactTaken, match=rf"JANE@example\.com belongs to Jane Doe \({jane.number}\) already\."):
        services.create_customer(by=make_user(), name="John", contacts=[ContactData("email", "JANE@example.com")])

    assert Customer.objects.count() == 1


def test_the_other_customer_is_masked_for_those_who_may_not_see_names():
    make_customer("Jane Doe", email="jane@example.com")

    with pytest.raises(ContactTaken, match="belongs to J… D…"):
        services.create_customer(
            by=make_user("analyst"), name="John", contacts=[ContactData("email", "jane@example.com")]
        )


def test_an_ended_contact_is_free_again():
    jane = make_customer("Jane Doe", email="jane@example.com")
    services.update_customer(jane, by=make_user(), contacts=[])

    john = make_customer("John", email="jane@example.com")

    assert services.find_by_email("jane@example.com") == john
    assert jane.contacts.get().ended_at is not None


def test_contacts_change_keep_and_end():
    by = make_user()
    jane = make_customer("Jane", email="jane@example.com", phone="+4930901820")
    email, phone = jane.contacts.order_by("kind")

    services.update_customer(
        jane,
        by=by,
        contacts=[
            ContactData("email", "jane@example.com", pk=email.pk),
            ContactData("email", "doe@example.com", is_primary=True),
        ],
    )

    live = jane.contacts.filter(ended_at=None)
    assert sorted(live.values_list("normalized", "is_primary")) == [
        ("doe@example.com", True),
        ("jane@example.com", False),
    ]
    phone.refresh_from_db()
    assert phone.ended_at is not None


def test_the_same_contact_twice_is_refused():
    with pytest.raises(ValidationError, match="stands here twice"):
        services.create_customer(
            by=make_user(),
            name="Jane",
            contacts=[ContactData("email", "j@example.com"), ContactData("email", "J@Example.com")],
        )


def test_contacts_that_change_places_are_refused_in_words():
    jane = make_customer("Jane", email="a@example.com")
    first = jane.contacts.get()
    services.update_customer(
        jane,
        by=None,
        contacts=[ContactData("email", "a@example.com", pk=first.pk), ContactData("email", "b@example.com")],
    )
    second = jane.contacts.exclude(pk=first.pk).get()
    swapped = [ContactData("email", "b@example.com", pk=first.pk), ContactData("email", "a@example.com", pk=second.pk)]

    with pytest.raises(ValidationError, match="cannot change places"):
        services.update_customer(jane, by=None, contacts=swapped)


def test_one_default_address_of_each_kind():
    street = {"line1": "Weg 1", "city": "Berlin", "country": "de", "postal_code": "10115"}
    jane = services.create_customer(
        by=make_user(),
        name="Jane",
        addresses=[
            AddressData({**street, "kind": "shipping", "is_default": True}),
            AddressData({**street, "kind": "shipping", "line1": "Weg 2", "is_default": True}),
            AddressData({**street, "kind": "billing"}),
        ],
    )

    assert sorted(jane.addresses.filter(is_default=True).values_list("kind", "line1")) == [
        ("billing", "Weg 1"),
        ("shipping", "Weg 2"),
    ]
    assert set(jane.addresses.values_list("country", flat=True)) == {"DE"}


def test_consent_is_appended_and_never_changed():
    jane, by = make_customer(), make_user()
    services.record_consent(jane, channel="email", purpose="news", granted=True, source="phone call", by=by)
    services.record_consent(jane, channel="email", purpose="news", granted=False, source="letter", by=by)

    assert list(Consent.objects.values_list("granted", flat=True)) == [False, True]
    with pytest.raises(Exception, match="append-only"):
        Consent.objects.update(granted=True)


def test_archive_twice_is_refused():
    jane, by = make_customer(), make_user()
    services.archive_customer(jane, by=by)

    with pytest.raises(ValidationError, match="is Archived already"):
        services.archive_customer(jane, by=by)


def test_the_audit_says_that_a_note_was_kept_and_never_what_it_says():
    jane = make_customer("Jane Doe")
    services.add_note(jane, note="Calls on Mondays", by=make_user())

    event = AuditEvent.objects.get(verb="customer.noted")
    assert (event.subject, event.reason) == (jane.number, "")
    assert jane.notes.get().text == "Calls on Mondays"


def test_tags_are_kept_once():
    jane, by = make_customer(tags=["VIP"]), make_user()
    services.add_tags([jane], tags=["vip", "wholesale"], by=by)

    jane.refresh_from_db()
    assert jane.tags == ["VIP", "wholesale"]


def test_external_number_is_unique_whatever_its_case():
    make_customer(external_id="AB1")

    with pytest.raises(ValidationError, match="has this number already"):
        make_customer(external_id="ab1")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_the_same_customer():
    def find(_number):
        try:
            return services.find_or_create_by_email("Jane@Example.com", "Jane Doe").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(find, range(16)))

    assert len(found) == 1
    assert Customer.objects.count() == 1
    assert ContactPoint.objects.get().normalized == "jane@example.com"
