"""Stocktakes: sheets, entries, review, approval and posting, while goods come and go."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import approvals, verification
from backoffice.errors import IllegalTransition, NotAllowed
from backoffice.models import Approval, ApprovalThreshold, AuditEvent
from catalog.models import Product
from inventory import services
from inventory.models import CountEntry, CountLine, StockCount, StockMove
from inventory.services import Demand, Entry, Move, Selection, counts
from tests.factories import level_of, make_category, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db
Scope = StockCount.Scope


@pytest.fixture
def counter(db):
    return make_user("warehouse_operator", name="Carl Counter")


@pytest.fixture
def manager(db):
    return make_user("warehouse_manager", name="Mia Manager")


def begun(selection=None, *, by=None, **fields):
    count = services.create_count(make_location(), selection or Selection(), by=by, **fields)
    return services.start_count(count, by=by)


def counted(count, *pieces, by=None):
    """Enter `(variant, quantity)` pairs; the moments follow each other."""
    for variant, quantity in pieces:
        services.enter_counts(count, [Entry(variant.pk, quantity)], by=by)


def sold(variant, pieces=1):
    key = StockMove.objects.count() + 1
    services.allocate(f"SO-{key}", [Demand(key, variant.pk, pieces, variant.sku)], by=None)
    services.ship(f"SO-{key}", {key: pieces}, make_location(), by=None)


def skus(count):
    return list(count.lines.values_list("variant__sku", flat=True))


# --- Sheets ---------------------------------------------------------------------------------------------


def test_a_sheet_of_everything_lists_what_is_there_by_sku():
    make_variant("TEA", on_hand=5)
    make_variant("CUP", on_hand=3)
    make_variant("GONE")
    stock(make_variant("ELSEWHERE"), 4, location=make_location("SHOP"))
    count = services.create_count(make_location(), Selection(), by=None)
    assert (count.number[:3], count.status) == ("ST-", "draft")
    assert list(count.lines.values_list("variant__sku", "expected")) == [("CUP", 3), ("TEA", 5)]
    assert AuditEvent.objects.get(verb="stockcount.created").data == {"lines": 2}


def test_a_sheet_of_a_category_has_its_whole_branch():
    clothing = make_category("Clothing")
    hoodies = make_category("Hoodies", parent=clothing)
    for sku, category in (("SHIRT", clothing), ("HOODIE", hoodies), ("TEA", None)):
        product = Product.objects.create(handle=sku.lower(), title=sku, category=category)
        make_variant(sku, product=product, on_hand=1)
    count = services.create_count(make_location(), Selection(Scope.CATEGORY, category=clothing), by=None)
    assert skus(count) == ["HOODIE", "SHIRT"]


def test_classes_split_the_goods_by_value():
    for sku, value in (("A1", 500), ("A2", 290), ("A3", 20), ("B1", 130), ("C1", 40), ("C2", 20)):
        stock(make_variant(sku), 1, unit_cost=Decimal(value))
    found = {
        one: skus(services.create_count(make_location(), Selection(Scope.ABC, abc_class=one), by=None)) for one in "ABC"
    }
    assert found == {"A": ["A1", "A2", "B1"], "B": ["C1"], "C": ["A3", "C2"]}


def test_a_sample_is_as_large_as_asked():
    for _n in range(5):
        make_variant(on_hand=1)
    count = services.create_count(make_location(), Selection(Scope.RANDOM, sample_size=3), by=None)
    assert count.lines.count() == 3


def test_a_list_may_name_what_the_books_do_not_know_here():
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP")
    count = services.create_count(make_location(), Selection(Scope.LIST, variants=[tea.pk, cup.pk]), by=None)
    assert list(count.lines.values_list("variant__sku", "expected")) == [("CUP", 0), ("TEA", 5)]


def test_a_sheet_needs_something_to_count_and_a_whole_question():
    with pytest.raises(ValidationError, match="There is nothing to count: no goods at Main fit"):
        services.create_count(make_location(), Selection(), by=None)
    for selection, sentence in (
        (Selection(Scope.CATEGORY), "Choose the category"),
        (Selection(Scope.ABC, abc_class="D"), "Choose the class"),
        (Selection(Scope.RANDOM), "How many variants"),
        (Selection(Scope.LIST), "Name at least one SKU"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            services.create_count(make_location(), selection, by=None)
    assert not StockCount.objects.exists()


def test_who_is_confined_to_a_warehouse_counts_there_only(counter):
    tea = make_variant("TEA", on_hand=5)
    count = begun()
    elsewhere = make_user("warehouse_manager", warehouses=("SHOP",))
    with pytest.raises(NotAllowed):
        services.enter_counts(count, [Entry(tea.pk, 5)], by=elsewhere)
    assert not StockCount.objects.visible_to(elsewhere).exists()
    assert not CountLine.objects.visible_to(elsewhere).exists()
    assert CountLine.objects.visible_to(counter).count() == 1


def test_lines_of_a_blind_count_are_hidden_until_it_is_over(counter, manager):
    tea = make_variant("TEA", on_hand=5)
    count = begun(blind=True)
    assert count.hides_expected_from(counter)
    assert not count.hides_expected_from(manager)
    assert not CountLine.objects.visible_to(counter).exists()
    assert CountLine.objects.visible_to(manager).count() == 1
    counted(count, (tea, 5))
    services.post_count(services.close_count(count, by=None), by=None)
    assert CountLine.objects.visible_to(counter).count() == 1


# --- Entries --------------------------------------------------------------------------------------------


def test_pressing_again_counts_once(counter):
    tea = make_variant("TEA", on_hand=5)
    count = begun()
    entry = Entry(tea.pk, 2, adds=True, key=uuid4())
    first = services.enter_counts(count, [entry], by=counter)
    again = services.enter_counts(count, [entry], by=counter)
    assert first == again
    assert CountEntry.objects.count() == 1
    assert count.lines.get().counted == 2


def test_a_whole_count_replaces_and_an_adding_one_adds(counter, manager):
    tea = make_variant("TEA", on_hand=5)
    count = begun()
    for by, quantity, adds, total in (
        (counter, 3, False, 3),
        (manager, 4, True, 7),
        (counter, 1, True, 8),
        (manager, 6, False, 6),
        (counter, 2, True, 8),
    ):
        services.enter_counts(count, [Entry(tea.pk, quantity, adds)], by=by)
        assert count.lines.get().counted == total
    assert count.lines.get().counted_by == counter


def test_what_was_written_on_paper_earlier_does_not_replace_a_later_count():
    tea = make_variant("TEA", on_hand=5)
    count = begun()
    StockCount.objects.update(started_at=timezone.now() - timedelta(hours=2))
    counted(count, (tea, 4))
    services.enter_counts(count, [Entry(tea.pk, 9, counted_at=timezone.now() - timedelta(hours=1))], by=None)
    assert count.lines.get().counted == 4


def test_an_entry_lies_between_the_start_and_now():
    tea = make_variant("TEA", on_hand=5)
    count = begun()
    for moment in (count.started_at - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)):
        with pytest.raises(ValidationError, match="TEA: it must have been counted after the stocktake began"):
            services.enter_counts(count, [Entry(tea.pk, 5, counted_at=moment)], by=None)


def test_undo_gives_the_count_before_back(counter, manager):
    tea = make_variant("TEA", on_hand=5)
    count = begun()
    counted(count, (tea, 3), by=counter)
    [entry] = services.enter_counts(count, [Entry(tea.pk, 33)], by=counter)
    with pytest.raises(NotAllowed, match="Somebody else counted this"):
        services.undo_entry(entry, by=make_user("warehouse_operator"))
    services.undo_entry(entry, by=counter)
    services.undo_entry(entry, by=manager)
    assert count.lines.get().counted == 3
    services.undo_entry(CountEntry.objects.first(), by=manager)
    line = count.lines.get()
    assert (line.counted, line.counted_at, line.counted_by) == (None, None, None)
    entry.refresh_from_db()
    assert entry.undone_by == counter


def test_what_is_not_on_the_sheet_is_added():
    make_variant("TEA", on_hand=5)
    cup = make_variant("CUP")
    count = begun()
    counted(count, (cup, 2))
    line = count.lines.get(variant=cup)
    assert (line.is_unexpected, line.expected, line.counted) == (True, 0, 2)


def test_bad_entries_are_all_named_and_nothing_is_written():
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=5)
    count = begun()
    with pytest.raises(ValidationError) as refused:
        services.enter_counts(count, [Entry(tea.pk, -1), Entry(cup.pk, 10_000_000), Entry(0, 1)], by=None)
    assert refused.value.messages == [
        "TEA: a count is from 0 to 9999999 pieces.",
        "CUP: a count is from 0 to 9999999 pieces.",
        "There is no such variant.",
    ]
    assert not CountEntry.objects.exists()


def test_entries_are_taken_while_counting_only():
    tea = make_variant("TEA", on_hand=5)
    draft = services.create_count(make_location(), Selection(), by=None)
    with pytest.raises(ValidationError, match="takes no entries now"):
        services.enter_counts(draft, [Entry(tea.pk, 5)], by=None)
    count = services.start_count(draft, by=None)
    counted(count, (tea, 5))
    entry = CountEntry.objects.get()
    services.close_count(count, by=None)
    for verb in (lambda: counted(count, (tea, 4)), lambda: services.undo_entry(entry, by=None)):
        with pytest.raises(ValidationError, match="takes no entries now"):
            verb()


def test_the_database_holds_the_states():
    make_variant("TEA", on_hand=5)
    count = begun()
    for status in ("posted", "draft"):
        with pytest.raises(IntegrityError, match=f"cannot become {status}"), transaction.atomic():
            StockCount.objects.filter(pk=count.pk).update(status=status)
    with pytest.raises(IllegalTransition):
        services.post_count(count, by=None)
    with pytest.raises(ValidationError, match="was started already"):
        services.start_count(services.close_count(_all_counted(count), by=None), by=None)


def _all_counted(count):
    for line in count.lines.select_related("variant"):
        counted(count, (line.variant, line.expected))
    return count


# --- Review and posting ---------------------------------------------------------------------------------


def test_sales_after_counting_stay_sold():
    tea = make_variant("TEA", on_hand=10)
    count = begun()
    sold(tea, 1)
    counted(count, (tea, 8))  # one is missing: the books say nine
    sold(tea, 3)
    stock(tea, 20)
    services.close_count(count, by=None)
    services.post_count(count, by=None)
    line = count.lines.get()
    assert (line.balance, line.difference, line.outcome) == (9, -1, "posted")
    assert level_of(tea).on_hand == 8 - 3 + 20
    move = StockMove.objects.get(kind="counted")
    assert (move.cause, move.quantity, move.from_location) == (count.number, 1, make_location())
    count.refresh_from_db()
    assert (count.status, count.posted_at is not None) == ("posted", True)
    assert AuditEvent.objects.get(verb="stockcount.posted").data == {"corrected": 1, "refused": 0}
    assert {r.name for r in verification.run() if r.result.wrong} == set()


def test_posting_twice_applies_once():
    tea = make_variant("TEA", on_hand=10)
    count = begun()
    counted(count, (tea, 7))
    services.close_count(count, by=None)
    services.post_count(count, by=None)
    with pytest.raises(IllegalTransition):
        services.post_count(count, by=None)
    assert level_of(tea).on_hand == 7


def test_what_nobody_counted_stays_as_it_is_unless_told_otherwise():
    tea, cup = make_variant("TEA", on_hand=10), make_variant("CUP", on_hand=4)
    first, second = begun(), begun()
    for count, rest_is_zero in ((first, False), (second, True)):
        counted(count, (tea, 10))
        services.close_count(count, rest_is_zero=rest_is_zero, by=None)
        services.post_count(count, by=None)
        assert level_of(cup).on_hand == (0 if rest_is_zero else 4)
    assert list(first.lines.values_list("counted", flat=True)) == [None, 10]


def test_a_count_without_entries_is_not_closed():
    make_variant("TEA", on_hand=10)
    with pytest.raises(ValidationError, match="Nothing was counted yet"):
        services.close_count(begun(), by=None)


def test_pieces_that_nobody_knew_of_come_in():
    make_variant("TEA", on_hand=1)
    cup = make_variant("CUP", cost=Decimal(3))
    count = begun()
    counted(count, (cup, 2))
    services.post_count(services.close_count(count, by=None), by=None)
    assert (level_of(cup).on_hand, level_of(cup).value) == (2, 6)


def test_a_recount_replaces_the_first_count():
    tea, cup = make_variant("TEA", on_hand=10), make_variant("CUP", on_hand=4)
    count = begun()
    counted(count, (tea, 2), (cup, 4))
    services.close_count(count, by=None)
    services.ask_recount([count.lines.get(variant=tea)], by=None)
    count.refresh_from_db()
    assert (count.status, services.result_of(count).recounts) == ("counting", 1)
    services.enter_counts(count, [Entry(tea.pk, 9, adds=True)], by=None)  # a recount never adds to what it doubts
    assert services.result_of(count).recounts == 0
    services.post_count(services.close_count(count, by=None), by=None)
    assert (level_of(tea).on_hand, level_of(cup).on_hand) == (9, 4)


def test_promised_pieces_are_refused_and_the_rest_can_be_posted():
    tea, cup = make_variant("TEA", on_hand=10), make_variant("CUP", on_hand=4)
    services.allocate("SO-1", [Demand(1, tea.pk, 8, "TEA")], by=None)
    count = begun()
    counted(count, (tea, 5), (cup, 3))
    services.close_count(count, by=None)
    with pytest.raises(services.CountRefused) as refused:
        services.post_count(count, by=None)
    assert refused.value.messages == [
        "TEA: 5 pieces are missing, and 3 of them are promised. Count again, or release them first."
    ]
    assert level_of(cup).on_hand == 4
    services.post_count(count, partial=True, by=None)
    assert (level_of(tea).on_hand, level_of(cup).on_hand) == (10, 3)
    assert list(count.lines.values_list("variant__sku", "outcome", "short")) == [
        ("CUP", "posted", 0),
        ("TEA", "refused", 3),
    ]


def test_a_canceled_count_changes_nothing():
    tea = make_variant("TEA", on_hand=10)
    count = begun()
    counted(count, (tea, 7))
    services.cancel_count(count, reason="Wrong shelf", by=None)
    assert level_of(tea).on_hand == 10
    with pytest.raises(IllegalTransition):
        services.close_count(count, by=None)


def test_a_warehouse_is_not_closed_while_it_is_counted():
    tea = make_variant("TEA", on_hand=2)
    count = begun()
    sold(tea, 2)
    with pytest.raises(ValidationError, match=f"Finish these stocktakes first: {count.number}"):
        services.close_location(make_location(), by=None)


# --- Approval -------------------------------------------------------------------------------------------


def reviewed(counter, *, quantity=2):
    """Eight pieces of a hundred each are missing: beyond the limit of 500."""
    tea = make_variant("TEA")
    stock(tea, 10, unit_cost=Decimal(100))
    count = begun()
    counted(count, (tea, quantity), by=counter)
    return services.close_count(count, by=counter)


def test_beyond_the_limit_another_person_approves(counter, manager):
    count = reviewed(counter)
    count = services.post_count(count, by=manager, reason="Burglary")
    approval = Approval.objects.get()
    assert (count.status, approval.subject, approval.reason) == ("review", count.number, "Burglary")
    with pytest.raises(ValidationError, match=f"{approval} waits for a decision"):
        services.post_count(count, by=manager)
    with pytest.raises(NotAllowed):
        approvals.approve(approval, by=manager)
    approvals.approve(approval, by=make_user("owner"))
    count.refresh_from_db()
    assert (count.status, level_of(count.lines.get().variant).on_hand) == ("posted", 2)


def test_who_counted_does_not_release_the_difference_alone():
    owner = make_user("owner")
    assert services.needs_approval(reviewed(owner), owner)
    assert not services.needs_approval(StockCount.objects.get(), make_user("owner"))


def test_within_the_limit_nobody_is_asked(counter, manager):
    count = reviewed(counter, quantity=5)
    assert services.post_count(count, by=manager).status == "posted"


def test_the_limit_is_set_up(counter, manager):
    ApprovalThreshold.objects.create(kind="inventory.count", limit=Decimal(100))
    assert services.needs_approval(reviewed(counter, quantity=8), manager)


def test_a_recount_takes_the_own_proposal_back_and_not_that_of_others(counter, manager):
    count = services.post_count(reviewed(counter), by=manager)
    with pytest.raises(NotAllowed, match="has to be rejected first"):
        services.ask_recount(list(count.lines.all()), by=make_user("warehouse_manager"))
    services.ask_recount(list(count.lines.all()), by=manager)
    assert Approval.objects.get().status == "withdrawn"


def test_the_approver_is_told_when_pieces_are_promised_meanwhile(counter, manager):
    count = services.post_count(reviewed(counter), by=manager)
    tea = count.lines.get().variant
    services.allocate("SO-1", [Demand(1, tea.pk, 9, "TEA")], by=None)
    with pytest.raises(services.CountRefused, match="TEA: 8 pieces are missing, and 7 of them are promised"):
        approvals.approve(Approval.objects.get(), by=make_user("owner"))
    assert Approval.objects.get().status == "waiting"


def test_a_move_of_another_location_is_not_counted_here():
    tea = make_variant("TEA", on_hand=10)
    shop = make_location("SHOP")
    count = begun()
    counted(count, (tea, 10))
    services.post([Move(StockMove.Kind.TRANSFERRED, tea.pk, make_location().pk, shop.pk, 4)], by=None)
    services.post_count(services.close_count(count, by=None), by=None)
    assert (level_of(tea).on_hand, level_of(tea, shop).on_hand) == (6, 4)


def test_a_sheet_has_an_end(monkeypatch):
    make_variant("TEA", on_hand=1)
    make_variant("CUP", on_hand=1)
    monkeypatch.setattr(counts, "MOST_LINES", 1)
    with pytest.raises(ValidationError, match="More than 1 lines at once: narrow the scope"):
        services.create_count(make_location(), Selection(), by=None)
