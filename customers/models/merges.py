"""Customers who may be the same, and merges with all that they moved."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import tracked
from customers import masking
from customers.masking import MaskingQuerySet, Personal
from customers.models.customers import Customer


class PairQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> Self:
        """Pairs of which neither became part of somebody."""
        return self.filter(one__merged_into=None, other__merged_into=None)


@tracked()
class DuplicatePair(models.Model):
    """Two customers who look like one. `one` is the older; what somebody dismissed is never suggested again."""

    class Status(models.TextChoices):
        SUGGESTED = "suggested", _("Suggested")
        DISMISSED = "dismissed", _("Not the same")
        MERGED = "merged", _("Merged")

    one = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    other = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("and"))
    score = models.PositiveSmallIntegerField(_("score"))
    reasons = models.JSONField(_("why"), default=list)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SUGGESTED)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-score", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="duplicate_pair_ordered"),
        ]
        indexes = [
            models.Index(fields=["status", "-score", "-id"], name="duplicate_pair_best"),
            models.Index(fields=["-score", "-id"], name="duplicate_pair_any"),
        ]

    def __str__(self) -> str:
        return f"{self.one.number} · {self.other.number}"

    def get_absolute_url(self) -> str:
        return reverse("duplicates:pair", args=[self.pk])


@tracked()
class CustomerMerge(Personal):
    """`lose` became part of `keep`. `fields` has each value of `keep` that changed, as [before, after]."""

    PERSONAL = {"fields": masking.text, "reason": masking.text}

    keep = models.ForeignKey(Customer, models.PROTECT, related_name="merges", verbose_name=_("survivor"))
    lose = models.ForeignKey(Customer, models.PROTECT, related_name="merged_by", verbose_name=_("merged customer"))
    choices = models.JSONField(_("choices"), default=dict)
    fields = models.JSONField(_("fields"), default=dict)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("merged"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("undone by")
    )

    objects = MaskingQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of customers")
        verbose_name_plural = _("merges of customers")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["lose"], condition=Q(undone_at=None), name="merge_one_in_force"),
            models.CheckConstraint(
                condition=~Q(keep=F("lose")),
                name="merge_of_two",
                violation_error_message=_("A customer cannot be merged into itself."),
            ),
        ]
        indexes = [models.Index(fields=["keep", "-id"], name="merge_of_survivor")]

    def __str__(self) -> str:
        return f"{self.lose.number} → {self.keep.number}"

    def get_absolute_url(self) -> str:
        return self.keep.get_absolute_url()


class MergedRow(models.Model):
    """A row that a merge moved or changed: which one, and the flags it had before."""

    merge = models.ForeignKey(CustomerMerge, models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=60)
    row = models.BigIntegerField()
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("moved row")
        verbose_name_plural = _("moved rows")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["merge", "kind", "row"], name="merged_row_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"
