"""Files that the wizard gives out, and the page that says what a file may hold."""

from __future__ import annotations

import csv
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from backoffice import generic, resources
from backoffice.imports.describing import described, template_columns, template_headers
from backoffice.imports.views.base import IMPORT, RunPage, allowed_resources
from backoffice.models import ImportRun


def refused_rows(request: HttpRequest, number: str) -> HttpResponseBase:
    """The refused rows with a column of what is wrong with each."""
    if not request.user.is_authenticated:
        raise Http404
    run = get_object_or_404(ImportRun.objects.visible_to(request.user), number=number)
    if not run.error_file:
        raise Http404
    return FileResponse(
        run.error_file.open("rb"), as_attachment=True, filename=f"{run.number}-refused.csv", content_type="text/csv"
    )


class MappingFile(RunPage):
    """Which column is which, as the file that `import_csv --mapping` reads."""

    permission = IMPORT

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        response = JsonResponse(self.run.mapping, json_dumps_params={"ensure_ascii": False, "indent": 1})
        response["Content-Disposition"] = f'attachment; filename="{self.run.number}-mapping.json"'
        return response


class ResourcePage(generic.Page):
    """About a kind of record that the person may bring in."""

    permission = IMPORT

    def resource(self, key: str) -> resources.BaseResource:
        found = next((one for one in allowed_resources(self.request.user) if one.key == key), None)
        if found is None:
            raise Http404
        return found


class Template(ResourcePage):
    """An empty file with every column of a resource and one example; `?headers=labels` heads them in the reader's language."""

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:
        resource = self.resource(key)
        columns = template_columns(resource, request.user)
        labels = request.GET.get("headers") == "labels"
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{key}-template.csv"'
        writer = csv.writer(response)
        writer.writerow(template_headers(resource, columns) if labels else [column.name for column in columns])
        writer.writerow([column.example for column in columns])
        return response


class Columns(ResourcePage):
    """What a file of a resource may hold, from the declarations."""

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:
        resource = self.resource(key)
        shown: dict[str, Any] = {
            "title": _("Columns of “%s”") % resource.label,
            "resource": resource,
            "columns": described(resource, request.user),
            "ignored": resource.ignored,
            "others": [one for one in allowed_resources(request.user) if one.key != key],
        }
        return TemplateResponse(request, "imports/columns_help.html", shown)
