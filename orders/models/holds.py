"""Why an order waits."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from orders.models.orders import Order


class HoldQuerySet(VisibleQuerySet):
    def standing(self) -> "HoldQuerySet":
        return self.filter(released_at=None)


@tracked()
class OrderHold(models.Model):
    """A reason why nothing of an order may be picked, packed or shipped until somebody releases it. Several may stand at once,
    one of each kind; a trigger keeps `Order.on_hold`."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment to be clarified")
        ADDRESS = "address", _("Address to be clarified")
        FRAUD = "fraud", _("Suspicion of fraud")
        STOCK = "stock", _("Stock to be clarified")

    order = models.ForeignKey(Order, models.PROTECT, related_name="holds", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("released by")
    )
    released_because = models.CharField(_("released because"), max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                condition=Q(released_at=None),
                name="order_hold_once",
                violation_error_message=_("The order is on hold for this already."),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="order_hold_reason", violation_error_message=_("Say why.")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keeps_on_hold",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("released_at", "order_id") | pgtrigger.Delete,
                declare=[("key", "bigint")],
                func="""
                    FOREACH key IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.order_id] WHEN 'DELETE' THEN ARRAY[OLD.order_id]
                                                    ELSE ARRAY[OLD.order_id, NEW.order_id] END LOOP
                        -- Locked first, so that the holds are read after whoever held the order has committed.
                        PERFORM FROM orders_order WHERE id = key FOR NO KEY UPDATE;
                        UPDATE orders_order o SET on_hold = h.stands, updated_at = now()
                        FROM (SELECT EXISTS (SELECT FROM orders_orderhold WHERE order_id = key AND released_at IS NULL) AS stands) h
                        WHERE o.id = key AND o.on_hold <> h.stands;
                    END LOOP;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return self.order.get_absolute_url()


def refuses_held_orders() -> pgtrigger.Trigger:
    """Of an order on hold no parcel is made, picked, packed or shipped; what was not found may be set apart."""
    return pgtrigger.Trigger(
        name="refuses_held_orders",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("status", "wave_id"),
        func="""
            IF (CASE WHEN TG_OP = 'INSERT' THEN NEW.status <> 'canceled' AND NEW.hold_reason = ''
                     ELSE (NEW.status <> OLD.status AND NEW.status IN ('packed', 'shipped'))
                          OR (NEW.wave_id IS NOT NULL AND NEW.wave_id IS DISTINCT FROM OLD.wave_id) END)
               AND EXISTS (SELECT FROM orders_order WHERE id = NEW.order_id AND on_hold) THEN
                RAISE EXCEPTION '% waits: its order is on hold.', NEW.number USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )
