"""Addresses below /reports/."""

from django.urls import path

from orders.reports.pages import REPORTS, ReportIndex
from orders.reports.tickets import TicketsByProduct, TicketsPerOrder

app_name = "reports"
urlpatterns = [
    path("", ReportIndex.as_view(), name="index"),
    path("service/products/", TicketsByProduct.as_view(), name="ticket_products"),
    path("service/orders/", TicketsPerOrder.as_view(), name="ticket_orders"),
    *(path(f"{name}/", view.as_view(), name=name) for name, view, _text in REPORTS),
]
