"""Refunds: granted, executed or failed; above the limit by two people."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from backoffice import approvals
from backoffice.errors import IllegalTransition, NotAllowed
from backoffice.models import Approval, ApprovalThreshold
from orders import services
from orders.models import Refund, RefundGrant
from tests.orders.builders import article, buyer, make_order, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


@pytest.fixture
def lead():
    return staff("order_lead")


@pytest.fixture
def order(clerk):
    """Placed and paid, 20.00."""
    order = make_order([("TEA", 2)], placed=True, customer=buyer(email="ada@example.com"))
    services.record_payment(order, amount=Decimal(20), method="card", by=clerk)
    return order


@pytest.fixture
def limit():
    ApprovalThreshold.objects.create(kind="orders.refund", limit=8)


def grant(order, amount, by=None, **more):
    return services.grant_refund(order, amount=Decimal(amount), method="card", reason="Chipped", by=by, **more)


def state(order):
    order.refresh_from_db()
    return order.payment_status, order.refunded, order.refund_granted


def test_what_is_granted_has_not_left_yet(order, clerk, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as waiting:
        row = grant(order, "5", clerk)
    assert (row.status, state(order), waiting) == ("granted", ("paid", 0, 5), [])
    assert not Refund.objects.exists()

    with django_capture_on_commit_callbacks() as waiting:
        refund = services.execute_refund(row, by=clerk, reference="T-9")
    row.refresh_from_db()
    assert (row.status, row.ended_by, row.refund) == ("executed", clerk, refund)
    assert (refund.amount, refund.reference, refund.reason) == (5, "T-9", "Chipped")
    assert state(order) == ("partially_refunded", 5, 0)
    assert len(waiting) == 1  # the customer's mail


def test_a_refund_that_failed_may_be_granted_anew(order, clerk):
    row = grant(order, "20", clerk)
    with pytest.raises(
        services.RefundTooHigh, match=r"€20.00 was paid, €0.00 refunded and €20.00 granted: at most €0.00"
    ):
        grant(order, "0.01", clerk)
    with pytest.raises(ValidationError, match="Say why"):
        services.fail_refund(row, by=clerk, reason=" ")
    services.fail_refund(row, by=clerk, reason="The card is closed")
    row.refresh_from_db()
    assert (row.status, row.failure, state(order)) == ("failed", "The card is closed", ("paid", 0, 0))
    with pytest.raises(IllegalTransition):
        services.execute_refund(row, by=clerk)
    grant(order, "20", clerk)


def test_a_refund_that_has_left_already_is_granted_and_executed_at_once(order, clerk):
    refund = services.refund(order, amount=Decimal(5), method="cash", reason="x", by=clerk, key="k")
    assert services.refund(order, amount=Decimal(5), method="cash", reason="x", by=clerk, key="k") == refund
    assert refund.grant.status == "executed"
    assert state(order) == ("partially_refunded", 5, 0)


def test_a_key_grants_once(order, clerk):
    row = grant(order, "5", clerk, key="g")
    assert grant(order, "5", clerk, key="g") == row
    with pytest.raises(services.KeyReused):
        grant(order, "6", clerk, key="g")
    assert RefundGrant.objects.count() == 1


def test_money_that_is_granted_is_not_carried_over(order):
    other = make_order([("TEA", 1)], placed=True)
    grant(order, "15")
    with pytest.raises(services.RefundTooHigh):
        services.carry_over(order, other, amount=Decimal(6), by=None, reason="x")
    services.carry_over(order, other, amount=Decimal(5), by=None, reason="x")
    assert state(order) == ("partially_refunded", 5, 15)


# --- Above the limit ----------------------------------------------------------------------------


def test_above_the_limit_another_person_grants(order, clerk, lead, limit):
    row = grant(order, "9", clerk)
    assert (row.status, row.approval.requested_by, state(order)) == ("asked", clerk, ("paid", 0, 0))
    with pytest.raises(IllegalTransition):
        services.execute_refund(row, by=lead)

    approvals.approve(row.approval, by=lead)

    row.refresh_from_db()
    assert (row.status, row.granted_by, state(order)) == ("granted", lead, ("paid", 0, 9))


def test_nobody_grants_what_they_asked_for(order, lead, limit):
    """Not even who approves the refunds of others."""
    row = grant(order, "9", lead)
    assert row.status == "asked"
    with pytest.raises(NotAllowed):
        approvals.approve(row.approval, by=lead)
    with pytest.raises(IntegrityError, match="refund_grant_by_another"), transaction.atomic():
        RefundGrant.objects.update(status="granted", granted_by=lead, granted_at=row.asked_at)


def test_a_clerk_approves_nothing(order, clerk, lead, limit):
    with pytest.raises(NotAllowed):
        approvals.approve(grant(order, "9", lead).approval, by=clerk)


def test_a_refund_in_two_halves_is_above_the_limit_too(order, clerk, lead, limit):
    services.refund(order, amount=Decimal(5), method="cash", reason="x", by=clerk)
    with pytest.raises(services.NeedsSecondPerson, match=r"Above €8.00 in all, a second person has to approve"):
        services.refund(order, amount=Decimal("3.01"), method="cash", reason="x", by=lead)
    assert state(order) == ("partially_refunded", 5, 0)
    approvals.approve(grant(order, "10", clerk).approval, by=lead)
    services.refund(order, amount=Decimal(3), method="cash", reason="x", by=clerk)  # what was approved does not count
    assert state(order) == ("partially_refunded", 8, 10)


def test_an_approval_comes_too_late_when_the_money_is_gone(order, clerk, lead, limit):
    row = grant(order, "15", clerk)
    services.refund(order, amount=Decimal(8), method="cash", reason="x", by=clerk)
    with pytest.raises(services.RefundTooHigh, match=r"at most €12.00"):
        approvals.approve(row.approval, by=lead)
    row.approval.refresh_from_db()
    assert (row.approval.status, state(order)) == ("waiting", ("partially_refunded", 8, 0))


@pytest.mark.parametrize("end", ["reject", "withdraw"])
def test_what_is_not_approved_is_over(order, clerk, lead, limit, end):
    row = grant(order, "9", clerk)
    if end == "reject":
        approvals.reject(row.approval, by=lead, reason="Not ours to pay")
    else:
        approvals.withdraw(row.approval, by=clerk)
    row.refresh_from_db()
    assert (row.status, state(order)) == ("refused", ("paid", 0, 0))


def test_two_proposals_for_one_order_stand_side_by_side(order, clerk, limit):
    grant(order, "9", clerk)
    grant(order, "10", clerk)
    assert Approval.objects.waiting().count() == 2


def test_money_carried_over_needs_nobody(order, clerk, limit):
    other = make_order([("TEA", 1)], placed=True)
    services.carry_over(order, other, amount=Decimal(20), by=clerk, reason="x")
    assert state(order) == ("refunded", 20, 0)


# --- The database -------------------------------------------------------------------------------


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_what_the_service_would(order):
    row = grant(order, "5")
    for statement, refusal in [
        ("UPDATE orders_refundgrant SET status = 'asked', granted_at = NULL", "cannot become asked"),
        ("UPDATE orders_refundgrant SET amount = 6", "stays as it was asked for"),
        ("DELETE FROM orders_refundgrant", "stays as it was asked for"),
        ("UPDATE orders_order SET refund_granted = 21", "order_refund_within_paid"),
    ]:
        with pytest.raises(IntegrityError, match=refusal):
            run(statement)
    with pytest.raises(IntegrityError, match="the order and the amount that were granted"), transaction.atomic():
        Refund.objects.create(order=order, grant=row, amount=6, method="card", reason="x")
    Refund.objects.create(order=order, grant=row, amount=5, method="card", reason="x")
    run("UPDATE orders_order SET payment_status = 'partially_refunded'")
    with pytest.raises(IntegrityError, match="grant_id"), transaction.atomic():
        Refund.objects.create(order=order, grant=row, amount=5, method="card", reason="x")


def test_a_refund_in_yen_and_in_dinar(clerk):
    article("TEA", on_hand=9)
    yen = make_order([("TEA", 1)], placed=True, currency="JPY")
    services.record_payment(yen, amount=Decimal(10), method="card", by=clerk)
    with pytest.raises(ValidationError, match=r"JPY has no amount of 0.5"):
        grant(yen, "0.5")
    dinar = make_order([("TEA", 1)], placed=True, currency="KWD")
    services.record_payment(dinar, amount=Decimal("10.000"), method="card", by=clerk)
    services.execute_refund(grant(dinar, "0.125"), by=clerk)
    assert state(dinar) == ("partially_refunded", Decimal("0.125"), 0)
