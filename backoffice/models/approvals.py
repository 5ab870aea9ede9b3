"""Approvals: what one person proposed and another decides."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.models.people import User
from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions


class ApprovalStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


APPROVAL_TRANSITIONS: dict[str, set[str]] = {
    ApprovalStatus.WAITING: {
        ApprovalStatus.APPROVED,
        ApprovalStatus.REJECTED,
        ApprovalStatus.WITHDRAWN,
        ApprovalStatus.EXPIRED,
    },
    ApprovalStatus.APPROVED: set(),
    ApprovalStatus.REJECTED: set(),
    ApprovalStatus.WITHDRAWN: set(),
    ApprovalStatus.EXPIRED: set(),
}


# Kind -> permission to decide it; `backoffice.approvals` fills it as modules register their kinds.
DECIDERS: dict[str, str] = {}


class ApprovalQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "ApprovalQuerySet":
        """One's own proposals and those one may decide; whoever reads the audit trail sees all."""
        if user.has_perm("backoffice.view_auditevent"):
            return self
        return self.filter(Q(requested_by=user.pk) | Q(kind__in=self.kinds_of(user)))

    @staticmethod
    def kinds_of(user: Any) -> list[str]:
        """Kinds that `user` may decide."""
        return [kind for kind, permission in DECIDERS.items() if user.has_perm(permission)]

    def for_decision(self, user: Any) -> "ApprovalQuerySet":
        """What waits, and for this person among others."""
        return self.waiting().filter(kind__in=self.kinds_of(user)).exclude(requested_by=user.pk)

    def about(self, obj: models.Model) -> "ApprovalQuerySet":
        return self.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk)

    def waiting(self) -> "ApprovalQuerySet":
        return self.filter(status=ApprovalStatus.WAITING)

    def overdue(self, now: Any) -> "ApprovalQuerySet":
        return self.waiting().filter(expires_at__lte=now)


@tracked()
class Approval(Stateful):
    """A proposal that its requester may not carry out alone. `status` is written by `backoffice.approvals` only.

    `payload` is the business of its kind, which carries it out; approved means carried out.
    """

    Status = ApprovalStatus
    TRANSITIONS = APPROVAL_TRANSITIONS

    number = models.CharField(_("number"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=60)
    status = models.CharField(_("status"), max_length=10, choices=ApprovalStatus, default=ApprovalStatus.WAITING)
    subject = models.CharField(_("subject"), max_length=200)
    subject_type = models.CharField(max_length=100)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(_("details"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision = models.TextField(_("reason of the decision"), blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "rejected"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("requested_by"))),
                name="approval_by_another",
                violation_error_message=_("Nobody decides on their own proposal."),
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_at=None) | (~Q(status="waiting") & Q(decided_at__isnull=False)),
                name="approval_decided_once",
                violation_error_message=_("A decision has a time, and what waits has none."),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="approval_status"),
            models.Index(fields=["requested_by", "-id"], name="approval_requested"),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="approval_subject"),
            models.Index(fields=["expires_at"], condition=Q(status="waiting"), name="approval_expiring"),
        ]
        triggers = [legal_transitions("status", APPROVAL_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("approvals:approval", args=[self.number])


@tracked()
class ApprovalThreshold(models.Model):
    """From where on a kind of change needs a second person; a kind without a row has its own default."""

    kind = models.CharField(_("kind"), max_length=60, unique=True)
    limit = models.DecimalField(
        _("limit"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(10**9)],
        help_text=_("What is above it needs an approval; 0 means everything. Of prices it is percent."),
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval threshold")
        verbose_name_plural = _("approval thresholds")
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                condition=Q(limit__gte=0),
                name="approval_threshold_limit",
                violation_error_message=_("A limit cannot be negative."),
            )
        ]

    def __str__(self) -> str:
        return self.kind
