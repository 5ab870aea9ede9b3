"""The public help centre: live articles in the reader's language, by category and by search."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_GET, require_POST, require_safe

from customers import services
from customers.models import HelpCategory
from customers.views.support import client_address

MAX_AGE = 60
PER_TOPIC = 8
HITS = 30
READER, READER_YEARS, VOTES_PER_ADDRESS = "help_reader", 1, 60


def _words(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Categories with their first articles, one topic whole, or what a search finds."""
    text = _words(request)
    topic = request.GET.get("topic", "").replace("\x00", "")[:80]
    shown: dict[str, Any] = {"text": text, "topic": topic, "title": topic or _("How can we help?")}
    if text:
        shown["hits"] = hits = services.find_articles(text, limit=HITS)
        shown["found"] = [(article, article.excerpt(text)) for article in hits]
        if not hits:
            services.note_vain_search(text, get_language() or "en")
    elif topic:
        shown["hits"] = services.live_articles(topic=topic)
    else:
        shown["shelves"], shown["per_topic"] = services.shelves(), PER_TOPIC
    return _cached(TemplateResponse(request, "help/home.html", shown))


@require_GET
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A category whole, with those below it."""
    found = get_object_or_404(HelpCategory.objects.select_related("parent"), slug=slug)
    below = [shelf for top in services.shelves() for shelf in (top, *top.below)]
    shelf = next((one for one in below if one.category is not None and one.category.pk == found.pk), None)
    shown = {"category": found, "shelf": shelf, "title": str(found)}
    return _cached(TemplateResponse(request, "help/category.html", shown))


def _version(request: HttpRequest, slug: str) -> str | None:
    """What the page depends on: the article and what is beside it, the language, the look, and who reads."""
    if request.COOKIES.get("messages") or request.GET:
        return None
    position = services.live_position(slug)
    theme = request.COOKIES.get("theme", "")
    return f'"{position}-{get_language()}-{theme}-{request.user.pk or 0}"' if position else None


@require_GET
@condition(etag_func=_version)
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = services.live_article(slug)
    if found is None:
        if present := services.present_address(slug):
            return HttpResponsePermanentRedirect(reverse("help:article", args=[present]))
        raise Http404
    shown = {
        "article": found,
        "category": services.category_of(found.topic),
        "body": found.text,
        "title": str(found),
        "related": services.related_articles(found),
        "canonical": services.public_address(slug),
    }
    return _cached(TemplateResponse(request, "help/article.html", shown))


@require_POST
def helpful(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep whether the article helped; a reader is known by a signed cookie that says nothing else."""
    found = services.live_article(slug)
    if found is None:
        raise Http404
    reader = request.get_signed_cookie(READER, default="", salt=READER) or secrets.token_urlsafe(16)
    try:
        services.count_visitor("vote", client_address(request), VOTES_PER_ADDRESS)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("help:article", slug)
    said = request.POST.get("helpful") == "yes"
    if services.vote(found, reader=reader, is_helpful=said, language=get_language() or "en"):
        messages.success(request, _("Thank you, that helps us."))
    else:
        messages.info(request, _("You have told us already, thank you."))
    response = redirect(f"{reverse('help:article', args=[slug])}#opinion")
    response.set_signed_cookie(
        READER,
        reader,
        salt=READER,
        max_age=READER_YEARS * 31_536_000,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@require_GET
def suggest(request: HttpRequest) -> HttpResponse:
    """A fragment for who types a question: a few articles that may answer it."""
    shown = {"suggested": services.suggested_articles(_words(request))}
    return _cached(TemplateResponse(request, "help/_suggested.html", shown))


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every article, for search engines."""
    shown = {"pages": services.addresses_of_map()}
    response = render(request, "public/sitemap_part.xml", shown, content_type="application/xml")
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


def _cached(response: HttpResponse) -> HttpResponse:
    """Kept by the reader's browser alone: the page holds the reader's own form token."""
    patch_cache_control(response, private=True, max_age=MAX_AGE)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response
