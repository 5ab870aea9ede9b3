"""Addresses of the shell."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from backoffice import component_page, navigation
from backoffice import shell_views as views

app_name = "shell"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/language/", views.language, name="language"),
    path("preferences/keys/", views.keys, name="keys"),
    path("views/save/", views.save_view, name="save_view"),
    path("views/<int:pk>/rename/", views.rename_view, name="rename_view"),
    path("views/<int:pk>/default/", views.default_view, name="default_view"),
    path("views/<int:pk>/share/", views.share_view, name="share_view"),
    path("views/<int:pk>/delete/", views.delete_view, name="delete_view"),
    path("notifications/", views.notifications, name="notifications"),
    path("components/", component_page.components, name="components"),
    path("mentions/", views.mentions, name="mentions"),
    path("lookup/<str:label>/", views.lookup, name="lookup"),
]

navigation.register(
    "system",
    _("Set-up"),
    "admin:index",
    permission=(
        "orders.change_taxrate",
        "inventory.change_location",
        "customers.change_queue",
        "backoffice.view_auditevent",
    ),
    order=90,
    icon="settings",
)
