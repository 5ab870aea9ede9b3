"""Pages over real models, to test the machinery of pages with."""

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.urls import include, path

from backoffice import generic
from catalog.models import Brand, Product


class ProductFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="title", lookup_expr="icontains", label="Search")
    brand = generic.LookupFilter(model=Brand, label="Brand")
    created_at = generic.DateRangeFilter(label="Created")

    class Meta:
        model = Product
        fields = ["status"]


def shout(product, *, by, suffix="!"):
    """Mark a title; titles that are marked already are refused."""
    if product.title.endswith(suffix):
        raise ValidationError(f"{product.handle} is loud already.")
    product.title += suffix
    product.save(update_fields=["title"])


def shout_all(products, *, by):
    for product in products:
        shout(product, by=by)


class SuffixForm(forms.Form):
    suffix = forms.CharField()


class ProductList(generic.ListPage):
    model = Product
    key = "test:products"
    permission = "catalog.view_product"
    filterset_class = ProductFilter
    columns = [
        generic.Column("title", link=True),
        generic.Column("brand.name", "Brand"),
        generic.Column("status", kind="badge"),
        generic.Column("published_at", kind="datetime"),
        generic.Column("created_at", kind="relative"),
    ]
    default_columns = ["title", "brand.name", "status", "published_at"]
    ordering = {
        "title": ("title", "pk"),
        "-title": ("-title", "-pk"),
        "published": ("published_at", "pk"),
        "-published": ("-published_at", "-pk"),
        "brand": ("brand__name", "-title", "pk"),
    }
    tabs = [generic.Tab("Drafts", "status=draft")]
    bulk_actions = [
        generic.BulkAction("shout", "Shout", shout, permission="catalog.change_product"),
        generic.BulkAction(
            "ask", "Shout, asked first", shout, permission="catalog.change_product", confirm="Titles get a mark."
        ),
        generic.BulkAction(
            "suffix", "Shout as you like", shout, permission="catalog.change_product", form_class=SuffixForm
        ),
        generic.BulkAction("batch", "Shout all or none", shout_all, permission="catalog.change_product", batch=True),
        generic.BulkAction("few", "Few", shout, permission="catalog.change_product", limit=2),
    ]
    create_url = "product-new"
    create_permission = "catalog.add_product"
    page_size = 5

    def get_queryset(self):
        return super().get_queryset().select_related("brand")


class ProductRecord(generic.RecordPage):
    model = Product
    slug_field = "handle"
    permission = "catalog.view_product"
    list_url = "product-list"
    list_page = ProductList
    facts = [generic.Column("brand.name", "Brand"), generic.Column("created_at", kind="datetime")]

    def get_actions(self):
        return [
            generic.Action("Shout", f"/test/products/{self.object.handle}/shout/", primary=True),
            generic.Action("Shout?", f"/test/products/{self.object.handle}/shout/", confirm="Really?"),
        ]


class ProductModelForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ["handle", "title", "description"]


class ProductForm(generic.FormPage):
    model = Product
    form_class = ProductModelForm
    slug_field = "handle"
    permission = "catalog.change_product"
    reason = True

    def get_success_url(self, obj):
        return f"/test/products/{obj.handle}/"


class ShoutView(generic.ActionView):
    model = Product
    slug_field = "handle"
    permission = "catalog.change_product"
    service = shout
    title = "Shout"
    done = "%s shouts."
    confirm = "The title gets a mark."

    def get_success_url(self, obj):
        return f"/test/products/{obj.handle}/"


urlpatterns = [
    path("test/products/", ProductList.as_view(), name="product-list"),
    path("test/products/new/", ProductForm.as_view(), name="product-new"),
    path("test/products/<slug:handle>/", ProductRecord.as_view(), name="product"),
    path("test/products/<slug:handle>/edit/", ProductForm.as_view(), name="product-edit"),
    path("test/products/<slug:handle>/shout/", ShoutView.as_view(), name="product-shout"),
    path("", include("backoffice.urls")),
]
