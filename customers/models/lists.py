"""Lists of customers that people put together by hand."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from customers.masking import MaskingQuerySet
from customers.models.customers import Customer


class StaticListQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> Self:
        """One's own, and those that are shared."""
        return self.filter(Q(owner=user.pk) | Q(is_shared=True))


@tracked()
class StaticList(models.Model):
    """A named list of customers. A private one is seen by its owner alone; a shared one is kept up by all who change customers."""

    lookup_fields = ("name",)

    name = models.CharField(_("name"), max_length=120)
    purpose = models.CharField(_("what it is for"), max_length=300, blank=True)
    is_shared = models.BooleanField(_("shared with colleagues"), default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = StaticListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list of customers")
        verbose_name_plural = _("lists of customers")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""), name="static_list_named", violation_error_message=_("Give the list a name.")
            ),
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(is_shared=True),
                name="static_list_shared_once",
                violation_error_message=_("There is a shared list of this name."),
            ),
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                name="static_list_own_once",
                violation_error_message=_("You have a list of this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:static_list", args=[self.pk])


class ListMemberQuerySet(MaskingQuerySet):
    def in_scope(self, user: Any) -> Self:
        return self.filter(list__in=StaticList.objects.in_scope(user).order_by().values("pk"))


@tracked()
class ListMember(models.Model):
    """A customer on a list. Rows written for a merged customer belong to the survivor."""

    list = models.ForeignKey(StaticList, models.CASCADE, related_name="members", verbose_name=_("list of customers"))
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="list_members", verbose_name=_("customer"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now, db_default=Now())

    objects = ListMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer on a list")
        verbose_name_plural = _("customers on lists")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["list", "customer"],
                name="list_member_once",
                violation_error_message=_("The customer is on the list."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.list}: {self.customer}"
