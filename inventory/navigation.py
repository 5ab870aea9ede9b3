"""Entries of the side navigation."""

from django.utils.translation import gettext_lazy as _

from backoffice import navigation

navigation.register("inventory", _("Warehouse work"), "inventory:warehouse", "inventory.add_scan", 5, "barcode", "k")
navigation.register("inventory", _("Stock"), "inventory:stock", "inventory.view_stocklevel", 10, "warehouse", "s")
navigation.register("inventory", _("To reorder"), "inventory:to_reorder", "inventory.view_reorderrule", 12, "refresh")
navigation.register(
    "inventory", _("Purchase orders"), "inventory:purchase_orders", "inventory.view_purchaseorder", 15, "clipboard"
)
navigation.register("inventory", _("Receipts"), "inventory:receipts", "inventory.view_receipt", 20, "truck")
navigation.register("inventory", _("Transfers"), "inventory:transfers", "inventory.view_transfer", 30, "transfer")
navigation.register(
    "inventory", _("Stocktakes"), "inventory:counts", "inventory.view_stockcount", 35, "clipboard-check"
)
navigation.register("inventory", _("Bins"), "inventory:bins", "inventory.view_bin", 37, "pin")
navigation.register("inventory", _("Lots"), "inventory:lots", "inventory.view_lot", 38, "tags")
navigation.register("inventory", _("Holds"), "inventory:holds", "inventory.view_hold", 40, "lock")
navigation.register("inventory", _("Left behind"), "inventory:left_behind", "inventory.view_allocation", 45, "alert")
navigation.register("inventory", _("Stock moves"), "inventory:moves", "inventory.view_stockmove", 50, "history")
navigation.register("inventory", _("Locations"), "inventory:locations", "inventory.view_location", 60, "pin")
navigation.register("inventory", _("Suppliers"), "inventory:suppliers", "inventory.view_supplier", 70, "building")
navigation.register("inventory", _("Reports"), "inventory:reports", "inventory.view_stockfigures", 80, "chart")
navigation.register(
    "inventory", _("Supplier items"), "inventory:supplier_items", "inventory.view_supplieritem", 75, "tags"
)
navigation.register(
    "inventory", _("Reorder rules"), "inventory:reorder_rules", "inventory.view_reorderrule", 80, "sliders"
)
