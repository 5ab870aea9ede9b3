"""Orders that undo deleted come again under their numbers; what cannot come whole does not come and is named."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRun
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, Refund
from tests.backoffice.test_import_tables import bring
from tests.factories import make_location, make_variant

HEADER = "Name,Financial Status,Fulfillment Status,Total,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n"
SHIPPED = HEADER + "#1,pending,fulfilled,40,2,Pot,20,POT\n"
OPEN = HEADER + "#3,pending,,20,1,Pot,20,POT\n#3,,,,1,Cup,0,CUP\n"
PAID = HEADER + "#2,paid,fulfilled,20,1,Pot,20,POT\n"


@pytest.fixture
def pot(db):
    make_location("MAIN")
    return make_variant("POT")


def run_of(tmp_path, text):
    return ImportRun.objects.get(number=bring(tmp_path, "orders", text)["run"])


def everything():
    facts = ("number", "source", "source_number", "status", "total", "payment_status", "fulfilment_status", "placed_at")
    lines = OrderLine.objects.order_by("order__number", "position")
    return (
        list(Order.objects.order_by("number").values_list(*facts)),
        list(lines.values_list("order__number", "sku", "quantity", "unit_price", "gross", "fulfilled", "variant")),
        list(Fulfilment.objects.values_list("number", "status", "shipped_at")),
        list(FulfilmentLine.objects.values_list("fulfilment__number", "quantity")),
    )


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


@pytest.mark.parametrize("text", [SHIPPED, OPEN])
def test_what_was_deleted_comes_again_as_it_was(tmp_path, pot, text):
    run = run_of(tmp_path, text)
    before = everything()
    for _turn in range(2):
        assert undoing.undo(run, by=None).deleted == 1
        assert Order.objects.count() == 0
        done = undoing.redo(run, by=None)
        assert (done.created, done.kept) == (1, [])
        assert everything() == before
    assert_verified()


def test_a_number_that_is_taken_by_now_stays_with_who_has_it(tmp_path, pot):
    run = run_of(tmp_path, SHIPPED + OPEN.removeprefix(HEADER))
    number = Order.objects.get(source_number="#1").number
    undoing.undo(run, by=None)
    other = run_of(tmp_path, SHIPPED)
    theirs = Order.objects.get()
    done = undoing.redo(run, by=None)
    assert (done.created, [row["reason"] for row in done.kept]) == (
        1, [f"{number} (#1): another order has its number by now, or what it refers to is gone"],
    )  # fmt: skip
    assert Order.objects.get(source_number="#1") == theirs
    assert (OrderLine.objects.count(), Fulfilment.objects.get().order, other.status) == (3, theirs, "applied")
    assert_verified()


def test_an_order_whose_variant_is_gone_does_not_come_without_its_line(tmp_path, pot):
    run = run_of(tmp_path, OPEN)
    undoing.undo(run, by=None)
    pot.delete()
    done = undoing.redo(run, by=None)
    assert (done.created, done.kept_count, Order.objects.count(), OrderLine.objects.count()) == (0, 1, 0, 0)


def test_payments_that_were_given_back_stay_given_back(tmp_path, pot):
    run = run_of(tmp_path, PAID)
    undoing.undo(run, by=None)
    done = undoing.redo(run, by=None)
    assert (done.created, [row["reason"] for row in done.kept]) == (
        0,
        ["its payments were given back; import the file anew"],
    )
    again = undoing.undo(run, by=None)
    assert (again.deleted, again.kept_count, Refund.objects.count()) == (0, 0, 1)
    assert Order.objects.get().source_number == f"#2 ({run.number})"
    assert_verified()


@pytest.mark.django_db(transaction=True)
def test_redo_of_two_people_at_once_makes_the_order_once(tmp_path):
    make_location("MAIN")
    make_variant("POT")
    run = run_of(tmp_path, SHIPPED)
    undoing.undo(run, by=None)

    def redo(_turn):
        try:
            return undoing.redo(ImportRun.objects.get(pk=run.pk), by=None).created
        except ValidationError:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(redo, range(4))) == [0, 0, 0, 1]
    assert (Order.objects.count(), OrderLine.objects.count(), Fulfilment.objects.count()) == (1, 1, 1)
