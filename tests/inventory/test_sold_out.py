"""What is sold out is marked in the transaction that makes it so, whoever does it; marks that are none any more go."""

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import verification
from catalog.models import Variant
from inventory import services
from inventory.models import SoldOut, StockLevel
from inventory.tasks import refresh_sold_out
from tests.catalog.test_finding import shown
from tests.factories import make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    client.force_login(make_user("owner"))
    return client


def marked():
    return sorted(SoldOut.objects.values_list("variant__sku", flat=True))


def out(client):
    return sorted(shown(client, "stock=out", reverse("catalog:variants")))


def test_variants_are_marked_as_they_sell_out_and_forgotten_when_they_are_back(owner):
    tea, cup, gift = make_variant("TEA", on_hand=3), make_variant("CUP"), make_variant("GIFT", track_stock=False)
    assert (services.refresh_sold_out(), marked(), out(owner)) == (1, ["CUP"], ["CUP"])

    services.allocate("SO-1", [services.Demand(1, tea.pk, 3, "TEA")], by=None)
    assert (marked(), out(owner)) == (["CUP", "TEA"], ["CUP", "TEA"])
    stock(cup, 2)
    services.release("SO-1", None, by=None)
    assert (out(owner), services.refresh_sold_out()) == ([], 0)

    Variant.objects.filter(pk=gift.pk).update(track_stock=True)
    assert (marked(), out(owner)) == (["GIFT"], ["GIFT"])


def test_what_lies_in_a_closed_warehouse_is_not_for_sale(owner):
    make_variant("TEA", on_hand=3)
    make_location("SHOP")
    services.refresh_sold_out()
    services.close_location(make_location(), by=None, leave_stock=True)
    assert (marked(), out(owner)) == (["TEA"], ["TEA"])
    SoldOut.objects.all().delete()  # as if the tea had come in by a transaction that the trigger did not see
    [job] = ProcrastinateJob.objects.filter(task_name="inventory.refresh_sold_out")
    refresh_sold_out(**job.args)
    assert (marked(), out(owner)) == (["TEA"], ["TEA"])


def test_missing_marks_are_told_and_written(owner):
    make_variant("TEA")
    SoldOut.objects.all().delete()
    [report] = [one for one in verification.run() if one.result.wrong]
    assert (report.name, report.result.examples) == ("sold_out", ["TEA is sold out and not marked"])
    services.refresh_sold_out()
    assert (marked(), StockLevel.objects.count()) == (["TEA"], 0)
    assert [one.name for one in verification.run() if one.result.wrong] == []
