"""What is under way in the warehouses of the demonstration shop: purchase orders and stocktakes in each of their states, bins,
lots and serial numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from backoffice import demo
from backoffice.models import User
from catalog.models import Category, Variant
from inventory import services
from inventory.models import (
    CountLine,
    Location,
    PurchaseOrder,
    ReorderRule,
    StockCount,
    StockLevel,
    Supplier,
    SupplierItem,
)
from inventory.services import Correction, Delivered, Entry, PurchaseLine, PutAway, Selection, Terms

Scope = StockCount.Scope
COUNTED = 12  # articles on the sheet of a stocktake
BINS = [f"{row}-{number:02}" for row in "AB" for number in range(1, 5)]
LOTS = [(24, "L-2601", 6, 0), (36, "L-2607", 200, 1), (5, "L-2512", -3, 0)]  # pieces, number, days to expiry, bin


def load() -> None:
    """Written by the services, as if somebody had just done it; dates of orders lie some days back."""
    buyer = User.objects.get(email=demo.address("warehouse_manager"))
    places = list(Location.objects.stock())
    load_purchases(places, buyer)
    load_counts(places, buyer, User.objects.get(email=demo.address("warehouse_operator")))
    load_bins(places[0], buyer)
    services.remind_buyers()


# --- Purchase orders ----------------------------------------------------------------------------


def load_purchases(places: Sequence[Location], buyer: User) -> None:
    suppliers = list(Supplier.objects.filter(items__isnull=False).distinct().order_by("pk"))
    here, there = places[0], places[1]
    _ordered(suppliers[0], there, 4, buyer, days_ago=9)
    late = _ordered(suppliers[1], here, 3, buyer, days_ago=45)
    PurchaseOrder.objects.filter(pk=late.pk).update(expected_on=timezone.localdate() - timedelta(days=4))
    given_up = _ordered(suppliers[2], there, 2, buyer, days_ago=20)
    services.cancel_purchase(given_up, reason="Out of production", by=buyer)
    _receive_part(_ordered(suppliers[3], here, 5, buyer, days_ago=6), buyer)
    _receive_more(_ordered(suppliers[4], there, 3, buyer, days_ago=41), buyer)
    _draft_of_suggestions(here, buyer)


def _ordered(supplier: Supplier, place: Location, lines: int, buyer: User, *, days_ago: int) -> PurchaseOrder:
    """An order of what the supplier sells, ordered so many days ago and expected after its lead time."""
    items = SupplierItem.objects.filter(supplier=supplier, is_preferred=True).order_by("pk")[:lines]
    wanted = [PurchaseLine(item.variant_id, 12 + 6 * number) for number, item in enumerate(items)]
    since = timezone.now() - timedelta(days=days_ago)
    terms = Terms(expected_on=since.date() + timedelta(days=supplier.lead_time_days or 7), freight=Decimal("18.50"))
    order = services.create_purchase(supplier, place, wanted, terms, by=buyer)
    order = services.order_purchase(order, by=buyer)
    PurchaseOrder.objects.filter(pk=order.pk).update(created_at=since, ordered_at=since, mailed_at=since)
    return order


def _receive_part(order: PurchaseOrder, buyer: User) -> None:
    """Half of it came, two pieces broken; the freight is spread over it."""
    first, second, *_rest = order.lines.all()
    came = [Delivered(first.pk, first.quantity - 2, 2, "damaged"), Delivered(second.pk, second.quantity // 2)]
    receipt = services.receive_purchase(order, came, "DN 51822", by=buyer)
    services.add_landed_cost(receipt, Decimal("14.80"), reason="Freight", by=buyer)


def _receive_more(order: PurchaseOrder, buyer: User) -> None:
    """All of it came, and of one line two pieces more."""
    came = [
        Delivered(line.pk, line.quantity + (2 if number == 0 else 0)) for number, line in enumerate(order.lines.all())
    ]
    services.receive_purchase(order, came, "DN 0077", by=buyer)


def _draft_of_suggestions(place: Location, buyer: User) -> None:
    """What the rules of a warehouse ask of one supplier; the others are still to be ordered."""
    asked = services.suggestions(ReorderRule.objects.filter(location=place), limit=50)
    supplied = [one for one in asked if one.item is not None]
    if supplied:
        item = supplied[0].item
        services.order_suggestions([one.rule.pk for one in supplied], item.supplier if item else None, by=buyer)


# --- Bins, lots and serial numbers --------------------------------------------------------------


def load_bins(here: Location, manager: User) -> None:
    """A few shelves, a tea of which one lot expires soon and one has expired, and a lamp with serial numbers."""
    bins = services.create_bins(here, BINS, by=manager)
    lots, serials = _switched("Tea & Coffee", "lot", manager), _switched("Lamps", "serial", manager)
    levels = StockLevel.objects.filter(location=here, on_hand__gt=5, is_tracked=False).order_by("variant")
    services.put_away(
        [
            PutAway(level.pk, level.on_hand * 2 // 3, bins[number % len(bins)].pk)
            for number, level in enumerate(levels[: 2 * len(bins)])
        ],
        by=manager,
    )
    today = timezone.localdate()
    rows = [
        Correction(lots, here.pk, delta=pieces, lot=lot, expires_on=today + timedelta(days=days), bin=bins[place].pk)
        for pieces, lot, days, place in LOTS
    ]
    rows += [Correction(serials, here.pk, delta=1, lot=f"LM-{20_400 + number}", bin=bins[-1].pk) for number in range(6)]
    services.adjust_many(rows, reason="Counted by lot and serial number", by=manager)


def _switched(category: str, tracking: str, manager: User) -> int:
    """A variant of this branch of the catalogue that is promised to nobody, tracked from now on; what was there is counted out."""
    branch = Category.objects.branch(Category.objects.get(name=category))
    busy = StockLevel.objects.exclude(allocated=0, held=0, incoming=0, location__kind=Location.Kind.STOCK)
    counted = CountLine.objects.filter(count__in=StockCount.objects.is_open()).values("variant")
    free = Variant.objects.filter(product__category__in=branch, track_stock=True, levels__on_hand__gt=0)
    free = free.exclude(pk__in=busy.values("variant")).exclude(pk__in=counted)
    variant: int = free.order_by("pk").values_list("pk", flat=True)[0]
    levels = StockLevel.objects.filter(variant=variant, on_hand__gt=0).order_by("pk")
    rows = [Correction(variant, level.location_id, counted=0) for level in levels]
    services.adjust_many(rows, reason="Tracked by lot or serial number from now on", by=manager)
    Variant.objects.filter(pk=variant).update(tracking=tracking)
    return variant


# --- Stocktakes ---------------------------------------------------------------------------------


def load_counts(places: Sequence[Location], manager: User, counter: User) -> None:
    here, there = places[0], places[1]
    chosen = list(
        StockLevel.objects.filter(location=here, on_hand__gt=3, allocated=0)
        .order_by("variant")
        .values_list("variant", flat=True)[: 3 * COUNTED]
    )
    _posted(here, chosen[:COUNTED], manager, counter)
    review = _counted(here, chosen[COUNTED : 2 * COUNTED], manager, counter)
    services.close_count(review, by=manager)
    half = _begun(here, chosen[2 * COUNTED :], manager)
    _enter(half, _expected(half)[: COUNTED // 2], counter)
    services.create_count(there, Selection(Scope.RANDOM, sample_size=20), blind=True, note="Monthly sample", by=manager)
    unwanted = services.create_count(places[-1], Selection(), by=manager)
    services.cancel_count(unwanted, reason="Planned twice", by=manager)


def _begun(place: Location, variants: Sequence[int], manager: User) -> StockCount:
    count = services.create_count(place, Selection(Scope.LIST, variants=variants), by=manager)
    return services.start_count(count, by=manager)


def _expected(count: StockCount) -> list[tuple[int, int]]:
    """What the sheet expects, by variant."""
    return list(count.lines.order_by("pk").values_list("variant", "expected"))


def _enter(count: StockCount, pieces: Iterable[tuple[int, int]], counter: User) -> None:
    services.enter_counts(count, [Entry(variant, quantity) for variant, quantity in pieces], by=counter)


def _counted(place: Location, variants: Sequence[int], manager: User, counter: User) -> StockCount:
    """All was counted: of the second article a piece is missing, of the fifth there is one more."""
    count = _begun(place, variants, manager)
    off = {1: -1, 4: 1}
    _enter(
        count,
        ((variant, pieces + off.get(number, 0)) for number, (variant, pieces) in enumerate(_expected(count))),
        counter,
    )
    return count


def _posted(place: Location, variants: Sequence[int], manager: User, counter: User) -> None:
    count = _counted(place, variants, manager, counter)
    services.post_count(services.close_count(count, by=manager), by=manager)
