"""Prices beside those of the variants: lists for groups of customers, changes to come, and repricings of many at once."""

from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.models import Job, User
from backoffice.money import MINOR_UNITS, MoneyField
from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from catalog.models.products import Variant


def decimals_sql(currency: str) -> str:
    """SQL of the number of decimals of the currency in the column `currency`, as `money.minor_units` has it."""
    cases = " ".join(f"WHEN '{code}' THEN {units}" for code, units in sorted(MINOR_UNITS.items()))
    return f"(CASE {currency} {cases} ELSE 2 END)"


# --- Price lists ------------------------------------------------------------------------------------


class PriceListQuerySet(VisibleQuerySet):
    def in_force(self, at: Any, *, group: str = "", currency: str = "") -> "PriceListQuerySet":
        """Active lists whose time it is at `at`, for everyone and for `group`."""
        lists = self.filter(
            Q(starts_at=None) | Q(starts_at__lte=at), Q(ends_at=None) | Q(ends_at__gt=at), is_active=True
        )
        return lists.filter(customer_group__in={"", group}, currency=currency or settings.DEFAULT_CURRENCY)


@tracked()
class PriceList(models.Model):
    """Prices for a group of customers ("" is everyone), in a currency, for a time.

    Where several lists have a price of a variant, the one with the highest priority counts; of equal ones that of the group.
    """

    lookup_fields = ("code", "name")

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))],
    )
    customer_group = models.CharField(
        _("customer group"), max_length=60, blank=True, help_text=_("The code of a group; empty for every customer.")
    )
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    priority = models.IntegerField(
        _("priority"), default=0, help_text=_("Where several lists fit, the highest counts.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_public = models.BooleanField(
        _("public"), default=False, help_text=_("Whether everybody may ask the shop front's API for its prices.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = PriceListQuerySet.as_manager()

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                Upper("code"), name="price_list_code_once", violation_error_message=_("This code is taken.")
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name=""),
                name="price_list_named",
                violation_error_message=_("A price list needs a code and a name."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="price_list_currency",
                violation_error_message=_("A currency is three capital letters, such as EUR."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="price_list_ends_later",
                violation_error_message=_("A price list ends after it starts."),
            ),
            ExclusionConstraint(
                name="price_list_unambiguous",
                expressions=[
                    ("currency", RangeOperators.EQUAL),
                    ("customer_group", RangeOperators.EQUAL),
                    ("priority", RangeOperators.EQUAL),
                    (
                        Func("starts_at", "ends_at", function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_active=True),
                violation_error_message=_(
                    "Another active list has the same currency, group and priority at the same time. Give one of them another priority."
                ),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keeps_currency",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("currency"),
                condition=pgtrigger.Condition("OLD.currency IS DISTINCT FROM NEW.currency"),
                func="""
                    IF EXISTS (SELECT 1 FROM catalog_pricelistitem i WHERE i.price_list_id = OLD.id) THEN
                        RAISE EXCEPTION 'The price list % has prices and keeps its currency.', OLD.code
                        USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("catalog:price_list", args=[self.pk])


WHOLE_AMOUNTS = f"""
    IF EXISTS (
        SELECT 1 FROM new_values n JOIN catalog_pricelist l ON l.id = n.price_list_id
        WHERE n.price <> round(n.price, {decimals_sql("l.currency")})
           OR n.compare_at <> round(n.compare_at, {decimals_sql("l.currency")})
    ) THEN
        RAISE EXCEPTION 'A price has more decimals than the currency of its list.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""  # noqa: S608 - names of ours


@tracked()
class PriceListItem(models.Model):
    """What a variant costs on a list."""

    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="items", verbose_name=_("price list"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="list_prices", verbose_name=_("variant"))
    price = MoneyField(_("price"))
    compare_at = MoneyField(_("compare-at price"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("list price")
        verbose_name_plural = _("list prices")
        ordering = ["price_list", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "variant"],
                name="price_list_item_once",
                violation_error_message=_("The list has a price of this variant already."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0) & (Q(compare_at=None) | Q(compare_at__gte=0)),
                name="price_list_item_not_negative",
                violation_error_message=_("Prices cannot be negative."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name=f"whole_amounts_{name}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=pgtrigger.Referencing(new="new_values"),
                func=WHOLE_AMOUNTS,
            )
            for name, operation in (("new", pgtrigger.Insert), ("changed", pgtrigger.Update))
        ]
        indexes = [models.Index(fields=["price_list", "-id"], name="price_list_item_newest")]

    def __str__(self) -> str:
        return f"{self.price_list} / {self.variant}"

    def get_absolute_url(self) -> str:
        return reverse("catalog:list_price_edit", args=[self.price_list_id, self.pk])

    @property
    def currency(self) -> str:
        return str(self.price_list.currency)


# --- Repricings -------------------------------------------------------------------------------------


class RepricingStatus(models.TextChoices):
    DRAFT = "draft", _("Being worked out")
    CHECKED = "checked", _("To be looked at")
    WAITING = "waiting", _("Waiting for approval")
    SCHEDULED = "scheduled", _("Scheduled")
    APPLIED = "applied", _("Carried out")
    UNDONE = "undone", _("Undone")
    CANCELED = "canceled", _("Canceled")


REPRICING_TRANSITIONS: dict[str, set[str]] = {
    RepricingStatus.DRAFT: {RepricingStatus.CHECKED, RepricingStatus.CANCELED},
    RepricingStatus.CHECKED: {
        RepricingStatus.WAITING,
        RepricingStatus.SCHEDULED,
        RepricingStatus.APPLIED,
        RepricingStatus.CANCELED,
    },
    RepricingStatus.WAITING: {
        RepricingStatus.CHECKED,
        RepricingStatus.SCHEDULED,
        RepricingStatus.APPLIED,
        RepricingStatus.CANCELED,
    },
    RepricingStatus.SCHEDULED: {RepricingStatus.APPLIED, RepricingStatus.CANCELED},
    RepricingStatus.APPLIED: {RepricingStatus.UNDONE},
    RepricingStatus.UNDONE: set(),
    RepricingStatus.CANCELED: set(),
}


class Repricing(Stateful):
    """One run that gives many variants new prices by a rule. `status` is written by `services.repricing` only.

    `address` is the list whose variants are meant; its rows are worked out once, shown, and applied as shown.
    """

    Status = RepricingStatus
    TRANSITIONS = REPRICING_TRANSITIONS

    class Rule(models.TextChoices):
        PERCENT = "percent", _("Change by percent")
        AMOUNT = "amount", _("Change by an amount")
        SET = "set", _("Set to an amount")
        COMPARE_AT = "compare_at", _("Percent below the compare-at price")
        COST = "cost", _("Margin in percent over the cost")

    class Rounding(models.TextChoices):
        NONE = "none", _("To the smallest coin")
        TO_99 = "99", _("To .99")
        TO_95 = "95", _("To .95")
        WHOLE = "whole", _("To a whole amount")
        FIVE = "5", _("To 5 cents")
        TEN = "10", _("To 10 cents")

    class CompareAt(models.TextChoices):
        KEEP = "keep", _("Leave it")
        OLD = "old", _("Set it to the price of before, where the new one is lower")
        EMPTY = "empty", _("Empty it")

    number = models.CharField(_("number"), max_length=20, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=RepricingStatus, default=RepricingStatus.DRAFT)
    address = models.TextField(_("variants"))
    rule = models.CharField(_("rule"), max_length=12, choices=Rule)
    value = models.DecimalField(_("value"), max_digits=15, decimal_places=3)
    rounding = models.CharField(_("rounding"), max_length=8, choices=Rounding, default=Rounding.NONE)
    compare_at = models.CharField(_("compare-at price"), max_length=8, choices=CompareAt, default=CompareAt.KEEP)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    matched = models.PositiveIntegerField(_("variants"), default=0)
    facts = models.JSONField(default=dict)
    written = models.PositiveIntegerField(_("changed"), default=0)
    due_at = models.DateTimeField(_("at"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    message = models.CharField(max_length=500, blank=True)
    job_id = models.BigIntegerField(null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("repricing")
        verbose_name_plural = _("repricings")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("due_at")),
                name="repricing_until_later",
                violation_error_message=_("The prices come back after they have changed."),
            )
        ]
        indexes = [models.Index(fields=["status", "-id"], name="repricing_status")]
        triggers = [legal_transitions("status", REPRICING_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("catalog:repricing", args=[self.number])

    @property
    def currency(self) -> str:
        return str(settings.DEFAULT_CURRENCY)

    @property
    def is_working(self) -> bool:
        """Whether a worker has it, or will have."""
        return self.job_id is not None and Job.objects.filter(pk=self.job_id, status__in=["todo", "doing"]).exists()


class RepricingRowQuerySet(VisibleQuerySet):
    def visible_to(self, user: Any) -> "RepricingRowQuerySet":
        return self if user.has_perm("catalog.view_repricing") else self.none()


class RepricingRow(models.Model):
    """Old and new price of one variant in a repricing. Written set-wise; it names its variant without holding it fast."""

    class Outcome(models.TextChoices):
        WRITTEN = "", _("Changes")
        NO_BASE = "no_base", _("Nothing to start from")
        NOT_POSITIVE = "not_positive", _("Would be zero or less")
        TOO_LARGE = "too_large", _("Would be too large")
        CHANGED = "changed", _("Changed by others before")
        KEPT = "kept", _("Changed by others since, kept")

    repricing = models.ForeignKey(Repricing, models.CASCADE, related_name="rows", db_constraint=False, db_index=False)
    variant = models.ForeignKey(
        Variant, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False, verbose_name=_("variant")
    )
    old_price = MoneyField(_("old price"))
    old_compare_at = MoneyField(_("old compare-at price"), null=True)
    new_price = MoneyField(_("new price"))
    new_compare_at = MoneyField(_("new compare-at price"), null=True)
    below_cost = models.BooleanField(_("below cost"), default=False)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, default=Outcome.WRITTEN, blank=True)

    objects = RepricingRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of a repricing")
        verbose_name_plural = _("rows of a repricing")
        ordering = ["variant"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["repricing", "variant"], name="repricing_row_once")]
        indexes = [
            models.Index(fields=["repricing", "variant"], condition=~Q(outcome=""), name="repricing_row_left_out"),
            models.Index(
                fields=["repricing", "variant"], condition=Q(below_cost=True), name="repricing_row_below_cost"
            ),
        ]

    def __str__(self) -> str:
        return str(self.variant)

    def get_absolute_url(self) -> str:
        return str(self.variant.get_absolute_url())

    @property
    def currency(self) -> str:
        return str(settings.DEFAULT_CURRENCY)

    @property
    def percent(self) -> Decimal | None:
        """How far the price moves, in percent of the old one."""
        return (self.new_price - self.old_price) / self.old_price * 100 if self.old_price else None


# --- Changes to come --------------------------------------------------------------------------------


class PriceChangeStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for approval")
    SCHEDULED = "scheduled", _("Scheduled")
    APPLIED = "applied", _("Carried out")
    CANCELED = "canceled", _("Canceled")
    FAILED = "failed", _("Failed")


PRICE_CHANGE_TRANSITIONS: dict[str, set[str]] = {
    PriceChangeStatus.WAITING: {PriceChangeStatus.SCHEDULED, PriceChangeStatus.CANCELED},
    PriceChangeStatus.SCHEDULED: {PriceChangeStatus.APPLIED, PriceChangeStatus.CANCELED, PriceChangeStatus.FAILED},
    PriceChangeStatus.APPLIED: set(),
    PriceChangeStatus.CANCELED: set(),
    PriceChangeStatus.FAILED: set(),
}


class PriceChangeQuerySet(VisibleQuerySet):
    def coming(self) -> "PriceChangeQuerySet":
        return self.filter(status__in=[PriceChangeStatus.WAITING, PriceChangeStatus.SCHEDULED])

    def due(self, now: Any) -> "PriceChangeQuerySet":
        return self.filter(status=PriceChangeStatus.SCHEDULED, due_at__lte=now)


@tracked()
class PriceChange(Stateful):
    """A price of a variant, or a whole repricing, that takes effect at a time. `status` is written by `services.price_changes`.

    One with `back_of` gives back what that one had changed.
    """

    Status = PriceChangeStatus
    TRANSITIONS = PRICE_CHANGE_TRANSITIONS

    class Why(models.TextChoices):
        CHANGED = "changed", _("Somebody changed the price in between; it stays as it is.")
        NOT_APPLIED = "not_applied", _("The change that it ends was never made.")
        REFUSED = "refused", _("The repricing could not be applied; see its page.")

    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="price_changes", verbose_name=_("variant")
    )
    repricing = models.ForeignKey(
        Repricing, models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("repricing")
    )
    back_of = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="back", verbose_name=_("ends")
    )
    price = MoneyField(_("new price"), null=True, blank=True)
    compare_at = MoneyField(_("new compare-at price"), null=True, blank=True)
    old_price = MoneyField(_("old price"), null=True, blank=True)
    old_compare_at = MoneyField(_("old compare-at price"), null=True, blank=True)
    due_at = models.DateTimeField(_("at"))
    status = models.CharField(
        _("status"), max_length=10, choices=PriceChangeStatus, default=PriceChangeStatus.SCHEDULED
    )
    why = models.CharField(_("why"), max_length=12, choices=Why, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = PriceChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled price")
        verbose_name_plural = _("scheduled prices")
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant=None, repricing__isnull=False) | Q(variant__isnull=False, repricing=None),
                name="price_change_of_one",
                violation_error_message=_("A change is of a variant or of a repricing."),
            ),
            models.CheckConstraint(
                condition=Q(variant=None, price=None) | Q(back_of__isnull=False, price=None) | Q(price__gt=0),
                name="price_change_positive",
                violation_error_message=_("A scheduled price is above zero."),
            ),
            models.CheckConstraint(
                condition=Q(compare_at=None) | Q(compare_at__gte=0),
                name="price_change_not_negative",
                violation_error_message=_("Prices cannot be negative."),
            ),
            models.UniqueConstraint(
                fields=["variant", "due_at"],
                condition=Q(status__in=["waiting", "scheduled"]),
                name="price_change_once",
                violation_error_message=_("Another change of this price is planned for the same minute."),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status="scheduled"), name="price_change_due"),
            models.Index(fields=["status", "due_at", "id"], name="price_change_status"),
            models.Index(fields=["due_at", "id"], name="price_change_at"),
        ]
        triggers = [legal_transitions("status", PRICE_CHANGE_TRANSITIONS)]
        permissions = [("approve_price", _("Can change prices beyond the limit and approve such changes"))]

    def __str__(self) -> str:
        return str(self.variant or self.repricing)

    def get_absolute_url(self) -> str:
        return reverse("catalog:price_change", args=[self.pk])

    @property
    def currency(self) -> str:
        return str(settings.DEFAULT_CURRENCY)
