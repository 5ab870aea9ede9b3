"""Why is on hand what it is? Every posting of a variant, over all locations that one may see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.expressions import Func
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.generic import Column, in_reader_language, keyset
from backoffice.generic.lists import PLACE
from catalog.models import Variant
from inventory import filters
from inventory.models import StockLevel, StockPart, StockPosting
from inventory.views.stock import COST, SHOWN, LevelPage


class OnHandInAll(Func):
    """What was on hand at these levels together when a posting was made: of each the last one up to it, by index."""

    template = (
        "(SELECT sum(x.on_hand_after)::integer FROM unnest(%(levels)s) AS s(id) CROSS JOIN LATERAL"
        " (SELECT p.on_hand_after FROM inventory_stockposting p WHERE p.level_id = s.id AND p.id <= %(posting)s"
        " ORDER BY p.id DESC LIMIT 1) x)"
    )
    output_field = models.IntegerField()

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__("pk", Value(list(levels), ArrayField(models.BigIntegerField())))

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, list[Any]]:
        (posting, _none), (levels, given) = (compiler.compile(one) for one in self.get_source_expressions())
        return self.template % {"levels": f"{levels}::bigint[]", "posting": posting}, list(given)


@dataclass(frozen=True)
class OfEachLevel:
    """The postings of some levels, newest or oldest first, as keyset paging asks for them.

    A page is the first rows of each level by its own index, put together: it costs the same however many there are.
    """

    queryset: models.QuerySet
    levels: Sequence[int]
    terms: Sequence[str] = ()

    @property
    def model(self) -> Any:
        return self.queryset.model

    @property
    def query(self) -> Any:
        return self.queryset.query

    def order_by(self, *terms: str) -> "OfEachLevel":
        return replace(self, terms=terms)

    def filter(self, *conditions: Any) -> "OfEachLevel":
        return replace(self, queryset=self.queryset.filter(*conditions))

    def __getitem__(self, place: slice) -> list[Any]:
        if not self.levels:
            return []
        bare = self.queryset.order_by(*self.terms)
        first, *others = [bare.filter(level=level).values("pk")[place] for level in self.levels]
        keys = first.union(*others, all=True).order_by(*self.terms)[place] if others else first
        found = self.queryset.in_bulk([row["pk"] for row in keys])
        return [found[row["pk"]] for row in keys]


class VariantPage(generic.ListPage):
    """Every posting of a variant over all locations, with what it left there and in all, who, why and through what."""

    model = StockPosting
    key = "inventory:why"
    permission = "inventory.view_stocklevel"
    template_name = "inventory/why.html"
    filterset_class = filters.VariantPostingFilter
    columns = [
        LevelPage.columns[0],
        Column(
            "level.location", gettext_lazy("Location"), link="level", sql=in_reader_language("level__location__name")
        ),
        LevelPage.columns[1],
        Column("on_hand", gettext_lazy("Change"), kind="number", template="inventory/_change.html"),
        Column("on_hand_after", gettext_lazy("On hand there"), kind="number", template="inventory/_on_hand.html"),
        Column("in_all", gettext_lazy("On hand in all"), kind="number", template="inventory/_in_all.html"),
        *LevelPage.columns[4:],
    ]
    default_columns = [
        "at", "level.location", "move.kind", "on_hand", "on_hand_after", "in_all", "allocated_after", "held_after", "move.cause",
        "move.reason", "move.actor",
    ]  # fmt: skip
    ordering = LevelPage.ordering
    ordering_labels = LevelPage.ordering_labels
    tabs = LevelPage.tabs

    @cached_property
    def variant(self) -> Variant:
        return get_object_or_404(Variant.objects.select_related("product"), pk=self.kwargs["pk"])

    @cached_property
    def levels(self) -> list[StockLevel]:
        """The levels that one may see, best place first."""
        levels = StockLevel.objects.visible_to(self.user).filter(variant=self.variant).select_related("location")
        return sorted(levels.order_by(), key=lambda level: (level.location.priority, level.pk))

    def get_queryset(self) -> Any:
        keys = [level.pk for level in self.levels]
        related = ("level__location", "move__actor", "move__from_location", "move__to_location")
        return StockPosting.objects.filter(level__in=keys).annotate(in_all=OnHandInAll(keys)).select_related(*related)

    @cached_property
    def slice(self) -> keyset.Slice:
        rows: Any = OfEachLevel(self.matching, [level.pk for level in self.levels])
        place = {name: self.request.GET.get(name, "") for name in PLACE}
        try:
            return keyset.page(rows, self.sort, self.terms, self.page_size, **place)
        except keyset.BadCursor:
            messages.warning(self.request, _("That place in the list is gone. This is the first page."))
            return keyset.page(rows, self.sort, self.terms, self.page_size)

    def get_title(self) -> str:
        return self.variant.sku

    def get_parts(self) -> list[StockPart]:
        """What lies in bins or is of lots; where no level has any it costs no statement."""
        levels = [level for level in self.levels if level.placed]
        if not levels:
            return []
        parts = StockPart.objects.there().filter(level__in=levels).select_related("level__location", "bin", "lot")
        return list(parts.first_expired_first()[:SHOWN])

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        names = ("on_hand", "allocated", "held", "free", "value")
        return super().get_context_data(
            variant=self.variant,
            levels=self.levels,
            total={name: sum(getattr(level, name) for level in self.levels) for name in names},
            currency=self.levels[0].currency if self.levels else "",
            shows_cost=self.user.has_perm(COST),
            parts=self.get_parts(),
            parts_url=f"{reverse('inventory:parts')}?q={self.variant.sku}",
            by_lot=self.variant.tracking != Variant.Tracking.NONE,
            **extra,
        )
