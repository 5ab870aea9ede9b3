"""Our addresses, the stock admin at /stock/, and the plainest page that one can sign in to."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from backoffice.models import Heartbeat
from tests.performance.stock_admin import site


@login_required
def plain(request: HttpRequest) -> HttpResponse:
    """A page in our shell with one query of its own."""
    return render(request, "backoffice/search.html", {"text": str(Heartbeat.objects.first() or ""), "groups": []})


@login_required
def three_statements(request: HttpRequest) -> HttpResponse:
    """The session, the user, and one statement more."""
    return HttpResponse(str(Heartbeat.objects.count()))


urlpatterns = [
    path("stock/", site.urls),
    path("bench/plain/", plain),
    path("bench/three/", three_statements),
    path("", include("backoffice.urls")),
]
