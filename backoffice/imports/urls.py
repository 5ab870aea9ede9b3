"""Addresses of imports, their entry in the navigation, and the "IM-12" that links to a run."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from backoffice import navigation, references
from backoffice.imports import views
from backoffice.models import ImportRun

app_name = "imports"
urlpatterns = [
    path("", views.RunList.as_view(), name="list"),
    path("new/", views.Upload.as_view(), name="new"),
    path("templates/<slug:key>.csv", views.Template.as_view(), name="template"),
    path("columns/<slug:key>/", views.Columns.as_view(), name="columns"),
    path("<str:number>/", views.Run.as_view(), name="run"),
    path("<str:number>/work/", views.Work.as_view(), name="work"),
    path("<str:number>/undo/", views.Undo.as_view(), name="undo"),
    path("<str:number>/mapping.json", views.MappingFile.as_view(), name="mapping"),
    path("<str:number>/refused.csv", views.refused_rows, name="refused"),
]

references.register(prefix="IM", model=ImportRun)
navigation.register(
    "system", _("Imports"), "imports:list", "backoffice.view_importrun", order=10, icon="upload", jump="m"
)
