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
from customers.services.attachments import safe_name


@require_GET
@permission_required("customers.view_attachment", raise_exception=True)
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file of a ticket that the user may see; one in quarantine for those who may judge it."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    is_quarantined = found.verdict == Attachment.Verdict.QUARANTINED
    if is_quarantined and not request.user.has_perm("customers.change_attachment"):
        raise PermissionDenied
    return download(found, by=request.user)  # type: ignore[arg-type]


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
