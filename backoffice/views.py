"""Pages of the platform itself: home, search, references, history."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import caches
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_current_timezone_name, is_naive, make_aware, now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice import dashboard, references
from backoffice import history as row_history
from backoffice import search as registry

HOME_SECONDS = 30
HOME_PARTS = {"cards": "card", "attention": "attention", "charts": "chart"}


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Figures, what waits, charts: drawn anew every half a minute for each person, and saying as of when."""
    user = request.user
    permissions = hash(frozenset(user.get_all_permissions()))
    key = f"home:{user.pk}:{user.access_version}:{permissions}:{get_language()}:{get_current_timezone_name()}"  # type: ignore[union-attr]
    drawn = caches["local"].get(key)
    if drawn is None:
        parts = {name: dashboard.parts_for(user, part) for name, part in HOME_PARTS.items()}
        drawn = render_to_string("backoffice/_home_parts.html", parts, request=request), now()
        caches["local"].set(key, drawn, HOME_SECONDS)
    return render(request, "backoffice/home.html", {"parts": drawn[0], "as_of": drawn[1]})


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Hits of every provider; `fragment` gives the list alone for the command bar."""
    text = request.GET.get("q", "")[:200]
    fragment = "fragment" in request.GET
    groups = registry.search(request.user, text, limit=5 if fragment else 20)
    template = "backoffice/_search_hits.html" if fragment else "backoffice/search.html"
    return render(request, template, {"text": text, "groups": groups})


@login_required
@require_GET
def go(request: HttpRequest, reference: str) -> HttpResponse:
    """Follow a text reference such as SO-1042."""
    found = references.resolve(reference, request.user)
    if found is None:
        raise Http404(_("There is no %(reference)s that you may see.") % {"reference": reference})
    return redirect(found.get_absolute_url())  # type: ignore[attr-defined]


@login_required
@require_GET
def history(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Everything that happened to one row; `at` shows it as of a time."""
    obj = _visible(request, label, pk)
    at = parse_datetime(request.GET.get("at", "") or "")
    if at is not None and is_naive(at):
        at = make_aware(at)
    return render(
        request,
        "backoffice/history.html",
        {
            "object": obj,
            "label": label,
            "entries": row_history.entries(obj, viewer=request.user),
            "at": at,
            "as_of": row_history.shown_as_of(obj, at, request.user) if at else [],
            "may_restore": row_history.is_restorable(type(obj))
            and request.user.has_perm(f"{obj._meta.app_label}.change_{obj._meta.model_name}"),
        },
    )


@login_required
@require_POST
def restore(request: HttpRequest, label: str, pk: int, entry: int) -> HttpResponse:
    obj = _visible(request, label, pk)
    if not request.user.has_perm(f"{obj._meta.app_label}.change_{obj._meta.model_name}"):
        raise PermissionDenied
    try:
        row_history.restore(obj, entry, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Restored."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("history", label, pk)


def _visible(request: HttpRequest, label: str, pk: int) -> Any:
    """The tracked row `label`/`pk`, or 404 when it does not exist or the user may not see it."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404 from error
    manager: Any = model._default_manager
    if not hasattr(model, "history") or not hasattr(manager.all(), "visible_to"):
        raise Http404
    row: models.Model = get_object_or_404(manager.visible_to(request.user), pk=pk)
    return row
