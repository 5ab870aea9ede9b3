"""The verbs of an approval: request, approve, reject, withdraw, expire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.approvals import kinds
from backoffice.errors import NotAllowed
from backoffice.models import Approval, Notification, User
from backoffice.numbering import next_number

Status = Approval.Status


@transaction.atomic
def request(key: str, subject: models.Model, *, payload: Mapping[str, Any], by: User, reason: str = "") -> Approval:
    """Ask for what `payload` says about `subject`; an earlier proposal of the same person for it gives way."""
    kind = kinds.get(key)
    now = timezone.now()
    earlier = Approval.objects.about(subject).waiting().filter(kind=key, requested_by=by).locked()
    for approval in earlier:
        _close(approval, Status.WITHDRAWN, by=by, decision=_("A newer proposal took its place."))
    approval = Approval.objects.create(
        number=next_number("AP"),
        kind=key,
        subject=str(getattr(subject, "number", "") or subject)[:200],
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        payload=dict(payload),
        reason=reason,
        requested_by=by,
        requested_at=now,
        expires_at=now + kind.lasts,
    )
    audit.record("approval.requested", approval, by=by, reason=reason, data={"kind": key, "subject": approval.subject})
    return approval


@transaction.atomic
def approve(approval: Approval, *, by: User, reason: str = "") -> Approval:
    """Carry the proposal out; when it cannot be, it stays as it is.

    Raises NotAllowed for the requester and whoever lacks the permission, IllegalTransition when it is decided already,
    and what the kind refuses.
    """
    approval = _locked(approval, by)
    approval.must_become(Status.APPROVED)
    if approval.expires_at <= timezone.now():
        raise ValidationError(_("%(approval)s has run out; it must be asked for again."), params={"approval": approval})
    kinds.get(approval.kind).apply(approval, by=by)
    _decide(approval, Status.APPROVED, by=by, decision=reason)
    _tell(approval, _("%(approval)s was approved by %(user)s: %(subject)s"))
    return approval


@transaction.atomic
def reject(approval: Approval, *, by: User, reason: str) -> Approval:
    """Refuse the proposal. Raises as `approve` does, and ValidationError without a reason."""
    approval = _locked(approval, by)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, so that the proposal can be mended.")})
    _close(approval, Status.REJECTED, by=by, decision=reason)
    _tell(approval, _("%(approval)s was rejected by %(user)s: %(subject)s"))
    return approval


@transaction.atomic
def withdraw(approval: Approval, *, by: User, reason: str = "") -> Approval:
    """Take one's own proposal back."""
    approval = Approval.objects.locked().get(pk=approval.pk)
    if approval.requested_by_id != by.pk:
        raise NotAllowed(_("Only %(user)s can withdraw this proposal."), params={"user": approval.requested_by})
    _close(approval, Status.WITHDRAWN, by=by, decision=reason)
    return approval


@transaction.atomic
def expire_due(now: Any = None) -> int:
    """Close what nobody decided in time; how many."""
    due = list(Approval.objects.overdue(now or timezone.now()).locked())
    for approval in due:
        _close(approval, Status.EXPIRED, by=None, decision="")
        _tell(approval, _("%(approval)s has run out, nobody decided it: %(subject)s"))
    return len(due)


def _locked(approval: Approval, by: User) -> Approval:
    approval = Approval.objects.locked().get(pk=approval.pk)
    if approval.requested_by_id == by.pk:
        raise NotAllowed(_("You asked for this yourself; somebody else decides it."))
    if not by.has_perm(kinds.get(approval.kind).permission):
        raise NotAllowed(_("You may not decide this."))
    return approval


def _close(approval: Approval, status: str, *, by: User | None, decision: str) -> None:
    approval.must_become(status)
    _decide(approval, status, by=by, decision=decision)
    kinds.get(approval.kind).closed(approval)


def _decide(approval: Approval, status: str, *, by: User | None, decision: str) -> None:
    approval.status, approval.decided_by, approval.decided_at, approval.decision = (
        status,
        by,
        timezone.now(),
        decision,
    )
    approval.save(update_fields=["status", "decided_by", "decided_at", "decision"])
    audit.record(f"approval.{status}", approval, by=by, reason=decision, data={"subject": approval.subject})


def _tell(approval: Approval, sentence: str) -> None:
    """Ring the requester's bell."""
    text = sentence % {"approval": approval, "user": approval.decided_by, "subject": approval.subject}
    Notification.objects.create(user=approval.requested_by, text=text[:300], url=approval.get_absolute_url())
