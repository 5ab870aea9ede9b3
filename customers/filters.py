"""Filters of the lists, their exports and the API."""

import re
from datetime import datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.models import User
from backoffice.publishing.filters import ChangesFilter
from backoffice.rows import containing
from customers import masking
from customers.figures import TicketFigure, TicketFigureField
from customers.filters_custom import CustomFilterSet
from customers.models import (
    AgentProfile,
    Article,
    Customer,
    DuplicatePair,
    FollowUp,
    HelpCategory,
    ListMember,
    Macro,
    Message,
    Ownership,
    OwnershipDispute,
    Queue,
    Segmented,
    StaticList,
    Survey,
    Ticket,
    TicketWatcher,
    VainSearch,
    holding,
)
from customers.services import assignable, with_votes
from customers.services.saying import Said, said_in_messages

SOON = timedelta(hours=2)
PROMISED = [("overdue", _("overdue")), ("soon", _("within two hours")), ("today", _("today or earlier"))]

SCORES = [(str(score), str(score)) for score in range(5, 0, -1)]
ORDERS = [("none", _("None")), ("one", _("One")), ("several", _("Several"))]
PLANNED = [("open", _("Planned")), ("none", _("Nothing planned"))]


class CustomerFilter(CustomFilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.ChoiceFilter(choices=Customer.Kind.choices)
    status = django_filters.ChoiceFilter(choices=Customer.Status.choices)
    owner = django_filters.ModelChoiceFilter(queryset=User.objects.active(), null_label=_("Nobody"))
    held = django_filters.ChoiceFilter(
        label=_("Ownership"),
        method="held_by",
        choices=[("mine", _("Mine")), ("nobody", _("Nobody's")), ("soon", _("Goes back to the pool soon"))],
    )
    tag = django_filters.CharFilter(label=_("Tag"), method="tagged")
    price_group = django_filters.CharFilter(method="in_price_group", label=_("Customer group"))
    list = generic.LookupFilter(
        model=StaticList, field_name="list_members__list", label=_("On the list"), method="on_list"
    )
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

    def held_by(self, rows: QuerySet, name: str, which: str) -> QuerySet:
        if which == "soon":
            return rows.filter(pk__in=Ownership.objects.about_to_end().order_by().values("customer"))
        return rows.filter(owner=self.request.user if which == "mine" else None)

    def tagged(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        return rows.filter(tags__contains=[text.replace("\x00", "").strip()])

    def on_list(self, rows: QuerySet, name: str, wanted: StaticList | str) -> QuerySet:
        """A list by its row, or by words in the name, of those that the user may see."""
        lists = StaticList.objects.visible_to(self.request.user)
        lists = lists.filter(name__icontains=wanted) if isinstance(wanted, str) else lists.filter(pk=wanted.pk)
        members = ListMember.objects.filter(list__in=lists.order_by().values("pk"))
        return rows.filter(pk__in=members.order_by().values("customer"))

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


class StaticListFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Search"))
    whose = django_filters.ChoiceFilter(
        label=_("Whose"), choices=[("mine", _("Mine")), ("shared", _("Shared"))], method="of_whom"
    )

    class Meta:
        model = StaticList
        fields: list[str] = []

    def of_whom(self, rows: QuerySet, name: str, whose: str) -> QuerySet:
        return rows.filter(is_shared=True) if whose == "shared" else rows.filter(owner=self.request.user.pk)


class BehindFilter(django_filters.CharFilter):
    """Tickets that a figure of a report adds up."""

    field_class = TicketFigureField

    def filter(self, qs: QuerySet, value: TicketFigure | None) -> QuerySet:
        return value.tickets(qs) if value else qs


class TicketFilter(django_filters.FilterSet):
    """`assignee` is "me", "nobody" or a user's key; `stage` groups statuses by whether somebody still has to act."""

    STAGES = [("unsolved", _("Unsolved")), ("done", _("Solved or ended"))]
    DUE = [("overdue", _("Overdue")), ("today", _("Today")), ("week", _("Within 7 days"))]
    FOLLOWS = [("yes", _("Follow another ticket"))]

    q = django_filters.CharFilter(label=_("Search"), method="search")
    text = django_filters.CharFilter(label=_("Words in messages"), method="in_messages")
    stage = django_filters.ChoiceFilter(label=_("Stage"), choices=STAGES, method="in_stage")
    status = generic.AnyOfFilter(choices=Ticket.Status.choices, widget=forms.CheckboxSelectMultiple)
    queue = django_filters.ModelChoiceFilter(queryset=lambda request: Queue.objects.in_scope(request.user))
    assignee = django_filters.ChoiceFilter(label=_("Assignee"), method="assigned", choices=lambda: _assignees())
    priority = django_filters.TypedChoiceFilter(choices=Ticket.Priority.choices, coerce=int)
    channel = django_filters.ChoiceFilter(choices=Ticket.Channel.choices)
    tag = django_filters.CharFilter(label=_("Tag"), method="tagged")
    due = django_filters.ChoiceFilter(label=_("Due"), choices=DUE, method="is_due")
    watcher = django_filters.ChoiceFilter(label=_("Watched by"), choices=[("me", _("Me"))], method="watched")
    follows = django_filters.ChoiceFilter(label=_("Follow-ups"), choices=FOLLOWS, method="is_follow_up")
    customer = generic.LookupFilter(model=Customer, label=_("Customer"))
    updated = django_filters.DateFromToRangeFilter(field_name="last_message_at", label=_("Last message"))
    created = django_filters.DateFromToRangeFilter(field_name="created_at", label=_("Created"))
    promised = django_filters.ChoiceFilter(label=_("Promised for"), choices=PROMISED, method="is_promised")
    satisfaction = django_filters.TypedChoiceFilter(
        field_name="survey__score", label=_("Satisfaction"), choices=Survey.Score.choices, coerce=int
    )

    behind = BehindFilter(label=_("Behind the report"))

    class Meta:
        model = Ticket
        fields: list[str] = []

    unsaid: QuerySet  # what the other filters let through
    said: Said | None = None

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Words of messages come last: the page looks for them among what the other filters let through."""
        for name, value in sorted(self.form.cleaned_data.items(), key=lambda item: item[0] == "text"):
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    @property
    def form(self) -> forms.Form:
        """Choices of people and queues are read once, however often the page iterates over them."""
        if not hasattr(self, "_form"):
            for name in ("assignee", "queue"):
                field = super().form.fields[name]
                field.widget.choices = [choice for choice in field.choices]  # noqa: C416 - list() counts first
        return super().form

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        """By number, subject, requester or reference; those who may not see names do not find by them.

        Everything stands in the text of `holding`, which is what has indexes.
        """
        text = text.replace("\x00", "").strip()
        if re.fullmatch(r"TK-\d+", text, re.IGNORECASE):
            return rows.filter(number=text.upper())
        if masking.may_see(self.request.user):
            return rows.filter(holding(text))
        return rows.filter(holding(text), Q(subject__icontains=text) | Q(about__iexact=text))

    def in_messages(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        """By what was written; it may name people, so those who may not see names do not find by it."""
        if not masking.may_see(self.request.user):
            return rows.none()
        self.unsaid, self.said = rows, said_in_messages(text, self.request.user)
        return self.said.among(rows)

    def in_stage(self, rows: Any, name: str, stage: str) -> QuerySet:
        return (
            rows.unsolved() if stage == "unsolved" else rows.filter(status__in=["solved", "closed", "merged", "spam"])
        )

    def tagged(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        return rows.filter(tags__contains=[text.replace("\x00", "").strip()])

    def is_due(self, rows: Any, name: str, when: str) -> QuerySet:
        """Unsolved tickets by their day."""
        today = timezone.localdate()
        unsolved = rows.unsolved()
        if when == "overdue":
            return unsolved.filter(due_on__lt=today)
        return unsolved.filter(due_on__gte=today, due_on__lte=today + timedelta(days=7 if when == "week" else 0))

    def watched(self, rows: QuerySet, name: str, who: str) -> QuerySet:
        return rows.filter(pk__in=TicketWatcher.objects.filter(user=self.request.user.pk).values("ticket"))

    def is_follow_up(self, rows: QuerySet, name: str, answer: str) -> QuerySet:
        return rows.filter(follows__isnull=False)

    def is_promised(self, rows: QuerySet, name: str, when: str) -> QuerySet:
        now = timezone.now()
        if when == "overdue":
            return rows.filter(promised_at__lt=now)
        if when == "soon":
            return rows.filter(promised_at__range=(now, now + SOON))
        tomorrow = timezone.localdate() + timedelta(days=1)
        return rows.filter(promised_at__lt=datetime.combine(tomorrow, time.min, timezone.get_current_timezone()))

    def assigned(self, rows: QuerySet, name: str, who: str) -> QuerySet:
        if who == "nobody":
            return rows.filter(assignee=None)
        return rows.filter(assignee=self.request.user.pk if who == "me" else int(who))


class MessageFilter(django_filters.FilterSet):
    queue = django_filters.ModelChoiceFilter(
        queryset=lambda request: Queue.objects.in_scope(request.user), field_name="ticket__queue", label=_("Queue")
    )
    ticket = generic.LookupFilter(model=Ticket, label=_("Ticket"))
    written = django_filters.DateFromToRangeFilter(field_name="created_at", label=_("Written on"))

    class Meta:
        model = Message
        fields: list[str] = []


def _assignees() -> list[tuple[str, Any]]:
    people = [(str(user.pk), str(user)) for user in assignable()]
    return [("me", _("Me")), ("nobody", _("Nobody")), *people]


class MacroFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    mode = django_filters.ChoiceFilter(choices=Macro.Mode.choices)
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = Macro
        fields: list[str] = []

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        text = text.replace("\x00", "").strip()
        return rows.filter(Q(name__icontains=text) | Q(name_zh__icontains=text))


class AgentFilter(django_filters.FilterSet):
    takes_tickets = django_filters.BooleanFilter()

    class Meta:
        model = AgentProfile
        fields: list[str] = []


class SurveyFilter(django_filters.FilterSet):
    score = generic.AnyOfFilter(choices=Survey.Score.choices, widget=forms.CheckboxSelectMultiple)
    queue = django_filters.ModelChoiceFilter(queryset=lambda request: Queue.objects.in_scope(request.user))
    agent = django_filters.ModelChoiceFilter(queryset=User.objects.active())
    answered = django_filters.DateFromToRangeFilter(field_name="answered_at", label=_("Answered"))

    class Meta:
        model = Survey
        fields: list[str] = []


class ArticleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.ChoiceFilter(choices=Article.Status.choices)
    changes = ChangesFilter()
    topic = django_filters.CharFilter(lookup_expr="iexact", label=_("Topic"))
    unhelpful = django_filters.BooleanFilter(label=_("Helped fewer than it did not"), method="is_unhelpful")
    updated = django_filters.DateFromToRangeFilter(field_name="updated_at", label=_("Updated"))

    class Meta:
        model = Article
        fields: list[str] = []

    def is_unhelpful(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """By what readers said of the version that is live now."""
        less = Q(pk__in=with_votes(Article.objects.order_by()).filter(not_helped__gt=F("helped")).values("pk"))
        return rows.filter(less if value else ~less)

    def search(self, rows: QuerySet, name: str, text: str) -> QuerySet:
        return rows.filter(containing(text))


class HelpCategoryFilter(django_filters.FilterSet):
    parent = django_filters.ModelChoiceFilter(queryset=HelpCategory.objects.filter(parent=None), label=_("Below"))

    class Meta:
        model = HelpCategory
        fields: list[str] = []


class VainSearchFilter(django_filters.FilterSet):
    language = django_filters.CharFilter(label=_("Language"))

    class Meta:
        model = VainSearch
        fields: list[str] = []


class PoolFilter(CustomerFilter):
    """Customers nobody owns: what is always so is not asked."""

    owner = None
    status = None
    held = None


class OwnedFilter(django_filters.FilterSet):
    """Of one's own customers."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    soon = django_filters.BooleanFilter(label=_("Goes back to the pool soon"), method="ends_soon")

    class Meta:
        model = Ownership
        fields: list[str] = []

    def search(self, rows: Any, name: str, text: str) -> QuerySet:
        customers = Customer.objects.visible_to(self.request.user)
        found = CustomerFilter({"q": text}, customers, request=self.request).qs
        return rows.filter(customer__in=found.order_by().values("pk"))

    def ends_soon(self, rows: Any, name: str, soon: bool) -> QuerySet:
        return rows.about_to_end() if soon else rows


class PairFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=DuplicatePair.Status.choices)

    class Meta:
        model = DuplicatePair
        fields: list[str] = []


class DisputeFilter(django_filters.FilterSet):
    status = generic.AnyOfFilter(choices=OwnershipDispute.Status.choices, widget=forms.CheckboxSelectMultiple)
    waits = django_filters.ChoiceFilter(
        label=_("Waits for"), method="waits_for", choices=[("decision", _("a decision")), ("me", _("my answer"))]
    )

    class Meta:
        model = OwnershipDispute
        fields: list[str] = []

    def waits_for(self, rows: Any, name: str, whom: str) -> QuerySet:
        if whom == "decision":
            return rows.to_decide()
        return rows.filter(status=OwnershipDispute.Status.OPEN, holder=self.request.user)
