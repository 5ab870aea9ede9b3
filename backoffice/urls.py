"""The addresses of Houtai."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from backoffice import api, robots, views

api_v1 = api.build()
urlpatterns = [
    path("", views.home, name="home"),
    path("robots.txt", robots.robots, name="robots"),
    path("search/", views.search, name="search"),
    path("go/<str:reference>/", views.go, name="go"),
    path("history/<str:label>/<int:pk>/", views.history, name="history"),
    path("history/<str:label>/<int:pk>/<int:entry>/restore/", views.restore, name="history-restore"),
    path("", include("backoffice.shell_urls")),
    path("", include("backoffice.publishing.urls")),
    path("imports/", include("backoffice.imports.urls")),
    path("bulk-edits/", include("backoffice.bulk_edit.urls")),
    path("exports/", include("backoffice.exports.urls")),
    path("webhooks/", include("backoffice.webhooks.urls")),
    path("approvals/", include("backoffice.approvals.urls")),
    path("", include("catalog.urls")),
    path("inventory/", include("inventory.urls")),
    path("orders/", include("orders.urls")),
    path("reports/", include("orders.reports.urls")),
    path("", include("customers.urls")),
    path("", include("backoffice.urls_people")),
    # E-mail addresses are changed by owners; allauth's own page for it leads to the account.
    path("accounts/email/", RedirectView.as_view(pattern_name="people:account"), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api_v1.urls),
    path("admin/", admin.site.urls),
]
