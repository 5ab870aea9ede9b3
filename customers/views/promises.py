"""Pages of business calendars and of what is promised by them."""

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers import forms
from customers.models import Calendar, Kind, Policy, Ticket
from customers.models.calendars import DAY, as_week, clock
from customers.services import calendars, promises
from customers.services.calendars.keeping import holidays_of

SAMPLES = (30, 60, 120, 240, 480, 960)  # minutes
TICKS = 24


class CalendarList(generic.ListPage):
    model = Calendar
    key = "calendars"
    permission = "customers.view_calendar"
    columns = [
        generic.Column("name", link=True),
        generic.Column("zone"),
        generic.Column("country"),
        generic.Column("region"),
    ]
    ordering = {"newest": ("-pk",)}
    create_url = "promises:calendar_new"
    create_permission = "customers.add_calendar"
    empty_title = gettext_lazy("No business calendars yet")
    empty_text = gettext_lazy("A calendar says when you work: promises to customers count that time alone.")


class CalendarRecord(generic.RecordPage):
    """The week as a grid, the days that differ, and when what comes now would be due."""

    model = Calendar
    permission = "customers.view_calendar"
    list_url = "promises:calendars"
    list_page = CalendarList
    template_name = "tickets/calendar_record.html"
    facts = [generic.Column("zone"), generic.Column("country"), generic.Column("region")]

    def get_actions(self) -> list[generic.Action]:
        if not self.request.user.has_perm("customers.change_calendar"):
            return []
        link = reverse("promises:calendar_edit", args=[self.object.pk])
        return [generic.Action(_("Edit"), link, method="get", primary=True, icon="edit", key="e")]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        form = forms.PreviewForm(self.request.GET if "at" in self.request.GET else None)
        start = form.moment() if form.is_bound else timezone.now()
        due = calendars.preview(self.object, start, SAMPLES)
        return super().get_context_data(
            week=week_grid(self.object),
            hours=range(0, TICKS, 3),
            preview=form,
            start=start,
            due=[(promises.duration(minutes * 60), moment) for minutes, moment in due],
            special=special_days(self.object),
            **extra,
        )


def week_grid(calendar: Calendar) -> list[dict[str, Any]]:
    """Each weekday with its hours: where they begin and how long they are, in percent of the day."""
    week = as_week(calendar.intervals.all())
    return [
        {
            "label": label,
            "spans": [
                {
                    "text": f"{clock(begins)}–{clock(ends)}",
                    "begins": round(begins * 1000 / DAY),
                    "length": round((ends - begins) * 1000 / DAY),
                }
                for begins, ends in week[day]
            ],
        }
        for day, label in Calendar.Weekday.choices
    ]


def special_days(calendar: Calendar) -> list[dict[str, Any]]:
    """Holidays and own days of the year that begins today, by day."""
    today = timezone.localdate()
    until = today + timedelta(days=365)
    found: dict[date, dict[str, Any]] = {
        day: {"day": day, "name": name, "is_open": False}
        for day, name in holidays_of(calendar, {today.year, until.year}).items()
    }
    for own in calendar.days.all():
        name = own.name or found.get(own.day, {}).get("name", "")
        found[own.day] = {"day": own.day, "name": name, "is_open": own.is_open}
    return [found[day] for day in sorted(found) if today <= day <= until]


class CalendarEdit(generic.FormPage):
    model = Calendar
    form_class = forms.CalendarForm
    permission = "customers.change_calendar"
    service = calendars.save_calendar
    version_field = ""
    fieldsets = [
        (gettext_lazy("Where"), ["name", "zone", "country", "region"]),
        (gettext_lazy("Opening hours, such as 09:00–12:30, 13:30–18:00"), [f"day_{day}" for day in range(7)]),
        (gettext_lazy("Days that differ"), ["closed_days", "open_days"]),
    ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "calendar": self.object}


class CalendarNew(CalendarEdit):
    permission = "customers.add_calendar"
    title = gettext_lazy("New business calendar")


class PolicyList(generic.ListPage):
    model = Policy
    key = "policies"
    permission = "customers.view_policy"
    columns = [
        generic.Column("position", kind="number"),
        generic.Column("name", link=True),
        generic.Column("calendar", link="calendar"),
        generic.Column("queue"),
        generic.Column("channel"),
        generic.Column("price_group"),
        generic.Column("tag"),
        generic.Column("is_active", kind="bool"),
    ]
    ordering = {"position": ("position", "pk")}
    create_url = "promises:policy_new"
    create_permission = "customers.add_policy"
    empty_title = gettext_lazy("Nothing is promised yet")
    empty_text = gettext_lazy("Say how soon tickets are answered and solved; agents then see what is due.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("calendar", "queue")


class PolicyRecord(generic.RecordPage):
    """For which tickets it is, and how long each kind of promise may take."""

    model = Policy
    permission = "customers.view_policy"
    list_url = "promises:policies"
    list_page = PolicyList
    template_name = "tickets/policy_record.html"
    facts = [
        generic.Column("position", kind="number"),
        generic.Column("is_active", kind="bool"),
        generic.Column("calendar", link="calendar"),
        generic.Column("queue"),
        generic.Column("channel"),
        generic.Column("price_group"),
        generic.Column("tag"),
        generic.Column("on_change"),
        generic.Column("warn_percent", kind="number"),
        generic.Column("escalate_percent", kind="number"),
        generic.Column("raises_priority", kind="bool"),
    ]

    def get_actions(self) -> list[generic.Action]:
        if not self.request.user.has_perm("customers.change_policy"):
            return []
        link = reverse("promises:policy_edit", args=[self.object.pk])
        return [generic.Action(_("Edit"), link, method="get", primary=True, icon="edit", key="e")]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        chosen = [str(label) for value, label in Ticket.Priority.choices if value in self.object.priorities]
        rows = [
            [
                target.get_priority_display(),
                *(
                    promises.duration(minutes * 60) if (minutes := getattr(target, kind)) else "–"
                    for kind in Kind.values
                ),
            ]
            for target in self.object.targets.all()
        ]
        kinds = Kind.labels
        return super().get_context_data(rows=rows, kinds=kinds, priorities=", ".join(chosen), **extra)


class PolicyEdit(generic.FormPage):
    model = Policy
    form_class = forms.PolicyForm
    permission = "customers.change_policy"
    version_field = ""
    fieldsets = [
        (
            gettext_lazy("For which tickets"),
            ["name", "position", "is_active", "queue", "priorities", "channel", "price_group", "tag"],
        ),
        *(
            (label, [f"{kind}_{priority}" for kind in Kind.values])
            for priority, label in reversed(Ticket.Priority.choices)
        ),
        (
            gettext_lazy("How it is counted"),
            ["calendar", "on_change", "warn_percent", "escalate_percent", "raises_priority"],
        ),
    ]

    def perform(self, form: Any) -> Policy:
        return promises.save_policy(self.object, by=self.request.user, **form.cleaned_data)


class PolicyNew(PolicyEdit):
    permission = "customers.add_policy"
    title = gettext_lazy("New service promise")
