"""Money that was promised: captured in parts, voided, never more than was authorized."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from backoffice import verification
from backoffice.errors import IllegalTransition
from orders import services
from orders.models import Authorization, AuthorizationVoid, Payment
from tests.orders.builders import make_order, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


@pytest.fixture
def order(clerk):
    """Placed, 20.00."""
    return make_order([("TEA", 2)], placed=True)


def authorize(order, amount, by=None, **more):
    return services.authorize(order, amount=Decimal(amount), method="card", reference="A-1", by=by, **more)


def state(order):
    order.refresh_from_db()
    return order.payment_status, order.paid, order.authorized, order.voided


def test_an_authorization_is_captured_in_parts(order, clerk):
    authorization = authorize(order, "20", clerk)
    assert state(order) == ("authorized", 0, 20, 0)

    first = services.capture(authorization, amount=Decimal("7.50"), by=clerk)
    assert state(order) == ("partially_paid", Decimal("7.50"), Decimal("12.50"), 0)
    assert (first.method, first.reference, first.authorization) == ("card", "A-1", authorization)

    services.capture(authorization, by=clerk, reference="C-2")
    assert state(order) == ("paid", 20, 0, 0)
    authorization.refresh_from_db()
    assert (authorization.captured, authorization.left) == (20, 0)


def test_no_more_is_captured_than_was_authorized(order, clerk):
    authorization = authorize(order, "20")
    services.capture(authorization, amount=Decimal(15), by=clerk)
    sentence = r"€20.00 was authorized, €15.00 captured and €0.00 voided: €5.00 can be captured."
    with pytest.raises(services.CaptureTooHigh, match=sentence):
        services.capture(authorization, amount=Decimal("5.01"), by=clerk)
    assert Payment.objects.count() == 1


def test_what_is_left_is_voided(order, clerk):
    authorization = authorize(order, "20")
    services.capture(authorization, amount=Decimal(5), by=clerk)
    row = services.void(authorization, by=clerk, reason="Out of stock")
    assert (row.amount, row.by) == (15, clerk)
    assert state(order) == ("partially_paid", 5, 0, 15)
    with pytest.raises(services.CaptureTooHigh):
        services.void(authorization, by=clerk)
    with pytest.raises(services.CaptureTooHigh):
        services.capture(authorization, by=clerk)


def test_an_order_whose_only_authorization_was_voided_says_so(order):
    services.void(authorize(order, "20"), by=None)
    assert state(order) == ("voided", 0, 0, 20)
    authorize(order, "20")
    assert state(order)[0] == "authorized"


def test_keys_make_each_entry_once(order, clerk):
    authorization = authorize(order, "20", key="a")
    assert authorize(order, "20", key="a") == authorization
    first = services.capture(authorization, amount=Decimal(5), by=clerk, key="c")
    assert services.capture(authorization, amount=Decimal(5), by=clerk, key="c") == first
    gone = services.void(authorization, by=clerk, key="v")
    assert services.void(authorization, by=clerk, key="v") == gone
    for again in (
        lambda: authorize(order, "19", key="a"),
        lambda: services.capture(authorization, amount=Decimal(4), by=clerk, key="c"),
        lambda: services.record_payment(order, amount=Decimal(5), method="card", by=clerk, key="c"),
    ):
        with pytest.raises(services.KeyReused):
            again()
    assert (Authorization.objects.count(), Payment.objects.count(), AuthorizationVoid.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_amounts_are_money(order, amount):
    with pytest.raises(ValidationError):
        authorize(order, amount)
    authorization = authorize(order, "20")
    with pytest.raises(ValidationError):
        services.capture(authorization, amount=Decimal(amount), by=None)
    assert Payment.objects.count() == 0


def test_a_canceled_order_takes_nothing_but_gives_the_authorization_up(order, clerk):
    authorization = authorize(order, "20")
    services.cancel(order, by=clerk, reason="x")
    for verb in (lambda: authorize(order, "1"), lambda: services.capture(authorization, by=clerk)):
        with pytest.raises(IllegalTransition):
            verb()
    services.void(authorization, by=clerk)
    assert state(order)[0] == "voided"


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        (
            (
                "INSERT INTO orders_payment (order_id, authorization_id, amount, method, reference, at)"
                " SELECT order_id, id, 21, 'card', '', now() FROM orders_authorization"
            ),
            "order_promises_not_negative",
        ),
        (
            (
                "INSERT INTO orders_payment (order_id, authorization_id, amount, method, reference, at)"
                " SELECT (SELECT max(id) FROM orders_order), id, 5, 'card', '', now() FROM orders_authorization"
            ),
            "order_promises_not_negative",
        ),
        (
            (
                "INSERT INTO orders_authorizationvoid (authorization_id, amount, reason, at)"
                " SELECT id, 21, '', now() FROM orders_authorization"
            ),
            "order_promises_not_negative",
        ),
        ("UPDATE orders_authorization SET captured = 0, amount = 30", "append-only"),
        ("DELETE FROM orders_authorization", "append-only"),
        ("DELETE FROM orders_authorizationvoid", "append-only"),
    ],
)
def test_the_database_keeps_captures_within_authorizations(order, statement, refusal):
    services.void(authorize(order, "1"), by=None)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_payment")
    authorize(order, "20")
    make_order([("TEA", 1)], placed=True)
    with pytest.raises(IntegrityError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_two_authorizations_are_kept_apart_by_the_database(order):
    first, _second = authorize(order, "5"), authorize(order, "15")
    with pytest.raises(IntegrityError, match="authorization_captured_within"), transaction.atomic():
        Payment.objects.create(order=order, authorization=first, amount=6, method="card")


def test_an_authorization_pays_no_other_order(order):
    other = make_order([("TEA", 1)], placed=True)
    authorize(other, "10")
    with pytest.raises(IntegrityError, match="pays no other order"), transaction.atomic():
        Payment.objects.create(order=other, authorization=authorize(order, "20"), amount=5, method="card")


def test_verify_finds_entries_that_do_not_agree(order):
    services.record_payment(order, amount=Decimal(20), method="card", by=None)
    services.grant_refund(order, amount=Decimal(5), method="card", reason="x", by=None)
    authorize(order, "20")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_refundgrant SET status = 'executed'; SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE orders_authorization DISABLE TRIGGER USER; UPDATE orders_authorization SET captured = 3"
        )
    reports = {report.name: report.result.examples for report in verification.run(["authorizations", "refund_grants"])}
    assert reports == {
        "authorizations": [f"{order}: captured 3.000, rows say 0"],
        "refund_grants": [f"{order}: executed True, rows say False"],
    }


@pytest.mark.parametrize("column", ["authorized", "voided", "refund_granted"])
def test_verify_finds_and_mends_what_the_rows_do_not_say(order, column):
    authorization = authorize(order, "20")
    services.capture(authorization, by=None)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE orders_order SET {column} = 3")
    [report] = verification.run(["order_payments"])
    assert (report.result.wrong, report.result.examples[0].startswith(order.number)) == (1, True)
    list(verification.run(["order_payments"], repair=True))
    [report] = verification.run(["order_payments"])
    assert report.result.wrong == 0
