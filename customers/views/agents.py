"""Pages of those who handle tickets: how much each has, who is there, what customers say."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from backoffice.templatetags.houtai import badge
from customers import forms
from customers.filters import AgentFilter, SurveyFilter
from customers.models import AgentProfile, Queue, Survey, Ticket
from customers.services import assignment, surveys

PERIODS = (30, 90, 365)  # days


def presence(profile: AgentProfile, _value: Any) -> SafeString:
    if profile.is_absent:
        return badge(_("Away"), "warn")
    return badge(_("There"), "good") if profile.takes_tickets else badge(_("By hand only"), "neutral")


def rated(survey: Survey, score: int) -> SafeString:
    return badge(survey.get_score_display(), "good" if score >= 4 else "neutral" if score == 3 else "bad")


def skills_of(profile: AgentProfile) -> str:
    return ", ".join([*profile.skills, *profile.languages])


class AgentList(generic.ListPage):
    model = AgentProfile
    key = "agents"
    permission = "customers.view_agentprofile"
    filterset_class = AgentFilter
    columns = [
        generic.Column("user.name", gettext_lazy("Person"), get=str, link=True, sql=generic.named("user")),
        generic.Column("load", gettext_lazy("Unsolved tickets"), kind="number"),
        generic.Column("overdue", gettext_lazy("Overdue"), kind="number"),
        generic.Column("cap", kind="number"),
        generic.Column(
            "is_absent",
            gettext_lazy("State"),
            draw=presence,
            reads=("absent_from", "absent_until", "takes_tickets"),
        ),
        generic.Column("shift"),
        generic.Column("skills", gettext_lazy("Skills and languages"), get=skills_of, reads=("skills", "languages")),
        generic.Column("last_assigned_at", kind="relative"),
        generic.Column("absent_until", kind="datetime"),
    ]
    default_columns = ["user.name", "load", "overdue", "cap", "is_absent", "shift", "skills", "last_assigned_at"]
    ordering = {"newest": ("-pk",)}
    create_url = "promises:agent_new"
    create_permission = "customers.add_agentprofile"
    empty_title = gettext_lazy("No agents yet")
    empty_text = gettext_lazy("Add those who are to be given tickets automatically, in the queues that are set so.")

    def get_queryset(self) -> QuerySet:
        return with_load(super().get_queryset().select_related("user", "shift"))


def with_load(agents: QuerySet) -> QuerySet:
    """Agents with how many unsolved tickets each has, and how many of these are overdue."""
    mine = Ticket.objects.unsolved().filter(assignee=OuterRef("user")).order_by().values("assignee")
    late = Count("pk", filter=Q(promised_at__lt=timezone.now()))
    return agents.annotate(
        load=Coalesce(Subquery(mine.annotate(number=Count("pk")).values("number")), 0),
        overdue=Coalesce(Subquery(mine.annotate(number=late).values("number")), 0),
    )


class AgentRecord(generic.RecordPage):
    model = AgentProfile
    permission = "customers.view_agentprofile"
    list_url = "promises:agents"
    list_page = AgentList
    facts = [
        generic.Column("load", gettext_lazy("Unsolved tickets"), kind="number"),
        generic.Column("overdue", gettext_lazy("Overdue"), kind="number"),
        generic.Column("cap", kind="number"),
        generic.Column("takes_tickets", kind="bool"),
        generic.Column("shift", link="shift"),
        generic.Column("skills", gettext_lazy("Skills and languages"), get=skills_of),
        generic.Column("absent_from", kind="datetime"),
        generic.Column("absent_until", kind="datetime"),
        generic.Column("last_assigned_at", kind="datetime"),
    ]

    def get_queryset(self) -> QuerySet:
        return with_load(super().get_queryset().select_related("user", "shift"))

    def get_badges(self) -> list[generic.Badge]:
        return [generic.Badge(_("Away"), "warn")] if self.object.is_absent else []

    def get_actions(self) -> list[generic.Action]:
        if not self.request.user.has_perm("customers.change_agentprofile"):
            return []
        pk = self.object.pk
        edit = generic.Action(
            _("Edit"), reverse("promises:agent_edit", args=[pk]), method="get", icon="edit", key="e", primary=True
        )
        if self.object.absent_from:
            return [edit, generic.Action(_("Back again"), reverse("promises:agent_back", args=[pk]), icon="check")]
        away = generic.Action(_("Away"), reverse("promises:agent_away", args=[pk]), method="get", icon="clock")
        return [edit, away]


class AgentEdit(generic.FormPage):
    model = AgentProfile
    form_class = forms.AgentForm
    permission = "customers.change_agentprofile"
    service = assignment.save_agent
    version_field = ""
    fieldsets = [
        (gettext_lazy("Work"), ["user", "takes_tickets", "cap", "shift"]),
        (gettext_lazy("What for"), ["skills", "languages"]),
        (gettext_lazy("Absence"), ["absent_from", "absent_until"]),
    ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "profile": self.object}


class AgentNew(AgentEdit):
    permission = "customers.add_agentprofile"
    title = gettext_lazy("New agent")


class AgentAway(generic.ActionView):
    """POST sends the agent away and gives the work back; GET asks until when."""

    model = AgentProfile
    permission = "customers.change_agentprofile"
    form_class = forms.AwayForm
    service = assignment.go_away
    title = gettext_lazy("Away")
    confirm = gettext_lazy("What this person has not solved goes back to the queues.")
    done = gettext_lazy("%s is away.")


@require_POST
@permission_required("customers.change_agentprofile", raise_exception=True)
def agent_back(request: HttpRequest, pk: int) -> HttpResponse:
    profile = get_object_or_404(AgentProfile.objects.visible_to(request.user), pk=pk)
    return generic.act(request, assignment.come_back, profile, done=_("%s is back again."))


class Satisfaction(generic.ListPage):
    """What customers said, and above it the figures of each queue and agent."""

    model = Survey
    key = "satisfaction"
    permission = "customers.view_survey"
    filterset_class = SurveyFilter
    template_name = "tickets/satisfaction.html"
    columns = [
        generic.Column(
            "ticket.subject", gettext_lazy("Ticket"), link="ticket", secondary=generic.Column("ticket.number")
        ),
        generic.Column("score", kind="badge", draw=rated),
        generic.Column("comment"),
        generic.Column("agent", sql=generic.named("agent")),
        generic.Column("queue", gettext_lazy("Queue"), sql=generic.in_reader_language("queue__name")),
        generic.Column("answered_at", kind="datetime"),
    ]
    ordering = {"newest": ("-answered_at", "-id")}
    empty_title = gettext_lazy("Nobody has answered yet")
    empty_text = gettext_lazy("Customers are asked by mail some time after their ticket was solved.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().answered().select_related("ticket", "agent", "queue")

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        asked = self.request.GET.get("days", "")
        days = int(asked) if asked in {str(each) for each in PERIODS} else PERIODS[0]
        since = timezone.now() - timedelta(days=days)
        queues = list(Queue.objects.in_scope(self.request.user).values_list("pk", flat=True))
        return super().get_context_data(
            figures=[
                (_("By queue"), "queue", surveys.figures(surveys.BY_QUEUE, since=since, queues=queues)),
                (_("By agent"), "agent", surveys.figures(surveys.BY_AGENT, since=since, queues=queues)),
            ],
            days=days,
            periods=PERIODS,
            **extra,
        )
