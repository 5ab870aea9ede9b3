"""Addresses below /catalog/. Verbs stand below `-/`, so that any handle and any SKU may be an address."""

from django.urls import path
from django.views.generic import RedirectView

from catalog.views import brands, categories, matrix, pictures, products, relations, tags, variants

app_name = "catalog"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="catalog:products"), name="home"),
    path("products/", products.ProductList.as_view(), name="products"),
    path("products/-/new/", products.NewProduct.as_view(), name="product_new"),
    path("products/-/<int:pk>/", products.ProductRecord.as_view(), name="product_by_key"),
    path("products/-/<int:pk>/edit/", products.EditProduct.as_view(), name="product_edit"),
    path("products/-/<int:pk>/options/", matrix.ProductOptions.as_view(), name="product_options"),
    path("products/-/<int:pk>/matrix/", matrix.ProductMatrix.as_view(), name="product_matrix"),
    path("products/-/<int:pk>/variants/", matrix.ProductVariants.as_view(), name="product_variants"),
    path("products/-/<int:pk>/pictures/", pictures.ProductPictures.as_view(), name="product_pictures"),
    path("products/-/<int:pk>/related/", relations.ProductRelations.as_view(), name="product_relations"),
    path("products/-/<int:product>/variants/new/", variants.NewVariant.as_view(), name="variant_new"),
    path("products/-/<int:pk>/<slug:verb>/", products.move, name="product_verb"),
    path("products/<path:handle>/", products.ProductRecord.as_view(), name="product"),
    path("pictures/<int:pk>/", pictures.show, name="picture"),
    path("pictures/<int:pk>/<int:size>/", pictures.show, name="thumbnail"),
    path("pictures/<int:pk>/cover/", pictures.make_cover, name="picture_cover"),
    path("pictures/<int:pk>/remove/", pictures.remove, name="picture_remove"),
    path("variants/", variants.VariantList.as_view(), name="variants"),
    path("variants/-/<int:pk>/", variants.VariantRecord.as_view(), name="variant_by_key"),
    path("variants/-/<int:pk>/edit/", variants.EditVariant.as_view(), name="variant_edit"),
    path("variants/-/<int:pk>/parts/", relations.VariantParts.as_view(), name="variant_parts"),
    path("variants/-/<int:pk>/delete/", variants.DeleteVariant.as_view(), name="variant_delete"),
    path("variants/-/<int:pk>/<slug:verb>/", variants.move, name="variant_verb"),
    path("variants/<path:sku>/", variants.VariantRecord.as_view(), name="variant"),
    path("categories/", categories.CategoryTree.as_view(), name="categories"),
    path("categories/new/", categories.NewCategory.as_view(), name="category_new"),
    path("categories/<int:pk>/", categories.CategoryRecord.as_view(), name="category"),
    path("categories/<int:pk>/edit/", categories.EditCategory.as_view(), name="category_edit"),
    path("categories/<int:pk>/place/", categories.place, name="category_place"),
    path("categories/<int:pk>/merge/", categories.MergeCategory.as_view(), name="category_merge"),
    path("categories/<int:pk>/delete/", categories.DeleteCategory.as_view(), name="category_delete"),
    path("tags/", tags.TagList.as_view(), name="tags"),
    path("tags/suggest/", tags.suggest, name="tag_suggest"),
    path("tags/rename/", tags.RenameTag.as_view(), name="tag_rename"),
    path("tags/remove/", tags.RemoveTag.as_view(), name="tag_remove"),
    path("brands/", brands.BrandList.as_view(), name="brands"),
    path("brands/new/", brands.NewBrand.as_view(), name="brand_new"),
    path("brands/<int:pk>/", brands.BrandRecord.as_view(), name="brand"),
    path("brands/<int:pk>/edit/", brands.EditBrand.as_view(), name="brand_edit"),
]
