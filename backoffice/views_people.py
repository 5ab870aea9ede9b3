"""Pages about people: who works here, what they may do, how they come and go; and everyone's own account."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import AppConfig
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import forms_people as forms
from backoffice import generic, people, tokens
from backoffice.apps import named_models, own_apps
from backoffice.models import Invitation, RolePolicy, User
from backoffice.roles import ROLES, label_of

MANAGE = "backoffice.manage_people"
VERBS = {
    "view": gettext_lazy("see"),
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
}
_factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)


def role_labels(holder: Any) -> str:
    """The roles of a user or an invitation, for a cell."""
    groups = holder.groups if isinstance(holder, User) else holder.roles
    return ", ".join(label_of(group.name) for group in groups.all())


# --- Users ------------------------------------------------------------------------------------------


class UserList(generic.ListPage):
    model = User
    key = "people:users"
    title = gettext_lazy("People")
    permission = "backoffice.view_user"
    filterset_class = forms.UserFilter
    columns = [
        generic.Column("name", link=True, secondary=generic.Column("email")),
        generic.Column("roles", gettext_lazy("Roles"), get=role_labels),
        generic.Column("second_factor", gettext_lazy("Second factor"), kind="bool"),
        generic.Column("is_active", gettext_lazy("Active"), kind="bool"),
        generic.Column("last_login", gettext_lazy("Last sign-in"), kind="relative"),
        generic.Column("date_joined", kind="date"),
    ]
    default_columns = ["name", "roles", "second_factor", "is_active", "last_login"]
    ordering = {
        "name": ("name", "pk"),
        "-name": ("-name", "-pk"),
        "last_login": ("last_login", "pk"),
        "-last_login": ("-last_login", "-pk"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Active"), "is_active=true"),
        generic.Tab(gettext_lazy("Former"), "is_active=false"),
    ]
    create_url = "people:invite"
    create_permission = MANAGE
    create_label = gettext_lazy("Invite")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().annotate(second_factor=Exists(_factors)).prefetch_related("groups")


class UserRecord(generic.RecordPage):
    model = User
    permission = "backoffice.view_user"
    list_url = "people:users"
    template_name = "people/user_record.html"
    context_object_name = "person"
    status_fields = ()
    facts = [
        generic.Column("email"),
        generic.Column("date_joined", kind="datetime"),
        generic.Column("last_login", gettext_lazy("Last sign-in"), kind="datetime"),
        generic.Column("get_language_display", gettext_lazy("Language")),
        generic.Column("timezone"),
    ]

    @property
    def list_link(self) -> tuple[str, str]:
        return _("People"), reverse(self.list_url)

    def get_badges(self) -> list[generic.Badge]:
        state = (
            generic.Badge(_("Active"), "good") if self.object.is_active else generic.Badge(_("Deactivated"), "neutral")
        )
        missing = [generic.Badge(_("Second factor missing"), "warn")] if people.needs_second_factor(self.object) else []
        return [state, *missing]

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, MANAGE):
            return []
        if not self.object.is_active:
            return [self._action(_("Reactivate"), "reactivate", icon="user")]
        return [
            generic.Action(
                _("Edit"), reverse("people:edit", args=[self.object.pk]), method="get", primary=True, icon="edit"
            ),
            self._action(_("Sign out everywhere"), "end-sessions", icon="log-out"),
            self._action(_("Remove second factor"), "remove-second-factor", icon="shield"),
            self._action(_("Deactivate"), "deactivate", icon="lock", danger=True),
        ]

    def _action(self, label: str, name: str, **more: Any) -> generic.Action:
        return generic.Action(label, reverse(f"people:{name}", args=[self.object.pk]), confirm=label, **more)

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(
            roles=[label_of(group.name) for group in self.object.groups.order_by("pk")],
            scopes=scope_lines(self.object),
            factors=factor_lines(self.object),
            sessions=people.sessions_of(self.object)[:20],
            tokens=self.object.api_tokens.all(),
            **extra,
        )


def scope_lines(user: User) -> list[tuple[str, str]]:
    """Kind of scope and the labels of its rows, as text."""
    known = {kind: dict(choices) for kind, choices in people.scope_choices().items()}
    return [
        (
            str(dict(user.scopes.model.Kind.choices).get(kind, kind)),
            ", ".join(known.get(kind, {}).get(code, code) for code in codes),
        )
        for kind, codes in people.scopes_of(user).items()
    ]


def factor_lines(user: User) -> list[tuple[str, Any]]:
    """Kind of second factor and when it was last used."""
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    return [(factor.get_type_display(), factor.last_used_at) for factor in factors]


class EditUser(generic.FormPage):
    model = User
    form_class = forms.AccessForm
    permission = MANAGE
    service = people.edit
    version_field = ""
    reason = True

    def get_initial(self) -> dict[str, Any]:
        user = self.object
        return {"name": user.name, "email": user.email, "roles": user.groups.all(), "scopes": people.scopes_of(user)}


class Deactivate(generic.ActionView):
    model = User
    permission = MANAGE
    service = people.deactivate
    form_class = forms.ReasonForm
    title = gettext_lazy("Deactivate %s")
    confirm = gettext_lazy("Sessions and API tokens end at once, and the work assigned to %s goes back to the pool.")
    done = gettext_lazy("%s is deactivated.")
    danger = True


class Reactivate(generic.ActionView):
    model = User
    permission = MANAGE
    service = people.reactivate
    title = gettext_lazy("Reactivate %s")
    confirm = gettext_lazy("The roles are those from before; old sessions and API tokens stay ended.")
    done = gettext_lazy("%s is active again.")


class EndSessions(generic.ActionView):
    model = User
    permission = MANAGE
    service = people.end_sessions
    title = gettext_lazy("Sign out %s everywhere")
    confirm = gettext_lazy("Every browser has to sign in again.")
    done = gettext_lazy("%s is signed out everywhere.")


class RemoveSecondFactor(generic.ActionView):
    model = User
    permission = MANAGE
    service = people.remove_second_factor
    form_class = forms.ReasonForm
    title = gettext_lazy("Remove second factor of %s")
    confirm = gettext_lazy(
        "For somebody who lost it. Check who is asking: the password alone opens the account until a new one is set up."
    )
    done = gettext_lazy("The second factor of %s is removed.")
    danger = True


# --- Invitations ------------------------------------------------------------------------------------


def invitation_state(invitation: Invitation) -> str:
    if invitation.accepted_at:
        return _("Accepted")
    if invitation.withdrawn_at:
        return _("Withdrawn")
    return _("Waiting") if invitation.is_open else _("Expired")


class InvitationPage:
    """Invitations are seen by those who invite."""

    model = Invitation
    permission = MANAGE
    request: HttpRequest

    def get_queryset(self) -> QuerySet:
        return Invitation.objects.select_related("invited_by").prefetch_related("roles")

    def accept_url(self, invitation: Invitation) -> str:
        return self.request.build_absolute_uri(reverse("invitation", args=[invitation.token]))


class InvitationList(InvitationPage, generic.ListPage):
    key = "people:invitations"
    title = gettext_lazy("Invitations")
    columns = [
        generic.Column("email", link=True, secondary=generic.Column("name")),
        generic.Column("roles", gettext_lazy("Roles"), get=role_labels),
        generic.Column("state", gettext_lazy("State"), get=invitation_state),
        generic.Column("invited_by", gettext_lazy("Invited by")),
        generic.Column("created_at", kind="relative"),
        generic.Column("expires_at", kind="relative"),
    ]
    create_url = "people:invite"
    create_permission = MANAGE
    create_label = gettext_lazy("Invite")
    empty_text = gettext_lazy("Nobody was invited yet.")


class InvitationRecord(InvitationPage, generic.RecordPage):
    list_url = "people:invitations"
    status_fields = ()
    facts = [
        generic.Column("name"),
        generic.Column("roles", gettext_lazy("Roles"), get=role_labels),
        generic.Column("invited_by"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("expires_at", kind="datetime"),
    ]

    @property
    def history_url(self) -> str:
        return ""

    def get_badges(self) -> list[generic.Badge]:
        return [generic.Badge(invitation_state(self.object), "info" if self.object.is_open else "neutral")]

    def get_actions(self) -> list[generic.Action]:
        if self.object.accepted_at or self.object.withdrawn_at:
            return []
        return [
            generic.Action(_("Send again"), reverse("people:resend", args=[self.object.pk]), primary=True, icon="send"),
            generic.Action(_("Withdraw"), reverse("people:withdraw", args=[self.object.pk]), icon="x", danger=True),
        ]


class Invite(InvitationPage, generic.FormPage):
    form_class = forms.InviteForm
    create_permission = MANAGE
    title = gettext_lazy("Invite somebody")
    submit_label = gettext_lazy("Send invitation")
    done = gettext_lazy("The invitation to %s is on its way.")

    def perform(self, form: Any) -> Invitation:
        return people.invite(by=self.request.user, link=self.accept_url, **form.cleaned_data)  # type: ignore[arg-type]


class Resend(InvitationPage, generic.ActionView):
    title = gettext_lazy("Send the invitation to %s again")
    confirm = gettext_lazy("The old link ends, the new one lasts seven days.")
    done = gettext_lazy("The invitation to %s is on its way again.")

    def perform(self, obj: Invitation, fields: dict[str, Any]) -> Invitation:
        return people.resend(obj, by=self.request.user, link=self.accept_url)  # type: ignore[arg-type]


class Withdraw(InvitationPage, generic.ActionView):
    service = people.withdraw
    title = gettext_lazy("Withdraw the invitation to %s")
    done = gettext_lazy("The invitation to %s is withdrawn.")


@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invited person chooses a password. Opening the page writes nothing: mail scanners open links too."""
    invitation = Invitation.objects.filter(token=token).first()
    if invitation is None or not invitation.is_open:
        return render(request, "people/invitation_closed.html", {"title": _("Invitation")}, status=410)
    form = forms.AcceptForm(request.POST or None, initial={"name": invitation.name}, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            people.accept(invitation, **form.cleaned_data, language=request.LANGUAGE_CODE)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your account is ready. Sign in with your password."))
            return redirect("account_login")
    context = {"form": form, "invitation": invitation, "title": _("Welcome"), "summary": []}
    return render(request, "people/accept.html", context, status=422 if form.errors else 200)


# --- Roles ------------------------------------------------------------------------------------------


class Roles(generic.Page):
    """Every role: who holds it, what it may do, whether it demands a second factor."""

    permission = "backoffice.view_user"

    def get(self, request: HttpRequest) -> HttpResponse:
        active = Count("user", filter=Q(user__is_active=True))
        groups = (
            Group.objects.filter(name__in=ROLES).annotate(holders=active).prefetch_related("permissions__content_type")
        )
        demanded = set(RolePolicy.objects.filter(second_factor_required=True).values_list("group_id", flat=True))
        rows = [
            {"group": group, "label": label_of(group.name), "demands": group.pk in demanded, "areas": areas_of(group)}
            for group in groups.order_by("pk")
        ]
        context = {"title": _("Roles"), "rows": rows, "may_manage": generic.may(request.user, MANAGE)}
        return TemplateResponse(request, "people/roles.html", context)


def areas_of(group: Group) -> list[tuple[str, list[str]]]:
    """What a role may do, by module: "Order: see, add", then what has a name of its own."""
    held: dict[str, dict[str, str]] = {}
    for permission in group.permissions.all():
        held.setdefault(permission.content_type.app_label, {})[permission.codename] = permission.name
    areas = [(str(config.verbose_name), _words_of(config, held.get(config.label, {}))) for config in own_apps()]
    return sorted(area for area in areas if area[1])


def _words_of(config: AppConfig, names: dict[str, str]) -> list[str]:
    """`names` are the permissions of one module by code name. The history of rows goes with the rows."""
    usual, words, named = set(), [], named_models(config)
    for model in config.get_models():
        verbs = {f"{verb}_{model._meta.model_name}": str(word) for verb, word in VERBS.items()}
        usual |= verbs.keys()
        may = ", ".join(word for code, word in verbs.items() if code in names)
        if may and model in named:
            words.append(f"{capfirst(str(model._meta.verbose_name))}: {may}")
    return words + sorted(_(name) for code, name in names.items() if code not in usual)


@require_POST
@login_required
@permission_required(MANAGE, raise_exception=True)
def second_factor_policy(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(Group, pk=pk, name__in=ROLES)
    required = request.POST.get("required") == "1"
    people.require_second_factor(group, required, by=request.user)  # type: ignore[arg-type]
    sentence = (
        _("The role %s demands a second factor now.")
        if required
        else _("The role %s demands no second factor any more.")
    )
    messages.success(request, sentence % label_of(group.name))
    return redirect("people:roles")


# --- One's own account ------------------------------------------------------------------------------


class Account(generic.FormPage):
    model = get_user_model()
    form_class = forms.AccountForm
    template_name = "people/account.html"
    title = gettext_lazy("Your account")
    done = gettext_lazy("Your account is saved.")
    version_field = ""

    @property
    def object(self) -> User:  # type: ignore[override]
        return User.objects.get(pk=self.request.user.pk)

    def get_success_url(self, obj: Any) -> str:
        return reverse("people:account")

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            form,
            back_url="",
            factors=factor_lines(user),  # type: ignore[arg-type]
            session_count=people.sessions_of(user).count(),  # type: ignore[arg-type]
            tokens=user.api_tokens.all(),  # type: ignore[union-attr]
            **{"token_form": forms.TokenForm(), **extra},
        )


@never_cache
@require_POST
@login_required
def new_token(request: HttpRequest) -> HttpResponse:
    """Make an API token; this answer is the only place where its secret is ever shown."""
    form = forms.TokenForm(request.POST)
    page = Account()
    page.setup(request)
    if not form.is_valid():
        return page.show_again(page.get_form(), token_form=form)  # type: ignore[return-value]
    user: Any = request.user
    token, secret = tokens.create(by=user, name=form.cleaned_data["name"], expires_at=form.expires_at())
    return render(request, "people/token_created.html", {"title": _("API token"), "token": token, "secret": secret})


@require_POST
@login_required
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(request.user.api_tokens, pk=pk)  # type: ignore[union-attr]
    tokens.revoke(token, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The token “%s” is revoked.") % token)
    return redirect("people:account")
