"""Pages of brands."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from catalog import forms, services
from catalog.filters import BrandFilter
from catalog.models import Brand, Product
from catalog.views.products import with_thumb

SHOWN_PRODUCTS = 20


class BrandList(generic.ListPage):
    model = Brand
    key = "brands"
    permission = "catalog.view_brand"
    filterset_class = BrandFilter
    columns = [
        generic.Column("name", link=True),
        generic.Column("name_zh"),
        generic.Column("created_at", kind="relative"),
        generic.Column("updated_at", kind="relative"),
    ]
    ordering = {"name": ("name", "pk"), "-name": ("-name", "-pk"), "newest": ("-pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first")}
    create_url = "catalog:brand_new"
    create_permission = "catalog.add_brand"
    imported_as = "brands"
    empty_title = gettext_lazy("No brands yet")
    empty_text = gettext_lazy("Brands come with imported products, or are created here.")


class BrandRecord(generic.RecordPage):
    model = Brand
    permission = "catalog.view_brand"
    list_url = "catalog:brands"
    list_page = BrandList
    template_name = "catalog/brand_record.html"

    def get_title(self) -> str:
        return self.object.title

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, "catalog.change_brand"):
            return []
        url = reverse("catalog:brand_edit", args=[self.object.pk])
        return [generic.Action(_("Edit"), url, method="get", primary=True, icon="edit")]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        products = (
            Product.objects.visible_to(self.request.user).filter(brand=self.object).order_by("-pk").with_summary()
        )
        shown = [(product, with_thumb(product)) for product in products[:SHOWN_PRODUCTS]]
        return super().get_context_data(products=shown, **extra)


class BrandFormPage(generic.FormPage):
    model = Brand
    form_class = forms.BrandForm
    service = services.save_brand


class NewBrand(BrandFormPage):
    permission = "catalog.add_brand"


class EditBrand(BrandFormPage):
    permission = "catalog.change_brand"
    reason = True
