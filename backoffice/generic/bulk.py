"""Bulk actions: over the rows ticked, or over everything the filters match; confirmed first, answered row by row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.generic.base import error_texts
from backoffice.rows import VisibleQuerySet

CHUNK = 200


@dataclass(frozen=True)
class BulkAction:
    """A verb for many rows.

    service: `service(obj, by=user, **fields)` for one row after another, each in its own transaction, or with
        `batch=True` `service(objects, by=user, **fields)` for all at once, all or none.
    confirm: sentence that says what will happen; without it, and without `form_class`, ticked rows are done at once.
    form_class: a form on the confirm page; its cleaned fields are passed to the service.
    limit: most rows that one request may do.
    """

    key: str
    label: Any
    service: Callable[..., Any]
    permission: str | tuple[str, ...] = ""
    confirm: Any = ""
    form_class: type[forms.Form] | None = None
    batch: bool = False
    danger: bool = False
    limit: int = 1000


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


class BulkMixin:
    """The POST side of ListPage."""

    bulk_confirm_template = "generic/bulk_confirm.html"
    bulk_result_template = "generic/bulk_result.html"

    request: HttpRequest
    matching: VisibleQuerySet
    terms: Any
    filterset_valid: bool
    link: Callable[..., str]
    get_bulk_actions: Callable[[], list[BulkAction]]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        action = next((a for a in self.get_bulk_actions() if a.key == request.POST.get("action")), None)
        if action is None:
            raise PermissionDenied
        everything = request.POST.get("all") == "1"
        if everything and not self.filterset_valid:
            return self._refuse(_("A filter is not right. Nothing was done."))
        chosen = self.matching if everything else self._ticked(request.POST.getlist("selected"))
        keys = list(chosen.order_by(*self.terms).values_list("pk", flat=True)[: action.limit + 1])
        if not keys:
            return self._refuse(_("Choose at least one row."))
        if len(keys) > action.limit:
            limit = number_format(action.limit, use_l10n=True, force_grouping=True)
            return self._refuse(_("At most %(limit)s rows at once. Narrow the filter first.") % {"limit": limit})
        return self._confirm_or_run(action, keys, everything)

    def _ticked(self, values: Iterable[str]) -> models.QuerySet:
        keys = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
        return self.get_queryset().filter(pk__in=keys)  # type: ignore[attr-defined]

    def _confirm_or_run(self, action: BulkAction, keys: list[Any], everything: bool) -> HttpResponseBase:
        confirmed = self.request.POST.get("confirmed") == "1"
        form = action.form_class(self.request.POST if confirmed else None) if action.form_class else None
        needs_confirmation = bool(action.confirm or form or everything or action.danger)
        if (needs_confirmation and not confirmed) or (form is not None and not form.is_valid()):
            return self._confirm(action, keys, everything, form)
        rows = list(self.get_queryset().filter(pk__in=keys).order_by(*self.terms))  # type: ignore[attr-defined]
        outcome = run(action, rows, by=self.request.user, **(form.cleaned_data if form else {}))
        return self._answer(action, outcome)

    def _confirm(
        self, action: BulkAction, keys: list[Any], everything: bool, form: forms.Form | None
    ) -> HttpResponseBase:
        sample = list(self.get_queryset().filter(pk__in=keys[:5]).order_by(*self.terms))  # type: ignore[attr-defined]
        context = {
            "page": self,
            "title": action.label,
            "action": action,
            "form": form,
            "number": len(keys),
            "sample": sample,
            "more": len(keys) - len(sample),
            "everything": everything,
            "keys": [] if everything else keys,
            "back_url": self.link(),
        }
        return TemplateResponse(self.request, self.bulk_confirm_template, context)

    def _answer(self, action: BulkAction, outcome: Outcome) -> HttpResponseBase:
        done = ngettext("%(label)s: done for %(count)s row.", "%(label)s: done for %(count)s rows.", outcome.done) % {
            "label": action.label,
            "count": number_format(outcome.done, use_l10n=True, force_grouping=True),
        }
        if not outcome.refused:
            messages.success(self.request, done)
            return HttpResponseRedirect(self.link())
        context = {"page": self, "title": action.label, "outcome": outcome, "done": done, "back_url": self.link()}
        return TemplateResponse(self.request, self.bulk_result_template, context)

    def _refuse(self, sentence: str) -> HttpResponseBase:
        messages.error(self.request, sentence)
        return HttpResponseRedirect(self.link())
