"""What search engines may visit: what modules register as public, and nothing else."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_public: list[tuple[str, str]] = [("/static/", "")]


def allow(prefix: str, sitemap: str = "") -> None:
    """Allow every address that begins with `prefix`; `sitemap` is the name of the address of its map."""
    if (prefix, sitemap) not in _public:
        _public.append((prefix, sitemap))


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt: the longest rule that fits counts, so what is allowed stands above the rest of the house."""
    maps = [f"Sitemap: {settings.SITE_URL}{reverse(name)}" for _prefix, name in _public if name]
    lines = ["User-agent: *", *(f"Allow: {prefix}" for prefix, _name in _public), "Disallow: /", "", *maps, ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
