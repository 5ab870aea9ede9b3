"""Files brought in."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.models.people import User
from backoffice.rows import Stateful, VisibleQuerySet
from backoffice.triggers import legal_transitions


class ImportStatus(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    APPLYING = "applying", _("Applying")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    UNDONE = "undone", _("Undone")


IMPORT_TRANSITIONS: dict[str, set[str]] = {
    ImportStatus.UPLOADED: {ImportStatus.CHECKING, ImportStatus.APPLYING, ImportStatus.FAILED},
    ImportStatus.CHECKING: {ImportStatus.CHECKED, ImportStatus.FAILED, ImportStatus.CANCELED},
    ImportStatus.CHECKED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.APPLYING: {ImportStatus.APPLIED, ImportStatus.REFUSED, ImportStatus.FAILED, ImportStatus.CANCELED},
    ImportStatus.REFUSED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.FAILED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.CANCELED: {ImportStatus.CHECKING, ImportStatus.APPLYING},
    ImportStatus.APPLIED: {ImportStatus.UNDONE},
    ImportStatus.UNDONE: {ImportStatus.APPLIED},
}


EDIT = "edit"  # what a run of a list came through


class ImportRunQuerySet(VisibleQuerySet):
    def visible_to(self, user: Any) -> "ImportRunQuerySet":
        """Who may not see imports may see bulk edits all the same."""
        if user.has_perm("backoffice.view_importrun") or not user.has_perm("backoffice.bulk_edit"):
            return super().visible_to(user)
        return self.of_lists().in_scope(user)

    def in_scope(self, user: Any) -> "ImportRunQuerySet":
        """People see their own runs; those who may read the audit trail see all."""
        return self if user.has_perm("backoffice.view_auditevent") else self.filter(user=user)

    def of_files(self) -> "ImportRunQuerySet":
        return self.exclude(source=EDIT)

    def of_lists(self) -> "ImportRunQuerySet":
        """Bulk edits: runs whose rows are records chosen in a list."""
        return self.filter(source=EDIT)


class ImportRun(Stateful):
    """A file brought in, or a bulk edit: how it was read, what became of its rows. Written by `backoffice.imports` only."""

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
    # Files that were joined to the one that is read: a zip of them, and how (`joining.Joined.as_json`).
    parts = models.FileField(upload_to="imports/", blank=True)
    joined = models.JSONField(default=dict)
    dialect = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    partial = models.BooleanField(_("only what is right"), default=False)
    # Corrections of single cells: {row: {index of the column: [text in the file, text that counts]}}.
    mended = models.JSONField(default=dict)
    rest_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="rests")
    cancel_wanted = models.BooleanField(default=False)
    # What was done to the records: [{"kind": applied, undone or redone, "context": of the row history, "at", "by", counts}].
    steps = models.JSONField(default=list)
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
        return reverse("bulk_edit:run" if self.is_edit else "imports:run", args=[self.number])

    def get_status_display(self) -> str:  # type: ignore[no-redef]
        """In words; nothing is brought in by a bulk edit."""
        if self.is_edit and self.status == ImportStatus.APPLIED:
            return gettext("Carried out")
        return str(ImportStatus(self.status).label)

    @property
    def is_edit(self) -> bool:
        """Whether its rows come from a list and not from a file."""
        return self.source == EDIT

    @property
    def noun(self) -> str:
        """What the audit calls it."""
        return "bulk_edit" if self.is_edit else "import"


class ImportMapping(models.Model):
    """Which column is which, and how the cells are read, as a person chose it for files with this header.

    reading: parts of a Dialect that count again: encoding, decimal, dates.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="import_mappings")
    resource = models.CharField(_("kind"), max_length=40)
    fingerprint = models.CharField(max_length=64)
    name = models.CharField(_("name"), max_length=255)
    mapping = models.JSONField(default=dict)
    reading = models.JSONField(default=dict)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("saved mapping")
        verbose_name_plural = _("saved mappings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "resource", "fingerprint"], name="import_mapping_once"),
        ]

    def __str__(self) -> str:
        return self.name


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

    run = models.ForeignKey(
        ImportRun, models.CASCADE, related_name="rows", verbose_name=_("import"), db_index=False
    )  # import_row_once begins with it
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
