"""Prices beyond the limit become proposals; planned prices take effect at the minute, once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import approvals, history
from backoffice.models import Approval, ApprovalThreshold
from catalog import services
from catalog.models import PriceChange, Variant
from catalog.services import upsert_prices, upsert_products
from tests.factories import make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(db):
    return make_user("catalog_reviewer")


def price_of(sku="TEA"):
    return Variant.objects.values_list("price", "compare_at").get(sku=sku)


# --- Proposals -----------------------------------------------------------------------------------


def test_a_large_step_waits_and_all_else_is_saved(editor, reviewer):
    tea = make_variant("TEA")
    services.update_variant(tea, by=editor, price=Decimal(20), compare_at=Decimal(25), barcode="4006381333931")
    tea.refresh_from_db()
    assert (tea.price, tea.compare_at, tea.barcode) == (10, None, "4006381333931")
    approval = Approval.objects.get()
    assert (approval.subject, approval.payload) == (
        "TEA",
        {"old": {"price": "10.000", "compare_at": None}, "new": {"price": "20", "compare_at": "25"}},
    )
    approvals.approve(approval, by=reviewer, reason="Fine")
    assert price_of() == (20, 25)
    entry = history.entries(tea)[0]
    assert entry.reason == ""  # outside a request there is no context to say why in


def test_small_steps_first_prices_and_those_who_approve_are_free(editor, reviewer):
    tea, new = make_variant("TEA"), make_variant("NEW", price=0)
    services.update_variant(tea, by=editor, price=Decimal(13))
    services.update_variant(new, by=editor, price=Decimal(500))
    services.update_variant(tea, by=make_user("owner"), price=Decimal(99))
    assert (price_of(), price_of("NEW"), Approval.objects.count()) == ((99, None), (500, None), 0)


def test_the_limit_is_a_row_of_the_set_up(editor):
    ApprovalThreshold.objects.update_or_create(kind="catalog.price", defaults={"limit": 5})
    services.update_variant(make_variant("TEA"), by=editor, price=Decimal("10.60"))
    assert (price_of(), Approval.objects.count()) == ((10, None), 1)


def test_a_newer_proposal_takes_the_place_of_ones_own(editor, reviewer):
    tea = make_variant("TEA")
    for price in (20, 30):
        services.update_variant(tea, by=editor, price=Decimal(price))
    assert [(a.status, a.payload["new"]["price"]) for a in Approval.objects.order_by("pk")] == [
        ("withdrawn", "20"),
        ("waiting", "30"),
    ]


def test_a_proposal_does_not_overwrite_what_came_in_between(editor, reviewer):
    tea = make_variant("TEA")
    services.update_variant(tea, by=editor, price=Decimal(20))
    services.update_variant(tea, by=editor, price=Decimal(11))
    approval = Approval.objects.get()
    with pytest.raises(ValidationError, match=r"The price of TEA is €11.00 by now and was €10.00"):
        approvals.approve(approval, by=reviewer)
    approval.refresh_from_db()
    assert (approval.status, price_of()) == ("waiting", (11, None))


@pytest.mark.parametrize(
    ("service", "columns"), [(upsert_prices, ["sku", "price"]), (upsert_products, ["sku", "is_variant", "price"])]
)
def test_files_refuse_rows_beyond_the_limit(editor, service, columns):
    make_variant("TEA")
    make_variant("CUP")
    values = {"is_variant": True}
    rows = [
        (number, None, *(values.get(name, {"sku": sku, "price": price}.get(name)) for name in columns))
        for number, (sku, price) in enumerate([("TEA", Decimal(20)), ("CUP", Decimal(12))], start=2)
    ]
    outcome = service(rows, columns=columns, by=editor, partial=True)
    assert [(p["row"], p["column"], p["message"]) for p in outcome.problems] == [
        (2, "price", "The price moves by more than 30 percent; somebody who approves prices has to bring it in.")
    ]
    assert (price_of(), price_of("CUP")) == ((10, None), (12, None))
    assert service(rows, columns=columns, by=make_user("owner")).changed == 1
    assert price_of() == (20, None)


# --- Planned prices ------------------------------------------------------------------------------


def soon(hours=1):
    return (timezone.now() + timedelta(hours=hours)).replace(second=0, microsecond=0)


def test_a_planned_price_takes_effect_and_the_old_one_comes_back(owner):
    tea = make_variant("TEA", compare_at=Decimal(12))
    services.schedule(tea, by=owner, price=Decimal(8), compare_at=Decimal(10), due_at=soon(1), until=soon(2))
    assert (services.apply_due(), price_of()) == (0, (10, 12))
    assert (services.apply_due(soon(1)), price_of()) == (1, (8, 10))
    assert (services.apply_due(soon(1)), price_of()) == (0, (8, 10))
    assert (services.apply_due(soon(2)), price_of()) == (1, (10, 12))
    first, back = PriceChange.objects.order_by("pk")
    assert (first.status, first.old_price, back.status, back.why) == ("applied", 10, "applied", "")


def test_the_price_does_not_come_back_where_somebody_changed_it(owner):
    tea = make_variant("TEA")
    services.schedule(tea, by=owner, price=Decimal(8), due_at=soon(1), until=soon(2))
    services.apply_due(soon(1))
    services.update_variant(tea, by=owner, price=Decimal(7))
    services.apply_due(soon(2))
    back = PriceChange.objects.exclude(back_of=None).get()
    assert (price_of(), back.status) == ((7, None), "failed")
    assert back.get_why_display() == "Somebody changed the price in between; it stays as it is."


def test_what_is_overdue_is_made_in_its_order(owner):
    tea = make_variant("TEA")
    services.schedule(tea, by=owner, price=Decimal(9), due_at=soon(2))
    services.schedule(tea, by=owner, price=Decimal(11), due_at=soon(1))
    assert services.apply_due(soon(3)) == 2
    assert price_of() == (9, None)
    assert list(PriceChange.objects.order_by("due_at").values_list("old_price", flat=True)) == [10, 11]


def test_canceling_takes_the_way_back_along(owner):
    tea = make_variant("TEA")
    change = services.schedule(tea, by=owner, price=Decimal(8), due_at=soon(1), until=soon(2))
    assert len(services.cancel([change], by=owner)) == 2
    assert (services.apply_due(soon(3)), price_of()) == (0, (10, None))
    with pytest.raises(ValidationError, match="is Canceled and cannot become Canceled"):
        services.cancel([change], by=owner)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"due_at": timezone.now() - timedelta(days=1)}, "due_at", "This time is over already."),
        ({"until": soon(0)}, "until", "The price comes back after it has changed: choose a later time."),
        ({"price": Decimal(0)}, "price", "A scheduled price is above zero."),
        ({"price": Decimal(-1)}, "price", "Prices cannot be negative."),
        ({"price": Decimal("1.005")}, "price", "1.005 is not possible: EUR has 2 decimals."),
    ],
)
def test_a_wrong_plan_is_refused_at_its_field(owner, fields, field, sentence):
    tea = make_variant("TEA")
    with pytest.raises(ValidationError) as refusal:
        services.schedule(tea, by=owner, **{"price": Decimal(8), "due_at": soon(), **fields})
    assert refusal.value.message_dict == {field: [sentence]}


def test_two_plans_for_one_minute_are_refused(owner):
    tea, when = make_variant("TEA"), soon()
    services.schedule(tea, by=owner, price=Decimal(8), due_at=when)
    with pytest.raises(ValidationError) as refusal:
        services.schedule(tea, by=owner, price=Decimal(9), due_at=when)
    assert refusal.value.message_dict == {"due_at": ["Another change of this price is planned for the same minute."]}


def test_a_planned_price_beyond_the_limit_waits(editor, reviewer):
    tea = make_variant("TEA")
    change = services.schedule(tea, by=editor, price=Decimal(5), due_at=soon(1), until=soon(2))
    assert change.status == "waiting"
    assert services.apply_due(soon(1)) == 0
    approvals.approve(Approval.objects.get(), by=reviewer)
    assert (services.apply_due(soon(1)), price_of()) == (1, (5, None))
    assert (services.apply_due(soon(2)), price_of()) == (1, (10, None))


def test_a_rejected_plan_is_canceled(editor, reviewer):
    services.schedule(make_variant("TEA"), by=editor, price=Decimal(5), due_at=soon(1), until=soon(2))
    approvals.reject(Approval.objects.get(), by=reviewer, reason="No")
    assert list(PriceChange.objects.values_list("status", flat=True)) == ["canceled", "canceled"]


def test_many_are_made_in_a_fixed_number_of_statements(owner, django_assert_max_num_queries):
    for number in range(30):
        services.schedule(make_variant(f"T{number}"), by=owner, price=Decimal(8), due_at=soon(1))
    with django_assert_max_num_queries(24):
        assert services.apply_due(soon(1)) == 30
    assert set(Variant.objects.values_list("price", flat=True)) == {8}


def test_the_database_refuses_what_is_no_price(owner):
    tea = make_variant("TEA")
    with pytest.raises(IntegrityError, match="price_change_positive"), transaction.atomic():
        PriceChange.objects.create(variant=tea, price=0, due_at=soon())
    with pytest.raises(IntegrityError, match="price_change_of_one"), transaction.atomic():
        PriceChange.objects.create(price=1, due_at=soon())
    change = PriceChange.objects.create(variant=tea, price=1, due_at=soon(), status="applied")
    with pytest.raises(IntegrityError, match="is applied and cannot become scheduled"), transaction.atomic():
        PriceChange.objects.filter(pk=change.pk).update(status="scheduled")
