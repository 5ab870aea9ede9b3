"""What is where, why, and correcting it."""

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, panels
from backoffice.generic import Action, Column, Tab, in_reader_language, named
from inventory import filters, forms, forms_bins, services
from inventory.models import StockLevel, StockMove, StockPart, StockPosting

COST = "catalog.view_cost"
SHOWN = 50


class StockList(generic.ListPage):
    model = StockLevel
    key = "inventory:stock"
    title = gettext_lazy("Stock")
    permission = "inventory.view_stocklevel"
    filterset_class = filters.StockFilter
    columns = [
        Column("variant.sku", gettext_lazy("SKU"), link=True, secondary=Column("variant.title")),
        Column("location", gettext_lazy("Location"), sql=in_reader_language("location__name")),
        Column("on_hand", kind="number"),
        Column("allocated", kind="number"),
        Column("held", kind="number"),
        Column("available", gettext_lazy("Available"), kind="number", template="inventory/_available.html"),
        Column("value", kind="money", currency="currency", permission=COST),
        Column(
            "average_cost",
            gettext_lazy("Average cost"),
            kind="money",
            currency="currency",
            permission=COST,
            reads=("value", "on_hand"),
        ),
        Column("variant.barcode", gettext_lazy("Barcode")),
        Column("updated_at", gettext_lazy("Changed"), kind="relative"),
    ]
    default_columns = [
        "variant.sku", "location", "on_hand", "allocated", "held", "available", "value", "updated_at",
    ]  # fmt: skip
    ordering = {
        "changed": ("-updated_at", "-pk"),
        "oldest": ("updated_at", "pk"),
        "least": ("available", "pk"),
        "most": ("-available", "-pk"),
    }
    ordering_labels = {
        "changed": gettext_lazy("Changed last"),
        "oldest": gettext_lazy("Unchanged for longest"),
        "least": gettext_lazy("Least available"),
        "most": gettext_lazy("Most available"),
    }
    tabs = [
        Tab(gettext_lazy("Out of stock"), "state=out"),
        Tab(gettext_lazy("Low"), "state=low"),
        Tab(gettext_lazy("Backordered"), "state=backordered"),
    ]
    empty_title = gettext_lazy("No stock yet")
    empty_text = gettext_lazy("Receive a delivery, and its goods stand here.")
    create_url = "inventory:receive"
    create_permission = "inventory.receive_stock"
    create_label = gettext_lazy("Receive goods")

    def get_queryset(self) -> Any:
        return super().get_queryset().with_available().select_related("variant", "location")


class LevelPage(generic.ListPage):
    """Why is on hand what it is? Every posting of one level, with the balance it left, who, why and through what."""

    model = StockPosting
    key = "inventory:level"
    permission = "inventory.view_stocklevel"
    template_name = "inventory/level.html"
    filterset_class = filters.PostingFilter
    columns = [
        Column("at", kind="datetime"),
        Column("move.kind", gettext_lazy("What"), kind="badge"),
        Column("on_hand", gettext_lazy("Change"), kind="number", template="inventory/_change.html"),
        Column("on_hand_after", gettext_lazy("On hand"), kind="number", template="inventory/_on_hand.html"),
        Column("allocated_after", gettext_lazy("Allocated"), kind="number", template="inventory/_allocated.html"),
        Column("held_after", gettext_lazy("Held"), kind="number", template="inventory/_held.html"),
        Column("value", gettext_lazy("Value, change"), kind="money", currency="currency", permission=COST),
        Column("value_after", gettext_lazy("Value"), kind="money", currency="currency", permission=COST),
        Column("move.cause", gettext_lazy("Document"), kind="references"),
        Column("move.reason", gettext_lazy("Reason"), kind="references"),
        Column("move.from_location", gettext_lazy("From"), sql=in_reader_language("move__from_location__name")),
        Column("move.to_location", gettext_lazy("To"), sql=in_reader_language("move__to_location__name")),
        Column("move.actor", gettext_lazy("By"), sql=named("move__actor")),
    ]
    default_columns = [
        "at", "move.kind", "on_hand", "on_hand_after", "allocated_after", "held_after", "value_after", "move.cause",
        "move.reason", "move.actor",
    ]  # fmt: skip
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        Tab(
            gettext_lazy("On hand only"),
            "kind=received&kind=shipped&kind=returned&kind=adjusted&kind=counted&kind=transferred&kind=scrapped",
        ),
        Tab(gettext_lazy("Corrections"), "kind=adjusted&kind=counted&kind=scrapped"),
    ]

    @cached_property
    def level(self) -> StockLevel:
        levels = StockLevel.objects.visible_to(self.request.user).select_related("variant__product", "location")
        return get_object_or_404(levels, pk=self.kwargs["pk"])

    def get_queryset(self) -> Any:
        related = ("move__actor", "move__from_location", "move__to_location")
        return StockPosting.objects.filter(level=self.level).select_related(*related)

    def get_title(self) -> str:
        return f"{self.level.variant.sku} @ {self.level.location}"

    def get_actions(self) -> list[Action]:
        user, level = self.request.user, self.level
        if level.location.kind != level.location.Kind.STOCK or not level.location.is_active:
            return []
        back = f"&next={level.get_absolute_url()}"
        here = f"?variant=%23{level.variant_id}&location={level.location_id}{back}"
        offers = [
            ("inventory.adjust_stock", _("Correct stock"), "inventory:correct", here, "edit"),
            ("inventory.hold_stock", _("Hold"), "inventory:hold_new", here, "lock"),
            ("inventory.move_stock", _("Put away"), "inventory:put_away", f"?next={level.get_absolute_url()}", "pin"),
            ("inventory.move_stock", _("Transfer"), "inventory:transfer_new", f"?source={level.location_id}&variant={level.variant_id}", "transfer"),
            ("inventory.receive_stock", _("Receive"), "inventory:receive", f"?location={level.location_id}&variant={level.variant_id}", "plus"),
        ]  # fmt: skip
        if not level.on_hand:
            del offers[2]
        return [
            Action(
                label, reverse(name, args=[level.pk] if name == "inventory:put_away" else []) + query, "get", icon=icon
            )
            for permission, label, name, query, icon in offers
            if user.has_perm(permission)
        ]

    def get_parts(self) -> list[StockPart]:
        """What lies in which bin, and of which lot it is; most have no such thing and cost no statement."""
        if not self.level.placed:
            return []
        parts = StockPart.objects.there().filter(level=self.level).select_related("bin", "lot")
        return list(parts.first_expired_first()[:SHOWN])

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(
            level=self.level,
            parts=self.get_parts(),
            parts_url=f"{reverse('inventory:parts')}?q={self.level.variant.sku}&location={self.level.location_id}",
            actions=self.get_actions(),
            shows_cost=self.request.user.has_perm(COST),
            panels=panels.panels_for(self.request.user, self.level),
            elsewhere=reverse("inventory:why", args=[self.level.variant_id]),
            **extra,
        )


class MoveList(generic.ListPage):
    """The whole ledger, newest first."""

    model = StockMove
    key = "inventory:moves"
    permission = "inventory.view_stockmove"
    filterset_class = filters.MoveFilter
    columns = [
        Column("at", kind="datetime"),
        Column("kind", kind="badge"),
        Column("variant.sku", gettext_lazy("SKU"), link="variant", secondary=Column("variant.title")),
        Column("quantity", kind="number"),
        Column("from_location", gettext_lazy("From"), sql=in_reader_language("from_location__name")),
        Column("to_location", gettext_lazy("To"), sql=in_reader_language("to_location__name")),
        Column("unit_cost", kind="money", currency="currency", permission=COST),
        Column("cause", gettext_lazy("Document"), kind="references"),
        Column("reason", kind="references"),
        Column("actor", gettext_lazy("By"), sql=named("actor")),
    ]
    ordering = {"newest": ("-at", "-pk"), "oldest": ("at", "pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        Tab(gettext_lazy("Received"), "kind=received"),
        Tab(gettext_lazy("Shipped"), "kind=shipped"),
        Tab(gettext_lazy("Corrections"), "kind=adjusted&kind=counted&kind=scrapped"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("variant", "from_location", "to_location", "actor")


class CorrectStock(generic.FormPage):
    """Correct one level, by a count or by a difference."""

    model = StockLevel
    form_class = forms.CorrectForm
    permission = "inventory.adjust_stock"
    title = gettext_lazy("Correct stock")
    submit_label = gettext_lazy("Correct stock")
    template_name = "inventory/correct.html"
    version_field = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        shown = forms_bins.shown_fields(self.request.user)
        return super().get_form_kwargs() | {"user": self.request.user, "shown": shown}

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        level = self.known_level(form)
        codes = forms_bins.bin_codes(self.request.user, level and level.location)
        return super().get_context_data(form, reasons=forms.REASONS, level=level, bin_codes=codes, **extra)

    def known_level(self, form: Any) -> StockLevel | None:
        """The level that the form is about, once both ends are chosen."""
        keys = [str(form[name].value() or "").removeprefix("#") for name in ("variant", "location")]
        if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in keys):
            return None
        levels = StockLevel.objects.visible_to(self.request.user)
        return levels.filter(variant=int(keys[0]), location=int(keys[1])).first()

    def perform(self, form: Any) -> StockLevel:
        data = form.cleaned_data
        return services.adjust(
            data["variant"].pk, data["location"], reason=data["reason"], by=self.request.user, **form.amount()
        )

    def form_done(self, form: Any, obj: StockLevel) -> HttpResponseBase:
        self.done = _("%(sku)s at %(location)s: %(pieces)s on hand now.") % {
            "sku": obj.variant.sku, "location": obj.location, "pieces": obj.on_hand,
        }  # fmt: skip
        return super().form_done(form, obj)
