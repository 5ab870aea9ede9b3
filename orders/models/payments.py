"""Money that came in and went back."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import VisibleQuerySet
from backoffice.triggers import append_only
from orders.models.orders import Order
from orders.models.returns import Return, adds_to_return


def _adds_to(column: str) -> pgtrigger.Trigger:
    """Once a statement, for an import writes thousands: an update of each order by itself costs several times as much."""
    return pgtrigger.Trigger(
        name=f"adds_to_{column}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=f"""
            UPDATE orders_order o SET {column} = o.{column} + a.amount, updated_at = now()
            FROM (SELECT order_id, sum(amount) AS amount FROM added GROUP BY order_id) a WHERE o.id = a.order_id;
            RETURN NULL;
        """,  # noqa: S608 - a column of ours
    )


class Payment(models.Model):
    """Money that came in for an order. Append-only; its trigger adds to `Order.paid`."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
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
        triggers = [append_only(), _adds_to("paid")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"


class Refund(models.Model):
    """Money given back. Append-only; its trigger adds to `Order.refunded`, which a CHECK keeps within `paid`."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
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
        triggers = [append_only(), _adds_to("refunded"), adds_to_return()]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"
