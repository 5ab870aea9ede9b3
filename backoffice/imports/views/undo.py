"""Undo and redo of a run: what will happen, what others changed since and whether that is overwritten."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from backoffice.generic.base import error_texts
from backoffice.imports import jobs, undoing
from backoffice.imports.views.base import IMPORT, RunPage
from backoffice.models import ImportRun

Status = ImportRun.Status


class Undo(RunPage):
    """GET tells what would be done, POST does it: undo of an applied run, redo of one that was undone.

    `overwrite` names rows that lose what others changed since, "*" all of them; `again` goes on with those that were kept.
    """

    permission = IMPORT
    template_name = "imports/undo.html"

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:
        run = self.allowed()
        if run.status not in (Status.APPLIED, Status.UNDONE):
            messages.error(request, _("%s is not applied; there is nothing to take back.") % run)
            return HttpResponseRedirect(run.get_absolute_url())
        is_redo = run.status == Status.UNDONE
        shown: dict[str, Any] = {
            "title": (_("Import %s again") if is_redo else _("Undo %s")) % run,
            "run": run,
            "resource": self.resource,
            "is_redo": is_redo,
            "is_large": self.is_large,
            "found": None if self.is_large else undoing.look(run, by=self.user),
        }
        return TemplateResponse(request, self.template_name, shown)

    def post(self, request: HttpRequest, number: str) -> HttpResponseBase:
        run = self.allowed()
        again = "again" in request.POST
        wants_redo = request.POST.get("verb") == "redo"
        overwrite = request.POST.getlist("overwrite")
        try:
            if again and not overwrite:
                raise ValidationError(_("Choose the records to overwrite."))
            if self.is_large:
                jobs.defer(run, by=self.user, action="redo" if wants_redo else "undo", overwrite=overwrite)
            else:
                done = (undoing.redo if wants_redo else undoing.undo)(run, by=self.user, overwrite=overwrite)
                messages.success(request, told(run, done, is_redo=wants_redo))
        except ValidationError as error:
            for text in error_texts(error):
                messages.error(request, text)
        return HttpResponseRedirect(run.get_absolute_url())

    def allowed(self) -> ImportRun:
        if not self.may_bring or not undoing.is_possible(self.run):
            raise Http404
        return self.run

    @property
    def is_large(self) -> bool:
        return self.run.new + self.run.changed > settings.IMPORT_FOREGROUND_ROWS


def told(run: ImportRun, done: undoing.Undone, *, is_redo: bool) -> str:
    sentence = (
        _("%(run)s was done again: %(created)s records brought back, %(restored)s changed, %(kept)s kept.")
        if is_redo
        else _("%(run)s was taken back: %(deleted)s records deleted, %(restored)s restored, %(kept)s kept.")
    )
    return sentence % {"run": run.number, **done.counts()}
