"""Tags: the list with how often each is used, renaming and merging, suggestions while typing."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from backoffice import generic
from catalog import forms, services
from catalog.models import Tag

A_PAGE = 100
SUGGESTED = 8


class TagList(generic.Page):
    """Tags by name, some at a time; `after` names the last one of the page before."""

    permission = "catalog.view_product"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        text, after = (request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "after"))
        found = Tag.objects.filter(name__icontains=text) if text else Tag.objects.all()
        tags = list(found.filter(name__gt=after).order_by("name").with_product_count()[: A_PAGE + 1])
        context = {
            "title": _("Tags"),
            "tags": [(tag, generic.Count(tag.product_count)) for tag in tags[:A_PAGE]],  # type: ignore[attr-defined]
            "q": text,
            "after": after,
            "next": tags[A_PAGE - 1].name if len(tags) > A_PAGE else "",
            "may_change": generic.may(request.user, "catalog.change_product"),
        }
        return TemplateResponse(request, "catalog/tags.html", context)


class TagAction(generic.ActionView):
    """A verb on the tag that `name` in the address names: it may hold any character, a slash too."""

    model = Tag
    permission = "catalog.change_product"

    def get_object(self) -> Tag:
        return get_object_or_404(Tag, name=self.request.GET.get("name", "").replace("\x00", ""))

    def get_success_url(self, obj: Tag) -> str:
        return reverse("catalog:tags")


class RenameTag(TagAction):
    title = gettext_lazy("Rename the tag “%s”")
    confirm = gettext_lazy("It is renamed on every product that has it.")
    done = gettext_lazy("Tag renamed to “%s”.")
    form_class = forms.RenameTagForm
    service = services.rename_tag


class RemoveTag(TagAction):
    title = gettext_lazy("Remove the tag “%s”")
    confirm = gettext_lazy("It is taken off every product that has it.")
    done = gettext_lazy("Tag “%s” removed.")
    danger = True
    service = services.remove_tag


@login_required
@require_GET
@permission_required("catalog.view_product", raise_exception=True)
def suggest(request: HttpRequest) -> JsonResponse:
    """Tags that begin with the text, then those that hold it."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    first = list(Tag.objects.filter(name__istartswith=text)[:SUGGESTED]) if text else []
    more = Tag.objects.filter(name__icontains=text).exclude(name__in=[tag.name for tag in first])
    names = [tag.name for tag in [*first, *(more[: SUGGESTED - len(first)] if text else [])]]
    return JsonResponse({"results": names})
