"""Rows for tests, by plain functions; every argument has a sensible default."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from backoffice import publishing
from backoffice.models import Scope, User
from catalog import services as catalog
from catalog.models import AttributeDefinition, Brand, Category, Product, Variant
from catalog.services import repricing
from customers.models import AgentProfile, Article, Calendar, Customer, IncomingMail, Mailbox, Policy, Queue, Ticket
from customers.services import ContactData, create_customer, open_ticket, save_article
from customers.services.calendars import save_calendar
from customers.services.mail.incoming import take_in
from customers.services.mail.keeping import keep
from customers.services.promises import Target, save_policy
from inventory import services as inventory
from inventory.models import Bin, Location, StockCount, StockLevel, StockMove, Supplier
from inventory.services import Move, post, virtual

_numbers = count(1)


def make_user(
    role: str = "owner",
    *,
    email: str = "",
    warehouses: tuple[str, ...] = (),
    queues: tuple[str, ...] = (),
    **fields: Any,
) -> User:
    """A member of staff with one role ("" for none), confined to `warehouses` and `queues` when given."""
    number = next(_numbers)
    user = User.objects.create_user(
        email or f"user{number}@example.com", roles=(role,) if role else (), **{"name": f"User {number}", **fields}
    )
    for code in warehouses:
        Scope.objects.create(user=user, kind=Scope.Kind.WAREHOUSE, value=code)
    for code in queues:
        Scope.objects.create(user=user, kind=Scope.Kind.QUEUE, value=code)
    return user


def make_location(code: str = "MAIN", **fields: Any) -> Location:
    """The warehouse of this code, created when missing."""
    return Location.objects.get_or_create(code=code, defaults={"name": code.title(), **fields})[0]


def make_variant(sku: str = "", *, on_hand: int = 0, location: Location | None = None, **fields: Any) -> Variant:
    """A variant of a product of its own; `on_hand` pieces are received at `location` (by default MAIN)."""
    sku = sku or f"SKU-{next(_numbers)}"
    product = fields.pop("product", None) or Product.objects.create(handle=sku.lower(), title=sku.title())
    variant = Variant.objects.create(
        product=product, sku=sku, **{"title": product.title, "price": Decimal(10), **fields}
    )
    if on_hand:
        stock(variant, on_hand, location=location)
    return variant


def stock(
    variant: Variant, quantity: int, *, location: Location | None = None, unit_cost: Decimal | None = None
) -> StockLevel:
    """Receive pieces of `variant`."""
    place = location or make_location()
    source = virtual(Location.Kind.SUPPLIER)
    post([Move(StockMove.Kind.RECEIVED, variant.pk, source, place.pk, quantity, unit_cost)], by=None)
    return level_of(variant, place)


def level_of(variant: Variant, location: Location | None = None) -> StockLevel:
    return StockLevel.objects.get(variant=variant, location=location or make_location())


def make_bin(code: str = "", *, location: Location | None = None, **fields: Any) -> Bin:
    """A bin of MAIN, or of `location`."""
    return Bin.objects.create(location=location or make_location(), code=code or f"B-{next(_numbers)}", **fields)


def make_supplier(code: str = "", **fields: Any) -> Supplier:
    code = code or f"SUP{next(_numbers)}"
    return Supplier.objects.create(code=code, **{"name": code.title(), **fields})


def make_count(*counted: int, by: User | None = None, **fields: Any) -> StockCount:
    """A stocktake of everything at MAIN that has begun; the numbers are what was counted of its first lines."""
    if not StockLevel.objects.filter(location=make_location(), on_hand__gt=0).exists():
        make_variant(on_hand=5)
    count = inventory.create_count(make_location(), inventory.Selection(), by=by, **fields)
    count = inventory.start_count(count, by=by)
    entries = [
        inventory.Entry(line.variant_id, pieces) for line, pieces in zip(count.lines.all(), counted, strict=False)
    ]
    inventory.enter_counts(count, entries, by=by)
    return count


def make_category(name: str = "Clothing", parent: Category | None = None, **fields: Any) -> Category:
    return catalog.save_category(by=_anyone(), name=name, parent=parent, **fields)


def make_attribute(code: str = "material", kind: str = "text", **fields: Any) -> AttributeDefinition:
    """A definition for all products, or those of `category`; its code gives its name."""
    fields = {"name": code.replace("_", " ").capitalize(), **fields}
    return catalog.save_definition(by=_anyone(), code=code, kind=kind, **fields)


def make_brand(name: str = "Nordic") -> Brand:
    return catalog.save_brand(by=_anyone(), name=name)


def make_product(
    title: str = "Linen shirt", *, variants: Any = None, published: bool = False, **fields: Any
) -> Product:
    """A product; `variants` are dicts of VariantFields, by default one with a price."""
    if variants is None:
        variants = [{"sku": f"SKU-{next(_numbers)}", "price": Decimal(10)}]
    product = catalog.create_product(by=_anyone(), title=title, variants=variants, **fields)
    return publish(product) if published else product


def publish(obj: Any) -> Any:
    """`obj` as it is when somebody has submitted it and a reviewer has approved it."""
    reviews = publishing.submit([obj], by=None)
    publishing.approve(reviews, by=make_user(""))
    obj.refresh_from_db()
    return obj


def _anyone() -> User:
    return User.objects.first() or make_user("")


def make_prices() -> None:
    """One of everything about prices: a list with a price, a planned price, a repricing, and a proposal."""
    variant, owner = make_variant(), make_user()
    price_list = catalog.save_price_list(by=owner, code=f"LIST-{next(_numbers)}", name="List", currency="EUR")
    catalog.set_list_price(price_list, variant, by=owner, price=Decimal(9))
    catalog.schedule(variant, by=owner, price=Decimal(9), due_at=timezone.now() + timedelta(days=1))
    repricing.prepare(by=owner, address="/catalog/variants/", rule="percent", value=Decimal(5))
    catalog.update_variant(variant, by=make_user("catalog_editor"), price=Decimal(99))


def picture(name: str = "photo.png", *, kind: str = "PNG", size: tuple[int, int] = (8, 6), hue: int = 0) -> Any:
    """A file with a whole picture in it, as a browser sends it; `hue` (0 to 255) tells contents apart."""
    out = BytesIO()
    Image.new("RGB", size, (hue, 90, 60)).save(out, kind)
    return SimpleUploadedFile(name, out.getvalue())


def make_customer(name: str = "Jane Doe", *, email: str = "", phone: str = "", **fields: Any) -> Customer:
    """An active customer, with one e-mail address and phone number where given."""
    contacts = [
        ContactData(kind, value, is_primary=True) for kind, value in (("email", email), ("phone", phone)) if value
    ]
    return create_customer(by=None, name=name, contacts=contacts, **fields)


def make_queue(slug: str = "support", **fields: Any) -> Queue:
    """The queue of this code, created when missing; the first one is the default."""
    defaults = {"name": slug.title(), "is_default": not Queue.objects.filter(is_default=True).exists(), **fields}
    return Queue.objects.get_or_create(slug=slug, defaults=defaults)[0]


def make_ticket(
    subject: str = "Where is my parcel?", *, body: str = "It has not come.", queue: str = "support", **fields: Any
) -> Ticket:
    """A ticket of Jane's in the queue, opened through the form unless told otherwise."""
    fields = {
        "by": None,
        "channel": "form",
        "requester_name": "Jane Doe",
        "requester_email": "jane@example.com",
        **fields,
    }
    return open_ticket(subject=subject, body=body, queue=make_queue(queue), **fields)


def make_calendar(name: str = "", *, week: Any = None, **fields: Any) -> Calendar:
    """A calendar that is always open, in UTC, unless told otherwise."""
    week = {day: [(0, 1440)] for day in range(7)} if week is None else week
    return save_calendar(
        by=_anyone(), name=name or f"Calendar {next(_numbers)}", week=week, **{"zone": "UTC", **fields}
    )


def make_policy(name: str = "", *, targets: Any = (60, 120, 480), **fields: Any) -> Policy:
    """A policy for all tickets; `targets` are minutes for every priority: first reply, next reply, resolution."""
    calendar = fields.pop("calendar", None) or make_calendar()
    rows = [Target(priority, *targets) for priority in Ticket.Priority.values]
    return save_policy(by=_anyone(), name=name or f"Policy {next(_numbers)}", calendar=calendar, targets=rows, **fields)


def make_agent(user: User | None = None, **fields: Any) -> AgentProfile:
    """A support agent who is given tickets."""
    return AgentProfile.objects.create(user=user or make_user("support_agent"), **fields)


def make_mailbox(address: str = "support@houtai.example", **fields: Any) -> Mailbox:
    fields = {"name": address.partition("@")[0].title(), "queue": make_queue("support"), **fields}
    return Mailbox.objects.create(address=address, **fields)


def make_incoming_mail(mailbox: Mailbox | None = None) -> IncomingMail:
    """A mail that came into the mailbox (or one made for it) and is a ticket now."""
    raw = b"From: Jane Doe <jane@example.com>\nTo: support@houtai.example\nSubject: Where is my parcel?\nMessage-ID: <1@mail.example.com>\n\nIt has not come."
    kept = keep(BytesIO(raw), mailbox or make_mailbox())
    take_in(kept.incoming.pk)
    return IncomingMail.objects.get(pk=kept.incoming.pk)


def make_article(slug: str = "returns", *, published: bool = True, **fields: Any) -> Article:
    author = fields.pop("by", None) or make_user("support_lead")
    fields = {"title": slug.title(), "body": "Text.", "topic": "Orders", **fields}
    article = save_article(by=author, slug=slug, **fields)
    return publish(article) if published else article
