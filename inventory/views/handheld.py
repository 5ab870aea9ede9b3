"""Where warehouse work begins: the start page, and the documents that wait."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.dashboard import capped
from catalog.models import Variant
from inventory import services, tiles
from inventory.models import PurchaseOrder, StockCount, StockLevel, Transfer
from inventory.views.scanning import warehouse

MOST = 40


@dataclass(frozen=True)
class Choice:
    """A document to work on."""

    title: str
    url: str
    about: str = ""
    badge: tuple[str, str] | None = None


class Warehouse(generic.Page):
    """The start page: what there is to do, and what a scanned item or document is."""

    permission = "inventory.add_scan"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted = request.GET.get("q", "").strip()
        variant, refusal = found(wanted)
        levels = StockLevel.objects.visible_to(request.user).at_warehouses().filter(variant=variant)
        shown = {
            "title": _("Warehouse work"),
            "tiles": [
                (tile, capped(tile.waiting(request.user)) if tile.waiting else "") for tile in tiles.of(self.user)
            ],
            "wanted": wanted,
            "refusal": refusal,
            "variant": variant,
            "levels": levels.select_related("location").order_by("location__priority") if variant else [],
        }
        return TemplateResponse(request, "inventory/warehouse.html", shown)


def found(code: str) -> tuple[Variant | None, str]:
    """The variant that a code stands for, or why there is none."""
    if not code:
        return None, ""
    try:
        return services.variant_of(code), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


class ChoosePage(generic.Page):
    """Documents that wait for one kind of work. The scanned number of one opens it; an item narrows to those with it."""

    title: Any = ""
    hint: Any = ""
    empty: Any = ""
    address = ""

    def documents(self) -> Any:
        """Those that wait, the most urgent first."""
        raise NotImplementedError

    def with_variant(self, documents: Any, variant: Variant) -> Any:
        raise NotImplementedError

    def choice(self, document: Any) -> Choice:
        raise NotImplementedError

    def by_number(self, wanted: str) -> Any:
        """The document that a scanned number opens, or None."""
        return self.documents().filter(number__iexact=wanted).first()

    def url_of(self, document: Any) -> str:
        return reverse(self.address, args=[document.number])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted = request.GET.get("q", "").strip()
        documents, refusal = self.documents(), ""
        if wanted:
            named = self.by_number(wanted)
            if named is not None:
                return HttpResponseRedirect(self.url_of(named))
            variant, refusal = found(wanted)
            documents = self.with_variant(documents, variant) if variant else documents.none()
        rows = list(documents[: MOST + 1])
        shown = {
            "title": self.title,
            "page": self,
            "wanted": wanted,
            "refusal": refusal,
            "choices": [self.choice(row) for row in rows[:MOST]],
            "more": len(rows) > MOST,
            "trail": [warehouse()],
        }
        return TemplateResponse(request, "inventory/scan_choose.html", shown)


class Deliveries(ChoosePage):
    permission = ("inventory.receive_stock", "inventory.view_purchaseorder")
    title = gettext_lazy("Receive")
    hint = gettext_lazy("Scan an order or an item")
    empty = gettext_lazy("No purchase order is on its way here.")
    address = "inventory:scan_delivery"

    def documents(self) -> Any:
        rows = expected(self.user).select_related("supplier", "location")
        return rows.order_by(F("expected_on").asc(nulls_last=True), "pk")

    def with_variant(self, documents: Any, variant: Variant) -> Any:
        return documents.filter(lines__variant=variant, lines__outstanding__gt=0).distinct()

    def choice(self, order: PurchaseOrder) -> Choice:
        facts = [str(order.supplier), str(order.location)]
        if order.expected_on:
            facts.append(date_format(order.expected_on, "SHORT_DATE_FORMAT"))
        badge = (_("Overdue"), "bad") if order.is_overdue else (order.get_status_display(), order.status)
        return Choice(order.number, self.url_of(order), " · ".join(facts), badge)


class Transfers(ChoosePage):
    permission = ("inventory.move_stock", "inventory.view_transfer")
    title = gettext_lazy("Transfers")
    hint = gettext_lazy("Scan a transfer or an item")
    empty = gettext_lazy("No transfer waits to be sent or received.")

    def documents(self) -> Any:
        return to_move(self.user).select_related("source", "destination").order_by("-status", "pk")

    def with_variant(self, documents: Any, variant: Variant) -> Any:
        return documents.filter(lines__variant=variant)

    def url_of(self, transfer: Transfer) -> str:
        verb = "load" if transfer.status == Transfer.Status.DRAFT else "unload"
        return reverse(f"inventory:scan_{verb}", args=[transfer.number])

    def choice(self, transfer: Transfer) -> Choice:
        to_send = transfer.status == Transfer.Status.DRAFT
        badge = (_("To send"), "info") if to_send else (_("To receive"), "warn")
        return Choice(transfer.number, self.url_of(transfer), f"{transfer.source} → {transfer.destination}", badge)


class Counts(ChoosePage):
    permission = ("inventory.count_stock", "inventory.view_stockcount")
    title = gettext_lazy("Count")
    hint = gettext_lazy("Scan a stocktake or an item")
    empty = gettext_lazy("No stocktake is being counted.")
    address = "inventory:scan_count"

    def documents(self) -> Any:
        return being_counted(self.user).select_related("location").order_by("-pk")

    def with_variant(self, documents: Any, variant: Variant) -> Any:
        return documents.filter(lines__variant=variant)

    def choice(self, count: StockCount) -> Choice:
        return Choice(count.number, self.url_of(count), f"{count.location} · {count.get_scope_display()}")


def expected(user: Any) -> Any:
    """Orders that suppliers still owe something of."""
    return PurchaseOrder.objects.visible_to(user).filter(
        status__in=[PurchaseOrder.Status.ORDERED, PurchaseOrder.Status.PARTIALLY_RECEIVED]
    )


def to_move(user: Any) -> Any:
    """Transfers to send from, or to receive at, the warehouses of `user`."""
    codes = user.scope("warehouse")
    ours = (Q(), Q()) if codes is None else (Q(source__code__in=codes), Q(destination__code__in=codes))
    Status = Transfer.Status
    return Transfer.objects.visible_to(user).filter(
        (Q(status=Status.DRAFT) & ours[0]) | (Q(status=Status.IN_TRANSIT) & ours[1])
    )


def being_counted(user: Any) -> Any:
    return StockCount.objects.visible_to(user).filter(status=StockCount.Status.COUNTING)


for label, url_name, permission, icon, order, waiting in (
    (gettext_lazy("Receive"), "inventory:scan_deliveries", "inventory.receive_stock", "inbox", 10, expected),
    (gettext_lazy("Transfers"), "inventory:scan_transfers", "inventory.move_stock", "transfer", 50, to_move),
    (gettext_lazy("Count"), "inventory:scan_counts", "inventory.count_stock", "clipboard-check", 60, being_counted),
):
    tiles.register(label, url_name, permission=permission, icon=icon, order=order, waiting=waiting)
