"""What every request carries: an id, the person's language and time zone, the second factor, the history context."""

import re
import uuid
import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from backoffice import context
from backoffice.models import RolePolicy

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


def second_factor(get_response: View) -> View:
    """Send people whose role demands a second factor to its set-up until they have one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.path.startswith(SECOND_FACTOR_EXEMPT):
            if not request.session.get("second_factor_settled"):
                if needs_second_factor(request.user):
                    return redirect("mfa_index")
                request.session["second_factor_settled"] = True
        return get_response(request)

    return middleware


def needs_second_factor(user: object) -> bool:
    """Whether a role of `user` demands a second factor and none is set up."""
    demanded = RolePolicy.objects.filter(group__user=user, second_factor_required=True).exists()
    return demanded and not user.authenticator_set.exists()  # type: ignore[attr-defined]


def history_context(get_response: View) -> View:
    """Attribute every change of the request to its user, page and id."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user if request.user.is_authenticated else None
        kind = "admin" if request.path.startswith("/admin/") else "api" if request.path.startswith("/api/") else "page"
        with context.acting(source=kind, user=user, url=request.path):
            return get_response(request)

    return middleware
