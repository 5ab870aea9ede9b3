"""Addresses below /catalog/. Verbs stand below `-/`, so that any handle and any SKU may be an address."""

from django.urls import path
from django.views.generic import RedirectView

from backoffice.publishing import pages
from catalog.models import Product
from catalog.views import brands, categories, price_changes, price_lists, products, repricing, variants

app_name = "catalog"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="catalog:products"), name="home"),
    path("products/", products.ProductList.as_view(), name="products"),
    path("products/-/new/", products.NewProduct.as_view(), name="product_new"),
    path("products/-/<int:pk>/", products.ProductRecord.as_view(), name="product_by_key"),
    path("products/-/<int:pk>/edit/", products.EditProduct.as_view(), name="product_edit"),
    path("products/-/<int:pk>/pictures/new/", products.AddPicture.as_view(), name="picture_new"),
    path("products/-/<int:product>/variants/new/", variants.NewVariant.as_view(), name="variant_new"),
    *pages.urls(Product, "products/-/<int:pk>/", "product_"),
    path("products/<path:handle>/", products.ProductRecord.as_view(), name="product"),
    path("pictures/<int:pk>/", products.picture, name="picture"),
    path("pictures/<int:pk>/cover/", products.make_cover, name="picture_cover"),
    path("pictures/<int:pk>/remove/", products.remove_picture, name="picture_remove"),
    path("variants/", variants.VariantList.as_view(), name="variants"),
    path("variants/-/<int:pk>/", variants.VariantRecord.as_view(), name="variant_by_key"),
    path("variants/-/<int:pk>/edit/", variants.EditVariant.as_view(), name="variant_edit"),
    path("variants/-/<int:pk>/price/", price_changes.SchedulePrice.as_view(), name="price_schedule"),
    path("variants/-/<int:pk>/<slug:verb>/", variants.move, name="variant_verb"),
    path("variants/<path:sku>/", variants.VariantRecord.as_view(), name="variant"),
    path("categories/", categories.CategoryTree.as_view(), name="categories"),
    path("categories/new/", categories.NewCategory.as_view(), name="category_new"),
    path("categories/<int:pk>/", categories.CategoryRecord.as_view(), name="category"),
    path("categories/<int:pk>/edit/", categories.EditCategory.as_view(), name="category_edit"),
    path("brands/", brands.BrandList.as_view(), name="brands"),
    path("brands/new/", brands.NewBrand.as_view(), name="brand_new"),
    path("brands/<int:pk>/", brands.BrandRecord.as_view(), name="brand"),
    path("brands/<int:pk>/edit/", brands.EditBrand.as_view(), name="brand_edit"),
    path("price-lists/", price_lists.PriceLists.as_view(), name="price_lists"),
    path("price-lists/new/", price_lists.NewPriceList.as_view(), name="price_list_new"),
    path("price-lists/<int:pk>/", price_lists.PriceListRecord.as_view(), name="price_list"),
    path("price-lists/<int:pk>/edit/", price_lists.EditPriceList.as_view(), name="price_list_edit"),
    path("price-lists/<int:price_list>/prices/", price_lists.ListPrices.as_view(), name="list_prices"),
    path("price-lists/<int:price_list>/prices/new/", price_lists.NewListPrice.as_view(), name="list_price_new"),
    path("price-lists/<int:price_list>/prices/<int:pk>/", price_lists.EditListPrice.as_view(), name="list_price_edit"),
    path("price-lists/<int:pk>/<slug:verb>/", price_lists.move, name="price_list_verb"),
    path("price-changes/", price_changes.PriceChanges.as_view(), name="price_changes"),
    path("price-changes/<int:pk>/", price_changes.PriceChangeRecord.as_view(), name="price_change"),
    path("price-changes/<int:pk>/cancel/", price_changes.CancelPriceChange.as_view(), name="price_change_cancel"),
    path("repricings/", repricing.Repricings.as_view(), name="repricings"),
    path("repricings/new/", repricing.NewRepricing.as_view(), name="repricing_new"),
    path("repricings/<str:number>/", repricing.RepricingRecord.as_view(), name="repricing"),
    path("repricings/<str:number>/rows/", repricing.RepricingRows.as_view(), name="repricing_rows"),
    path("repricings/<str:number>/apply/", repricing.ApplyRepricing.as_view(), name="repricing_apply"),
    path("repricings/<str:number>/schedule/", repricing.ScheduleRepricing.as_view(), name="repricing_schedule"),
    path("repricings/<str:number>/undo/", repricing.UndoRepricing.as_view(), name="repricing_undo"),
    path("repricings/<str:number>/cancel/", repricing.CancelRepricing.as_view(), name="repricing_cancel"),
]
