"""The demonstration shop: loaded once, the same each time, and every counter true."""

from django.core.management import call_command

from backoffice import demo as people
from backoffice import verification
from backoffice.context import acting
from catalog.models import Media, Product
from customers.models import Ticket
from inventory.models import LandedCost, Lot, PurchaseOrder, Receipt, ReorderRule, StockCount, StockPart
from orders import demo
from orders.models import Order, OrderLine, Payment


def _load(**size: int) -> bool:
    demo.SIZES["tiny"] = demo.Size(
        **{"variants": 0, "customers": 30, "orders": 120, "tickets": 25, "days": 60, "ledger_days": 60, **size}
    )
    with acting(source="test"):
        return demo.load("tiny", 7)


def test_the_shop_is_believable_true_and_loaded_once(db, capsys):
    assert _load()

    assert Product.objects.count() == Media.objects.count() >= 60
    assert 100 <= Order.objects.count() <= 140
    assert Ticket.objects.count() == 25
    assert Payment.objects.exists()
    assert OrderLine.objects.filter(returned__gt=0).exists()
    assert len(people.sign_ins()) == 11
    assert set(PurchaseOrder.objects.values_list("status", flat=True)) == set(PurchaseOrder.Status.values)
    assert set(StockCount.objects.values_list("status", flat=True)) == set(StockCount.Status.values)
    assert not Receipt.objects.filter(purchase_order=None).exists()
    assert ReorderRule.objects.due().exists()
    assert PurchaseOrder.objects.overdue().exists()
    assert LandedCost.objects.exists()
    assert StockPart.objects.there().filter(bin__isnull=False, lot=None).exists()
    assert Lot.objects.in_stock().filter(is_quarantined=True).get().pk in set(
        Lot.objects.expired().values_list("pk", flat=True)
    )
    assert Lot.objects.in_stock().filter(variant__tracking="serial").count() == 6
    assert [report for report in verification.run() if report.result.wrong] == []

    before = Order.objects.count()
    assert not _load()
    call_command("demo", "--json")
    assert Order.objects.count() == before
    assert '"loaded": false' in capsys.readouterr().out


def test_more_variants_are_made_without_pictures_or_history(db):
    assert _load(variants=400)

    assert Product.objects.filter(handle__startswith="plain-").exists()
    assert [report for report in verification.run() if report.result.wrong] == []
