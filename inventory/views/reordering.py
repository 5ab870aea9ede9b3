"""Supplier items, reorder rules, and what is to be reordered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice import generic
from backoffice.generic import Column
from inventory import filters, forms_purchasing, services
from inventory.models import ReorderRule, Supplier, SupplierItem
from inventory.services import Suggestion

COST = "catalog.view_cost"
ORDER = "inventory.order_purchase"


# --- Supplier items -----------------------------------------------------------------------------


class SupplierItemList(generic.ListPage):
    model = SupplierItem
    key = "inventory:supplier_items"
    permission = "inventory.view_supplieritem"
    filterset_class = filters.SupplierItemFilter
    columns = [
        Column("variant.sku", gettext_lazy("SKU"), link="variant", secondary=Column("variant.title")),
        Column("supplier", link="supplier"),
        Column("supplier_sku", template="inventory/_item_link.html"),
        Column("cost", kind="money", currency="currency", permission=COST),
        Column("pack_size", kind="number"),
        Column("minimum", kind="number"),
        Column("lead_time_days", kind="number"),
        Column("is_preferred", kind="bool"),
    ]
    ordering = {"newest": ("-pk",)}
    create_url = "inventory:supplier_item_new"
    create_permission = "inventory.add_supplieritem"
    empty_title = gettext_lazy("No supplier item yet")
    empty_text = gettext_lazy("Say who sells a product to you, in which packs and for how much.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("variant", "supplier")


class SupplierItemEdit(generic.FormPage):
    model = SupplierItem
    form_class = forms_purchasing.SupplierItemForm
    permission = ("inventory.change_supplieritem", COST)


class SupplierItemNew(SupplierItemEdit):
    permission = ("inventory.add_supplieritem", COST)


# --- Rules --------------------------------------------------------------------------------------


class ReorderRuleList(generic.ListPage):
    model = ReorderRule
    key = "inventory:reorder_rules"
    permission = "inventory.view_reorderrule"
    filterset_class = filters.ReorderRuleFilter
    columns = [
        Column("variant.sku", gettext_lazy("SKU"), link=True, secondary=Column("variant.title")),
        Column("location"),
        Column("minimum", kind="number"),
        Column("maximum", kind="number"),
        Column("multiple", kind="number"),
        Column("is_active", kind="bool"),
    ]
    ordering = {"newest": ("-pk",)}
    create_url = "inventory:reorder_rule_new"
    create_permission = "inventory.add_reorderrule"
    empty_title = gettext_lazy("No reorder rule yet")
    empty_text = gettext_lazy("A rule says below which stock a product is ordered again, and up to which.")

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("variant", "location")


class ReorderRuleEdit(generic.FormPage):
    model = ReorderRule
    form_class = forms_purchasing.ReorderRuleForm
    permission = "inventory.change_reorderrule"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_success_url(self, obj: ReorderRule) -> str:
        return reverse("inventory:reorder_rules")


class ReorderRuleNew(ReorderRuleEdit):
    permission = "inventory.add_reorderrule"


# --- What is to be reordered --------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Suggestions of one supplier, None for those that nobody supplies."""

    supplier: Supplier | None
    rows: Sequence[Suggestion]


class ToReorder(generic.Page):
    """What the rules ask for now, by supplier; POST makes drafts, of one supplier or of all."""

    permission = "inventory.view_reorderrule"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = services.suggestions(ReorderRule.objects.visible_to(request.user))
        shown = {
            "title": _("To reorder"),
            "groups": grouped(found),
            "may_order": generic.may(request.user, ORDER),
            "shows_cost": generic.may(request.user, COST),
            "suppliers": len({one.item.supplier_id for one in found if one.item}),
            "is_cut": len(found) == services.MOST_SUGGESTIONS,
            "currency": settings.DEFAULT_CURRENCY,
        }
        return TemplateResponse(request, "inventory/to_reorder.html", shown)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not generic.may(request.user, ORDER):
            raise PermissionDenied
        rules = [int(key) for key in request.POST.getlist("rule") if key.isascii() and key.isdigit() and len(key) < 19]
        wanted = request.POST.get("supplier", "")
        supplier = get_object_or_404(Supplier.objects.visible_to(request.user), code=wanted) if wanted else None
        try:
            made = services.order_suggestions(rules, supplier, by=self.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(reverse("inventory:to_reorder"))
        numbers = ", ".join(order.number for order in made)
        sentence = ngettext("%(numbers)s is written as a draft.", "%(numbers)s are written as drafts.", len(made))
        messages.success(request, sentence % {"numbers": numbers})
        return HttpResponseRedirect(made[0].get_absolute_url() if len(made) == 1 else reverse("inventory:to_reorder"))


def grouped(found: Sequence[Suggestion]) -> list[Group]:
    groups: dict[int | None, list[Suggestion]] = {}
    for one in found:
        groups.setdefault(one.item.supplier_id if one.item else None, []).append(one)
    return [Group(rows[0].item.supplier if rows[0].item else None, rows) for rows in groups.values()]
