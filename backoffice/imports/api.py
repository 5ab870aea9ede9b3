"""Imports in the API: hand a file in, ask what became of it, fetch the refused rows."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Schema, Status, UploadedFile

from backoffice import api, resources
from backoffice.imports import jobs, running
from backoffice.models import ImportRun

router = Router(tags=["Imports"])
VIEW = "backoffice.view_importrun"
SHOWN_ERRORS = 100
CSV = {"responses": {200: {"description": "The refused rows", "content": {"text/csv": {"schema": {"type": "string"}}}}}}


class FindingOut(Schema):
    """What was found in one row: `row` counts the header."""

    row: int | None
    column: str
    value: str
    message: str


class CauseOut(Schema):
    """A reason of refusals, how many rows it concerns, and the first of them."""

    column: str
    message: str
    rows: int
    first: int


class RunOut(Schema):
    """A run. `is_working` tells that a worker has it or will take it; read = new + changed + unchanged + refused."""

    number: str
    address: str
    resource: str
    file_name: str
    status: str
    is_working: bool
    read: int
    new: int
    changed: int
    unchanged: int
    refused: int
    message: str
    seconds: float | None
    created_at: datetime
    finished_at: datetime | None

    @staticmethod
    def resolve_address(obj: Any) -> str:
        return reverse("api:import", args=[obj.number])

    @staticmethod
    def resolve_is_working(obj: Any) -> bool:
        return bool(obj.job_id) and not running.interrupted(obj)


class RunDetail(RunOut):
    causes: list[CauseOut]
    errors: list[FindingOut]
    warnings: list[FindingOut]
    notes: list[str]

    @staticmethod
    def resolve_causes(obj: Any) -> list[Any]:
        return list(obj.report.get("causes", []))

    @staticmethod
    def resolve_errors(obj: Any) -> list[Any]:
        return list(obj.report.get("problems", [])[:SHOWN_ERRORS])

    @staticmethod
    def resolve_warnings(obj: Any) -> list[Any]:
        return list(obj.report.get("warnings", [])[:SHOWN_ERRORS])

    @staticmethod
    def resolve_notes(obj: Any) -> list[str]:
        return list(obj.report.get("notes", []))


@router.post("/imports", response={202: RunOut}, url_name="imports")
@api.requires("backoffice.import_data")
def bring_in(
    request: HttpRequest,
    response: HttpResponse,
    resource: Form[str],
    file: File[UploadedFile],
    dry_run: Form[bool] = False,
    partial: Form[bool] = False,
) -> Any:
    """Hand a file in; a worker checks it (`dry_run`) or applies it. Ask the address in the answer what became of it.

    All rows are applied, or none when one is refused; with `partial` those that are right.
    """
    kind = _resource(resource)
    if not request.user.has_perm(kind.permission):
        raise PermissionDenied(_("This needs the permission %(names)s.") % {"names": kind.permission})
    run = running.take_in(kind, by=request.user, source="api", upload=file)  # type: ignore[arg-type]
    jobs.defer(run, by=request.user, action="check" if dry_run else "apply", partial=partial)  # type: ignore[arg-type]
    response["Location"] = reverse("api:import", args=[run.number])
    return Status(202, run)


def _resource(key: str) -> resources.BaseResource:
    try:
        return resources.get(key)
    except KeyError as error:
        raise ValidationError({"resource": error.args[0]}) from error


def _run(request: HttpRequest, number: str) -> ImportRun:
    return get_object_or_404(ImportRun.objects.of_files().visible_to(request.user), number__iexact=number)


@router.get("/imports/{number}", response=RunDetail, url_name="import")
@api.requires(VIEW)
def run(request: HttpRequest, number: str) -> Any:
    """What became of a run: its state, counts, the causes of refusals and the first of them."""
    return _run(request, number)


@router.get("/imports/{number}/errors", openapi_extra=CSV, url_name="import-errors")
@api.requires(VIEW)
def errors(request: HttpRequest, number: str) -> Any:
    """The refused rows as they stood in the file, with a column of what is wrong with each. 404 when there are none."""
    found = _run(request, number)
    if not found.error_file:
        raise Http404
    name = f"{found.number}-refused.csv"
    return FileResponse(found.error_file.open("rb"), as_attachment=True, filename=name, content_type="text/csv")
