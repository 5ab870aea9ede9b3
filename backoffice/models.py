"""The platform's own tables: people, rights, audit, numbering, and what the shell remembers."""

import secrets
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
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import append_only, legal_transitions

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
            self._scopes: dict[str, set[str]] = {}
            for row in self.scopes.all():
                self._scopes.setdefault(row.kind, set()).add(row.value)
        return self._scopes.get(kind)


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


# "Begins with" by index, whatever the collation.
PREFIX = ["text_pattern_ops", "timestamptz_ops", "int8_ops"]


class AuditEventQuerySet(VisibleQuerySet):
    def about(self, obj: models.Model) -> "AuditEventQuerySet":
        return self.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk)


class AuditEvent(models.Model):
    """A verb that a person or a job carried out. Written by `backoffice.audit.record` only; never changed."""

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    verb = models.CharField(_("verb"), max_length=80)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    subject_type = models.CharField(_("kind"), max_length=100)
    subject_id = models.BigIntegerField()
    subject = models.CharField(_("subject"), max_length=200)
    reason = models.TextField(_("reason"), blank=True)
    data = models.JSONField(_("details"), default=dict)
    source = models.CharField(_("through"), max_length=100, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-at", "-id"], name="audit_subject"),
            models.Index(fields=["subject", "-at", "-id"], name="audit_called"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_actor"),
            models.Index(fields=["verb", "-at", "-id"], opclasses=PREFIX, name="audit_verb"),
            models.Index(fields=["source", "-at", "-id"], opclasses=PREFIX, name="audit_source"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("audit:event", args=[self.pk])


class DocumentSequence(models.Model):
    """The last number drawn of a gapless series in a year; `numbering.draw` is the only writer."""

    series = models.CharField(_("series"), max_length=10)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("document sequence")
        verbose_name_plural = _("document sequences")
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="document_sequence_once")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"


class ImportStatus(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    APPLYING = "applying", _("Applying")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    UNDONE = "undone", _("Undone")


IMPORT_TRANSITIONS: dict[str, set[str]] = {
    ImportStatus.UPLOADED: {ImportStatus.CHECKING, ImportStatus.APPLYING, ImportStatus.FAILED},
    ImportStatus.CHECKING: {ImportStatus.CHECKED, ImportStatus.FAILED},
    ImportStatus.CHECKED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.APPLYING: {ImportStatus.APPLIED, ImportStatus.REFUSED, ImportStatus.FAILED},
    ImportStatus.REFUSED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.FAILED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.APPLIED: {ImportStatus.UNDONE},
    ImportStatus.UNDONE: set(),
}


class ImportRunQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "ImportRunQuerySet":
        """People see their own runs; those who may read the audit trail see all."""
        return self if user.has_perm("backoffice.view_auditevent") else self.filter(user=user)


class ImportRun(Stateful):
    """A file brought in: how it was read, what became of its rows. Written by `backoffice.imports` only."""

    Status = ImportStatus
    TRANSITIONS = IMPORT_TRANSITIONS

    number = models.CharField(_("number"), max_length=20, unique=True)
    resource = models.CharField(_("kind"), max_length=40)
    status = models.CharField(_("status"), max_length=12, choices=ImportStatus, default=ImportStatus.UPLOADED)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="import_runs", verbose_name=_("by")
    )
    source = models.CharField(_("through"), max_length=40)
    file_name = models.CharField(_("file"), max_length=255)
    file = models.FileField(upload_to="imports/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(_("size"), default=0)
    dialect = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    partial = models.BooleanField(_("only what is right"), default=False)
    read = models.PositiveIntegerField(_("rows"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    report = models.JSONField(default=dict)
    error_file = models.FileField(upload_to="imports/", blank=True)
    message = models.TextField(_("message"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    job_id = models.BigIntegerField(null=True, blank=True, editable=False)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(read=models.F("new") + models.F("changed") + models.F("unchanged") + models.F("refused")),
                name="import_rows_add_up",
                violation_error_message=_("New, changed, unchanged and refused rows must add up to those read."),
            )
        ]
        indexes = [
            models.Index(fields=["resource", "sha256"], name="import_same_file"),
            models.Index(fields=["user", "-id"], name="import_of_user"),
        ]
        triggers = [legal_transitions("status", IMPORT_TRANSITIONS)]
        permissions = [("import_data", _("Can import files")), ("export_data", _("Can export lists"))]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("imports:run", args=[self.number])


class ImportRowQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "ImportRowQuerySet":
        """Rows of the runs that `user` may see."""
        return self.filter(run__in=ImportRun.objects.visible_to(user))


class ImportRow(models.Model):
    """What the last check or application of a run found about a row of its file. Written by `backoffice.imports` only.

    changes: [[column, old, new], ...]; problems: [[column, value, sentence, "error" or "warning"], ...].
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        REFUSED = "refused", _("Refused")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows", verbose_name=_("import"))
    row = models.PositiveIntegerField(_("row"))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome)
    is_warned = models.BooleanField(_("with hints"), default=False)
    record = models.CharField(_("record"), max_length=500, blank=True)
    changes = models.JSONField(_("changes"), default=list)
    problems = models.JSONField(_("problems"), default=list)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["run", "row"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="import_row_once")]
        indexes = [models.Index(fields=["run", "outcome", "row"], name="import_row_outcome")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.row}"


class SavedViewQuerySet(models.QuerySet):
    def of(self, user: User, page: str) -> "SavedViewQuerySet":
        return self.filter(Q(user=user) | Q(shared=True), page=page)


class SavedView(models.Model):
    """A list as somebody likes it: the query string with filters, columns and order."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField(_("address"), blank=True)
    shared = models.BooleanField(_("shared with everybody"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"],
                name="saved_view_name_once",
                violation_error_message=_("You have a view of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """A line in somebody's bell menu."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-id"], condition=Q(read_at=None), name="notification_unread")]

    def __str__(self) -> str:
        return self.text


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


class Heartbeat(models.Model):
    """When the worker last lived; written by a periodic task, read by /readyz and `doctor`."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class JobProgress(models.Model):
    """How far a long job has come."""

    job_id = models.BigIntegerField(primary_key=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.done}/{self.total or '?'}"


class JobQuerySet(VisibleQuerySet):
    def visible_to(self, user: Any) -> "JobQuerySet":
        return self if user.has_perm("backoffice.view_jobs") else self.none()


class Job(ProcrastinateJob):
    """A job in the queue of Procrastinate, which alone writes it."""

    objects = JobQuerySet.as_manager()  # type: ignore[assignment, misc]

    class Meta:
        proxy = True
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        default_permissions = ()
        permissions = [("view_jobs", _("Can see jobs")), ("retry_jobs", _("Can retry failed jobs"))]

    def __str__(self) -> str:
        return f"{self.task_name} #{self.pk}"

    STATUS_TEXTS = {
        "todo": _("Waiting"),
        "doing": _("Running"),
        "succeeded": _("Done"),
        "failed": _("Failed"),
        "cancelled": _("Canceled"),
        "aborted": _("Aborted"),
    }

    def get_absolute_url(self) -> str:
        return reverse("jobs:job", args=[self.pk])

    def get_status_display(self) -> str:  # type: ignore[no-redef]
        return str(self.STATUS_TEXTS.get(self.status, self.status))


class JobFailure(models.Model):
    """Why an attempt of a job failed; written by `tasks.watched`."""

    job_id = models.BigIntegerField(db_index=True)
    task = models.CharField(_("task"), max_length=128)
    attempt = models.PositiveIntegerField(_("attempt"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    error = models.CharField(_("error"), max_length=500)
    traceback = models.TextField(_("where"))

    class Meta:
        verbose_name = _("failed attempt")
        verbose_name_plural = _("failed attempts")
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.error
