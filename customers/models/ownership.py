"""Who looks after a customer, since when and why; claims against owners, and the rules of both."""

from datetime import datetime, timedelta
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from customers import masking
from customers.masking import MaskingQuerySet, Personal
from customers.models.customers import Customer


@tracked()
class OwnershipSettings(models.Model):
    """The rules of owning customers: one row, made when they are first changed."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    most_held = models.PositiveIntegerField(
        _("customers at most"), default=200, help_text=_("Who holds as many claims no more. Leads may give more.")
    )
    most_claims = models.PositiveIntegerField(_("claims a day at most"), default=20)
    idle_days = models.PositiveIntegerField(
        _("idle days"),
        default=60,
        validators=[MinValueValidator(1)],
        help_text=_("Without an order, a contact or a note for so long, the customer goes back to the pool."),
    )
    reminder_days = models.PositiveIntegerField(
        _("days of warning"), default=7, help_text=_("The owner is reminded so many days before that.")
    )
    protection_days = models.PositiveIntegerField(
        _("days of protection"),
        default=14,
        help_text=_(
            "After a claim or a decision nobody can dispute the customer for so long, and it is not taken away."
        ),
    )
    pause_days = models.PositiveIntegerField(
        _("days of pause"),
        default=3,
        help_text=_("Who lost a customer to the pool may claim it again after so many days."),
    )
    answer_days = models.PositiveIntegerField(
        _("days to answer a dispute"), default=5, validators=[MinValueValidator(1)]
    )
    appeal_days = models.PositiveIntegerField(_("days to appeal"), default=7, validators=[MinValueValidator(1)])

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rules of ownership")
        verbose_name_plural = _("rules of ownership")
        constraints = [
            models.CheckConstraint(
                condition=Q(reminder_days__lt=F("idle_days")),
                name="ownership_reminder_before",
                violation_error_message=_("The warning must come within the idle days."),
            ),
            models.CheckConstraint(condition=Q(only=True), name="ownership_one_row"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "OwnershipSettings":
        """The rules in force."""
        return cls.objects.first() or cls()


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class OwnershipQuerySet(MaskingQuerySet):
    def running(self) -> Self:
        return self.filter(ended_at=None)

    def idle_since(self, moment: datetime) -> Self:
        """Periods that run, and in which nothing happened since `moment`; an index has them."""
        return self.running().filter(active_at__lt=moment)

    def about_to_end(self) -> Self:
        """Those that go back to the pool soon, unless something happens."""
        rules = OwnershipSettings.current()
        return self.idle_since(timezone.now() - timedelta(days=rules.idle_days - rules.reminder_days))


class Ownership(models.Model):
    """A period in which somebody looks after a customer. Written by `services.ownership` alone.

    Periods of a customer never overlap; one is ended once and otherwise stays as it is (`active_at` and `reminded_at` are
    kept by the job that recycles). A deferred trigger holds `Customer.owner` to the period that runs.
    """

    class Source(models.TextChoices):
        BEFORE = "before", _("From before periods were kept")
        GIVEN = "given", _("Given by a lead")
        CLAIMED = "claimed", _("Claimed from the pool")
        EDITED = "edited", _("Bulk edit or import")
        DECIDED = "decided", _("Decision of a dispute")
        APPEALED = "appealed", _("Decision of an appeal")
        MERGED = "merged", _("Merge of customers")
        UNMERGED = "unmerged", _("Merge undone")
        RECYCLED = "recycled", _("Idle for too long")
        RELEASED = "released", _("Given back")
        LEFT = "left", _("The owner left")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="periods", verbose_name=_("customer"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    began_at = models.DateTimeField(_("since"), default=timezone.now)
    source = models.CharField(_("how"), max_length=10, choices=Source, default=Source.GIVEN)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)
    protected_until = models.DateTimeField(_("protected until"), null=True, blank=True)
    active_at = models.DateTimeField(_("last activity"), default=timezone.now)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    ended_how = models.CharField(_("how it ended"), max_length=10, choices=Source, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    rules: OwnershipSettings | None = None  # where many rows are shown, read once

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        ordering = ["-began_at", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="ownership_no_overlap",
                expressions=[
                    (TsTzRange("began_at", "ended_at"), RangeOperators.OVERLAPS),
                    ("customer", RangeOperators.EQUAL),
                ],
                violation_error_message=_("Somebody owns this customer at that time already."),
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(ended_at=None),
                name="ownership_one_runs",
                violation_error_message=_("Somebody owns this customer already."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")), name="ownership_ends_after"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "active_at", "id"], condition=Q(ended_at=None), name="ownership_of_user"),
            models.Index(fields=["active_at", "id"], condition=Q(ended_at=None), name="ownership_idle"),
            models.Index(fields=["user", "-began_at"], name="ownership_claims"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ends_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
                       AND to_jsonb(OLD) - '{ended_at,ended_how,ended_by_id,active_at,reminded_at}'::text[]
                         = to_jsonb(NEW) - '{ended_at,ended_how,ended_by_id,active_at,reminded_at}'::text[] THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'A period of ownership is ended once and never changed: begin another one.'
                    USING ERRCODE = 'restrict_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.user}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    @property
    def is_protected(self) -> bool:
        return self.protected_until is not None and self.protected_until > timezone.now()

    @property
    def idle_days(self) -> int:
        """Whole days since anything happened."""
        return max((timezone.now() - self.active_at).days, 0)

    @property
    def recycled_at(self) -> datetime:
        """When the customer goes back to the pool, if nothing happens until then."""
        rules = self.rules or OwnershipSettings.current()
        idle = self.active_at + timedelta(days=rules.idle_days)
        return max(idle, self.protected_until) if self.protected_until else idle


class DisputeStatus(models.TextChoices):
    OPEN = "open", _("Waits for an answer")
    ANSWERED = "answered", _("Waits for a decision")
    DECIDED = "decided", _("Decided")
    APPEALED = "appealed", _("Appealed")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


DISPUTE_TRANSITIONS = {
    DisputeStatus.OPEN: {DisputeStatus.ANSWERED, DisputeStatus.DECIDED, DisputeStatus.WITHDRAWN},
    DisputeStatus.ANSWERED: {DisputeStatus.DECIDED, DisputeStatus.WITHDRAWN},
    DisputeStatus.DECIDED: {DisputeStatus.APPEALED, DisputeStatus.CLOSED},
    DisputeStatus.APPEALED: {DisputeStatus.CLOSED},
}
FREEZING = (DisputeStatus.OPEN, DisputeStatus.ANSWERED, DisputeStatus.APPEALED)


class DisputeQuerySet(MaskingQuerySet):
    def freezing(self) -> Self:
        """Those that keep a customer with the present owner until they are decided."""
        return self.filter(status__in=FREEZING)

    def to_decide(self) -> Self:
        """Answered, appealed, or past the day by which an answer was due."""
        late = Q(status=DisputeStatus.OPEN, answer_due_at__lte=timezone.now())
        return self.filter(late | Q(status__in=[DisputeStatus.ANSWERED, DisputeStatus.APPEALED]))


@tracked()
class OwnershipDispute(Personal, Stateful):
    """A claim against the owner of a customer: claim, answer, decision by a third person, at most one appeal.

    `status` is written by `services.ownership`; while a dispute waits the customer changes hands by its decision alone.
    """

    PERSONAL = {
        "claim": masking.text,
        "answer": masking.text,
        "decision": masking.text,
        "appeal": masking.text,
        "final_decision": masking.text,
    }
    Status = DisputeStatus
    TRANSITIONS = DISPUTE_TRANSITIONS
    lookup_fields = ("number",)

    class Winner(models.TextChoices):
        CLAIMANT = "claimant", _("Who claims it")
        HOLDER = "holder", _("Who had it")

    number = models.CharField(_("number"), max_length=40, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disputes", verbose_name=_("customer"))
    claimant = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("claimed by")
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner at the time")
    )
    status = models.CharField(_("status"), max_length=10, choices=DisputeStatus, default=DisputeStatus.OPEN)
    claim = models.TextField(_("claim"), max_length=4000)
    created_at = models.DateTimeField(_("claimed"), default=timezone.now)
    answer_due_at = models.DateTimeField(_("answer due"))
    answer = models.TextField(_("answer"), max_length=4000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    winner = models.CharField(_("decided for"), max_length=10, choices=Winner, blank=True)
    decision = models.TextField(_("decision"), max_length=4000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    appeal_until = models.DateTimeField(_("appeal until"), null=True, blank=True)
    appeal = models.TextField(_("appeal"), max_length=4000, blank=True)
    appealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("appealed by")
    )
    appealed_at = models.DateTimeField(_("appealed at"), null=True, blank=True)
    final_winner = models.CharField(_("finally decided for"), max_length=10, choices=Winner, blank=True)
    final_decision = models.TextField(_("decision of the appeal"), max_length=4000, blank=True)
    final_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("appeal decided by"),
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(status__in=FREEZING),
                name="dispute_one_waits",
                violation_error_message=_("A dispute about this customer waits already."),
            ),
            models.CheckConstraint(
                condition=~Q(claimant=F("holder")),
                name="dispute_two_parties",
                violation_error_message=_("You own this customer already."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("claimant")) & ~Q(decided_by=F("holder")),
                name="dispute_decided_by_a_third",
                violation_error_message=_("A third person decides, neither who claims nor who owns."),
            ),
            models.CheckConstraint(
                condition=Q(final_by=None)
                | ~Q(final_by=F("claimant")) & ~Q(final_by=F("holder")) & ~Q(final_by=F("decided_by")),
                name="dispute_appeal_by_another",
                violation_error_message=_("Somebody else decides an appeal than the decision it is against."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["decided", "appealed", "closed"])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(winner=""),
                name="dispute_decision_complete",
            ),
            models.CheckConstraint(
                condition=~Q(status="appealed") | Q(appealed_by__isnull=False) & ~Q(appeal=""),
                name="dispute_appeal_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "answer_due_at", "id"], name="dispute_status"),
            models.Index(fields=["-created_at", "-id"], name="dispute_newest"),
        ]
        triggers = [legal_transitions("status", DISPUTE_TRANSITIONS)]
        permissions = [("decide_ownershipdispute", _("Can decide disputes about customers"))]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("disputes:dispute", args=[self.number])

    @property
    def may_be_decided(self) -> bool:
        """Whether it waits for a decision: it was answered, or nobody answered in time."""
        late = self.status == DisputeStatus.OPEN and self.answer_due_at <= timezone.now()
        return late or self.status == DisputeStatus.ANSWERED

    def loser(self) -> Any:
        """The party that may appeal against the decision."""
        return self.holder if self.winner == self.Winner.CLAIMANT else self.claimant

    def parties(self) -> set[int]:
        return {self.claimant_id, self.holder_id}


@tracked()
class DisputeFile(models.Model):
    """Evidence of a dispute, kept under a random name and served as a download only."""

    dispute = models.ForeignKey(OwnershipDispute, models.PROTECT, related_name="evidence", verbose_name=_("dispute"))
    file = models.FileField(_("file"), upload_to="disputes/")
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(_("type"), max_length=100)
    is_safe = models.BooleanField(_("safe"), default=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
