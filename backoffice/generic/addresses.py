"""The list behind an address, opened anew for somebody: what is kept of a selection is the address, not its rows."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from backoffice.generic import bulk
from backoffice.generic.lists import ListPage
from backoffice.models import User


def list_at(address: str, user: User) -> ListPage:
    """The list at `address` ("/orders/?status=placed") as `user` sees it; whether they may is for the caller to ask.

    Raises ValidationError where there is no such list.
    """
    path, _mark, query = address.partition("?")
    try:
        match = resolve(path)
    except Resolver404 as error:
        raise ValidationError(_("There is no such list.")) from error
    view = getattr(match.func, "view_class", None)
    if view is None or not issubclass(view, ListPage):
        raise ValidationError(_("There is no such list."))
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET = QueryDict(query)  # type: ignore[assignment]
    request.user = user
    page: ListPage = view()
    page.setup(request, *match.args, **match.kwargs)
    return page


def rows_at(address: str, user: User) -> tuple[ListPage, QuerySet]:
    """The list, and its rows: those `selected` in the address, else all that its filters let through.

    Raises ValidationError where there is no such list, the user may not see it, or a filter is not right.
    """
    page = list_at(address, user)
    if not user.is_active or not page.has_permission():
        raise ValidationError(_("You may not see this list."))
    if not page.filterset_valid or page.lost_filters:
        raise ValidationError(_("A filter is not right. Nothing was done."))
    selected = bulk.keys(page.request.GET.getlist("selected"))
    return page, page.matching.filter(pk__in=selected) if selected else page.matching
