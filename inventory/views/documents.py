"""Receipts, transfers and holds."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic import Action, BulkAction, Column, Tab
from catalog.models import Variant
from inventory import filters, forms, forms_bins, services
from inventory.models import Hold, Receipt, Transfer, TransferLine

COST = "catalog.view_cost"


# --- Receipts -----------------------------------------------------------------------------------


class ReceiptList(generic.ListPage):
    model = Receipt
    key = "inventory:receipts"
    permission = "inventory.view_receipt"
    filterset_class = filters.ReceiptFilter
    columns = [
        Column("number", link=True),
        Column("created_at", kind="datetime"),
        Column("location"),
        Column("supplier", link="supplier"),
        Column("reference"),
        Column("received_by", gettext_lazy("By")),
    ]
    ordering = {"newest": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    create_url = "inventory:receive"
    create_permission = "inventory.receive_stock"
    create_label = gettext_lazy("Receive goods")
    empty_title = gettext_lazy("No delivery yet")
    empty_text = gettext_lazy("What you receive stands here, with its lines and costs.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location", "supplier", "received_by")


class ReceiptRecord(generic.RecordPage):
    model = Receipt
    slug_field = "number"
    permission = "inventory.view_receipt"
    list_url = "inventory:receipts"
    template_name = "inventory/receipt.html"
    facts = [
        Column("location", link="location"),
        Column("supplier", link="supplier"),
        Column("purchase_order", link="purchase_order"),
        Column("reference"),
        Column("created_at", kind="datetime"),
        Column("received_by", gettext_lazy("By")),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location", "supplier", "received_by", "purchase_order")

    def get_actions(self) -> list[Action]:
        user, order = self.request.user, self.object.purchase_order
        steps = []
        if user.has_perm("inventory.receive_stock"):
            address = f"{reverse('inventory:receive')}?location={self.object.location_id}"
            if order is not None:
                address = reverse("inventory:purchase_receive", args=[order.number])
            steps.append(Action(_("Receive more"), address, "get"))
        if generic.may(user, ("inventory.add_landedcost", COST)):
            address = reverse("inventory:landed_cost_new", args=[self.object.number])
            steps.append(Action(_("Add landed cost"), address, "get", icon="plus"))
        return steps

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        lines = list(self.object.lines.select_related("variant"))
        if any(line.variant.tracking != Variant.Tracking.NONE for line in lines):
            lots = services.named_lots(self.object.number)
            for line in lines:
                line.lots = lots.pop(line.variant_id, [])  # type: ignore[attr-defined]
        costs = self.object.landed_costs.prefetch_related("lines__receipt_line__variant").order_by("pk")
        return super().get_context_data(
            lines=lines,
            rejected=sum(line.rejected for line in lines),
            costs=costs if self.request.user.has_perm(COST) else [],
            pieces=sum(line.quantity for line in lines),
            shows_cost=self.request.user.has_perm(COST),
            **extra,
        )


class Receive(generic.FormPage):
    """Goods come in: rows typed or scanned, sent once however often the button is pressed."""

    model = Receipt
    form_class = forms.ReceiveForm
    permission = "inventory.receive_stock"
    title = gettext_lazy("Receive goods")
    submit_label = gettext_lazy("Receive")
    done = gettext_lazy("%s posted: the goods are in stock.")
    template_name = "inventory/goods_form.html"
    version_field = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        rows = forms.ReceiptRows if self.request.user.has_perm(COST) else forms.PlainReceiptRows
        shown = forms_bins.shown_fields(self.request.user)
        return rows(data, initial=first_row(self.request), prefix="lines", form_kwargs={"shown": shown})

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(form, bin_codes=forms_bins.bin_codes(self.request.user), **extra)

    def perform(self, form: Any) -> Receipt:
        data = form.cleaned_data
        rows = forms.rows_of(self.formset)
        lines = [(row["variant"].pk, row["quantity"], row.get("unit_cost")) for row in rows]
        return services.receive(
            data["location"],
            data["supplier"],
            lines,
            data["reference"],
            data["note"],
            data["key"],
            parts=forms_bins.arriving(rows, data["location"]),
            by=self.request.user,
        )


def first_row(request: HttpRequest) -> list[dict[str, Any]]:
    """A row for the variant that the address names."""
    wanted = request.GET.get("variant", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return []
    variant = Variant.objects.visible_to(request.user).filter(pk=int(wanted)).first()
    return [{"variant": variant}] if variant else []


# --- Transfers ----------------------------------------------------------------------------------


class TransferList(generic.ListPage):
    model = Transfer
    key = "inventory:transfers"
    permission = "inventory.view_transfer"
    filterset_class = filters.TransferFilter
    columns = [
        Column("number", link=True),
        Column("status", kind="badge"),
        Column("source"),
        Column("destination"),
        Column("created_at", kind="datetime"),
        Column("sent_at", kind="datetime"),
        Column("received_at", kind="datetime"),
        Column("created_by", gettext_lazy("By")),
    ]
    default_columns = ["number", "status", "source", "destination", "created_at", "sent_at", "received_at"]
    ordering = {"newest": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    tabs = [
        Tab(gettext_lazy("Draft"), "status=draft"),
        Tab(gettext_lazy("In transit"), "status=in_transit"),
        Tab(gettext_lazy("Received"), "status=received"),
    ]
    create_url = "inventory:transfer_new"
    create_permission = "inventory.move_stock"
    empty_title = gettext_lazy("No transfer yet")
    empty_text = gettext_lazy("A transfer takes stock from one location to another, and knows what is on its way.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("source", "destination", "created_by")


class TransferRecord(generic.RecordPage):
    model = Transfer
    slug_field = "number"
    permission = "inventory.view_transfer"
    list_url = "inventory:transfers"
    template_name = "inventory/transfer.html"
    facts = [
        Column("source", link="source"),
        Column("destination", link="destination"),
        Column("created_by", gettext_lazy("By")),
        Column("created_at", kind="datetime"),
        Column("sent_at", kind="datetime"),
        Column("received_at", kind="datetime"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("source", "destination", "created_by")

    def get_actions(self) -> list[Action]:
        """What the status and the user's warehouses allow."""
        transfer, user = self.object, self.request.user
        if not user.has_perm("inventory.move_stock"):
            return []
        codes = user.scope("warehouse")
        ours = {
            side: codes is None or place.code in codes
            for side, place in [("from", transfer.source), ("to", transfer.destination)]
        }
        steps = []
        if transfer.may_become(Transfer.Status.IN_TRANSIT) and ours["from"]:
            steps += [
                Action(_("Send"), self.address("send"), "get" if self.asks_for_parts() else "post", primary=True),
                Action(_("Edit"), self.address("edit"), "get", icon="edit"),
            ]
        if transfer.may_become(Transfer.Status.RECEIVED) and ours["to"]:
            steps.append(Action(_("Receive"), self.address("receive"), "get", primary=True))
        if transfer.may_become(Transfer.Status.CANCELED) and ours["from"]:
            steps.append(Action(_("Cancel transfer"), self.address("cancel"), "get", icon="x", danger=True))
        return steps

    def address(self, verb: str) -> str:
        return reverse(f"inventory:transfer_{verb}", args=[self.object.number])

    @cached_property
    def lines(self) -> list[TransferLine]:
        return list(self.object.lines.select_related("variant"))

    def asks_for_parts(self) -> bool:
        """Whether a line could say from which bin or of which lot its pieces are."""
        tracked = any(line.variant.tracking != Variant.Tracking.NONE for line in self.lines)
        return tracked or bool(forms_bins.bins_of(self.object.source, self.lines))

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        pieces = sum(line.quantity for line in self.lines)
        return super().get_context_data(lines=self.lines, pieces=pieces, **extra)


class TransferEdit(generic.FormPage):
    """A transfer is written, or a draft written anew."""

    model = Transfer
    slug_field = "number"
    form_class = forms.TransferForm
    permission = "inventory.move_stock"
    template_name = "inventory/goods_form.html"
    version_field = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        if self.object is None:
            return super().get_initial()
        return {"source": self.object.source_id, "destination": self.object.destination_id, "note": self.object.note}

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        if self.object is None:
            return forms.TransferRows(data, initial=first_row(self.request), prefix="lines")
        lines = self.object.lines.select_related("variant")
        initial = [{"variant": line.variant, "quantity": line.quantity} for line in lines]
        return forms.TransferRows(data, initial=initial, prefix="lines")

    def perform(self, form: Any) -> Transfer:
        data = form.cleaned_data
        lines = [(row["variant"].pk, row["quantity"]) for row in forms.rows_of(self.formset)]
        arguments = (data["source"], data["destination"], lines, data["note"])
        if self.object is None:
            return services.create_transfer(*arguments, by=self.request.user)
        return services.edit_transfer(self.object, *arguments, by=self.request.user)


class TransferSend(generic.ActionView):
    """Sent by the button of its page; asked about bins and lots where a line has any."""

    model = Transfer
    slug_field = "number"
    permission = "inventory.move_stock"
    template_name = "inventory/send.html"
    title = gettext_lazy("Send")
    confirm = gettext_lazy("The pieces leave the shelf of the source. Name their bins and lots, or have them chosen.")
    done = gettext_lazy("%s is on its way.")
    form_class = forms_bins.SendForm

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("source", "destination")

    def get_form_kwargs(self, obj: Transfer) -> dict[str, Any]:
        return {"transfer": obj}

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def perform(self, obj: Transfer, fields: dict[str, Any]) -> Transfer:
        return services.send(obj, taken=self.form.taken(), by=self.request.user)

    @property
    def codes(self) -> list[str]:
        """What fields of bins suggest."""
        return forms_bins.bin_codes(self.request.user, self.form.transfer.source)


class TransferReceive(generic.ActionView):
    model = Transfer
    slug_field = "number"
    permission = "inventory.move_stock"
    title = gettext_lazy("Receive")
    confirm = gettext_lazy("Count what arrived. The numbers that were sent stand here already.")
    done = gettext_lazy("%s received.")
    form_class = forms.ReceiveTransferForm
    template_name = "inventory/send.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("source", "destination")

    def get_form_kwargs(self, obj: Transfer) -> dict[str, Any]:
        return {"transfer": obj}

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def perform(self, obj: Transfer, fields: dict[str, Any]) -> Transfer:
        why = {"reason": fields["reason"], "broken": fields["broken"]}
        return services.receive_transfer(obj, self.form.received(), put=self.form.put(), **why, by=self.request.user)

    @property
    def codes(self) -> list[str]:
        """What fields of bins suggest."""
        return forms_bins.bin_codes(self.request.user, self.form.transfer.destination)


class TransferCancel(generic.ActionView):
    model = Transfer
    slug_field = "number"
    permission = "inventory.move_stock"
    service = services.cancel_transfer
    title = gettext_lazy("Cancel transfer")
    confirm = gettext_lazy("Pieces that are on their way return to where they came from.")
    done = gettext_lazy("%s canceled.")
    danger = True
    form_class = forms.ReasonForm


# --- Holds --------------------------------------------------------------------------------------


class HoldList(generic.ListPage):
    model = Hold
    key = "inventory:holds"
    permission = "inventory.view_hold"
    filterset_class = filters.HoldFilter
    columns = [
        Column("variant.sku", gettext_lazy("SKU"), link=True, secondary=Column("variant.title")),
        Column("quantity", kind="number"),
        Column("location"),
        Column("reason", kind="references"),
        Column("status", kind="badge"),
        Column("expires_at", gettext_lazy("Until"), kind="datetime"),
        Column("created_by", gettext_lazy("By")),
    ]
    ordering = {"newest": ("-pk",), "due": ("expires_at", "pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "due": gettext_lazy("Ending first")}
    tabs = [Tab(gettext_lazy("Live"), "status=live")]
    bulk_actions = [
        BulkAction("release", gettext_lazy("Release"), services.release_hold, permission="inventory.hold_stock", confirm=gettext_lazy("Their pieces can be sold again."))
    ]  # fmt: skip
    create_url = "inventory:hold_new"
    create_permission = "inventory.hold_stock"
    empty_title = gettext_lazy("Nothing is held")
    empty_text = gettext_lazy("A hold sets pieces aside for a while: for a photo, a check, a good customer.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("variant", "location", "created_by")


class HoldRecord(generic.RecordPage):
    model = Hold
    permission = "inventory.view_hold"
    list_url = "inventory:holds"
    facts = [
        Column("variant.sku", gettext_lazy("SKU"), link="variant"),
        Column("location", link="location"),
        Column("quantity", kind="number"),
        Column("reason"),
        Column("expires_at", gettext_lazy("Until"), kind="datetime"),
        Column("created_by", gettext_lazy("By")),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("variant", "location", "created_by")

    def get_title(self) -> str:
        return f"{self.object.quantity} × {self.object.variant.sku}"

    def get_actions(self) -> list[Action]:
        if not self.object.may_become(Hold.Status.RELEASED) or not self.request.user.has_perm("inventory.hold_stock"):
            return []
        return [Action(_("Release"), reverse("inventory:hold_release", args=[self.object.pk]), primary=True)]


class HoldNew(generic.FormPage):
    model = Hold
    form_class = forms.HoldForm
    permission = "inventory.hold_stock"
    title = gettext_lazy("Hold stock")
    submit_label = gettext_lazy("Hold")
    done = gettext_lazy("%s held.")
    version_field = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def perform(self, form: Any) -> Hold:
        data = form.cleaned_data
        return services.hold(
            data["variant"].pk, data["location"], data["quantity"], reason=data["reason"],
            expires_at=data["expires_at"], by=self.request.user,
        )  # fmt: skip


@require_POST
@permission_required("inventory.hold_stock", raise_exception=True)
def release_hold(request: HttpRequest, pk: int) -> HttpResponse:
    held = get_object_or_404(Hold.objects.visible_to(request.user), pk=pk)
    return generic.act(request, services.release_hold, held, done=_("The pieces can be sold again."))
