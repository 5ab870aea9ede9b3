"""Pages of variants: list, record, form, verbs."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backoffice import generic
from catalog import forms, services
from catalog.filters import VariantFilter
from catalog.models import Product, Variant
from catalog.views.categories import above
from catalog.views.price_changes import tell_waiting

SHOWN_BUNDLES = 20


def state(variant: Variant) -> generic.Badge:
    return generic.Badge(_("Active"), "good") if variant.is_active else generic.Badge(_("Inactive"))


def tell_of_twins(request: HttpRequest, variants: Iterable[Variant]) -> None:
    """Warn about barcodes that other variants have too: allowed, and most often a mistake."""
    for barcode, skus in services.barcode_twins(list(variants)).items():
        messages.warning(
            request, _("The barcode %(code)s is also that of %(skus)s.") % {"code": barcode, "skus": ", ".join(skus)}
        )


class VariantList(generic.ListPage):
    model = Variant
    key = "variants"
    permission = "catalog.view_variant"
    filterset_class = VariantFilter
    columns = [
        generic.Column("sku", gettext_lazy("SKU"), link=True),
        generic.Column("title", link="product"),
        generic.Column("barcode", gettext_lazy("Barcode")),
        generic.Column("is_active", gettext_lazy("State"), kind="badge", template="catalog/_active.html"),
        generic.Column("price", kind="money", currency="currency"),
        generic.Column("compare_at", kind="money", currency="currency"),
        generic.Column("cost", kind="money", currency="currency", permission="catalog.view_cost"),
        generic.Column(
            "margin", gettext_lazy("Margin"), kind="percent", permission="catalog.view_cost", reads=("price", "cost")
        ),
        generic.Column("weight_grams", kind="number"),
        generic.Column("tax_class"),
        generic.Column("updated_at", kind="relative"),
    ]
    default_columns = ["sku", "title", "barcode", "is_active", "price", "margin", "updated_at"]
    unread = ["search_text", *(f"product__{name}" for name in (*Product.UNLISTED, "attributes"))]
    ordering = {
        "newest": ("-pk",),
        "oldest": ("pk",),
        "price": ("price", "pk"),
        "-price": ("-price", "-pk"),
        "changed": ("-updated_at", "-pk"),
        "unchanged": ("updated_at", "pk"),
        generic.BEST: ("-pk",),
    }
    ordering_labels = {
        "newest": gettext_lazy("Newest first"),
        "oldest": gettext_lazy("Oldest first"),
        "price": gettext_lazy("Cheapest first"),
        "-price": gettext_lazy("Dearest first"),
        "changed": gettext_lazy("Last changed first"),
        "unchanged": gettext_lazy("Longest unchanged first"),
        generic.BEST: gettext_lazy("Best match first"),
    }
    all_label = gettext_lazy("On sale")
    tabs = [
        generic.Tab(gettext_lazy("Off sale"), "is_active=false"),
        generic.Tab(gettext_lazy("On and off sale"), "is_active=unknown"),
        generic.Tab(gettext_lazy("Without a barcode"), "has_barcode=false"),
    ]
    bulk_actions = [
        generic.print_action("labels", gettext_lazy("Labels"), "catalog:variant_labels", "catalog.view_variant"),
        generic.BulkAction(
            "activate", gettext_lazy("Activate"), services.activate_variants, "catalog.change_variant", batch=True
        ),
        generic.BulkAction(
            "deactivate",
            gettext_lazy("Deactivate"),
            services.deactivate_variants,
            "catalog.change_variant",
            batch=True,
            confirm=gettext_lazy("Inactive variants cannot be sold; their stock and history stay."),
        ),
        generic.BulkAction(
            "reprice",
            gettext_lazy("Reprice"),
            permission="catalog.add_repricing",
            leads_to_list="catalog:repricing_new",
        ),
    ]
    empty_title = gettext_lazy("No variants yet")
    empty_text = gettext_lazy("Variants come with their products.")

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("product")

    @cached_property
    def matching(self) -> models.QuerySet:
        """Off sale means out of the way: such variants show when asked for, or when looked for by name."""
        rows = super().matching
        return rows if self.request.GET.keys() & {"is_active", "q", "product"} else rows.filter(is_active=True)


class VariantRecord(generic.RecordPage):
    model = Variant
    slug_field = "sku"
    permission = "catalog.view_variant"
    list_url = "catalog:variants"
    list_page = VariantList
    template_name = "catalog/variant_record.html"

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related(*above("product__category"), "product__brand")

    def get_subtitle(self) -> str:
        return str(self.object.title)

    def get_badges(self) -> list[generic.Badge]:
        return [state(self.object)]

    def get_actions(self) -> list[generic.Action]:
        variant = self.object
        plan = generic.Action(
            _("Plan a price"), reverse("catalog:price_schedule", args=[variant.pk]), method="get", icon="clock"
        )
        if not generic.may(self.request.user, "catalog.change_variant"):
            return []
        verb = "deactivate" if variant.is_active else "activate"
        return [
            generic.Action(
                _("Edit"), reverse("catalog:variant_edit", args=[variant.pk]), method="get", primary=True, icon="edit"
            ),
            *([plan] if generic.may(self.request.user, "catalog.add_pricechange") else []),
            generic.Action(
                _("Deactivate") if variant.is_active else _("Activate"),
                reverse("catalog:variant_verb", args=[variant.pk, verb]),
                icon="eye-off" if variant.is_active else "eye",
            ),
            generic.Action(
                _("Components"), reverse("catalog:variant_parts", args=[variant.pk]), method="get", icon="layers"
            ),
            generic.Action(
                _("Delete"), reverse("catalog:variant_delete", args=[variant.pk]), "get", icon="trash", danger=True
            ),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        user, variant = self.request.user, self.object
        names = [*variant.product.options, "", "", ""]
        options = [
            (name or _("Option"), value)
            for name, value in zip(names, [variant.option1, variant.option2, variant.option3], strict=False)
        ]
        siblings = Variant.objects.visible_to(user).filter(product=variant.product).exclude(pk=variant.pk)
        parts = list(variant.parts.select_related("component"))
        return super().get_context_data(
            parts=parts,
            parts_price=sum((part.quantity * part.component.price for part in parts), Decimal(0)),
            bundles=list(variant.part_of.select_related("bundle").order_by("bundle__sku")[:SHOWN_BUNDLES]),
            twins=services.barcode_twins([variant]).get(variant.barcode, []),
            options=[(name, value) for name, value in options if value],
            siblings=list(siblings[:12]),
            picture=variant.product.media.order_by(
                models.Case(models.When(variant=variant, then=0), default=1), "position", "pk"
            )
            .exclude(file="")
            .first(),
            may_see_cost=generic.may(user, "catalog.view_cost"),
            **extra,
        )


class VariantFormPage(generic.FormPage):
    model = Variant
    form_class = forms.VariantForm
    reason = True
    fieldsets = [
        (gettext_lazy("Price"), ["price", "compare_at", "cost", "tax_class"]),
        (
            gettext_lazy("Stock and shipping"),
            ["weight_grams", "backorder_limit", "tracking", "track_stock", "requires_shipping"],
        ),
    ]

    @cached_property
    def product(self) -> Product:
        return self.object.product

    def get_form_kwargs(self) -> dict[str, Any]:
        may_see_cost = generic.may(self.request.user, "catalog.view_cost")
        return {**super().get_form_kwargs(), "product": self.product, "may_see_cost": may_see_cost}


class EditVariant(VariantFormPage):
    permission = "catalog.change_variant"

    def perform(self, form: Any) -> Variant:
        since = timezone.now()
        variant = services.update_variant(self.object, by=self.request.user, **form.cleaned_data)
        tell_of_twins(self.request, [variant])
        mine = Variant.objects.filter(pk=variant.pk)
        tell_waiting(self.request, services.proposed_since(mine, since, by=self.user))
        return variant


class NewVariant(VariantFormPage):
    permission = "catalog.add_variant"
    reason = False
    done = gettext_lazy("Variant %s added.")

    @cached_property
    def object(self) -> None:
        return None

    @cached_property
    def product(self) -> Product:
        return get_object_or_404(Product.objects.visible_to(self.request.user), pk=self.kwargs["product"])

    def get_title(self) -> str:
        return _("New variant of %(product)s") % {"product": self.product}

    def get_context_data(self, form: Any, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(form, **{"back_url": self.product.get_absolute_url(), **extra})

    def perform(self, form: Any) -> Variant:
        variant = services.add_variant(self.product, by=self.request.user, **form.cleaned_data)
        tell_of_twins(self.request, [variant])
        return variant

    def get_success_url(self, obj: Variant) -> str:
        return f"{self.product.get_absolute_url()}#variants"


class DeleteVariant(generic.ActionView):
    """Take back a variant that was never ordered nor stocked; any other is refused, with what to do instead."""

    model = Variant
    permission = "catalog.change_variant"
    title = gettext_lazy("Delete %s")
    confirm = gettext_lazy("Only a variant that was never ordered, stocked or put into a bundle can be deleted.")
    done = gettext_lazy("%s deleted.")
    danger = True

    def perform(self, obj: Variant, fields: dict[str, Any]) -> Any:
        return services.delete_variants([obj], by=self.request.user)

    def get_success_url(self, obj: Variant) -> str:
        return f"{obj.product.get_absolute_url()}#variants"


VERBS = {
    "activate": (services.activate_variants, gettext_lazy("%s is active.")),
    "deactivate": (services.deactivate_variants, gettext_lazy("%s is inactive.")),
}


@login_required
@require_POST
@permission_required("catalog.change_variant", raise_exception=True)
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Activate or deactivate one variant."""
    if verb not in VERBS:
        raise Http404
    service, done = VERBS[verb]
    variant = get_object_or_404(Variant.objects.visible_to(request.user), pk=pk)

    def one(variant: Variant, *, by: Any) -> None:
        service([variant], by=by)

    return generic.act(request, one, variant, done=done)
