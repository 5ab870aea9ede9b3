"""Tax by class, country and region; amounts in currencies with 0, 2 and 3 decimals."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from orders import services
from orders.models import Order, TaxRate
from tests.orders.builders import article, staff

pytestmark = pytest.mark.django_db
HERE = {"line1": "Main Street 1", "city": "X"}


@pytest.fixture
def rates():
    for kind, country, region, name, rate in [
        ("standard", "", "", "Abroad", "0"),
        ("standard", "DE", "", "VAT 19%", "0.19"),
        ("reduced", "DE", "", "VAT 7%", "0.07"),
        ("standard", "US", "", "US", "0.01"),
        ("standard", "US", "CA", "California", "0.0725"),
        ("standard", "US", "NY", "New York", "0.04"),
        ("standard", "CA", "", "GST", "0.05"),
        ("standard", "CA", "QC", "GST and QST", "0.14975"),
    ]:
        TaxRate.objects.create(tax_class=kind, country=country, region=region, name=name, rate=Decimal(rate))


def place(sku="TEA", *, to, quantity=1, price="10", shipping="0", **header):
    line = services.NewLine(quantity, article(sku, on_hand=50, **header.pop("goods", {})), unit_price=Decimal(price))
    return services.place_new(
        by=None, lines=[line], shipping_address=HERE | to if to else {}, shipping=Decimal(shipping), **header
    )


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ({"country": "DE", "region": "BY"}, "VAT 19%"),
        ({"country": "US", "region": "CA"}, "California"),
        ({"country": "US", "region": "us-ny "}, "New York"),
        ({"country": "us", "region": "TX"}, "US"),
        ({"country": "US"}, "US"),
        ({"country": "CA"}, "GST"),
        ({"country": "CA", "region": "QC"}, "GST and QST"),
        ({"country": "JP", "region": "CA"}, "Abroad"),
        ({}, "Abroad"),
    ],
)
def test_the_narrowest_rate_counts(rates, to, name):
    assert place(to=to).lines.get().tax_name == name


def test_without_a_shipping_address_the_invoice_address_tells(rates):
    line = services.NewLine(1, article("TEA", on_hand=1))
    order = services.place_new(by=None, lines=[line], billing_address=HERE | {"country": "US", "region": "NY"})
    assert order.lines.get().tax_rate == Decimal("0.04")


def test_a_class_without_a_rate_in_the_region_takes_that_of_the_country(rates):
    TaxRate.objects.create(tax_class="reduced", country="US", name="Food", rate=0)
    order = place("BREAD", to={"country": "US", "region": "CA"}, goods={"tax_class": "reduced"}, shipping="5")
    assert (order.lines.get().tax_name, order.shipping_tax_rate) == ("Food", Decimal("0.0725"))


def test_a_change_of_the_region_taxes_the_lines_of_a_draft_anew(rates):
    tea = article("TEA", on_hand=5)
    draft = services.create_draft(by=None, lines=[services.NewLine(1, tea)], shipping_address=HERE | {"country": "US"})
    draft = services.edit_draft(
        draft, by=None, lines=[services.NewLine(1, tea)], shipping_address=HERE | {"country": "US", "region": "CA"}
    )
    assert (draft.lines.get().tax_name, draft.tax) == ("California", Decimal("0.68"))


@pytest.mark.parametrize(
    ("currency", "price", "quantity", "inclusive", "expected"),
    [  # net, tax, gross of the line; 19 %
        ("JPY", "333", 3, True, ("839", "160", "999")),
        ("JPY", "333", 3, False, ("999", "190", "1189")),
        ("JPY", "0.5", 1, False, ("1", "0", "1")),  # rounded half-up once, on the line
        ("KWD", "1.005", 3, True, ("2.534", "0.481", "3.015")),
        ("KWD", "1.005", 3, False, ("3.015", "0.573", "3.588")),
        ("EUR", "9.99", 3, True, ("25.18", "4.79", "29.97")),
        ("EUR", "9.99", 3, False, ("29.97", "5.69", "35.66")),
    ],
)
def test_a_line_is_rounded_once_in_the_smallest_coin(rates, currency, price, quantity, inclusive, expected):
    order = place(to={"country": "DE"}, price=price, quantity=quantity, currency=currency, prices_include_tax=inclusive)
    line = order.lines.get()
    assert (line.net, line.tax, line.gross) == tuple(map(Decimal, expected))
    assert (order.total, order.tax) == (line.gross, line.tax)


@pytest.mark.parametrize(
    ("currency", "price", "discount", "shipping", "shares", "total"),
    [
        ("JPY", "100", "100", "500", [34, 33, 33], 700),
        ("KWD", "1", "0.100", "0.500", [Decimal("0.034"), Decimal("0.033"), Decimal("0.033")], Decimal("3.400")),
    ],
)
def test_an_order_in_yen_or_dinar_adds_up(rates, currency, price, discount, shipping, shares, total):
    lines = [services.NewLine(1, article(sku, on_hand=5), unit_price=Decimal(price)) for sku in ("A", "B", "C")]
    order = services.place_new(
        by=None, lines=lines, currency=currency, discount=Decimal(discount), shipping=Decimal(shipping),
        shipping_address=HERE | {"country": "DE"},
    )  # fmt: skip
    assert [line.order_discount for line in order.lines.all()] == shares
    assert order.total == sum(line.gross for line in order.lines.all()) + order.shipping == total
    services.record_payment(order, amount=order.total, method="card", by=None)
    order.refresh_from_db()
    assert order.payment_status == "paid"


@pytest.mark.parametrize(
    ("currency", "amount", "refusal"),
    [
        ("JPY", "0.5", "JPY has 0 decimals"),
        ("KWD", "0.0005", "no more than 3 decimal"),
        ("EUR", "0.005", "EUR has 2 decimals"),
    ],
)
def test_amounts_without_a_coin_are_refused(currency, amount, refusal):
    with pytest.raises(ValidationError, match=refusal):
        place(to={}, currency=currency, shipping=amount)
    assert not Order.objects.exists()


def test_rates_are_written_in_capitals_and_once():
    row = TaxRate(tax_class="standard", country="us", region="us-ca", name="California", rate=Decimal("0.0725"))
    row.full_clean()
    row.save()
    assert (row.country, row.region) == ("US", "CA")
    again = TaxRate(tax_class="standard", country="US", region="CA", name="x", rate=0)
    with pytest.raises(ValidationError, match="a rate for this class, country and region already"):
        again.full_clean()
    with pytest.raises(ValidationError, match="Say which country the region belongs to"):
        TaxRate(tax_class="standard", region="CA", name="x", rate=0).full_clean()
    with pytest.raises(IntegrityError, match="tax_rate_capitals"), transaction.atomic():
        TaxRate.objects.create(country="us", name="x", rate=0)


def test_the_admin_writes_rates_of_a_region(client):
    client.force_login(staff("owner"))
    data = {"tax_class": "standard", "country": "us", "region": "wa", "name": "Washington", "rate": "0.065"}
    assert client.post("/admin/orders/taxrate/add/", data).status_code == 302
    assert (TaxRate.objects.get().country, TaxRate.objects.get().region) == ("US", "WA")
    page = client.get("/admin/orders/taxrate/?country__exact=US").content.decode()
    assert "Washington" in page
