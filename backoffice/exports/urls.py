"""Addresses of exports, their entry in the navigation, and the "EX-12" that links to a run."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from backoffice import navigation, references
from backoffice.exports import views
from backoffice.models import ExportRun

app_name = "exports"
urlpatterns = [
    path("", views.RunList.as_view(), name="list"),
    path("new/", views.NewExport.as_view(), name="new"),
    path("templates/", views.TemplateList.as_view(), name="templates"),
    path("templates/<int:pk>/", views.Template.as_view(), name="template"),
    path("templates/<int:pk>/edit/", views.EditTemplate.as_view(), name="template-edit"),
    path("templates/<int:pk>/delete/", views.DeleteTemplate.as_view(), name="template-delete"),
    path("templates/<int:pk>/export/", views.repeat, name="repeat"),
    path("<str:number>/", views.Run.as_view(), name="run"),
    path("<str:number>/file/", views.file, name="file"),
    path("<str:number>/cancel/", views.Cancel.as_view(), name="cancel"),
    path("<str:number>/delete/", views.Remove.as_view(), name="remove"),
]

references.register(prefix="EX", model=ExportRun)
navigation.register("system", _("Exports"), "exports:list", "backoffice.view_exportrun", order=10, icon="download")
