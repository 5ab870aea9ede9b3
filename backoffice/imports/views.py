"""Pages of imports: history, upload, reading and mapping, check, result."""

from __future__ import annotations

import csv
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, references, resources
from backoffice.imports import jobs, reading, running, undoing
from backoffice.imports.reading import Dialect
from backoffice.models import ImportRun, JobProgress

references.register(prefix="IM", model=ImportRun)

IMPORT = "backoffice.import_data"
SHOWN = 100
SAMPLE = 3
CELL = 60
Status = ImportRun.Status
DELIMITERS = [
    (",", gettext_lazy("comma ,")),
    (";", gettext_lazy("semicolon ;")),
    ("\t", gettext_lazy("TAB")),
    ("|", gettext_lazy("bar |")),
]
DECIMALS = [(".", gettext_lazy("point 1,234.50")), (",", gettext_lazy("comma 1.234,50"))]


def allowed_resources(user: Any) -> list[resources.BaseResource]:
    return [resource for resource in resources.every() if user.has_perm(resource.permission)]


class RunList(generic.ListPage):
    """History of imports: one's own, or everybody's for those who read the audit trail."""

    model = ImportRun
    permission = "backoffice.view_importrun"
    key = "imports"
    title = gettext_lazy("Imports")
    columns = [
        generic.Column("number", link=True),
        generic.Column("file_name"),
        generic.Column("resource"),
        generic.Column("status", kind="badge"),
        generic.Column("new", kind="number"),
        generic.Column("changed", kind="number"),
        generic.Column("unchanged", kind="number"),
        generic.Column("refused", kind="number"),
        generic.Column("user.name", gettext_lazy("By")),
        generic.Column("created_at", kind="relative"),
    ]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    create_url = "imports:new"
    create_permission = IMPORT
    create_label = gettext_lazy("Import a file")
    empty_title = gettext_lazy("No file was brought in yet")
    empty_text = gettext_lazy("Product files of Shopify, WooCommerce, Spree and Medusa are understood as they are.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("user")


class UploadForm(forms.Form):
    resource = forms.ChoiceField(label=gettext_lazy("What the file holds"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, TSV or XLSX. Encoding, delimiter and columns are found out and shown; nothing is written yet."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class Upload(generic.Page):
    """Takes a file in and leads to its page."""

    permission = IMPORT
    template_name = "imports/upload.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(self.form(initial={"resource": request.GET.get("resource", "")}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form, 422)
        upload = form.cleaned_data["file"]
        resource = resources.get(form.cleaned_data["resource"])
        run = running.start(resource, by=request.user, name=upload.name, source="import", upload=upload)
        try:
            with running.local(run) as path:
                running.settle(run, running.open_table(path, resource, by=request.user))
        except ValidationError as error:
            run.file.delete(save=False)
            run.delete()
            form.add_error("file", error)
            return self.show(form, 422)
        return HttpResponseRedirect(run.get_absolute_url())

    def form(self, *args: Any, **kwargs: Any) -> UploadForm:
        form = UploadForm(*args, **kwargs)
        form.fields["resource"].choices = [(r.key, r.label) for r in self.resources]
        return form

    @cached_property
    def resources(self) -> list[resources.BaseResource]:
        return allowed_resources(self.request.user)

    def show(self, form: UploadForm, status: int = 200) -> HttpResponseBase:
        shown = {"title": _("Import a file"), "form": form, "resources": self.resources}
        return TemplateResponse(self.request, self.template_name, shown, status=status)


class RunPage(generic.OnePage):
    """Base of what concerns one run of a resource that the person may bring in."""

    model = ImportRun
    permission = "backoffice.view_importrun"
    slug_field = "number"

    @cached_property
    def run(self) -> ImportRun:
        return self.get_object()

    @property
    def may_work(self) -> bool:
        user = self.request.user
        return self.run.user_id == user.pk and generic.may(user, (IMPORT, resources.get(self.run.resource).permission))


class Run(RunPage):
    """The page of a run: how it is read, what the check found, what became of it."""

    template_name = "imports/run.html"

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        run = self.run
        is_interrupted = running.interrupted(run)
        is_working = not is_interrupted and (run.status in (Status.CHECKING, Status.APPLYING) or bool(run.job_id))
        is_open = (
            self.may_work and bool(run.file) and not is_working and run.status not in (Status.APPLIED, Status.UNDONE)
        )
        shown: dict[str, Any] = {
            "title": run.number,
            "run": run,
            "resource": resources.get(run.resource),
            "is_working": is_working,
            "is_interrupted": is_interrupted,
            "is_open": is_open,
            "is_checked": run.status in (Status.CHECKED, Status.REFUSED),
            "progress": JobProgress.objects.filter(job_id=run.job_id).first() if is_working and run.job_id else None,
            "same": running.same_file_before(run) if is_open else None,
            "ready": run.new + run.changed,
            "may_undo": run.status == Status.APPLIED
            and generic.may(request.user, (IMPORT, resources.get(run.resource).permission)),
            "report": self.report(),
        }
        if is_open:
            shown |= self.reading()
        response = TemplateResponse(request, self.template_name, shown)
        if is_working:
            response["Refresh"] = "2"
        return response

    def report(self) -> dict[str, Any]:
        """What the page shows of the run's findings: the first of each."""
        report: dict[str, Any] = dict(self.run.report)
        labels = {name: str(column.label) for name, column in resources.get(self.run.resource).columns().items()}
        for name in ("problems", "warnings", "differences", "causes"):
            report[f"{name}_count"] = len(report.get(name, []))
            report[name] = [
                found | {"label": labels.get(found["column"], found["column"])}
                for found in report.get(name, [])[:SHOWN]
            ]
        return report

    def reading(self) -> dict[str, Any]:
        """Settings, sample and mapping of the file."""
        try:
            with running.local(self.run) as path:
                table = running.table_of(self.run, path, by=self.request.user)
        except ValidationError as error:
            return {"unreadable": error.messages, "dialect": Dialect.from_json(self.run.dialect), **choices()}
        columns = table.resource.columns()
        rows = [
            {
                "match": match,
                "label": columns[match.target].label if match.target else "",
                "blank": columns[match.target].blank_text if match.target else "",
                "sample": [
                    cells[match.index][:CELL]
                    for _number, cells in table.sample[:SAMPLE]
                    if match.index < len(cells) and cells[match.index]
                ],
            }
            for match in table.mapping.matches
        ]
        return {
            "dialect": table.dialect,
            "layout": table.mapping.layout,
            "used": [row for row in rows if row["match"].target],
            "unused": [row for row in rows if not row["match"].target],
            "targets": [(name, column.label) for name, column in columns.items()],
            **choices(),
        }


def choices() -> dict[str, Any]:
    return {"encodings": reading.ENCODINGS, "delimiters": DELIMITERS, "decimals": DECIMALS}


class Work(RunPage):
    """POST: read the file anew, check it, or apply it."""

    permission = IMPORT

    def post(self, request: HttpRequest, number: str) -> HttpResponseBase:
        if not self.may_work or not self.run.file:
            raise Http404
        action = request.POST.get("action", "")
        try:
            if action in ("read", "check"):
                self.settle()
            if action in ("check", "apply", "partial"):
                self.work("apply" if action == "partial" else action, partial=action == "partial")
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
        return HttpResponseRedirect(self.run.get_absolute_url())

    def settle(self) -> None:
        """Take over how the person wants the file to be read. Other cells mean another header: it is mapped anew."""
        before = Dialect.from_json(self.run.dialect)
        wanted = wanted_dialect(before, self.request.POST)
        moved = (wanted.encoding, wanted.delimiter, wanted.header_row) != (
            before.encoding,
            before.delimiter,
            before.header_row,
        )
        chosen = None if moved else chosen_columns(self.request.POST)
        with running.local(self.run) as path:
            table = running.open_table(
                path, resources.get(self.run.resource), dialect=wanted, chosen=chosen, by=self.request.user
            )
        running.settle(self.run, table)

    def work(self, action: str, *, partial: bool) -> None:
        """At once where the file is small, by the worker where it is large."""
        by = self.request.user
        with running.local(self.run) as path:
            rows = running.table_of(self.run, path, by=by).estimate()
        if rows > settings.IMPORT_FOREGROUND_ROWS:
            jobs.defer(self.run, by=by, action=action, partial=partial)
            return
        running.work(self.run, by=by, action=action, partial=partial)
        if action == "apply":
            said = messages.success if self.run.status == Status.APPLIED else messages.error
            said(self.request, f"{self.run.get_status_display()}: {running.summary(self.run)}")


class Undo(generic.ActionView):
    """Takes an applied run back, after asking."""

    model = ImportRun
    slug_field = "number"
    permission = IMPORT
    service = undoing.undo
    title = gettext_lazy("Undo %s")
    confirm = gettext_lazy(
        "What this import created is deleted where nothing refers to it, what it changed gets its values of before. "
        "Records that somebody changed since stay as they are and are listed."
    )
    done = gettext_lazy("%s was taken back.")
    danger = True

    def get_object(self) -> Any:
        run = super().get_object()
        if not self.request.user.has_perm(resources.get(run.resource).permission):
            raise Http404
        return run


def wanted_dialect(dialect: Dialect, data: Any) -> Dialect:
    """`dialect` with what the form says."""
    wanted = Dialect.from_json(dialect.as_json())
    if data.get("encoding") in reading.ENCODINGS:
        wanted.encoding = data["encoding"]
    if data.get("delimiter") in reading.DELIMITERS:
        wanted.delimiter = data["delimiter"]
    if data.get("decimal") in (".", ","):
        wanted.decimal = data["decimal"]
    if str(data.get("header_row", "")).isdigit():
        wanted.header_row = max(int(data["header_row"]), 1)
    if wanted.as_json() != dialect.as_json():
        wanted.doubts = []
    return wanted


def chosen_columns(data: Any) -> dict[str, str]:
    """Header -> column, from the mapping fields."""
    return {
        data.get(f"header-{name[4:]}", ""): value.strip() for name, value in data.items() if name.startswith("map-")
    }


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


def template(request: HttpRequest, key: str) -> HttpResponseBase:
    """An empty file with the columns of a resource, one example below them."""
    resource = next((r for r in allowed_resources(request.user) if r.key == key), None)
    if resource is None:
        raise Http404
    shown = [column for column in resource.columns().values() if column.example or column.required]
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-template.csv"'
    writer = csv.writer(response)
    writer.writerow([column.name for column in shown])
    writer.writerow([column.example for column in shown])
    return response
