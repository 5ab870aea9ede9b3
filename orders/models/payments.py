"""Money that was promised, came in and went back."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import VisibleQuerySet
from backoffice.triggers import append_only
from orders.models.orders import Order
from orders.models.refunds import RefundGrant
from orders.models.returns import Return


def _adds(func: str, name: str) -> pgtrigger.Trigger:
    """What an entry adds to its order, which services lock before."""
    return pgtrigger.Trigger(name=name, when=pgtrigger.After, operation=pgtrigger.Insert, func=f"{func} RETURN NULL;")


class Authorization(models.Model):
    """Money that a customer's bank promised for an order. Append-only but for `captured` and `voided`, which triggers of
    Payment and AuthorizationVoid keep; what is left of it is part of `Order.authorized`."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="authorizations", verbose_name=_("order"))
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    captured = MoneyField(_("captured"), default=0, editable=False)
    voided = MoneyField(_("voided"), default=0, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("authorization")
        verbose_name_plural = _("authorizations")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="authorization_amount",
                violation_error_message=_("The amount must be above zero."),
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=0) & Q(voided__gte=0) & Q(amount__gte=F("captured") + F("voided")),
                name="authorization_captured_within",
                violation_error_message=_("No more can be captured than was authorized."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="append_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
                func="""
                    RAISE EXCEPTION '% is append-only: capture or void it.', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
                """,
            ),
            _adds(
                "UPDATE orders_order SET authorized = authorized + NEW.amount, updated_at = now() WHERE id = NEW.order_id;",
                "adds_to_authorized",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"

    @property
    def left(self) -> Any:
        """What can still be captured."""
        return self.amount - self.captured - self.voided


class AuthorizationVoid(models.Model):
    """What was left of an authorization was given up. Append-only; its trigger takes it off `Order.authorized`."""

    authorization = models.ForeignKey(
        Authorization, models.PROTECT, related_name="voids", verbose_name=_("authorization")
    )
    amount = MoneyField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("voided authorization")
        verbose_name_plural = _("voided authorizations")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="void_amount")]
        triggers = [
            append_only(),
            _adds(
                """
                UPDATE orders_order o SET authorized = o.authorized - NEW.amount, voided = o.voided + NEW.amount, updated_at = now()
                FROM orders_authorization a WHERE a.id = NEW.authorization_id AND o.id = a.order_id;
                UPDATE orders_authorization SET voided = voided + NEW.amount WHERE id = NEW.authorization_id;
                """,
                "takes_off_authorized",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authorization_id}: {self.amount}"


class Payment(models.Model):
    """Money that came in for an order, by itself or out of an authorization. Append-only; its trigger adds to `Order.paid`."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    authorization = models.ForeignKey(
        Authorization, models.PROTECT, null=True, blank=True, related_name="captures", verbose_name=_("authorization")
    )
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="payment_amount",
                violation_error_message=_("The amount must be above zero."),
            )
        ]
        triggers = [
            append_only(),
            _adds(
                """
                UPDATE orders_order SET paid = paid + NEW.amount, updated_at = now(),
                    authorized = authorized - CASE WHEN NEW.authorization_id IS NULL THEN 0 ELSE NEW.amount END
                WHERE id = NEW.order_id;
                IF NEW.authorization_id IS NOT NULL THEN
                    UPDATE orders_authorization SET captured = captured + NEW.amount
                    WHERE id = NEW.authorization_id AND order_id = NEW.order_id;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'An authorization pays no other order than its own.' USING ERRCODE = 'check_violation';
                    END IF;
                END IF;
                """,
                "adds_to_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"


class Refund(models.Model):
    """Money given back. Append-only; its trigger adds to `Order.refunded`, which a CHECK keeps within `paid`, and executes
    the grant that it follows from. Refunds of other systems, and money carried over, have none."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    grant = models.OneToOneField(
        RefundGrant, models.PROTECT, null=True, blank=True, related_name="refund", verbose_name=_("granted as")
    )
    order_return = models.ForeignKey(
        Return, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("return")
    )
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="refund_amount",
                violation_error_message=_("The amount must be above zero."),
            )
        ]
        triggers = [
            append_only(),
            _adds(
                """
                IF NEW.grant_id IS NOT NULL THEN
                    UPDATE orders_refundgrant SET status = 'executed'
                    WHERE id = NEW.grant_id AND order_id = NEW.order_id AND amount = NEW.amount;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'A refund is of the order and the amount that were granted.'
                        USING ERRCODE = 'check_violation';
                    END IF;
                END IF;
                UPDATE orders_order SET refunded = refunded + NEW.amount, updated_at = now() WHERE id = NEW.order_id;
                """,
                "adds_to_refunded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"
