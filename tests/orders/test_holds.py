"""Orders on hold: nothing of them is picked, packed or shipped until everything that holds them is released."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from backoffice import verification
from backoffice.errors import IllegalTransition
from backoffice.models import AuditEvent
from inventory.services import Scanned
from orders import services
from orders.models import Fulfilment, Order, OrderHold
from tests.orders.builders import buyer, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


@pytest.fixture
def order():
    return make_order([("TEA", 2)], placed=True)


def hold(order, kind="fraud", by=None, reason="Two cards"):
    return services.hold(order, kind=kind, reason=reason, by=by)


def is_held(order):
    order.refresh_from_db()
    return order.on_hold


def test_several_holds_stand_at_once_and_each_is_released(order, clerk):
    fraud, address = hold(order, by=clerk), hold(order, "address", clerk, "No house number")
    assert is_held(order)
    services.release(fraud, by=clerk, reason="Called")
    assert is_held(order)
    services.release(address, by=clerk)
    fraud.refresh_from_db()
    assert (is_held(order), fraud.released_by, fraud.released_because) == (False, clerk, "Called")
    assert list(AuditEvent.objects.about(order).order_by("pk").values_list("verb", flat=True))[-4:] == [
        "order.held",
        "order.held",
        "order.released",
        "order.released",
    ]


def test_one_order_waits_for_a_thing_once(order):
    row = hold(order)
    with pytest.raises(ValidationError, match="on hold for this already"):
        hold(order)
    services.release(row, by=None)
    with pytest.raises(ValidationError, match="does not wait for this any more"):
        services.release(row, by=None)
    hold(order)
    assert OrderHold.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "reason", "refusal"), [("fraud", " ", "Say what the order waits for"), ("x", "y", "not a valid choice")]
)
def test_a_hold_has_a_kind_and_a_reason(order, kind, reason, refusal):
    with pytest.raises(ValidationError, match=refusal):
        hold(order, kind, reason=reason)
    assert not is_held(order)


def test_an_order_that_is_over_is_not_held(order):
    hold(order)
    services.cancel(order, by=None, reason="x")
    assert not is_held(order)
    assert not OrderHold.objects.standing().exists()
    with pytest.raises(IllegalTransition):
        hold(order)


def test_nothing_goes_on_while_a_hold_stands(order, clerk):
    packed = services.pack(parcel_of(order, TEA=1), by=None)
    pending = parcel_of(order)
    row = hold(order)
    for verb in (
        lambda: services.ship(packed, by=None),
        lambda: services.pack(pending, by=None),
        lambda: services.pack_scanned(pending, Scanned("TEA", 1, str(uuid4())), by=staff("owner")),
        lambda: parcel_of(order),
    ):
        with pytest.raises(services.OnHold, match=f"{order} is on hold. Suspicion of fraud: Two cards"):
            verb()
    services.cancel_fulfilment(pending, by=None)
    services.release(row, by=clerk)
    services.ship(packed, by=None)
    order.refresh_from_db()
    assert order.fulfilment_status == "partial"


def test_nobody_picks_an_order_on_hold(order):
    picker, place = staff("warehouse_manager"), warehouse()
    other = make_order([("TEA", 1)], placed=True)
    hold(order)
    assert list(services.pickable(place)) == [other]
    wave = services.start_picking(place, [order.pk, other.pk], by=picker)
    assert [parcel.order for parcel in wave.parcels.all()] == [other]


def test_a_hold_that_comes_while_somebody_picks_empties_the_box(order):
    picker, place = staff("warehouse_manager"), warehouse()
    wave = services.start_picking(place, by=picker)
    services.pick(wave, Scanned("TEA", 1, str(uuid4())), by=picker)
    row = hold(order)
    with pytest.raises(services.OnHold):
        services.pick(wave, Scanned("TEA", 1, str(uuid4())), by=picker)
    wave = services.finish_picking(wave, by=picker)
    parcel = Fulfilment.objects.get()
    assert (wave.status, parcel.wave, parcel.lines.get().picked) == ("canceled", None, 0)
    services.release(row, by=None)
    assert list(services.pickable(place)) == [order]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders_fulfilment SET status = 'packed' WHERE status = 'pending'",
        "UPDATE orders_fulfilment SET status = 'shipped' WHERE status = 'packed'",
        (
            "INSERT INTO orders_fulfilment (number, order_id, location_id, status, carrier, tracking_number, created_at)"
            " SELECT 'X', order_id, location_id, 'pending', '', '', now() FROM orders_fulfilment LIMIT 1"
        ),
    ],
)
def test_the_database_lets_no_parcel_of_it_go_on(order, statement):
    services.pack(parcel_of(order, TEA=1), by=None)
    parcel_of(order)
    hold(order)
    with pytest.raises(IntegrityError, match="its order is on hold"), transaction.atomic():
        run(statement)


def test_the_flag_follows_the_rows_whoever_writes_them(order):
    row = hold(order)
    run("UPDATE orders_orderhold SET released_at = now()")
    assert not is_held(order)
    run("UPDATE orders_orderhold SET released_at = NULL")
    assert is_held(order)
    row.delete()
    assert not is_held(order)


def test_verify_finds_and_mends_the_flag(order):
    run("UPDATE orders_order SET on_hold = true")
    [report] = verification.run(["order_holds"], repair=True)
    assert (report.mended, report.result.wrong, is_held(order)) == (1, 0, False)


def test_the_list_shows_what_is_on_hold(client, order):
    make_order([("TEA", 1)], placed=True)
    hold(order)
    client.force_login(staff("owner"))
    page = client.get("/orders/?on_hold=true")
    assert [row.object for row in page.context["rows"]] == [order]


def test_what_is_split_off_waits_too_and_nothing_that_waits_is_merged():
    customer = buyer()
    order = make_order([("TEA", 2)], placed=True, customer=customer)
    services.authorize(order, amount=Decimal(10), method="card", by=None)
    hold(order)
    new = services.split_order(order, quantities={order.lines.get().pk: 1}, by=None)
    assert (new.on_hold, new.authorized, new.holds.get().reason) == (True, 0, "Two cards")
    with pytest.raises(services.CannotMerge, match=f"{new} is on hold"):
        services.merge_orders(order, new, by=None)
    assert [report.name for report in verification.run(["order_holds", "order_payments"]) if report.result.wrong] == []


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_derived_statuses_are_proven_by_the_database(order):
    """Whoever writes them: the transaction does not end with a status that figures and lines do not say."""
    parcel_of(order, TEA=1, shipped=True)
    for statement, refusal in [
        ("UPDATE orders_order SET payment_status = 'paid'", "the payment status says paid, the amounts say none"),
        ("UPDATE orders_order SET total = 0", "says none, the amounts say paid"),
        (
            "UPDATE orders_order SET fulfilment_status = 'fulfilled'",
            "say fulfilled and none, the lines say partial and none",
        ),
        ("UPDATE orders_order SET return_status = 'returned'", "say partial and returned"),
        (
            "UPDATE orders_orderline SET fulfilled = 2, allocated = 0",
            "say partial and none, the lines say fulfilled and none",
        ),
        (
            (
                "INSERT INTO orders_return (number, order_id, status, reason, created_at)"
                " SELECT 'RT-1', id, 'approved', '', now() FROM orders_order"
            ),
            "the lines say partial and requested",
        ),
    ]:
        with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
            run(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")
    assert Order.objects.get().fulfilment_status == "partial"
