"""Previews by a signed link, for readers who need not sign in. Wrong and expired links show nothing of the content."""

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.core import signing
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice import previews
from backoffice.models import Revision
from backoffice.publishing import registry
from backoffice.publishing.contents import working_content
from backoffice.rows import in_reader_language

HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow"}
POLICY = {"default-src": [NONE], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF, "data:"]}
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}


@require_GET
@csp_replace(POLICY)
def page(request: HttpRequest, signed: str) -> HttpResponse:
    """The content as the public would see it."""
    try:
        link = previews.read(signed)
    except signing.SignatureExpired:
        return _refusal(request, 410, _("This link has expired"), _("Ask whoever sent it for a new one."))
    except signing.BadSignature:
        return _refusal(request, 403, _("This link is not right"), _("Copy the whole of it, or ask for a new one."))
    content = _content(link)
    preview = previews.of(link.kind)
    shown = {
        "title": content.get("title") or _("Preview"),
        "content": content,
        "pictures": _pictures(signed, content),
        "is_revision": bool(link.revision),
        **preview.facts(content),
    }
    return TemplateResponse(request, preview.template, shown, headers=HEADERS)


def _refusal(request: HttpRequest, status: int, heading: str, text: str) -> HttpResponse:
    shown = {"title": heading, "heading": heading, "text": text}
    return TemplateResponse(request, "reviews/preview_refused.html", shown, status=status, headers=HEADERS)


def _content(link: previews.Link) -> dict[str, Any]:
    """What the link is about, as it is now. Raises Http404 where it is gone."""
    if link.revision:
        found = Revision.objects.filter(pk=link.revision, subject_type=link.kind, subject_id=link.key).first()
        content = found.content if found else {}
    else:
        content = working_content(registry.of(link.kind), link.key)
    if not content:
        raise Http404
    return dict(content)


def _pictures(signed: str, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Pictures with the address that the reader of the link has them by."""
    return [
        {
            **one,
            "alt": in_reader_language(one.get("alt", ""), one.get("alt_zh", "")),
            "address": reverse("preview:picture", args=[signed, place]) if one.get("file") else "",
            "elsewhere": one.get("url", ""),
        }
        for place, one in enumerate(content.get("media", []))
    ]


@require_GET
def picture(request: HttpRequest, signed: str, place: int) -> HttpResponseBase:
    """A picture that the content of a link names. Raises Http404 for any other, and for a wrong or expired link."""
    try:
        media = _content(previews.read(signed)).get("media", [])
    except signing.BadSignature as error:
        raise Http404 from error
    name = media[place].get("file", "") if place < len(media) else ""
    kind = name.rpartition(".")[2].lower()
    if kind not in CONTENT_TYPES or not default_storage.exists(name):
        raise Http404
    headers = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(default_storage.open(name, "rb"), content_type=CONTENT_TYPES[kind], headers=headers)
