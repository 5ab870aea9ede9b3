"""Pages of bulk edits: which fields, what would change, what became of it, undo, and those made so far."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice import generic, resources
from backoffice.bulk_edit import actions, editing
from backoffice.bulk_edit.forms import EditForm
from backoffice.bulk_edit.resource import EDIT_IN_BULK
from backoffice.exports.views import about
from backoffice.generic.actions import summary
from backoffice.generic.bulk import keys
from backoffice.imports import jobs, running, undoing
from backoffice.imports.views.results import Results
from backoffice.imports.views.undo import Undo as UndoImport
from backoffice.models import BulkEdit, ImportRun, JobProgress
from backoffice.templatetags.houtai import as_query

Status = ImportRun.Status
OPEN = {Status.UPLOADED, Status.CHECKED, Status.REFUSED, Status.FAILED, Status.CANCELED}
TOLD = {Status.CHECKED, Status.REFUSED, Status.APPLIED, Status.UNDONE}
REWOUND = {Status.APPLIED, Status.UNDONE}


def runs(user: Any) -> Any:
    """The bulk edits that `user` may see: their own; all for those who read the audit trail."""
    return ImportRun.objects.of_lists().visible_to(user)


class RunList(generic.ListPage):
    """Bulk edits, newest first."""

    model = ImportRun
    permission = EDIT_IN_BULK
    key = "bulk-edits"
    title = gettext_lazy("Bulk edits")
    columns = [
        generic.Column("number", link=True),
        generic.Column("file_name", gettext_lazy("What was changed")),
        generic.Column("resource", gettext_lazy("Kind"), get=lambda run: str(resources.of(run).label)),
        generic.Column("status", kind="badge"),
        generic.Column("changed", kind="number"),
        generic.Column("unchanged", kind="number"),
        generic.Column("refused", kind="number"),
        generic.Column("user.name", gettext_lazy("By")),
        generic.Column("created_at", kind="relative"),
    ]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    export_formats = ()
    empty_title = gettext_lazy("No bulk edits yet")
    empty_text = gettext_lazy("Tick rows of a list, or all that match, and choose Edit.")

    def get_queryset(self) -> Any:
        return runs(self.user).select_related("user")


class New(generic.Page):
    """Asks what is to become of the rows of the list at the address `list`; `again` fills in what another edit did."""

    permission = EDIT_IN_BULK
    template_name = "bulk_edit/new.html"

    @property
    def address(self) -> str:
        return self.request.GET.get("list", "")

    @cached_property
    def listing(self) -> tuple[generic.ListPage, Any]:
        try:
            return editing.listing(self.address, self.user)
        except ValidationError as error:
            raise Http404(error.messages[0]) from error

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not self.address:
            messages.info(request, _("Choose a list first: tick rows, or all that match, and choose Edit."))
            return HttpResponseRedirect(reverse("bulk_edit:list"))
        earlier = BulkEdit.objects.filter(run__in=runs(self.user), run__number=request.GET.get("again", "")).first()
        return self.show(EditForm(self.listing[1], self.user, earlier=earlier.changes if earlier else ()))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = EditForm(self.listing[1], self.user, request.POST)
        if not form.is_valid():
            return self.show(form, 422)
        try:
            run = editing.start(self.address, by=self.user, changes=form.changes, reason=form.cleaned_data["reason"])
            editing.work(run, by=self.user, action="check")
        except ValidationError as error:
            form.add_error(None, error)
            return self.show(form, 422)
        return HttpResponseRedirect(run.get_absolute_url())

    def show(self, form: EditForm, status: int = 200) -> HttpResponseBase:
        page, _resource = self.listing
        selected = len(keys(page.request.GET.getlist("selected")))
        shown = {
            "title": _("Edit %(list)s") % {"list": page.get_title()},
            "form": form,
            "summary": summary(form),
            "list_title": page.get_title(),
            "list_url": as_query(page.state, self.address.partition("?")[0]),
            "chips": page.chips,
            "selected": selected,
            "expected": selected or about(page.matching),
        }
        return TemplateResponse(self.request, self.template_name, shown, status=status)


class Action(generic.Page):
    """Asks before the worker carries out the action `action` over all that matches in the list at the address `list`."""

    permission = EDIT_IN_BULK
    template_name = "bulk_edit/action.html"

    @cached_property
    def chosen(self) -> tuple[generic.ListPage, generic.BulkAction]:
        asked = self.request.GET
        try:
            return actions.found(asked.get("list", ""), asked.get("action", ""), self.user)
        except ValidationError as error:
            raise Http404(error.messages[0]) from error

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not request.GET.get("list"):
            return HttpResponseRedirect(reverse("bulk_edit:list"))
        return self.show(actions.form_of(self.chosen[1], self.user))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        page, action = self.chosen
        form = actions.form_of(action, self.user, request.POST)
        if form is not None and not form.is_valid():
            return self.show(form, 422)
        data = request.POST.copy()
        data.pop("csrfmiddlewaretoken", None)
        try:
            run = actions.start(request.GET["list"], action.key, by=self.user, data=data)
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
            return HttpResponseRedirect(page.link())
        return HttpResponseRedirect(run.get_absolute_url())

    def show(self, form: Any, status: int = 200) -> HttpResponseBase:
        page, action = self.chosen
        shown = {
            "title": action.label,
            "action": action,
            "form": form,
            "summary": summary(form) if form is not None else [],
            "list_title": page.get_title(),
            "list_url": page.link(),
            "chips": page.chips,
            "expected": about(page.matching),
        }
        return TemplateResponse(self.request, self.template_name, shown, status=status)


class EditPage(generic.OnePage):
    """Base of what concerns one bulk edit."""

    model = ImportRun
    permission = EDIT_IN_BULK
    slug_field = "number"

    def get_queryset(self) -> Any:
        return runs(self.request.user)

    @cached_property
    def run(self) -> ImportRun:
        return self.get_object()

    @cached_property
    def resource(self) -> Any:
        return resources.of(self.run)

    @property
    def may_bring(self) -> bool:
        return bool(self.resource.may_edit(self.user))

    @property
    def may_work(self) -> bool:
        return self.run.user_id == self.user.pk and self.may_bring


class Run(EditPage):
    """One bulk edit: what would change, what became of it."""

    template_name = "bulk_edit/run.html"

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        return TemplateResponse(request, self.template_name, self.shown())

    def shown(self) -> dict[str, Any]:
        run = self.run
        edit = BulkEdit.objects.defer("keys").get(run=run)
        # The worker takes an action up again by itself.
        is_interrupted = not edit.action and running.interrupted(run)
        is_working = not is_interrupted and (run.status in (Status.CHECKING, Status.APPLYING) or bool(run.job_id))
        is_open = self.may_work and not edit.action and not is_working and (is_interrupted or run.status in OPEN)
        is_told = bool(run.finished_at) and not is_working and (run.status in TOLD or bool(edit.action and run.read))
        may_rewind = self.may_bring and undoing.is_possible(run) and bool(run.changed)
        kept = run.report.get("undone", {}).get("kept", [])
        results = Results(run, self.request.GET, user=self.user, may_mend=False) if is_told else None
        if results and edit.action:
            results.show_only("refused")
        return {
            "title": run.number,
            "run": run,
            "edit": edit,
            "resource": self.resource,
            "list_url": edit.address,
            "is_working": is_working,
            "is_interrupted": is_interrupted,
            "is_open": is_open,
            "is_told": is_told,
            "is_checked": is_told and run.status in (Status.CHECKED, Status.REFUSED),
            "results": results,
            "progress": JobProgress.objects.filter(job_id=run.job_id).first() if is_working and run.job_id else None,
            "may_cancel": is_working and self.may_work and run.status not in REWOUND,
            "may_undo": may_rewind and run.status == Status.APPLIED,
            "may_redo": may_rewind and run.status == Status.UNDONE,
            "may_choose": may_rewind and any(row["choice"] for row in kept),
            "kept": undoing.visible(kept, self.user),
            "rewound": [
                step | {"when": parse_datetime(step["at"])}
                for step in run.steps
                if step["kind"] in ("undone", "redone")
            ],
        }


class Work(EditPage):
    """POST: look at the list anew, apply, or cancel."""

    def post(self, request: HttpRequest, number: str) -> HttpResponseBase:
        verb = {"check": self.check, "apply": self.apply, "cancel": self.cancel}.get(request.POST.get("action", ""))
        if not self.may_work or verb is None:
            raise Http404
        try:
            verb()
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
        return HttpResponseRedirect(self.run.get_absolute_url())

    def check(self) -> None:
        editing.check_again(self.run, by=self.user)

    def apply(self) -> None:
        """What can be changed is changed, and once: whoever presses again is told that it is done."""
        run = self.run
        if run.status == Status.APPLIED:
            messages.info(self.request, _("%s is applied already. It was not applied twice.") % run)
            return
        editing.work(run, by=self.user, action="apply", partial=True)
        if run.status == Status.APPLIED:
            done = ngettext("%(n)s row was changed.", "%(n)s rows were changed.", run.changed) % {"n": run.changed}
            messages.success(self.request, done)

    def cancel(self) -> None:
        jobs.cancel(self.run)


class Undo(EditPage, UndoImport):
    """GET tells what would be taken back, or set again; POST does it."""

    permission = EDIT_IN_BULK
    template_name = "bulk_edit/undo.html"

    @property
    def is_large(self) -> bool:
        return self.run.changed > settings.IMPORT_FOREGROUND_ROWS
