"""What the shop promises those who ask: when they get an answer, and when it is settled."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from backoffice.triggers import append_only
from customers.models.calendars import Calendar
from customers.models.tickets import Queue, Ticket, TicketPartQuerySet


class Kind(models.TextChoices):
    FIRST_REPLY = "first_reply", _("First reply")
    NEXT_REPLY = "next_reply", _("Next reply")
    RESOLUTION = "resolution", _("Resolution")


@tracked()
class Policy(models.Model):
    """Which tickets it is for (a blank condition holds for all), and what happens to them. The lowest position counts."""

    class OnChange(models.TextChoices):
        KEEP = "keep", _("what was promised stays")
        RECOUNT = "recount", _("the new time counts, less what was used already")
        RESTART = "restart", _("the new time counts from then on")

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Of several that fit, the one with the lowest position counts.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="policies", verbose_name=_("calendar"))
    queue = models.ForeignKey(
        Queue, models.PROTECT, null=True, blank=True, related_name="policies", verbose_name=_("queue")
    )
    priorities = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("priorities"), default=list, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Ticket.Channel, blank=True)
    price_group = models.CharField(_("customer group"), max_length=60, blank=True)
    tag = models.CharField(_("tag"), max_length=120, blank=True, help_text=_("Of the ticket or of its customer."))
    on_change = models.CharField(
        _("when priority or policy change"), max_length=10, choices=OnChange, default=OnChange.RECOUNT
    )
    warn_percent = models.PositiveSmallIntegerField(_("warn at percent of the time"), default=80)
    escalate_percent = models.PositiveSmallIntegerField(_("tell the leads at percent of the time"), default=150)
    raises_priority = models.BooleanField(_("raise the priority when the time is over"), default=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("service promise")
        verbose_name_plural = _("service promises")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(warn_percent__range=(1, 99)),
                name="policy_warns_before",
                violation_error_message=_("A warning comes at 1 to 99 percent of the time."),
            ),
            models.CheckConstraint(
                condition=Q(escalate_percent__range=(101, 1000)),
                name="policy_escalates_after",
                violation_error_message=_("Leads are told at 101 to 1000 percent of the time."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("promises:policy", args=[self.pk])


@tracked()
class PolicyTarget(models.Model):
    """Business minutes for tickets of one priority; a blank one promises nothing of its kind."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="targets", verbose_name=_("service promise"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Ticket.Priority)
    first_reply = models.PositiveIntegerField(_("first reply"), null=True, blank=True)
    next_reply = models.PositiveIntegerField(_("next reply"), null=True, blank=True)
    resolution = models.PositiveIntegerField(_("resolution"), null=True, blank=True)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["-priority"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "priority"], name="policy_target_once"),
            *(
                models.CheckConstraint(condition=Q(**{f"{kind}__range": (1, 100_000)}), name=f"policy_target_{kind}")
                for kind in Kind.values
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.get_priority_display()}"


class PromiseCycle(models.Model):
    """One promise to a ticket, from when it was given until it was kept, replaced, or no longer owed.

    What it says (`policy`, `priority`, `calendar`, `target`, percentages) is frozen when it is given. `used` are the business
    seconds of the stretches that are over, `paused` those during which it stood still; while it runs, `resumed_at` is
    when the present stretch began. Written by `customers_follow_promises` and `sla_tick` alone (sql/promises.sql).
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        FULFILLED = "fulfilled", _("kept")
        ENDED = "ended", _("no longer owed")
        REPLACED = "replaced", _("replaced")

    class Level(models.IntegerChoices):
        NONE = 0, _("in time")
        WARNED = 1, _("warned")
        BREACHED = 2, _("time over")
        ESCALATED = 3, _("long over")

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="promises", verbose_name=_("ticket"), db_index=False
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    policy = models.ForeignKey(
        Policy, models.PROTECT, related_name="promises", verbose_name=_("service promise"), db_index=False
    )
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="promises", verbose_name=_("calendar"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Ticket.Priority)
    target = models.PositiveIntegerField(_("business seconds"))
    warn_percent = models.PositiveSmallIntegerField()
    escalate_percent = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level, default=Level.NONE)
    started_at = models.DateTimeField(_("given"), default=timezone.now)
    resumed_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    used = models.PositiveIntegerField(default=0)
    paused = models.PositiveIntegerField(default=0)
    warn_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    escalate_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = TicketPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "kind", "cycle"], name="promise_cycle_once"),
            models.UniqueConstraint(
                fields=["ticket", "kind"], condition=Q(state__in=["running", "paused"]), name="promise_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="running", resumed_at__isnull=False, paused_at=None, ended_at=None)
                | Q(state="paused", paused_at__isnull=False, resumed_at=None, ended_at=None, due_at=None, next_at=None)
                | Q(state__in=["fulfilled", "ended", "replaced"], ended_at__isnull=False, next_at=None),
                name="promise_state_told",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], condition=Q(state="running"), name="promise_next"),
            models.Index(fields=["due_at", "id"], condition=Q(state="running"), name="promise_due"),
            models.Index(fields=["policy", "started_at"], name="promise_of_policy"),
            models.Index(fields=["started_at"], condition=Q(level__gte=2), name="promise_broken"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.cycle}"


class PromiseEvent(models.Model):
    """What happened to a promise; append-only. Each level is reached once, which the database holds."""

    class What(models.TextChoices):
        ACTIVATE = "activate", _("promised")
        PAUSE = "pause", _("paused")
        RESUME = "resume", _("goes on")
        FULFIL = "fulfil", _("kept")
        END = "end", _("no longer owed")
        REPLACE = "replace", _("replaced")
        WARN = "warn", _("warned")
        BREACH = "breach", _("time over")
        ESCALATE = "escalate", _("leads told")
        RAISE = "raise", _("priority raised")

    promise = models.ForeignKey(
        PromiseCycle, models.PROTECT, related_name="events", verbose_name=_("promise"), db_index=False
    )
    what = models.CharField(_("what"), max_length=10, choices=What)
    at = models.DateTimeField(_("at"))
    told = ArrayField(models.CharField(max_length=150), verbose_name=_("told"), default=list)

    class Meta:
        verbose_name = _("event of a promise")
        verbose_name_plural = _("events of promises")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["promise", "what"],
                condition=Q(what__in=["warn", "breach", "escalate", "raise"]),
                name="promise_level_once",
            )
        ]
        indexes = [models.Index(fields=["promise", "id"], name="promise_event_of_promise")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.at:%Y-%m-%d %H:%M}"
