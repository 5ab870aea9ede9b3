"""Every page in a real browser, in light on a desk and in dark on a phone: accessible, silent, and never wider than the screen."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.core import signing
from django.urls import resolve, reverse
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import demo as sign_ins
from backoffice import people, previews, publishing, webhooks
from backoffice.bulk_edit import editing
from backoffice.bulk_edit.forms import change_of
from backoffice.bulk_edit.operations import field_of
from backoffice.context import acting
from backoffice.exports import running, schedules
from backoffice.models import Approval, AuditEvent, ExportTemplate, Invitation, LiveVersion, User
from backoffice.publishing import pages as publishing_pages
from backoffice.tasks import heartbeat
from catalog import services as catalog
from catalog.models import (
    AttributeDefinition,
    Brand,
    Category,
    PriceChange,
    PriceListItem,
    Product,
    Repricing,
    RepricingRow,
    Tag,
    Variant,
)
from catalog.services import repricing
from customers import services as support
from customers.models import (
    AgentProfile,
    Article,
    Customer,
    CustomField,
    DuplicatePair,
    FollowUp,
    HelpCategory,
    Macro,
    Policy,
    StaticList,
    Survey,
    Ticket,
)
from customers.services import merge, ownership, promises, surveys
from customers.views.support import SALT
from inventory import services as inventory
from inventory.models import (
    Allocation,
    Hold,
    Location,
    PurchaseOrder,
    Receipt,
    ReorderRule,
    StockCount,
    StockLevel,
    StockPart,
    Supplier,
    SupplierItem,
    Transfer,
)
from orders import demo, mails
from orders import services as orders
from orders.models import Fulfilment, Invoice, Order, OrderLine, Return
from tests.factories import make_incoming_mail, make_ticket
from tests.test_permissions import OWN

RULES = {
    "preload": False,
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}
AXE = Axe().axe_script
JUDGE = """async ([options, whole]) => {
  const part = (!whole && document.querySelector("main")) || document;
  return (await axe.run(part, options)).violations;
}"""
SMALL = demo.Size(variants=0, customers=30, orders=120, tickets=25, days=60, ledger_days=60)
FILE = "Handle,Title,Variant SKU,Variant Price\nday-cup,Day Cup,DAY-CUP,12\nday-pot,Day Pot,DAY-POT,six\n"
Paths = Iterator[str]
NEED_ROWS = {  # paper: without rows there is nothing to print
    "catalog:variant_labels",
    "inventory:bin_labels",
    "orders:invoice-papers",
    "orders:packing-slips",
    "orders:pick-lists",
    "orders:return-labels",
    "orders:return-slips",
    "orders:shipping-labels",
}
NOT_PAGES = {  # files, fragments, redirects and answers of scripts
    "go",
    "robots",
    "catalog:picture",
    "catalog:product_by_key",
    "catalog:tag_suggest",
    "catalog:thumbnail",
    "catalog:variant_by_key",
    "imports:mapping",
    "exports:file",
    "imports:refused",
    "imports:template",
    "imports:work",
    "bulk_edit:work",
    "disputes:file",
    "orders:invoice-pdf",
    "orders:invoice-pdfs",
    "preview:picture",
    "public:picture",
    "public:sitemap",
    "public:sitemap_part",
    "public:thumbnail",
    "reviews:decide",
    "orders:variant-by-code",
    "orders:variant-info",
    "orders:work-start",
    "shell:lookup",
    "shell:mentions",
    "help:sitemap",
    "help:suggest",
    "support:file",
    "tickets:compose",
    "tickets:draft",
    "tickets:file",
    "tickets:picture",
    "tickets:macro_text",
    "tickets:mail-raw",
}
ABOUT_A_TAG = {"catalog:tag_rename", "catalog:tag_remove"}
CONFIRMED = {  # the one page of `generic.ActionView`, seen for other verbs
    "approvals:withdraw",
    "articles:category-delete",
    "customers:archive",
    "customers:field_archive",
    "customers:list_delete",
    "customers:release",
    "disputes:appeal",
    "disputes:decide-appeal",
    "followups:cancel",
    "inventory:count_cancel",
    "inventory:purchase_cancel",
    "inventory:purchase_close",
    "inventory:purchase_order_it",
    "inventory:transfer_cancel",
    "jobs:retry",
    "orders:change-discard",
    "orders:close",
    "orders:duplicate",
    "orders:fulfilment-pack",
    "orders:fulfilment-resume",
    "orders:note",
    "orders:reopen",
    "orders:return-approve",
    "orders:return-close",
    "orders:return-place-exchange",
    "people:end-sessions",
    "people:reactivate",
    "people:remove-second-factor",
    "people:resend",
    "people:withdraw",
    "tickets:mail-again",
    "tickets:mail-release",
    "tickets:mailbox-fetch",
    "tickets:mailbox-test",
    *(f"articles:{verb}" for verb in (*publishing_pages.OF_EDITORS, *publishing_pages.OF_REVIEWERS)),
    *(f"catalog:product_{verb}" for verb in ("withdraw", "approve", "unpublish", "archive", "reopen")),
}


# --- The shop -----------------------------------------------------------------------------------------


@pytest.fixture
def owner(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """The owner of a small demonstration shop with one of everything."""
    monkeypatch.setitem(demo.SIZES, "small", SMALL)
    with acting(source="test"):
        demo.load("small", 7)
        owner = User.objects.get(email=sign_ins.address("owner"))
        _goods(owner)
        _papers(owner)
        _prices(owner)
        people.invite(
            email="new@example.com", by=owner, roles=Group.objects.filter(name="auditor"), link=lambda one: "/"
        )
        heartbeat.defer(timestamp=0)
    return owner


def _goods(owner: User) -> None:
    """A hold, and a transfer in each of its states."""
    here, there = Location.objects.filter(kind=Location.Kind.STOCK)[:2]
    levels = StockLevel.objects.filter(location=here, on_hand__gt=20, allocated__lt=5)[:2]
    tomorrow = timezone.now() + timedelta(days=1)
    inventory.hold(levels[0].variant_id, here, 1, reason="Photographs", expires_at=tomorrow, by=owner)
    lines = [(level.variant_id, 2) for level in levels]
    inventory.create_transfer(here, there, lines, "For the window", by=owner)
    inventory.send(inventory.create_transfer(here, there, lines, by=owner), by=owner)
    _kept(here, there, levels[0], owner)
    _counts(here, [level.variant_id for level in levels], owner)
    _bought(here, [level.variant_id for level in levels], owner)


def _kept(here: Location, there: Location, level: StockLevel, owner: User) -> None:
    """Bins, one with pieces; a variant with lots, one of them expired, of which a transfer and an order wait."""
    first, _second = inventory.create_bins(here, ["T-01", "T-02"], by=owner)
    inventory.put_away([inventory.PutAway(level.pk, 5, first.pk)], by=owner)
    milk = Variant.objects.filter(levels=None).first()
    Variant.objects.filter(pk=milk.pk).update(tracking=Variant.Tracking.LOT)
    today = timezone.localdate()
    came = [
        inventory.Arriving(4, "L-1", today - timedelta(days=1), first.pk),
        inventory.Arriving(6, "L-2", today + timedelta(days=20)),
    ]
    inventory.receive(here, None, [(milk.pk, 10, Decimal(1))], parts={0: came}, by=owner)
    inventory.create_transfer(here, there, [(milk.pk, 2)], "With lots", by=owner)
    lines = [inventory.PurchaseLine(milk.pk, 5, Decimal(1))]
    order = inventory.create_purchase(Supplier.objects.filter(is_active=True).first(), here, lines, by=owner)
    inventory.order_purchase(order, by=owner)


def _counts(place: Location, variants: list[int], owner: User) -> None:
    """A stocktake in each of its states; each finds one piece more of what was counted."""
    chosen = inventory.Selection(StockCount.Scope.LIST, variants=variants)
    for status in ("draft", "counting", "review", "posted"):
        count = inventory.create_count(place, chosen, blind=status == "draft", by=owner)
        if status == "draft":
            continue
        inventory.start_count(count, by=owner)
        line = count.lines.first()
        inventory.enter_counts(count, [inventory.Entry(line.variant_id, line.expected + 1)], by=owner)
        if status != "counting":
            inventory.close_count(count, by=owner)
        if status == "posted":
            inventory.post_count(count, by=None)


def _bought(here: Location, variants: list[int], owner: User) -> None:
    """A draft, and an order that came in part, with a landed cost; an item and a rule that asks."""
    supplier = Supplier.objects.filter(is_active=True).first()
    Supplier.objects.filter(pk=supplier.pk).update(email="sales@acme.example")
    item = SupplierItem(supplier=supplier, variant_id=variants[0], supplier_sku="A-77", cost=Decimal("2.50"))
    SupplierItem.objects.bulk_create([item], ignore_conflicts=True)
    ReorderRule.objects.get_or_create(
        variant_id=variants[0], location=here, defaults={"minimum": 90_000, "maximum": 99_000}
    )
    lines = [inventory.PurchaseLine(variant, 5, Decimal("2.50")) for variant in variants]
    inventory.create_purchase(supplier, here, lines, by=owner)
    order = inventory.order_purchase(inventory.create_purchase(supplier, here, lines, by=owner), by=owner)
    came = inventory.receive_purchase(order, [inventory.Delivered(order.lines.first().pk, 2, 1, "damaged")], by=owner)
    inventory.add_landed_cost(came, Decimal(7), reason="Freight", by=owner)


def _papers(owner: User) -> None:
    """A draft, a parcel to pick, an invoice, and a return that is on its way."""
    variant = Variant.objects.filter(price__gt=0).first()
    orders.create_draft(lines=[orders.NewLine(variant=variant, quantity=2)], currency=variant.currency, by=owner)
    placed = Order.objects.filter(status="placed", lines__allocated__gt=0).first()
    promised = Allocation.objects.filter(quantity__gt=0, cause=placed.number).select_related("location").first()
    orders.create_fulfilment(placed, location=promised.location, by=owner)
    shipped = Order.objects.filter(fulfilment_status="fulfilled", return_status="none", invoices=None).first()
    orders.issue_invoice(shipped, by=owner)
    line = OrderLine.objects.filter(order=shipped, fulfilled__gt=0).first()
    order_return = orders.request_return(shipped, quantities={line.pk: 1}, reason="Too small", by=owner)
    orders.approve_return(order_return, by=owner)
    orders.agree_exchange(order_return, lines=[orders.NewLine(1, variant, unit_price=variant.price)], by=owner)
    _came_back(owner)


def _came_back(owner: User) -> None:
    """A return of which pieces are set aside, and one that waits to be approved."""
    shipped = Order.objects.filter(fulfilment_status="fulfilled", return_status="none")[:2]
    rows = []
    for order in shipped:
        quantities = {order.lines.filter(variant__track_stock=True).first().pk: 1}
        rows.append(orders.request_return(order, quantities=quantities, reason="Wrong colour", by=owner))
    came = {rows[0].lines.get().pk: orders.Arrived(1, restock=False)}
    place = Location.objects.filter(kind=Location.Kind.STOCK).first()
    orders.receive_return(orders.approve_return(rows[0], by=owner), location=place, arrived=came, by=owner)


def _prices(owner: User) -> None:
    """A list, a plan, a proposal, a run to look at and one that is applied."""
    variant = Variant.objects.filter(price__gt=5).first()
    price_list = catalog.save_price_list(by=owner, code="VIP", name="Regulars", currency="EUR", customer_group="vip")
    catalog.set_list_price(price_list, variant, by=owner, price=Decimal(4), compare_at=Decimal(5))
    tomorrow = timezone.now() + timedelta(days=1)
    catalog.schedule(variant, by=owner, price=Decimal(5), due_at=tomorrow, until=tomorrow + timedelta(days=1))
    editor = User.objects.get(email=sign_ins.address("catalog_editor"))
    catalog.update_variant(variant, by=editor, price=variant.price * 3)
    rule = {"address": "/catalog/variants/", "rule": "percent", "rounding": "99"}
    repricing.apply(repricing.prepare(by=owner, value=Decimal(3), **rule), by=owner)
    repricing.prepare(by=owner, value=Decimal(-60), **rule)


# --- The pages ----------------------------------------------------------------------------------------


def plain() -> Paths:
    """Every page whose address has no parameter."""
    for address in OWN:
        if (
            "<" not in address.route
            and not address.is_post_only
            and address.name not in NOT_PAGES | NEED_ROWS | ABOUT_A_TAG
        ):
            yield f"/{address.route}"
    yield from ("/search/?q=tea", "/catalog/products/?q=nothing+is+called+this", "/orders/?status=placed&sort=oldest")


def of_catalog() -> Paths:
    product = Product.objects.filter(media__isnull=False, variants__isnull=False).exclude(options=[]).first()
    owner = User.objects.get(email=sign_ins.address("owner"))
    yield f"{reverse('catalog:variant_labels')}?ids={product.variants.first().pk}"
    variant, component = product.variants.first(), Variant.objects.exclude(product=product).first()
    catalog.set_relations(product, [(component.product, "accessory")], by=owner)
    catalog.set_parts(variant, [(component, 2)], by=owner)
    catalog.deactivate_variants([product.variants.last()], by=owner)
    yield product.get_absolute_url()
    for name in ("edit", "options", "matrix", "variants", "pictures", "relations"):
        yield reverse(f"catalog:product_{name}", args=[product.pk])
    yield f"{reverse('catalog:product_variants', args=[product.pk])}?state=off"
    yield reverse("catalog:variant_new", args=[product.pk])
    yield variant.get_absolute_url()
    for name in ("edit", "parts", "delete"):
        yield reverse(f"catalog:variant_{name}", args=[variant.pk])
    tag = Tag.objects.first()
    for name in ("tag_rename", "tag_remove"):
        yield reverse(f"catalog:{name}", query={"name": tag.name})
    for name, row in (("category", Category.objects.filter(parent=None).first()), ("brand", Brand.objects.first())):
        yield reverse(f"catalog:{name}", args=[row.pk])
        yield reverse(f"catalog:{name}_edit", args=[row.pk])
    for name in ("merge", "delete"):
        yield reverse(f"catalog:category_{name}", args=[Category.objects.first().pk])
    attribute = AttributeDefinition.objects.exclude(choices=[]).first()
    yield attribute.get_absolute_url()
    yield reverse("catalog:attribute_edit", args=[attribute.pk])
    yield reverse("catalog:attribute_remove", args=[attribute.pk])
    yield f"{reverse('catalog:products')}?category=%23{attribute.category_id}"
    yield reverse("history", args=["catalog.product", product.pk])
    yield from of_prices(variant)


def of_prices(variant: Variant) -> Paths:
    yield reverse("catalog:price_schedule", args=[variant.pk])
    item = PriceListItem.objects.first()
    for name in ("price_list", "price_list_edit", "list_prices", "list_price_new"):
        yield reverse(f"catalog:{name}", args=[item.price_list_id])
    yield item.get_absolute_url()
    change = PriceChange.objects.coming().exclude(variant=None).first()
    yield change.get_absolute_url()
    yield reverse("catalog:price_change_cancel", args=[change.pk])
    yield f"{reverse('catalog:repricing_new')}?list=/catalog/variants/%3Fis_active%3Dtrue"
    checked, applied = (Repricing.objects.get(status=status) for status in ("checked", "applied"))
    yield checked.get_absolute_url()
    yield applied.get_absolute_url()
    for name in ("repricing_apply", "repricing_schedule", "repricing_cancel"):
        yield reverse(f"catalog:{name}", args=[checked.number])
    for name in ("repricing_rows", "repricing_undo"):
        yield reverse(f"catalog:{name}", args=[applied.number])
    priced = RepricingRow.objects.filter(repricing=applied).first().variant
    yield priced.get_absolute_url()
    approval = Approval.objects.waiting().first()
    yield approval.get_absolute_url()
    for name in ("approve", "reject"):
        yield reverse(f"approvals:{name}", args=[approval.number])


def of_inventory() -> Paths:
    level = StockLevel.objects.filter(allocated__gt=0).first()
    yield level.get_absolute_url()
    yield reverse("inventory:why", args=[level.variant_id])
    yield f"{reverse('inventory:stock_then')}?by=variant"
    yield Receipt.objects.first().get_absolute_url()
    draft, sent = (Transfer.objects.filter(status=status).order_by("pk")[0] for status in ("draft", "in_transit"))
    yield draft.get_absolute_url()
    yield reverse("inventory:transfer_edit", args=[draft.number])
    yield sent.get_absolute_url()
    yield reverse("inventory:transfer_receive", args=[sent.number])
    yield Hold.objects.first().get_absolute_url()
    place = Location.objects.filter(kind=Location.Kind.STOCK).first()
    yield reverse("inventory:location", args=[place.code])
    yield reverse("inventory:location_edit", args=[place.code])
    yield reverse("inventory:location_close", args=[place.code])
    yield from of_bins_and_lots()
    yield from of_counts()
    yield from of_purchasing()
    yield from of_the_warehouse()
    supplier = Supplier.objects.first()
    yield reverse("inventory:supplier", args=[supplier.code])
    yield reverse("inventory:supplier_edit", args=[supplier.code])


def of_bins_and_lots() -> Paths:
    part = StockPart.objects.filter(bin__isnull=False, lot__isnull=False).first()
    yield part.bin.get_absolute_url()
    yield f"{reverse('inventory:bin_labels')}?ids={part.bin_id}"
    yield reverse("inventory:bin_edit", args=[part.bin_id])
    yield reverse("inventory:bins_new", args=[part.bin.location.code])
    yield part.lot.get_absolute_url()
    yield reverse("inventory:lot_edit", args=[part.lot_id])
    yield part.get_absolute_url()
    yield reverse("inventory:put_away", args=[part.level_id])
    yield reverse("inventory:transfer_send", args=[Transfer.objects.get(note="With lots").number])
    waiting = PurchaseOrder.objects.filter(status="ordered", lines__variant__tracking="lot").first()
    yield reverse("inventory:purchase_receive", args=[waiting.number])


def of_counts() -> Paths:
    counts = {count.status: count for count in StockCount.objects.all()}
    for count in counts.values():
        yield count.get_absolute_url()
        yield reverse("inventory:count_lines", args=[count.number])
    counting, review = counts["counting"], counts["review"]
    line = counting.lines.select_related("variant").first()
    for name in ("sheet", "desk", "paper", "close"):
        yield reverse(f"inventory:count_{name}", args=[counting.number])
    for name in (line.variant.sku, "no such thing"):
        yield reverse("inventory:count_sheet", args=[counting.number], query={"q": name})
    yield reverse("inventory:count_post", args=[review.number])


def of_the_warehouse() -> Paths:
    """The pages for handhelds: about each document, and where there is nothing to do."""
    owner = User.objects.get(email=sign_ins.address("owner"))
    place = Location.objects.filter(kind=Location.Kind.STOCK).first()
    level = StockLevel.objects.filter(location=place, on_hand__gt=5, is_tracked=False).first()
    [shelf] = inventory.create_bins(place, ["H-01"], by=owner)
    inventory.put_away([inventory.PutAway(level.pk, 2, shelf.pk)], by=owner)
    draft, sent = (Transfer.objects.filter(status=status).order_by("pk")[0] for status in ("draft", "in_transit"))
    documents = {
        "delivery": PurchaseOrder.objects.filter(status="partially_received").first().number,
        "load": draft.number,
        "send": draft.number,
        "unload": sent.number,
        "close": sent.number,
        "count": StockCount.objects.filter(status="counting").first().number,
        "put_away": shelf.pk,
    }
    for name, key in documents.items():
        yield reverse(f"inventory:scan_{name}", args=[key])
    yield reverse("inventory:scan_put_aways", query={"at": place.code, "q": level.variant.sku})
    yield reverse("inventory:warehouse", query={"q": "no such thing"})
    wave = orders.start_picking(place, most=2, by=owner)
    yield wave.get_absolute_url()
    for verb in ("finish", "stop"):
        yield reverse(f"orders:pick-{verb}", args=[wave.number])
    yield reverse("orders:pick-missing", args=[wave.number, orders.lines_to_pick(wave)[0].pk])
    parcel = wave.parcels.first()
    yield reverse("orders:pack", args=[parcel.number])
    yield reverse("orders:fulfilment-hold", args=[parcel.number])
    orders.stop_picking(wave, by=owner)
    yield wave.get_absolute_url()


def of_purchasing() -> Paths:
    draft, part = (PurchaseOrder.objects.filter(status=status).first() for status in ("draft", "partially_received"))
    yield draft.get_absolute_url()
    yield reverse("inventory:purchase_edit", args=[draft.number])
    yield part.get_absolute_url()
    for verb in ("receive", "mail", "print"):
        yield reverse(f"inventory:purchase_{verb}", args=[part.number])
    receipt = Receipt.objects.filter(purchase_order=part).first()
    yield receipt.get_absolute_url()
    yield reverse("inventory:landed_cost_new", args=[receipt.number])
    yield reverse("inventory:supplier_item_edit", args=[SupplierItem.objects.first().pk])
    yield ReorderRule.objects.first().get_absolute_url()


def of_orders() -> Paths:
    draft = Order.objects.filter(status="draft").first()
    yield draft.get_absolute_url()
    yield reverse("orders:edit", args=[draft.number])
    yield reverse("orders:place", args=[draft.number])
    to_ship = (
        Order.objects.filter(status="placed", lines__allocated__gt=0).exclude(fulfilments__status="pending").first()
    )
    yield to_ship.get_absolute_url()
    for verb in ("details", "cancel", "cancel-lines", "pay", "fulfil", "reallocate", "change", "split", "merge"):
        yield reverse(f"orders:{verb}", args=[to_ship.number])
    yield from of_money(to_ship)
    invoice = Invoice.objects.filter(kind="invoice").exclude(order__returns=None).first()
    yield invoice.order.get_absolute_url()
    yield invoice.get_absolute_url()
    yield f"{reverse('orders:invoice-papers')}?ids={invoice.pk}"
    yield from of_mails(invoice)
    yield reverse("orders:credit", args=[invoice.number])
    for verb in ("refund", "invoice-order", "announce"):
        yield reverse(f"orders:{verb}", args=[invoice.order.number])
    yield from of_parcels()


def of_money(order: Order) -> Paths:
    """An order on hold with an authorization, a payment, and a refund that waits to be sent."""
    orders.authorize(order, amount=order.total, method="card", reference="A-1", by=None)
    row = orders.hold(order, kind="fraud", reason="Two cards", by=None)
    orders.record_payment(order, amount=order.total, method="card", by=None)
    grant = orders.grant_refund(order, amount=order.total, method="card", reason="Arrived broken", by=None)
    yield order.get_absolute_url()
    for verb in ("authorize", "capture", "void", "hold"):
        yield reverse(f"orders:{verb}", args=[order.number])
    yield reverse("orders:release", args=[order.number, row.pk])
    yield grant.get_absolute_url()
    for verb in ("execute", "fail"):
        yield reverse(f"orders:refund-{verb}", args=[grant.number])


def of_mails(invoice: Invoice) -> Paths:
    Order.objects.filter(pk=invoice.order_id, email="").update(email="ada@example.com")
    yield mails.send(
        "document", Order.objects.get(pk=invoice.order_id), {"document": invoice.number}, "k"
    ).get_absolute_url()
    yield reverse("orders:mail-document", args=[invoice.number])
    yield reverse("orders:mail-text", args=["shipped"])


def of_parcels() -> Paths:
    parcel = Fulfilment.objects.filter(status__in=["pending", "packed"]).first()
    yield parcel.get_absolute_url()
    for verb in ("ship", "tracking", "schedule", "cancel"):
        yield reverse(f"orders:fulfilment-{verb}", args=[parcel.number])
    yield reverse("orders:fulfilment-deliver", args=[Fulfilment.objects.filter(status="shipped").first().number])
    for name in ("packing-slips", "pick-lists", "shipping-labels"):
        yield f"{reverse(f'orders:{name}')}?ids={parcel.pk}"
    coming = Return.objects.filter(status="approved").first()
    yield coming.get_absolute_url()
    for name in ("return-slips", "return-labels"):
        yield f"{reverse(f'orders:{name}')}?ids={coming.pk}"
    yield reverse("orders:return-receive", args=[coming.number])
    yield reverse("orders:return-exchange", args=[coming.number])
    aside = Return.objects.filter(status="received").first()
    yield aside.get_absolute_url()
    yield reverse("orders:return-settle", args=[aside.number])
    yield reverse("orders:return-refuse", args=[Return.objects.filter(status="requested").first().number])
    yield reverse("orders:return-cancel", args=[coming.number])


def of_owners(customer: Customer) -> Paths:
    """A customer with an owner and a dispute, two who are alike, and two who were merged."""
    anna, ben = User.objects.active().order_by("pk")[:2]
    support.transfer([customer], anna, by=None)
    dispute = ownership.open_dispute(customer, claim="I called first", by=ben)
    yield customer.get_absolute_url()
    yield dispute.get_absolute_url()
    for name in ("answer", "decide"):
        yield reverse(f"disputes:{name}", args=[dispute.number])
    one, other, third = Customer.objects.filter(owner=None).order_by("pk")[:3]
    yield reverse("customers:give", args=[one.number])
    support.transfer([third], ben, by=None)
    yield reverse("customers:dispute", args=[third.number])
    pair = DuplicatePair.objects.create(one=one, other=other, score=72, reasons=["name", "postal"])
    yield reverse("duplicates:list")
    yield pair.get_absolute_url()
    yield reverse("customers:merge", args=[one.number])
    yield f"{reverse('customers:merge', args=[one.number])}?other={other.number}"
    merge = support.merge_customers(one, other, by=None)
    yield one.get_absolute_url()
    yield reverse("customers:unmerge", args=[merge.pk])


def of_customers() -> Paths:
    customer = Customer.objects.filter(orders__isnull=False, tickets__isnull=False).first()
    yield customer.get_absolute_url()
    yield reverse("customers:edit", args=[customer.number])
    yield reverse("customers:consent", args=[customer.number])
    yield reverse("customers:timeline", args=[customer.number])
    note = customer.notes.create(author=User.objects.get(email=sign_ins.address("owner")), text="Calls on Mondays")
    yield reverse("customers:note_edit", args=[note.pk])
    follow_up = FollowUp.objects.open().first()
    yield follow_up.get_absolute_url()
    for verb in ("edit", "done"):
        yield reverse(f"followups:{verb}", args=[follow_up.pk])
    yield f"{reverse('customers:list')}?lifecycle=silent&columns=name&columns=lifecycle&columns=abc&columns=rfm&columns=risk&columns=planned"
    field = CustomField.objects.first()
    yield field.get_absolute_url()
    yield reverse("customers:field_edit", args=[field.pk])
    yield f"{reverse('customers:list')}?custom.level=gold&columns=name&columns=custom.level&columns=custom.birthday&columns=custom.visits"
    shared = StaticList.objects.get(is_shared=True)
    yield shared.get_absolute_url()
    yield reverse("customers:list_edit", args=[shared.pk])
    yield from of_owners(customer)
    ticket = Ticket.objects.filter(status="open").first()
    yield ticket.get_absolute_url()
    yield reverse("tickets:status", args=[ticket.number, "pending"])
    for name in ("rename", "merge", "split"):
        yield reverse(f"tickets:{name}", args=[ticket.number])
    lead = User.objects.get(email=sign_ins.address("support_lead"))
    source, macro = make_ticket(customer=ticket.customer), Macro.objects.create(name="Late", body="Dear {{ customer }}")
    merge(source, into=ticket, by=lead, knowing=True)
    yield source.get_absolute_url()
    yield reverse("tickets:unmerge", args=[source.number])
    yield macro.get_absolute_url()
    yield reverse("tickets:macro_edit", args=[macro.pk])
    mail = make_incoming_mail()
    yield mail.get_absolute_url()
    yield mail.ticket.get_absolute_url()
    yield mail.mailbox.get_absolute_url()
    yield reverse("tickets:mailbox-edit", args=[mail.mailbox_id])
    article = Article.objects.first()
    yield article.get_absolute_url()
    yield reverse("articles:edit", args=[article.slug])
    yield reverse("articles:related", args=[article.slug])
    category = HelpCategory.objects.first()
    yield category.get_absolute_url()
    yield reverse("articles:category-edit", args=[category.slug])
    yield from of_privacy()
    yield from of_promises()


def of_privacy() -> Paths:
    """A customer with a data package, and one whose data were erased."""
    owner = User.objects.get(email=sign_ins.address("owner"))
    customer = support.create_customer(by=owner, name="Otto Oblivion")
    package = support.ask_for_package(customer, by=owner)
    support.make_package(package.pk)
    yield reverse("customers:privacy", args=[customer.number])
    yield reverse("customers:erase", args=[customer.number])
    yield package.get_absolute_url()
    gone = support.create_customer(by=owner, name="Ina Invisible")
    yield support.erase(gone, by=owner).get_absolute_url()


def of_promises() -> Paths:
    """A promise that was warned of, an agent, and what somebody said; the ticket is seen with all of it."""
    agent = AgentProfile.objects.get(user__email=sign_ins.address("support_agent"))
    policy = Policy.objects.get()
    ticket = make_ticket(assignee=agent.user)
    promises.tick(timezone.now() + timedelta(days=8))
    survey = Survey.objects.create(ticket=ticket, agent=agent.user, queue=ticket.queue, asked_at=timezone.now())
    yield reverse("support:satisfaction", args=[surveys.signed(survey)])
    surveys.answer(survey, score=4, comment="Friendly.")
    yield ticket.get_absolute_url()
    for name, about in (("calendar", policy.calendar), ("policy", policy), ("agent", agent)):
        yield about.get_absolute_url()
        yield reverse(f"promises:{name}_edit", args=[about.pk])
    yield reverse("promises:agent_away", args=[agent.pk])


def of_reviews() -> Paths:
    product = Product.objects.filter(status="published").first()
    author, reviewer = (
        User.objects.get(email=sign_ins.address(role)) for role in ("catalog_editor", "catalog_reviewer")
    )
    catalog.update_product(product, by=author, title="Another title", description=f"{product.description} And more.")
    [review] = publishing.submit([product], by=author, publish_at=timezone.now() + timedelta(days=1))
    publishing.comment(review, by=reviewer, text="Is this so?")
    yield review.get_absolute_url()
    yield "/reviews/?show=open"
    revisions = reverse("revisions:list", args=["catalog.product", product.pk])
    yield revisions
    yield f"{revisions}?old=1&new=2"
    yield reverse("revisions:restore", args=["catalog.product", product.pk, 1])
    yield reverse("catalog:product_reject", args=[product.pk])
    catalog.update_product(product, by=author, title="A third title")
    yield review.get_absolute_url()
    yield reverse("catalog:product_submit", args=[product.pk])


def of_exports() -> Paths:
    owner = User.objects.get(email=sign_ins.address("owner"))
    address = "/orders/?status=placed&sort=oldest"
    yield f"{reverse('exports:new')}?{urlencode({'list': address})}"
    template = ExportTemplate(user=owner, name="Orders of the day", address=address, schedule="daily")
    schedules.save(template, by=owner)
    yield template.get_absolute_url()
    yield reverse("exports:template-edit", args=[template.pk])
    yield reverse("exports:template-delete", args=[template.pk])
    waiting, made = (running.repeat(template, by=owner) for _number in range(2))
    running.make(made)
    yield reverse("exports:list")
    yield reverse("exports:templates")
    yield waiting.get_absolute_url()
    yield made.get_absolute_url()
    yield reverse("exports:cancel", args=[waiting.number])
    yield reverse("exports:remove", args=[made.number])


def of_bulk_edits() -> Paths:
    owner = User.objects.get(email=sign_ins.address("owner"))
    for page in ("/catalog/products/", "/catalog/variants/?is_active=true", "/customers/", "/tickets/", "/articles/"):
        yield f"{reverse('bulk_edit:new')}?{urlencode({'list': page})}"
    yield f"{reverse('bulk_edit:action')}?{urlencode({'list': '/catalog/products/?q=tea', 'action': 'tag'})}"
    price = change_of(field_of(Variant, "price"), "add", Decimal(-5))
    for action in ("check", "apply"):
        run = editing.start("/catalog/variants/", by=owner, changes=[price])
        editing.work(run, by=owner, action=action, partial=True)
        yield run.get_absolute_url()
    yield f"{run.get_absolute_url()}?rows=changed"
    yield reverse("bulk_edit:undo", args=[run.number])
    yield reverse("bulk_edit:list")


def of_people() -> Paths:
    clerk = User.objects.get(email=sign_ins.address("order_clerk"))
    yield reverse("people:user", args=[clerk.pk])
    yield reverse("people:edit", args=[clerk.pk])
    yield reverse("people:deactivate", args=[clerk.pk])
    yield Invitation.objects.get().get_absolute_url()
    yield reverse("jobs:job", args=[ProcrastinateJob.objects.values_list("pk", flat=True).first()])
    yield AuditEvent.objects.first().get_absolute_url()
    for name in ("mfa_index", "mfa_list_webauthn", "usersessions_list", "account_change_password", "account_logout"):
        yield reverse(name)


def of_set_up() -> Paths:
    yield reverse("admin:index")
    yield reverse("admin:orders_taxrate_changelist")
    yield reverse("admin:orders_taxrate_add")
    yield reverse("admin:catalog_product_changelist")
    yield reverse("admin:catalog_product_change", args=[Product.objects.first().pk])
    yield reverse("admin:backoffice_auditevent_changelist")


def of_webhooks() -> Paths:
    """A webhook with something told and something given up."""
    owner = User.objects.get(email=sign_ins.address("owner"))
    hook = webhooks.save_webhook(by=owner, name="Front", url="http://127.0.0.1:9/", topics=["product.published"])
    webhooks.emit("product.published", [webhooks.Event("mug", {"id": 1, "handle": "mug"})])
    delivery = hook.deliveries.get()
    yield hook.get_absolute_url()
    yield f"{reverse('webhooks:deliveries')}?webhook={hook.pk}"
    yield delivery.get_absolute_url()
    yield reverse("webhooks:edit", args=[hook.pk])
    for verb in ("pause", "resume", "turn", "test"):
        yield reverse(f"webhooks:{verb}", args=[hook.pk])
    yield reverse("webhooks:resend", args=[delivery.pk])


def of_the_public() -> Paths:
    yield reverse("account_login")
    yield reverse("account_reset_password")
    yield reverse("account_reset_password_done")
    yield reverse("help:home")
    yield f"{reverse('help:home')}?q=return"
    yield reverse("help:article", args=[Article.objects.first().slug])
    yield reverse("help:category", args=[HelpCategory.objects.first().slug])
    yield f"{reverse('support:ask')}?q=return"
    yield previews.Link("catalog.product", Product.objects.filter(media__isnull=False).first().pk).url
    yield previews.Link("customers.article", Article.objects.first().pk).url
    live = LiveVersion.objects.live().filter(subject_type="catalog.product")
    shown = live.filter(content__media__0__isnull=False).first()
    yield reverse("public:product", args=[shown.content["handle"]])
    yield f"{reverse('public:product', args=[shown.content['handle']])}?language=zh-hans"
    yield reverse("support:ask")
    yield reverse("support:sent", args=[signing.dumps("TK-1", salt=SALT)])
    for status in ("open", "closed"):
        yield reverse("support:ticket", args=[Ticket.objects.filter(status=status).first().token])
    yield reverse("invitation", args=[Invitation.objects.get().token])


STAFF = [
    plain,
    of_catalog,
    of_inventory,
    of_orders,
    of_customers,
    of_reviews,
    of_webhooks,
    of_exports,
    of_bulk_edits,
    of_people,
    of_set_up,
]


# --- The claims ---------------------------------------------------------------------------------------


class Inspector:
    """Opens pages in one window and gathers what is wrong with each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.wrong: list[str] = []
        self.seen: set[str] = set()
        page.on("console", self.listen)
        page.on("pageerror", lambda error: self.said.append(f"script: {error}"))

    def listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            self.said.append(f"console: {message.text}")

    def open(self, path: str, *, whole: bool = True) -> None:
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        response = self.page.goto(path, wait_until="load")
        if not response or response.status != 200:
            self.wrong.append(f"{path}: answers {response and response.status}")
        else:
            self.look(path, whole=whole)

    def look(self, name: str, *, whole: bool = True) -> None:
        """Judge the page as it stands: light and wide, then dark and narrow. Not `whole`: without the frame that all pages share."""
        self.seen.add(resolve(urlsplit(self.page.url).path).view_name)
        found = self.violations("light, 1440", whole=whole)
        self.page.emulate_media(color_scheme="dark")
        self.page.set_viewport_size({"width": 390, "height": 844})
        found += self.violations("dark, 390", whole=whole) + self.overflow() + self.said
        self.wrong += [f"{name}: {one}" for one in dict.fromkeys(found)]
        self.said.clear()

    def violations(self, where: str, *, whole: bool) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate(JUDGE, [RULES, whole])
        return [
            f"{one['id']} ({where}): {node['html'][:140]} {node['target']} {node['any'][:1] and node['any'][0]['message']}"
            for one in found
            for node in one["nodes"]
        ]

    def overflow(self) -> list[str]:
        width, widest = self.page.evaluate(WIDEST)
        return [f"wider than a phone: {width} px, {widest}"] if width > 390 else []


WIDEST = """() => {
  const width = document.documentElement.scrollWidth;
  const out = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
  return [width, out.slice(0, 4).map((one) => one.outerHTML.slice(0, 100)).join(" | ")];
}"""


def import_a_file(page: Page, folder: Path) -> Iterator[str]:
    """The steps of the wizard, each with the name of the page it leads to."""
    path = folder / "shop.csv"
    path.write_text(FILE)
    page.goto(reverse("imports:new"))
    page.get_by_label("File", exact=True).set_input_files(path)
    for button in ("Upload and look", "Check the file", "Import 1 row that is right"):
        page.locator("main").get_by_role("button", name=button, exact=True).click()
        page.wait_for_load_state()
        yield f"import after {button!r}"
    page.locator("main").get_by_role("link", name="Undo", exact=True).click()
    page.wait_for_load_state()
    yield "import, to be undone"
    page.locator("main").get_by_role("button", name="Undo", exact=True).click()
    page.wait_for_load_state()
    yield "import, undone"
    page.goto(reverse("imports:columns", args=["products"]))
    yield "columns of product files"


def states(page: Page) -> Iterator[str]:
    """Pages as a click leaves them."""
    page.goto("/catalog/brands/new/")
    page.get_by_role("button", name="Create").click()
    page.wait_for_load_state()
    yield "a form with errors"
    page.goto("/orders/")
    page.locator(".filter-menu > summary").click()
    yield "a list with its filters open"
    page.goto("/orders/")
    page.locator(".user-menu > summary").click()
    yield "the menu of the user"
    page.goto("/orders/")
    page.locator("input[name=selected]").first.check()
    yield "a list with a row selected"
    page.keyboard.press("Control+k")
    page.keyboard.type("brand")
    page.locator("#command-hits a").first.wait_for()
    yield "the command bar"


@pytest.fixture
def window(chromium: Browser, live_server) -> Callable[[], Page]:
    pages: list[Page] = []

    def new(**more) -> Page:
        context = chromium.new_context(base_url=live_server.url, locale="en-US", **more)
        context.set_default_timeout(20_000)
        context.add_init_script(AXE)  # sent once, not for every page
        pages.append(context.new_page())
        return pages[-1]

    yield new
    for page in pages:
        page.context.close()


def test_every_page_is_accessible_silent_and_fits_a_phone(owner, context, signed_in, window, tmp_path, subtests):
    signed_in(owner)
    page = window(storage_state=context.storage_state())
    inspector, stranger = Inspector(page), Inspector(window())
    for group in STAFF:
        with subtests.test(group.__name__):
            report(inspector, group())
    with subtests.test("steps"):
        for steps in (import_a_file(page, tmp_path), states(page)):
            for name in steps:
                inspector.look(name)
                page.set_viewport_size({"width": 1440, "height": 900})
        report(inspector, [])
    with subtests.test("public"):
        report(stranger, of_the_public())
    pages = {address.name for address in OWN if not address.is_post_only}
    assert pages - inspector.seen - stranger.seen - NOT_PAGES - CONFIRMED == set()


def report(inspector: Inspector, paths: Iterable[str]) -> None:
    for number, path in enumerate(paths):
        inspector.open(path, whole=number == 0)
    wrong, inspector.wrong = inspector.wrong, []
    assert not wrong, "\n".join(["", *wrong])
