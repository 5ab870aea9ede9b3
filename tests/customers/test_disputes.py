"""Claims against owners: who may say and decide what, when, and what comes of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.errors import IllegalTransition
from customers import services
from customers.models import OwnershipDispute
from customers.services import ownership
from customers.services.ownership import Disputed
from tests.customers.conftest import free
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Who owns, who claims, and two who decide."""
    return [
        make_user("support_agent"),
        make_user("support_agent"),
        make_user("support_lead"),
        make_user("support_lead"),
    ]


@pytest.fixture
def customer(people):
    return make_customer(owner=people[0])


def owner_of(customer):
    customer.refresh_from_db()
    return customer.owner


def test_a_dispute_from_the_claim_to_the_last_word(customer, people):
    anna, ben, lea, kim = people
    dispute = ownership.open_dispute(customer, claim="I called first", by=ben)
    assert anna.notifications.latest("pk").text.startswith(f"{ben} claims your customer {customer.number}.")

    ownership.answer(dispute, answer="I wrote first", by=anna)
    assert lea.notifications.latest("pk").text == f"{dispute.number} was answered and waits for a decision."
    ownership.decide(dispute, winner="claimant", decision="The call is on record", by=lea)
    assert owner_of(customer) == ben
    ownership.appeal(dispute, appeal="The letter is older", by=anna)
    ownership.decide_appeal(dispute, winner="holder", decision="It is", by=kim)

    dispute.refresh_from_db()
    assert (dispute.status, dispute.winner, dispute.final_winner) == ("closed", "claimant", "holder")
    assert owner_of(customer) == anna
    assert [(p.user, p.source, p.reason) for p in customer.periods.order_by("began_at", "pk")] == [
        (anna, "given", ""), (ben, "decided", dispute.number), (anna, "appealed", dispute.number),
    ]  # fmt: skip
    assert customer.periods.first().is_protected


def test_a_dispute_keeps_the_customer_where_it_is(customer, people):
    _anna, ben, lea, _kim = people
    dispute = ownership.open_dispute(customer, claim="Mine", by=ben)

    with pytest.raises(Disputed, match=f"{customer.number} is disputed"):
        services.transfer([customer], lea, by=lea)
    with pytest.raises(ValidationError, match="That is decided first"):
        services.merge_customers(make_customer("Other", email="o@x.example"), customer, by=lea)
    with pytest.raises(ValidationError, match="waits already"):
        ownership.open_dispute(customer, claim="Mine too", by=lea)

    ownership.withdraw(dispute, by=ben)
    services.transfer([customer], lea, by=lea)
    assert owner_of(customer) == lea


def test_only_a_third_person_decides_and_another_the_appeal(customer, people):
    anna, ben, lea, _kim = people
    dispute = ownership.open_dispute(customer, claim="Mine", by=ben)
    with pytest.raises(ValidationError, match="The owner may answer until"):
        ownership.decide(dispute, winner="holder", decision="No", by=lea)
    ownership.answer(dispute, answer="No", by=anna)
    for party in (anna, ben):
        with pytest.raises(ValidationError, match="A third person decides"):
            ownership.decide(dispute, winner="holder", decision="No", by=party)
    dispute = ownership.decide(dispute, winner="holder", decision="No", by=lea)
    with pytest.raises(ValidationError, match="Who lost may appeal"):
        ownership.appeal(dispute, appeal="But", by=anna)
    ownership.appeal(dispute, appeal="But", by=ben)
    with pytest.raises(ValidationError, match="Somebody else decides an appeal"):
        ownership.decide_appeal(dispute, winner="holder", decision="No", by=lea)

    for fields, name in (
        ({"final_by": lea}, "dispute_appeal_by_another"),
        ({"decided_by": anna}, "decided_by_a_third"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            OwnershipDispute.objects.update(**fields)
    with pytest.raises(IntegrityError, match="cannot become open"), transaction.atomic():
        OwnershipDispute.objects.update(status="open")


def test_silence_is_decided_without_an_answer(customer, people):
    anna, ben, lea, _kim = people
    dispute = ownership.open_dispute(customer, claim="Mine", by=ben)
    assert OwnershipDispute.objects.to_decide().count() == 0
    OwnershipDispute.objects.update(answer_due_at=timezone.now())

    assert OwnershipDispute.objects.to_decide().count() == 1
    ownership.decide(dispute, winner="claimant", decision="Nobody answered", by=lea)

    assert owner_of(customer) == ben
    with pytest.raises(IllegalTransition):
        ownership.answer(dispute, answer="Late", by=anna)
    OwnershipDispute.objects.update(appeal_until=timezone.now() - timedelta(minutes=1))
    with pytest.raises(ValidationError, match="The time to appeal is over"):
        ownership.appeal(dispute, appeal="Late", by=anna)
    assert (ownership.close_decided(), ownership.close_decided()) == (1, 0)


def test_who_just_claimed_is_protected(people):
    anna, ben, _lea, _kim = people
    customer = make_customer()
    with pytest.raises(ValidationError, match="has no owner"):
        ownership.open_dispute(customer, claim="Mine", by=ben)
    services.claim(customer, by=anna)
    with pytest.raises(ValidationError, match="is protected until"):
        ownership.open_dispute(customer, claim="Mine", by=ben)


def test_pages_offer_what_is_next(client, customer, people):
    anna, ben, lea, _kim = people
    client.force_login(ben)
    files = [SimpleUploadedFile("mail.txt", b"Dear Ben"), SimpleUploadedFile("run.exe", b"MZ\x90")]
    page = client.post(f"/customers/{customer.number}/dispute/", {"claim": "I called first", "files": files})
    assert page.headers["Location"] == f"/customers/{customer.number}/"
    dispute = OwnershipDispute.objects.get()
    page = client.get(dispute.get_absolute_url()).content.decode()
    assert "I called first" in page
    assert f"/disputes/{dispute.number}/withdraw/" in page
    assert f"/disputes/{dispute.number}/answer/" not in page

    safe, unsafe = dispute.evidence.all()
    response = client.get(f"/disputes/{dispute.number}/files/{safe.pk}/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="mail.txt"'
    free(response)
    assert client.get(f"/disputes/{dispute.number}/files/{unsafe.pk}/").status_code == 403

    client.force_login(anna)
    assert client.post(f"/disputes/{dispute.number}/answer/", {"answer": "No"}).status_code == 302
    client.force_login(lea)
    decision = {"winner": "claimant", "decision": "Yes"}
    assert client.post(f"/disputes/{dispute.number}/decide/", decision).status_code == 302
    assert owner_of(customer) == ben
    client.force_login(anna)
    assert f"/disputes/{dispute.number}/appeal/" in client.get(dispute.get_absolute_url()).content.decode()


def test_the_former_addresses_lead_on(client, lead):
    assert client.get("/customers/disputes/?waits=me").headers["Location"] == "/disputes/?waits=me"
    assert client.get("/customers/duplicates/7/").headers["Location"] == "/duplicates/7/"
