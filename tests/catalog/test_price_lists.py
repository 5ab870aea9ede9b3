"""Price lists: which price counts for whom and when; the rules of the database; files."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import services
from catalog.models import PriceList, PriceListItem, Variant
from catalog.services import Price
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_variant

pytestmark = pytest.mark.django_db


def make_list(code="VIP", **fields):
    return PriceList.objects.create(code=code, **{"name": code.title(), "currency": "EUR", **fields})


def put(price_list, variant, price, compare_at=None):
    return PriceListItem.objects.create(price_list=price_list, variant=variant, price=price, compare_at=compare_at)


def test_without_lists_the_own_price_counts():
    tea = make_variant("TEA", compare_at=Decimal(12))
    assert services.price_of([tea.pk]) == {tea.pk: Price(Decimal(10), Decimal(12))}
    assert services.price_of([tea.pk], currency="USD") == {}


def test_group_currency_time_and_priority_decide(django_assert_num_queries):
    now = timezone.now()
    tea, cup = make_variant("TEA"), make_variant("CUP")
    put(make_list("ALL"), tea, 9)
    put(make_list("VIP", customer_group="vip"), tea, 8)
    put(make_list("SALE", priority=5, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)), tea, 5, 10)
    put(make_list("US", currency="USD"), tea, 11)
    put(make_list("OFF", is_active=False, priority=9), tea, 1)

    def price(**terms):
        found = services.price_of([tea.pk], **terms)[tea.pk]
        return found.price, found.compare_at, found.code

    assert price() == (9, None, "ALL")
    assert price(group="vip") == (8, None, "VIP")
    assert price(group="other") == (9, None, "ALL")
    assert price(currency="USD") == (11, None, "US")
    assert price(group="vip", at=now + timedelta(days=1)) == (5, 10, "SALE")
    assert price(at=now + timedelta(days=2)) == (9, None, "ALL")
    with django_assert_num_queries(1):
        found = services.price_of(Variant.objects.filter(sku__contains="U"))
    assert found == {cup.pk: Price(Decimal(10), None)}


def test_lists_that_would_be_ambiguous_are_refused(owner):
    fields = {"name": "x", "currency": "EUR", "customer_group": "vip", "priority": 1}
    services.save_price_list(by=owner, code="A", **fields)
    with pytest.raises(ValidationError) as refusal:
        services.save_price_list(by=owner, code="B", **fields)
    assert list(refusal.value.message_dict) == ["priority"]
    services.save_price_list(by=owner, code="B", **{**fields, "priority": 2})
    services.save_price_list(by=owner, code="C", **fields, is_active=False)
    with pytest.raises(ValidationError, match="Another active list"):
        services.activate_list(PriceList.objects.get(code="C"), by=owner)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"code": "vip"}, "code", "This code is taken."),
        ({"currency": "E1R"}, "currency", "Three capital letters, such as EUR."),
        (
            {"starts_at": timezone.now(), "ends_at": timezone.now() - timedelta(days=1)},
            "ends_at",
            "A price list ends after it starts.",
        ),
    ],
)
def test_a_wrong_list_is_refused_at_its_field(owner, fields, field, sentence):
    make_list("VIP", priority=7)
    with pytest.raises(ValidationError) as refusal:
        services.save_price_list(by=owner, **{"code": "NEW", "name": "New", "currency": "EUR", **fields})
    assert refusal.value.message_dict == {field: [sentence]}


def test_a_list_with_prices_keeps_its_currency(owner):
    vip = make_list()
    services.save_price_list(vip, by=owner, currency="USD")
    put(vip, make_variant("TEA"), 5)
    with pytest.raises(ValidationError, match="keeps its currency"):
        services.save_price_list(vip, by=owner, currency="EUR")
    with pytest.raises(IntegrityError, match="has prices and keeps its currency"), transaction.atomic():
        PriceList.objects.update(currency="GBP")


def test_amounts_fit_the_currency_of_the_list(owner):
    tea = make_variant("TEA")
    yen = make_list("JP", currency="JPY")
    with pytest.raises(ValidationError, match=r"1\.5 is not possible: JPY has 0 decimals"):
        services.set_list_price(yen, tea, by=owner, price=Decimal("1.5"))
    with pytest.raises(IntegrityError, match="more decimals than the currency"), transaction.atomic():
        put(yen, tea, Decimal("1.5"))
    services.set_list_price(yen, tea, by=owner, price=Decimal(1500))
    with pytest.raises(IntegrityError, match="more decimals than the currency"), transaction.atomic():
        PriceListItem.objects.update(compare_at=Decimal("0.5"))
    with pytest.raises(IntegrityError, match="price_list_item_not_negative"), transaction.atomic():
        PriceListItem.objects.update(price=-1)


def test_setting_a_price_again_changes_it(owner):
    tea, vip = make_variant("TEA"), make_list()
    services.set_list_price(vip, tea, by=owner, price=Decimal(9))
    services.set_list_price(vip, tea, by=owner, price=Decimal(8), compare_at=Decimal(9))
    assert list(PriceListItem.objects.values_list("price", "compare_at")) == [(8, 9)]
    services.remove_list_prices(list(PriceListItem.objects.all()), by=owner)
    assert not PriceListItem.objects.exists()


def test_prices_come_by_file_and_go_out_the_same(tmp_path):
    make_list("VIP")
    make_list("JP", currency="JPY")
    make_variant("TEA")
    make_variant("CUP")
    text = "price_list,sku,price,compare_at\nvip,tea,9.5,12\nJP,TEA,1500,\n"
    result = bring(tmp_path, "price_lists", text)
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    path = tmp_path / "out.csv"
    call_command("export_csv", "price_lists", "-o", str(path), stdout=StringIO())
    exported = path.read_text("utf-8-sig").splitlines()
    assert exported == ["price_list,sku,price,compare_at", "JP,TEA,1500,", "VIP,TEA,9.5,12"]
    assert counts(bring(tmp_path, "price_lists", "\n".join(exported) + "\n")) == (0, 0, 2, 0)
    result = bring(tmp_path, "price_lists", "List code,SKU,Price\nVIP,TEA,9\n")
    assert counts(result) == (0, 1, 0, 0)
    assert PriceListItem.objects.get(price_list__code="VIP").compare_at == 12
    out = StringIO()
    call_command("undo_import", result["run"], "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["restored"] == 1
    assert PriceListItem.objects.get(price_list__code="VIP").price == Decimal("9.5")


def test_every_refused_cell_says_why(tmp_path):
    make_list("JP", currency="JPY")
    make_variant("TEA")
    make_variant("CUP")
    text = "price_list,sku,price\nNO,TEA,1\nJP,NO,1\nJP,TEA,1.5\nJP,CUP,-1\nJP,,5\nJP,CUP,cheap\n"
    assert reasons(bring(tmp_path, "price_lists", text, "--partial")) == [
        (2, "price_list", "NO", "There is no price list “NO”."),
        (3, "variant", "NO", "There is no variant “NO”."),
        (4, "price", "1.5", "JPY has 0 decimals."),
        (5, "price", "-1", "The number must not be below 0."),
        (6, "price_list", "", "The row does not say which list price it is about."),
        (7, "price", "cheap", "This is not a number."),
    ]


def test_steps_beyond_the_limit_are_for_those_who_approve_prices(editor, owner):
    tea, vip = make_variant("TEA"), make_list()
    sentence = "The price moves by more than 30 percent; somebody who approves prices has to bring it in."
    with pytest.raises(ValidationError) as refusal:
        services.set_list_price(vip, tea, by=editor, price=Decimal(5))
    assert refusal.value.message_dict == {"price": [sentence]}
    services.set_list_price(make_list("US", currency="USD"), tea, by=editor, price=Decimal(50))
    services.set_list_price(vip, tea, by=owner, price=Decimal(5))
    services.set_list_price(vip, tea, by=editor, price=Decimal(6))
    rows = [(2, None, "VIP", "TEA", Decimal(12))]
    columns = ["price_list", "variant", "price"]
    outcome = services.upsert_list_prices(rows, columns=columns, by=editor)
    assert [problem["message"] for problem in outcome.problems] == [sentence]
    assert services.upsert_list_prices(rows, columns=columns, by=owner).changed == 1
