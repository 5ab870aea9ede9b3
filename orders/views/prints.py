"""Paper: invoices and packing slips, in the customer's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice import generic
from backoffice.templatetags.houtai import tone_of
from orders import services
from orders.models import Fulfilment, Invoice, Order

MOST = 100


class InvoicePage(generic.OnePage):
    """The invoice as it was issued; prints on A4 and Letter."""

    model = Invoice
    permission = ("orders.view_invoice", "customers.view_personal_data")
    slug_field = "number"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("order", "corrects").prefetch_related("corrections")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        invoice = self.get_object()
        left = services.left_to_credit(invoice) if invoice.kind == Invoice.Kind.INVOICE else 0
        shown = {
            "title": invoice.number,
            "object": invoice,
            "documents": [in_language(invoice.content["language"], "orders/paper/invoice.html", paper(invoice))],
            "may_credit": bool(left) and generic.may(request.user, "orders.add_invoice"),
            "badge": (invoice.get_kind_display(), tone_of(invoice.kind)),
            "corrections": invoice.corrections.all(),
            "back": (_("Invoices"), "orders:invoices"),
        }
        return TemplateResponse(request, "orders/invoice.html", shown)


def paper(invoice: Invoice) -> dict[str, Any]:
    """The kept content with amounts as numbers and dates as dates."""
    content = invoice.content
    lines = [
        line | {name: Decimal(line[name]) for name in ("unit_price", "discount", "net", "tax", "gross", "tax_rate")}
        for line in content["lines"]
    ]
    taxes = [row | {name: Decimal(row[name]) for name in ("rate", "net", "tax", "gross")} for row in content["taxes"]]
    for row in taxes:
        row["percent"] = row["rate"] * 100
    for line in lines:
        line["percent"] = line["tax_rate"] * 100
        line["amount"] = line["gross"] if content["prices_include_tax"] else line["net"]
    shipping = content["shipping"]
    amount = Decimal(shipping["gross" if content["prices_include_tax"] else "net"]) if shipping else None
    return {
        "invoice": invoice,
        "content": content,
        "lines": lines,
        "taxes": taxes,
        "shipping": amount,
        "ordered": date.fromisoformat(content["ordered"]),
        "has_discount": any(line["discount"] for line in lines),
    }


@dataclass(frozen=True)
class Slip:
    """What a packer puts into one parcel."""

    order: Order
    number: str
    lines: list[tuple[str, str, int]]
    location: str = ""
    carrier: str = ""
    tracking: str = ""


class PackingSlips(generic.Page):
    """Packing slips, a sheet each: of parcels (`?ids=1,2`), or of what orders still have to ship (`?orders=1,2`)."""

    permission = ("orders.view_order", "orders.view_fulfilment")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        slips = [*self.of_parcels(request), *self.of_orders(request)]
        if not slips:
            raise Http404(_("There is nothing to pack."))
        documents = [
            in_language(slip.order.language, "orders/paper/packing_slip.html", {"slip": slip}) for slip in slips
        ]
        shown = {"title": _("Packing slips"), "documents": documents, "back": (_("Fulfilments"), "orders:fulfilments")}
        return TemplateResponse(request, "orders/paper.html", shown)

    def of_parcels(self, request: HttpRequest) -> Iterator[Slip]:
        parcels = Fulfilment.objects.visible_to(request.user).filter(pk__in=keys(request.GET.get("ids", "")))
        return slips_of(parcels)

    def of_orders(self, request: HttpRequest) -> Iterator[Slip]:
        """Parcels that wait; an order without any gets a slip over what is open."""
        orders = (
            Order.objects.visible_to(request.user)
            .filter(pk__in=keys(request.GET.get("orders", "")))
            .prefetch_related("lines")
        )
        waiting = list(slips_of(Fulfilment.objects.visible_to(request.user).waiting().filter(order__in=orders)))
        yield from waiting
        packed = {slip.order.pk for slip in waiting}
        for order in orders.order_by("placed_at", "pk"):
            lines = [
                (line.sku, line.title, line.open_quantity)
                for line in order.lines.all()
                if line.open_quantity and line.requires_shipping
            ]
            if lines and order.pk not in packed:
                yield Slip(order, order.number, lines)


def slips_of(parcels: Any) -> Iterator[Slip]:
    for parcel in (
        parcels.select_related("order", "location").prefetch_related("lines__order_line").order_by("created_at", "pk")
    ):
        lines = [(row.order_line.sku, row.order_line.title, row.quantity) for row in parcel.lines.all()]
        yield Slip(parcel.order, parcel.number, lines, str(parcel.location), parcel.carrier, parcel.tracking_number)


def keys(text: str) -> list[int]:
    """Primary keys out of "1,2,3"; what is none is left out."""
    return [int(part) for part in text.split(",") if part.isascii() and part.isdigit() and len(part) < 19][:MOST]


def in_language(language: str, template: str, context: dict[str, Any]) -> SafeString:
    """Draw one document in the language of the customer, whatever the reader's."""
    with translation.override(language):
        return render_to_string(template, {**context, "language": language})
