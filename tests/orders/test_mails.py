"""Customers hear of their orders, in their language, once the change is kept."""

from decimal import Decimal

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from orders import services, tasks
from tests.orders.builders import buyer, make_order, parcel_of

pytestmark = pytest.mark.django_db


def queued() -> list[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="orders.tasks.send_mail").order_by("pk")
    return [job.args["kind"] for job in jobs]


def run_queued() -> None:
    for job in ProcrastinateJob.objects.filter(task_name="orders.tasks.send_mail").order_by("pk"):
        tasks.send_mail(**job.args)


def test_mails_go_out_when_the_change_is_kept(django_capture_on_commit_callbacks, mailoutbox):
    order = make_order([("TEA", 2)], customer=buyer("Ada Lovelace", email="ada@example.com"))
    with django_capture_on_commit_callbacks(execute=True):
        services.place(order, by=None)
        services.record_payment(order, amount=Decimal(20), method="card", by=None)
        services.ship(services.pack(parcel_of(order), by=None), by=None, carrier="DHL", tracking_number="JD01")
        services.refund(order, amount=Decimal("2.50"), method="card", reason="Chipped", by=None)

    assert queued() == ["placed", "shipped", "refunded"]
    run_queued()

    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]] * 3
    placed, shipped, refunded = (mail.body for mail in mailoutbox)
    assert "Hello Ada Lovelace," in placed
    assert "2 × Tea: €20.00" in placed
    assert "JD01" in shipped
    assert "€2.50" in refunded


def test_nothing_is_sent_for_what_was_rolled_back_or_has_no_address(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.place(make_order([("TEA", 1)]), by=None)
        with transaction.atomic():
            services.place(make_order([("TEA", 1)], customer=buyer()), by=None)
            transaction.set_rollback(True)
    assert queued() == []
