"""The list behind an address, for work that goes on after the page was closed: exports, bulk edits."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

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
