"""Addresses below /reports/."""

from django.urls import path

from orders.reports.pages import REPORTS, ReportIndex

app_name = "reports"
urlpatterns = [
    path("", ReportIndex.as_view(), name="index"),
    *(path(f"{name}/", view.as_view(), name=name) for name, view, _text in REPORTS),
]
