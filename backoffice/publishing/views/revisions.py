"""Revisions of one product or article: compare any two, and bring one back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from backoffice import generic
from backoffice.generic.base import error_texts
from backoffice.models import LiveVersion, Review, Revision
from backoffice.publishing import registry, states
from backoffice.publishing.contents import working_content
from backoffice.publishing.differences import Section, changes
from backoffice.templatetags.houtai import tone_of

PAGE = 50


class OfSubject(generic.Page):
    """A page about a working copy that the user may see; its kind and key stand in the address."""

    @cached_property
    def publishable(self) -> registry.Publishable:
        try:
            return registry.of(self.kwargs["label"])
        except KeyError as error:
            raise Http404 from error

    @cached_property
    def subject(self) -> Any:
        visible = self.publishable.model._default_manager.visible_to(self.user)  # type: ignore[attr-defined]
        return get_object_or_404(visible, pk=self.kwargs["pk"])

    @property
    def revisions(self) -> Any:
        return Revision.objects.visible_to(self.user).about(self.subject)

    def revision(self, number: str | int) -> Revision | None:
        text = str(number)
        usable = text.isascii() and text.isdigit() and len(text) < 9
        return self.revisions.filter(number=int(text)).first() if usable else None

    @property
    def address(self) -> str:
        return reverse("revisions:list", args=[self.publishable.kind, self.subject.pk])

    @property
    def may_restore(self) -> bool:
        return generic.may(self.user, self.publishable.change_permission)

    def crumbs(self) -> dict[str, Any]:
        return {"page": self, "subject": self.subject, "address": self.address, "publishable": self.publishable}


class RevisionList(OfSubject):
    """The newest revisions; with `?old=3&new=5` what differs between these two."""

    template_name = "reviews/revisions.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = self.rows()
        old, new = (self.revision(request.GET.get(name, "")) for name in ("old", "new"))
        more = rows[PAGE:]
        shown = {
            **self.crumbs(),
            "title": _("Revisions of %s") % self.subject,
            "revisions": rows[:PAGE],
            "more": f"{self.address}?before={rows[PAGE - 1].number}" if more else "",
            "old": old,
            "new": new,
            "sections": self.difference(old, new),
            "checked_old": old.number if old else (rows[1].number if len(rows) > 1 else 0),
            "checked_new": new.number if new else (rows[0].number if rows else 0),
        }
        return TemplateResponse(request, self.template_name, shown)

    def rows(self) -> list[Any]:
        """A page of revisions, newest first, each with its mark and its last review; and one more where there are more."""
        rows = self.revisions.select_related("created_by").defer("content").order_by("-number")
        before = self.request.GET.get("before", "")
        if before.isascii() and before.isdigit() and len(before) < 9:
            rows = rows.filter(number__lt=int(before))
        found: list[Any] = list(rows[: PAGE + 1])
        live = LiveVersion.objects.live().about(self.subject).values_list("revision_id", flat=True).first()
        reviews = {one.revision_id: one for one in Review.objects.about(self.subject).order_by("pk")}
        for row in found:
            row.is_live = row.pk == live
            row.review = reviews.get(row.pk)
            row.tone = tone_of(row.review.state) if row.review else ""
        return found

    def difference(self, old: Revision | None, new: Revision | None) -> list[Section]:
        return changes(old.content, new.content, self.publishable.labels) if old and new else []


class Restore(OfSubject):
    """GET shows what would change in the working copy, POST changes it."""

    template_name = "reviews/restore.html"

    @cached_property
    def wanted(self) -> Revision:
        """The revision; not there for who may not change such content."""
        found = self.revision(self.kwargs["number"]) if self.may_restore else None
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now = working_content(self.publishable, self.subject.pk)
        pending = Review.objects.about(self.subject).pending().first()
        shown = {
            **self.crumbs(),
            "title": _("Restore revision %s") % self.wanted.number,
            "revision": self.wanted,
            "sections": changes(now, self.wanted.content, self.publishable.labels),
            "pending": pending,
        }
        return TemplateResponse(request, self.template_name, shown)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            states.restore(self.wanted, by=self.user)
        except ValidationError as error:
            for text in error_texts(error):
                messages.error(request, text)
            return HttpResponseRedirect(self.address)
        messages.success(
            request, _("Revision %s is the working copy again. Submit it to make it public.") % self.wanted.number
        )
        self.__dict__.pop("subject")  # its address may have come back as well
        return HttpResponseRedirect(self.subject.get_absolute_url())
