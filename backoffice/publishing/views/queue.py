"""The queue: what waits for my review, what I asked for, what is scheduled and decided."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.generic.lookups import search
from backoffice.models import Review, User
from backoffice.publishing import registry
from backoffice.publishing.waiting import waiting_for
from backoffice.rows import in_reader_language

SHOWS = [
    ("mine", _("My requests")),
    ("open", _("All open")),
    ("scheduled", _("Scheduled")),
    ("decided", _("Decided")),
]


def kinds() -> list[tuple[str, str]]:
    return [(one.kind, capfirst(str(one.model._meta.verbose_name))) for one in registry.kinds()]


def kind_of(review: Review) -> str:
    return capfirst(str(registry.of(review.subject_type).model._meta.verbose_name))


def title_of(review: Any) -> str:
    """Title of what is reviewed, as it was submitted; needs `with_titles`."""
    return in_reader_language(review.subject_title or "", review.subject_title_zh or "") or str(review)


def with_titles(reviews: QuerySet) -> QuerySet:
    return reviews.annotate(
        subject_title=KeyTextTransform("title", "revision__content"),
        subject_title_zh=KeyTextTransform("title_zh", "revision__content"),
    )


class ReviewFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="searched", label=_("Search"))
    show = django_filters.ChoiceFilter(
        choices=SHOWS, method="as_it_is", label=_("Show"), empty_label=_("Waiting for me")
    )
    kind = django_filters.ChoiceFilter(field_name="subject_type", choices=kinds, label=_("Kind"))
    person = django_filters.CharFilter(method="of_person", label=_("Person"))

    class Meta:
        model = Review
        fields: list[str] = []

    def as_it_is(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """The page chooses the rows, because without a value it shows what waits."""
        return rows

    def of_person(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Requested or decided by somebody whose name or address the text stands in."""
        text = value.replace("\x00", "").strip()
        people = User.objects.filter(Q(name__icontains=text) | Q(email__icontains=text)).values_list("pk", flat=True)
        keys = list(people[:100])
        return rows.filter(Q(requested_by__in=keys) | Q(decided_by__in=keys)) if keys else rows.none()

    def searched(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Reviews of what the text stands in, as the list of that kind finds it."""
        found = [self._about(one, value) for one in registry.kinds()]
        return rows.filter(pk__in=found[0].union(*found[1:], all=True))

    def _about(self, one: registry.Publishable, text: str) -> QuerySet:
        visible: Any = one.model._default_manager
        subjects = search(visible.visible_to(self.request.user), text).order_by().values("pk")
        return Review.objects.filter(subject_type=one.kind, subject_id__in=subjects).order_by().values("pk")


class ReviewList(generic.ListPage):
    model = Review
    key = "reviews"
    filterset_class = ReviewFilter
    title = _("Reviews")
    columns = [
        generic.Column("subject_title", _("Content"), link=True, get=title_of),
        generic.Column("subject_type", _("Kind"), get=kind_of),
        generic.Column("state", kind="badge"),
        generic.Column("requested_by", _("Requested by")),
        generic.Column("requested_at", _("Requested"), kind="relative"),
        generic.Column("note"),
        generic.Column("publish_at", kind="datetime"),
        generic.Column("decided_by", _("Decided by")),
        generic.Column("decided_at", _("Decided"), kind="datetime"),
    ]
    default_columns = ["subject_title", "subject_type", "state", "requested_by", "requested_at", "publish_at"]
    ordering = {"oldest": ("pk",), "newest": ("-pk",)}
    ordering_labels = {"oldest": _("Oldest first"), "newest": _("Newest first")}
    all_label = _("Waiting for me")
    tabs = [generic.Tab(label, f"show={name}") for name, label in SHOWS]
    export_formats = ()
    empty_title = _("Nothing waits for your review")
    empty_text = _("What colleagues submit, and you may decide on, comes here.")

    def get_queryset(self) -> Any:
        rows = self.chosen().select_related("requested_by", "decided_by")
        return with_titles(rows)

    def chosen(self) -> QuerySet:
        reviews = Review.objects.visible_to(self.user)
        show = self.request.GET.get("show", "")
        if show == "mine":
            return reviews.filter(requested_by=self.user)
        if show == "open":
            return reviews.open()
        if show == "scheduled":
            return reviews.filter(state=Review.State.APPROVED)
        if show == "decided":
            return reviews.exclude(state__in=[Review.State.OPEN, Review.State.APPROVED])
        return waiting_for(self.user)

    @cached_property
    def sort(self) -> str:
        """What waits stands oldest first, what is settled newest first."""
        if self.request.GET.get("sort") in self.ordering:
            return self.request.GET["sort"]
        return "newest" if self.request.GET.get("show") in ("mine", "decided") else "oldest"
