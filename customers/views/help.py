"""The public help centre: live articles in the reader's language."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_GET

from customers import services

MAX_AGE = 60
PER_TOPIC = 8
HITS = 30


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Topics with their articles, one topic whole, or what a search finds."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    topic = request.GET.get("topic", "").replace("\x00", "")[:80]
    shown: dict[str, Any] = {"text": text, "topic": topic, "title": topic or _("How can we help?")}
    if text:
        shown["hits"] = services.live_articles(containing=text, limit=HITS)
    elif topic:
        shown["hits"] = services.live_articles(topic=topic)
    else:
        shown["topics"] = _by_topic(services.live_articles())
    return _cached(TemplateResponse(request, "help/home.html", shown))


def _by_topic(articles: list[services.LiveArticle]) -> list[dict[str, Any]]:
    """Topics in order, each with its first articles and how many more there are."""
    topics: dict[str, list[services.LiveArticle]] = {}
    for article in articles:
        topics.setdefault(article.topic, []).append(article)
    return [
        {"name": name, "articles": rows[:PER_TOPIC], "more": len(rows) - PER_TOPIC} for name, rows in topics.items()
    ]


def _version(request: HttpRequest, slug: str) -> str | None:
    """What the page depends on: the article, the language, the look, and whether staff reads it."""
    position = services.live_position(slug)
    theme = request.COOKIES.get("theme", "")
    return f'"{position}-{get_language()}-{theme}-{request.user.pk or 0}"' if position else None


@require_GET
@condition(etag_func=_version)
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = services.live_article(slug)
    if found is None:
        raise Http404
    related = services.live_articles(topic=found.topic, apart=found.key, limit=5) if found.topic else []
    shown = {"article": found, "body": found.text, "title": str(found), "related": related}
    return _cached(TemplateResponse(request, "help/article.html", shown))


def _cached(response: HttpResponse) -> HttpResponse:
    """Kept by the reader's browser alone: the page holds the reader's own form token."""
    patch_cache_control(response, private=True, max_age=MAX_AGE)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response
