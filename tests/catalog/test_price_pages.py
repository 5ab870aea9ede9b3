"""Pages of prices: forms and their refusals, repricing from the list, what the variant shows, files of rows, API."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import Approval
from catalog import services
from catalog.models import PriceChange, PriceList, PriceListItem, Repricing, Variant
from catalog.services import repricing
from tests.factories import make_user, make_variant

pytestmark = pytest.mark.django_db
MOMENT = "%Y-%m-%dT%H:%M"


def sign_in(client, role):
    user = make_user(role)
    client.force_login(user)
    client.get("/search/")
    return user


@pytest.fixture
def as_owner(client, db):
    sign_in(client, "owner")
    return client


def text_of(response):
    return " ".join(response.content.decode().split())


RULE = {"rule": "percent", "value": "10", "rounding": "none", "compare_at": "keep", "reason": ""}


def new_run(client, **fields):
    answer = client.post("/catalog/repricings/new/", {**RULE, "list": "/catalog/variants/", **fields})
    assert answer.status_code == 302, text_of(answer)
    return Repricing.objects.order_by("-pk").first()


def test_repricing_from_the_list_by_selection_and_by_filter(as_owner):
    tea, _cup = make_variant("TEA"), make_variant("CUP")
    answer = as_owner.post("/catalog/variants/?is_active=true", {"action": "reprice", "selected": [tea.pk]})
    chosen = parse_qs(urlsplit(answer["Location"]).query)["list"][0]
    assert chosen == f"/catalog/variants/?is_active=true&selected={tea.pk}"
    answer = as_owner.post("/catalog/variants/?is_active=true", {"action": "reprice", "all": "1"})
    everything = parse_qs(urlsplit(answer["Location"]).query)["list"][0]
    assert everything == "/catalog/variants/?is_active=true"
    assert "2 variants of this list" in text_of(as_owner.get(answer["Location"]))
    assert [new_run(as_owner, list=address).matched for address in (chosen, everything)] == [1, 2]


def test_repricing_from_its_own_page(as_owner):
    make_variant("TEA")
    make_variant("OLD", is_active=False)
    as_owner.post("/catalog/repricings/new/", {**RULE, "only_active": "on"})
    run = Repricing.objects.get()
    assert (run.address, run.matched) == ("/catalog/variants/?is_active=true", 1)


def test_refusals_of_the_form_stand_at_their_fields(as_owner):
    make_variant("TEA")
    answer = as_owner.post("/catalog/repricings/new/", {**RULE, "value": "-100"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"value": ["Less 100 percent and more leaves nothing of the price."]}
    assert "There is no such list." in text_of(as_owner.get("/catalog/repricings/new/?list=/x/"))


def test_preview_apply_rows_undo(as_owner):
    make_variant("TEA", cost=Decimal(12))
    make_variant("CUP", price=Decimal(20))
    run = new_run(as_owner)
    page = text_of(as_owner.get(run.get_absolute_url()))
    assert "€22.00" in page
    assert "10.0%" in page
    assert "Below cost" in page
    as_owner.post(f"/catalog/repricings/{run}/apply/", {})
    assert set(Variant.objects.values_list("price", flat=True)) == {11, 22}
    rows = as_owner.get(f"/catalog/repricings/{run}/rows/?below_cost=true").context["rows"]
    assert [row.object.variant.sku for row in rows] == ["TEA"]
    export = b"".join(as_owner.get(f"/catalog/repricings/{run}/rows/?export=csv")).decode("utf-8-sig").splitlines()
    assert export[0].startswith("SKU,Title,Old price,New price,Change")
    Variant.objects.filter(sku="CUP").update(price=5)
    as_owner.post(f"/catalog/repricings/{run}/undo/", {})
    assert set(Variant.objects.values_list("price", flat=True)) == {10, 5}
    assert "kept, because others changed them since" in text_of(as_owner.get(run.get_absolute_url()))


def test_costs_are_not_betrayed(client):
    sign_in(client, "analyst")
    make_variant("TEA", cost=Decimal(50))
    run = repricing.prepare(by=make_user("owner"), address="/catalog/variants/", rule="percent", value=Decimal(5))
    user = make_user("order_clerk")
    client.force_login(user)
    assert "Below cost" not in text_of(client.get(run.get_absolute_url()))
    rows = client.get(
        f"/catalog/repricings/{run}/rows/?below_cost=true&columns=variant.cost&columns=below_cost&columns=variant.sku"
    )
    assert [header.title for header in rows.context["headers"]] == ["SKU"]
    assert "€50.00" not in text_of(rows)
    assert "€50.00" not in text_of(client.get("/catalog/variants/TEA/"))


@pytest.mark.parametrize("number", [1, 3])
def test_rows_cost_the_same_for_any_number(as_owner, django_assert_num_queries, number):
    for place in range(number):
        make_variant(f"T{place}")
    run = new_run(as_owner)
    with django_assert_num_queries(7):
        assert len(as_owner.get(f"/catalog/repricings/{run}/rows/").context["rows"]) == number


def test_rows_say_what_would_change_and_then_what_did_and_lead_back_to_their_run(as_owner):
    make_variant("TEA", price=10)
    run = new_run(as_owner)
    address = reverse("catalog:repricing_rows", args=[run.number])
    would = text_of(as_owner.get(address))
    repricing.apply(run, by=make_user())
    did = text_of(as_owner.get(address))
    assert ("<td>Changes</td>" in would, "<td>Changed</td>" in did) == (True, True)
    assert f'<li><a href="{run.get_absolute_url()}">{run.number}</a></li>' in did


def test_an_empty_list_of_prices_offers_to_set_one_or_to_import_a_file(as_owner, client):
    price_list = services.save_price_list(by=make_user(), code="VIP", name="Regulars", currency="EUR")
    address = reverse("catalog:list_prices", args=[price_list.pk])
    new, files = reverse("catalog:list_price_new", args=[price_list.pk]), "/imports/new/?resource=price_lists"
    page = text_of(as_owner.get(address))
    assert (page.count(f'href="{new}"'), page.count(f'href="{files}"')) == (2, 1)
    sign_in(client, "catalog_reviewer")
    page = text_of(client.get(address))
    assert (page.count(f'href="{new}"'), page.count(f'href="{files}"')) == (0, 0)


def test_a_run_planned_for_later_can_be_canceled(as_owner):
    make_variant("TEA")
    run = new_run(as_owner)
    when = timezone.localtime() + timedelta(days=1)
    as_owner.post(f"/catalog/repricings/{run}/schedule/", {"due_at": when.strftime(MOMENT)})
    run.refresh_from_db()
    assert run.status == "scheduled"
    assert "As in RP-" in text_of(as_owner.get("/catalog/variants/TEA/"))
    as_owner.post(f"/catalog/repricings/{run}/cancel/", {})
    run.refresh_from_db()
    assert run.status == "canceled"
    assert PriceChange.objects.get().status == "canceled"


def test_planning_and_canceling_the_price_of_a_variant(as_owner):
    tea = make_variant("TEA")
    when = timezone.localtime() + timedelta(days=1)
    url = reverse("catalog:price_schedule", args=[tea.pk])
    answer = as_owner.post(url, {"price": "8", "due_at": "2001-01-01T10:00"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"due_at": ["This time is over already."]}
    as_owner.post(url, {"price": "8", "due_at": when.strftime(MOMENT)})
    change = PriceChange.objects.get()
    assert "Coming prices" in text_of(as_owner.get("/catalog/variants/TEA/"))
    assert "€8.00" in text_of(as_owner.get(change.get_absolute_url()))
    ticked = {"action": "cancel", "selected": [change.pk], "confirmed": "1"}
    as_owner.post("/catalog/price-changes/", ticked)
    change.refresh_from_db()
    assert change.status == "canceled"


def test_an_editor_hears_that_a_price_waits(client):
    editor = sign_in(client, "catalog_editor")
    tea = make_variant("TEA", tax_class="standard")
    page = client.get(reverse("catalog:variant_edit", args=[tea.pk]))
    form = {
        name: value for name, value in page.context["form"].initial.items() if value is not None and value is not False
    }
    answer = client.post(
        reverse("catalog:variant_edit", args=[tea.pk]),
        {**form, "price": "50", "barcode": "4006381333931", "version": tea.updated_at.isoformat()},
        follow=True,
    )
    approval = Approval.objects.get(requested_by=editor)
    assert f"The new price of TEA goes beyond the limit and waits for approval: {approval}." in text_of(answer)
    tea.refresh_from_db()
    assert (tea.price, tea.barcode) == (10, "4006381333931")


def test_price_history_shows_every_step_and_costs_to_those_who_may(client):
    owner = sign_in(client, "owner")
    tea = make_variant("TEA", cost=Decimal(4))
    for price in (11, 12):
        services.update_variant(tea, by=owner, price=Decimal(price))
    page = text_of(client.get("/catalog/variants/TEA/"))
    assert "The price or cost changed 2 times; the price went from €10.00 to €12.00." in page
    assert "€4.00" in page
    [chart] = [
        panel.context["chart"]
        for panel in client.get("/catalog/variants/TEA/").context["panels"]
        if "chart" in panel.context
    ]
    assert [list(series.values) for series in chart.series] == [[10, 11, 12], [4, 4, 4]]
    assert [len(line.points.split()) for line in chart.lines] == [6, 6]


def test_price_lists_are_kept_by_hand(as_owner):
    tea = make_variant("TEA")
    fields = {"code": "VIP", "name": "VIP", "currency": "eur", "customer_group": "vip", "is_active": "on"}
    as_owner.post("/catalog/price-lists/new/", fields)
    vip = PriceList.objects.get()
    assert (vip.currency, vip.priority) == ("EUR", 0)
    url = f"/catalog/price-lists/{vip.pk}/prices/new/"
    assert as_owner.post(url, {"variant": f"#{tea.pk}", "price": "1.005"}).status_code == 422
    as_owner.post(url, {"variant": f"#{tea.pk}", "price": "9"})
    item = PriceListItem.objects.get()
    assert item.price == 9
    edit = as_owner.get(item.get_absolute_url())
    assert edit.context["form"].initial["price"] == 9
    as_owner.post(item.get_absolute_url(), {"price": "8", "version": item.updated_at.isoformat()})
    assert "€8.00" in text_of(as_owner.get(vip.get_absolute_url()))
    assert "Prices on lists" in text_of(as_owner.get("/catalog/variants/TEA/"))
    as_owner.post(f"/catalog/price-lists/{vip.pk}/deactivate/")
    answer = as_owner.post("/catalog/price-lists/new/", {**fields, "code": "vip"})
    assert answer.context["form"].errors == {"code": ["This code is taken."]}
    as_owner.post(
        f"/catalog/price-lists/{vip.pk}/prices/", {"action": "remove", "selected": [item.pk], "confirmed": "1"}
    )
    assert not PriceListItem.objects.exists()


def test_the_api_reads_lists_and_plans(as_owner):
    tea = make_variant("TEA")
    vip = PriceList.objects.create(code="VIP", name="VIP", currency="EUR", customer_group="vip")
    PriceListItem.objects.create(price_list=vip, variant=tea, price=9)
    services.schedule(tea, by=make_user(), price=Decimal(8), due_at=timezone.now() + timedelta(days=1))
    assert [row["code"] for row in as_owner.get("/api/v1/price-lists?is_active=true").json()["items"]] == ["VIP"]
    assert as_owner.get("/api/v1/price-lists/vip").json()["customer_group"] == "vip"
    [row] = as_owner.get("/api/v1/price-lists/vip/prices").json()["items"]
    assert (row["sku"], row["price"]) == ("TEA", "9.000")
    [row] = as_owner.get("/api/v1/price-changes?status=scheduled").json()["items"]
    assert (row["sku"], row["price"], row["status"]) == ("TEA", "8.000", "scheduled")
