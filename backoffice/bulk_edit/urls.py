"""Addresses of bulk edits, their entry in the navigation, and the "BE-12" that links to one."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from backoffice import navigation, references
from backoffice.bulk_edit import views
from backoffice.bulk_edit.resource import EDIT_IN_BULK
from backoffice.models import ImportRun

app_name = "bulk_edit"
urlpatterns = [
    path("", views.RunList.as_view(), name="list"),
    path("new/", views.New.as_view(), name="new"),
    path("action/", views.Action.as_view(), name="action"),
    path("<str:number>/", views.Run.as_view(), name="run"),
    path("<str:number>/work/", views.Work.as_view(), name="work"),
    path("<str:number>/undo/", views.Undo.as_view(), name="undo"),
]

references.register(prefix="BE", model=ImportRun)
navigation.register("system", _("Bulk edits"), "bulk_edit:list", EDIT_IN_BULK, order=10, icon="edit")
