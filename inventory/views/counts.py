"""Stocktakes at the desk: planned, reviewed, posted, and how right the books were."""

import csv
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from backoffice import audit, exports, generic
from backoffice.charts import BarChart, Series, month_label
from backoffice.exports.files import BOM
from backoffice.generic import Action, BulkAction, Column, Fact, Tab, named
from backoffice.models import Approval
from inventory import filters, forms, services
from inventory.models import REVIEW_COUNTS, CountLine, StockCount

COST = "catalog.view_cost"
COUNT_STOCK = "inventory.count_stock"
Status = StockCount.Status
MONTHS, COUNTS = 12, 20
SHOWN_BINS = 12
EVERY = 100_000  # rows of an export, more than there will be


class CountPages:
    """Stocktakes as their pages load them."""

    model = StockCount
    slug_field = "number"
    request: Any

    def get_queryset(self) -> Any:
        related = ("location", "category", "created_by", "posted_by")
        return StockCount.objects.visible_to(self.request.user).select_related(*related)


class CountList(generic.ListPage):
    model = StockCount
    key = "inventory:counts"
    permission = "inventory.view_stockcount"
    filterset_class = filters.CountFilter
    template_name = "inventory/count_list.html"
    columns = [
        Column("number", link=True),
        Column("status", kind="badge"),
        Column("location"),
        Column("scope"),
        Column("blind", kind="bool"),
        Column("created_at", kind="datetime"),
        Column("closed_at", kind="datetime"),
        Column("posted_at", kind="datetime"),
        Column("created_by", gettext_lazy("By"), sql=named("created_by")),
        Column("posted_by", sql=named("posted_by")),
    ]
    default_columns = ["number", "status", "location", "scope", "created_at", "posted_at", "created_by"]
    ordering = {"newest": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    tabs = [
        Tab(gettext_lazy("Counting"), "status=counting"),
        Tab(gettext_lazy("To review"), "status=review"),
        Tab(gettext_lazy("Posted"), "status=posted"),
    ]
    create_url = "inventory:count_new"
    create_permission = REVIEW_COUNTS
    empty_title = gettext_lazy("Nothing was counted yet")
    empty_text = gettext_lazy("A stocktake compares the shelves with the books, while sales go on.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("location", "created_by", "posted_by")


class CountNew(generic.FormPage):
    model = StockCount
    form_class = forms.CountForm
    permission = REVIEW_COUNTS
    title = gettext_lazy("New stocktake")
    submit_label = gettext_lazy("Write the sheet")
    template_name = "inventory/count_form.html"
    done = gettext_lazy("%s: the sheet is written. Start counting when people are ready.")
    version_field = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def perform(self, form: Any) -> StockCount:
        data = form.cleaned_data
        return services.create_count(
            data["location"], form.selection(), blind=data["blind"], note=data["note"], by=self.request.user
        )


class CountRecord(CountPages, generic.RecordPage):
    permission = "inventory.view_stockcount"
    list_url = "inventory:counts"
    list_page = CountList
    template_name = "inventory/count.html"
    facts = [
        Column("location", link="location"),
        Column("created_by", gettext_lazy("By")),
        Column("created_at", kind="datetime"),
        Column("started_at", kind="datetime"),
        Column("closed_at", kind="datetime"),
        Column("posted_at", kind="datetime"),
        Column("posted_by"),
    ]

    def get_facts(self) -> list[Fact]:
        return [Fact(_("Scope"), scope_text(self.object)), *super().get_facts()]

    def get_actions(self) -> list[Action]:
        """What the status, the rights and the user's warehouses allow."""
        count, user = self.object, self.request.user
        codes = user.scope("warehouse")
        if codes is not None and count.location.code not in codes:
            return []
        return [*self.steps_of_counters(count, user), *self.steps_of_reviewers(count, user)]

    def steps_of_counters(self, count: StockCount, user: Any) -> list[Action]:
        if not user.has_perm(COUNT_STOCK):
            return []
        paper = Action(_("Print the sheet"), self.address("paper"), "get", icon="printer")
        if count.status == Status.COUNTING:
            return [
                Action(_("Count"), self.address("sheet"), "get", primary=True, icon="barcode"),
                Action(_("Key in a sheet"), self.address("desk"), "get", icon="keyboard"),
                Action(_("End counting"), self.address("close"), "get", icon="check"),
                paper,
            ]
        return [paper] if count.status == Status.DRAFT else []

    def steps_of_reviewers(self, count: StockCount, user: Any) -> list[Action]:
        if not user.has_perm(REVIEW_COUNTS):
            return []
        steps = []
        if count.status == Status.DRAFT:
            steps.append(Action(_("Start counting"), self.address("start"), primary=True))
        if count.status == Status.REVIEW and not self.proposal:
            steps.append(Action(pgettext("stocktake", "Post"), self.address("post"), "get", primary=True, icon="check"))
        if count.may_become(Status.CANCELED):
            steps.append(Action(_("Cancel stocktake"), self.address("cancel"), "get", icon="x", danger=True))
        return steps

    def address(self, verb: str) -> str:
        return reverse(f"inventory:count_{verb}", args=[self.object.number])

    @cached_property
    def proposal(self) -> Approval | None:
        return Approval.objects.about(self.object).waiting().first()

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        count, user = self.object, self.request.user
        hidden = count.hides_expected_from(user)
        weighed = count.status in (Status.REVIEW, Status.POSTED)
        result = services.result_of(count)
        return super().get_context_data(
            result=result,
            percent=round(100 * result.counted / result.lines) if result.lines else 0,
            shows_differences=weighed and not hidden,
            shows_cost=user.has_perm(COST),
            currency=settings.DEFAULT_CURRENCY,
            hidden=hidden,
            proposal=self.proposal,
            may_see_proposal=self.proposal and Approval.objects.visible_to(user).filter(pk=self.proposal.pk).exists(),
            worst=self.worst() if weighed and not hidden else [],
            refused=self.refused_skus(),
            **extra,
        )

    def worst(self) -> list[CountLine]:
        """The lines that are off by most, by value and then by pieces."""
        lines = CountLine.objects.visible_to(self.request.user).filter(count=self.object).different()
        return list(lines.select_related("variant").order_by("difference_value", "pk")[:10])

    def refused_skus(self) -> str:
        """For a new stocktake of what could not be posted."""
        if self.object.status != Status.POSTED or not self.request.user.has_perm(REVIEW_COUNTS):
            return ""
        lines = self.object.lines.filter(outcome=CountLine.Outcome.REFUSED)
        return ",".join(lines.values_list("variant__sku", flat=True)[:50])


def bins_text(count: StockCount) -> str:
    """The first bins of a count, as one walks, and that there are more."""
    codes = list(count.bins.values_list("code", flat=True)[: SHOWN_BINS + 1])
    return ", ".join(codes[:SHOWN_BINS]) + (" …" if len(codes) > SHOWN_BINS else "")


def scope_text(count: StockCount) -> str:
    """The scope with what narrows it."""
    more = {
        StockCount.Scope.BINS: bins_text(count) if count.is_of_bins else "",
        StockCount.Scope.CATEGORY: str(count.category or ""),
        StockCount.Scope.ABC: count.abc_class,
        StockCount.Scope.RANDOM: str(count.sample_size or ""),
    }.get(count.scope, "")
    text = " · ".join(filter(None, [str(count.get_scope_display()), more]))
    return f"{text} · {_('blind')}" if count.blind else text


@require_POST
@permission_required(REVIEW_COUNTS, raise_exception=True)
def start(request: HttpRequest, number: str) -> HttpResponse:
    count = get_object_or_404(StockCount.objects.visible_to(request.user), number=number)
    return generic.act(request, services.start_count, count, done=_("%s: counting has begun."))


class CountLines(generic.ListPage):
    """The review: every line with what was counted, what the books said then, and what the difference is worth."""

    model = CountLine
    key = "inventory:count_lines"
    permission = "inventory.view_countline"
    filterset_class = filters.CountLineFilter
    template_name = "inventory/count_lines.html"
    columns = [
        Column("variant.sku", gettext_lazy("SKU"), link="variant", secondary=Column("variant.title")),
        Column("expected", kind="number"),
        Column("counted", kind="number"),
        Column("balance", kind="number"),
        Column("difference", kind="number", template="inventory/_difference.html"),
        Column("unit_cost", kind="money", currency="currency", permission=COST),
        Column("difference_value", gettext_lazy("Value"), kind="money", currency="currency", permission=COST),
        Column("counted_at", kind="datetime"),
        Column("counted_by", sql=named("counted_by")),
        Column("recount", gettext_lazy("Count again"), kind="bool"),
        Column("is_unexpected", kind="bool"),
        Column("outcome", kind="badge"),
        Column("short", kind="number"),
    ]
    default_columns = [
        "variant.sku", "counted", "balance", "difference", "difference_value", "counted_at", "counted_by",
        "recount", "outcome",
    ]  # fmt: skip
    ordering = {"sheet": ("pk",), "missing": ("difference_value", "pk"), "found": ("-difference_value", "-pk")}
    ordering_labels = {
        "sheet": gettext_lazy("As on the sheet"),
        "missing": gettext_lazy("Most missing first, by value"),
        "found": gettext_lazy("Most found besides first, by value"),
    }
    tabs = [
        Tab(gettext_lazy("With a difference"), "state=different&sort=missing"),
        Tab(gettext_lazy("Not counted"), "state=uncounted"),
        Tab(gettext_lazy("To be counted again"), "state=recount"),
        Tab(gettext_lazy("Not on the sheet"), "state=unexpected"),
        Tab(gettext_lazy("Refused"), "state=refused"),
    ]
    bulk_actions = [
        BulkAction(
            "recount",
            gettext_lazy("Have counted again"),
            services.ask_recount,
            permission=REVIEW_COUNTS,
            batch=True,
            confirm=gettext_lazy("Counting begins again for these lines; until then their last count stands."),
        )
    ]

    @cached_property
    def stock_count(self) -> StockCount:
        counts = StockCount.objects.visible_to(self.request.user).select_related("location")
        return get_object_or_404(counts, number=self.kwargs["number"])

    def get_queryset(self) -> Any:
        rows = CountLine.objects.visible_to(self.request.user).filter(count=self.stock_count)
        return rows.select_related("count", "variant", "counted_by")

    def get_title(self) -> str:
        return _("Lines of %(count)s") % {"count": self.stock_count}

    def get_bulk_actions(self) -> list[BulkAction]:
        return [] if self.stock_count.is_finished else super().get_bulk_actions()

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        count = self.stock_count
        return super().get_context_data(stock_count=count, hidden=count.hides_expected_from(self.request.user), **extra)


class CountClose(CountPages, generic.ActionView):
    permission = COUNT_STOCK
    service = services.close_count
    title = gettext_lazy("End counting")
    confirm = gettext_lazy(
        "The differences are worked out, and no more counts are taken. A reviewer may have lines counted again."
    )
    done = gettext_lazy("%s can be reviewed.")
    form_class = forms.CloseCountForm


class CountPost(CountPages, generic.ActionView):
    """Posting, or asking for it: the page says what will happen before it does."""

    permission = REVIEW_COUNTS
    title = pgettext_lazy("stocktake", "Post")
    template_name = "inventory/count_post.html"
    form_class = forms.PostCountForm

    def get_form_kwargs(self, obj: StockCount) -> dict[str, Any]:
        return {"may_leave_out": bool(self.short)}

    def perform(self, obj: StockCount, fields: dict[str, Any]) -> StockCount:
        count = services.post_count(obj, by=self.request.user, **fields)
        posted = count.status == Status.POSTED
        self.done = _("%s posted: the books say what was counted.") if posted else _("%s waits for approval.")
        return count

    @cached_property
    def stock_count(self) -> StockCount:
        return self.get_object()

    @cached_property
    def result(self) -> services.CountResult:
        return services.result_of(self.stock_count)

    @cached_property
    def short(self) -> list[services.ShortLine]:
        return services.short_lines(self.stock_count)

    @property
    def asks(self) -> bool:
        return services.needs_approval(self.stock_count, self.request.user)

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY

    @property
    def shows_cost(self) -> bool:
        return self.request.user.has_perm(COST)


class CountCancel(CountPages, generic.ActionView):
    permission = REVIEW_COUNTS
    service = services.cancel_count
    title = gettext_lazy("Cancel stocktake")
    confirm = gettext_lazy("The books stay as they are; what was counted stays on record.")
    done = gettext_lazy("%s canceled.")
    danger = True
    form_class = forms.ReasonForm


class CountAccuracy(generic.Page):
    """How many lines were right when they were counted, and how much of the value, by month and by stocktake."""

    permission = ("inventory.view_stockcount", "inventory.view_countline")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        lines = CountLine.objects.visible_to(request.user)
        if request.GET.get("export") in ("months", "counts"):
            return self.export(lines, request.GET["export"])
        months = services.by_month(lines, MONTHS)
        shown = {
            "title": _("Accuracy of the books"),
            "months": months,
            "counts": services.by_count(lines, COUNTS),
            "chart": accuracy_chart(months) if months else None,
            "shows_cost": request.user.has_perm(COST),
            "may_export": request.user.has_perm(exports.EXPORT),
            "currency": settings.DEFAULT_CURRENCY,
        }
        return TemplateResponse(request, "inventory/count_accuracy.html", shown)

    def export(self, lines: Any, part: str) -> HttpResponseBase:
        """All months, or all stocktakes, as CSV. Raises PermissionDenied unless the user may export."""
        user = self.request.user
        if not user.has_perm(exports.EXPORT):
            raise PermissionDenied
        rows = services.by_month(lines, EVERY) if part == "months" else services.by_count(lines, EVERY)
        names = ["lines", "right", "share_of_lines", *(["share_of_value", "net"] if user.has_perm(COST) else [])]
        headers = ["month" if part == "months" else "number", *names]
        name = f"stocktake-accuracy-{part}"
        facts = {"list": name, "model": "inventory.stockcount", "format": "csv", "columns": headers}
        audit.record("list.exported", user, by=user, data=facts)
        response = HttpResponse(BOM, content_type=exports.CONTENT_TYPES["csv"])
        response["Content-Disposition"] = f'attachment; filename="{exports.file_name(name, "csv")}"'
        response["Cache-Control"] = "no-store"
        writer = csv.writer(response, lineterminator="\n")
        writer.writerow(headers)
        for row in rows:
            label = f"{localtime(row.label):%Y-%m}" if part == "months" else exports.safe(row.label)
            writer.writerow([label, *(exports.cell(getattr(row, name)) for name in names)])
        return response


def accuracy_chart(months: list[services.Accuracy]) -> BarChart:
    last = months[-1]
    caption = _("%(share)s%% of the lines counted in %(month)s were right.")
    return BarChart(
        caption=caption % {"share": last.share_of_lines, "month": month_text(last)},
        labels=[month_label(month.label) for month in months],
        series=[Series(_("Lines without a difference, percent"), [month.share_of_lines for month in months])],
    )


def month_text(month: services.Accuracy) -> str:
    return date_format(month.label, "YEAR_MONTH_FORMAT")
