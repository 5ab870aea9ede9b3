"""Bins of locations, what lies in them, and putting away."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic import Action, Badge, Column, Tab, in_reader_language
from inventory import filters_bins as filters
from inventory import forms_bins as forms
from inventory import services
from inventory.models import REVIEW_COUNTS, Bin, Location, StockCount, StockLevel, StockPart

SHOWN = 100


def in_bin(**sums: Any) -> Any:
    """SQL: a sum over the parts of a bin."""
    parts = StockPart.objects.there().filter(bin=OuterRef("pk")).order_by().values("bin").annotate(**sums)
    return Coalesce(Subquery(parts.values(next(iter(sums)))), 0)


class BinList(generic.ListPage):
    model = Bin
    key = "inventory:bins"
    permission = "inventory.view_bin"
    filterset_class = filters.BinFilter
    columns = [
        Column("code", link=True),
        Column("location", link="location", sql=in_reader_language("location__name")),
        Column("position", kind="number"),
        Column("articles", gettext_lazy("SKUs"), kind="number"),
        Column("pieces", gettext_lazy("Pieces"), kind="number"),
        Column("is_active", kind="bool"),
    ]
    ordering = {"walk": ("location", "position", "code", "pk"), "newest": ("-pk",)}
    ordering_labels = {"walk": gettext_lazy("As one walks"), "newest": gettext_lazy("Newest first")}
    tabs = [Tab(gettext_lazy("With pieces"), "used=true"), Tab(gettext_lazy("Empty"), "used=false&is_active=true")]
    bulk_actions = [
        generic.print_action("labels", gettext_lazy("Bin labels"), "inventory:bin_labels", "inventory.view_bin")
    ]
    empty_title = gettext_lazy("No bin yet")
    empty_text = gettext_lazy("Bins say where in a location pieces lie. Add them on the page of the location.")

    def get_queryset(self) -> QuerySet:
        rows: QuerySet = super().get_queryset().select_related("location")
        return rows.annotate(
            articles=in_bin(n=Count("level__variant", distinct=True)), pieces=in_bin(n=Sum("quantity"))
        )


class BinRecord(generic.RecordPage):
    model = Bin
    permission = "inventory.view_bin"
    list_url = "inventory:bins"
    template_name = "inventory/bin.html"
    status_fields = ()
    facts = [
        Column("location", link="location"),
        Column("position", kind="number"),
        Column("created_at", kind="datetime"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location")

    def get_badges(self) -> list[Badge]:
        return [] if self.object.is_active else [Badge(_("Closed"), "neutral")]

    def get_actions(self) -> list[Action]:
        one, user = self.object, self.request.user
        steps = []
        if one.is_active and user.has_perm(REVIEW_COUNTS):
            wanted = urlencode({"scope": StockCount.Scope.BINS, "location": one.location_id, "bins": one.code})
            steps = [Action(_("Count this bin"), f"{reverse('inventory:count_new')}?{wanted}", "get", icon="list")]
        if not user.has_perm("inventory.change_bin"):
            return steps
        verb, label = ("close", _("Close bin")) if one.is_active else ("open", _("Open again"))
        return [
            *steps,
            Action(_("Edit"), reverse("inventory:bin_edit", args=[one.pk]), "get", icon="edit"),
            Action(label, reverse(f"inventory:bin_{verb}", args=[one.pk]), danger=one.is_active),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        parts = (
            StockPart.objects.there().filter(bin=self.object).select_related("level__variant", "level__location", "lot")
        )
        rows = list(parts.order_by("level__variant__sku", "pk")[: SHOWN + 1])
        return super().get_context_data(
            parts=rows[:SHOWN],
            more=f"{reverse('inventory:parts')}?location={self.object.location_id}&bin={self.object.code}"
            if len(rows) > SHOWN
            else "",
            **extra,
        )


class BinEdit(generic.FormPage):
    model = Bin
    form_class = forms.BinForm
    permission = "inventory.change_bin"
    reason = True


class BinsNew(generic.ActionView):
    """Bins of one location, many at once."""

    model = Location
    slug_field = "code"
    permission = "inventory.add_bin"
    form_class = forms.NewBinsForm
    title = gettext_lazy("Add bins")
    confirm = gettext_lazy("Codes that are there already are left as they are.")
    done = gettext_lazy("The bins of %s are added.")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(kind=Location.Kind.STOCK)

    def perform(self, obj: Location, fields: dict[str, Any]) -> list[Bin]:
        return services.create_bins(obj, fields["codes"], by=self.request.user)

    def get_success_url(self, obj: Location) -> str:
        return f"{reverse('inventory:bins')}?location={obj.pk}"


@require_POST
@permission_required("inventory.change_bin", raise_exception=True)
def close_bin(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Bin.objects.visible_to(request.user), pk=pk)
    return generic.act(request, services.close_bin, one, done=_("%s is closed."))


@require_POST
@permission_required("inventory.change_bin", raise_exception=True)
def open_bin(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Bin.objects.visible_to(request.user), pk=pk)
    return generic.act(request, services.open_bin, one, done=_("%s is open."))


class PartList(generic.ListPage):
    """What lies where, and of which lot it is."""

    model = StockPart
    key = "inventory:parts"
    title = gettext_lazy("Stock by bin and lot")
    permission = "inventory.view_stockpart"
    filterset_class = filters.PartFilter
    columns = [
        Column("level.variant.sku", gettext_lazy("SKU"), link="level", secondary=Column("level.variant.title")),
        Column("level.location", gettext_lazy("Location"), sql=in_reader_language("level__location__name")),
        Column("bin", link="bin", sql=F("bin__code")),
        Column("lot", gettext_lazy("Lot or serial number"), link="lot", sql=F("lot__number")),
        Column("lot.expires_on", gettext_lazy("Expires"), kind="date"),
        Column("quantity", kind="number"),
    ]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        Tab(gettext_lazy("Not put away"), "put_away=false"),
        Tab(gettext_lazy("Expires within 30 days"), "expires=30"),
        Tab(gettext_lazy("Expired"), "expires=expired"),
    ]
    empty_title = gettext_lazy("Nothing lies in a bin or is of a lot")
    empty_text = gettext_lazy("Put pieces away, or receive variants that have lots or serial numbers.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().there().select_related("level__variant", "level__location", "bin", "lot")


class PutAwayPage(generic.ActionView):
    """Pieces of one level into a bin, or out of one."""

    model = StockLevel
    permission = "inventory.move_stock"
    form_class = forms.PutAwayForm
    template_name = "inventory/put_away.html"
    title = gettext_lazy("Put away")
    confirm = gettext_lazy("On hand stays what it is; only where the pieces lie changes.")
    done = gettext_lazy("Put away: %s")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("variant", "location").filter(location__kind=Location.Kind.STOCK)

    def get_form_kwargs(self, obj: StockLevel) -> dict[str, Any]:
        return {"level": obj}

    def get_form(self, obj: Any, data: Any = None, files: Any = None) -> Any:
        self.form = super().get_form(obj, data, files)
        return self.form

    def perform(self, obj: StockLevel, fields: dict[str, Any]) -> StockLevel:
        services.put_away([self.form.row()], by=self.request.user)
        return obj

    @cached_property
    def codes(self) -> list[str]:
        """What the field of bins suggests."""
        return forms.bin_codes(self.request.user, self.get_object().location)
