"""What the public sees of the catalogue: the page of a live product, its pictures, and the map for search engines."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from backoffice.rows import in_reader_language
from catalog import previews, services
from catalog.services.pictures import CONTENT_TYPES, SIZES, thumbnail

MAX_AGE = 60
SHOWN = SIZES[-1]
DESCRIPTION_LENGTH = 160
FOR_GOOD = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
@conditional_page
def product(request: HttpRequest, handle: str) -> HttpResponse:
    """The live product in the reader's language, or in that of `?language=`; former addresses lead to the present one."""
    handle = handle.replace("\x00", "")
    found = services.live_product(handle)
    if found is None:
        return _elsewhere(request, handle)
    if found.handle != handle:
        return _moved(request, found.handle)
    asked = request.GET.get("language", "")
    with translation.override(asked if asked in dict(settings.LANGUAGES) else translation.get_language()):
        return _cached(request, render(request, "public/product.html", _shown(found)))


def _shown(found: services.LiveProduct) -> dict[str, Any]:
    content = found.content
    facts = previews.facts(content)
    here = f"{settings.SITE_URL}{reverse('public:product', args=[found.handle])}"
    pictures = [_picture(one) for one in content["media"]]
    return {
        **facts,
        "content": content,
        "pictures": pictures,
        "canonical": here,
        "languages": settings.LANGUAGES,
        "seo_title": content["seo_title"] or facts["title"],
        "seo_description": content["seo_description"] or Truncator(facts["description"]).chars(DESCRIPTION_LENGTH),
        "cover": next((f"{settings.SITE_URL}{one['address']}" for one in pictures if one["address"]), ""),
    }


def _picture(entry: dict[str, Any]) -> dict[str, Any]:
    """A picture of the content with its public address; `elsewhere` where it is kept by somebody else."""
    return {
        "address": reverse("public:thumbnail", args=[SHOWN, entry["file"]]) if entry["file"] else "",
        "elsewhere": entry["url"],
        "alt": in_reader_language(entry["alt"], entry.get("alt_zh", "")),
    }


def _elsewhere(request: HttpRequest, handle: str) -> HttpResponse:
    """A redirect for who comes by a former address, 410 for what is public no longer. Raises Http404 for all else."""
    present = services.present_address(handle)
    if present is not None:
        return _moved(request, present)
    if services.was_public(handle):
        gone = {"title": _("No longer available"), "languages": settings.LANGUAGES}
        return render(request, "public/gone.html", gone, status=410)
    raise Http404


def _moved(request: HttpRequest, handle: str) -> HttpResponse:
    asked = request.META.get("QUERY_STRING", "")
    address = reverse("public:product", args=[handle])
    return HttpResponsePermanentRedirect(f"{address}?{asked}" if asked else address)


def _cached(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Nothing in the page is about its reader, but the look and the language that a signed-in person has chosen."""
    kept_by = "private" if request.user.is_authenticated else "public"
    patch_cache_control(response, max_age=MAX_AGE, **{kept_by: True})
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


@require_safe
def picture(request: HttpRequest, file: str, size: int = 0) -> HttpResponseBase:
    """An uploaded picture that a live product shows, or the same within `size` pixels. Neither ever changes."""
    is_known = size in (0, *SIZES) and file.rpartition(".")[2].lower() in CONTENT_TYPES and "\x00" not in file
    if not is_known or not services.is_public_file(file) or not default_storage.exists(file):
        raise Http404
    name = thumbnail(file, size) if size else file
    kind = CONTENT_TYPES[name.rpartition(".")[2].lower()]
    return FileResponse(default_storage.open(name, "rb"), content_type=kind, headers=FOR_GOOD)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The parts of the map, for search engines."""
    parts = [_absolute("public:sitemap_part", part) for part in range(services.parts_of_map())]
    return _map(request, "public/sitemap.xml", {"parts": parts})


@require_safe
def sitemap_part(request: HttpRequest, part: int) -> HttpResponse:
    """Live products by key, so many keys a part. Raises Http404 behind the last one."""
    if part >= services.parts_of_map():
        raise Http404
    pages = [(_absolute("public:product", handle), moment) for handle, moment in services.part_of_map(part)]
    return _map(request, "public/sitemap_part.xml", {"pages": pages})


def _absolute(name: str, value: Any) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=[value])}"


def _map(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    response = render(request, template, shown, content_type="application/xml")
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response
