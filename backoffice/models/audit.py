"""The audit trail."""

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.models.people import User
from backoffice.rows import VisibleQuerySet
from backoffice.triggers import append_only

# "Begins with" by index, whatever the collation.
PREFIX = ["text_pattern_ops", "timestamptz_ops", "int8_ops"]


class AuditEventQuerySet(VisibleQuerySet):
    def about(self, obj: models.Model) -> "AuditEventQuerySet":
        return self.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk)


class AuditEvent(models.Model):
    """A verb that a person or a job carried out. Written by `backoffice.audit.record` only; never changed."""

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    verb = models.CharField(_("verb"), max_length=80)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"), db_index=False)
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
