"""One review: what is proposed, what was said about it, and the decision."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from backoffice import generic, history, previews
from backoffice.generic.actions import act, add_error, summary
from backoffice.generic.records import TIMELINE_LENGTH, event_moment
from backoffice.models import AuditEvent, LiveVersion, Review, Revision, User
from backoffice.publishing import registry, reviews
from backoffice.publishing.differences import Section, changes
from backoffice.publishing.views.queue import ReviewList, kind_of, title_of, with_titles
from backoffice.publishing.waiting import next_after, waiting_for

PENDING = (Review.State.OPEN, Review.State.APPROVED)
DECISIONS = {
    "approve": gettext_lazy("“%s” is approved."),
    "now": gettext_lazy("“%s” is approved."),
    "reject": gettext_lazy("“%s” is rejected."),
}


class DecideForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("To the authors"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("To reject, say why."),
    )


class CommentForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2}), strip=True
    )


class ReviewRecord(generic.RecordPage):
    model = Review
    list_url = "reviews:list"
    list_page = ReviewList
    status_fields = ("state",)
    template_name = "reviews/review.html"

    def get_queryset(self) -> Any:
        return with_titles(super().get_queryset()).select_related("revision", "requested_by", "decided_by")

    def get_title(self) -> str:
        return title_of(self.object)

    def get_subtitle(self) -> str:
        return f"{kind_of(self.object)} · {self.object.revision}"

    @cached_property
    def publishable(self) -> registry.Publishable:
        return registry.of(self.object.subject_type)

    @cached_property
    def subject(self) -> Any:
        """The working copy; None where it is gone."""
        return self.publishable.model._default_manager.filter(pk=self.object.subject_id).first()

    @cached_property
    def before(self) -> Revision | None:
        """What was public when this was asked, or is now while it waits; None for a first publication."""
        review = self.object
        about = {"subject_type": review.subject_type, "subject_id": review.subject_id}
        if review.state in PENDING:
            live = LiveVersion.objects.live().filter(**about).select_related("revision").first()
            return live.revision if live else None
        last = Review.objects.filter(**about, state=Review.State.PUBLISHED, pk__lt=review.pk).order_by("-pk")
        found = last.select_related("revision").first()
        return found.revision if found else None

    @property
    def sections(self) -> list[Section]:
        old = self.before.content if self.before else None
        return changes(old, self.object.revision.content, self.publishable.labels)

    @property
    def may_decide(self) -> bool:
        return self.object.state == Review.State.OPEN and reviews.may_decide(self.user, self.object)

    @property
    def why_not(self) -> str:
        """Why a reviewer does not find buttons here; "" for who has them, or never would."""
        review = self.object
        if (
            review.state != Review.State.OPEN
            or not generic.may(self.user, self.publishable.permission)
            or self.may_decide
        ):
            return ""
        return _("You wrote or submitted this yourself; a colleague decides.")

    @property
    def is_later(self) -> bool:
        return bool(self.object.publish_at and self.object.publish_at > timezone.now())

    @cached_property
    def voided_by(self) -> User | None:
        """Who changed the content after it was submitted."""
        if self.object.state != Review.State.VOID or self.subject is None:
            return None
        entry = history.last_entry(self.subject, until=self.object.ended_at)
        return entry[0] if entry else None

    @cached_property
    def timeline(self) -> list[generic.Moment]:
        """What happened to the content since this was asked."""
        if self.subject is None:
            return []
        events = AuditEvent.objects.about(self.subject).filter(at__gte=self.object.requested_at)
        return [event_moment(event) for event in events.select_related("actor")[:TIMELINE_LENGTH]]

    @property
    def history_url(self) -> str:
        return reverse("history", args=[self.object.subject_type, self.object.subject_id])

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        review = self.object
        people = {one.pk: one for one in User.objects.filter(pk__in=review.revision.authors)}
        shown = {
            "subject": self.subject,
            "sections": self.sections,
            "before": self.before,
            "authors": [people[key] for key in review.revision.authors if key in people],
            "comments": list(review.comments.select_related("author")),
            "may_decide": self.may_decide,
            "why_not": self.why_not,
            "may_comment": may_take_part(self.user, self.publishable),
            "may_withdraw": may_withdraw(self.user, review),
            "decide_form": DecideForm(auto_id="decide_%s"),
            "comment_form": CommentForm(auto_id="comment_%s"),
            "preview": previews.Link(review.subject_type, review.subject_id, review.revision_id),
        }
        return super().get_context_data(**shown | extra)


class Decide(ReviewRecord):
    """POST decides and leads to the next one that waits; what stands against it is shown with what was typed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return HttpResponseRedirect(self.object.get_absolute_url())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        review, decision = self.object, request.POST.get("decision", "")
        form = DecideForm(request.POST, auto_id="decide_%s")
        if decision not in DECISIONS or not generic.may(self.user, self.publishable.permission):
            raise PermissionDenied
        if form.is_valid():
            try:
                self.decide(decision, form.cleaned_data["reason"])
            except ValidationError as error:
                add_error(form, error)
            else:
                messages.success(request, DECISIONS[decision] % title_of(review))
                return self.on()
        self.__dict__.pop("object")  # as the refusal has left it
        shown = self.get_context_data(decide_form=form, summary=summary(form))
        return TemplateResponse(request, self.template_name, shown, status=422)

    def decide(self, decision: str, reason: str) -> None:
        if decision == "reject":
            reviews.reject([self.object], by=self.user, reason=reason)
        else:
            reviews.approve([self.object], by=self.user, reason=reason, at_once=decision == "now")

    def on(self) -> HttpResponseRedirect:
        """To the next one that waits for this person, else to the list."""
        following = next_after(self.object, self.user)
        if following is None:
            messages.info(self.request, _("Nothing else waits for your review."))
            return HttpResponseRedirect(reverse("reviews:list"))
        rest = waiting_for(self.user).order_by()[:100].count()
        sentence = ngettext("%d more waits for your review.", "%d more wait for your review.", rest) % rest
        messages.info(self.request, sentence)
        return HttpResponseRedirect(following.get_absolute_url())


def may_take_part(user: User, publishable: registry.Publishable) -> bool:
    """Whether `user` writes or publishes content of this kind, and so may comment."""
    return generic.may(user, publishable.change_permission) or generic.may(user, publishable.permission)


def may_withdraw(user: User, review: Review) -> bool:
    """Whoever asked, and whoever writes such content; what waits for its time also those who approve."""
    publishable = registry.of(review.subject_type)
    allowed = generic.may(user, publishable.change_permission) or review.requested_by_id == user.pk
    if review.state == Review.State.APPROVED:
        allowed = allowed or generic.may(user, publishable.permission)
    return review.state in PENDING and allowed


def _review(request: HttpRequest, pk: int) -> Review:
    return get_object_or_404(Review.objects.visible_to(request.user), pk=pk)


@login_required
@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something in a review, as somebody who writes or publishes content of this kind."""
    review = _review(request, pk)
    if not may_take_part(request.user, registry.of(review.subject_type)):  # type: ignore[arg-type]
        raise PermissionDenied
    back = f"{review.get_absolute_url()}#comments"
    return act(request, reviews.comment, review, text=request.POST.get("text", "")[:4000], back=back)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was submitted, as its requester or somebody who writes such content."""
    review = _review(request, pk)
    if not may_withdraw(request.user, review):  # type: ignore[arg-type]
        raise PermissionDenied

    def one(review: Review, *, by: User) -> None:
        reviews.withdraw([review], by=by)

    return act(request, one, review, done=_("Withdrawn. The content can be changed and submitted again."))
