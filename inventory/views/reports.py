"""Reports on stock: each a list with its filters, its chart and its export, out of a summary or of `stock_at`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import F, Max, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.charts import Chart
from backoffice.generic import Column, Tab, in_reader_language, named
from backoffice.generic.base import Page, may
from backoffice.money import ZERO
from inventory import filters_reports as filters
from inventory import services
from inventory.models import CorrectionSum, Location, SaleCost, StockFigures, StockSummary, StockThen
from inventory.views import charts
from inventory.views.stock import COST


class ReportPage(generic.ListPage):
    """A list below a chart, with the moment that its figures are of."""

    template_name = "inventory/report.html"
    about: ClassVar[Any] = ""

    def get_chart(self) -> Chart | None:
        return None

    def get_moment(self) -> Any:
        """As of when the figures are; None where they never were made."""
        return StockSummary.objects.aggregate(at=Max("at"))["at"]

    @property
    def place(self) -> Location | None:
        """The location that is filtered by."""
        return self._chosen("location")

    def _chosen(self, name: str) -> Any:
        form = self.filterset.form  # type: ignore[union-attr]
        return form.cleaned_data.get(name) if form.is_valid() else None

    @property
    def shows_cost(self) -> bool:
        return may(self.user, COST)

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(chart=self.get_chart(), moment=self.get_moment(), about=self.about, **extra)


# --- At an instant ----------------------------------------------------------------------------------


class StockOnDay(ReportPage):
    """What was where at an instant, and what it was worth."""

    model = StockThen
    key = "inventory:stock_then"
    title = gettext_lazy("Stock on a day")
    permission = "inventory.view_stockthen"
    template_name = "inventory/stock_then.html"
    filterset_class = filters.StockThenFilter
    columns = [
        Column("code", gettext_lazy("Code"), link="target"),
        Column("title", gettext_lazy("Name"), reads=("name", "name_zh")),
        Column("on_hand", kind="number"),
        Column("allocated", kind="number"),
        Column("held", kind="number"),
        Column("value", kind="money", currency="currency", permission=COST),
        Column(
            "average_cost",
            gettext_lazy("Average cost"),
            kind="money",
            currency="currency",
            permission=COST,
            reads=("value", "on_hand"),
        ),
    ]
    ordering = {
        "code": ("code", "pk"),
        "most": ("-on_hand", "-pk"),
        "least": ("on_hand", "pk"),
    }
    ordering_labels = {
        "code": gettext_lazy("Code"),
        "most": gettext_lazy("Most pieces"),
        "least": gettext_lazy("Fewest pieces"),
    }
    tabs = [Tab(label, f"by={name}") for name, label in filters.StockThenFilter.BY[1:]]
    empty_title = gettext_lazy("No stock at that moment")
    empty_text = gettext_lazy("Nothing had been received by then.")

    def get_moment(self) -> Any:
        return self.filterset.moment  # type: ignore[union-attr]

    def get_chart(self) -> Chart:
        return charts.stock_over_time(self.user, self.place, costs=self.shows_cost)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Pieces and value of all groups: of a single page added up from its rows, else by the database."""
        names = ("on_hand", "allocated", "held", "value")
        if not self.slice.before and not self.slice.after:
            return {name: sum((getattr(row, name) for row in self.slice.rows), ZERO) for name in names}
        sums = self.matching.order_by().aggregate(**{f"sum_{name}": Sum(name) for name in names})
        return {name: sums[f"sum_{name}"] or ZERO for name in names}

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(
            totals=self.totals, currency=StockThen().currency, shows_cost=self.shows_cost, **extra
        )


# --- Out of the figures of the night ----------------------------------------------------------------


class FiguresPage(ReportPage):
    """Levels with their figures; those who see no costs see pieces."""

    model = StockFigures
    permission = "inventory.view_stockfigures"
    filterset_class = filters.FiguresFilter
    empty_title = gettext_lazy("No figures yet")
    empty_text = gettext_lazy("They are worked out every night.")

    goods = [
        Column("level.variant.sku", gettext_lazy("SKU"), link=True, secondary=Column("level.variant.title")),
        Column("level.location", gettext_lazy("Location"), sql=in_reader_language("level__location__name")),
    ]
    stock = [
        Column("on_hand", kind="number"),
        Column("value", kind="money", currency="currency", permission=COST),
    ]
    more = [
        Column("supplier", sql=F("supplier__name")),
        Column("abc", kind="badge"),
        Column("at", kind="datetime"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("level__variant", "level__location", "supplier")


class AgingList(FiguresPage):
    """How old the pieces on hand are, the oldest first; those that came in first count as gone first."""

    key = "inventory:aging"
    title = gettext_lazy("Aging of stock")
    about = gettext_lazy("What is on hand counts as what came in last. Goods transferred are as old as their arrival.")
    columns = [
        *FiguresPage.goods,
        *FiguresPage.stock,
        Column("oldest_at", kind="date"),
        Column("pieces_30", kind="number"),
        Column("pieces_90", kind="number"),
        Column("pieces_180", kind="number"),
        Column("pieces_365", kind="number"),
        Column("pieces_older", kind="number"),
        Column(
            "value_older",
            gettext_lazy("Value over a year"),
            kind="money",
            currency="currency",
            permission=COST,
            reads=("value", "pieces_older", "on_hand"),
        ),
        *FiguresPage.more,
    ]
    default_columns = [
        "level.variant.sku", "level.location", "on_hand", "value", "oldest_at", "pieces_30", "pieces_90", "pieces_180",
        "pieces_365", "pieces_older",
    ]  # fmt: skip
    ordering = {"oldest": ("oldest_at", "pk"), "newest": ("-oldest_at", "-pk")}
    ordering_labels = {"oldest": gettext_lazy("Oldest first"), "newest": gettext_lazy("Newest first")}

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(on_hand__gt=0)

    def get_chart(self) -> Chart | None:
        return charts.value_by_age(self.user, self.place) if self.shows_cost else None


class DeadStockList(FiguresPage):
    """What is on hand and was not shipped for long."""

    key = "inventory:dead_stock"
    title = gettext_lazy("Dead stock")
    filterset_class = filters.DeadStockFilter
    columns = [
        *FiguresPage.goods,
        *FiguresPage.stock,
        Column("idle_since", kind="date"),
        Column("last_shipped_at", kind="date"),
        Column("last_received_at", kind="date"),
        *FiguresPage.more,
    ]
    default_columns = [column.key for column in columns[:-2]]
    ordering = {
        "idle": ("idle_since", "pk"),
        "recent": ("-idle_since", "-pk"),
    }
    ordering_labels = {"idle": gettext_lazy("Idle for longest"), "recent": gettext_lazy("Idle for shortest")}
    tabs = [
        Tab(gettext_lazy("Half a year"), "days=180"),
        Tab(gettext_lazy("A year"), "days=365"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(on_hand__gt=0)

    def get_chart(self) -> Chart | None:
        return charts.value_by_idleness(self.user, self.place) if self.shows_cost else None


class ForecastList(FiguresPage):
    """What will be sold out, the soonest first, at the faster pace of the last 28 and 90 days."""

    key = "inventory:forecast"
    title = gettext_lazy("Stock-out forecast")
    about = gettext_lazy(
        "At the faster pace of what was shipped in the last 28 and 90 days. What is incoming is not counted."
    )
    filterset_class = filters.ForecastFilter
    columns = [
        *FiguresPage.goods,
        Column(
            "level.free",
            gettext_lazy("Available now"),
            kind="number",
            sql=F("level__on_hand") - F("level__allocated") - F("level__held"),
        ),
        Column("level.incoming", gettext_lazy("Incoming"), kind="number"),
        Column("sold_28", kind="number"),
        Column("sold_90", kind="number"),
        Column("out_on", kind="date"),
        *FiguresPage.more,
    ]
    default_columns = [column.key for column in columns[:-2]]
    ordering = {"soonest": ("out_on", "pk"), "latest": ("-out_on", "-pk")}
    ordering_labels = {"soonest": gettext_lazy("Soonest first"), "latest": gettext_lazy("Latest first")}
    tabs = [
        Tab(gettext_lazy("Within a week"), "within=7"),
        Tab(gettext_lazy("Within four weeks"), "within=28"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(out_on=None)

    def get_chart(self) -> Chart:
        return charts.levels_by_forecast(self.user, self.place)


class TurnoverList(FiguresPage):
    """How often the stock was used up within a year: cost of goods sold by average value."""

    key = "inventory:turnover"
    title = gettext_lazy("Turnover")
    about = gettext_lazy(
        "Cost of goods sold in the last 365 days, by the average of the value at the ends of months and now."
    )
    columns = [
        *FiguresPage.goods,
        *FiguresPage.stock,
        Column("used", kind="number"),
        Column("used_value", kind="money", currency="currency", permission=COST),
        Column("average_value", kind="money", currency="currency", permission=COST),
        Column("turnover", kind="number"),
        *FiguresPage.more,
    ]
    default_columns = [column.key for column in columns[:-2]]
    ordering = {"slowest": ("turnover", "pk"), "fastest": ("-turnover", "-pk")}
    ordering_labels = {"slowest": gettext_lazy("Slowest first"), "fastest": gettext_lazy("Fastest first")}

    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(turnover=None)

    def get_chart(self) -> Chart:
        return charts.turnover_by_place(self.user, self.place)


class AbcList(FiguresPage):
    """Which articles make up the value of use."""

    key = "inventory:abc"
    title = gettext_lazy("ABC by value of use")
    about = gettext_lazy(
        "Articles by what the pieces used in the last 365 days cost, over all locations: class A makes 80 %, A and B make 95 %."
    )
    columns = [
        *FiguresPage.goods,
        Column("abc", kind="badge"),
        Column("used", kind="number"),
        Column("used_value", kind="money", currency="currency", permission=COST),
        *FiguresPage.stock,
        FiguresPage.more[0],
        FiguresPage.more[2],
    ]
    default_columns = [column.key for column in columns[:-2]]
    ordering = {"most": ("-used_value", "-pk"), "least": ("used_value", "pk")}
    ordering_labels = {"most": gettext_lazy("Used most"), "least": gettext_lazy("Used least")}
    tabs = [Tab(name, f"abc={name}") for name in "ABC"]

    def get_chart(self) -> Chart | None:
        return charts.use_by_class(self.user, self.place) if self.shows_cost else None


# --- Out of the flows -------------------------------------------------------------------------------


class SaleCostList(ReportPage):
    """What the goods of each shipment cost; goods that came back count against it."""

    model = SaleCost
    key = "inventory:sale_costs"
    title = gettext_lazy("Cost of goods sold")
    permission = ("inventory.view_salecost", COST)
    about = gettext_lazy(
        "One row for each shipment and each return, at the average cost at that moment. Up to a quarter of an hour old."
    )
    filterset_class = filters.SaleCostFilter
    columns = [
        Column("at", kind="datetime"),
        Column("kind", kind="badge"),
        Column("cause", kind="references"),
        Column("location", sql=in_reader_language("location__name")),
        Column("pieces", kind="number"),
        Column("cost", kind="money", currency="currency"),
    ]
    ordering = {"newest": ("-at", "-pk"), "oldest": ("at", "pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [Tab(gettext_lazy("Shipped"), "kind=shipped"), Tab(gettext_lazy("Returned"), "kind=returned")]
    empty_title = gettext_lazy("Nothing was shipped yet")
    empty_text = gettext_lazy("Every parcel that leaves stands here with what its goods cost.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location")

    def get_moment(self) -> Any:
        return None

    def get_chart(self) -> Chart:
        return charts.cost_by_day(self.user, self.place)


class CorrectionList(ReportPage):
    """Corrections, counts and scrap by reason and person."""

    model = CorrectionSum
    key = "inventory:corrections"
    title = gettext_lazy("Corrections by reason and person")
    permission = "inventory.view_correctionsum"
    about = gettext_lazy("Corrections, counts and scrap. Up to a quarter of an hour old.")
    filterset_class = filters.CorrectionFilter
    columns = [
        Column("reason"),
        Column("actor", sql=named("actor")),
        Column("kind", kind="badge"),
        Column("moves", kind="number"),
        Column("gained", kind="number"),
        Column("lost", kind="number"),
        Column("value", gettext_lazy("Value, change"), kind="money", currency="currency", permission=COST),
    ]
    ordering = {"most": ("-moves", "-pk"), "lost": ("-lost", "-pk"), "reason": ("reason", "pk")}
    ordering_labels = {
        "most": gettext_lazy("Most often"),
        "lost": gettext_lazy("Most pieces lost"),
        "reason": gettext_lazy("Reason"),
    }
    empty_title = gettext_lazy("No corrections yet")
    empty_text = gettext_lazy("Counts, corrections and scrap are added up here.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("actor")

    def get_moment(self) -> Any:
        return None

    def get_chart(self) -> Chart:
        return charts.corrections_by_month(self.user, self.place, services.CORRECTIONS)


# --- All of them ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    title: Any
    text: Any
    url: str


REPORTS: list[tuple[str, type[ReportPage], Any]] = [
    (
        "stock_then",
        StockOnDay,
        gettext_lazy("Pieces and value at any past moment, by location, category, supplier or article."),
    ),
    ("sale_costs", SaleCostList, gettext_lazy("What the goods of each shipment cost.")),
    ("aging", AgingList, gettext_lazy("How long the pieces on hand have been there.")),
    ("dead_stock", DeadStockList, gettext_lazy("What lies and is not shipped.")),
    ("forecast", ForecastList, gettext_lazy("What will be sold out, and when.")),
    ("turnover", TurnoverList, gettext_lazy("How often the stock is used up in a year.")),
    ("abc", AbcList, gettext_lazy("The articles that make most of the use.")),
    ("corrections", CorrectionList, gettext_lazy("Who corrects how much, and why.")),
]


class ReportIndex(Page):
    """The reports that one may open."""

    permission = "inventory.view_stockfigures"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        reports = [
            Report(view.title, text, reverse(f"inventory:{name}"))
            for name, view, text in REPORTS
            if may(request.user, view.permission)
        ]
        return TemplateResponse(request, "inventory/reports.html", {"title": _("Stock reports"), "reports": reports})
