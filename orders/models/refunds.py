"""Refunds that were asked for or granted; `Refund` is the money that left."""

from collections.abc import Iterable, Mapping

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.models import Approval
from backoffice.money import MoneyField
from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from orders.models.orders import Order
from orders.models.returns import Return


class GrantStatus(models.TextChoices):
    ASKED = "asked", _("To approve")
    GRANTED = "granted", _("To execute")
    EXECUTED = "executed", _("Executed")
    FAILED = "failed", _("Failed")
    REFUSED = "refused", _("Not approved")


GRANT_TRANSITIONS: Mapping[str, Iterable[str]] = {
    GrantStatus.ASKED: {GrantStatus.GRANTED, GrantStatus.REFUSED},
    GrantStatus.GRANTED: {GrantStatus.EXECUTED, GrantStatus.FAILED},
}


@tracked()
class RefundGrant(Stateful):
    """Money that is to be given back. While it is granted it counts against what was paid, in `Order.refund_granted`, which a
    trigger keeps; its Refund executes it. `status` is written by the services of refunds and by the trigger of Refund."""

    Status = GrantStatus
    TRANSITIONS = GRANT_TRANSITIONS

    number = models.CharField(_("number"), max_length=40, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="refund_grants", verbose_name=_("order"))
    order_return = models.ForeignKey(
        Return, models.PROTECT, null=True, blank=True, related_name="refund_grants", verbose_name=_("return")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.GRANTED)
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=40)
    reason = models.CharField(_("reason"), max_length=300)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    approval = models.ForeignKey(
        Approval, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approval")
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("asked for by")
    )
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("granted by")
    )
    granted_at = models.DateTimeField(_("granted"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    failure = models.CharField(_("why it failed"), max_length=300, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="refund_grant_amount",
                violation_error_message=_("The amount must be above zero."),
            ),
            models.CheckConstraint(
                condition=Q(approval=None) | Q(granted_by=None) | ~Q(granted_by=F("asked_by")),
                name="refund_grant_by_another",
                violation_error_message=_("Nobody grants what they asked for themselves."),
            ),
            models.CheckConstraint(
                condition=Q(status="granted", granted_at__isnull=False)
                | Q(status__in=["asked", "refused"], granted_at=None)
                | Q(status__in=["executed", "failed"], granted_at__isnull=False),
                name="refund_grant_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="refund_grant_newest"),
            models.Index(fields=["status", "-asked_at", "-id"], name="refund_grant_status"),
        ]
        triggers = [
            legal_transitions("status", GRANT_TRANSITIONS),
            pgtrigger.Trigger(
                name="stays_as_asked",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(
                    "order_id", "order_return_id", "amount", "method", "reason", "key", "asked_by_id"
                )
                | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'DELETE' OR (OLD.order_id, OLD.order_return_id, OLD.amount, OLD.method, OLD.reason, OLD.key, OLD.asked_by_id)
                        IS DISTINCT FROM (NEW.order_id, NEW.order_return_id, NEW.amount, NEW.method, NEW.reason, NEW.key, NEW.asked_by_id) THEN
                        RAISE EXCEPTION '% stays as it was asked for.', OLD.number USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="adds_to_granted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
                declare=[("change", "numeric")],
                func="""
                    change := CASE WHEN NEW.status = 'granted' THEN NEW.amount ELSE 0 END;
                    IF TG_OP = 'UPDATE' AND OLD.status = 'granted' THEN
                        change := change - OLD.amount;
                    END IF;
                    IF change <> 0 THEN
                        UPDATE orders_order SET refund_granted = refund_granted + change, updated_at = now() WHERE id = NEW.order_id;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]
        permissions = [
            ("approve_refund", _("Can approve refunds above the limit")),
            ("execute_refund", _("Can say that a refund was sent or failed")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:refund-grant", args=[self.number])
