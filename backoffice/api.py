"""The API at /api/v1/: who asks, what a route demands, how answers, errors and pages look.

A module's `api.py` defines `router`; every route declares its permission, and reads through `visible_to`:

    from ninja import Router
    from backoffice import api

    router = Router(tags=["Orders"])

    @router.get("/orders", response=api.Page[OrderOut], openapi_extra=api.documented(OrderFilter))
    @api.requires("orders.view_order")
    def orders(request, after: str = "", limit: api.Limit = 50):
        rows = api.filtered(request, OrderFilter, Order.objects.visible_to(request.user))
        return api.page(request, rows, ("-placed_at", "-id"), after, limit)
"""

from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Generic, TypeVar

import ninja.errors
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django_filters import FilterSet
from ninja import NinjaAPI, Schema
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import AuthRateThrottle
from pydantic import Field

from backoffice import context, tokens
from backoffice.apps import own_apps
from backoffice.generic import keyset

T = TypeVar("T")
Limit = Annotated[int, Field(ge=1, le=200)]
PROBLEM = "application/problem+json"


# --- Who asks ---------------------------------------------------------------------------------------


class TokenAuth(HttpBearer):
    """`Authorization: Bearer houtai_...`: acts with the rights of the token's user, in the history as well."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        user = tokens.authenticate(token)
        if user is not None:
            request.user = user
            context.say_who(user)
        return user


class SessionAuth(APIKeyCookie):
    """The session of the browser; its changes need the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        """A token that is no good is answered as such, not as a missing CSRF token."""
        return None if "Authorization" in request.headers else super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


class Throttle(AuthRateThrottle):
    """So many requests of one user a minute, counted by each process."""

    cache = caches["local"]

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"api:{request.user.pk}"


# --- What a route demands ---------------------------------------------------------------------------


def requires(*permissions: str) -> Callable[[T], T]:
    """Declare the permissions of a route, all of them needed. A route without a declaration is refused at start."""

    def decorate(view: T) -> T:
        view.permissions = permissions  # type: ignore[attr-defined]
        return view

    return decorate


def public(view: T) -> T:
    """Declare a route that everybody may ask; it reads what is published, and nothing else."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def _guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    permissions = getattr(view, "permissions", None)
    if getattr(view, "is_public", False):
        return view
    if not permissions:
        raise ImproperlyConfigured(
            f"{view.__module__}.{view.__name__} declares no permission: put @api.requires or @api.public below the route."
        )

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perms(permissions):
            raise lacking(*permissions)
        return view(request, *args, **kwargs)

    return guarded


def lacking(*permissions: str) -> PermissionDenied:
    """What is raised where these are missing, for routes that need more for some of what they do."""
    return PermissionDenied(_("This needs the permission %(names)s.") % {"names": ", ".join(permissions)})


# --- Pages of rows ----------------------------------------------------------------------------------


class Page(Schema, Generic[T]):
    """Some rows, and the cursor to ask for what comes after them; empty at the end."""

    items: list[T]
    next: str = ""


def page(
    request: HttpRequest, queryset: models.QuerySet, terms: Sequence[str], after: str = "", limit: int = 50
) -> dict[str, Any]:
    """The rows behind the cursor `after` in the order of `terms`, whose last is unique."""
    name = ",".join(terms)
    try:
        found = keyset.page(queryset, name, terms, limit, after=after)
    except keyset.BadCursor as error:
        raise ValidationError(_("The cursor in “after” is not one of this list.")) from error
    return {"items": found.rows, "next": found.after}


# --- Filters ----------------------------------------------------------------------------------------

PAGING = {"after", "limit"}


def parameters(filterset: type[FilterSet] | FilterSet) -> dict[str, str]:
    """Query parameters that `filterset` reads, with what they are; one that is bound may read more than its class."""
    found = {}
    for name, one in getattr(filterset, "filters", filterset.base_filters).items():
        suffixes = getattr(getattr(one.field_class, "widget", None), "suffixes", None) or [None]
        for suffix in suffixes:
            found[f"{name}_{suffix}" if suffix else name] = str(one.label or name.replace("_", " "))
    return found


def documented(filterset: type[FilterSet]) -> dict[str, Any]:
    """The parameters of `filterset` for the OpenAPI of a route."""
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": text}
            for name, text in parameters(filterset).items()
        ]
    }


def filtered(request: HttpRequest, filterset: type[FilterSet], queryset: models.QuerySet) -> models.QuerySet:
    """Rows that the query parameters let through; an unknown parameter is refused, for a typing error must not show everything."""
    bound = filterset(request.GET, queryset=queryset, request=request)
    unknown = sorted(set(request.GET) - set(parameters(bound)) - PAGING)
    if unknown:
        raise ValidationError({name: _("There is no such filter.") for name in unknown})
    if not bound.is_valid():
        raise ValidationError({name: list(errors) for name, errors in bound.errors.items()})
    return bound.qs


# --- Errors -----------------------------------------------------------------------------------------


def problem(request: HttpRequest, status: int, title: str, **more: Any) -> HttpResponse:
    """An answer in the form of RFC 9457."""
    return JsonResponse({"title": title, "status": status, **more}, status=status, content_type=PROBLEM)


def _refused(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = error.message_dict if hasattr(error, "error_dict") else {}
    sentences = [str(text) for text in error.messages]
    return problem(request, 422, " ".join(sentences), code=getattr(error, "code", None) or "invalid", errors=fields)


def _malformed(request: HttpRequest, error: ninja.errors.ValidationError) -> HttpResponse:
    places = [{"place": ".".join(str(part) for part in one["loc"]), "message": one["msg"]} for one in error.errors]
    return problem(request, 422, _("The request is not well formed."), code="malformed", errors=places)


def _http(request: HttpRequest, error: ninja.errors.HttpError) -> HttpResponse:
    response = problem(request, error.status_code, str(error))
    if isinstance(error, ninja.errors.Throttled) and error.wait:
        response["Retry-After"] = str(error.wait)
    if error.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(request, 403, str(error) or _("You may not do this."))


def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, 404, _("There is nothing here that you may see."))


# --- The whole --------------------------------------------------------------------------------------


def build() -> NinjaAPI:
    """The API of every module that has one."""
    made = NinjaAPI(
        title="Houtai",
        version="1",
        description="Every list is read in pages: pass the `next` of an answer as `after`. Errors are problem+json.",
        auth=[TokenAuth(), SessionAuth()],
        throttle=[Throttle(settings.API_RATE)],
        docs_url=None,
        urls_namespace="api",
    )
    made.add_decorator(_guarded, mode="operation")
    for kind, answer in (
        (ValidationError, _refused),
        (ninja.errors.ValidationError, _malformed),
        (ninja.errors.HttpError, _http),
        (PermissionDenied, _forbidden),
        (Http404, _missing),
    ):
        made.add_exception_handler(kind, answer)
    made.add_router("", import_module("backoffice.imports.api").router)
    made.add_router("", import_module("backoffice.bulk_edit.api").router)
    for config in own_apps():
        if config.name != "backoffice" and find_spec(f"{config.name}.api"):
            made.add_router("", import_module(f"{config.name}.api").router)
    return made
