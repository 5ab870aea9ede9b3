"""Four eyes: who may decide, what happens then, and that it happens once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from backoffice import approvals
from backoffice.errors import IllegalTransition, NotAllowed
from backoffice.models import Approval, Notification
from catalog import services
from catalog.models import PriceChange, Variant
from tests.factories import make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(db):
    return make_user("catalog_editor", name="Erik Editor")


@pytest.fixture
def reviewer(db):
    return make_user("catalog_reviewer", name="Rita Reviewer")


def asked(editor, price=20):
    variant = make_variant("TEA")
    services.update_variant(variant, by=editor, price=Decimal(price))
    return Approval.objects.get()


def test_the_requester_and_strangers_do_not_decide(editor):
    approval = asked(editor)
    with pytest.raises(NotAllowed, match="You asked for this yourself; somebody else decides it"):
        approvals.approve(approval, by=editor)
    with pytest.raises(NotAllowed, match="You may not decide this"):
        approvals.reject(approval, by=make_user("order_clerk"), reason="x")


def test_the_database_knows_that_too(editor):
    approval = asked(editor)
    with pytest.raises(IntegrityError, match="approval_by_another"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(status="approved", decided_by=editor, decided_at=timezone.now())
    with pytest.raises(IntegrityError, match="approval_by_another"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(status="rejected", decided_at=timezone.now())


def test_a_decision_is_final_and_told(editor, reviewer):
    approval = asked(editor)
    approvals.reject(approval, by=reviewer, reason="Too dear")
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by, approval.decision) == ("rejected", reviewer, "Too dear")
    assert Notification.objects.get(user=editor).text == f"{approval} was rejected by Rita Reviewer: TEA"
    with pytest.raises(IllegalTransition):
        approvals.approve(approval, by=reviewer)
    with pytest.raises(IntegrityError, match="cannot become approved"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(status="approved")
    assert Variant.objects.get().price == 10


def test_a_rejection_says_why(editor, reviewer):
    with pytest.raises(ValidationError, match="Say why"):
        approvals.reject(asked(editor), by=reviewer, reason=" ")


def test_only_the_requester_withdraws(editor, reviewer):
    approval = asked(editor)
    with pytest.raises(NotAllowed, match="Only Erik Editor can withdraw this proposal"):
        approvals.withdraw(approval, by=reviewer)
    assert approvals.withdraw(approval, by=editor).status == "withdrawn"


def test_what_nobody_decides_runs_out(editor, reviewer):
    approval = asked(editor)
    later = approval.expires_at + timedelta(minutes=1)
    Approval.objects.filter(pk=approval.pk).update(expires_at=timezone.now())
    with pytest.raises(ValidationError, match="has run out"):
        approvals.approve(approval, by=reviewer)
    assert (approvals.expire_due(later), approvals.expire_due(later)) == (1, 0)
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by) == ("expired", None)


def test_people_see_their_own_and_what_they_may_decide(editor, reviewer):
    approval = asked(editor)
    other = make_user("catalog_editor")
    seen = {user: list(Approval.objects.visible_to(user)) for user in (editor, reviewer, other, make_user("auditor"))}
    assert [bool(found) for found in seen.values()] == [True, True, False, True]
    assert list(Approval.objects.all().for_decision(reviewer)) == [approval]
    assert list(Approval.objects.all().for_decision(editor)) == []


def test_the_pages_decide(client, editor, reviewer):
    approval = asked(editor)
    client.force_login(editor)
    assert [row.object for row in client.get("/approvals/?mine=true").context["rows"]] == [approval]
    assert client.get("/approvals/?for_me=true").context["rows"] == []
    answer = client.post(f"/approvals/{approval}/approve/", {})
    assert "You asked for this yourself" in answer.content.decode()
    client.force_login(reviewer)
    assert "Approvals waiting for me" in client.get("/").content.decode()
    page = client.get(approval.get_absolute_url()).content.decode()
    assert "€10.00" in page
    assert "€20.00" in page
    answer = client.post(f"/approvals/{approval}/reject/", {"reason": ""})
    assert answer.status_code == 422
    client.post(f"/approvals/{approval}/approve/", {"reason": "Yes"})
    assert Variant.objects.get().price == 20


def at_once(work, clients=6):
    barrier = threading.Barrier(clients)

    def run(number):
        try:
            barrier.wait(timeout=30)
            return work(number)
        except ValidationError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


@pytest.mark.django_db(transaction=True)
def test_it_is_carried_out_once_whoever_clicks_at_once(editor, reviewer):
    approval = asked(editor)
    results = at_once(lambda number: approvals.approve(approval, by=reviewer))
    assert sum(isinstance(result, Approval) for result in results) == 1
    assert Variant.history.rel.related_model.objects.filter(pgh_label="update").count() == 1


@pytest.mark.django_db(transaction=True)
def test_planned_prices_are_made_once_by_many_workers(editor):
    when = timezone.now() + timedelta(hours=1)
    for number in range(10):
        services.schedule(make_variant(f"T{number}"), by=editor, price=Decimal(9), due_at=when)
    results = at_once(lambda number: services.apply_due(when))
    assert sum(results) == 10
    assert Variant.history.rel.related_model.objects.filter(pgh_label="update").count() == 10
    assert set(PriceChange.objects.values_list("status", flat=True)) == {"applied"}
