"""Our addresses, the stock admin at /stock/, and the plainest page that one can sign in to."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from backoffice.models import Heartbeat
from catalog.feed import PRODUCTS, shop_parameters
from tests.performance.stock_admin import site


@login_required
def plain(request: HttpRequest) -> HttpResponse:
    """A page in our shell with one query of its own."""
    return render(request, "backoffice/search.html", {"text": str(Heartbeat.objects.first() or ""), "groups": []})


@login_required
def three_statements(request: HttpRequest) -> HttpResponse:
    """The session, the user, and one statement more."""
    return HttpResponse(str(Heartbeat.objects.count()))


def bare_feed(request: HttpRequest) -> HttpResponse:
    """The statement behind the first page of the feed, and its rows as they come: what a plain view would do."""
    values = {"after": 0, "told": None, "limit": 51, "language": "", "kind": PRODUCTS.kind, **shop_parameters()}
    with connection.cursor() as cursor:
        cursor.execute(PRODUCTS.sql(), values)
        items = ",".join(item for *_place, item in cursor.fetchall() if item)
    return HttpResponse(f"[{items}]".encode(), content_type="application/json")


urlpatterns = [
    path("bench/feed/", bare_feed),
    path("stock/", site.urls),
    path("bench/plain/", plain),
    path("bench/three/", three_statements),
    path("", include("backoffice.urls")),
]
