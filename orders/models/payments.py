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
from orders.models.returns import Return, adds_to_return


def _adds(func: str, name: str) -> pgtrigger.Trigger:
    """What the entries `added` add to their orders, which services lock before. Once a statement, for an import writes
    thousands: an update of each order by itself costs several times as much."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=f"{func} RETURN NULL;",
    )


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
                """
                UPDATE orders_order o SET authorized = o.authorized + a.amount, updated_at = now()
                FROM (SELECT order_id, sum(amount) AS amount FROM added GROUP BY order_id) a WHERE o.id = a.order_id;
                """,
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
                UPDATE orders_order o SET authorized = o.authorized - a.amount, voided = o.voided + a.amount, updated_at = now()
                FROM (SELECT t.order_id, sum(v.amount) AS amount FROM added v JOIN orders_authorization t ON t.id = v.authorization_id
                      GROUP BY t.order_id) a
                WHERE o.id = a.order_id;
                UPDATE orders_authorization t SET voided = t.voided + a.amount
                FROM (SELECT authorization_id, sum(amount) AS amount FROM added GROUP BY authorization_id) a
                WHERE t.id = a.authorization_id;
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
                UPDATE orders_order o SET paid = o.paid + a.amount, authorized = o.authorized - a.captured, updated_at = now()
                FROM (SELECT order_id, sum(amount) AS amount,
                             coalesce(sum(amount) FILTER (WHERE authorization_id IS NOT NULL), 0) AS captured
                      FROM added GROUP BY order_id) a
                WHERE o.id = a.order_id;
                IF EXISTS (SELECT FROM added WHERE authorization_id IS NOT NULL) THEN
                    UPDATE orders_authorization t SET captured = t.captured + a.amount
                    FROM (SELECT authorization_id, sum(amount) AS amount FROM added GROUP BY authorization_id) a
                    WHERE t.id = a.authorization_id;
                    IF EXISTS (SELECT FROM added p JOIN orders_authorization t ON t.id = p.authorization_id
                               WHERE t.order_id <> p.order_id) THEN
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
        indexes = [models.Index(fields=["at"], name="refund_at")]
        triggers = [
            append_only(),
            _adds(
                """
                IF EXISTS (SELECT FROM added WHERE grant_id IS NOT NULL) THEN
                    IF EXISTS (SELECT FROM added r JOIN orders_refundgrant g ON g.id = r.grant_id
                               WHERE (g.order_id, g.amount) <> (r.order_id, r.amount)) THEN
                        RAISE EXCEPTION 'A refund is of the order and the amount that were granted.'
                        USING ERRCODE = 'check_violation';
                    END IF;
                    UPDATE orders_refundgrant g SET status = 'executed' FROM added r WHERE g.id = r.grant_id;
                END IF;
                UPDATE orders_order o SET refunded = o.refunded + a.amount, updated_at = now()
                FROM (SELECT order_id, sum(amount) AS amount FROM added GROUP BY order_id) a WHERE o.id = a.order_id;
                """,
                "adds_to_refunded",
            ),
            adds_to_return(),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"
