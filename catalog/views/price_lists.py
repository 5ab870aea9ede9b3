"""Pages of price lists and their prices."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from catalog import forms, services
from catalog.filters import ListPriceFilter, PriceListFilter
from catalog.models import PriceList, PriceListItem

SHOWN_PRICES = 50
CHANGE = "catalog.change_pricelist"


class PriceLists(generic.ListPage):
    model = PriceList
    key = "price_lists"
    permission = "catalog.view_pricelist"
    filterset_class = PriceListFilter
    columns = [
        generic.Column("code", link=True),
        generic.Column("name"),
        generic.Column("currency"),
        generic.Column("customer_group"),
        generic.Column("priority", kind="number"),
        generic.Column("starts_at", kind="datetime"),
        generic.Column("ends_at", kind="datetime"),
        generic.Column("is_active", gettext_lazy("State"), kind="badge", template="catalog/_active.html"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = ["code", "name", "currency", "customer_group", "priority", "starts_at", "ends_at", "is_active"]
    ordering = {"newest": ("-pk",), "code": ("code", "pk"), "-code": ("-code", "-pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first")}
    tabs = [
        generic.Tab(gettext_lazy("Active"), "is_active=true"),
        generic.Tab(gettext_lazy("Inactive"), "is_active=false"),
    ]
    create_url = "catalog:price_list_new"
    create_permission = "catalog.add_pricelist"
    empty_title = gettext_lazy("No price lists yet")
    empty_text = gettext_lazy("A price list has prices for a group of customers, another currency or a time.")


class PriceListRecord(generic.RecordPage):
    model = PriceList
    permission = "catalog.view_pricelist"
    list_url = "catalog:price_lists"
    list_page = PriceLists
    template_name = "catalog/price_list_record.html"
    facts = [
        generic.Column("currency"),
        generic.Column("customer_group"),
        generic.Column("priority", kind="number"),
        generic.Column("starts_at", kind="datetime"),
        generic.Column("ends_at", kind="datetime"),
    ]

    def get_subtitle(self) -> str:
        return str(self.object.name)

    def get_badges(self) -> list[generic.Badge]:
        state = generic.Badge(_("Active"), "good") if self.object.is_active else generic.Badge(_("Inactive"))
        return [state, generic.Badge(_("Public"))] if self.object.is_public else [state]

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, CHANGE):
            return []
        key, active = self.object.pk, self.object.is_active
        verb = reverse("catalog:price_list_verb", args=[key, "deactivate" if active else "activate"])
        return [
            generic.Action(
                _("Set a price"), reverse("catalog:list_price_new", args=[key]), method="get", primary=True, icon="plus"
            ),
            generic.Action(_("Edit"), reverse("catalog:price_list_edit", args=[key]), method="get", icon="edit"),
            generic.Action(_("Deactivate") if active else _("Activate"), verb, icon="eye-off" if active else "eye"),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        items = list(self.object.items.select_related("variant", "price_list").order_by("-pk")[: SHOWN_PRICES + 1])
        return super().get_context_data(
            items=items[:SHOWN_PRICES],
            has_more=len(items) > SHOWN_PRICES,
            items_url=reverse("catalog:list_prices", args=[self.object.pk]),
            may_change=generic.may(self.request.user, CHANGE),
            **extra,
        )


class PriceListFormPage(generic.FormPage):
    model = PriceList
    form_class = forms.PriceListForm
    service = services.save_price_list


class NewPriceList(PriceListFormPage):
    permission = "catalog.add_pricelist"


class EditPriceList(PriceListFormPage):
    permission = CHANGE
    reason = True


VERBS = {
    "activate": (services.activate_list, gettext_lazy("%s is active.")),
    "deactivate": (services.deactivate_list, gettext_lazy("%s is inactive.")),
}


@login_required
@require_POST
@permission_required("catalog.change_pricelist", raise_exception=True)
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Activate or deactivate a list."""
    if verb not in VERBS:
        raise Http404
    service, done = VERBS[verb]
    return generic.act(
        request, service, get_object_or_404(PriceList.objects.visible_to(request.user), pk=pk), done=done
    )


# --- Prices of a list -------------------------------------------------------------------------------


class OfList:
    """Pages below a price list."""

    kwargs: dict[str, Any]
    request: Any

    @cached_property
    def price_list(self) -> PriceList:
        return get_object_or_404(PriceList.objects.visible_to(self.request.user), pk=self.kwargs["price_list"])


class ListPrices(OfList, generic.ListPage):
    model = PriceListItem
    key = "list_prices"
    permission = "catalog.view_pricelistitem"
    filterset_class = ListPriceFilter
    columns = [
        generic.Column("variant.sku", gettext_lazy("SKU"), link="variant"),
        generic.Column("variant.title", gettext_lazy("Title")),
        generic.Column("price", kind="money", currency="price_list.currency"),
        generic.Column("compare_at", kind="money", currency="price_list.currency"),
        generic.Column("updated_at", kind="relative"),
    ]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    bulk_actions = [
        generic.BulkAction(
            "remove",
            gettext_lazy("Take off the list"),
            services.remove_list_prices,
            CHANGE,
            batch=True,
            confirm=gettext_lazy("These variants cost there what they cost elsewhere."),
        )
    ]
    create_label = gettext_lazy("Set a price")
    imported_as = "price_lists"
    empty_title = gettext_lazy("No prices yet")
    empty_text = gettext_lazy("Set a price, or import a whole file of them.")

    @property
    def parent(self) -> PriceList:  # type: ignore[override]
        return self.price_list

    @property
    def create_link(self) -> str:
        allowed = generic.may(self.request.user, CHANGE)
        return reverse("catalog:list_price_new", args=[self.price_list.pk]) if allowed else ""

    def get_title(self) -> str:
        return _("Prices of %(list)s") % {"list": self.price_list}

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(price_list=self.price_list).select_related("variant", "price_list")


class NewListPrice(OfList, generic.FormPage):
    model = PriceListItem
    form_class = forms.ListPriceForm
    permission = CHANGE
    version_field = ""
    done = gettext_lazy("%s is set.")
    submit_label = gettext_lazy("Set a price")

    def get_title(self) -> str:
        return _("Price on %(list)s, in %(currency)s") % {
            "list": self.price_list,
            "currency": self.price_list.currency,
        }

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(form, **{"back_url": self.price_list.get_absolute_url(), **extra})

    def perform(self, form: Any) -> PriceListItem:
        return services.set_list_price(self.price_list, by=self.user, **form.cleaned_data)

    def get_success_url(self, obj: PriceListItem) -> str:
        return self.price_list.get_absolute_url()


class EditListPrice(OfList, generic.FormPage):
    model = PriceListItem
    form_class = forms.EditListPriceForm
    permission = CHANGE
    reason = True
    done = gettext_lazy("%s is set.")

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(price_list=self.price_list).select_related("variant", "price_list")

    def get_initial(self) -> dict[str, Any]:
        return {"price": self.object.price, "compare_at": self.object.compare_at}

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(form, **{"back_url": self.price_list.get_absolute_url(), **extra})

    def perform(self, form: Any) -> PriceListItem:
        return services.set_list_price(self.price_list, self.object.variant, by=self.user, **form.cleaned_data)

    def get_success_url(self, obj: PriceListItem) -> str:
        return self.price_list.get_absolute_url()
