"""People: invitations, roles and row scopes, leaving and coming back. The only writer of `User.is_active`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from importlib import import_module

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit, mail
from backoffice.errors import NotAllowed
from backoffice.models import OWNER, Invitation, Notification, RolePolicy, Scope, User

Scopes = Mapping[str, Iterable[str]]
Choices = Callable[[], Iterable[tuple[str, str]]]
Returned = Callable[..., int]


class LastOwner(ValidationError):
    """The change would leave Houtai without an active owner."""

    def __init__(self) -> None:
        super().__init__(_("The last active owner must remain: make somebody else an owner first."), code="last_owner")


# --- What modules register --------------------------------------------------------------------------

_scopes: dict[str, Choices] = {}
_on_deactivation: dict[str, Returned] = {}


def register_scope(kind: str, choices: Choices) -> Choices:
    """Offer `choices()`, pairs of code and label, wherever people are confined to some of `kind`."""
    _scopes[kind] = choices
    return choices


def scope_choices() -> dict[str, list[tuple[str, str]]]:
    """Choices by kind of scope; a kind that no module offers is left out."""
    return {kind: list(_scopes[kind]()) for kind in Scope.Kind.values if kind in _scopes}


def on_deactivation(callback: Returned) -> Returned:
    """Call `callback(user, by=by)` when somebody leaves, in the same transaction.

    It hands the user's assigned work back and returns how many pieces that were; its name stands in the audit.
    """
    _on_deactivation[callback.__name__] = callback
    return callback


# --- Invitations ------------------------------------------------------------------------------------


@transaction.atomic
def invite(
    *,
    email: str,
    by: User,
    roles: Iterable[Group],
    link: Callable[[Invitation], str],
    name: str = "",
    scopes: Scopes | None = None,
) -> Invitation:
    """Invite somebody by mail. `link` gives the address of the page where the invitation is accepted."""
    roles = list(roles)
    _refuse_owner_by_others(roles, by)
    if not roles:
        raise ValidationError({"roles": _("Choose at least one role.")})
    if User.objects.filter(email__iexact=email).exists():
        raise ValidationError({"email": _("This person has an account already.")})
    now = timezone.now()
    Invitation.objects.filter(email__iexact=email, accepted_at=None, withdrawn_at=None, expires_at__lte=now).update(
        withdrawn_at=now
    )
    invitation = Invitation(email=email.lower(), name=name, invited_by=by, scopes=_sorted(scopes or {}))
    invitation.full_clean(exclude=["roles"])
    invitation.save()
    invitation.roles.set(roles)
    audit.record("invitation.sent", invitation, by=by, data={"roles": _names(roles), "scopes": invitation.scopes})
    _mail_invitation(invitation, link)
    return invitation


@transaction.atomic
def resend(invitation: Invitation, *, by: User, link: Callable[[Invitation], str]) -> Invitation:
    """Mail the invitation again, with a new link that lasts the full time; the old link ends."""
    invitation = _open_invitation(invitation)
    invitation.token = Invitation._meta.get_field("token").get_default()
    invitation.expires_at = timezone.now() + timedelta(days=settings.INVITATION_DAYS)
    invitation.save(update_fields=["token", "expires_at"])
    audit.record("invitation.resent", invitation, by=by)
    _mail_invitation(invitation, link)
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User) -> Invitation:
    """End an invitation that was not accepted."""
    invitation = _open_invitation(invitation)
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    audit.record("invitation.withdrawn", invitation, by=by)
    return invitation


@transaction.atomic
def accept(invitation: Invitation, *, name: str, password: str, language: str = "") -> User:
    """Create the user whom the invitation is for, with the roles and scopes it carries."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.is_open:
        raise ValidationError(_("This invitation is no longer valid. Ask for a new one."), code="closed")
    user = User(email=invitation.email, name=name, language=language)
    validate_password(password, user)
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise ValidationError(_("This person has an account already."))
    user.set_password(password)
    user.full_clean()
    user.save()
    user.groups.set(invitation.roles.all())
    _write_scopes(user, invitation.scopes)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    audit.record("user.joined", user, by=user, data={"invited_by": invitation.invited_by_id})
    return user


def _open_invitation(invitation: Invitation) -> Invitation:
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at or invitation.withdrawn_at:
        raise ValidationError(_("This invitation is settled already."))
    return invitation


def _mail_invitation(invitation: Invitation, link: Callable[[Invitation], str]) -> None:
    facts = {"invitation": invitation, "link": link(invitation), "company": settings.COMPANY_NAME}
    mail.send_later(
        to=invitation.email,
        subject=_("Your invitation to %(company)s") % {"company": settings.COMPANY_NAME},
        body=render_to_string("people/mail/invitation.txt", facts),
    )


# --- Roles and scopes -------------------------------------------------------------------------------


@transaction.atomic
def edit(user: User, *, by: User, name: str, email: str, roles: Iterable[Group], scopes: Scopes) -> User:
    """Set name, e-mail, roles and row scopes of `user`."""
    _lock_owners()
    user = User.objects.locked().get(pk=user.pk)
    user.name, user.email = name, email.lower()
    user.full_clean(exclude=["password"])
    user.save(update_fields=["name", "email"])
    return _set_access(user, list(roles), scopes, by)


@transaction.atomic
def set_access(user: User, *, by: User, roles: Iterable[Group], scopes: Scopes) -> User:
    """Give `user` exactly these roles and row scopes."""
    _lock_owners()
    return _set_access(User.objects.locked().get(pk=user.pk), list(roles), scopes, by)


def _set_access(user: User, roles: list[Group], scopes: Scopes, by: User) -> User:
    before = {"roles": _names(user.groups.all()), "scopes": scopes_of(user)}
    after = {"roles": _names(roles), "scopes": _sorted(scopes)}
    changed = set(before["roles"]) ^ set(after["roles"])
    _refuse_owner_by_others(Group.objects.filter(name__in=changed), by)
    if OWNER in changed and OWNER in before["roles"]:
        _refuse_last_owner(user)
    if before != after:
        user.groups.set(roles)
        _write_scopes(user, scopes)
        audit.record("user.access_changed", user, by=by, data={"before": before, "after": after})
    return user


def scopes_of(user: User) -> dict[str, list[str]]:
    """Codes that the user is confined to, by kind; a kind without any is left out."""
    found: dict[str, list[str]] = {}
    for kind, value in user.scopes.order_by("kind", "value").values_list("kind", "value"):
        found.setdefault(kind, []).append(value)
    return found


@transaction.atomic
def require_second_factor(group: Group, required: bool, *, by: User) -> RolePolicy:
    """Demand a second factor of everybody who holds the role, or no longer."""
    RolePolicy.objects.get_or_create(group=group)
    policy = RolePolicy.objects.select_for_update(of=("self",)).get(group=group)
    if policy.second_factor_required != required:
        policy.second_factor_required = required
        policy.save(update_fields=["second_factor_required"])
        audit.record("role.second_factor_changed", group, by=by, data={"required": required})
    return policy


def _write_scopes(user: User, scopes: Scopes) -> None:
    wanted = {(kind, value) for kind, values in scopes.items() for value in values}
    held = {(scope.kind, scope.value): scope for scope in user.scopes.all()}
    Scope.objects.filter(pk__in=[scope.pk for key, scope in held.items() if key not in wanted]).delete()
    Scope.objects.bulk_create(Scope(user=user, kind=kind, value=value) for kind, value in sorted(wanted - set(held)))


def _sorted(scopes: Scopes) -> dict[str, list[str]]:
    return {kind: sorted(values) for kind, values in sorted(scopes.items()) if values}


def _names(groups: Iterable[Group]) -> list[str]:
    return sorted(group.name for group in groups)


# --- Leaving and coming back ------------------------------------------------------------------------


@transaction.atomic
def deactivate(user: User, *, by: User, reason: str = "") -> User:
    """Close an account: sessions and API tokens end, assigned work goes back, all in one transaction.

    Raises LastOwner for the last active owner, NotAllowed for one's own account.
    """
    _lock_owners()
    user = User.objects.locked().get(pk=user.pk)
    if not user.is_active:
        raise ValidationError(_("%(user)s is not active.") % {"user": user})
    if user == by:
        raise NotAllowed(_("Nobody deactivates the own account: ask another owner."))
    _refuse_owner_by_others(user.groups.all(), by)
    _refuse_last_owner(user)
    returned = {name: callback(user, by=by) for name, callback in _on_deactivation.items()}
    user.is_active = False
    user.save(update_fields=["is_active"])
    tokens, _rows = user.api_tokens.all().delete()
    facts = {"returned": returned, "sessions": _end_sessions(sessions_of(user)), "tokens": tokens}
    audit.record("user.deactivated", user, by=by, reason=reason, data=facts)
    return user


@transaction.atomic
def reactivate(user: User, *, by: User) -> User:
    """Open an account again, with the roles it had; the old sessions and tokens stay ended."""
    user = User.objects.locked().get(pk=user.pk)
    if user.is_active:
        raise ValidationError(_("%(user)s is active already.") % {"user": user})
    _refuse_owner_by_others(user.groups.all(), by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("user.reactivated", user, by=by)
    return user


def _lock_owners() -> None:
    """Whoever might take an owner away waits here; the trigger of the database takes the same lock."""
    list(Group.objects.select_for_update(no_key=True).filter(name=OWNER))


def _refuse_last_owner(user: User) -> None:
    owners = User.objects.active().filter(groups__name=OWNER)
    if owners.filter(pk=user.pk).exists() and not owners.exclude(pk=user.pk).exists():
        raise LastOwner


def _refuse_owner_by_others(groups: Iterable[Group], by: User) -> None:
    """Only an owner makes or unmakes an owner."""
    touches_owner = any(group.name == OWNER for group in groups)
    if touches_owner and not by.groups.filter(name=OWNER).exists():
        raise NotAllowed(_("Only an owner may do this to an owner."))


# --- Sessions, second factor ------------------------------------------------------------------------


def sessions_of(user: User) -> QuerySet[UserSession]:
    return UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")


@transaction.atomic
def end_sessions(user: User, *, by: User) -> int:
    """Sign `user` out everywhere."""
    number = _end_sessions(sessions_of(user))
    audit.record("user.signed_out", user, by=by, data={"sessions": number})
    return number


def _end_sessions(sessions: Iterable[UserSession]) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    number = 0
    for session in sessions:
        store.delete(session.session_key)
        session.delete()
        number += 1
    return number


@transaction.atomic
def remove_second_factor(user: User, *, by: User, reason: str = "") -> int:
    """Forget the second factors of somebody who lost them, and end their sessions."""
    _refuse_owner_by_others(user.groups.all(), by)
    number, _rows = Authenticator.objects.filter(user=user).delete()
    if not number:
        raise ValidationError(_("%(user)s has no second factor.") % {"user": user})
    _end_sessions(sessions_of(user))
    audit.record("user.second_factor_removed", user, by=by, reason=reason)
    return number


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def needs_second_factor(user: User) -> bool:
    """Whether a role of `user` demands a second factor and none is set up."""
    demanded = RolePolicy.objects.filter(group__user=user, second_factor_required=True).exists()
    return demanded and not has_second_factor(user)


# --- The bell ---------------------------------------------------------------------------------------


def notify(user: User, text: str, url: str = "") -> Notification:
    """Put a line into somebody's bell menu."""
    return Notification.objects.create(user=user, text=text[:300], url=url[:300])


def mark_read(user: User, keys: Iterable[int] | None = None) -> int:
    """Mark the user's notifications as read: those of `keys`, or all."""
    unread = user.notifications.filter(read_at=None)
    if keys is not None:
        unread = unread.filter(pk__in=keys)
    return unread.update(read_at=timezone.now())
