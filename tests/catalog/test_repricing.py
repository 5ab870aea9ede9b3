"""Repricing: rules, rounding, preview, applying, undoing, approval beyond the limit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import approvals
from backoffice.errors import IllegalTransition, NotAllowed
from backoffice.models import Approval, AuditEvent
from catalog import services
from catalog.models import PriceChange, Repricing, RepricingRow, Variant
from catalog.services import repricing
from catalog.tasks import work_on_repricing
from tests.factories import make_product, make_user, make_variant, publish

pytestmark = pytest.mark.django_db
ALL = "/catalog/variants/"
Status = Repricing.Status


def prices():
    return {
        sku: (price, compare_at) for sku, price, compare_at in Variant.objects.values_list("sku", "price", "compare_at")
    }


def run_of(by, rule="percent", value="10", address=ALL, **fields):
    return repricing.prepare(by=by, address=address, rule=rule, value=Decimal(value), **fields)


def rows_of(run):
    rows = RepricingRow.objects.filter(repricing=run).order_by("variant__sku")
    return [(row.variant.sku, row.new_price, row.outcome) for row in rows.select_related("variant")]


@pytest.mark.parametrize(
    ("rule", "value", "rounding", "expected"),
    [
        ("percent", "10", "none", "13.59"),
        ("percent", "-10", "none", "11.12"),
        ("amount", "1.50", "none", "13.85"),
        ("amount", "-1.50", "none", "10.85"),
        ("set", "9.99", "none", "9.99"),
        ("compare_at", "25", "none", "15.00"),
        ("cost", "50", "none", "8.00"),
        ("percent", "10", "99", "13.99"),
        ("percent", "-1", "99", "11.99"),
        ("percent", "10", "95", "13.95"),
        ("percent", "10", "whole", "14"),
        ("percent", "10", "5", "13.60"),
        ("percent", "9", "10", "13.50"),
        ("set", "0.20", "99", "0.99"),
    ],
)
def test_rules_and_rounding(owner, rule, value, rounding, expected):
    make_variant("TEA", price=Decimal("12.35"), compare_at=Decimal(20), cost=Decimal(4))
    run = run_of(owner, rule, value, rounding=rounding)
    assert rows_of(run) == [("TEA", Decimal(expected), "")]


def test_the_preview_counts_and_says_what_cannot_be(owner):
    make_variant("CHEAP", price=Decimal(1))
    make_variant("DEAR", price=Decimal(10), cost=Decimal(9))
    make_variant("SAME", price=Decimal(0))
    run = run_of(owner, "amount", "-2")
    assert run.status == Status.CHECKED
    assert rows_of(run) == [("CHEAP", 1, "not_positive"), ("DEAR", 8, ""), ("SAME", 0, "not_positive")]
    assert run.matched == 3
    assert {name: run.facts[name] for name in ("changes", "not_positive", "below_cost", "up", "down")} == {
        "changes": 1,
        "not_positive": 2,
        "below_cost": 1,
        "up": 0,
        "down": 1,
    }
    assert (run.facts["least"], run.facts["greatest"], run.facts["average"]) == ("-20.00", "-20.00", "-20.00")
    assert prices()["DEAR"] == (10, None)


def test_variants_without_a_base_are_left_out(owner):
    make_variant("TEA", cost=None)
    make_variant("CUP", cost=Decimal(3))
    assert rows_of(run_of(owner, "cost", "40")) == [("CUP", 5, ""), ("TEA", 10, "no_base")]


@pytest.mark.parametrize(
    ("choice", "expected"), [("keep", Decimal(30)), ("old", Decimal(10)), ("empty", None)], ids=str
)
def test_what_becomes_of_the_compare_at_price(owner, choice, expected):
    make_variant("TEA", compare_at=Decimal(30))
    repricing.apply(run_of(owner, value="-20", compare_at=choice), by=owner)
    assert prices() == {"TEA": (8, expected)}


def test_filters_and_chosen_rows_decide_which(owner):
    tea, _cup = make_variant("TEA"), make_variant("CUP")
    make_variant("OLD", is_active=False)
    assert [sku for sku, *_rest in rows_of(run_of(owner, address=f"{ALL}?is_active=true"))] == ["CUP", "TEA"]
    assert [sku for sku, *_rest in rows_of(run_of(owner, address=f"{ALL}?selected={tea.pk}"))] == ["TEA"]
    assert [sku for sku, *_rest in rows_of(run_of(owner, address=f"{ALL}?q=100%25+cup&is_active=true&q=cup"))] == [
        "CUP"
    ]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"value": "-100"}, "value", "Less 100 percent and more leaves nothing of the price."),
        ({"value": "0"}, "value", "With 0 nothing would change."),
        ({"rule": "set", "value": "0"}, "value", "The price must be above zero."),
        ({"rule": "set", "value": "1.001"}, "value", "EUR has 2 decimals."),
        ({"rule": "cost", "value": "100"}, "value", "Between 0 and less than 100 percent is possible."),
        ({"address": "/nowhere/"}, None, "There is no such list."),
        ({"address": "/catalog/products/"}, None, "This is no list of variants."),
        ({"address": f"{ALL}?price_min=x"}, None, "A filter is not right. Nothing was done."),
        ({"address": f"{ALL}?q=nothing"}, None, "No variant matches. Choose others."),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(owner, fields, field, sentence):
    make_variant("TEA")
    with pytest.raises(ValidationError) as refusal:
        run_of(owner, **fields)
    assert (refusal.value.message_dict[field] if field else refusal.value.messages) == [sentence]
    assert not Repricing.objects.exists()


def test_prices_from_costs_are_for_those_who_see_costs():
    make_variant("TEA", cost=Decimal(4))
    clerk = make_user("order_clerk")
    with pytest.raises(ValidationError, match="for those who may see costs"):
        run_of(clerk, "cost", "50")


def test_yen_have_no_cents(owner, settings):
    settings.DEFAULT_CURRENCY = "JPY"
    make_variant("TEA", price=Decimal(1250))
    with pytest.raises(ValidationError, match="JPY has no cents"):
        run_of(owner, rounding="99")
    assert rows_of(run_of(owner, value="3.3")) == [("TEA", 1291, "")]


def test_applying_writes_history_under_the_run_and_one_event(owner):
    make_variant("TEA")
    make_variant("CUP", price=Decimal(20))
    run = repricing.apply(run_of(owner, reason="Spring"), by=owner)
    assert prices() == {"TEA": (11, None), "CUP": (22, None)}
    assert (run.status, run.written) == (Status.APPLIED, 2)
    events = Variant.history.rel.related_model.objects.filter(pgh_label="update").select_related("pgh_context")
    assert {
        (e.pgh_context.metadata["source"], e.pgh_context.metadata["run"], e.pgh_context.metadata["reason"])
        for e in events
    } == {("repricing", run.number, "Spring")}
    assert [e.verb for e in AuditEvent.objects.about(run)] == ["repricing.applied"]
    assert not AuditEvent.objects.filter(subject_type="catalog.variant").exists()


def test_prices_changed_after_the_preview_stay(owner):
    make_variant("TEA")
    make_variant("CUP")
    run = run_of(owner)
    Variant.objects.filter(sku="CUP").update(price=7)
    run = repricing.apply(run, by=owner)
    assert prices() == {"TEA": (11, None), "CUP": (7, None)}
    assert (run.written, rows_of(run)) == (1, [("CUP", 11, "changed"), ("TEA", 11, "")])


def test_undo_gives_back_all_but_what_others_changed(owner):
    make_variant("TEA", compare_at=Decimal(15))
    make_variant("CUP")
    run = repricing.apply(run_of(owner, value="-20", compare_at="old"), by=owner)
    Variant.objects.filter(sku="CUP").update(price=7)
    run = repricing.undo(run, by=owner)
    assert prices() == {"TEA": (10, 15), "CUP": (7, 10)}
    assert (run.status, run.facts["restored"], run.facts["kept"]) == (Status.UNDONE, 1, 1)
    assert rows_of(run) == [("CUP", 8, "kept"), ("TEA", 8, "")]
    with pytest.raises(IllegalTransition):
        repricing.undo(run, by=owner)


def test_undo_leaves_no_published_product_without_a_price(owner):
    product = make_product("Tea", variants=[{"sku": "TEA", "price": Decimal(0)}])
    run = repricing.apply(run_of(owner, "set", "5"), by=owner)
    publish(product)
    with pytest.raises(ValidationError, match="“Tea” is published and would have nothing left to sell"):
        repricing.undo(run, by=owner)
    assert prices() == {"TEA": (5, None)}


def test_a_run_is_applied_once(owner):
    make_variant("TEA")
    run = run_of(owner)
    repricing.apply(run, by=owner)
    with pytest.raises(IllegalTransition):
        repricing.apply(run, by=owner)
    assert prices() == {"TEA": (11, None)}


def test_nothing_to_change_is_not_applied(owner):
    make_variant("TEA")
    with pytest.raises(ValidationError, match="Nothing would change"):
        repricing.apply(run_of(owner, "set", "10"), by=owner)


def test_a_planned_run_takes_effect_and_ends(owner):
    make_variant("TEA")
    now = timezone.now()
    start, end = now + timedelta(hours=1), now + timedelta(hours=2)
    run = repricing.schedule(run_of(owner), by=owner, due_at=start, until=end)
    assert run.status == Status.SCHEDULED
    assert services.apply_due(now) == 0
    assert services.apply_due(start) == 1
    assert prices() == {"TEA": (11, None)}
    assert services.apply_due(end) == 1
    run.refresh_from_db()
    assert (prices(), run.status) == ({"TEA": (10, None)}, Status.UNDONE)
    assert set(PriceChange.objects.values_list("status", flat=True)) == {"applied"}


def test_canceling_a_planned_run_cancels_its_changes_and_the_other_way_round(owner):
    make_variant("TEA")
    start = timezone.now() + timedelta(hours=1)
    first = repricing.schedule(run_of(owner), by=owner, due_at=start, until=start + timedelta(days=1))
    repricing.cancel(first, by=owner)
    assert set(PriceChange.objects.values_list("status", flat=True)) == {"canceled"}
    second = repricing.schedule(run_of(owner), by=owner, due_at=start)
    services.cancel(list(PriceChange.objects.coming()), by=owner)
    second.refresh_from_db()
    assert second.status == Status.CANCELED
    assert services.apply_due(start) == 0


def test_large_runs_go_to_the_worker(owner, monkeypatch):
    monkeypatch.setattr(repricing, "FOREGROUND", 1)
    make_variant("TEA")
    make_variant("CUP")
    run = run_of(owner)
    assert (run.status, run.is_working) == (Status.DRAFT, True)
    work(run, owner, "check")
    run = repricing.apply(run, by=owner)
    assert (run.status, run.is_working) == (Status.CHECKED, True)
    with pytest.raises(ValidationError, match="A worker is at"):
        repricing.apply(run, by=owner)
    work(run, owner, "apply")
    assert prices() == {"TEA": (11, None), "CUP": (11, None)}
    run.refresh_from_db()
    repricing.take_back(run, by=owner)
    work(run, owner, "undo")
    assert prices() == {"TEA": (10, None), "CUP": (10, None)}


def work(run, user, action):
    """As the worker does the job, which is over then."""
    work_on_repricing.func(run=run.pk, user=user.pk, action=action)
    Repricing.objects.filter(pk=run.pk).update(job_id=None)
    assert ProcrastinateJob.objects.filter(task_name=repricing.TASK, args__action=action).count() == 1
    run.refresh_from_db()


# --- Approval ------------------------------------------------------------------------------------


def test_beyond_the_limit_a_second_person_decides(editor):
    make_variant("TEA")
    reviewer = make_user("catalog_reviewer")
    run = repricing.apply(run_of(editor, value="-40"), by=editor)
    assert (run.status, prices()) == (Status.WAITING, {"TEA": (10, None)})
    [approval] = Approval.objects.waiting()
    with pytest.raises(NotAllowed, match="You asked for this yourself"):
        approvals.approve(approval, by=editor)
    approvals.approve(approval, by=reviewer)
    run.refresh_from_db()
    assert (run.status, prices()) == (Status.APPLIED, {"TEA": (6, None)})


def test_within_the_limit_and_with_the_right_to_approve_nobody_is_asked(owner, editor):
    make_variant("TEA")
    assert repricing.apply(run_of(editor, value="30"), by=editor).status == Status.APPLIED
    assert repricing.apply(run_of(owner, value="-60"), by=owner).status == Status.APPLIED


def test_a_rejected_run_can_be_looked_at_again(editor):
    make_variant("TEA")
    start = timezone.now() + timedelta(hours=1)
    run = repricing.schedule(run_of(editor, value="-40"), by=editor, due_at=start)
    assert run.status == Status.WAITING
    approvals.reject(Approval.objects.get(), by=make_user("catalog_reviewer"), reason="Too much")
    run.refresh_from_db()
    assert (run.status, run.due_at) == (Status.CHECKED, None)
    run = repricing.schedule(run, by=editor, due_at=start)
    approvals.approve(Approval.objects.waiting().get(), by=make_user("catalog_reviewer"))
    run.refresh_from_db()
    assert run.status == Status.SCHEDULED
    services.apply_due(start)
    assert prices() == {"TEA": (6, None)}
