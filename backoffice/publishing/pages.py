"""The verbs of publishing on the pages of any model: their buttons, and the views behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic, previews
from backoffice.models import ContentStatus, LiveVersion, Review
from backoffice.publishing import registry, reviews, states
from backoffice.publishing.registry import Publishable
from backoffice.rows import told_along


class SubmitForm(forms.Form):
    """What is to be said to the reviewer, and when the content comes and goes."""

    note = forms.CharField(
        label=gettext_lazy("Note for the reviewer"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    publish_at = forms.DateTimeField(
        label=gettext_lazy("Publish at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Left blank, it is public as soon as it is approved."),
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Take down at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Remark"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


class SubjectVerb(generic.ActionView):
    """A verb on one working copy: `verb([obj], by=, **fields)`."""

    verb: ClassVar[Callable[..., Any]]

    def perform(self, obj: Any, fields: dict[str, Any]) -> Any:
        return type(self).verb([obj], by=self.request.user, **fields)


class ReviewVerb(SubjectVerb):
    """A verb on the review of one working copy that waits."""

    def perform(self, obj: Any, fields: dict[str, Any]) -> Any:
        waiting = list(Review.objects.about(obj).pending())
        if not waiting:
            raise ValidationError(_("“%s” is not in review.") % obj)
        return type(self).verb(waiting, by=self.request.user, **fields)


class Submit(SubjectVerb):
    verb = staticmethod(reviews.submit)
    title = gettext_lazy("Submit %s for review")
    done = gettext_lazy("“%s” is submitted.")
    form_class = SubmitForm


class Withdraw(ReviewVerb):
    verb = staticmethod(reviews.withdraw)
    title = gettext_lazy("Withdraw %s from review")
    done = gettext_lazy("“%s” is withdrawn from review.")


class Approve(ReviewVerb):
    verb = staticmethod(reviews.approve)
    title = gettext_lazy("Approve %s")
    done = gettext_lazy("“%s” is approved.")
    form_class = DecisionForm


class Reject(ReviewVerb):
    verb = staticmethod(reviews.reject)
    title = gettext_lazy("Reject %s")
    done = gettext_lazy("“%s” is rejected.")
    form_class = ReasonForm


class Unpublish(SubjectVerb):
    verb = staticmethod(states.unpublish)
    title = gettext_lazy("Unpublish %s")
    done = gettext_lazy("“%s” is no longer public.")
    confirm = gettext_lazy("The public no longer sees it. The working copy stays.")


class Archive(SubjectVerb):
    verb = staticmethod(states.archive)
    title = gettext_lazy("Archive %s")
    done = gettext_lazy("“%s” archived.")


class Reopen(SubjectVerb):
    verb = staticmethod(states.reopen)
    title = gettext_lazy("Make %s a draft again")
    done = gettext_lazy("“%s” is a draft again.")


OF_EDITORS: dict[str, type[SubjectVerb]] = {"submit": Submit, "withdraw": Withdraw}
OF_REVIEWERS: dict[str, type[SubjectVerb]] = {
    "approve": Approve,
    "reject": Reject,
    "unpublish": Unpublish,
    "archive": Archive,
    "reopen": Reopen,
}


def urls(model: type[models.Model], route: str, prefix: str = "", slug_field: str = "pk") -> list[URLPattern]:
    """Addresses of the verbs of a registered model, named `prefix` and verb, below `route` ("<int:pk>/")."""
    publishable = registry.of(model)
    groups = ((publishable.change_permission, OF_EDITORS), (publishable.permission, OF_REVIEWERS))
    found = []
    for permission, views in groups:
        for verb, view in views.items():
            facts = {"model": model, "permission": permission, "slug_field": slug_field}
            of_model: Any = type(view.__name__, (view,), facts)
            found.append(path(f"{route}{verb}/", of_model.as_view(), name=f"{prefix}{verb}"))
    return found


@dataclass(frozen=True)
class Live:
    """What is public of a working copy; `address` is the field of the live content that stands in public addresses."""

    address: str
    has_changes: bool
    published_at: datetime
    expires_at: datetime | None


def with_live(rows: models.QuerySet) -> models.QuerySet:
    """Working copies with what is live of each, as `Standing` wants them."""
    address = KeyTextTransform(registry.of(rows.model).key, "content")
    live = LiveVersion.objects.live().of(rows.model, models.OuterRef("pk")).order_by()
    told = {name: name for name in ("has_changes", "published_at", "expires_at")}
    return rows.annotate(told_live=told_along(live, address=address, **told))


class Standing:
    """Where a working copy out of `with_live` stands: what is live of it, and which review waits, by one query."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj
        self.publishable = registry.of(obj)
        self.live = next((live_of(**told) for told in obj.told_live), None)
        self.review = Review.objects.about(obj).pending().select_related("revision", "requested_by").first()

    @property
    def address(self) -> str:
        """The field of the live content that stands in public addresses; "" where nothing is live."""
        return self.live.address if self.live else ""

    def preview_for(self, user: Any) -> previews.Link | None:
        """A link to the working copy as the public would see it, for those who write or publish such content."""
        takes_part = any(
            generic.may(user, one) for one in (self.publishable.change_permission, self.publishable.permission)
        )
        return previews.Link(self.publishable.kind, self.obj.pk) if takes_part else None

    def badges(self) -> list[generic.Badge]:
        badges = []
        if self.live and self.obj.status != ContentStatus.PUBLISHED:
            badges.append(generic.Badge(_("Public"), "good"))
        if self.live and self.live.has_changes:
            badges.append(generic.Badge(_("Unpublished changes"), "warn"))
        return badges

    def actions(self, user: Any, name: str, *args: Any) -> list[generic.Action]:
        """What `user` may do next, the primary action first; `name` is that of the addresses, "catalog:product_"."""

        def action(label: Any, verb: str, **facts: Any) -> generic.Action:
            return generic.Action(label, reverse(f"{name}{verb}", args=args), **facts)

        found = []
        if generic.may(user, self.publishable.permission):
            found += self._of_reviewer(user, action)
        if generic.may(user, self.publishable.change_permission):
            found = [*self._of_editor(action), *found]
        return found

    def _of_editor(self, action: Callable[..., generic.Action]) -> list[generic.Action]:
        if self.obj.status in (ContentStatus.IN_REVIEW, ContentStatus.SCHEDULED):
            return [action(_("Withdraw"), "withdraw", icon="undo")]
        if self.obj.may_become(ContentStatus.IN_REVIEW) and (not self.live or self.live.has_changes):
            label = _("Submit for review") if settings.REVIEW_REQUIRED else _("Publish")
            return [action(label, "submit", method="get", primary=True, icon="send")]
        return []

    def _of_reviewer(self, user: Any, action: Callable[..., generic.Action]) -> list[generic.Action]:
        found = []
        review = self.review
        if review and review.state == Review.State.OPEN and reviews.may_decide(user, review):
            url = review.get_absolute_url()
            found.append(generic.Action(_("Review"), url, method="get", primary=True, icon="eye"))
            found.append(action(_("Approve"), "approve", method="get", icon="check"))
            found.append(action(_("Reject"), "reject", method="get", icon="x"))
        if self.live:
            found.append(action(_("Unpublish"), "unpublish", icon="eye-off"))
        if self.obj.may_become(ContentStatus.ARCHIVED):
            found.append(action(_("Archive"), "archive", icon="folder"))
        if self.obj.status == ContentStatus.ARCHIVED:
            found.append(action(_("Back to draft"), "reopen", primary=True, icon="undo"))
        return found


def live_of(*, published_at: str, expires_at: str | None, **facts: Any) -> Live:
    until = datetime.fromisoformat(expires_at) if expires_at else None
    return Live(published_at=datetime.fromisoformat(published_at), expires_at=until, **facts)


def bulk_actions(publishable: Publishable) -> list[generic.BulkAction]:
    """The verbs over a selection; of what is chosen, each takes what it can be done to."""
    reviewer = publishable.permission
    return [
        generic.BulkAction(
            "submit",
            gettext_lazy("Submit for review"),
            reviews.submit,
            publishable.change_permission,
            batch=True,
            form_class=SubmitForm,
        ),
        generic.BulkAction("withdraw", gettext_lazy("Withdraw"), _withdraw_all, publishable.change_permission, batch=True),
        generic.BulkAction("approve", gettext_lazy("Approve"), _approve_all, reviewer, batch=True, form_class=DecisionForm),
        generic.BulkAction("reject", gettext_lazy("Reject"), _reject_all, reviewer, batch=True, form_class=ReasonForm),
        generic.BulkAction("unpublish", gettext_lazy("Unpublish"), states.unpublish, reviewer, batch=True),
        generic.BulkAction(
            "archive",
            gettext_lazy("Archive"),
            states.archive,
            reviewer,
            batch=True,
            confirm=gettext_lazy("What is archived is no longer public and leaves the daily lists; nothing is lost."),
        ),
    ]  # fmt: skip


def _approve_all(objects: list[Any], *, by: Any, reason: str = "") -> None:
    reviews.approve(_some(Review.objects.about_any(objects).open()), by=by, reason=reason)


def _reject_all(objects: list[Any], *, by: Any, reason: str) -> None:
    reviews.reject(_some(Review.objects.about_any(objects).open()), by=by, reason=reason)


def _withdraw_all(objects: list[Any], *, by: Any) -> None:
    reviews.withdraw(_some(Review.objects.about_any(objects).pending()), by=by)


def _some(waiting: models.QuerySet) -> list[Review]:
    found = list(waiting)
    if not found:
        raise ValidationError(_("None of these is in review."))
    return found
