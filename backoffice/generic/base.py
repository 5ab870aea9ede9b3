"""What every page shares: sign-in, permission, and functions kept as class attributes."""

from functools import cache
from types import FunctionType
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View

from backoffice.models import User


class Page(View):
    """A page of staff. `permission` is one name or several, all needed; "" lets every member of staff in.

    A function given as `service` is called without the view as first argument, so `service = services.place` is right.
    """

    permission: ClassVar[str | tuple[str, ...]] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("service"), FunctionType):
            cls.service = staticmethod(cls.__dict__["service"])  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not self.has_permission():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        """Who is looking; `dispatch` lets nobody else in."""
        return self.request.user  # type: ignore[return-value]

    def has_permission(self) -> bool:
        return may(self.request.user, self.permission)


def may(user: Any, permission: str | tuple[str, ...]) -> bool:
    """Whether `user` holds the permission, or all of several; no permission asked means yes."""
    needed = (permission,) if isinstance(permission, str) else permission
    return all(user.has_perm(name) for name in needed if name)


def visible(model: type[models.Model], user: Any) -> models.QuerySet:
    """Every row of `model` that `user` may read."""
    return model._default_manager.visible_to(user)  # type: ignore[attr-defined]


@cache
def _steps(path: str) -> list[str]:
    return path.replace("__", ".").split(".")


def path_value(obj: Any, path: str) -> Any:
    """Follow `customer.name` (or `customer__name`) from `obj`, calling methods; None where the way ends early."""
    for name in _steps(path):
        if obj is None:
            return None
        obj = getattr(obj, name)
        if callable(obj) and not isinstance(obj, models.Manager):
            obj = obj()
    return obj


def error_texts(error: ValidationError) -> list[str]:
    """Sentences of `error`, each headed by its field when the error knows it by name."""
    if hasattr(error, "error_dict"):
        return [str(text) for messages in error.message_dict.values() for text in messages]
    return [str(text) for text in error.messages]


def safe_next(request: HttpRequest, fallback: str) -> str:
    """The address in `next`, when it is one of ours; else `fallback`."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(url, allowed_hosts=None) and _is_ours(url):
        return url
    return fallback


def _is_ours(url: str) -> bool:
    try:
        resolve(url.partition("?")[0].partition("#")[0])
    except Resolver404:
        return False
    return True
