"""Pages that say what belongs together: related products, and what a bundle is made of."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog import forms, services
from catalog.models import Product, Variant


class ProductRelations(generic.FormPage):
    """The products that one points at, each with its kind and place."""

    model = Product
    permission = "catalog.change_product"
    form_class = forms.NoFields
    template_name = "catalog/product_relations.html"
    title = gettext_lazy("Products related to %s")
    done = gettext_lazy("Related products of %s saved.")
    version_field = ""
    reason = True

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        rows = [
            {"other": relation.other, "kind": relation.kind, "place": place}
            for place, relation in enumerate(self.object.relations.select_related("other"), start=1)
        ]
        return forms.RelationRows(data, initial=rows, prefix="rows")

    def perform(self, form: Any) -> Product:
        rows = forms.in_order(self.formset, "other")
        services.set_relations(self.object, [(row["other"], row["kind"]) for row in rows], by=self.user)
        return self.object  # type: ignore[no-any-return]

    def get_success_url(self, obj: Product) -> str:
        return f"{obj.get_absolute_url()}#related"


class VariantParts(generic.FormPage):
    """What goes into a bundle."""

    model = Variant
    permission = "catalog.change_variant"
    form_class = forms.NoFields
    template_name = "catalog/variant_parts.html"
    title = gettext_lazy("Components of %s")
    done = gettext_lazy("Components of %s saved.")
    version_field = ""
    reason = True

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("product")

    def get_formset(self, data: Any = None, files: Any = None) -> Any:
        rows = [
            {"component": part.component, "quantity": part.quantity, "place": place}
            for place, part in enumerate(self.object.parts.select_related("component"), start=1)
        ]
        return forms.PartRows(data, initial=rows, prefix="rows")

    def perform(self, form: Any) -> Variant:
        rows = forms.in_order(self.formset, "component")
        services.set_parts(self.object, [(row["component"], row["quantity"] or 1) for row in rows], by=self.user)
        return self.object  # type: ignore[no-any-return]

    def get_success_url(self, obj: Variant) -> str:
        return f"{obj.get_absolute_url()}#bundle"
