"""The tabs above a list: views that the page brings along, and those that people saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import django_filters
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from backoffice.generic.chips import parameters
from backoffice.models import SavedView, User

VIEW = "view"  # parameter of an address that wants the list itself, and not the view that it opens with


@dataclass(frozen=True)
class Tab:
    """A view that the page brings along: `Tab(_("Open"), "status=open")`."""

    label: Any
    query: str = ""


@dataclass(frozen=True)
class ShownTab:
    label: str
    url: str
    current: bool
    view: SavedView | None = None
    own: bool = False


class SavedViews:
    """The part of a ListPage that knows them. A list without anything in its address opens with the default view, if there is one."""

    tabs: ClassVar[Sequence[Tab]] = ()
    all_label: ClassVar[Any] = gettext_lazy("All")
    request: HttpRequest
    user: User
    list_key: str
    state: QueryDict
    filterset: django_filters.FilterSet | None

    @cached_property
    def views(self) -> list[SavedView]:
        """The user's own views, and those shared by others."""
        return list(SavedView.objects.of(self.user, self.list_key))

    @cached_property
    def default_view(self) -> SavedView | None:
        return next(
            (view for view in self.views if view.is_default and view.user_id == self.user.pk and view.query), None
        )

    @cached_property
    def everything_url(self) -> str:
        """Address of the list without filters."""
        return f"{self.request.path}?{VIEW}=all" if self.default_view else self.request.path

    @cached_property
    def shown_tabs(self) -> list[ShownTab]:
        """The page's own tabs, then the user's saved views and those shared by others."""
        here = _normal(self.state.urlencode())
        path = self.request.path
        own = [Tab(self.all_label), *self.tabs]
        shown = [
            ShownTab(
                str(tab.label), f"{path}?{tab.query}" if tab.query else self.everything_url, _normal(tab.query) == here
            )
            for tab in own
        ]
        for view in self.views:
            mine = view.user_id == self.user.pk
            shown.append(ShownTab(view.name, f"{path}?{view.query}", _normal(view.query) == here, view, mine))
        return shown

    @property
    def has_views(self) -> bool:
        """Whether there is a choice of views: "All" alone is none."""
        return len(self.shown_tabs) > 1 or self.can_save_view

    @property
    def current_view(self) -> ShownTab | None:
        return next((tab for tab in self.shown_tabs if tab.current and tab.own), None)

    @property
    def can_save_view(self) -> bool:
        """Whether the list is set up in a way that no tab shows yet."""
        return bool(self.state) and not any(tab.current for tab in self.shown_tabs)

    @cached_property
    def lost_filters(self) -> list[str]:
        """Filters that the address names and the list no longer has: it shows more rows than was meant."""
        if self.filterset is None:
            return []
        form = self.filterset.form
        known = {"sort", "columns", *(one for name in form.fields for one in parameters(form, name))}
        return [name for name in self.state if name not in known]


def _normal(query: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(query))
