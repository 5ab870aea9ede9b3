"""The page of a run, step by step: columns, check, result; and what is done there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files import File
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.imports import jobs, running, several, undoing
from backoffice.imports.reading import Dialect
from backoffice.imports.views import columns as columns_step
from backoffice.imports.views.base import IMPORT, RunPage, allowed_resources
from backoffice.imports.views.results import Results, mend, unmend
from backoffice.imports.views.upload import remember, take_in
from backoffice.models import ImportRun, JobProgress

Status = ImportRun.Status
OPEN = {Status.UPLOADED, Status.CHECKED, Status.REFUSED, Status.FAILED, Status.CANCELED}


class Run(RunPage):
    """The page of a run: how it is read, what the check found, what became of it."""

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        run = self.run
        is_interrupted = running.interrupted(run)
        is_working = not is_interrupted and (run.status in (Status.CHECKING, Status.APPLYING) or bool(run.job_id))
        is_open = self.may_work and bool(run.file) and not is_working and (is_interrupted or run.status in OPEN)
        shown: dict[str, Any] = {
            "title": run.number,
            "run": run,
            "resource": self.resource,
            "is_working": is_working,
            "is_interrupted": is_interrupted,
            "is_open": is_open,
            "same": running.same_file_before(run) if is_open else None,
            "step": self.step(is_open=is_open, is_interrupted=is_interrupted),
        }
        if shown["step"] == "columns":
            shown["kinds"] = allowed_resources(self.user)
            shown |= columns_step.shown(run, by=self.user, opened=set(request.GET.getlist("open")))
            return TemplateResponse(request, "imports/columns.html", shown)
        return TemplateResponse(request, "imports/run.html", shown | self.found(is_working=is_working, is_open=is_open))

    def step(self, *, is_open: bool, is_interrupted: bool) -> str:
        """Where in the wizard the person stands."""
        is_unchecked = not self.run.finished_at and not is_interrupted
        if is_open and (is_unchecked or self.request.GET.get("step") == "columns"):
            return "columns"
        return "result" if self.run.status in (Status.APPLIED, Status.UNDONE) and not is_interrupted else "check"

    def found(self, *, is_working: bool, is_open: bool) -> dict[str, Any]:
        """What the check or the application found, and what can be done next."""
        run = self.run
        is_told = (
            bool(run.finished_at)
            and not is_working
            and run.status
            in (
                Status.CHECKED,
                Status.REFUSED,
                Status.APPLIED,
                Status.UNDONE,
            )
        )
        may_rewind = self.may_bring and undoing.is_possible(run) and bool(run.new + run.changed)
        kept = run.report.get("undone", {}).get("kept", [])
        return {
            "is_told": is_told,
            "rewound": [
                step | {"when": parse_datetime(step["at"])}
                for step in run.steps
                if step["kind"] in ("undone", "redone")
            ],
            "is_checked": is_told and run.status in (Status.CHECKED, Status.REFUSED),
            "ready": run.new + run.changed,
            "results": Results(run, self.request.GET, user=self.user, may_mend=is_open) if is_told else None,
            "progress": JobProgress.objects.filter(job_id=run.job_id).first() if is_working and run.job_id else None,
            "may_cancel": is_working and self.may_work and run.status not in (Status.APPLIED, Status.UNDONE),
            "may_undo": may_rewind and run.status == Status.APPLIED,
            "may_redo": may_rewind and run.status == Status.UNDONE,
            "kept": undoing.visible(kept, self.user),
            "may_choose": may_rewind and any(row["choice"] for row in kept),
            "may_go_on": self.may_work and run.status == Status.APPLIED and bool(run.error_file),
            "rest": run.rests.order_by("-pk").first() if run.status == Status.APPLIED else None,
            "ignored": run.report.get("ignored", []) if is_told else [],
        }


class Work(RunPage):
    """POST: read the file anew, check it, mend cells, apply it, cancel it, or go on with its refused rows."""

    permission = IMPORT

    def post(self, request: HttpRequest, number: str) -> HttpResponseBase:
        if not self.may_work:
            raise Http404
        action = request.POST.get("action", "")
        verb = getattr(self, f"do_{action}", None) if action.isalpha() else None
        if verb is None or not self.run.file:
            raise Http404
        try:
            target = verb()
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
            target = None
        return HttpResponseRedirect(target or self.run.get_absolute_url())

    # --- Columns ---------------------------------------------------------------------------------

    def do_read(self) -> str:
        """Read the file anew. What was found about it when it was read otherwise says nothing any more."""
        before = (self.run.resource, self.run.dialect, self.run.mapping)
        self.settle()
        if before != (self.run.resource, self.run.dialect, self.run.mapping):
            self.run.finished_at = None
            self.run.save(update_fields=["finished_at"])
        opened = "".join(f"&open={place}" for place in columns_step.opened_columns(self.request.POST))
        return f"{self.run.get_absolute_url()}?step=columns{opened}"

    def do_check(self) -> str | None:
        if columns_step.opened_columns(self.request.POST):
            return self.do_read()
        if not self.request.POST.keys().isdisjoint(["header_row", "encoding", "decimal"]):
            self.settle()
        self.work("check")
        return None

    def settle(self) -> None:
        """Take over how the person wants the file to be read. Other cells mean another header: it is mapped anew."""
        run, data = self.run, self.request.POST
        is_other = self.take_kind(data.get("resource", ""))
        before = Dialect.from_json(run.dialect)
        wanted = before.changed(data)
        joined = several.join_anew(run, data)
        if joined:
            wanted.notes = joined.notes()
        moved = (
            is_other
            or bool(joined)
            or (wanted.encoding, wanted.delimiter, wanted.sheet, wanted.header_row)
            != (
                before.encoding,
                before.delimiter,
                before.sheet,
                before.header_row,
            )
        )
        chosen = None if moved else columns_step.chosen_columns(data, run.mapping)
        with running.local(run) as path:
            table = running.open_table(
                path,
                self.resource,
                dialect=wanted,
                chosen=chosen,
                by=self.user,
                strict=False,
                find_header=wanted.sheet != before.sheet,
            )
        if moved and run.mended:
            run.mended = {}
            run.save(update_fields=["mended"])
        running.settle(run, table)
        if not moved:
            remember(run, table)

    def take_kind(self, key: str) -> bool:
        """Whether the person says that the file holds records of another kind, which is taken over then."""
        found = next((one for one in allowed_resources(self.user) if one.key == key), None)
        if found is None or found.key == self.run.resource:
            return False
        self.run.resource, self.resource, self.run.rest_of = found.key, found, None
        self.run.save(update_fields=["resource", "rest_of"])
        return True

    # --- Check and result ------------------------------------------------------------------------

    def do_mend(self) -> str | None:
        count = mend(self.run, self.request.POST)
        if not count:
            messages.info(self.request, _("No cell was changed."))
            return None
        self.work("check")
        messages.success(self.request, ngettext("%(n)s cell mended.", "%(n)s cells mended.", count) % {"n": count})
        return None

    def do_unmend(self) -> None:
        unmend(self.run, self.request.POST.get("cell", ""))
        self.work("check")

    def do_apply(self) -> None:
        self.bring(partial=False)

    def do_partial(self) -> None:
        self.bring(partial=True)

    def bring(self, *, partial: bool) -> None:
        """Apply, once: whoever presses again is told that it is done."""
        if self.run.status == Status.APPLIED:
            messages.info(self.request, _("%s is applied already. It was not applied twice.") % self.run)
            return
        self.work("apply", partial=partial)

    def do_cancel(self) -> None:
        jobs.cancel(self.run)

    def do_rest(self) -> str:
        """A run of its own for the refused rows, checked at once so that they can be mended."""
        if not self.run.error_file:
            raise Http404
        with self.run.error_file.open("rb") as kept:
            rest = take_in([self.resource], by=self.user, name=f"{self.run.number}-refused.csv", upload=File(kept))
        self.run = rest
        self.work("check")
        return rest.get_absolute_url()

    def work(self, action: str, *, partial: bool = False) -> None:
        """At once where the file is small, by the worker where it is large."""
        by = self.user
        with running.local(self.run) as path:
            rows = running.table_of(self.run, path, by=by).estimate()
        if rows > settings.IMPORT_FOREGROUND_ROWS:
            jobs.defer(self.run, by=by, action=action, partial=partial, rows=rows)
            return
        running.work(self.run, by=by, action=action, partial=partial)
        if action == "apply":
            said = messages.success if self.run.status == Status.APPLIED else messages.error
            said(self.request, f"{self.run.get_status_display()}: {running.summary(self.run)}")
