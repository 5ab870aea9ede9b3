"""What comes back, why, and what the customer gets instead."""

from collections.abc import Iterable, Mapping

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import Stateful, VisibleQuerySet, in_reader_language, tracked
from backoffice.triggers import legal_transitions
from catalog.models import Variant
from inventory.models import Location
from orders.models.orders import Order, OrderLine


class ReturnStatus(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")
    REFUSED = "refused", _("Refused")
    CANCELED = "canceled", _("Canceled")


RETURN_TRANSITIONS: Mapping[str, Iterable[str]] = {
    ReturnStatus.REQUESTED: {ReturnStatus.APPROVED, ReturnStatus.REFUSED, ReturnStatus.CANCELED},
    ReturnStatus.APPROVED: {ReturnStatus.RECEIVED, ReturnStatus.CANCELED},
    ReturnStatus.RECEIVED: {ReturnStatus.CLOSED},
}


@tracked()
class ReturnCause(models.Model):
    """Why customers send things back: a short list that the shop edits."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("Chinese name"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = VisibleQuerySet.as_manager()

    OTHER = "other"  # what a reason is that somebody only wrote down

    class Meta:
        verbose_name = _("reason of returns")
        verbose_name_plural = _("reasons of returns")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)


class ReturnQuerySet(VisibleQuerySet):
    def announced(self) -> "ReturnQuerySet":
        """On their way: not received yet, or not all of it."""
        return self.filter(status__in=[ReturnStatus.REQUESTED, ReturnStatus.APPROVED])


@tracked()
class Return(Stateful):
    """Goods that a customer sends back. `status` is written by request, approve, refuse, receive, close and cancel;
    `value` by the trigger of its lines, `refunded` by that of Refund: a CHECK keeps it within `value`."""

    Status = ReturnStatus
    TRANSITIONS = RETURN_TRANSITIONS

    number = models.CharField(_("number"), max_length=40, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns", verbose_name=_("order"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="returns", verbose_name=_("received at")
    )
    exchange = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="exchange_of", verbose_name=_("exchange order")
    )
    value = MoneyField(
        _("value received"), default=0, db_default=0, help_text=_("Of the pieces that arrived, tax included.")
    )
    refunded = MoneyField(_("refunded"), default=0, db_default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__lte=F("value")) & Q(refunded__gte=0),
                name="return_refund_within_value",
                violation_error_message=_("Refunds for a return cannot exceed the value of what arrived."),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="return_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="return_status"),
            models.Index(fields=["received_at"], condition=Q(received_at__isnull=False), name="return_received"),
        ]
        triggers = [
            legal_transitions("status", RETURN_TRANSITIONS),
            pgtrigger.Trigger(
                name="goods_statuses_agree",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
                timing=pgtrigger.Deferred,
                func="PERFORM orders_goods_must_agree(NEW.order_id); RETURN NULL;",
            ),
        ]
        permissions = [
            ("receive_unannounced", _("Can receive pieces that no return announced")),
            ("exchange_in_advance", _("Can send exchanged goods before the return arrives")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:return", args=[self.number])

    @property
    def is_open(self) -> bool:
        """Whether something is left to do about it."""
        return self.status in (ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.RECEIVED)


@tracked()
class ReturnLine(models.Model):
    """Pieces of an order line on their way back, in which condition they arrived, and what became of them.

    Of those that arrived, `restocked` went back into stock and `scrapped` were thrown away; the others are set aside.
    `value` is what the customer paid for those that arrived; its trigger adds it up on the return.
    """

    order_return = models.ForeignKey(Return, models.CASCADE, related_name="lines", verbose_name=_("return"))
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="return_lines", verbose_name=_("order line"))
    quantity = models.PositiveIntegerField(_("announced"))
    unannounced = models.PositiveIntegerField(_("not announced"), default=0, db_default=0)
    reason = models.ForeignKey(
        ReturnCause, models.PROTECT, null=True, blank=True, related_name="lines", verbose_name=_("reason")
    )
    note = models.CharField(_("note"), max_length=300, blank=True, default="", db_default="")
    resellable = models.PositiveIntegerField(_("resellable"), default=0)
    damaged = models.PositiveIntegerField(_("damaged"), default=0)
    restocked = models.PositiveIntegerField(_("restocked"), default=0)
    scrapped = models.PositiveIntegerField(_("scrapped"), default=0, db_default=0)
    value = MoneyField(_("value"), default=0, db_default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order_return", "order_line"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0) | Q(unannounced__gt=0), name="return_line_some_pieces"),
            models.CheckConstraint(
                condition=Q(resellable__lte=F("quantity") + F("unannounced") - F("damaged")),
                name="return_line_received_within_accepted",
                violation_error_message=_("More pieces received than announced."),
            ),
            models.CheckConstraint(
                condition=Q(restocked__lte=F("resellable")),
                name="return_line_restock_once",
                violation_error_message=_("More pieces restocked than came back resellable."),
            ),
            models.CheckConstraint(
                condition=Q(scrapped__lte=F("resellable") + F("damaged") - F("restocked")),
                name="return_line_scrap_once",
                violation_error_message=_("More pieces scrapped than are set aside."),
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="return_line_value"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="adds_value",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("value") | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'INSERT' THEN
                        UPDATE orders_return SET value = value + NEW.value WHERE id = NEW.order_return_id;
                    ELSIF TG_OP = 'DELETE' THEN
                        UPDATE orders_return SET value = value - OLD.value WHERE id = OLD.order_return_id;
                    ELSE
                        UPDATE orders_return SET value = value + NEW.value - OLD.value WHERE id = NEW.order_return_id;
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.order_line}"

    @property
    def accepted(self) -> int:
        """Pieces that may arrive with it."""
        return self.quantity + self.unannounced

    @property
    def received(self) -> int:
        return self.resellable + self.damaged

    @property
    def missing(self) -> int:
        """Announced pieces that did not come; until the return is received they may still come."""
        return max(self.quantity - self.received, 0)

    @property
    def set_aside(self) -> int:
        """Pieces that arrived and are neither in stock nor thrown away."""
        return self.received - self.restocked - self.scrapped

    @property
    def restockable(self) -> int:
        """Resellable pieces that are set aside; those that were scrapped are taken as the damaged ones first."""
        return min(self.resellable - self.restocked, self.set_aside)


@tracked()
class ExchangeLine(models.Model):
    """What the customer gets instead of what comes back; without a price it costs what it costs when it is ordered."""

    order_return = models.ForeignKey(Return, models.CASCADE, related_name="exchange_lines", verbose_name=_("return"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="exchange_lines", verbose_name=_("variant"))
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("unit price"), null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("exchange line")
        verbose_name_plural = _("exchange lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_return", "variant"],
                name="exchange_line_once",
                violation_error_message=_("This article is named twice."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & (Q(unit_price=None) | Q(unit_price__gte=0)),
                name="exchange_line_amounts",
                violation_error_message=_("The quantity must be at least 1, and the price cannot be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"


def adds_to_return() -> pgtrigger.Trigger:
    """For refunds: adds those for a return up on it, where a CHECK keeps them within the value of what arrived."""
    return pgtrigger.Trigger(
        name="adds_to_return",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Condition("NEW.order_return_id IS NOT NULL"),
        func="""
            UPDATE orders_return SET refunded = refunded + NEW.amount WHERE id = NEW.order_return_id;
            RETURN NULL;
        """,
    )
