"""What every request carries: an id, the person's language and time zone, the second factor, the history context."""

import re
import uuid
import zoneinfo
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backoffice import context, people

View = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,40}$")
SECOND_FACTOR_EXEMPT = ("/accounts/", "/static/", "/healthz", "/readyz", "/metrics", "/preferences/", "/i18n/")


def request_id(get_response: View) -> View:
    """Give the request an id (the proxy's X-Request-ID if it is well formed) for logs, history and the response."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        identifier = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        context.bind_request(identifier)
        response = get_response(request)
        response["X-Request-ID"] = identifier
        return response

    return middleware


def preferences(get_response: View) -> View:
    """Speak the language and the time zone that the user has chosen."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        if user.is_authenticated and user.timezone:
            try:
                timezone.activate(zoneinfo.ZoneInfo(user.timezone))
            except (zoneinfo.ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
        else:
            timezone.deactivate()
        return get_response(request)

    return middleware


def storable_address(get_response: View) -> View:
    """An address with a NUL, which no text of the database can hold, is that of nothing."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        return get_response(request)

    return middleware


def session_activity(get_response: View) -> View:
    """Note where and when each session was last used, at most once a minute."""

    def middleware(request: HttpRequest) -> HttpResponse:
        key = request.session.session_key if request.user.is_authenticated else None
        if key and caches["local"].add(f"seen:{key}:{request.META.get('REMOTE_ADDR')}", True, timeout=60):
            UserSession.objects.create_from_request(request)
        return get_response(request)

    return middleware


def second_factor(get_response: View) -> View:
    """Send people whose role demands a second factor to its set-up until they have one.

    The session remembers that this is settled, under the version of the user's access: a change of roles, policy or
    second factors raises it, and the question is asked again.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated or request.path.startswith(SECOND_FACTOR_EXEMPT):
            return get_response(request)
        if request.session.get("second_factor_settled") == user.access_version:
            return get_response(request)
        if people.needs_second_factor(user):
            return _demand_second_factor(request)
        request.session["second_factor_settled"] = user.access_version
        return get_response(request)

    return middleware


def _demand_second_factor(request: HttpRequest) -> HttpResponse:
    sentence = _("Your role needs a second factor. Set one up to go on.")
    if request.path.startswith("/api/"):
        problem = {"title": sentence, "status": 403, "code": "second_factor_required"}
        return JsonResponse(problem, status=403, content_type="application/problem+json")
    messages.warning(request, sentence)
    return redirect("mfa_index")


def history_context(get_response: View) -> View:
    """Attribute every change of the request to its user, page and id."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user if request.user.is_authenticated else None
        kind = "admin" if request.path.startswith("/admin/") else "api" if request.path.startswith("/api/") else "page"
        with context.acting(source=kind, user=user, url=request.path):
            return get_response(request)

    return middleware
