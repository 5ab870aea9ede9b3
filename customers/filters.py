"""Filters of the lists, their exports and the API."""

import re
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.models import User
from backoffice.publishing.filters import ChangesFilter
from backoffice.rows import containing
from customers import masking
from customers.models import Article, Customer, FollowUp, Queue, Segmented, Ticket
from customers.services import assignable

SCORES = [(str(score), str(score)) for score in range(5, 0, -1)]
ORDERS = [("none", _("None")), ("one", _("One")), ("several", _("Several"))]
PLANNED = [("open", _("Planned")), ("none", _("Nothing planned"))]


class CustomerFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.ChoiceFilter(choices=Customer.Kind.choices)
    status = django_filters.ChoiceFilter(choices=Customer.Status.choices)
    owner = django_filters.ModelChoiceFilter(queryset=User.objects.active(), null_label=_("Nobody"))
    tag = django_filters.CharFilter(label=_("Tag"), method="tagged")
    price_group = django_filters.CharFilter(method="in_price_group", label=_("Customer group"))
    created = django_filters.DateFromToRangeFilter(field_name="created_at", label=_("Created"))
    lifecycle = generic.AnyOfFilter(
        field_name="segment__lifecycle", choices=Segmented.Lifecycle.choices, label=_("Lifecycle")
    )
    abc = generic.AnyOfFilter(field_name="segment__abc", choices=Segmented.Abc.choices, label=_("ABC class"))
    risk = generic.AnyOfFilter(field_name="segment__risk", choices=Segmented.Risk.choices, label=_("Churn risk"))
    recency = generic.AnyOfFilter(field_name="segment__recency", choices=SCORES, label=_("Recency score"))
    frequency = generic.AnyOfFilter(field_name="segment__frequency", choices=SCORES, label=_("Frequency score"))
    monetary = generic.AnyOfFilter(field_name="segment__monetary", choices=SCORES, label=_("Revenue score"))
    orders = django_filters.ChoiceFilter(choices=ORDERS, label=_("Orders so far"), method="with_orders")
    follow_up = django_filters.ChoiceFilter(choices=PLANNED, label=_("Follow-up"), method="followed_up")

    class Meta:
        model = Customer
        fields: list[str] = []

    def search(self, rows: Any, name: str, text: str) -> QuerySet:
        """By number, name, e-mail or phone; those who may not see names find by number only."""
        text = text.replace("\x00", "").strip()
        return rows.search(text) if masking.may_see(self.request.user) else rows.filter(number__iexact=text)

    def tagged(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        return rows.filter(tags__contains=[text.replace("\x00", "").strip()])

    def in_price_group(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        """The second condition is that of the index."""
        return rows.filter(price_group=text.replace("\x00", "").strip()).exclude(price_group="")

    def with_orders(self, rows: QuerySet, name: str, number: str) -> QuerySet:
        if number == "several":
            return rows.filter(segment__orders__gt=1)
        return rows.filter(segment__orders={"none": 0, "one": 1}[number])

    def followed_up(self, rows: QuerySet, name: str, state: str) -> QuerySet:
        """Who has nothing is looked up row by row, so that a page costs what it shows and not all that is planned."""
        planned = FollowUp.objects.open().filter(customer=OuterRef("pk"))
        if state == "open":
            return rows.filter(Exists(planned))
        return rows.alias(open_one=Subquery(planned.values("pk")[:1])).filter(open_one=None)


class TicketFilter(django_filters.FilterSet):
    """`assignee` is "me", "nobody" or a user's key; `stage` groups statuses by whether somebody still has to act."""

    STAGES = [("unsolved", _("Unsolved")), ("done", _("Solved or ended"))]

    q = django_filters.CharFilter(label=_("Search"), method="search")
    stage = django_filters.ChoiceFilter(label=_("Stage"), choices=STAGES, method="in_stage")
    status = generic.AnyOfFilter(choices=Ticket.Status.choices, widget=forms.CheckboxSelectMultiple)
    queue = django_filters.ModelChoiceFilter(queryset=lambda request: Queue.objects.in_scope(request.user))
    assignee = django_filters.ChoiceFilter(label=_("Assignee"), method="assigned", choices=lambda: _assignees())
    priority = django_filters.TypedChoiceFilter(choices=Ticket.Priority.choices, coerce=int)
    channel = django_filters.ChoiceFilter(choices=Ticket.Channel.choices)
    customer = generic.LookupFilter(model=Customer, label=_("Customer"))
    updated = django_filters.DateFromToRangeFilter(field_name="last_message_at", label=_("Last message"))
    created = django_filters.DateFromToRangeFilter(field_name="created_at", label=_("Created"))

    class Meta:
        model = Ticket
        fields: list[str] = []

    @property
    def form(self) -> forms.Form:
        """Choices of people and queues are read once, however often the page iterates over them."""
        if not hasattr(self, "_form"):
            for name in ("assignee", "queue"):
                field = super().form.fields[name]
                field.widget.choices = [choice for choice in field.choices]  # noqa: C416 - list() counts first
        return super().form

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        """By number, subject, requester or reference; those who may not see names do not find by them."""
        text = text.replace("\x00", "").strip()
        if re.fullmatch(r"TK-\d+", text, re.IGNORECASE):
            return rows.filter(number=text.upper())
        if masking.may_see(self.request.user):
            return rows.filter(containing(text))
        return rows.filter(Q(subject__icontains=text) | Q(about__iexact=text))

    def in_stage(self, rows: Any, name: str, stage: str) -> QuerySet:
        return (
            rows.unsolved() if stage == "unsolved" else rows.filter(status__in=["solved", "closed", "merged", "spam"])
        )

    def assigned(self, rows: QuerySet, name: str, who: str) -> QuerySet:
        if who == "nobody":
            return rows.filter(assignee=None)
        return rows.filter(assignee=self.request.user.pk if who == "me" else int(who))


def _assignees() -> list[tuple[str, Any]]:
    people = [(str(user.pk), str(user)) for user in assignable()]
    return [("me", _("Me")), ("nobody", _("Nobody")), *people]


class ArticleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.ChoiceFilter(choices=Article.Status.choices)
    changes = ChangesFilter()
    topic = django_filters.CharFilter(lookup_expr="iexact", label=_("Topic"))
    updated = django_filters.DateFromToRangeFilter(field_name="updated_at", label=_("Updated"))

    class Meta:
        model = Article
        fields: list[str] = []

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        return rows.filter(containing(text))
