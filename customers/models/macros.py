"""Prepared answers: a text with placeholders, and what is done to the ticket with it."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, in_reader_language, tracked
from customers.models.tickets import Message, Queue, Ticket, TicketStatus


class MacroQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "MacroQuerySet":
        slugs = user.scope("queue")
        return self if slugs is None else self.filter(Q(for_queue=None) | Q(for_queue__slug__in=slugs))


@tracked()
class Macro(models.Model):
    """What agents answer again and again. Blank actions leave the ticket as it is."""

    class Mode(models.TextChoices):
        REPLY = Message.Kind.REPLY.value, _("Answer the customer")
        NOTE = Message.Kind.NOTE.value, _("Internal note")

    lookup_fields = ("name", "name_zh")

    name = models.CharField(_("name"), max_length=120, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    mode = models.CharField(_("kind of message"), max_length=10, choices=Mode, default=Mode.REPLY)
    body = models.TextField(_("text"), max_length=20_000, blank=True)
    body_zh = models.TextField(_("Chinese text"), max_length=20_000, blank=True)
    for_queue = models.ForeignKey(
        Queue,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only for the queue"),
        help_text=_("Blank: offered in every queue."),
    )
    status = models.CharField(
        _("then the ticket is"),
        max_length=10,
        blank=True,
        choices=[(s.value, s.label) for s in TicketStatus if s in ("open", "pending", "on_hold", "solved")],
    )
    queue = models.ForeignKey(
        Queue, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("move to the queue")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Ticket.Priority, null=True, blank=True)
    takes = models.BooleanField(
        _("assign to who uses it"), default=False, help_text=_("Tickets of colleagues stay with them.")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assign to")
    )
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("add tags"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = MacroQuerySet.as_manager()

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(
                    body="", body_zh="", status="", queue=None, priority=None, assignee=None, takes=False, tags=[]
                ),
                name="macro_does_something",
                violation_error_message=_("A macro has a text or does something."),
            ),
            models.CheckConstraint(
                condition=Q(takes=False) | Q(assignee=None),
                name="macro_one_assignee",
                violation_error_message=_("Assign to one person: who uses it, or the one chosen."),
            ),
        ]

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    def get_absolute_url(self) -> str:
        return reverse("tickets:macro", args=[self.pk])
