"""ListPage: tabs, search, chips, columns, keyset paging, selection, export. The whole state stands in the address."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice import exports, resources
from backoffice.generic import bulk, keyset
from backoffice.generic.base import Page, may, visible
from backoffice.generic.chips import Chip, chips
from backoffice.generic.columns import Column, model_field
from backoffice.generic.filters import AnyYesNo
from backoffice.generic.ranking import BEST, Found, Ranking
from backoffice.generic.table import Header, Row
from backoffice.generic.tabs import VIEW, SavedViews
from backoffice.rows import VisibleQuerySet
from backoffice.templatetags.houtai import as_query

COUNT_CAP = 1000
PLACE = ("after", "before")
DATES = {"date", "datetime", "relative"}
OF_EXPORT = ("export", "selected", "bom")
NOT_FILTERS = {*PLACE, *OF_EXPORT, "sort", "columns", "from", VIEW}


@dataclass(frozen=True)
class Around:
    """A record's place in a list: the list's query, the addresses of its neighbours, and whether it still belongs there."""

    query: str
    previous: str
    next: str
    listed: bool = True


@dataclass(frozen=True)
class Count:
    """How many rows match, counted up to the cap."""

    number: int

    @property
    def is_capped(self) -> bool:
        return self.number > COUNT_CAP

    def __str__(self) -> str:
        shown = number_format(min(self.number, COUNT_CAP), use_l10n=True, force_grouping=True)
        return f"{shown}+" if self.is_capped else shown


class ListPage(SavedViews, Page):
    """GET shows the list, or exports it with `?export=csv`; POST runs a bulk action. See the package for an example."""

    model: ClassVar[type[models.Model]]
    key: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None
    columns: ClassVar[Sequence[Column]] = ()
    default_columns: ClassVar[Sequence[str]] = ()
    unread: ClassVar[Sequence[str]] = ()  # fields that no column reads, and a page of rows can do without
    ordering: ClassVar[dict[str, Sequence[str]]] = {"newest": ("-pk",)}
    ordering_labels: ClassVar[dict[str, Any]] = {}
    bulk_actions: ClassVar[Sequence[bulk.BulkAction]] = ()
    create_url: ClassVar[str] = ""
    create_permission: ClassVar[str] = ""
    create_label: ClassVar[Any] = ""
    imported_as: ClassVar[str] = ""  # the resource whose files bring such rows
    parent: Any = None  # the record of which the list shows a part
    export_formats: ClassVar[Sequence[str]] = ("csv", "xlsx", "jsonl")
    export_permission: ClassVar[str] = exports.EXPORT
    page_size: ClassVar[int] = 50
    template_name: ClassVar[str] = "generic/list.html"
    empty_title: ClassVar[Any] = ""
    empty_text: ClassVar[Any] = ""

    # --- What modules override ------------------------------------------------------------------

    def get_queryset(self) -> models.QuerySet:
        """Rows that the user may see, with what the columns read joined in."""
        return visible(self.model, self.request.user)

    def get_columns(self) -> Sequence[Column]:
        """Columns that the user may see; personal ones are masked for those who may not."""
        may_see_personal = may(self.user, exports.PERSONAL)
        return [
            column if may_see_personal else column.masked()
            for column in self.columns
            if may(self.user, column.permission)
        ]

    def get_bulk_actions(self) -> list[bulk.BulkAction]:
        """Those of `bulk_actions` that the user may run."""
        return [action for action in self.bulk_actions if may(self.request.user, action.permission)]

    @cached_property
    def may_edit(self) -> bool:
        """Whether the user may edit many of these rows at once."""
        return any(one.edits(self.model) and one.may_edit(self.user) for one in resources.edits())

    def get_export_formats(self) -> Sequence[str]:
        """Formats that the user may export in."""
        return self.export_formats if may(self.request.user, self.export_permission) else ()

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        actions = self.get_bulk_actions()
        return {
            "page": self,
            "title": self.get_title(),
            "filterset": self.filterset,
            "headers": self.headers,
            "rows": self.rows,
            "chips": self.chips,
            "bulk_actions": actions,
            "rare_actions": [action for action in actions if action.is_rare],
            "formats": [(self.link(export=name), exports.FORMATS[name]) for name in self.get_export_formats()],
            **self.paging(),
            **extra,
        }

    def get_title(self) -> str:
        return str(self.title or capfirst(str(self.model._meta.verbose_name_plural)))

    # --- Requests -------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.GET and self.default_view:
            return HttpResponseRedirect(f"{request.path}?{self.default_view.query}")
        fmt = request.GET.get("export")
        if fmt:
            if fmt not in self.get_export_formats():
                raise PermissionDenied
            return self.export(fmt)
        return TemplateResponse(request, self.template_name, self.get_context_data(**kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return bulk.post(self)

    def export(self, fmt: str) -> HttpResponseBase:
        """Send every matching row with the columns on show; what is large is asked about, and made in the background."""
        if not self.filterset_valid:
            messages.error(self.request, _("A filter is not right. Nothing was exported."))
            return HttpResponseRedirect(self.link(export=None))
        export = self.get_export(fmt, bom=self.request.GET.get("bom") != "0")
        if export.is_large:
            return HttpResponseRedirect(self.export_link(format=fmt))
        return exports.stream(export, self.list_key)

    def get_export(self, fmt: str, *, bom: bool = True) -> exports.Export:
        """The rows and columns on show as a file; of these only the `selected` ones, when the address names any."""
        shown = [replace(column, header=column.title(self.model)) for column in self.shown_columns]
        rows = self.matching
        selected = bulk.keys(self.request.GET.getlist("selected"))
        if selected:
            rows = rows.filter(pk__in=selected)
        return exports.Export(rows.order_by(*self.terms), shown, fmt, user=self.user, bom=bom)

    def export_link(self, selected: Sequence[int] = (), **more: str) -> str:
        """Address of the page that offers everything about exporting this list as it is, or so many rows of it."""
        return self._link_about("exports:new", selected, **more)

    def edit_link(self, selected: Sequence[int] = ()) -> str:
        """Address of the page that edits everything that matches, or so many rows of it."""
        return self._link_about("bulk_edit:new", selected)

    def action_link(self, key: str) -> str:
        """Address of the page that has the worker do something with everything that matches."""
        return self._link_about("bulk_edit:action", (), action=key)

    def _link_about(self, name: str, selected: Sequence[int], **more: str) -> str:
        query = self.state.copy()
        chosen = selected or bulk.keys(self.request.GET.getlist("selected"))
        query.setlist("selected", [str(key) for key in chosen[: self.page_size]])
        return f"{reverse(name)}?{urlencode({'list': as_query(query, self.request.path), **more})}"

    # --- State in the address -------------------------------------------------------------------

    @cached_property
    def list_key(self) -> str:
        """Name under which saved views of this page are kept."""
        return self.key or self.model._meta.label_lower

    def link(self, **changes: str | None) -> str:
        """The present address with some parameters set, or removed by None; the place in the list is left."""
        query = self.request.GET.copy()
        for name in (*PLACE, *OF_EXPORT):
            query.pop(name, None)
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = value
        return as_query(query, self.request.path) if query else self.everything_url

    @cached_property
    def state(self) -> QueryDict:
        """Filters, order and columns of the address, without the place in the list."""
        query = self.request.GET.copy()
        for name in (*PLACE, *OF_EXPORT, "from", VIEW):
            query.pop(name, None)
        for name in [name for name, values in query.lists() if not any(values)]:
            del query[name]
        return query

    @property
    def filter_state(self) -> list[tuple[str, str]]:
        """Parameters that the columns form keeps."""
        return [(name, value) for name, values in self.state.lists() if name != "columns" for value in values]

    @property
    def search_state(self) -> list[tuple[str, str]]:
        """Parameters that the search and filter form keeps: order, columns, and filters that have no control in it."""
        kept = ["sort", "columns", *self.unseen_filters]
        return [(name, value) for name in kept for value in self.state.getlist(name)]

    @property
    def unseen_filters(self) -> list[str]:
        """Parameters of filters that are set by an address and by no control of the panel."""
        return [field.html_name for field in self.filterset.form if field.is_hidden] if self.filterset else []

    # --- Rows -----------------------------------------------------------------------------------

    @cached_property
    def filterset(self) -> django_filters.FilterSet | None:
        if self.filterset_class is None:
            return None
        filterset = self.filterset_class(self.request.GET, queryset=self.get_queryset(), request=self.request)
        for field in filterset.form.fields.values():
            if type(field) is forms.NullBooleanField:
                field.widget = AnyYesNo()
        return filterset

    @cached_property
    def filterset_valid(self) -> bool:
        return self.filterset is None or self.filterset.is_valid()

    @cached_property
    def matching(self) -> models.QuerySet:
        """Every row that the filters let through."""
        return self.get_queryset() if self.filterset is None else self.filterset.qs

    @cached_property
    def sort(self) -> str:
        """Name of the order in use: of what is searched, the best first unless another is chosen."""
        chosen = self.request.GET.get("sort", "")
        if BEST in self.ordering and self.is_searched and (not chosen or chosen not in self.ordering):
            return BEST
        usable = chosen in self.ordering and (chosen != BEST or self.is_searched)
        return chosen if usable else next(iter(self.ordering))

    @property
    def is_searched(self) -> bool:
        return bool(self.request.GET.get("q", "").strip())

    @cached_property
    def found(self) -> Found | None:
        """What the search box found, where the filter of the list ranks it."""
        self.matching  # noqa: B018 - applying the filters searches
        return getattr(self.filterset, "found", None)

    @property
    def suggestion_url(self) -> str:
        """This list, searched by what may have been meant."""
        return self.link(q=self.found.suggestion) if self.found else ""

    @cached_property
    def ranking(self) -> Ranking | None:
        """The rows best first, when they are in that order."""
        if self.sort != BEST or not self.found:
            return None
        every = self.filterset.queryset if self.filterset is not None and self.is_only_searched else None
        return Ranking(self.found, self.read(self.matching), None if every is None else self.read(every))

    @property
    def is_only_searched(self) -> bool:
        """Whether rows are narrowed by the search box alone, and by no scope of the user."""
        scoped = type(self.model._default_manager.all()).in_scope is not VisibleQuerySet.in_scope  # type: ignore[attr-defined]
        return not scoped and set(self.state) - NOT_FILTERS == {"q"}

    @property
    def terms(self) -> Sequence[str]:
        return self.ordering[self.sort]

    @cached_property
    def slice(self) -> keyset.Slice:
        """The rows on show; a cursor that does not belong here leads to the first page, with a message."""
        place = {name: self.request.GET.get(name, "") for name in PLACE}
        try:
            return self._page(**place)
        except keyset.BadCursor:
            messages.warning(self.request, _("That place in the list is gone. This is the first page."))
            return self._page()

    def _page(self, **place: str) -> keyset.Slice:
        if self.ranking:
            return self.ranking.page(self.page_size, **place)
        return keyset.page(self.read(self.matching), self.sort, self.terms, self.page_size, **place)

    def read(self, rows: models.QuerySet) -> models.QuerySet:
        """The rows as the columns on show need them."""
        return rows.defer(*self.unread)

    @cached_property
    def count(self) -> Count:
        """How many rows match, never looking further than the cap."""
        only_page = not any(self.request.GET.get(name) for name in PLACE) and not self.slice.after
        if only_page:
            return Count(len(self.slice.rows))
        if self.ranking and self.ranking.total is not None:
            return Count(self.ranking.total)
        return Count(self.matching.order_by().values("pk")[: COUNT_CAP + 1].count())

    @cached_property
    def rows(self) -> list[Row]:
        headers = self.headers
        way = f"?{urlencode({'from': self.state.urlencode()})}"
        memo: dict[Any, SafeString] = {}
        return [
            Row(obj, [(header, header.column.cell(obj, way, memo)) for header in headers]) for obj in self.slice.rows
        ]

    @classmethod
    def around(cls, request: HttpRequest, obj: models.Model) -> "Around | None":
        """Where `obj` stands in the list that `?from=` of a record page describes; None without, or where nothing is around it.

        A record that left the list, because what it waited for was done, keeps its place: its neighbours are the way on.
        """
        if "from" not in request.GET or not may(request.user, cls.permission):
            return None
        listing = copy(request)
        listing.GET = QueryDict(request.GET["from"])  # type: ignore[assignment]
        page = cls()
        page.setup(listing)
        row = page.matching.filter(pk=obj.pk).first()
        listed = row is not None
        if row is None and not page.ranking:
            row = page.get_queryset().filter(pk=obj.pk).first()
        if row is None:
            return None
        if page.ranking:
            before, behind = page.ranking.neighbours(row)
        else:
            before, behind = keyset.neighbours(page.matching, page.terms, row)
        if not listed and before is None and behind is None:
            return None
        way = f"?{urlencode({'from': request.GET['from']})}"
        return Around(
            query=request.GET["from"],
            previous=f"{before.get_absolute_url()}{way}" if before is not None else "",
            next=f"{behind.get_absolute_url()}{way}" if behind is not None else "",
            listed=listed,
        )

    def paging(self) -> dict[str, Any]:
        found = self.slice
        return {
            "count": self.count,
            "first_url": self.link() if found.before else "",
            "previous_url": self.link(before=found.before) if found.before else "",
            "next_url": self.link(after=found.after) if found.after else "",
        }

    # --- Columns and order ----------------------------------------------------------------------

    @cached_property
    def shown_columns(self) -> list[Column]:
        """Columns chosen in the address, in its order, else the default ones."""
        known = {column.key: column for column in self.get_columns()}
        chosen = dict.fromkeys(key for key in self.request.GET.getlist("columns") if key in known)
        if chosen:
            return [known[key] for key in chosen]
        return [column for key, column in known.items() if key in (self.default_columns or known)]

    @property
    def column_choices(self) -> list[tuple[str, str, bool]]:
        """Key, title and whether it is on show: first those that are, in their order."""
        shown = self.shown_columns
        keys = {column.key for column in shown}
        others = [column for column in self.get_columns() if column.key not in keys]
        return [(column.key, column.title(self.model), column.key in keys) for column in [*shown, *others]]

    @cached_property
    def headers(self) -> list[Header]:
        shown = self.shown_columns
        leads = next((column for column in shown if column.link is True), shown[0] if shown else None)
        dated = sum(column.kind in DATES for column in shown) > 1
        return [
            replace(
                self._header(column, "name" if column is leads else column.css),
                labels=column is not leads
                and (column.is_numeric or self._is_flag(column) or (dated and column.kind in DATES)),
            )
            for column in shown
        ]

    def _is_flag(self, column: Column) -> bool:
        is_boolean = isinstance(model_field(self.model, column.accessor), models.BooleanField)
        return column.kind == "bool" or (column.kind != "badge" and is_boolean)

    def _header(self, column: Column, css: str) -> Header:
        path = column.accessor.replace(".", "__")
        title = column.title(self.model)
        named = {terms[0]: name for name, terms in reversed(self.ordering.items())}
        ascending, descending = named.get(path), named.get(f"-{path}")
        if not ascending and not descending:
            return Header(column, title, css)
        if self.sort == ascending:
            return Header(column, title, css, "ascending", self.link(sort=descending or ascending))
        if self.sort == descending:
            return Header(column, title, css, "descending", self.link(sort=ascending or descending))
        wanted = (descending or ascending) if column.is_numeric else (ascending or descending)
        return Header(column, title, css, "none", self.link(sort=wanted))

    @property
    def orderings(self) -> list[tuple[str, str, bool]]:
        """Every named order with its label, for the order control."""
        names = [name for name in self.ordering if name != BEST or self.is_searched]
        return [(name, self._ordering_label(name), name == self.sort) for name in names]

    def _ordering_label(self, name: str) -> str:
        if name in self.ordering_labels:
            return str(self.ordering_labels[name])
        first = self.ordering[name][0]
        path = first.removeprefix("-")
        column = next((c for c in self.get_columns() if c.accessor.replace(".", "__") == path), None)
        found = model_field(self.model, path)
        label = column.title(self.model) if column else capfirst(str(found.verbose_name if found is not None else path))
        direction = _("descending") if first.startswith("-") else _("ascending")
        return _("%(column)s, %(direction)s") % {"column": label, "direction": direction}

    # --- Filters and views ----------------------------------------------------------------------

    @cached_property
    def chips(self) -> list[Chip]:
        """One removable chip for every filter in use."""
        return chips(self.filterset, self.link) if self.filterset else []

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips) or not self.filterset_valid

    @property
    def clear_url(self) -> str:
        """This list without any filter."""
        return self.link(**{name: None for name in self.request.GET if name not in NOT_FILTERS})

    @property
    def filter_fields(self) -> list[Any]:
        """Controls of the filter panel; the search box stands by itself."""
        fields = self.filterset.form if self.filterset else ()
        return [field for field in fields if field.name != "q" and not field.is_hidden]

    @property
    def search_field(self) -> Any:
        return self.filterset.form["q"] if self.filterset and "q" in self.filterset.form.fields else None

    # --- Creating -------------------------------------------------------------------------------

    @property
    def create_link(self) -> str:
        """Address of the create page, "" when the user may not create."""
        return reverse(self.create_url) if self.create_url and may(self.request.user, self.create_permission) else ""

    @property
    def import_link(self) -> str:
        """Address where a file of such rows is imported, "" when the user may not."""
        allowed = self.imported_as and may(self.request.user, ("backoffice.import_data", self.create_permission))
        return reverse("imports:new", query={"resource": self.imported_as}) if allowed else ""

    @property
    def create_text(self) -> str:
        return str(self.create_label or _("New %(kind)s") % {"kind": self.model._meta.verbose_name})
