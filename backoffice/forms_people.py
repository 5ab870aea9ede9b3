"""Shape of what the pages about people take in."""

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from backoffice import people
from backoffice.models import Scope, User
from backoffice.roles import ROLES, label_of

LIFETIMES = {"30": _("30 days"), "90": _("90 days"), "365": _("1 year"), "": _("Never")}
SCOPE = "scope_"


class RoleField(forms.ModelMultipleChoiceField):
    """Roles by their label, in the order of `roles.ROLES`."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Group.objects.filter(name__in=ROLES).order_by("pk"), label=_("Roles"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return label_of(obj.name)


class AccessForm(forms.Form):
    """Roles, and the row scopes that modules offer."""

    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    roles = RoleField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.initial.get("scopes", {})
        offered = people.scope_choices()
        for kind in Scope.Kind:
            if kind in offered or kind in held:
                self.fields[SCOPE + kind] = self._scope_field(kind, offered.get(kind, []), held.get(kind, []))

    def _scope_field(self, kind: Scope.Kind, choices: list[tuple[str, str]], held: list[str]) -> forms.Field:
        known = {code for code, _label in choices}
        gone = [(code, code) for code in held if code not in known]
        return forms.MultipleChoiceField(
            label=_("Only these: %(kind)s") % {"kind": kind.label},
            choices=[*choices, *gone],
            initial=held,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Without a choice, everything of this kind is seen."),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = [name for name in cleaned if name.startswith(SCOPE)]
        cleaned["scopes"] = {name.removeprefix(SCOPE): cleaned.pop(name) for name in names}
        return cleaned


class InviteForm(AccessForm):
    field_order = ["email", "name", "roles"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False


def password_help() -> str:
    return " ".join(password_validators_help_texts())


class AcceptForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy(password_help, str)(),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], User(email=self.email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


def _time_zones() -> list[tuple[str, str]]:
    names = (
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return [("", _("Like the company")), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(names))]


class AccountForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("Like the browser")), *settings.LANGUAGES], required=False
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_time_zones, required=False)

    class Meta:
        model = User
        fields = ["name", "language", "timezone", "theme", "density", "shortcuts"]


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What is it for?"), max_length=80)
    lifetime = forms.ChoiceField(
        label=_("Expires after"), choices=list(LIFETIMES.items()), initial="90", required=False
    )

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class UserFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Name or e-mail"))
    role = django_filters.ChoiceFilter(
        field_name="groups__name", label=_("Role"), choices=[(name, role.label) for name, role in ROLES.items()]
    )
    is_active = django_filters.BooleanFilter(label=_("Active"))
    second_factor = django_filters.BooleanFilter(label=_("Second factor"))

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(name__icontains=value) | Q(email__icontains=value))
