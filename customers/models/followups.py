"""What somebody is to do about a customer, and what colleagues should know: follow-ups and notes."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, tracked
from backoffice.triggers import legal_transitions
from customers import masking
from customers.masking import MaskingQuerySet, Personal
from customers.models.customers import Customer
from customers.models.tickets import Ticket


class FollowUpStatus(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELED = "canceled", _("Canceled")


FOLLOW_UP_TRANSITIONS = {FollowUpStatus.OPEN: {FollowUpStatus.DONE, FollowUpStatus.CANCELED}}


class FollowUpQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> "FollowUpQuerySet":
        """A merge leaves what both customers had planned with the merged one: it is done once, for the survivor."""
        return self.filter(customer__merged_into=None)

    def open(self) -> "FollowUpQuerySet":
        return self.filter(status=FollowUpStatus.OPEN)

    def overdue(self) -> "FollowUpQuerySet":
        return self.open().filter(due_on__lt=timezone.localdate())

    def today(self) -> "FollowUpQuerySet":
        return self.open().filter(due_on=timezone.localdate())

    def later(self) -> "FollowUpQuerySet":
        return self.open().filter(due_on__gt=timezone.localdate())

    def due(self) -> "FollowUpQuerySet":
        """Today or overdue."""
        return self.open().filter(due_on__lte=timezone.localdate())


@tracked()
class FollowUp(Personal, Stateful):
    """Something to do about a customer by a day. `status` is written by `complete_follow_up` and `cancel_follow_up`."""

    PERSONAL = {"what": masking.text, "outcome": masking.text}
    lookup_fields = ("what",)

    Status = FollowUpStatus
    TRANSITIONS = FOLLOW_UP_TRANSITIONS

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="follow_ups", verbose_name=_("customer"))
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="follow_ups", verbose_name=_("ticket")
    )
    what = models.CharField(_("what to do"), max_length=300)
    due_on = models.DateField(_("due"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("assignee"),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    outcome = models.CharField(_("outcome"), max_length=500, blank=True)
    after = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="next", verbose_name=_("tried before")
    )
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("planned by")
    )
    created_at = models.DateTimeField(_("planned"), default=timezone.now)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="done") | ~Q(outcome=""),
                name="follow_up_done_has_outcome",
                violation_error_message=_("Say what came of it."),
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at=None) | ~Q(status="open") & Q(ended_at__isnull=False),
                name="follow_up_ended_when_not_open",
            ),
            models.CheckConstraint(
                condition=~Q(what=""), name="follow_up_says_what", violation_error_message=_("Say what is to be done.")
            ),
            models.UniqueConstraint(
                "customer",
                Upper("what"),
                condition=Q(status="open"),
                name="follow_up_open_once",
                violation_error_message=_("This is planned for the customer already."),
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="follow_up_due"),
            models.Index(fields=["status", "due_on", "id"], name="follow_up_status"),
            models.Index(fields=["assignee", "status", "due_on", "id"], name="follow_up_assignee"),
            models.Index(fields=["customer", "-id"], name="follow_up_customer"),
        ]
        triggers = [legal_transitions("status", FOLLOW_UP_TRANSITIONS)]

    def __str__(self) -> str:
        return self.what

    def get_absolute_url(self) -> str:
        return reverse("followups:followup", args=[self.pk])

    @property
    def is_overdue(self) -> bool:
        return self.status == FollowUpStatus.OPEN and self.due_on < timezone.localdate()


@tracked()
class CustomerNote(Personal):
    """A remark for colleagues. Its author may change it; pinned ones stand first on the customer's page."""

    PERSONAL = {"text": masking.text}

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes", verbose_name=_("customer"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    text = models.TextField(_("text"), max_length=2000)
    is_pinned = models.BooleanField(_("pinned"), default=False)
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-is_pinned", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="customer_note_says", violation_error_message=_("Write the note first.")
            )
        ]
        indexes = [models.Index(fields=["customer", "-is_pinned", "-id"], name="customer_note_of_customer")]

    def __str__(self) -> str:
        return self.text[:80]

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    def may_edit(self, user: Any) -> bool:
        return self.author_id == user.pk
