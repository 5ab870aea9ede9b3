"""The reports: what they show, what stands behind it, and who may see it."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backoffice import verification
from backoffice.reports.periods import Period
from customers.services import reporting
from orders import services
from orders.models import Fulfilment, Order, OrderLine, ProductMargin, ProductSales, ReturnCause
from orders.reports.pages import REPORTS
from tests.factories import make_category, make_ticket, make_user
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, warehouse

pytestmark = pytest.mark.django_db
NAMES = [name for name, _view, _text in REPORTS]
YEAR = "day_after=2026-01-01&day_before=2026-12-31"


def placed(at: datetime, lines: Any = (("TEA", 2),), **fields: Any) -> Order:
    return services.place(make_order(lines, **fields), by=None, at=at)


@pytest.fixture
def shop():
    """Three orders in EUR, of which one is shipped, refunded and partly back, one in USD, and one that was canceled."""
    category = make_category("Tea")
    article("TEA", on_hand=50, cost=Decimal(4)).product.__class__.objects.update(category=category)
    one = buyer("Ada")
    first = placed(
        datetime(2026, 1, 5, tzinfo=UTC),
        customer=one,
        source="web",
        shipping_address={"country": "DE"},
        shipping=Decimal(5),
    )
    placed(datetime(2026, 3, 9, tzinfo=UTC), [("TEA", 1), ("CUP", 1)], customer=one, source="staff")
    placed(datetime(2026, 3, 31, tzinfo=UTC), customer=buyer("Bob"), source="web", shipping_address={"country": "FR"})
    placed(datetime(2026, 3, 10, tzinfo=UTC), currency="USD", source="web", shipping_address={"country": "US"})
    gone = placed(datetime(2026, 3, 11, tzinfo=UTC), source="web")
    services.cancel(gone, by=None, reason="x")
    services.record_payment(first, amount=first.total, method="card", by=None)
    parcel = parcel_of(first, shipped=True, TEA=2)
    parcel.__class__.objects.filter(pk=parcel.pk).update(shipped_at=datetime(2026, 1, 9, tzinfo=UTC))
    back = services.request_return(first, quantities={line_of(first, "TEA").pk: 1}, by=None, reason="Too small")
    services.approve_return(back, by=None)
    services.receive_return(back, location=warehouse(), arrived={back.lines.get().pk: services.Arrived(1, 0)}, by=None)
    services.refund(first, amount=Decimal(3), method="card", reason="x", by=None)
    services.refresh_sales()


@pytest.fixture
def owner(client):
    client.force_login(make_user("owner"))
    return client


def report(client: Client, name: str, query: str = YEAR) -> Any:
    response = client.get(f"{reverse(f'reports:{name}')}?{query}")
    assert response.status_code == 200
    return response.context["page"]


def shown(page: Any, *names: str) -> list[tuple[Any, ...]]:
    return [(page.row_title(row), *(getattr(row, name) for name in names)) for row in page.slice.rows]


@pytest.mark.usefixtures("shop")
class TestFigures:
    def test_sales_by_month(self, owner):
        page = report(owner, "sales", f"{YEAR}&unit=month&sort=oldest")
        assert shown(page, "orders", "pieces", "gross", "before")[:4] == [
            ("January 2026", 1, 2, 25, 0),
            ("February 2026", 0, 0, 0, 0),
            ("March 2026", 2, 4, 40, 0),
            ("April 2026", 0, 0, 0, 0),
        ]
        assert [card.value for card in page.get_cards()] == ["€65.00", "€65.00", "3", "€3.00"]

    def test_a_month_is_compared_with_the_one_before_or_that_of_last_year(self, owner):
        march = "day_after=2026-03-01&day_before=2026-03-31&unit=month"
        assert shown(report(owner, "sales", march), "gross", "before") == [("March 2026", 40, 0)]
        placed(datetime(2026, 2, 28, tzinfo=UTC), [("CUP", 1)])
        placed(datetime(2025, 3, 31, tzinfo=UTC), [("CUP", 3)])
        services.refresh_sales()
        assert shown(report(owner, "sales", march), "gross", "before") == [("March 2026", 40, 10)]
        page = report(owner, "sales", f"{march}&compare=year")
        assert shown(page, "gross", "before", "change") == [("March 2026", 40, 30, Decimal(1000) / 30)]
        assert page.get_cards()[0].note == "33.3% more than before"
        assert "before" not in [column.key for column in report(owner, "sales", f"{march}&compare=none").get_columns()]

    def test_what_is_not_there_any_more_was_there_before(self, owner):
        """In all; a day is compared with the one of its number, and with no other."""
        placed(datetime(2026, 1, 28, tzinfo=UTC), [("CUP", 1)], shipping_address={"country": "AT"})
        placed(datetime(2026, 1, 31, tzinfo=UTC), [("CUP", 2)])
        services.refresh_sales()

        days = report(owner, "sales", "day_after=2026-02-01&day_before=2026-02-28&unit=day&sort=newest")
        assert (shown(days, "before")[0], days.all_before) == (("28 Feb 2026", 10), 55)
        late = report(owner, "late", "day_after=2026-02-01&day_before=2026-03-31&by=country")
        assert (sorted(shown(late, "late", "before")), late.all_before) == ([("DE", 1, 1), ("FR", 1, 0)], 3)
        assert late.get_cards()[0].note == "33.3% less than before"

    @pytest.mark.parametrize(
        ("name", "rows"),
        [
            ("channels", [("web", 2, 45), ("staff", 1, 20)]),
            ("countries", [("DE", 2, 45), ("FR", 1, 20)]),
            ("categories", [("Tea", 3, 50), ("None", 1, 10)]),
            ("products", [("Tea", 3, 50), ("Cup", 1, 10)]),
        ],
    )
    def test_sales_by_what_they_are_of(self, owner, name, rows):
        assert shown(report(owner, name), "orders", "gross") == rows

    def test_currencies_are_never_added_up(self, owner):
        page = report(owner, "channels", f"{YEAR}&currency=USD")
        assert shown(page, "orders", "gross") == [("web", 1, 20)]
        assert page.other_currencies == [("EUR", f"/reports/channels/?{YEAR}&currency=EUR")]

    def test_customers_are_ranked(self, owner):
        page = report(owner, "customers")
        assert [(row.name, row.orders, row.gross) for row in page.slice.rows] == [("Ada", 2, 45), ("Bob", 1, 20)]

    def test_margin_is_sales_less_cost_of_what_was_shipped_and_stayed(self, owner):
        page = report(owner, "margin", "day_after=2026-01-01&day_before=2030-12-31&by=product")
        assert shown(page, "pieces", "net", "cost", "margin") == [("Tea", 1, 10, 4, 6)]
        page = report(owner, "margin", "day_after=2026-01-01&day_before=2026-01-31&by=month")
        assert shown(page, "pieces", "net") == [("January 2026", 2, 20)]

    def test_margin_of_a_person_of_one_warehouse_is_of_that_alone(self, client, owner):
        query = "day_after=2026-01-01&day_before=2030-12-31&by=location"
        assert shown(report(owner, "margin", query), "net") == [("Main", 10)]
        warehouse("other")
        client.force_login(make_user("warehouse_manager", warehouses=("other",)))
        assert shown(report(client, "margin", query)) == []

    def test_returns_by_reason(self, owner):
        day = timezone.localdate()
        page = report(owner, "returns", f"day_after={day}&day_before={day}")
        assert shown(page, "orders", "pieces", "resellable", "net", "refunded", "words") == [
            ("Other", 1, 1, 1, 10, 0, "Too small (1)")
        ]
        other = ReturnCause.objects.get(code=ReturnCause.OTHER)
        page = report(owner, "returns", f"day_after={day}&day_before={day}&by=words&cause={other.pk}")
        assert shown(page, "orders", "pieces") == [("Too small", 1, 1)]
        assert shown(report(owner, "returns", f"day_after={day}&day_before={day}&cause=0"), "orders") == []

    def test_a_return_of_two_reasons_stands_at_both_and_is_counted_once(self, owner):
        small, broken = (
            ReturnCause.objects.create(code=name, name=name, name_zh=f"{name}!") for name in ("small", "broken")
        )
        order = placed(datetime(2026, 2, 2, tzinfo=UTC), [("TEA", 3), ("CUP", 1)])
        services.record_payment(order, amount=order.total, method="card", by=None)
        parcel_of(order, shipped=True, TEA=3, CUP=1)
        lines = {line_of(order, "TEA").pk: (3, small), line_of(order, "CUP").pk: (1, broken)}
        back = services.request_return(
            order, quantities={key: pieces for key, (pieces, _cause) in lines.items()}, by=None, reason="Ach",
            why={key: services.Why(cause) for key, (_pieces, cause) in lines.items()},
        )  # fmt: skip
        services.approve_return(back, by=None)
        arrived = {row.pk: services.Arrived(row.quantity, 0) for row in back.lines.all()}
        services.receive_return(back, location=warehouse(), arrived=arrived, by=None)
        services.refund(order, amount=Decimal("0.10"), method="card", reason="x", order_return=back, by=None)
        services.refresh_sales()

        page = report(owner, "returns", "period=7d")
        assert sorted(shown(page, "orders", "pieces", "net", "refunded")) == [
            ("Other", 1, 1, 10, 0), ("broken", 1, 1, 10, Decimal("0.025")), ("small", 1, 3, 30, Decimal("0.075")),
        ]  # fmt: skip
        assert page.get_cards()[0].value == "2"
        assert [owner.get(row.url).context["page"].count.number for row in page.slice.rows] == [1, 1, 1]
        [report_of] = verification.run(["sales_summaries"])
        assert report_of.result.wrong == 0

    def test_what_took_longer_than_agreed_or_still_waits_is_late(self, owner):
        assert shown(
            report(owner, "late", f"{YEAR}&by=month&sort=oldest&within=3"), "orders", "late", "waiting", "days"
        )[:3] == [
            ("January 2026", 1, 1, 0, 4),
            ("February 2026", 0, 0, 0, None),
            ("March 2026", 2, 2, 2, None),
        ]
        assert shown(report(owner, "late", f"{YEAR}&by=source&within=5"), "orders", "late") == [
            ("web", 2, 1),
            ("staff", 1, 1),
        ]  # fmt: skip

    def test_what_is_not_to_leave_before_a_day_is_late_from_then_on(self, owner, settings):
        settings.SHIP_WITHIN_DAYS = 2
        today = timezone.localdate()
        order = placed(timezone.now() - timedelta(days=30), [("TEA", 2)], source="later")
        parcel = parcel_of(order, TEA=1)
        query = "period=90d&by=source&within=2"

        def seen() -> Any:
            services.refresh_sales()
            waiting = dict(shown(report(owner, "late", query), "late"))
            return waiting["later"], order in Order.objects.late(), Order.objects.get(pk=order.pk).is_late

        Fulfilment.objects.filter(pk=parcel.pk).update(not_before=today + timedelta(days=2))
        assert seen() == (1, True, True)  # a piece is in no parcel
        other = parcel_of(order, TEA=1)
        Fulfilment.objects.filter(pk=other.pk).update(not_before=today - timedelta(days=1))
        assert seen() == (0, False, False)
        Fulfilment.objects.filter(pk=other.pk).update(not_before=today - timedelta(days=9))
        assert seen() == (1, True, True)
        [row] = [row for row in report(owner, "late", query).slice.rows if row.code == "later"]
        assert owner.get(row.url).context["page"].count.number == 1

    def test_taxes_hold_shipping(self, owner):
        page = report(owner, "taxes", f"{YEAR}&by=orders")
        assert sum(row.gross for row in page.slice.rows) == 65

    def test_taxes_of_documents_are_what_was_invoiced_less_what_was_credited(self, owner):
        order = placed(datetime(2026, 1, 5, tzinfo=UTC), [("TEA", 2)], shipping_address={"country": "DE"})
        OrderLine.objects.filter(order=order).update(
            tax_rate=Decimal("0.19"), net=Decimal("16.81"), tax=Decimal("3.19")
        )
        invoice = services.issue_invoice(order, by=None)
        services.credit(invoice, amount=Decimal("11.90"), reason="x", by=None)
        OrderLine.objects.filter(order=order).update(tax_rate=0, net=20, tax=0)  # documents do not follow
        services.refresh_sales()

        page = report(owner, "taxes", "period=7d&unit=month")
        [row] = page.slice.rows
        assert (row.country, row.rate, row.orders, row.net, row.tax, row.gross, row.refunded, row.day) == (
            "DE", Decimal("0.19"), 2, Decimal("6.81"), Decimal("1.29"), Decimal("8.10"), Decimal("-1.90"),
            timezone.localdate().replace(day=1),
        )  # fmt: skip
        assert owner.get(row.url).context["page"].count.number == 2
        written = owner.get("/reports/taxes/?period=7d&export=csv")
        assert b"DE,19" in b"".join(written.streaming_content)

    def test_cohorts_say_who_came_back_when(self, owner):
        page = report(owner, "cohorts", f"{YEAR}&sort=oldest")
        assert shown(page, "pieces", "customers_after") == [
            ("January 2026", 1, [0, 1] + [0] * 10),
            ("March 2026", 1, [0] * 12),
        ]

    @pytest.mark.parametrize("name", NAMES)
    def test_a_period_without_sales_says_so(self, owner, name):
        response = owner.get(f"/reports/{name}/?day_after=2020-01-01&day_before=2020-01-02")
        page = response.context["page"]
        assert not any(row.orders or row.net for row in page.slice.rows)
        assert page.slice.rows or str(page.empty_title) in response.content.decode()


@pytest.mark.usefixtures("shop")
class TestDrillDown:
    @pytest.mark.parametrize(
        ("name", "query"),
        [
            ("sales", f"{YEAR}&unit=month"), ("sales", f"{YEAR}&unit=week&source=web"), ("channels", f"{YEAR}&country=DE"),
            ("countries", YEAR), ("categories", YEAR), ("products", YEAR), ("customers", YEAR), ("taxes", f"{YEAR}&by=orders"),
            ("late", f"{YEAR}&by=month&within=3"), ("late", f"{YEAR}&by=country"), ("returns", "period=7d"),
            ("channels", f"{YEAR}&currency=USD"),
        ],
    )  # fmt: skip
    def test_the_list_behind_a_figure_has_as_many_rows(self, owner, name, query):
        rows = report(owner, name, query).slice.rows
        assert any(row.orders for row in rows)
        for row in rows:
            listed = owner.get(row.url).context["page"]
            assert listed.filterset_valid
            assert listed.count.number == (row.late if name == "late" else row.orders), row.url
            if name in ("sales", "channels", "countries", "customers"):
                assert sum((order.total for order in listed.matching), Decimal(0)) == row.gross

    def test_orders_of_a_cohort_in_a_later_month(self, owner):
        page = report(owner, "cohorts", f"{YEAR}&sort=oldest")
        january = page.slice.rows[0]
        listed = owner.get(january.urls_after[1]).context["page"]
        assert (listed.count.number, january.orders_after[1]) == (1, 1)

    def test_parcels_behind_a_margin(self, owner):
        page = report(owner, "margin", "day_after=2026-01-01&day_before=2026-01-31&by=country")
        assert [owner.get(row.url).context["page"].count.number for row in page.slice.rows] == [1]

    def test_the_chip_says_what_was_added_up(self, owner):
        [row] = report(owner, "channels", f"{YEAR}&source=web&country=FR").slice.rows
        chips = {chip.label: chip.value for chip in owner.get(row.url).context["page"].chips}
        assert chips == {"Behind the report": "1 Jan 2026 to 31 Dec 2026, EUR, web, FR"}

    @pytest.mark.parametrize(
        "text", ["nonsense", "first=2026-01-01", "first=x&last=y", "first=2026-01-01&last=2026-01-02&by=1"]
    )
    def test_an_address_of_no_figure_is_said_to_be_none(self, owner, text):
        response = owner.get(reverse("orders:list"), {"behind": text})
        assert not response.context["page"].filterset_valid


@pytest.mark.usefixtures("shop")
class TestExport:
    def rows(self, response: Any) -> list[list[str]]:
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    def test_what_is_shown_goes_out(self, owner):
        rows = self.rows(owner.get(f"/reports/channels/?{YEAR}&export=csv"))
        assert rows[0] == ["Channel", "Orders", "Pieces", "Net", "Tax", "Sales with tax", "Sales before", "Change"]
        assert [row[:3] for row in rows[1:]] == [["web", "2", "4"], ["staff", "1", "2"]]

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_every_report_goes_out(self, owner, name, kind):
        assert owner.get(f"/reports/{name}/?{YEAR}&export={kind}").status_code == 200


@pytest.mark.usefixtures("shop")
class TestWho:
    def test_costs_are_for_those_who_may_see_them(self, client):
        client.force_login(make_user("order_clerk"))
        assert client.get("/reports/margin/").status_code == 403
        assert "/reports/margin/" not in client.get("/reports/").content.decode()
        assert client.get("/reports/sales/").status_code == 200

    def test_names_of_customers_are_personal(self, client):
        client.force_login(make_user("analyst"))
        page = report(client, "customers")
        assert "name" not in [column.key for column in page.get_columns()]
        response = client.get(f"/reports/customers/?{YEAR}&columns=name&export=csv")
        assert b"Ada" not in b"".join(response.streaming_content)

    def test_who_sees_no_orders_sees_no_reports(self, client):
        client.force_login(make_user("catalog_editor"))
        assert client.get("/reports/").status_code == 403
        assert "/reports/" not in client.get("/").content.decode()


def test_pages_ask_little(owner, shop, django_assert_max_num_queries):
    owner.get("/reports/sales/")
    for name in NAMES:
        with django_assert_max_num_queries(13):
            owner.get(f"/reports/{name}/?{YEAR}")


def test_chinese_readers_read_chinese(owner, shop):
    owner.get("/reports/sales/", headers={"accept-language": "zh-hans"})
    page = owner.get(f"/reports/products/?{YEAR}", headers={"accept-language": "zh-hans"})
    assert re.search(r"<html[^>]* lang=\"zh", page.content.decode())


# --- Periods ------------------------------------------------------------------------------------------

days = st.dates(date(2023, 1, 1), date(2027, 12, 31))


@given(days, days)
def test_spans_cover_every_day_of_a_period_once(one, other):
    period = Period(min(one, other), max(one, other))
    latest = date(2026, 8, 15)
    covered: list[date] = []
    for span, begin, end in period.cover(latest):
        day = begin
        while day <= end:
            length = {"d": timedelta(days=1), "m": timedelta(days=31), "y": timedelta(days=366)}[span]
            behind = day + timedelta(days=1) if span == "d" else (day + length).replace(day=1)
            if span == "y":
                behind = date(day.year + 1, 1, 1)
            covered += [day + timedelta(days=number) for number in range((behind - day).days)]
            day = behind
    wanted = [period.first + timedelta(days=number) for number in range(period.days)]
    assert [day for day in covered if day <= latest] == [day for day in wanted if day <= latest]


@pytest.mark.parametrize(
    ("period", "compared", "before"),
    [
        (("2026-03-01", "2026-03-31"), "previous", ("2026-02-01", "2026-02-28")),
        (("2026-03-01", "2026-03-30"), "previous", ("2026-02-01", "2026-02-28")),
        (("2026-03-01", "2026-03-15"), "previous", ("2026-02-01", "2026-02-15")),
        (("2026-01-01", "2026-06-30"), "previous", ("2025-07-01", "2025-12-31")),
        (("2026-03-05", "2026-03-11"), "previous", ("2026-02-26", "2026-03-04")),
        (("2024-02-29", "2024-02-29"), "year", ("2023-02-28", "2023-02-28")),
        (("2026-01-01", "2026-12-31"), "year", ("2025-01-01", "2025-12-31")),
    ],
)
def test_what_a_period_is_compared_with(period, compared, before):
    asked = Period(*(date.fromisoformat(day) for day in period))
    assert asked.before(compared) == Period(*(date.fromisoformat(day) for day in before))


@given(st.lists(st.tuples(days, st.integers(1, 3)), min_size=1, max_size=8), days, days)
@hypothesis_settings(max_examples=25, deadline=None)
def test_months_and_years_stand_in_for_their_days(sold, one, other):
    """What a covered period adds up to is the sum of its days."""
    first, last = min(one, other), max(one, other)
    ProductSales.objects.all().delete()
    for day, pieces in sold:
        for span, begin in (("d", day), ("m", day.replace(day=1)), ("y", day.replace(month=1, day=1))):
            row, _new = ProductSales.objects.get_or_create(
                span=span, day=begin, currency=settings.DEFAULT_CURRENCY, item=1
            )
            ProductSales.objects.filter(pk=row.pk).update(pieces=row.pieces + pieces, gross=row.gross + pieces)
    client = Client()
    client.force_login(make_user("owner"))
    page = report(client, "products", f"day_after={first}&day_before={last}&compare=year")
    assert sum(row.pieces for row in page.slice.rows) == sum(pieces for day, pieces in sold if first <= day <= last)


def test_who_leads_is_found_among_those_that_lead_in_a_year(owner, monkeypatch):
    """The first page of a long period is the same by way of the leaders of each year as by all rows."""
    monkeypatch.setattr("orders.reports.statements.LEADERS", 4)
    monkeypatch.setattr("orders.reports.pages.Products.page_size", 2)
    for item, sold in enumerate([(50, 0), (0, 40), (20, 25), (9, 9), (8, 8), (1, 1), (0, 1)], start=1):
        for year, gross in zip((2024, 2025), sold, strict=True):
            for span, day in (("d", date(year, 6, 1)), ("m", date(year, 6, 1)), ("y", date(year, 1, 1))):
                if gross:
                    ProductSales.objects.create(span=span, day=day, currency="EUR", item=item, orders=1, gross=gross)
    period = "day_after=2024-01-02&day_before=2025-12-30"
    page = report(owner, "products", period)
    assert page._leading(ProductSales) is not None
    assert [(row.pk, row.gross) for row in page.slice.rows] == [(1, 50), (3, 45)]
    assert [(row.pk, row.gross) for row in page.matching.order_by("-compared", "-pk")[:3]] == [
        (1, 50),
        (3, 45),
        (2, 40),
    ]

    monkeypatch.setattr("orders.reports.statements.LEADERS", 1)
    page = report(owner, "products", period)
    assert page._leading(ProductSales) is None
    assert [row.pk for row in page.slice.rows] == [1, 3]


def test_margins_of_long_periods_are_ranked_by_the_leaders_of_each_year(owner, monkeypatch):
    """Days of loss take nothing from what an item may come to in a part of the year; later pages go the same way."""
    monkeypatch.setattr("orders.reports.statements.LEADERS", 4)
    monkeypatch.setattr("orders.reports.pages.Margin.page_size", 2)
    for item, margins in enumerate([(90, -85), (60, 0), (-5, 70), (10, 10), (4, 4), (-9, 3)], start=1):
        for month, margin in zip((2, 9), margins, strict=True):
            facts = {"currency": "EUR", "item": item, "pieces": 1, "net": margin, "gained": max(margin, 0)}
            for span in ("d", "m"):
                ProductMargin.objects.create(span=span, day=date(2025, month, 1), **facts)
        year = {"net": sum(margins), "gained": sum(max(margin, 0) for margin in margins)}
        ProductMargin.objects.create(span="y", day=date(2025, 1, 1), currency="EUR", item=item, pieces=2, **year)
    period = "day_after=2025-01-01&day_before=2025-08-30&by=product&compare=none"
    page = report(owner, "margin", period)
    assert page._leading(ProductMargin) is not None
    assert [(row.pk, row.margin) for row in page.slice.rows] == [(1, 90), (2, 60)]
    whole = report(owner, "margin", period.replace("08-30", "12-31"))
    assert [(row.pk, row.margin) for row in whole.slice.rows] == [(3, 65), (2, 60)]
    behind = report(owner, "margin", f"{period}&after={page.slice.after}")
    assert [(row.pk, row.margin) for row in behind.slice.rows] == [(4, 10), (5, 4)]


@pytest.mark.usefixtures("shop")
def test_tickets_stand_beside_what_was_sold(owner):
    """By product and category for 1,000 pieces, by channel and month for 100 orders; a row leads to its tickets."""
    first, second = Order.objects.order_by("pk")[:2]
    for about, opened in (
        (first.number, datetime(2026, 1, 6, tzinfo=UTC)),
        (second.number, datetime(2026, 3, 12, tzinfo=UTC)),
        ("", datetime(2026, 3, 12, tzinfo=UTC)),
    ):
        ticket = make_ticket(about=about)
        ticket.__class__.objects.filter(pk=ticket.pk).update(created_at=opened)
    reporting.refresh_service()

    products = report(owner, "ticket_products")
    assert shown(products, "created", "sold", "rate") == [("Cup", 1, 1, 1000.0), ("Tea", 2, 7, 285.7)]
    assert shown(report(owner, "ticket_products", f"{YEAR}&by=category"), "created", "sold") == [("Tea", 2, 7)]
    orders = report(owner, "ticket_orders", f"{YEAR}&by=order")
    assert shown(orders, "created", "sold", "compared") == [("staff", 1, 1, 100), ("web", 1, 3, Decimal("33.33"))]
    months = report(owner, "ticket_orders", "day_after=2026-03-01&day_before=2026-03-31&by=month")
    assert shown(months, "created", "sold", "compared", "before") == [("March 2026", 1, 3, Decimal("33.33"), None)]
    for page in (products, orders, months):
        for row in page.slice.rows:
            assert len(owner.get(row.url).context["page"].slice.rows) == row.created
