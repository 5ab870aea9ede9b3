"""The public help centre: published articles in the reader's language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_GET

from backoffice.rows import containing
from customers.models import Article

MAX_AGE = 60
PER_TOPIC = 8
MOST = 500
HITS = 30


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Topics with their articles, one topic whole, or what a search finds."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    topic = request.GET.get("topic", "").replace("\x00", "")[:80]
    published = Article.objects.published().defer("body", "body_zh", "search_text")
    shown: dict[str, Any] = {"text": text, "topic": topic, "title": topic or _("How can we help?")}
    if text:
        shown["hits"] = list(published.filter(containing(text))[:HITS])
    elif topic:
        shown["hits"] = list(published.filter(topic=topic)[:MOST])
    else:
        shown["topics"] = _by_topic(published[:MOST])
    return _cached(TemplateResponse(request, "help/home.html", shown))


def _by_topic(articles: Any) -> list[dict[str, Any]]:
    """Topics in order, each with its first articles and how many more there are."""
    topics: dict[str, list[Article]] = {}
    for article in articles:
        topics.setdefault(article.topic, []).append(article)
    return [
        {"name": name, "articles": rows[:PER_TOPIC], "more": len(rows) - PER_TOPIC} for name, rows in topics.items()
    ]


def _version(request: HttpRequest, slug: str) -> str | None:
    """What the page depends on: the article, the language, the look, and whether staff reads it."""
    changed = Article.objects.published().filter(slug=slug).values_list("updated_at", flat=True).first()
    theme = request.COOKIES.get("theme", "")
    return f'"{changed.timestamp()}-{get_language()}-{theme}-{request.user.pk or 0}"' if changed else None


@require_GET
@condition(etag_func=_version)
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Article.objects.published(), slug=slug)
    language = get_language() or ""
    body = found.body_zh if language.startswith("zh") and found.body_zh else found.body
    related = Article.objects.published().filter(topic=found.topic).exclude(pk=found.pk).defer("body", "body_zh")[:5]
    shown = {"article": found, "body": body, "title": str(found), "related": list(related) if found.topic else []}
    return _cached(TemplateResponse(request, "help/article.html", shown))


def _cached(response: HttpResponse) -> HttpResponse:
    """Kept by the reader's browser alone: the page holds the reader's own form token."""
    patch_cache_control(response, private=True, max_age=MAX_AGE)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response
