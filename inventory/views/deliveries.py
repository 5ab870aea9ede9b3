"""Scanning what arrives, what is sent elsewhere, and what is counted."""

from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog.models import Variant
from inventory import forms, forms_scanning, services
from inventory.models import Bin, CountLine, PurchaseOrder, PurchaseOrderLine, Receipt, Scan, StockCount, Transfer
from inventory.views.counts import bins_text
from inventory.views.scanning import ScanPage, bin_page, warehouse

LINES = 60
NEXT = 5


class ScanDelivery(ScanPage):
    """Pieces of a purchase order are accepted or rejected one scan after the other."""

    model = PurchaseOrder
    permission = ("inventory.receive_stock", "inventory.view_purchaseorder")
    form_class = forms_scanning.DeliveryScanForm
    progress_template = "inventory/_scan_delivery.html"

    def get_queryset(self) -> Any:
        lines = PurchaseOrderLine.objects.filter(purchase_order=OuterRef("pk"))
        tracked = Exists(lines.exclude(variant__tracking=Variant.Tracking.NONE))
        return super().get_queryset().select_related("supplier", "location").annotate(asks_lots=tracked)

    def initial(self) -> dict[str, Any]:
        return {"delivery": self.delivery or uuid4(), "asks_lots": self.document.asks_lots}

    @property
    def delivery(self) -> UUID | None:
        """The delivery that goes on here; none where a new one is asked for or begins."""
        if "new" in self.request.GET:
            return None
        return services.delivery_of(self.document, by=self.user)

    def record(self, form: Any) -> Scan:
        data = form.cleaned_data
        return services.scan_delivery(
            self.document,
            form.scanned(),
            delivery=data["delivery"],
            reject=form.reject(),
            parts=form.arriving(),
            reference=data["reference"],
            by=self.user,
        )

    def takes_scans(self) -> bool:
        return self.document.status in services.RECEIVABLE

    def trail(self) -> list[tuple[str, str]]:
        return [warehouse(), (_("Receive"), reverse("inventory:scan_deliveries"))]

    def shown(self) -> dict[str, Any]:
        order = self.document
        lines = list(order.lines.select_related("variant").order_by("position", "pk"))
        open_lines = [line for line in lines if line.outstanding]
        mine = Receipt.objects.filter(purchase_order=order, received_by=self.user.pk)
        return {
            "title": _("Receive %(order)s") % {"order": order},
            "subtitle": f"{order.supplier} → {order.location}",
            "open_lines": open_lines[:LINES],
            "done_lines": [line for line in lines if not line.outstanding][:LINES],
            "left": sum(line.outstanding for line in open_lines),
            "wanted_in_all": sum(line.kept for line in lines),
            "receipt": mine.order_by("-pk").first(),
        }


class TransferScans(ScanPage):
    model = Transfer
    permission = ("inventory.move_stock", "inventory.view_transfer")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("source", "destination")

    def trail(self) -> list[tuple[str, str]]:
        return [warehouse(), (_("Transfers"), reverse("inventory:scan_transfers"))]


class ScanLoad(TransferScans):
    """Pieces leave the shelf and go onto their way."""

    progress_template = "inventory/_scan_load.html"

    def record(self, form: Any) -> Scan:
        return services.load(self.document, form.scanned(), by=self.user)

    def takes_scans(self) -> bool:
        return self.document.status == Transfer.Status.DRAFT

    def shown(self) -> dict[str, Any]:
        lines = list(self.document.lines.select_related("variant"))
        return {
            "title": _("Send %(transfer)s") % {"transfer": self.document},
            "subtitle": f"{self.document.source} → {self.document.destination}",
            "lines": lines,
            "loaded": sum(line.sent for line in lines),
            "left": sum(line.quantity - line.sent for line in lines),
        }


class ScanUnload(TransferScans):
    """Pieces that arrived go onto the shelf."""

    progress_template = "inventory/_scan_unload.html"

    def record(self, form: Any) -> Scan:
        return services.unload(self.document, form.scanned(), by=self.user)

    def takes_scans(self) -> bool:
        return self.document.status == Transfer.Status.IN_TRANSIT

    def shown(self) -> dict[str, Any]:
        lines = [line for line in self.document.lines.select_related("variant") if line.sent]
        return {
            "title": _("Receive %(transfer)s") % {"transfer": self.document},
            "subtitle": f"{self.document.source} → {self.document.destination}",
            "lines": lines,
            "arrived": sum(line.arrived for line in lines),
            "left": sum(line.sent - line.arrived for line in lines),
        }


class TransferStep(generic.ActionView):
    model = Transfer
    slug_field = "number"
    permission = "inventory.move_stock"

    def get_success_url(self, obj: Transfer) -> str:
        return reverse("inventory:scan_transfers")


class SendLoaded(TransferStep):
    service = services.send_loaded
    form_class = forms.ReasonForm
    title = gettext_lazy("Send what is loaded")
    confirm = gettext_lazy("What was not loaded stays here and is no longer part of the transfer.")
    done = gettext_lazy("%s is on its way.")


class CloseUnloaded(TransferStep):
    service = services.receive_unloaded
    form_class = forms_scanning.UnloadedForm
    title = gettext_lazy("Close the transfer")
    confirm = gettext_lazy("What was not scanned did not arrive. It leaves the books with the reason.")
    done = gettext_lazy("%s received.")


class ScanCount(ScanPage):
    """Every scan counts a piece more, while the shop goes on selling."""

    model = StockCount
    permission = ("inventory.count_stock", "inventory.view_stockcount")
    form_class = forms_scanning.CountScanForm
    progress_template = "inventory/_scan_count.html"

    def get_queryset(self) -> Any:
        bins = Bin.objects.filter(location=OuterRef("location"), is_active=True)
        lines = CountLine.objects.filter(count=OuterRef("pk")).exclude(variant__tracking=Variant.Tracking.NONE)
        rows = super().get_queryset().select_related("location")
        return rows.annotate(asks_bins=Exists(bins), asks_lots=Exists(lines))

    def record(self, form: Any) -> Scan:
        return services.scan_count(self.document, form.scanned(), ago=form.waited(), by=self.user, **form.where())

    def initial(self) -> dict[str, Any]:
        asked = {name: getattr(self.document, name) for name in ("asks_bins", "asks_lots")}
        return {"bin": self.request.GET.get("bin", "") or self.document.only_bin, **asked}

    def other_page(self, form: Any) -> str:
        """A scanned bin says where the next pieces lie."""
        return bin_page(self.request.path, self.document.location, form.cleaned_data["code"])

    def takes_scans(self) -> bool:
        return self.document.status == StockCount.Status.COUNTING

    def trail(self) -> list[tuple[str, str]]:
        return [warehouse(), (_("Count"), reverse("inventory:scan_counts"))]

    def shown(self) -> dict[str, Any]:
        count = self.document
        total = services.result_of(count)
        lines = CountLine.objects.filter(count=count).select_related("variant").order_by("pk")
        return {
            "title": _("Count %(count)s") % {"count": count},
            "subtitle": f"{count.location} · {bins_text(count)}" if count.is_of_bins else str(count.location),
            "total": total,
            "left": total.lines - total.counted,
            "again": lines.filter(recount=True)[:NEXT],
            "following": lines.filter(counted=None)[:NEXT],
            "hidden": count.hides_expected_from(self.user),
        }
