"""Content that is reviewed before the public sees it: revisions, reviews, and what is live."""

from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.models.people import User
from backoffice.rows import VisibleQuerySet
from backoffice.triggers import append_only, legal_transitions


class ContentStatus(models.TextChoices):
    """The state of a working copy; what the public sees is the live version."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


# One that is voided, rejected or withdrawn goes back to published where a version is live, else to draft.
CONTENT_TRANSITIONS: dict[str, set[str]] = {
    ContentStatus.DRAFT: {ContentStatus.IN_REVIEW, ContentStatus.ARCHIVED},
    ContentStatus.IN_REVIEW: {ContentStatus.DRAFT, ContentStatus.PUBLISHED, ContentStatus.SCHEDULED},
    ContentStatus.SCHEDULED: {ContentStatus.PUBLISHED, ContentStatus.DRAFT},
    ContentStatus.PUBLISHED: {ContentStatus.IN_REVIEW, ContentStatus.DRAFT, ContentStatus.ARCHIVED},
    ContentStatus.ARCHIVED: {ContentStatus.DRAFT},
}


def kinds_visible_to(user: Any) -> list[str]:
    """Kinds of content of which `user` may see the working copies."""
    models_with_content = (
        model._meta for model in apps.get_models() if getattr(model, "Status", None) is ContentStatus
    )
    return [
        meta.label_lower for meta in models_with_content if user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
    ]


class SubjectQuerySet(VisibleQuerySet):
    def visible_to(self, user: Any) -> Self:
        """What is about content that `user` may see: who sees a product sees its revisions and reviews."""
        return self.filter(subject_type__in=kinds_visible_to(user))

    def about(self, obj: models.Model) -> Self:
        return self.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk)

    def about_any(self, objects: Any) -> Self:
        """Of several objects of one model; none of none."""
        objects = list(objects)
        if not objects:
            return self.none()
        return self.filter(subject_type=objects[0]._meta.label_lower, subject_id__in=[obj.pk for obj in objects])

    def of(self, model: type[models.Model], key: Any) -> Self:
        """About the row of `model` with this key, which may be an OuterRef."""
        return self.filter(subject_type=model._meta.label_lower, subject_id=key)


class Subject(models.Model):
    """What a row is about: a product, an article. No foreign key, so that the platform knows no module."""

    subject_type = models.CharField(_("kind"), max_length=100)
    subject_id = models.BigIntegerField()

    class Meta:
        abstract = True


class Revision(Subject):
    """The content of a working copy at one moment. `digest` is the SHA-256 of the text of `content`, in hexadecimal."""

    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"))
    digest = models.CharField(_("digest"), max_length=64)
    authors = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("authors"),
        default=list,
        help_text=_("Who changed the content since the last live version."),
    )
    seen = models.JSONField(default=dict, help_text=_("How far the row history had come, by table."))
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    note = models.TextField(_("note"), blank=True)

    objects = SubjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["subject_type", "subject_id", "number"], name="revision_number_once"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return str(_("Revision %s")) % self.number


class ReviewState(models.TextChoices):
    OPEN = "open", _("Open")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    VOID = "void", _("Void")
    PUBLISHED = "published", _("Published")


REVIEW_TRANSITIONS: dict[str, set[str]] = {
    ReviewState.OPEN: {ReviewState.APPROVED, ReviewState.REJECTED, ReviewState.WITHDRAWN, ReviewState.VOID},
    ReviewState.APPROVED: {ReviewState.PUBLISHED, ReviewState.WITHDRAWN, ReviewState.VOID},
}  # fmt: skip
PENDING = (ReviewState.OPEN, ReviewState.APPROVED)


class ReviewQuerySet(SubjectQuerySet):
    def pending(self) -> "ReviewQuerySet":
        """Those that wait for a decision or for their time."""
        return self.filter(state__in=PENDING)

    def open(self) -> "ReviewQuerySet":
        return self.filter(state=ReviewState.OPEN)

    def due(self, now: Any) -> "ReviewQuerySet":
        """Approved, and their time has come."""
        return self.filter(state=ReviewState.APPROVED, publish_at__lte=now)

    def locked(self) -> "ReviewQuerySet":
        return self.select_for_update(of=("self",), no_key=True).order_by("pk")


class Review(Subject):
    """The question whether a revision may go live. `state` is written by the verbs of `backoffice.publishing` and, where
    the content is changed meanwhile, by triggers."""

    State = ReviewState

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="reviews", verbose_name=_("revision"))
    digest = models.CharField(_("digest"), max_length=64)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    publish_at = models.DateTimeField(_("publish at"), null=True)
    expires_at = models.DateTimeField(_("expires at"), null=True)
    waived = models.BooleanField(_("without review"), default=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=Q(state__in=["open", "approved"]),
                name="review_pending_once",
                violation_error_message=_("This is in review already."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(requested_by=None) | ~Q(decided_by=F("requested_by")),
                name="review_not_decided_by_its_requester",
                violation_error_message=_("Nobody decides on their own request. Ask a colleague."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected", "published"])
                | Q(waived=True)
                | Q(decided_by__isnull=False),
                name="review_decided_by_somebody",
                violation_error_message=_("A decision needs somebody who made it."),
            ),
            models.CheckConstraint(
                condition=Q(publish_at=None) | Q(expires_at=None) | Q(expires_at__gt=F("publish_at")),
                name="review_expires_after_publishing",
                violation_error_message=_("The content would expire before it is published."),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="review_of_subject"),
            models.Index(fields=["state", "-id"], name="review_state"),
            models.Index(fields=["requested_by", "-id"], name="review_requester"),
            models.Index(fields=["publish_at", "id"], condition=Q(state="approved"), name="review_due"),
        ]  # fmt: skip
        triggers = [legal_transitions("state", REVIEW_TRANSITIONS)]

    def __str__(self) -> str:
        return str(_("Review %s")) % self.pk

    def get_absolute_url(self) -> str:
        return reverse("reviews:review", args=[self.pk])

    def may_become(self, state: str) -> bool:
        return state in REVIEW_TRANSITIONS.get(self.state, ())


class ReviewComment(models.Model):
    """What somebody said in a review; never changed."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="comments", verbose_name=_("review"))
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("author"))
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("review comment")
        verbose_name_plural = _("review comments")
        ordering = ["pk"]
        indexes = [models.Index(fields=["review", "id"], name="comment_of_review")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.text[:80]


class LiveVersionQuerySet(SubjectQuerySet):
    def live(self) -> Self:
        return self.filter(is_live=True)

    def changed(self) -> Self:
        """Live, while the working copy may say something else."""
        return self.filter(is_live=True, has_changes=True)

    def over(self, now: Any) -> Self:
        """Live beyond their time."""
        return self.filter(is_live=True, expires_at__lte=now)


class LiveVersion(Subject):
    """What the public sees of one subject; without `is_live` a tombstone: it was there once.

    A trigger takes `content` from the revision, demands an approved review, and gives `position` and `changed_at`: who
    reads on from the highest position seen misses no change, because positions come in the order of the commits. One whose
    prices changed gets a new `position` too, and keeps its `content_position`.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", verbose_name=_("revision"))
    review = models.ForeignKey(Review, models.PROTECT, related_name="+", verbose_name=_("review"))
    content = models.JSONField(_("content"))
    is_live = models.BooleanField(_("live"), default=True)
    has_changes = models.BooleanField(
        _("has unpublished changes"), default=False, help_text=_("The working copy may differ from what is live.")
    )
    published_at = models.DateTimeField(_("published"))
    expires_at = models.DateTimeField(_("expires"), null=True)
    position = models.BigIntegerField(_("position"), unique=True, editable=False)
    content_position = models.BigIntegerField(unique=True, editable=False)
    changed_at = models.DateTimeField(_("changed"), editable=False)

    objects = LiveVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("live version")
        verbose_name_plural = _("live versions")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["subject_type", "subject_id"], name="live_version_once"),
        ]
        indexes = [
            models.Index(fields=["subject_type", "position"], name="live_version_position"),
            models.Index(fields=["subject_type", "changed_at", "position"], name="live_version_since"),
            models.Index(fields=["expires_at"], condition=Q(is_live=True, expires_at__isnull=False), name="live_version_over"),
            models.Index(fields=["subject_type", "subject_id"], condition=Q(is_live=True, has_changes=True), name="live_version_changed"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}"


class Touched(Subject):
    """Something that is read live of a subject has changed, as the price of a product; the job that comes by takes the row.

    Triggers add rows and nobody changes them, so that who writes prices waits for nobody who publishes.
    """

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}"
