"""The shell's own addresses: preferences, language, saved views, lookups, keyboard help, the component page."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.generic import lookups
from backoffice.generic.base import safe_next, visible
from backoffice.mentions import offered as people_offered
from backoffice.models import Notification, SavedView, User

YEAR = 365 * 24 * 3600
NOTIFICATIONS = 100


def signed_in(request: HttpRequest) -> User:
    """The member of staff behind a view that asks for sign-in."""
    return request.user  # type: ignore[return-value]


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language; for a member of staff it is kept with the account, for visitors in a cookie."""
    code = request.POST.get("language", "")
    response = redirect(safe_next(request, "/"))
    if code not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=code)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme, density, language or single-key shortcuts that somebody chose."""
    changes = chosen(request.POST)
    response = redirect(safe_next(request, "/"))
    if request.user.is_authenticated and changes:
        User.objects.filter(pk=request.user.pk).update(**changes)
    if "theme" in changes:
        response.set_cookie("theme", changes["theme"], max_age=YEAR, samesite="Lax", secure=request.is_secure())
    if "language" in changes:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, changes["language"], max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
    return response


def chosen(data: Any) -> dict[str, Any]:
    """The preferences in `data` that are known values."""
    changes: dict[str, Any] = {}
    for name, values in (
        ("theme", User.Theme.values),
        ("density", User.Density.values),
        ("language", dict(settings.LANGUAGES)),
    ):
        if data.get(name) in values:
            changes[name] = data[name]
    if data.get("shortcuts") in {"on", "off"}:
        changes["shortcuts"] = data["shortcuts"] == "on"
    return changes


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a list's query string under a name; the same name again replaces it."""
    name = request.POST.get("name", "").strip()[:80]
    page = request.POST.get("page", "")[:80]
    if not name or not page:
        messages.error(request, _("Give the view a name."))
        return redirect(safe_next(request, "/"))
    SavedView.objects.update_or_create(
        user=signed_in(request),
        page=page,
        name=name,
        defaults={"query": request.POST.get("query", "")[:4000], "shared": request.POST.get("shared") == "1"},
    )
    messages.success(request, _("View “%s” saved.") % name)
    return redirect(safe_next(request, "/"))


@login_required
@require_POST
def rename_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one's own view another name, unless another one of the list has it."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    name = request.POST.get("name", "").strip()[:80]
    if not name:
        messages.error(request, _("Give the view a name."))
    elif SavedView.objects.filter(user=view.user, page=view.page, name=name).exclude(pk=pk).exists():
        messages.error(request, _("You have a view of this name already."))
    else:
        SavedView.objects.filter(pk=pk).update(name=name)
        messages.success(request, _("The view is called “%s” now.") % name)
    return redirect(safe_next(request, "/"))


@login_required
@require_POST
@transaction.atomic
def default_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the list open with one's own view, or no longer."""
    view = get_object_or_404(SavedView.objects.select_for_update(), pk=pk, user=request.user)
    SavedView.objects.filter(user=view.user, page=view.page, is_default=True).update(is_default=False)
    if not view.is_default:
        SavedView.objects.filter(pk=pk).update(is_default=True)
    sentence = (
        _("The list no longer opens with “%s”.") if view.is_default else _("The list opens with “%s” from now on.")
    )
    messages.success(request, sentence % view)
    return redirect(safe_next(request, "/"))


@login_required
@require_POST
def share_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Share one's own view with everybody, or stop sharing it."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    view.shared = not view.shared
    view.save(update_fields=["shared"])
    messages.success(request, (_("View “%s” is shared.") if view.shared else _("View “%s” is yours alone.")) % view)
    return redirect(safe_next(request, "/"))


@login_required
@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    view.delete()
    messages.success(request, _("View “%s” deleted.") % view)
    return redirect(safe_next(request, "/"))


@login_required
@require_GET
def lookup(request: HttpRequest, label: str) -> HttpResponse:
    """Suggestions for a lookup control, out of the rows that the user may see."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404 from error
    if not hasattr(model._default_manager, "visible_to") or not lookups.fields_of(model):
        raise Http404
    text = request.GET.get("q", "").strip()[:100]
    rows = lookups.suggestions(visible(model, request.user), text) if text else []
    return JsonResponse({"results": [{"value": f"#{row.pk}", "text": str(row), "note": note(row)} for row in rows]})


@login_required
@require_GET
def mentions(request: HttpRequest) -> HttpResponse:
    """People to name in a note, whose name begins with `q`."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    people = people_offered(text) if text else []
    return JsonResponse({"results": [person.name for person in people]})


def note(row: Any) -> str:
    """What else tells the row apart: the first searched field that its name does not show already."""
    shown = str(row)
    values = (str(getattr(row, name, "") or "") for name in lookups.fields_of(type(row)) if "__" not in name)
    return next((value for value in values if value and value not in shown), "")


@login_required
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """The latest notifications; POST marks all as read."""
    own = Notification.objects.filter(user=signed_in(request))
    if request.method == "POST":
        own.filter(read_at=None).update(read_at=now())
        return redirect("shell:notifications")
    latest = list(own[:NOTIFICATIONS])
    unread = any(one.read_at is None for one in latest)
    context = {"title": _("Notifications"), "notifications": latest, "unread": unread}
    return render(request, "backoffice/notifications.html", context)


@login_required
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    return render(request, "backoffice/keys.html", {"title": _("Keyboard shortcuts")})
