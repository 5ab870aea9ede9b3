"""Lots and serial numbers: what expires, where each is, where it came from and to whom it went."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, panels
from backoffice.generic import Action, Column, Tab, in_reader_language, named
from inventory import filters_bins as filters
from inventory import forms_bins as forms
from inventory import services
from inventory.models import Location, Lot, PartPosting, StockMove, StockPart

SHOWN = 50
Kind = StockMove.Kind
CAME = (Kind.RECEIVED, Kind.RETURNED)
WENT = (Kind.SHIPPED, Kind.SCRAPPED)


class LotList(generic.ListPage):
    model = Lot
    key = "inventory:lots"
    title = gettext_lazy("Lots and serial numbers")
    permission = "inventory.view_lot"
    filterset_class = filters.LotFilter
    columns = [
        Column("number", link=True),
        Column("variant.sku", gettext_lazy("SKU"), link="variant", secondary=Column("variant.title")),
        Column("expires_on", kind="date", template="inventory/_expiry.html"),
        Column("pieces", gettext_lazy("On hand"), kind="number"),
        Column("created_at", kind="datetime"),
    ]
    ordering = {
        "newest": ("-pk",),
        "oldest": ("pk",),
        "expiry": ("expires_on", "pk"),
        "-expiry": ("-expires_on", "-pk"),
    }
    ordering_labels = {
        "newest": gettext_lazy("Newest first"),
        "oldest": gettext_lazy("Oldest first"),
        "expiry": gettext_lazy("Expires first"),
        "-expiry": gettext_lazy("Expires last"),
    }
    tabs = [
        Tab(gettext_lazy("Expires within 30 days"), "expires=30&there=true&order=expiry"),
        Tab(gettext_lazy("Expired"), "expires=expired&there=true&order=expiry"),
        Tab(gettext_lazy("In stock"), "there=true"),
    ]
    empty_title = gettext_lazy("No lot yet")
    empty_text = gettext_lazy("Variants that are tracked by lots or serial numbers name them when they are received.")

    def get_queryset(self) -> QuerySet:
        there = StockPart.objects.there().in_scope(self.request.user).filter(lot=OuterRef("pk")).order_by()
        pieces = there.values("lot").annotate(n=Sum("quantity")).values("n")
        return super().get_queryset().annotate(pieces=Coalesce(Subquery(pieces), 0)).select_related("variant")


class LotPage(generic.ListPage):
    """One lot: where it is, where it came from, to whom it went, and every posting of it."""

    model = PartPosting
    key = "inventory:lot"
    permission = "inventory.view_lot"
    template_name = "inventory/lot.html"
    filterset_class = filters.PartPostingFilter
    columns = [
        Column("at", kind="datetime"),
        Column("move.kind", gettext_lazy("What"), kind="badge"),
        Column("quantity", kind="number", template="inventory/_part_change.html"),
        Column("after", gettext_lazy("There after"), kind="number"),
        Column(
            "level.location", gettext_lazy("Location"), link="level", sql=in_reader_language("level__location__name")
        ),
        Column("part.bin", gettext_lazy("Bin"), link="part.bin", sql=F("part__bin__code")),
        Column("move.cause", gettext_lazy("Document"), kind="references"),
        Column("move.reason", gettext_lazy("Reason"), kind="references"),
        Column("move.actor", gettext_lazy("By"), sql=named("move__actor")),
    ]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        Tab(gettext_lazy("Came in"), "kind=received&kind=returned"),
        Tab(gettext_lazy("Went out"), "kind=shipped"),
        Tab(gettext_lazy("Corrections"), "kind=adjusted&kind=counted&kind=scrapped"),
    ]

    @cached_property
    def lot(self) -> Lot:
        lots = Lot.objects.visible_to(self.request.user).select_related("variant")
        return get_object_or_404(lots, pk=self.kwargs["pk"])

    def get_queryset(self) -> QuerySet:
        related = ("part__bin", "level__location", "move__actor")
        return PartPosting.objects.in_scope(self.request.user).filter(part__lot=self.lot).select_related(*related)

    def get_title(self) -> str:
        return _("Lot %s") % self.lot

    def get_actions(self) -> list[Action]:
        if not self.request.user.has_perm("inventory.change_lot"):
            return []
        return [Action(_("Edit"), reverse("inventory:lot_edit", args=[self.lot.pk]), "get", icon="edit")]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        user = self.request.user
        parts = (
            StockPart.objects.in_scope(user)
            .there()
            .filter(lot=self.lot)
            .select_related("level__location", "level__variant", "bin")
        )
        return super().get_context_data(
            lot=self.lot,
            parts=list(parts.first_expired_first()[:SHOWN]),
            actions=self.get_actions(),
            panels=panels.panels_for(user, self.lot),
            **self.ends(),
            **extra,
        )

    def ends(self) -> dict[str, list[dict[str, Any]]]:
        """The documents with which pieces came, and those with which they went, and how many; what came first."""
        postings = PartPosting.objects.in_scope(self.request.user).filter(part__lot=self.lot)
        ends = postings.filter(move__kind__in=[*CAME, *WENT]).exclude(level__location__kind=Location.Kind.TRANSIT)
        sums = ends.annotate(has_gone=Q(move__kind__in=WENT)).order_by("has_gone", "move__cause", "move__kind")
        rows = sums.values("has_gone", "move__cause", "move__kind").annotate(pieces=Sum("quantity"))[: 2 * SHOWN]
        labels = dict(Kind.choices)
        found: dict[str, list[dict[str, Any]]] = {"came": [], "went": []}
        for row in rows:
            end = {"cause": row["move__cause"], "kind": labels[row["move__kind"]], "pieces": abs(row["pieces"])}
            found["went" if row["has_gone"] else "came"].append(end)
        return found


class LotEdit(generic.FormPage):
    model = Lot
    form_class = forms.LotForm
    permission = "inventory.change_lot"
    reason = True

    def perform(self, form: Any) -> Lot:
        """What the lot says of its expiry decides at once whether its pieces are held; a job does so where that fails."""
        lot: Lot = super().perform(form)
        judge = partial(services.quarantine_expired, lots=[lot.pk], by=self.request.user)
        transaction.on_commit(judge, robust=True)
        return lot
