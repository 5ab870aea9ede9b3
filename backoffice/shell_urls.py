"""Addresses of the shell."""

from django.urls import path

from backoffice import component_page
from backoffice import shell_views as views

app_name = "shell"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/language/", views.language, name="language"),
    path("preferences/keys/", views.keys, name="keys"),
    path("views/save/", views.save_view, name="save_view"),
    path("views/<int:pk>/share/", views.share_view, name="share_view"),
    path("views/<int:pk>/delete/", views.delete_view, name="delete_view"),
    path("notifications/", views.notifications, name="notifications"),
    path("components/", component_page.components, name="components"),
    path("lookup/<str:label>/", views.lookup, name="lookup"),
]
