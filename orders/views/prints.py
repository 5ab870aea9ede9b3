"""Paper: invoices, packing slips and return slips in the customer's language, pick lists in that of the staff."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic import in_language, in_readers_language, keys
from backoffice.templatetags.houtai import tone_of
from inventory.models import Allocation, Location
from orders import services
from orders.models import Fulfilment, FulfilmentLine, Invoice, Order, PickWave, Return
from orders.papers import paper
from orders.views.picking import Item, in_walking_order, items_of

SEES_BUYERS = "customers.view_personal_data"


def drawn(invoice: Invoice) -> SafeString:
    return in_language(invoice.content["language"], "orders/paper/invoice.html", paper(invoice))


class InvoicePage(generic.PaperPage, generic.OnePage):
    """The invoice as it was issued; prints on A4 and Letter."""

    model = Invoice
    permission = ("orders.view_invoice", SEES_BUYERS)
    slug_field = "number"
    back = (gettext_lazy("Invoices"), "orders:invoices")
    template_name = "orders/invoice.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("order", "corrects").prefetch_related("corrections")

    @cached_property
    def invoice(self) -> Invoice:
        return self.get_object()  # type: ignore[no-any-return]

    def get_title(self) -> str:
        return self.invoice.number

    def get_documents(self) -> list[SafeString]:
        return [drawn(self.invoice)]

    def get_context_data(self) -> dict[str, Any]:
        invoice = self.invoice
        left = services.left_to_credit(invoice) if invoice.kind == Invoice.Kind.INVOICE else 0
        return super().get_context_data() | {
            "object": invoice,
            "may_credit": bool(left) and generic.may(self.user, "orders.add_invoice"),
            "may_mail": bool(invoice.order.email) and generic.may(self.user, "orders.add_invoice"),
            "badge": (invoice.get_kind_display(), tone_of(invoice.kind)),
            "corrections": invoice.corrections.all(),
        }


class Invoices(generic.PaperPage):
    """Invoices and credit notes, chosen by `?ids=1,2` or as all of some orders by `?orders=1,2`."""

    permission = ("orders.view_invoice", SEES_BUYERS)
    title = gettext_lazy("Invoices")
    back = (gettext_lazy("Invoices"), "orders:invoices")
    template_name = "orders/invoices.html"

    def get_documents(self) -> list[SafeString]:
        return [drawn(invoice) for invoice in chosen_invoices(self.request)]


def chosen_invoices(request: Any) -> list[Invoice]:
    """Those of `?ids=` in the order asked for, then those of `?orders=`, the oldest first."""
    visible = Invoice.objects.visible_to(request.user)
    asked = keys(request.GET.get("ids", ""))
    orders = Order.objects.visible_to(request.user).filter(pk__in=keys(request.GET.get("orders", "")))
    found = list(generic.as_asked(visible.filter(pk__in=asked), asked))
    return found + list(visible.filter(order__in=orders).order_by("issued_at", "pk"))


# --- Packing slips --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """What a packer puts into one parcel."""

    order: Order
    number: str
    lines: list[tuple[str, str, int]]
    location: str = ""
    carrier: str = ""
    tracking: str = ""

    @property
    def pieces(self) -> int:
        return sum(quantity for _sku, _title, quantity in self.lines)


class PackingSlips(generic.PaperPage):
    """Packing slips, a sheet each: of parcels (`?ids=1,2`), or of what orders still have to ship (`?orders=1,2`)."""

    permission = ("orders.view_order", "orders.view_fulfilment", SEES_BUYERS)
    title = gettext_lazy("Packing slips")
    back = (gettext_lazy("Fulfilments"), "orders:fulfilments")

    def get_documents(self) -> list[SafeString]:
        slips = [*self.of_parcels(), *self.of_orders()]
        return [in_language(slip.order.language, "orders/paper/packing_slip.html", {"slip": slip}) for slip in slips]

    def of_parcels(self) -> Iterator[Slip]:
        parcels = Fulfilment.objects.visible_to(self.user).filter(pk__in=keys(self.request.GET.get("ids", "")))
        return slips_of(parcels)

    def of_orders(self) -> Iterator[Slip]:
        """Parcels that wait; an order without any gets a slip over what is open."""
        orders = chosen_orders(self.request).prefetch_related("lines")
        waiting = list(slips_of(Fulfilment.objects.visible_to(self.user).waiting().filter(order__in=orders)))
        yield from waiting
        packed = {slip.order.pk for slip in waiting}
        for order in orders:
            lines = [
                (line.sku, line.title, line.open_quantity)
                for line in order.lines.all()
                if line.open_quantity and line.requires_shipping
            ]
            if lines and order.pk not in packed:
                yield Slip(order, order.number, lines)


def chosen_orders(request: Any) -> Any:
    """The orders of `?orders=1,2`, the oldest first."""
    orders = Order.objects.visible_to(request.user).filter(pk__in=keys(request.GET.get("orders", "")))
    return orders.order_by("placed_at", "pk")


def slips_of(parcels: Any) -> Iterator[Slip]:
    rows = parcels.select_related("order", "location").prefetch_related("lines__order_line")
    for parcel in rows.order_by("created_at", "pk"):
        lines = [(row.order_line.sku, row.order_line.title, row.quantity) for row in parcel.lines.all()]
        yield Slip(parcel.order, parcel.number, lines, str(parcel.location), parcel.carrier, parcel.tracking_number)


# --- Pick lists -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PickSheet:
    """What is fetched at one location, as one walks, and what it is for."""

    location: Location
    items: list[Item] = field(default_factory=list)
    number: str = ""

    @property
    def pieces(self) -> int:
        return sum(item.quantity for item in self.items)


class PickLists(generic.PaperPage):
    """A sheet for each location, ordered by bin: of a pick list (`?wave=`), of parcels (`?ids=`) or of orders (`?orders=`)."""

    permission = ("orders.view_order", "orders.view_fulfilment")
    title = gettext_lazy("Pick lists")
    back = (gettext_lazy("Fulfilments"), "orders:fulfilments")

    def get_documents(self) -> list[SafeString]:
        sheets = [*self.of_wave(), *pick_sheets([*self.in_parcels(), *self.promised()])]
        return [in_readers_language("orders/paper/pick_list.html", {"sheet": sheet}) for sheet in sheets]

    def of_wave(self) -> Iterator[PickSheet]:
        number = self.request.GET.get("wave", "")
        for wave in PickWave.objects.visible_to(self.user).filter(number=number).select_related("location"):
            yield from pick_sheets(services.lines_to_pick(wave), number)

    def in_parcels(self) -> list[FulfilmentLine]:
        """Lines of parcels that are still to be picked."""
        parcels = Fulfilment.objects.visible_to(self.user).filter(pk__in=keys(self.request.GET.get("ids", "")))
        rows = FulfilmentLine.objects.filter(fulfilment__in=parcels, fulfilment__status=Fulfilment.Status.PENDING)
        related = ("order_line__variant", "fulfilment__order", "fulfilment__location")
        return list(rows.select_related(*related).order_by("fulfilment", "pk"))

    def promised(self) -> Iterator[FulfilmentLine]:
        """Pieces that stock has promised the orders, as lines of parcels that nobody has made."""
        orders = {order.number: order for order in chosen_orders(self.request).prefetch_related("lines__variant")}
        lines = {line.pk: line for order in orders.values() for line in order.lines.all()}
        places = Location.objects.visible_to(self.user)
        rows = Allocation.objects.filter(cause__in=orders, location__in=places, quantity__gt=0)
        for row in rows.select_related("location").order_by("cause", "pk"):
            order = orders[row.cause]
            parcel = Fulfilment(number=order.number, order=order, location=row.location)
            if row.item in lines:
                yield FulfilmentLine(fulfilment=parcel, order_line=lines[row.item], quantity=row.quantity)


def pick_sheets(lines: list[FulfilmentLine], number: str = "") -> Iterator[PickSheet]:
    """One sheet for each location of the lines, in the order of their names."""
    by_place: dict[Location, list[FulfilmentLine]] = defaultdict(list)
    for line in lines:
        by_place[line.fulfilment.location].append(line)
    for place in sorted(by_place, key=str):
        yield PickSheet(place, in_walking_order(items_of(by_place[place]), place), number)


# --- Return slips ---------------------------------------------------------------------------------


class ReturnSlips(generic.PaperPage):
    """What customers put into the parcel that they send back (`?ids=1,2`)."""

    permission = ("orders.view_return", "orders.view_order", SEES_BUYERS)
    title = gettext_lazy("Return slips")
    back = (gettext_lazy("Returns"), "orders:returns")

    def get_documents(self) -> list[SafeString]:
        return [
            in_language(row.order.language, "orders/paper/return_slip.html", {"row": row, "company": company()})
            for row in chosen_returns(self.request)
        ]


def chosen_returns(request: Any) -> list[Return]:
    asked = keys(request.GET.get("ids", ""))
    rows = Return.objects.visible_to(request.user).filter(pk__in=asked)
    return list(generic.as_asked(rows.select_related("order").prefetch_related("lines__order_line"), asked))


def company() -> dict[str, str]:
    """Where goods come back to."""
    return {"name": settings.COMPANY_NAME, "address": settings.COMPANY_ADDRESS}


# --- Labels ---------------------------------------------------------------------------------------


class ShippingLabels(generic.PaperPage):
    """Labels of parcels (`?ids=1,2`): where to, where from, and the code that carriers and packers scan."""

    permission = ("orders.view_order", "orders.view_fulfilment", SEES_BUYERS)
    title = gettext_lazy("Shipping labels")
    labels = "parcel"
    back = (gettext_lazy("Fulfilments"), "orders:fulfilments")

    def get_documents(self) -> list[SafeString]:
        asked = keys(self.request.GET.get("ids", ""))
        rows = Fulfilment.objects.visible_to(self.user).filter(pk__in=asked).exclude(status=Fulfilment.Status.CANCELED)
        return [self.label(parcel) for parcel in generic.as_asked(rows.select_related("order", "location"), asked)]

    def label(self, parcel: Fulfilment) -> SafeString:
        shown = {
            "number": parcel.number,
            "code": parcel.tracking_number or parcel.number,
            "carrier": parcel.carrier,
            "sender": {"name": settings.COMPANY_NAME, "address": parcel.location.address or settings.COMPANY_ADDRESS},
            "order": parcel.order,
        }
        return in_language(parcel.order.language, "orders/paper/shipping_label.html", shown)


class ReturnLabels(generic.PaperPage):
    """Labels that customers stick on what they send back (`?ids=1,2`)."""

    permission = ("orders.view_return", "orders.view_order", SEES_BUYERS)
    title = gettext_lazy("Return labels")
    labels = "parcel"
    back = (gettext_lazy("Returns"), "orders:returns")

    def get_documents(self) -> list[SafeString]:
        return [
            in_language(row.order.language, "orders/paper/return_label.html", {"row": row, "company": company()})
            for row in chosen_returns(self.request)
        ]
