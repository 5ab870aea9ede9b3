"""Claims against the owner of a customer: made, answered, decided by a third person, and appealed once."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from backoffice import audit
from backoffice.mentions import tell
from backoffice.models import User
from backoffice.numbering import next_number
from customers.models import Customer, DisputeFile, DisputeStatus, Ownership, OwnershipDispute, OwnershipSettings
from customers.services.attachments import check_size, clean_name, examine
from customers.services.ownership.periods import Source, transfer

Winner = OwnershipDispute.Winner
CLAIMED = gettext_noop("%(who)s claims your customer %(customer)s. Answer by %(day)s.")
ANSWERED = gettext_noop("%(dispute)s was answered and waits for a decision.")
DECIDED = gettext_noop("%(dispute)s about %(customer)s is decided.")
APPEALED = gettext_noop("%(dispute)s was appealed against and waits for another decision.")
WITHDRAWN = gettext_noop("%(dispute)s about %(customer)s was withdrawn.")


@transaction.atomic
def open_dispute(customer: Customer, *, claim: str, by: User, files: Sequence[Any] = ()) -> OwnershipDispute:
    """Claim a customer that somebody else owns, with evidence. Until it is decided the customer stays with the owner.

    Raises ValidationError where there is no owner, where one protects the customer still, or where a dispute waits already.
    """
    customer = Customer.objects.locked().get(pk=customer.pk)
    period = Ownership.objects.running().filter(customer=customer).select_related("user").first()
    if period is None:
        raise ValidationError(_("%(number)s has no owner: claim it.") % {"number": customer.number}, code="no_owner")
    if period.user_id == by.pk:
        raise ValidationError(_("You own this customer already."), code="own")
    if period.is_protected:
        raise ValidationError(
            _("%(number)s is protected until %(day)s."),
            code="protected",
            params={"number": customer.number, "day": timezone.localdate(period.protected_until)},
        )
    due = timezone.now() + timedelta(days=OwnershipSettings.current().answer_days)
    dispute = OwnershipDispute(
        number=next_number("DP"),
        customer=customer,
        claimant=by,
        holder=period.user,
        claim=_text(claim),
        answer_due_at=due,
    )
    try:
        with transaction.atomic():
            dispute.save()
    except IntegrityError as error:
        raise ValidationError(_("A dispute about this customer waits already."), code="waits") from error
    _keep(dispute, files, by)
    audit.record("dispute.opened", dispute, by=by, data={"customer": customer.number})
    facts = {"who": by, "day": timezone.localdate(due)}
    _tell(dispute, [period.user], CLAIMED, by, **facts)
    return dispute


@transaction.atomic
def answer(dispute: OwnershipDispute, *, answer: str, by: User, files: Sequence[Any] = ()) -> OwnershipDispute:
    """What the owner says to the claim. Raises ValidationError for anybody else."""
    dispute = _locked(dispute, DisputeStatus.ANSWERED)
    if by.pk != dispute.holder_id:
        raise ValidationError(_("Only the owner answers the claim."), code="not_holder")
    dispute.answer, dispute.answered_at = _text(answer), timezone.now()
    _keep(dispute, files, by)
    _move(dispute, DisputeStatus.ANSWERED, "dispute.answered", by)
    _tell(dispute, [dispute.claimant, *deciders()], ANSWERED, by)
    return dispute


@transaction.atomic
def decide(dispute: OwnershipDispute, *, winner: str, decision: str, by: User) -> OwnershipDispute:
    """Decide as a third person: the winner gets the customer, protected for a while; the other may appeal once.

    Raises ValidationError for the parties, and before the answer came or was due.
    """
    customer = Customer.objects.locked().get(pk=dispute.customer_id)
    dispute = _locked(dispute, DisputeStatus.DECIDED)
    _refuse_parties(dispute, by)
    if not dispute.may_be_decided:
        raise ValidationError(
            _("The owner may answer until %(day)s; decide then.") % {"day": timezone.localdate(dispute.answer_due_at)},
            code="too_early",
        )
    rules = OwnershipSettings.current()
    dispute.winner, dispute.decision = winner, _text(decision)
    dispute.decided_by, dispute.decided_at = by, timezone.now()
    dispute.appeal_until = dispute.decided_at + timedelta(days=rules.appeal_days)
    _move(dispute, DisputeStatus.DECIDED, "dispute.decided", by, winner=winner)
    _carry_out(dispute, customer, winner, Source.DECIDED, by, rules)
    _tell(dispute, [dispute.claimant, dispute.holder], DECIDED, by)
    return dispute


@transaction.atomic
def appeal(dispute: OwnershipDispute, *, appeal: str, by: User) -> OwnershipDispute:
    """Ask for another decision by another person. Raises ValidationError unless `by` lost, and in time.

    The customer stays with whom the first decision gave it to until then.
    """
    Customer.objects.locked().get(pk=dispute.customer_id)
    dispute = _locked(dispute, DisputeStatus.APPEALED)
    if by != dispute.loser():
        raise ValidationError(_("Who lost may appeal."), code="not_loser")
    if dispute.appeal_until is None or dispute.appeal_until < timezone.now():
        raise ValidationError(_("The time to appeal is over."), code="too_late")
    dispute.appeal, dispute.appealed_by, dispute.appealed_at = _text(appeal), by, timezone.now()
    try:
        with transaction.atomic():
            _move(dispute, DisputeStatus.APPEALED, "dispute.appealed", by)
    except IntegrityError as error:
        raise ValidationError(_("A dispute about this customer waits already."), code="waits") from error
    _tell(dispute, [dispute.claimant, dispute.holder, *deciders()], APPEALED, by)
    return dispute


@transaction.atomic
def decide_appeal(dispute: OwnershipDispute, *, winner: str, decision: str, by: User) -> OwnershipDispute:
    """Decide an appeal for good. Raises ValidationError for the parties and for who decided before."""
    customer = Customer.objects.locked().get(pk=dispute.customer_id)
    dispute = _locked(dispute, DisputeStatus.CLOSED)
    if dispute.status != DisputeStatus.APPEALED:
        raise ValidationError(_("Nobody appealed."), code="not_appealed")
    _refuse_parties(dispute, by)
    if by.pk == dispute.decided_by_id:
        raise ValidationError(
            _("Somebody else decides an appeal than the decision it is against."), code="same_decider"
        )
    dispute.final_winner, dispute.final_decision, dispute.final_by = winner, _text(decision), by
    dispute.closed_at = timezone.now()
    _move(dispute, DisputeStatus.CLOSED, "dispute.closed", by, winner=winner)
    _carry_out(dispute, customer, winner, Source.APPEALED, by, OwnershipSettings.current())
    _tell(dispute, [dispute.claimant, dispute.holder], DECIDED, by)
    return dispute


@transaction.atomic
def withdraw(dispute: OwnershipDispute, *, by: User) -> OwnershipDispute:
    """Take the claim back. Raises ValidationError for anybody but who made it."""
    dispute = _locked(dispute, DisputeStatus.WITHDRAWN)
    if by.pk != dispute.claimant_id:
        raise ValidationError(_("Who claims may withdraw."), code="not_claimant")
    dispute.closed_at = timezone.now()
    _move(dispute, DisputeStatus.WITHDRAWN, "dispute.withdrawn", by)
    _tell(dispute, [dispute.holder], WITHDRAWN, by)
    return dispute


@transaction.atomic
def close_decided() -> int:
    """Close what was decided and not appealed against in time; how many."""
    over = OwnershipDispute.objects.locked().filter(status=DisputeStatus.DECIDED, appeal_until__lt=timezone.now())
    rows = list(over[:500])
    for dispute in rows:
        dispute.closed_at = timezone.now()
        _move(dispute, DisputeStatus.CLOSED, "dispute.closed", None)
    return len(rows)


def deciders() -> list[User]:
    """Active people who may decide."""
    return list(User.objects.active().filter(groups__permissions__codename="decide_ownershipdispute").distinct())


def _locked(dispute: OwnershipDispute, status: str) -> OwnershipDispute:
    dispute = OwnershipDispute.objects.locked().get(pk=dispute.pk)
    dispute.must_become(status)
    return dispute


def _refuse_parties(dispute: OwnershipDispute, by: User) -> None:
    if by.pk in dispute.parties():
        raise ValidationError(_("A third person decides, neither who claims nor who owns."), code="party")


def _move(dispute: OwnershipDispute, status: str, verb: str, by: User | None, **data: Any) -> None:
    dispute.status = status
    dispute.save()
    audit.record(verb, dispute, by=by, data=data)


def _carry_out(
    dispute: OwnershipDispute, customer: Customer, winner: str, source: str, by: User, rules: OwnershipSettings
) -> None:
    """Give the customer to the winner. A winner who has left gets nothing: then it stays as it is."""
    person = dispute.claimant if winner == Winner.CLAIMANT else dispute.holder
    if person.is_active:
        transfer([customer], person, by=by, source=source, reason=dispute.number, protected_days=rules.protection_days)


def _text(text: str) -> str:
    if not text.strip():
        raise ValidationError(_("Say why."), code="empty")
    return text.strip()


def _keep(dispute: OwnershipDispute, files: Sequence[Any], by: User) -> None:
    """Keep evidence under random names. Raises TooLarge, or ValidationError for an empty file."""
    for file in files:
        check_size(file)
    for file in files:
        name = clean_name(file.name)
        found = examine(file, name)
        file.seek(0)
        digest = hashlib.sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
        kept = DisputeFile(
            dispute=dispute,
            name=name,
            size=file.size,
            sha256=digest.hexdigest(),
            content_type=found.content_type,
            is_safe=not found.reason,
            added_by=by,
        )
        kept.file.save(secrets.token_hex(16), File(file), save=False)
        kept.save()


def _tell(dispute: OwnershipDispute, people: Sequence[User], sentence: str, by: User | None, **facts: Any) -> None:
    facts = {"dispute": dispute.number, "customer": dispute.customer.number, **facts}
    once = list({person.pk: person for person in people if person.is_active}.values())
    tell(once, lambda: _(sentence) % facts, url=dispute.get_absolute_url(), by=by)
