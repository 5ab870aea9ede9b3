"""Files of tickets, as downloads only."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from backoffice.models import User
from customers import services
from customers.models import Attachment
from customers.services.attachments import PICTURES, safe_name


@require_GET
@permission_required("customers.view_attachment", raise_exception=True)
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file of a ticket that the user may see; one in quarantine for those who may judge it."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    is_quarantined = found.verdict == Attachment.Verdict.QUARANTINED
    if is_quarantined and not request.user.has_perm("customers.change_attachment"):
        raise PermissionDenied
    return download(found, by=request.user)  # type: ignore[arg-type]


@require_GET
@permission_required("customers.view_attachment", raise_exception=True)
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A picture that came with a mail, for the page of the mail: only what is one by its content, and never out of quarantine."""
    shown = Attachment.objects.visible_to(request.user).filter(
        verdict=Attachment.Verdict.SAFE, content_type__in=PICTURES
    )
    response = download(get_object_or_404(shown, pk=pk), by=request.user)  # type: ignore[arg-type]
    response["Content-Disposition"] = "inline"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def download(found: Attachment, *, by: User | None) -> HttpResponseBase:
    """The file as a download that no browser runs."""
    is_safe = found.verdict == Attachment.Verdict.SAFE
    response = FileResponse(
        services.open_file(found, by=by),
        as_attachment=True,
        filename=safe_name(found),
        content_type=found.content_type if is_safe else "application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
