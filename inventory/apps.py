"""Set-up of the inventory: the virtual locations always exist."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

VIRTUAL = {
    "transit": ("In transit", "在途"),
    "supplier": ("Suppliers", "供应商"),
    "customer": ("Customers", "客户"),
    "adjustment": ("Corrections", "库存调整"),
    "scrap": ("Scrap", "报废"),
}


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        post_migrate.connect(create_virtual_locations, sender=self)


def create_virtual_locations(sender: InventoryConfig, using: str, **_more: Any) -> None:
    """Create those that are missing: the ledger books against one of each kind."""
    location = sender.get_model("Location")
    if location._meta.db_table not in connections[using].introspection.table_names():
        return
    there = set(location.objects.using(using).exclude(kind="stock").values_list("kind", flat=True))
    for kind, (name, name_zh) in VIRTUAL.items():
        if kind not in there:
            location.objects.using(using).create(kind=kind, code=kind, name=name, name_zh=name_zh, priority=99)
