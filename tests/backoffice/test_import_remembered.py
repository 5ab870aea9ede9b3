"""What a person said of a file counts for the next one with the same header: columns, encoding, decimals, order of dates."""

import pytest

from backoffice.models import ImportMapping, ImportRun
from tests.backoffice.test_import_pages import shown, upload, work
from tests.factories import make_location, make_user, make_variant

pytestmark = pytest.mark.django_db
DATES = "Order ID,Date,SKU,Quantity,Unit price\n1,03/04/2026,A-1,2,5\n"


@pytest.fixture
def page(client):
    client.force_login(make_user("owner"))
    make_location()
    make_variant("A-1")
    return client


def latest():
    return ImportRun.objects.latest("pk")


def how(run, **changes):
    """What the form of the columns sends when only these are changed."""
    names = ("encoding", "delimiter", "decimal", "dates", "header_row")
    targets = {f"map-{place}": target for place, target in enumerate(run.mapping.values())}
    headers = {f"header-{place}": key for place, key in enumerate(run.mapping)}
    return {name: run.dialect[name] for name in names} | headers | targets | changes


def said(page, text, name="first.csv", resource="orders", **changes):
    """A file of which a person says this, checked."""
    upload(page, text, name=name, resource=resource)
    run = latest()
    if "encoding" in changes:
        work(page, run, "read", **how(run, **changes))
        run.refresh_from_db()
    work(page, run, "check", **how(run, **changes))
    run.refresh_from_db()
    return run


def test_the_order_of_dates(page):
    first = said(page, DATES, dates="dmy")
    assert (first.new, ImportMapping.objects.get().reading) == (1, {"dates": "dmy"})
    upload(page, DATES.replace("03/04", "05/06"), name="second.csv", resource="any")
    second = latest()
    assert (second.dialect["dates"], second.dialect["doubts"]) == ("dmy", [])
    text = shown(page, second)
    assert "The columns are as you mapped such a file last time (first.csv" in text
    assert "So is how it is read: Dates." in text
    work(page, second, "check", **how(second))
    second.refresh_from_db()
    assert (second.new, second.refused) == (1, 0)


def test_it_can_be_said_otherwise_and_that_counts_then(page):
    said(page, DATES, dates="dmy")
    said(page, DATES, name="second.csv", dates="mdy")
    upload(page, DATES, name="third.csv", resource="orders")
    assert (latest().dialect["dates"], ImportMapping.objects.get().reading) == ("mdy", {"dates": "mdy"})


def test_decimals(page):
    text = "SKU;Price\nA-1;1.234\n"
    said(page, text, resource="prices", decimal=".")
    upload(page, text.replace("1.234", "4.321"), name="second.csv", resource="prices")
    assert (latest().dialect["decimal"], ImportMapping.objects.get().reading) == (".", {"decimal": "."})


def test_an_encoding(page):
    text = "SKU;Title;Price\nA-1;Łódź;5\n".encode("cp1250")
    first = said(page, text, resource="products", encoding="cp1250")
    assert (first.dialect["encoding"], ImportMapping.objects.get().reading) == ("cp1250", {"encoding": "cp1250"})
    upload(page, text.replace(b"A-1", b"A-2"), name="second.csv", resource="products")
    assert latest().dialect["encoding"] == "cp1250"


def test_an_encoding_in_which_the_header_itself_is_written(page):
    text = "SKU;Nazwa;Cena;Łączność\nA-1;Kot;5;x\n".encode("cp1250")
    said(page, text, resource="products", encoding="cp1250")
    upload(page, text.replace(b"A-1", b"A-2"), name="second.csv", resource="any")
    assert (latest().resource, latest().dialect["encoding"], list(latest().mapping)[3]) == (
        "products",
        "cp1250",
        "Łączność",
    )


def test_a_file_that_proves_its_own_encoding_is_read_in_it(page):
    text = "SKU;Title;Price\nA-1;Łódź;5\n"
    said(page, text.encode("cp1250"), resource="products", encoding="cp1250")
    upload(page, text, name="second.csv", resource="products")
    assert latest().dialect["encoding"] == "utf-8-sig"


def test_what_was_only_guessed_is_not_kept(page):
    said(page, "Order ID,Date,SKU,Quantity,Unit price\n1,13/04/2026,A-1,2,5\n")
    assert not ImportMapping.objects.exists()


def test_it_is_ones_own(page, client):
    said(page, DATES, dates="dmy")
    client.force_login(make_user("owner"))
    upload(client, DATES, name="second.csv", resource="orders")
    assert latest().dialect["dates"] == ""
