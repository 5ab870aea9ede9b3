"""Segments of all customers: the overview of the latest run, and the limits it went by."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.generic.actions import add_error, summary
from customers import tasks
from customers.forms import LimitsForm
from customers.models import CustomerSegment, Segmented, SegmentLimits, SegmentRun
from customers.services import segments

CHANGE = "customers.change_segmentlimits"
OF_CUSTOMERS = {"status": "active"}


@dataclass(frozen=True)
class Cell:
    """So many customers, what they brought, and their list."""

    customers: int
    revenue: Decimal
    url: str


def list_of(**filters: Any) -> str:
    return f"{reverse('customers:list')}?{urlencode(filters, doseq=True)}"


def matrix(run: SegmentRun) -> list[tuple[str, list[Cell | None]]]:
    """Lifecycles by class: a row for each lifecycle, a cell for each class, None where there is nobody."""
    found = {(abc, cycle): (count, Decimal(revenue)) for abc, cycle, count, revenue in run.summary.get("cells", [])}
    rows = []
    for cycle in Segmented.Lifecycle:
        cells = [
            Cell(*found[abc, cycle.value], list_of(abc=abc, lifecycle=cycle.value))
            if (abc, cycle.value) in found
            else None
            for abc in Segmented.Abc.values
        ]
        rows.append((str(cycle.label), cells))
    return rows


def scores(run: SegmentRun) -> list[tuple[int, list[Cell | None]]]:
    """Recency by frequency, the best first."""
    found = {(r, f): (count, Decimal(revenue)) for r, f, count, revenue in run.summary.get("scores", [])}
    best = range(5, 0, -1)
    return [
        (r, [Cell(*found[r, f], list_of(recency=r, frequency=f)) if (r, f) in found else None for f in best])
        for r in best
    ]


def moves(run: SegmentRun) -> list[tuple[str, str, int]]:
    """Who moved since the run before: from, to, how many; the most first."""
    labels = {**dict(Segmented.Lifecycle.choices), **{one: _("Class %(class)s") % {"class": one} for one in "ABC"}}
    told = [
        (str(labels.get(old, _("Not known before"))), str(labels[new]), count)
        for _kind, old, new, count in run.summary.get("moves", [])
    ]
    return sorted(told, key=lambda move: -move[2])


class Overview(generic.Page):
    """What the latest run says, out of its summary: nothing is counted here."""

    permission = "customers.view_segmentrun"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        runs = list(SegmentRun.objects.visible_to(request.user).order_by("-as_of")[:10])
        run = runs[0] if runs else None
        shown: dict[str, Any] = {
            "title": _("Segments"),
            "run": run,
            "earlier": runs[1:],
            "may_change": generic.may(request.user, CHANGE),
        }
        if run is not None:
            shown |= {
                "matrix": matrix(run),
                "scores": scores(run),
                "moves": moves(run),
                "currency": run.limits["currency"],
                "revenue": sum((Decimal(cell[3]) for cell in run.summary.get("cells", [])), Decimal(0)),
                "classes": Segmented.Abc.values,
                "best": range(5, 0, -1),
                "worklists": worklists(),
            }
        return TemplateResponse(request, "customers/segments.html", shown)


def worklists() -> list[tuple[str, str]]:
    """Whom to get in touch with, by list."""
    return [(str(label), f"{reverse('customers:list')}?{query}") for label, query in segments.WORKLISTS]


class Limits(generic.Page):
    """The limits; "Preview" says how many customers would move, and changes nothing."""

    permission = CHANGE
    template_name = "customers/segment_limits.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show(LimitsForm(instance=SegmentLimits.current()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = LimitsForm(request.POST, instance=SegmentLimits.current())
        if not form.is_valid():
            return self.show(form, status=422)
        if "preview" in request.POST:
            return self.show(form, preview=segments.preview(form.instance, latest_day()))
        try:
            segments.save_limits(by=self.user, **form.cleaned_data)
        except ValidationError as error:
            add_error(form, error)
            return self.show(form, status=422)
        tasks.segment_soon()
        messages.success(request, _("Limits saved. The segments are being worked out anew."))
        return HttpResponseRedirect(reverse("customers:segments"))

    def show(self, form: Any, *, status: int = 200, preview: Any = None) -> HttpResponseBase:
        shown = {"title": _("Limits of the segments"), "form": form, "summary": summary(form), "preview": preview}
        if preview is not None:
            shown["moving"] = [
                (CustomerSegment._meta.get_field(name).verbose_name, count) for name, count in preview["each"].items()
            ]
            shown["becoming"] = [
                (label, preview["counts"]["lifecycle"].get(value, 0)) for value, label in Segmented.Lifecycle.choices
            ] + [(label, preview["counts"]["abc"].get(label, 0)) for label in Segmented.Abc.values]
        return TemplateResponse(self.request, self.template_name, shown, status=status)


def latest_day() -> Any:
    """The day of the latest run, else yesterday."""
    run = SegmentRun.objects.order_by("-as_of").first()
    return run.as_of if run else timezone.localdate(timezone=timezone.get_default_timezone()) - timedelta(days=1)


@require_POST
@permission_required("customers.change_segmentlimits", raise_exception=True)
def work_out(request: HttpRequest) -> HttpResponse:
    """Have the worker do now what it does every night."""
    tasks.segment_soon()
    messages.success(request, _("The segments are being worked out."))
    return HttpResponseRedirect(reverse("customers:segments"))
