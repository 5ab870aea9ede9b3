"""Bulk actions: over the rows ticked, or over everything the filters match; confirmed first, answered row by row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.generic.actions import tell_user
from backoffice.generic.base import error_texts, may
from backoffice.templatetags.houtai import as_query

if TYPE_CHECKING:
    from backoffice.generic.lists import ListPage

EDIT_IN_BULK = "backoffice.bulk_edit"
EXPORT = "export"  # an action that every list has
EDIT = "edit"  # one that lists have whose rows a resource of `bulk_edit` knows


def _no_service(*args: Any, **kwargs: Any) -> None:
    raise TypeError("this bulk action leads to a page and runs nothing")


@dataclass(frozen=True)
class BulkAction:
    """A verb for many rows.

    service: `service(obj, by=user, **fields)` for one row after another, each in its own transaction, or with
        `batch=True` `service(objects, by=user, **fields)` for all at once, all or none.
    confirm: sentence that says what will happen; without it, and without `form_class`, ticked rows are done at once.
    form_class: a form on the confirm page; its cleaned fields are passed to the service.
    limit: most rows that one request may do; more, when all that match are meant, are done by the worker (`bulk_edit.actions`).
    leads_to: instead of a service, `leads_to(keys)` gives the address of a page about the rows, such as their paper.
    is_rare: stands in the menu behind the buttons.
    leads_to_list: instead of a service, the name of a page that gets the list of the rows as `?list=<address>`, however many.
    """

    key: str
    label: Any
    service: Callable[..., Any] = _no_service
    permission: str | tuple[str, ...] = ""
    confirm: Any = ""
    form_class: type[forms.Form] | None = None
    batch: bool = False
    danger: bool = False
    limit: int = 1000
    leads_to: Callable[[list[Any]], str] | None = None
    leads_to_list: str = ""
    is_rare: bool = False


@dataclass
class Outcome:
    """What became of the rows of a bulk action."""

    done: int = 0
    refused: list[tuple[Any, list[str]]] = field(default_factory=list)


def run(action: BulkAction, rows: list[Any], *, by: Any, **fields: Any) -> Outcome:
    """Run `action` over `rows`; a refusal of one row does not stop the others, unless the action is a batch."""
    if action.batch:
        return _run_batch(action, rows, by=by, **fields)
    outcome = Outcome()
    for row in rows:
        try:
            with transaction.atomic():
                action.service(row, by=by, **fields)
        except ValidationError as error:
            outcome.refused.append((row, error_texts(error)))
        else:
            outcome.done += 1
    return outcome


def _run_batch(action: BulkAction, rows: list[Any], *, by: Any, **fields: Any) -> Outcome:
    try:
        with transaction.atomic():
            action.service(rows, by=by, **fields)
    except ValidationError as error:
        return Outcome(refused=[(None, error_texts(error))])
    return Outcome(done=len(rows))


def post(page: "ListPage") -> HttpResponseBase:
    """Answer the POST of a list: ask, refuse, or run the action over the rows."""
    request = page.request
    if request.POST.get("action") == EXPORT and page.get_export_formats():
        return _lead_to(page, page.export_link)
    if request.POST.get("action") == EDIT and page.may_edit:
        return _lead_to(page, page.edit_link)
    action = next((a for a in page.get_bulk_actions() if a.key == request.POST.get("action")), None)
    if action is None:
        raise PermissionDenied
    everything = request.POST.get("all") == "1"
    if everything and (not page.filterset_valid or page.lost_filters):
        return _refuse(page, _("A filter is not right. Nothing was done."))
    chosen = page.matching if everything else _ticked(page, request.POST.getlist("selected"))
    if action.leads_to_list:
        ticked = [] if everything else keys(request.POST.getlist("selected"))
        return _lead_on(page, action, ticked) if ticked or everything else _refuse(page, _("Choose at least one row."))
    found = list(chosen.order_by(*page.terms).values_list("pk", flat=True)[: action.limit + 1])
    if not found:
        return _refuse(page, _("Choose at least one row."))
    if len(found) > action.limit and everything and not action.leads_to and may(request.user, EDIT_IN_BULK):
        return HttpResponseRedirect(page.action_link(action.key))
    if len(found) > action.limit:
        limit = number_format(action.limit, use_l10n=True, force_grouping=True)
        return _refuse(page, _("At most %(limit)s rows at once. Narrow the filter first.") % {"limit": limit})
    if action.leads_to:
        return HttpResponseRedirect(action.leads_to(found))
    return _confirm_or_run(page, action, found, everything)


def _lead_on(page: "ListPage", action: BulkAction, ticked: list[int]) -> HttpResponseBase:
    """To the page about the ticked rows, or about all that match: it gets their list's address."""
    query = page.state.copy()
    query.setlist("selected", [str(key) for key in ticked])
    address = as_query(query, page.request.path)
    return HttpResponseRedirect(f"{reverse(action.leads_to_list)}?{urlencode({'list': address})}")


def keys(values: Iterable[str]) -> list[int]:
    """Primary keys out of an address or a form, what is none left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


def _ticked(page: "ListPage", values: Iterable[str]) -> models.QuerySet:
    return page.get_queryset().filter(pk__in=keys(values))


def _lead_to(page: "ListPage", link: Callable[..., str]) -> HttpResponseBase:
    """To the page about the ticked rows, or about all that match."""
    if page.request.POST.get("all") == "1":
        return HttpResponseRedirect(link())
    ticked = keys(page.request.POST.getlist("selected"))
    return HttpResponseRedirect(link(ticked)) if ticked else _refuse(page, _("Choose at least one row."))


def _confirm_or_run(page: "ListPage", action: BulkAction, keys: list[Any], everything: bool) -> HttpResponseBase:
    confirmed = page.request.POST.get("confirmed") == "1"
    form = None
    if action.form_class:
        form = tell_user(action.form_class(page.request.POST if confirmed else None), page.request.user)
    needs_confirmation = bool(action.confirm or form or everything or action.danger)
    if (needs_confirmation and not confirmed) or (form is not None and not form.is_valid()):
        return _confirm(page, action, keys, everything, form)
    rows = list(page.get_queryset().filter(pk__in=keys).order_by(*page.terms))
    outcome = run(action, rows, by=page.request.user, **(form.cleaned_data if form else {}))
    return _answer(page, action, outcome)


def _confirm(
    page: "ListPage", action: BulkAction, keys: list[Any], everything: bool, form: forms.Form | None
) -> HttpResponseBase:
    sample = list(page.get_queryset().filter(pk__in=keys[:5]).order_by(*page.terms))
    context = {
        "page": page,
        "title": action.label,
        "action": action,
        "form": form,
        "number": len(keys),
        "sample": sample,
        "more": len(keys) - len(sample),
        "everything": everything,
        "keys": [] if everything else keys,
        "back_url": page.link(),
    }
    return TemplateResponse(page.request, "generic/bulk_confirm.html", context)


def _answer(page: "ListPage", action: BulkAction, outcome: Outcome) -> HttpResponseBase:
    done = ngettext("%(label)s: done for %(count)s row.", "%(label)s: done for %(count)s rows.", outcome.done) % {
        "label": action.label,
        "count": number_format(outcome.done, use_l10n=True, force_grouping=True),
    }
    if not outcome.refused:
        messages.success(page.request, done)
        return HttpResponseRedirect(page.link())
    context = {"page": page, "title": action.label, "outcome": outcome, "done": done, "back_url": page.link()}
    return TemplateResponse(page.request, "generic/bulk_result.html", context)


def _refuse(page: "ListPage", sentence: str) -> HttpResponseBase:
    messages.error(page.request, sentence)
    return HttpResponseRedirect(page.link())
