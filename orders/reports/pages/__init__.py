"""The pages below /reports/."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.generic.base import Page, may
from backoffice.reports.pages import Entry
from orders.reports.pages.base import SEES, SalesReport
from orders.reports.pages.cohorts import Cohorts
from orders.reports.pages.over_time import Late, Margin, SalesOverTime
from orders.reports.pages.ranked import Categories, Channels, Countries, Customers, Products
from orders.reports.pages.returns_and_taxes import ReturnsByReason, Taxes

REPORTS: list[tuple[str, type[SalesReport], Any]] = [
    ("sales", SalesOverTime, gettext_lazy("By day, week or month, beside the period before or the same of last year.")),
    ("channels", Channels, gettext_lazy("Where orders come from.")),
    ("countries", Countries, gettext_lazy("Where they go to.")),
    ("categories", Categories, gettext_lazy("What sells, from the top of the tree down.")),
    ("products", Products, gettext_lazy("The articles that sell most, and least.")),
    ("customers", Customers, gettext_lazy("Who buys most.")),
    ("margin", Margin, gettext_lazy("What is left after the cost of goods.")),
    ("returns", ReturnsByReason, gettext_lazy("Why goods come back, and how they arrive.")),
    ("late", Late, gettext_lazy("How long orders take to leave.")),
    ("taxes", Taxes, gettext_lazy("What is owed where, by rate.")),
    ("cohorts", Cohorts, gettext_lazy("Whether customers come back.")),
]


class ReportIndex(Page):
    """The reports that one may open."""

    permission = SEES

    def get(self, request: HttpRequest) -> HttpResponseBase:
        reports = [
            Entry(view.title, text, reverse(f"reports:{name}"))
            for name, view, text in REPORTS
            if may(request.user, view.permission)
        ]
        return TemplateResponse(request, "generic/reports.html", {"title": _("Reports"), "reports": reports})
