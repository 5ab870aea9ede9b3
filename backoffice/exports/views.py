"""Pages of exports: those made, the page that asks how, templates."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from backoffice import audit, generic
from backoffice.exports import running, schedules
from backoffice.exports.files import CONTENT_TYPES, expected_rows
from backoffice.exports.forms import ExportForm, TemplateForm
from backoffice.exports.values import EXPORT
from backoffice.generic.actions import add_error
from backoffice.generic.bulk import keys
from backoffice.generic.lists import COUNT_CAP
from backoffice.models import ExportRun, ExportTemplate
from backoffice.templatetags.houtai import as_query

ExportStatus = ExportRun.Status
RUNS = "backoffice.view_exportrun"
TEMPLATES = "backoffice.view_exporttemplate"
CAREFUL = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}


def size_of(run: ExportRun) -> str:
    return filesizeformat(run.size) if run.size else ""


def about(queryset: Any) -> int:
    """How many rows there are: counted where they are few, else as the planner expects."""
    few = queryset.order_by().values("pk")[: COUNT_CAP + 1].count()
    return few if few <= COUNT_CAP else max(expected_rows(queryset), few)


class RunList(generic.ListPage):
    """The exports that one made, newest first."""

    model = ExportRun
    permission = RUNS
    key = "exports"
    title = gettext_lazy("Exports")
    template_name = "exports/list.html"
    columns = [
        generic.Column("name", link=True, secondary=generic.Column("number")),
        generic.Column("status", kind="badge"),
        generic.Column("rows", kind="number"),
        generic.Column("size", get=size_of, kind="number"),
        generic.Column("format", gettext_lazy("Format")),
        generic.Column("created_at", kind="relative"),
        generic.Column("expires_at", kind="relative"),
        generic.Column("file", gettext_lazy("File"), template="exports/_file.html"),
        generic.Column("user.name", gettext_lazy("By")),
        generic.Column("template.name", gettext_lazy("Template")),
    ]
    default_columns = ["name", "status", "rows", "size", "format", "created_at", "expires_at", "file"]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    export_formats = ()
    empty_title = gettext_lazy("No exports yet")
    empty_text = gettext_lazy("Every list has an Export menu. Large files are made in the background and wait here.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("user", "template")


class Run(generic.RecordPage):
    """One export: how far it is, and the file."""

    model = ExportRun
    slug_field = "number"
    permission = RUNS
    list_url = "exports:list"
    list_page = RunList
    template_name = "exports/run.html"
    context_object_name = "run"
    facts = [
        generic.Column("number"),
        generic.Column("rows", kind="number"),
        generic.Column("size", get=size_of),
        generic.Column("format", gettext_lazy("Format")),
        generic.Column("user.name", gettext_lazy("By")),
        generic.Column("created_at", kind="datetime"),
        generic.Column("finished_at", kind="datetime"),
        generic.Column("expires_at", kind="datetime"),
        generic.Column("template", link="template"),
    ]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("user", "template")

    def get_title(self) -> str:
        return str(self.object.name)

    @property
    def is_own(self) -> bool:
        return self.object.user_id == self.user.pk

    def get_actions(self) -> list[generic.Action]:
        run, actions = self.object, []
        if run.has_file and self.is_own and generic.may(self.user, EXPORT):
            url = reverse("exports:file", args=[run.number])
            actions.append(generic.Action(_("Download"), url, method="get", primary=True, icon="download"))
        if self.is_own and run.may_become(ExportStatus.CANCELED):
            actions.append(generic.Action(_("Cancel"), reverse("exports:cancel", args=[run.number]), icon="x"))
        if self.is_own and run.may_become(ExportStatus.REMOVED):
            url = reverse("exports:remove", args=[run.number])
            actions.append(generic.Action(_("Delete the file"), url, icon="trash", danger=True, confirm=_("Really?")))
        return actions

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(is_working=self.object.may_become(ExportStatus.CANCELED), **extra)


class OwnRun:
    """Verbs are for whoever made the export."""

    model = ExportRun
    slug_field = "number"
    permission = EXPORT
    request: HttpRequest

    def get_queryset(self) -> Any:
        return ExportRun.objects.visible_to(self.request.user).filter(user=self.request.user)


class Cancel(OwnRun, generic.ActionView):
    service = running.cancel
    title = gettext_lazy("Cancel %s")
    confirm = gettext_lazy("The file is not made any further.")
    done = gettext_lazy("%s was canceled.")


class Remove(OwnRun, generic.ActionView):
    service = running.remove
    title = gettext_lazy("Delete the file of %s")
    confirm = gettext_lazy("Nobody can download it any more. That it was made stays on record.")
    done = gettext_lazy("The file of %s was deleted.")
    danger = True


@require_GET
@permission_required(EXPORT, raise_exception=True)
def file(request: HttpRequest, number: str) -> HttpResponseBase:
    """The file, to its owner alone, as long as it is kept."""
    runs = ExportRun.objects.visible_to(request.user).filter(user=request.user)
    run = get_object_or_404(runs, number=number)
    if not run.has_file or not run.file.storage.exists(run.file.name):
        raise Http404
    audit.record("export.downloaded", run, by=request.user)  # type: ignore[arg-type]
    return FileResponse(
        run.file.open("rb"),
        as_attachment=True,
        filename=running.download_name(run),
        content_type=CONTENT_TYPES[run.format],
        headers=CAREFUL,
    )


# --- How a list is exported -------------------------------------------------------------------------


class NewExport(generic.Page):
    """Asks how the list at the address `list` is to be exported; makes the file, or keeps all of it as a template."""

    permission = EXPORT
    template_name = "exports/new.html"

    @property
    def address(self) -> str:
        return self.request.GET.get("list", "")

    @cached_property
    def template(self) -> ExportTemplate | None:
        """The template whose columns are to change."""
        key = self.request.GET.get("template", "")
        if not key:
            return None
        templates = ExportTemplate.objects.visible_to(self.user)
        return get_object_or_404(templates, pk=key) if key.isdecimal() else None

    @cached_property
    def listing(self) -> generic.ListPage:
        try:
            return running.listing(self.address, self.user)
        except ValidationError as error:
            raise Http404(error.messages[0]) from error

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.address:
            messages.info(request, _("Choose a list first: each has an Export menu."))
            return HttpResponseRedirect(reverse("exports:list"))
        page = self.listing
        initial = {
            "format": request.GET.get("format") or page.get_export_formats()[0],
            "bom": True,
            "sort": page.sort,
            "columns": [column.key for column in page.shown_columns],
            "name": self.template.name if self.template else "",
        }
        return self.show(ExportForm(page, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = ExportForm(self.listing, request.POST)
        if "move" in request.POST:
            form.move(request.POST["move"])
            return self.show(form)
        if not form.is_valid():
            return self.show(form, 422)
        address = self.chosen(form.cleaned_data)
        if request.POST.get("action") == "save":
            return self.save(form, address)
        return self.export(form.cleaned_data, address)

    def chosen(self, wanted: dict[str, Any]) -> str:
        """The address of the list as the form wants it."""
        query = QueryDict(self.address.partition("?")[2], mutable=True)
        query["sort"] = wanted["sort"]
        query.setlist("columns", wanted["columns"])
        return as_query(query, self.address.partition("?")[0])

    def export(self, wanted: dict[str, Any], address: str) -> HttpResponseBase:
        """At once where the list is small; else a job."""
        page = running.listing(address, self.user)
        if page.get_export(wanted["format"]).is_large:
            running.start(address, by=self.user, name=page.get_title(), fmt=wanted["format"], bom=wanted["bom"])
            messages.success(self.request, _("The file is being made. You will be told when it is ready."))
            return HttpResponseRedirect(reverse("exports:list"))
        more = f"export={wanted['format']}" + ("" if wanted["bom"] else "&bom=0")
        return HttpResponseRedirect(f"{address}&{more}")

    def save(self, form: ExportForm, address: str) -> HttpResponseBase:
        wanted = form.cleaned_data
        template = self.template or ExportTemplate(user=self.user)
        for name in ("name", "format", "bom"):
            setattr(template, name, wanted[name])
        template.address = address
        try:
            schedules.save(template, by=self.user)
        except ValidationError as error:
            add_error(form, error)
            return self.show(form, 422)
        messages.success(self.request, _("The template %s was saved.") % template)
        return HttpResponseRedirect(template.get_absolute_url())

    def show(self, form: ExportForm, status: int = 200) -> HttpResponseBase:
        page = self.listing
        export = page.get_export("csv")
        fmt = form["format"].value()
        selected = len(keys(page.request.GET.getlist("selected")))
        path = self.address.partition("?")[0]
        shown = {
            "title": _("Columns of %(template)s") % {"template": self.template}
            if self.template
            else _("Export %(list)s") % {"list": page.get_title()},
            "template": self.template,
            "form": form,
            "list_title": page.get_title(),
            "list_url": as_query(page.state, path),
            "chips": page.chips,
            "selected": selected,
            "expected": selected or about(export.queryset),
            "is_large": fmt in page.get_export_formats() and page.get_export(fmt).is_large,
            "templates": [
                one for one in ExportTemplate.objects.visible_to(self.user) if one.address.partition("?")[0] == path
            ],
        }
        return TemplateResponse(self.request, self.template_name, shown, status=status)


# --- Templates --------------------------------------------------------------------------------------


def schedule_text(template: ExportTemplate) -> str:
    """ "Every week, Monday, 06:00"; "" for one that runs when asked for."""
    if not template.schedule:
        return ""
    parts = [template.get_schedule_display()]
    if template.schedule == ExportTemplate.Schedule.WEEKLY:
        parts.append(template.get_weekday_display())
    elif template.schedule == ExportTemplate.Schedule.MONTHLY:
        parts.append(_("day %(day)s") % {"day": template.day})
    return ", ".join([*map(str, parts), f"{template.hour:02}:00"])


class TemplateList(generic.ListPage):
    model = ExportTemplate
    permission = TEMPLATES
    key = "export-templates"
    title = gettext_lazy("Export templates")
    columns = [
        generic.Column("name", link=True),
        generic.Column("format", gettext_lazy("Format")),
        generic.Column("when", gettext_lazy("When"), get=schedule_text),
        generic.Column("delivery"),
        generic.Column("next_at", gettext_lazy("Runs next"), kind="datetime"),
        generic.Column("updated_at", kind="relative"),
    ]
    ordering = {"name": ("name", "pk"), "-name": ("-name", "-pk")}
    export_formats = ()
    empty_title = gettext_lazy("No templates yet")
    empty_text = gettext_lazy("Open the Export menu of a list and keep its filters and columns under a name.")


class Template(generic.RecordPage):
    model = ExportTemplate
    permission = TEMPLATES
    list_url = "exports:templates"
    list_page = TemplateList
    status_fields = ()
    template_name = "exports/template.html"
    context_object_name = "template"
    facts = [
        generic.Column("format", gettext_lazy("Format")),
        generic.Column("bom", kind="bool"),
        generic.Column("when", gettext_lazy("When"), get=schedule_text),
        generic.Column("next_at", gettext_lazy("Runs next"), kind="datetime"),
        generic.Column("delivery"),
        generic.Column("file_name"),
    ]

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.user, EXPORT):
            return []
        key = [self.object.pk]
        asked = urlencode({"list": self.object.address, "template": self.object.pk})
        columns = f"{reverse('exports:new')}?{asked}"
        return [
            generic.Action(_("Export now"), reverse("exports:repeat", args=key), primary=True, icon="download"),
            generic.Action(_("Columns and order"), columns, method="get", icon="sliders"),
            generic.Action(_("Edit"), reverse("exports:template-edit", args=key), method="get", icon="edit"),
            generic.Action(
                _("Delete"),
                reverse("exports:template-delete", args=key),
                icon="trash",
                danger=True,
                confirm=_("Really?"),
            ),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        runs = ExportRun.objects.visible_to(self.user).filter(template=self.object)
        return super().get_context_data(runs=runs[:5], **extra)


class EditTemplate(generic.FormPage):
    model = ExportTemplate
    permission = (EXPORT, TEMPLATES)
    form_class = TemplateForm
    done = gettext_lazy("The template %s was saved.")

    def perform(self, form: Any) -> ExportTemplate:
        return schedules.save(form.save(commit=False), by=self.request.user)  # type: ignore[arg-type]


class DeleteTemplate(generic.ActionView):
    model = ExportTemplate
    permission = (EXPORT, TEMPLATES)
    title = gettext_lazy("Delete the template %s")
    confirm = gettext_lazy("It does not run any more. The files it made stay until they expire.")
    done = gettext_lazy("The template %s was deleted.")
    danger = True

    def perform(self, obj: ExportTemplate, fields: dict[str, Any]) -> None:
        ExportTemplate.objects.filter(pk=obj.pk).delete()

    def get_success_url(self, obj: ExportTemplate) -> str:
        return reverse("exports:templates")


@require_POST
@permission_required(EXPORT, raise_exception=True)
def repeat(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Make the file of a template now, in the background."""
    template = get_object_or_404(ExportTemplate.objects.visible_to(request.user), pk=pk)
    return generic.act(
        request,
        running.repeat,
        template,
        done=_("The file is being made. You will be told when it is ready."),
        back=reverse("exports:list"),
    )
