"""Bulk edits in the API: what a list is to become; the worker checks or applies it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from backoffice import api
from backoffice.bulk_edit import editing
from backoffice.bulk_edit.forms import EditForm
from backoffice.bulk_edit.resource import EDIT_IN_BULK, EditResource
from backoffice.imports import jobs
from backoffice.imports.api import RunDetail, RunOut
from backoffice.models import BulkEdit, ImportRun

router = Router(tags=["Bulk edits"])


class ChangeIn(Schema):
    """`op`: set, clear; of texts prepend, append, replace (`value` by `with`); of numbers add, percent; of lists add_to, remove."""

    field: str
    op: str
    value: str = ""
    replacement: str = Field("", alias="with")


class EditIn(Schema):
    """`list`: the address of a list in the browser with its filters, such as "/catalog/variants/?is_active=true"."""

    list: str
    changes: list[ChangeIn]
    reason: str = ""
    dry_run: bool = True


class EditOut(RunOut):
    @staticmethod
    def resolve_address(obj: Any) -> str:
        return reverse("api:bulk-edit", args=[obj.number])


class EditDetail(RunDetail):
    @staticmethod
    def resolve_address(obj: Any) -> str:
        return reverse("api:bulk-edit", args=[obj.number])


@router.post("/bulk-edits", response={202: EditOut}, url_name="bulk-edits")
@api.requires(EDIT_IN_BULK)
def edit(request: HttpRequest, response: HttpResponse, wanted: EditIn) -> Any:
    """Change fields of everything that matches in a list; a worker checks it (`dry_run`, the default) or applies it.

    Refused rows stay as they are. Ask the address in the answer what became of it; it is applied and undone on its page as well.
    """
    by: Any = request.user
    _page, resource = editing.listing(wanted.list, by)
    form = EditForm(resource, by, _typed(resource, by, wanted))
    if not form.is_valid():
        raise ValidationError([text for errors in form.errors.values() for text in errors])
    run = editing.start(wanted.list, by=by, changes=form.changes, reason=wanted.reason)
    rows = BulkEdit.objects.filter(run=run).values_list("keys__len", flat=True).get() or 0
    jobs.defer(run, by=by, action="check" if wanted.dry_run else "apply", partial=True, rows=rows)
    response["Location"] = reverse("api:bulk-edit", args=[run.number])
    return Status(202, run)


def _typed(resource: EditResource, by: Any, wanted: EditIn) -> dict[str, str]:
    """The changes as the form of the page has them. Raises ValidationError for a field that one may not change."""
    places = {field.name: place for place, field in enumerate(resource.fields_for(by))}
    data = {"reason": wanted.reason}
    for change in wanted.changes:
        if change.field not in places:
            raise ValidationError(_("There is no field “%(field)s” that you may change.") % {"field": change.field})
        place = places[change.field]
        data |= {f"{place}-op": change.op, f"{place}-value": change.value, f"{place}-with": change.replacement}
    return data


@router.get("/bulk-edits/{number}", response=EditDetail, url_name="bulk-edit")
@api.requires(EDIT_IN_BULK)
def run(request: HttpRequest, number: str) -> Any:
    """What became of a bulk edit: its state, counts, and why rows were refused."""
    return get_object_or_404(ImportRun.objects.of_lists().visible_to(request.user), number__iexact=number)
