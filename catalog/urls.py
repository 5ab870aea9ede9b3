"""Addresses below /catalog/. Verbs stand below `-/`, so that any handle and any SKU may be an address."""

from django.urls import path
from django.views.generic import RedirectView

from catalog.views import attributes, brands, categories, products, variants

app_name = "catalog"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="catalog:products"), name="home"),
    path("products/", products.ProductList.as_view(), name="products"),
    path("products/-/new/", products.NewProduct.as_view(), name="product_new"),
    path("products/-/<int:pk>/", products.ProductRecord.as_view(), name="product_by_key"),
    path("products/-/<int:pk>/edit/", products.EditProduct.as_view(), name="product_edit"),
    path("products/-/<int:pk>/pictures/new/", products.AddPicture.as_view(), name="picture_new"),
    path("products/-/<int:product>/variants/new/", variants.NewVariant.as_view(), name="variant_new"),
    path("products/-/<int:pk>/<slug:verb>/", products.move, name="product_verb"),
    path("products/<path:handle>/", products.ProductRecord.as_view(), name="product"),
    path("pictures/<int:pk>/", products.picture, name="picture"),
    path("pictures/<int:pk>/cover/", products.make_cover, name="picture_cover"),
    path("pictures/<int:pk>/remove/", products.remove_picture, name="picture_remove"),
    path("variants/", variants.VariantList.as_view(), name="variants"),
    path("variants/-/<int:pk>/", variants.VariantRecord.as_view(), name="variant_by_key"),
    path("variants/-/<int:pk>/edit/", variants.EditVariant.as_view(), name="variant_edit"),
    path("variants/-/<int:pk>/<slug:verb>/", variants.move, name="variant_verb"),
    path("variants/<path:sku>/", variants.VariantRecord.as_view(), name="variant"),
    path("categories/", categories.CategoryTree.as_view(), name="categories"),
    path("categories/new/", categories.NewCategory.as_view(), name="category_new"),
    path("categories/<int:pk>/", categories.CategoryRecord.as_view(), name="category"),
    path("categories/<int:pk>/edit/", categories.EditCategory.as_view(), name="category_edit"),
    path("attributes/", attributes.AttributeList.as_view(), name="attributes"),
    path("attributes/new/", attributes.NewAttribute.as_view(), name="attribute_new"),
    path("attributes/<int:pk>/", attributes.AttributeRecord.as_view(), name="attribute"),
    path("attributes/<int:pk>/edit/", attributes.EditAttribute.as_view(), name="attribute_edit"),
    path("attributes/<int:pk>/remove/", attributes.RemoveAttribute.as_view(), name="attribute_remove"),
    path("attributes/<int:pk>/<slug:way>/", attributes.move, name="attribute_move"),
    path("brands/", brands.BrandList.as_view(), name="brands"),
    path("brands/new/", brands.NewBrand.as_view(), name="brand_new"),
    path("brands/<int:pk>/", brands.BrandRecord.as_view(), name="brand"),
    path("brands/<int:pk>/edit/", brands.EditBrand.as_view(), name="brand_edit"),
]
