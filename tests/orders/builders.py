"""Orders, their stock and their people, for the tests of orders."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from backoffice.models import Scope, User
from catalog.models import Product, Variant
from customers.models import Address, ContactPoint, Customer
from inventory import services as inventory
from inventory.models import Location, StockMove
from orders import services
from orders.models import Fulfilment, Order

_numbers = count(1)


def staff(role: str = "order_clerk", *, warehouses: Sequence[str] = (), **fields: Any) -> User:
    """A member of staff with one role, "" for none; confined to `warehouses` when given."""
    number = next(_numbers)
    roles = (role,) if role else ()
    user = User.objects.create_user(f"staff{number}@example.com", roles=roles, **{"name": f"Staff {number}", **fields})
    for code in warehouses:
        Scope.objects.create(user=user, kind=Scope.Kind.WAREHOUSE, value=code)
    return user


def warehouse(code: str = "main", **fields: Any) -> Location:
    return Location.objects.get_or_create(code=code, defaults={"name": code.title(), **fields})[0]


def article(sku: str, *, on_hand: int = 0, at: Location | None = None, **fields: Any) -> Variant:
    """The variant of this SKU; `on_hand` pieces are received."""
    variant = Variant.objects.filter(sku=sku).first()
    if variant is None:
        product = Product.objects.create(handle=sku.lower(), title=sku.title())
        variant = Variant.objects.create(
            product=product, sku=sku, **{"title": sku.title(), "price": Decimal(10), **fields}
        )
    if on_hand:
        receive(variant, on_hand, at or warehouse())
    return variant


def receive(variant: Variant, quantity: int, at: Location) -> None:
    source = inventory.virtual(Location.Kind.SUPPLIER)
    inventory.post([inventory.Move(StockMove.Kind.RECEIVED, variant.pk, source, at.pk, quantity)], by=None)


def buyer(name: str = "Ada Lovelace", *, email: str = "", **fields: Any) -> Customer:
    number = next(_numbers)
    customer = Customer.objects.create(number=f"CU-{90000 + number}", name=name, **fields)
    email = email or f"buyer{number}@example.com"
    ContactPoint.objects.create(customer=customer, kind="email", raw=email, normalized=email, is_primary=True)
    Address.objects.create(
        customer=customer,
        kind="shipping",
        name=name,
        line1="Main Street 1",
        city="Berlin",
        postal_code="10115",
        country="DE",
        is_default=True,
    )
    return customer


def make_order(
    lines: Sequence[tuple[str, int]] = (("TEA", 1),),
    *,
    on_hand: int | None = None,
    placed: bool = False,
    by: User | None = None,
    **fields: Any,
) -> Order:
    """A draft over `lines` of (SKU, quantity); new SKUs cost 10.00 and get `on_hand` pieces (by default 100)."""
    wanted = []
    for sku, quantity in lines:
        known = Variant.objects.filter(sku=sku).first()
        variant = known or article(sku, on_hand=100 if on_hand is None else on_hand)
        wanted.append(services.NewLine(quantity, variant))
    order = services.create_draft(by=by, lines=wanted, **fields)
    return services.place(order, by=by) if placed else order


def line_of(order: Order, sku: str) -> Any:
    return order.lines.get(sku=sku)


def parcel_of(order: Order, *, at: Location | None = None, shipped: bool = False, **quantities: int) -> Fulfilment:
    """A parcel of these quantities by SKU, or of all that lies ready."""
    by_line = {line_of(order, sku).pk: quantity for sku, quantity in quantities.items()} or None
    parcel = services.create_fulfilment(order, location=at or warehouse(), quantities=by_line, by=None)
    return services.ship(services.pack(parcel, by=None), by=None) if shipped else parcel
