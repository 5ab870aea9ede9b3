"""Pages of the why-page and the reports: what they show, to whom, in how many statements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from backoffice.roles import ROLES
from inventory import services
from inventory.models import StockPosting
from inventory.services import Demand, Move, balances, post
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant, stock

pytestmark = pytest.mark.django_db
REPORTS = ["stock_then", "sale_costs", "aging", "dead_stock", "forecast", "turnover", "abc", "corrections"]


@pytest.fixture
def owner(client):
    user = make_user("owner", name="Olivia Owner")
    client.force_login(user)
    return user


def text(response):
    return response.content.decode()


def lines(response):
    """The lines of an exported file, without its header."""
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()[1:]


def fill(number):
    """So many articles with everything that a report can show."""
    main, shop = make_location(), make_location("SHOP")
    for n in range(number):
        tea = make_variant(f"TEA-{n}")
        services.receive(main, make_supplier(f"S{n}"), [(tea.pk, 9, Decimal("1.5"))], by=None)
        services.allocate(f"SO-{n}", [Demand(n, tea.pk, 2, tea.sku)], by=None)
        services.ship(f"SO-{n}", {n: 2}, main, by=None)
        post([Move("transferred", tea.pk, main.pk, shop.pk, 1)], by=None)
        services.adjust(tea.pk, main, delta=-1, reason=f"Broken {n}", by=None)
    balances.close_period(timezone.now(), is_month_end=True)
    services.refresh_flows()
    services.refresh_figures()


# --- Why --------------------------------------------------------------------------------------------


def test_why_tells_the_balance_there_and_in_all(client, owner):
    main, shop = make_location(), make_location("SHOP")
    tea = make_variant("TEA")
    services.receive(main, make_supplier(), [(tea.pk, 9, Decimal("1.5"))], by=owner)
    services.send(services.create_transfer(main, shop, [(tea.pk, 4)], by=owner), by=owner)
    services.adjust(tea.pk, main, delta=-2, reason="Broken", by=owner)
    response = client.get(reverse("inventory:why", args=[tea.pk]))
    shown = [
        (
            row.object.level.location.code,
            row.object.on_hand,
            row.object.on_hand_after,
            row.object.in_all_before,
            row.object.in_all,
        )
        for row in response.context["rows"]
    ]
    assert shown == [("MAIN", -2, 3, 9, 7), ("transit", 4, 4, 5, 9), ("MAIN", -4, 5, 9, 5), ("MAIN", 9, 9, 0, 9)]
    page = text(response)
    assert "Why is on hand 7?" in page
    assert '<a href="/go/RC-' in page
    assert "Olivia Owner" in page
    assert level_of(tea).get_absolute_url() in page


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("kind=received", [9]),
        ("kind=adjusted&kind=received", [-2, 9]),
        ("by=olivia", [-2]),
        ("cause=rc-none", []),
        ("sort=oldest", [9, -2, 1]),
        ("at_after=2000-01-01&at_before=2000-12-31", []),
    ],
)
def test_why_filters(client, owner, query, changes):
    tea = make_variant("TEA", on_hand=9)
    services.adjust(tea.pk, make_location(), delta=-2, reason="Broken", by=owner)
    post([Move("returned", tea.pk, services.virtual("customer"), make_location("SHOP").pk, 1)], by=None)
    response = client.get(f"{reverse('inventory:why', args=[tea.pk])}?{query}")
    assert [row.object.on_hand for row in response.context["rows"]] == changes


def test_why_pages_through_all_places_in_order(client, owner, monkeypatch):
    monkeypatch.setattr("inventory.views.why.VariantPage.page_size", 4)
    tea = make_variant("TEA")
    for number in range(11):
        stock(tea, 1, location=make_location(f"W{number % 3}"))
    expected = list(StockPosting.objects.order_by("-pk").values_list("pk", flat=True))
    url, found, sizes = reverse("inventory:why", args=[tea.pk]), [], []
    while url:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        sizes.append(len(queries))
        found += [row.object.pk for row in response.context["rows"]]
        url = response.context["next_url"]
    assert found == expected
    assert len(set(sizes[1:])) == 1
    back = client.get(response.context["previous_url"])
    assert [row.object.pk for row in back.context["rows"]] == expected[4:8]


def test_why_shows_only_the_places_that_one_may_see(client):
    tea = make_variant("TEA", on_hand=9)
    stock(tea, 5, location=make_location("SHOP"))
    client.force_login(make_user("warehouse_manager", warehouses=("SHOP",)))
    response = client.get(reverse("inventory:why", args=[tea.pk]))
    assert [(row.object.on_hand, row.object.in_all) for row in response.context["rows"]] == [(5, 5)]
    assert response.context["total"]["on_hand"] == 5


def test_why_of_a_variant_without_stock(client, owner):
    response = client.get(reverse("inventory:why", args=[make_variant("TEA").pk]))
    assert (response.status_code, response.context["rows"]) == (200, [])
    assert "Why is on hand 0?" in text(response)


def test_why_is_exported_as_shown(client, owner):
    tea = make_variant("TEA", on_hand=9)
    stock(tea, 5, location=make_location("SHOP"))
    address = f"{reverse('inventory:why', args=[tea.pk])}?columns=on_hand&columns=on_hand_after&columns=in_all"
    assert lines(client.get(f"{address}&export=csv")) == ["5,5,14", "9,9,9"]


# --- Reports ----------------------------------------------------------------------------------------

STATEMENTS = {
    "stock_then": 9, "sale_costs": 8, "aging": 9, "dead_stock": 9, "forecast": 9, "turnover": 10, "abc": 9, "corrections": 8,
}  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_reports_cost_the_same_for_any_number_of_rows(client, owner, rows):
    fill(rows)
    client.get("/inventory/")
    found = {}
    for name in REPORTS:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse(f"inventory:{name}") + ("?by=variant" if name == "stock_then" else ""))
        assert response.status_code == 200, name
        assert response.context["rows"] or name == "dead_stock", name
        found[name] = len(queries)
    assert found == STATEMENTS


def test_the_index_lists_what_one_may_open(client, owner):
    assert [report.url for report in client.get("/inventory/reports/").context["reports"]] == [
        reverse(f"inventory:{name}") for name in REPORTS
    ]
    client.force_login(make_user("warehouse_operator"))
    urls = [report.url for report in client.get("/inventory/reports/").context["reports"]]
    assert urls == [reverse(f"inventory:{name}") for name in REPORTS if name != "sale_costs"]


def test_stock_and_value_at_a_past_moment(client, owner):
    tea = make_variant("TEA")
    stock(tea, 9, unit_cost=Decimal(2))
    then = timezone.localtime()
    stock(tea, 5, unit_cost=Decimal(2))
    response = client.get(reverse("inventory:stock_then"), {"at": then.isoformat(), "by": "variant"})
    assert [(row.object.code, row.object.on_hand, row.object.value) for row in response.context["rows"]] == [
        ("TEA", 9, 18)
    ]
    assert response.context["totals"] == {"on_hand": 9, "allocated": 0, "held": 0, "value": 18}
    now = client.get(reverse("inventory:stock_then"))
    assert [(row.object.code, row.object.on_hand) for row in now.context["rows"]] == [("MAIN", 14)]


def test_a_moment_to_come_is_refused(client, owner):
    tomorrow = (timezone.localtime() + timedelta(days=1)).isoformat()
    assert "This moment has not come yet." in text(client.get(reverse("inventory:stock_then"), {"at": tomorrow}))


def test_totals_hold_for_all_pages(client, owner, monkeypatch):
    monkeypatch.setattr("inventory.views.reports.StockOnDay.page_size", 2)
    for number in range(5):
        stock(make_variant(f"T{number}"), number + 1, unit_cost=Decimal(1))
    first = client.get(reverse("inventory:stock_then"), {"by": "variant", "sort": "most"})
    second = client.get(first.context["next_url"])
    assert [row.object.on_hand for page in (first, second) for row in page.context["rows"]] == [5, 4, 3, 2]
    assert (
        first.context["totals"] == second.context["totals"] == {"on_hand": 15, "allocated": 0, "held": 0, "value": 15}
    )


def test_stock_on_a_day_is_exported(client, owner):
    stock(make_variant("TEA"), 9, unit_cost=Decimal(2))
    address = f"{reverse('inventory:stock_then')}?by=variant&columns=code&columns=on_hand&columns=value&export=csv"
    assert lines(client.get(address)) == ["TEA,9,18"]
    assert lines(client.get(f"{address}&columns=title&columns=average_cost")) == ["TEA,9,18,Tea,2"]


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "sale_costs"])
def test_no_report_shows_costs_to_whom_they_are_no_business(client, name):
    fill(1)
    client.force_login(make_user("warehouse_operator"))
    response = client.get(reverse(f"inventory:{name}"))
    assert response.status_code == 200
    assert not [column for column in response.context["page"].get_columns() if column.kind == "money"]
    assert "€" not in text(response)


def test_costs_of_goods_sold_are_for_those_who_see_costs(client):
    client.force_login(make_user("warehouse_operator"))
    assert client.get(reverse("inventory:sale_costs")).status_code == 403


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_keeps_to_the_warehouses_of_its_reader(client, name):
    fill(1)
    client.force_login(make_user("warehouse_manager", warehouses=("OTHER",)))
    response = client.get(reverse(f"inventory:{name}"))
    assert (response.status_code, response.context["rows"]) == (200, [])
    assert response.context["chart"] is None or response.context["chart"].is_empty


def test_stock_can_be_filtered_by_class(client, owner):
    fill(2)
    stock(make_variant("NEW"), 1)
    services.refresh_figures()
    found = {name: len(client.get(f"/inventory/?abc={name}").context["rows"]) for name in ("A", "C", "-")}
    assert found == {"A": 4, "C": 0, "-": 1}


def test_every_role_opens_what_it_may(client):
    fill(1)
    places = [
        reverse("inventory:reports"),
        reverse("inventory:why", args=[StockPosting.objects.first().level.variant_id]),
    ]
    places += [reverse(f"inventory:{name}") for name in REPORTS]
    wrong = []
    for role in ROLES:
        user = make_user(role)
        client.force_login(user)
        for path in places:
            permission = resolve(path).func.view_class.permission
            allowed = user.has_perms((permission,) if isinstance(permission, str) else permission)
            status = client.get(path).status_code
            if status != (200 if allowed else 403):
                wrong.append((role, path, status))
    assert wrong == []
