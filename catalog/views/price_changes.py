"""Pages of prices that change at a time."""

from typing import Any

from django.contrib import messages
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import Approval
from backoffice.money import format_money
from catalog import forms, services
from catalog.filters import PriceChangeFilter
from catalog.models import PriceChange, Variant

CHANGE = "catalog.change_pricechange"


def wanted(change: PriceChange) -> str:
    """What the change does, in a few words."""
    if change.price is not None:
        return format_money(change.price, change.currency)
    if change.back_of_id is None:
        return str(_("New prices of %(run)s") % {"run": change.repricing})
    return str(_("Back to the price of before") if change.variant_id else _("Back to the prices of before"))


class PriceChanges(generic.ListPage):
    model = PriceChange
    key = "price_changes"
    permission = "catalog.view_pricechange"
    filterset_class = PriceChangeFilter
    columns = [
        generic.Column("due_at", kind="datetime"),
        generic.Column("subject", gettext_lazy("Variant or repricing"), get=str, link=True),
        generic.Column("wanted", gettext_lazy("New price"), get=wanted),
        generic.Column("old_price", kind="money", currency="currency"),
        generic.Column("status", kind="badge"),
        generic.Column("why", get=lambda change: change.get_why_display()),
        generic.Column("reason"),
        generic.Column("requested_by", gettext_lazy("By"), sql=generic.named("requested_by")),
        generic.Column("applied_at", kind="relative"),
    ]
    default_columns = ["due_at", "subject", "wanted", "old_price", "status", "requested_by", "reason"]
    ordering = {"next": ("due_at", "pk"), "-next": ("-due_at", "-pk"), "newest": ("-pk",)}
    ordering_labels = {
        "next": gettext_lazy("Earliest first"),
        "-next": gettext_lazy("Latest first"),
        "newest": gettext_lazy("Newest first"),
    }
    tabs = [
        generic.Tab(gettext_lazy("Coming"), "status=scheduled&status=waiting"),
        generic.Tab(gettext_lazy("Carried out"), "status=applied"),
        generic.Tab(gettext_lazy("Failed"), "status=failed"),
    ]
    bulk_actions = [
        generic.BulkAction(
            "cancel",
            gettext_lazy("Cancel"),
            services.cancel,
            CHANGE,
            batch=True,
            confirm=gettext_lazy("The prices stay as they are."),
        )
    ]
    empty_title = gettext_lazy("Nothing is planned")
    empty_text = gettext_lazy("Plan a new price on the page of its variant, or a whole repricing.")

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("variant", "repricing", "requested_by")


class PriceChangeRecord(generic.RecordPage):
    model = PriceChange
    permission = "catalog.view_pricechange"
    list_url = "catalog:price_changes"
    list_page = PriceChanges

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("variant", "repricing", "requested_by", "back_of", "back")

    def get_facts(self) -> list[generic.Fact]:
        change = self.object
        about = change.variant or change.repricing
        facts = [
            generic.Fact(_("Variant") if change.variant else _("Repricing"), _linked(about)),
            generic.Fact(_("New price"), wanted(change)),
            generic.Fact(_("At"), generic.display(change.due_at)),
        ]
        if change.compare_at is not None:
            facts.insert(2, generic.Fact(_("New compare-at price"), format_money(change.compare_at, change.currency)))
        if change.old_price is not None:
            facts.insert(1, generic.Fact(_("Old price"), format_money(change.old_price, change.currency)))
        if hasattr(change, "back"):
            facts.append(generic.Fact(_("Until"), generic.display(change.back.due_at)))
        facts += [generic.Fact(_("By"), change.requested_by), generic.Fact(_("Reason"), change.reason)]
        if change.applied_at:
            facts.append(generic.Fact(_("Carried out"), generic.display(change.applied_at)))
        if change.why:
            facts.append(generic.Fact(_("Why"), change.get_why_display()))
        return facts

    def get_actions(self) -> list[generic.Action]:
        if not self.object.may_become(PriceChange.Status.CANCELED) or not generic.may(self.request.user, CHANGE):
            return []
        url = reverse("catalog:price_change_cancel", args=[self.object.pk])
        return [generic.Action(_("Cancel this change"), url, method="get", primary=True, icon="x")]


def _linked(obj: Any) -> Any:
    return generic.Column("self", get=lambda one: one, link=True).cell(obj)


class CancelPriceChange(generic.ActionView):
    model = PriceChange
    permission = CHANGE
    service = services.cancel_one
    title = gettext_lazy("Cancel this change")
    confirm = gettext_lazy("The price stays as it is.")
    done = gettext_lazy("The change is canceled.")


class SchedulePrice(generic.ActionView):
    """Plan a price of one variant."""

    model = Variant
    permission = "catalog.add_pricechange"
    service = services.schedule
    title = gettext_lazy("Plan a price")
    confirm = gettext_lazy("It takes effect by itself at the minute, and can be canceled until then.")
    form_class = forms.SchedulePriceForm

    def perform(self, obj: Variant, fields: dict[str, Any]) -> PriceChange:
        change = services.schedule(obj, by=self.user, **fields)
        if change.status == PriceChange.Status.WAITING:
            tell_waiting(self.request, Approval.objects.about(change).waiting())
        else:
            messages.success(self.request, _("The new price of %(sku)s is planned.") % {"sku": obj})
        return change


def tell_waiting(request: Any, proposals: Any) -> None:
    """Say that a price goes beyond the limit, and which proposal it became."""
    for approval in proposals:
        text = _("The new price of %(subject)s goes beyond the limit and waits for approval: %(approval)s.")
        messages.warning(request, text % {"subject": approval.subject, "approval": approval})
