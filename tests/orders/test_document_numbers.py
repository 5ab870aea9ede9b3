"""Numbers of invoices and credit notes: no gap, no double, in the series that the shop has chosen."""

import random
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice import verification
from backoffice.models import DocumentSequence
from orders import services
from orders.models import DocumentSeries, Invoice
from tests.orders.builders import make_order
from tests.orders.test_concurrency import CLIENTS, at_once

EACH = 3
YEAR = timezone.localdate().year


class ChangedMind(Exception):
    """Rolls an issued document back."""


def wrong() -> int:
    return sum(report.result.wrong for report in verification.run(["document_numbers"]))


@pytest.mark.django_db(transaction=True)
def test_sixteen_issuers_some_of_whom_roll_back_leave_no_gap_and_no_double():
    orders = [[make_order([("TEA", 1)], on_hand=500, placed=True) for _turn in range(EACH)] for _one in range(CLIENTS)]
    DocumentSeries.objects.create(kind="credit_note", prefix="GS")

    def issue(number: int) -> None:
        chance = random.Random(number)
        for order in orders[number]:
            with suppress(ChangedMind), transaction.atomic():
                invoice = services.issue_invoice(order, by=None)
                if chance.random() < 0.4:
                    services.credit(invoice, reason="Wrong", by=None)
                if chance.random() < 0.4:
                    raise ChangedMind

    assert at_once(issue) == [None] * CLIENTS

    issued = sorted(Invoice.objects.values_list("number", flat=True))
    for prefix in ("INV", "GS"):
        of_series = [number for number in issued if number.startswith(f"{prefix}-")]
        assert of_series == [f"{prefix}-{YEAR}-{place:05d}" for place in range(1, len(of_series) + 1)]
        assert DocumentSequence.objects.get(series=prefix, year=YEAR).last == len(of_series)
    assert 0 < len(issued) < 2 * CLIENTS * EACH
    assert wrong() == 0


@pytest.mark.django_db
def test_a_series_begins_as_the_shop_says_and_earlier_numbers_stay():
    first = services.issue_invoice(make_order(placed=True), by=None)
    DocumentSeries.objects.create(kind="invoice", prefix="RE2")
    second = services.issue_invoice(make_order(placed=True), by=None)
    note = services.credit(second, reason="x", by=None)
    assert [first.number, second.number, note.number] == [f"INV-{YEAR}-00001", f"RE2-{YEAR}-00001", f"CN-{YEAR}-00001"]
    assert wrong() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["", "re", "R-E", "2R", "R/E", "R\n"])
def test_a_prefix_that_would_spoil_numbers_is_refused(prefix):
    with pytest.raises(ValidationError):
        DocumentSeries(kind="invoice", prefix=prefix).full_clean()
    with pytest.raises(IntegrityError, match="document_series_prefix"), transaction.atomic():
        DocumentSeries.objects.create(kind="invoice", prefix=prefix)


@pytest.mark.django_db
def test_verify_finds_a_gap():
    services.issue_invoice(make_order(placed=True), by=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE backoffice_documentsequence SET last = 3")
    (report,) = verification.run(["document_numbers"])
    assert report.result.wrong == 1
    assert report.result.examples == [f"INV-{YEAR}: counted up to 3, 1 documents, the highest number is 1"]
