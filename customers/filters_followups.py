"""Filters of follow-ups: whose they are, and when they are due."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.models import User
from customers.models import Customer, FollowUp


def people() -> list[tuple[str, object]]:
    """Oneself, nobody, and whoever works here."""
    found = User.objects.active().order_by("name", "pk")
    return [("me", _("Me")), ("nobody", _("Nobody")), *((str(one.pk), str(one)) for one in found)]


class FollowUpFilter(django_filters.FilterSet):
    """`assignee` is "me", "nobody" or a user's key; `due` narrows to open ones."""

    DUE = [
        ("due", _("Today or overdue")),
        ("overdue", _("Overdue")),
        ("today", _("Today")),
        ("later", _("Later")),
    ]

    assignee = django_filters.ChoiceFilter(label=_("Assignee"), method="assigned", choices=people)
    due = django_filters.ChoiceFilter(label=_("Due"), method="in_time", choices=DUE)
    status = django_filters.ChoiceFilter(choices=FollowUp.Status.choices)
    customer = generic.LookupFilter(model=Customer, label=_("Customer"))

    class Meta:
        model = FollowUp
        fields: list[str] = []

    @property
    def form(self) -> forms.Form:
        """Choices of people are read once, however often the page iterates over them."""
        if not hasattr(self, "_form"):
            field = super().form.fields["assignee"]
            field.choices = [choice for choice in field.choices]  # noqa: C416 - list() counts first
        return super().form

    def assigned(self, rows: QuerySet, name: str, who: str) -> QuerySet:
        if who == "nobody":
            return rows.filter(assignee=None)
        return rows.filter(assignee=self.request.user if who == "me" else who)

    def in_time(self, rows: QuerySet, name: str, when: str) -> QuerySet:
        return {"due": rows.due, "overdue": rows.overdue, "today": rows.today, "later": rows.later}[when]()  # type: ignore[attr-defined]
