"""What leads type about business hours, promises, agents, and what customers say of the help they got."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import User
from customers.forms.fields import TagsField, UserField
from customers.models import AgentProfile, Calendar, Kind, Policy, Queue, Survey, Ticket
from customers.services import assignable
from customers.services.calendars import OwnDay, read_hours, week_in_words
from customers.services.promises import Target

MOMENT = "%Y-%m-%dT%H:%M"
_LENGTH = re.compile(r"(?:(\d+)\s*(?:h|小时)\s*)?(?:(\d+)\s*(?:m|min|分钟|分)?)?", re.IGNORECASE)


class HoursField(forms.CharField):
    """Opening hours of a day: "9-12:30, 13:30-18"."""

    def clean(self, value: Any) -> list[tuple[int, int]]:
        return read_hours(super().clean(value) or "")


class DaysField(forms.CharField):
    """One day a line, with its name after it: dates with their names."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: Any) -> list[tuple[date, str]]:
        found = []
        for line in filter(None, (line.strip() for line in (super().clean(value) or "").splitlines())):
            day, _space, name = line.partition(" ")
            try:
                found.append((date.fromisoformat(day), name.strip()[:80]))
            except ValueError:
                raise ValidationError(
                    _("“%(line)s” does not begin with a day such as 2026-12-24.") % {"line": line}
                ) from None
        return found


class CalendarForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=60,
        help_text=gettext_lazy("Such as Europe/Berlin or Asia/Shanghai."),
    )
    country = forms.CharField(
        label=gettext_lazy("Public holidays of"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("Two letters, such as DE or CN; blank for none."),
    )
    region = forms.CharField(
        label=gettext_lazy("Region"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("Its code, such as BE for Berlin, where holidays differ."),
    )
    closed_days = DaysField(
        label=gettext_lazy("Days on which you are closed"),
        required=False,
        help_text=gettext_lazy("Besides public holidays. One a line, such as 2026-12-24 Christmas Eve."),
    )
    open_days = DaysField(
        label=gettext_lazy("Holidays on which you work"),
        required=False,
        help_text=gettext_lazy("One a line. The hours are those of the weekday."),
    )

    def __init__(self, *args: Any, calendar: Calendar | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("zone", settings.TIME_ZONE)
        week = week_in_words(calendar) if calendar else dict.fromkeys(range(5), "09:00–17:00")
        for day, label in Calendar.Weekday.choices:
            self.fields[f"day_{day}"] = HoursField(
                label=label, max_length=200, required=False, initial=week.get(day, "")
            )
        if calendar:
            days = list(calendar.days.all())
            self.initial |= {name: getattr(calendar, name) for name in ("name", "zone", "country", "region")}
            self.initial |= {
                "closed_days": "\n".join(str(own) for own in days if not own.is_open),
                "open_days": "\n".join(str(own) for own in days if own.is_open),
            }

    def clean(self) -> dict[str, Any]:
        """As `save_calendar` takes it."""
        fields = super().clean() or {}
        week = {day: fields.pop(f"day_{day}", []) for day in range(7)}
        closed, opened = fields.pop("closed_days", []), fields.pop("open_days", [])
        days = [OwnDay(day, name) for day, name in closed] + [OwnDay(day, name, is_open=True) for day, name in opened]
        return {**fields, "week": week, "days": days}


class LengthField(forms.CharField):
    """A length of time such as "4 h 30 min" or "45", in minutes; None where it is blank."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        hours, minutes = divmod(value, 60)
        return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]))

    def clean(self, value: Any) -> int | None:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        match = _LENGTH.fullmatch(text)
        minutes = int(match[1] or 0) * 60 + int(match[2] or 0) if match else 0
        if not 1 <= minutes <= 100_000:
            raise ValidationError(_("Give a time such as 4 h or 30 min."))
        return minutes


class PolicyForm(forms.ModelForm):
    """The policy, and for each priority how long each kind of promise may take: `targets`."""

    priorities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Priorities"),
        choices=Ticket.Priority.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None means all."),
    )

    class Meta:
        model = Policy
        fields = [
            "name", "position", "is_active", "calendar", "queue", "priorities", "channel", "price_group", "tag",
            "on_change", "warn_percent", "escalate_percent", "raises_priority",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets: Mapping[int, Any] = {}
        if self.instance.pk:
            targets = {target.priority: target for target in self.instance.targets.all()}
        self.fields["queue"].queryset = Queue.objects.filter(Q(is_active=True) | Q(pk=self.instance.queue_id))  # type: ignore[attr-defined]
        for priority in Ticket.Priority.values:
            for kind, label in Kind.choices:
                name, now = f"{kind}_{priority}", getattr(targets.get(priority), kind, None)
                self.fields[name] = LengthField(label=label, max_length=30, required=False, initial=now)

    def clean(self) -> dict[str, Any]:
        """As `save_policy` takes it."""
        fields = super().clean() or {}
        targets = [
            Target(priority, **{kind: fields.pop(f"{kind}_{priority}", None) for kind in Kind.values})
            for priority in Ticket.Priority.values
        ]
        return {**fields, "targets": targets}


class AgentForm(forms.Form):
    user = UserField(label=gettext_lazy("Person"), empty_label=None)
    takes_tickets = forms.BooleanField(
        label=gettext_lazy("Is given tickets automatically"), required=False, initial=True
    )
    cap = forms.IntegerField(
        label=gettext_lazy("Most unsolved tickets"),
        min_value=0,
        max_value=1000,
        initial=20,
        help_text=gettext_lazy("With so many the person is given no more automatically."),
    )
    shift = forms.ModelChoiceField(
        Calendar.objects.all(),
        label=gettext_lazy("Working hours"),
        required=False,
        empty_label=gettext_lazy("always"),
        help_text=gettext_lazy("Outside of them the person is given nothing."),
    )
    skills = TagsField(
        label=gettext_lazy("Skills"),
        required=False,
        help_text=gettext_lazy(
            "Tags between commas. Tickets with a tag that is somebody's skill go to those who have it."
        ),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None means all."),
    )
    absent_from = forms.DateTimeField(
        label=gettext_lazy("Absent from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )
    absent_until = forms.DateTimeField(
        label=gettext_lazy("Back at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )

    def __init__(self, *args: Any, profile: AgentProfile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["user"]
        if profile is None:
            person.queryset = assignable().filter(agent=None)  # type: ignore[attr-defined]
            return
        person.queryset = User.objects.filter(pk=profile.user_id)  # type: ignore[attr-defined]
        person.disabled = True
        names = ("user", "takes_tickets", "cap", "shift", "skills", "languages", "absent_from", "absent_until")
        self.initial |= {name: getattr(profile, name) for name in names}


class AwayForm(forms.Form):
    until = forms.DateTimeField(
        label=gettext_lazy("Back at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text=gettext_lazy("Blank while nobody knows."),
    )


class SurveyForm(forms.Form):
    """What somebody who asked says of the help they got."""

    score = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied are you with our help?"),
        choices=[(value, label) for value, label in reversed(Survey.Score.choices)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=gettext_lazy("What would you like to tell us?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PreviewForm(forms.Form):
    """When a ticket comes, to see when what is promised would be due."""

    at = forms.DateTimeField(
        label=gettext_lazy("If a ticket came at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )

    def moment(self) -> Any:
        return (self.cleaned_data.get("at") if self.is_valid() else None) or timezone.now()
