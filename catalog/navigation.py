"""Entries of the side navigation."""

from django.utils.translation import gettext_lazy as _

from backoffice import navigation

navigation.register("catalog", _("Products"), "catalog:products", "catalog.view_product", 10, "box", "p")
navigation.register("catalog", _("Variants"), "catalog:variants", "catalog.view_variant", 20, "barcode", "v")
navigation.register("catalog", _("Categories"), "catalog:categories", "catalog.view_category", 30, "folder-tree")
navigation.register("catalog", _("Attributes"), "catalog:attributes", "catalog.view_attributedefinition", 35, "list")
navigation.register("catalog", _("Brands"), "catalog:brands", "catalog.view_brand", 40, "tag")
navigation.register("catalog", _("Price lists"), "catalog:price_lists", "catalog.view_pricelist", 50, "receipt")
navigation.register("catalog", _("Scheduled prices"), "catalog:price_changes", "catalog.view_pricechange", 60, "clock")
navigation.register("catalog", _("Repricings"), "catalog:repricings", "catalog.view_repricing", 70, "refresh")
navigation.register("catalog", _("Tags"), "catalog:tags", "catalog.view_product", 50, "tags")
