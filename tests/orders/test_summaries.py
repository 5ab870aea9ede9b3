"""What reports read is what a plain loop over the orders comes to, whatever happened to them, and on whichever day."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pgtrigger
import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backoffice import verification
from catalog.models import Category, Product
from inventory.models import StockPosting
from orders import services
from orders.models import (
    CategorySales,
    CohortSales,
    CustomerSales,
    DelaySums,
    Fulfilment,
    Invoice,
    Order,
    OrderLine,
    PlaceSales,
    ProductMargin,
    ProductSales,
    Refund,
    Return,
    ReturnSums,
    SalesMark,
    ShippedByPlace,
    ShippedByProduct,
    Summary,
    TaxDocuments,
    TaxSales,
)
from tests.factories import make_category, stock
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, warehouse

ZONE = ZoneInfo("America/New_York")
ZERO = Decimal(0)
# Around midnight in New York, in the hour that there is twice, in that which there is not, and at the end of a year.
MOMENTS = [
    datetime(2026, 3, 8, 4, 59, 59, 999999, UTC),
    datetime(2026, 3, 8, 5, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 7, 0, tzinfo=UTC),
    datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 9, 4, 0, tzinfo=UTC),
    datetime(2025, 11, 2, 5, 30, tzinfo=UTC),
    datetime(2025, 11, 2, 6, 30, tzinfo=UTC),
    datetime(2025, 11, 3, 4, 59, tzinfo=UTC),
    datetime(2026, 1, 1, 4, 59, 59, tzinfo=UTC),
    datetime(2026, 1, 1, 5, 0, tzinfo=UTC),
]
moments = st.sampled_from(MOMENTS)
traded = st.fixed_dictionaries(
    {
        "at": moments,
        "currency": st.sampled_from(["EUR", "USD", "JPY"]),
        "source": st.sampled_from(["web", "staff"]),
        "country": st.sampled_from(["DE", "us", ""]),
        "buyer": st.sampled_from([None, 0, 1]),
        "lines": st.dictionaries(st.sampled_from(["TEA", "CUP", "POT", "GIFT"]), st.integers(1, 4), min_size=1),
        "shipping": st.integers(0, 9),
        "discount": st.integers(0, 5),
        "canceled": st.sampled_from(["no", "no", "piece", "whole"]),
        "shipped": st.sampled_from([None, 0, 1, 5]),
        "refunded": st.none() | moments,
        "not_before": st.sampled_from([None, 0, 4]),
        "returned": st.sampled_from([None, "Too small", "Wrong colour"]),
        "credited": st.sampled_from([None, 0, 1]),
        "placed": st.booleans() | st.just(True),
    }
)


def day_of(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def country_of(order: Order) -> str:
    return (order.shipping_address.get("country") or order.billing_address.get("country") or "").upper()


class Shop:
    """Two categories, one in the other, and three articles of which one is in neither; GIFT is no article."""

    def __init__(self) -> None:
        self.tableware = make_category("Tableware")
        self.cups = make_category("Cups", self.tableware)
        for sku, category in (("TEA", None), ("CUP", self.cups), ("POT", self.tableware)):
            variant = article(sku, on_hand=0)
            stock(variant, 500, location=warehouse(), unit_cost=Decimal("3.333333"))
            variant.product.category = category
            variant.product.save()
        self.buyers = [buyer(), buyer()]

    def trade(self, deed: dict[str, Any]) -> Order:
        lines = [
            services.NewLine(quantity, article(sku) if sku != "GIFT" else None, title=sku, unit_price=Decimal(7))
            for sku, quantity in deed["lines"].items()
        ]
        order = services.create_draft(
            by=None, lines=lines, currency=deed["currency"], source=deed["source"],
            customer=None if deed["buyer"] is None else self.buyers[deed["buyer"]],
            shipping_address={"country": deed["country"]}, billing_address={"country": "FR"},
            shipping=Decimal(deed["shipping"]), discount=Decimal(deed["discount"]),
        )  # fmt: skip
        if not deed["placed"]:
            return order
        order = services.place(order, by=None, at=deed["at"])
        self.cancel(order, deed)
        order.refresh_from_db()
        if order.status == "placed":
            self.pay_and_ship(order, deed)
        return order

    def cancel(self, order: Order, deed: dict[str, Any]) -> None:
        if deed["canceled"] == "whole":
            services.cancel(order, by=None, reason="x")
        elif deed["canceled"] == "piece":
            services.cancel_lines(order, quantities={order.lines.earliest("pk").pk: 1}, by=None, reason="x")

    def pay_and_ship(self, order: Order, deed: dict[str, Any]) -> None:
        if order.total:
            services.record_payment(order, amount=order.total, method="card", by=None)
        if deed["refunded"] and order.total >= 2:
            given = services.refund(order, amount=Decimal(2), method="card", reason="x", by=None)
            with pgtrigger.ignore("orders.Refund:append_only"):
                Refund.objects.filter(pk=given.pk).update(at=deed["refunded"])
        stocked = {line.sku: line.allocated for line in order.lines.all() if line.allocated}
        if deed["shipped"] is not None and stocked:
            parcel = self.parcel(order, stocked, deed, shipped=True)
            Fulfilment.objects.filter(pk=parcel.pk).update(shipped_at=deed["at"] + timedelta(days=deed["shipped"]))
            if deed["returned"] is not None:
                self.take_back(order, next(iter(stocked)), deed)
        elif deed["not_before"] is not None and stocked:
            self.parcel(order, stocked, deed)
        if deed["credited"] is not None and order.total > 1:
            self.invoice(order, deed)

    def parcel(self, order: Order, stocked: dict[str, int], deed: dict[str, Any], **how: Any) -> Fulfilment:
        parcel = parcel_of(order, **how, **stocked)
        if deed["not_before"] is not None:
            day = day_of(deed["at"]) + timedelta(days=deed["not_before"])
            Fulfilment.objects.filter(pk=parcel.pk).update(not_before=day)
        return parcel

    def invoice(self, order: Order, deed: dict[str, Any]) -> None:
        services.issue_invoice(order, by=None)
        if deed["credited"]:
            services.credit(order.invoices.get(), reason="x", by=None, amount=Decimal(deed["credited"]))
        with pgtrigger.ignore("orders.Invoice:append_only"):
            order.invoices.update(issued_at=deed["at"] + timedelta(days=40))

    def take_back(self, order: Order, sku: str, deed: dict[str, Any]) -> None:
        back = services.request_return(order, quantities={line_of(order, sku).pk: 1}, by=None, reason=deed["returned"])
        services.approve_return(back, by=None)
        arrived = {back.lines.get().pk: services.Arrived(1, 0)}
        services.receive_return(back, location=warehouse(), arrived=arrived, by=None)
        Return.objects.filter(pk=back.pk).update(created_at=deed["at"], received_at=deed["at"] + timedelta(days=9))


# --- By a plain loop --------------------------------------------------------------------------------


def by_hand() -> dict[type[Summary], dict[Any, list[Decimal]]]:
    """Figures of each summary by (day, currency, *keys)."""
    sums: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: ZERO)))
    counted: Any = defaultdict(lambda: defaultdict(set))

    def add(summary: type[Summary], key: tuple[Any, ...], order: Order | None, **figures: Any) -> None:
        for name, value in figures.items():
            sums[summary][key][name] += value
        if order is not None:
            counted[summary][key].add(order.pk)

    for order in Order.objects.filter(status__in=["placed", "closed"]):
        key = (day_of(order.placed_at), order.currency)
        place = (*key, order.source, country_of(order))
        pieces = sum(line.kept for line in order.lines.all())
        amounts = {"net": order.total - order.tax, "tax": order.tax, "gross": order.total}
        add(PlaceSales, place, order, pieces=pieces, **amounts)
        add(CustomerSales, (*key, order.customer_id or 0), order, pieces=pieces, **amounts)
        left = dict(amounts)
        for line in order.lines.all():
            if not line.kept:
                continue
            of_line = {"net": line.net, "tax": line.tax, "gross": line.gross}
            left = {name: left[name] - value for name, value in of_line.items()}
            product = line.variant.product if line.variant else None
            add(ProductSales, (*key, product.pk if product else 0), order, pieces=line.kept, **of_line)
            category = product.category if product else None
            for one in [category, category and category.parent] if category else [None]:
                if one or category is None:
                    add(CategorySales, (*key, one.pk if one else 0), order, pieces=line.kept, **of_line)
            add(TaxSales, (*key, country_of(order), line.tax_rate), order, **of_line)
        if any(left.values()):
            add(TaxSales, (*key, country_of(order), order.shipping_tax_rate), order, **left)
        if order.fulfilment_status != "none":
            add(DelaySums, (*place, *delay_of(order, key[0])), order)
    for refund in Refund.objects.select_related("order"):
        order = refund.order
        key = (day_of(refund.at), order.currency, order.source, country_of(order))
        add(PlaceSales, key, None, refunds=1, refunded=refund.amount)
    for parcel in Fulfilment.objects.filter(status="shipped").select_related("order"):
        order = parcel.order
        key = (day_of(parcel.shipped_at), order.currency, parcel.location_id, order.source, country_of(order))
        add(ShippedByPlace, key, None, parcels=1)
        for row in parcel.lines.select_related("order_line"):
            net = round(row.order_line.net * row.quantity / row.order_line.kept, 6)
            add(ShippedByPlace, key, None, pieces=row.quantity, net=net)
    for back in Return.objects.select_related("order"):
        order, [row] = back.order, back.lines.select_related("order_line")
        net = round(row.order_line.net * row.received / row.order_line.kept, 6)
        key = (day_of(back.received_at), order.currency, back.location_id, order.source, country_of(order))
        add(ShippedByPlace, key, None, pieces=-row.received, net=-net)
        add(
            ReturnSums, (day_of(back.created_at), order.currency, row.reason_id, back.reason), None,
            returns=1, led=1, announced=row.quantity, resellable=row.resellable, damaged=row.damaged, net=net,
        )  # fmt: skip
    for invoice in Invoice.objects.select_related("order"):
        sign = -1 if invoice.kind == "credit_note" else 1
        for tax in invoice.content["taxes"]:
            key = (day_of(invoice.issued_at), invoice.currency, invoice.kind, country_of(invoice.order))
            figures = {name: sign * Decimal(tax[name]) for name in ("net", "tax", "gross")}
            add(TaxDocuments, (*key, Decimal(tax["rate"])), None, documents=1, **figures)
    for posting in StockPosting.objects.filter(move__kind__in=["shipped", "returned"]).select_related("move"):
        order = Order.objects.filter(number=posting.move.cause).first()
        order = order or Order.objects.get(returns__number=posting.move.cause)
        key = (
            day_of(posting.at), order.currency, posting.level.location_id, order.source, country_of(order),
        )  # fmt: skip
        add(ShippedByPlace, key, None, cost=-posting.value)
    for summary, keys in counted.items():
        for key, orders in keys.items():
            sums[summary][key]["orders"] = Decimal(len(orders))
    return {
        summary: {
            key: [figures[name] for name in summary.figures] for key, figures in keys.items() if any(figures.values())
        }
        for summary, keys in sums.items()
    }


def delay_of(order: Order, placed: date) -> tuple[int, int]:
    """Days that the slowest parcel took, -1 while something waits; days after placing before which that was not to leave."""
    parcels = list(order.fulfilments.all())
    began = [max(parcel.not_before or placed, placed) for parcel in parcels]
    if order.fulfilment_status == "fulfilled":
        took = [(day_of(parcel.shipped_at) - day).days for parcel, day in zip(parcels, began, strict=True)]
        return max([0, *took]), 0
    packed = sum(row.quantity for parcel in parcels for row in parcel.lines.all() if parcel.status == "pending")
    rest = sum(line.open_quantity for line in order.lines.all() if line.requires_shipping)
    if packed < rest or order.fulfilment_status == "partial":
        return -1, 0
    return -1, min((day - placed).days for day in began)


def stored(summary: type[Summary], span: str = "d") -> dict[Any, list[Decimal]]:
    rows = summary.objects.filter(span=span)
    return {
        (row.day, row.currency, *(getattr(row, name) for name in summary.keys)): [
            getattr(row, name) for name in summary.figures
        ]
        for row in rows
    }


def assert_true() -> None:
    for summary, right in by_hand().items():
        assert stored(summary) == right, summary
    for summary in (ProductSales, CategorySales, CustomerSales, ShippedByProduct, ProductMargin):
        for span, first in (("m", {"day": 1}), ("y", {"month": 1, "day": 1})):
            sums: dict[Any, list[Decimal]] = {}
            for (day, *keys), figures in stored(summary).items():
                one = (day.replace(**first), *keys)
                sums[one] = [a + b for a, b in zip(sums.get(one, [ZERO] * len(figures)), figures, strict=True)]
            assert stored(summary, span) == sums, (summary, span)
    places, items = (defaultdict(lambda: [ZERO] * 5) for _ in range(2))
    for (day, currency, _location, *_rest), figures in stored(ShippedByPlace).items():
        places[day, currency] = [a + b for a, b in zip(places[day, currency], figures, strict=True)]
    for (day, currency, _item), (parcels, *figures, gained) in stored(ProductMargin).items():
        net, uncosted, cost = figures[1:]
        assert gained == max(net - uncosted - cost, ZERO)
        items[day, currency] = [a + b for a, b in zip(items[day, currency], [parcels, *figures], strict=True)]
    assert {key: one[1:] for key, one in items.items() if any(one[1:])} == {
        key: one[1:] for key, one in places.items() if any(one[1:])
    }
    [report] = verification.run(["sales_summaries"])
    assert (report.result.wrong, report.result.examples) == (0, [])


@pytest.fixture
def new_york(settings):
    settings.TIME_ZONE = "America/New_York"


@pytest.mark.django_db
@pytest.mark.usefixtures("new_york")
@given(first=st.lists(traded, min_size=1, max_size=4), then=st.lists(traded, max_size=3), moved=st.booleans())
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_summaries_are_what_a_loop_over_the_orders_gives(first, then, moved):
    """Made from nothing, and kept true while orders come and change, articles are sorted elsewhere and orders vanish."""
    with transaction.atomic():
        shop = Shop()
        orders = [shop.trade(deed) for deed in first]
        services.refresh_sales()
        assert_true()

        for deed in then:
            shop.trade(deed)
        if moved:
            Category.objects.filter(pk=shop.cups.pk).update(parent=None)
            Product.objects.filter(variants__sku="TEA").update(category=shop.cups)
        if orders[0].status == "draft":
            orders[0].delete()
        else:
            Order.objects.filter(pk=orders[0].pk).update(placed_at=MOMENTS[0], source="moved")
        services.refresh_sales()
        assert_true()
        transaction.set_rollback(True)


@pytest.mark.django_db
class TestCohorts:
    def order(self, customer: Any, *at: tuple[int, int]) -> None:
        for year, month in at:
            services.place(make_order(customer=customer), by=None, at=datetime(year, month, 15, tzinfo=UTC))

    def cohorts(self) -> list[tuple[Any, ...]]:
        rows = CohortSales.objects.order_by("first", "month")
        return [(f"{row.first:%y-%m}", f"{row.month:%y-%m}", row.customers, row.orders, row.gross) for row in rows]

    def test_customers_are_counted_by_the_month_of_their_first_order(self):
        one, other = buyer(), buyer()
        self.order(one, (2026, 1), (2026, 1), (2026, 3))
        self.order(other, (2026, 1))
        services.refresh_sales()
        assert self.cohorts() == [("26-01", "26-01", 2, 3, 30), ("26-01", "26-03", 1, 1, 10)]

    def test_an_earlier_order_moves_its_customer_to_another_cohort(self):
        one = buyer()
        self.order(one, (2026, 2), (2026, 3))
        services.refresh_sales()
        self.order(one, (2025, 12))
        services.refresh_sales()
        assert self.cohorts() == [
            ("25-12", "25-12", 1, 1, 10),
            ("25-12", "26-02", 1, 1, 10),
            ("25-12", "26-03", 1, 1, 10),
        ]

        services.cancel(Order.objects.latest("pk"), by=None, reason="x")
        services.refresh_sales()
        assert self.cohorts() == [("26-02", "26-02", 1, 1, 10), ("26-02", "26-03", 1, 1, 10)]


@pytest.mark.django_db
class TestUpkeep:
    def test_only_days_that_something_changed_are_due(self):
        old = make_order()
        services.place(old, by=None, at=datetime(2026, 1, 5, tzinfo=UTC))
        services.refresh_sales()
        self.forget_changes()
        assert services.summary_upkeep.due_days(SalesMark.objects.get()) == []

        OrderLine.objects.filter(order=old).update(net=9, tax=1)
        assert services.summary_upkeep.due_days(SalesMark.objects.get()) == [date(2026, 1, 5)]

    def test_what_was_moved_or_deleted_is_gone_from_its_day(self):
        order = make_order()
        services.place(order, by=None, at=datetime(2026, 1, 5, tzinfo=UTC))
        services.refresh_sales()
        Order.objects.update(placed_at=datetime(2026, 2, 5, tzinfo=UTC))
        services.refresh_sales()
        assert list(PlaceSales.objects.values_list("day", flat=True)) == [date(2026, 2, 5)]

    def test_another_time_zone_adds_all_up_anew(self, settings):
        order = make_order()
        services.place(order, by=None, at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
        services.refresh_sales()
        settings.TIME_ZONE = "Asia/Shanghai"
        services.refresh_sales()
        assert list(PlaceSales.objects.values_list("day", flat=True)) == [date(2026, 1, 6)]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("UPDATE orders_productsales SET net = net + 1 WHERE span = 'y'", "Year 2026-01-01 EUR"),
            ("DELETE FROM orders_placesales", "Day 2026-01-05 EUR staff"),
            ("UPDATE orders_cohortsales SET customers = 2", "2026-01 2026-01 EUR: customers 2, rows say 1"),
        ],
    )
    def test_a_summary_that_differs_from_the_rows_is_found_and_mended(self, change, said):
        order = make_order(customer=buyer())
        services.place(order, by=None, at=datetime(2026, 1, 5, tzinfo=UTC))
        services.refresh_sales()
        self.forget_changes()
        with connection.cursor() as cursor:
            cursor.execute(change)

        [report] = verification.run(["sales_summaries"])
        assert report.result.wrong == 1
        assert said in report.result.examples[0]

        [report] = verification.run(["sales_summaries"], repair=True)
        assert (report.result.wrong, report.mended) == (0, 1)

    def forget_changes(self) -> None:
        """As if what is in the summaries had happened long ago."""
        long_ago = timezone.now() - timedelta(days=1)
        for model in (Order, OrderLine):
            history = model.history.rel.related_model
            with pgtrigger.ignore(f"orders.{history.__name__}:append_only"):
                history.objects.update(pgh_created_at=long_ago)
