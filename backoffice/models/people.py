"""People: users, their roles and scopes, invitations, tokens of the API."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked

OWNER = "owner"


class UserQuerySet(VisibleQuerySet):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def with_role(self, *roles: str) -> "UserQuerySet":
        return self.filter(groups__name__in=roles).distinct()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(
        self, email: str, password: str | None = None, *, roles: tuple[str, ...] = (), **fields: Any
    ) -> "User":
        """Create an active member of staff; `roles` are names of groups that `sync_roles` has written."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        user.groups.set(Group.objects.filter(name__in=roles))
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, roles=(OWNER,), **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


@tracked(exclude=["password", "last_login", "access_version"])
class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff, who signs in by e-mail. `is_active` is written by `backoffice.people` only.

    `access_version` is raised by triggers when roles, their policy or second factors change: sessions that settled
    the second factor under an older version are asked again.
    """

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, blank=True)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.COMFORTABLE)
    shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    access_version = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message=_("This e-mail is taken.")
            )
        ]
        permissions = [("manage_people", _("Can invite, change and deactivate users"))]

    def __str__(self) -> str:
        return self.name or self.email

    def get_absolute_url(self) -> str:
        return reverse("people:user", args=[self.pk])

    @property
    def is_staff(self) -> bool:
        """Every active user is staff: customers never sign in here. The admin still asks for permissions."""
        return self.is_active

    def scope(self, kind: str) -> set[str] | None:
        """Codes of the warehouses or queues this user is confined to; None when not confined."""
        if not hasattr(self, "_scopes"):
            self.confine(self.scopes.values_list("kind", "value"))
        return self._scopes.get(kind)

    def confine(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Remember the (kind, code) pairs of this user, as read from the database."""
        self._scopes: dict[str, set[str]] = {}
        for kind, code in pairs:
            self._scopes.setdefault(kind, set()).add(code)


@tracked()
class RoleHolding(User.groups.through):  # type: ignore[name-defined,misc]
    """Who holds which role, as a name for the table between users and groups, so that it has a history."""

    class Meta:
        proxy = True
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        default_permissions = ()


@tracked()
class Scope(models.Model):
    """Confines a user to some warehouses or queues; without a row of a kind the user sees all of it."""

    class Kind(models.TextChoices):
        WAREHOUSE = "warehouse", _("Warehouse")
        QUEUE = "queue", _("Ticket queue")

    user = models.ForeignKey(User, models.CASCADE, related_name="scopes")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    value = models.CharField(_("code"), max_length=60)

    class Meta:
        verbose_name = _("row scope")
        verbose_name_plural = _("row scopes")
        constraints = [models.UniqueConstraint(fields=["user", "kind", "value"], name="scope_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"


@tracked()
class RolePolicy(models.Model):
    """What a role demands of those who hold it."""

    group = models.OneToOneField(Group, models.CASCADE, related_name="policy", verbose_name=_("role"))
    second_factor_required = models.BooleanField(_("second factor required"), default=False)

    class Meta:
        verbose_name = _("role policy")
        verbose_name_plural = _("role policies")

    def __str__(self) -> str:
        return self.group.name


def _invitation_expiry() -> Any:
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)


def _invitation_token() -> str:
    return secrets.token_urlsafe(32)


class Invitation(models.Model):
    """An expiring invitation to join; the link carries `token`, accepting it creates the user."""

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    roles = models.ManyToManyField(Group, verbose_name=_("roles"))
    scopes = models.JSONField(_("row scopes"), default=dict, blank=True)
    token = models.CharField(max_length=64, unique=True, default=_invitation_token, editable=False)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("invited by"))
    created_at = models.DateTimeField(_("invited at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), default=_invitation_expiry)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_one_open",
                violation_error_message=_("This person has an open invitation already."),
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        return reverse("people:invitation", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()


class ApiToken(models.Model):
    """A key for the API. Only its SHA-256 is kept; it acts with the rights of its user."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
