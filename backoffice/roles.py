"""The roles and what they may do, as data. `sync_roles` writes them as groups; rights come from nowhere else."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from backoffice.models import OWNER, RolePolicy


@dataclass(frozen=True)
class Role:
    """`permissions` are patterns over "app.codename"; a leading "!" takes away again."""

    label: Any
    permissions: tuple[str, ...]


_reads_all = ("catalog.view_*", "inventory.view_*", "orders.view_*", "customers.view_*")
_history = "*.view_*history"
_exports = ("backoffice.export_data", "backoffice.view_exportrun", "backoffice.view_exporttemplate")
_orders = (
    "orders.*",
    "!orders.delete_*",
    "!orders.*_documentseries",
    "!orders.add_carrier",
    "!orders.change_carrier",
    "!orders.add_returncause",
    "!orders.change_returncause",
    "catalog.view_*",
    "!catalog.view_cost",
    "inventory.view_*",
    "inventory.add_scan",
    "customers.view_customer",
    "customers.add_customer",
    "customers.change_customer",
    "customers.claim_customer",
    "customers.transfer_customer",
    "customers.merge_customer",
    "customers.view_ownership",
    "customers.view_ownershipdispute",
    "customers.decide_ownershipdispute",
    "customers.view_duplicatepair",
    "customers.view_customermerge",
    "customers.view_contactpoint",
    "customers.view_address",
    "customers.view_customersegment",
    "customers.view_segmentrun",
    "customers.view_customernote",
    "customers.view_customfield",
    "customers.view_staticlist",
    "customers.add_staticlist",
    "customers.change_staticlist",
    "customers.view_followup",
    "customers.add_followup",
    "customers.change_followup",
    "customers.view_ticket",
    "customers.view_message",
    "customers.view_personal_data",
    "backoffice.view_approval",
    "backoffice.import_data",
    "backoffice.bulk_edit",
    *_exports,
    "backoffice.view_importrun",
)

ROLES: dict[str, Role] = {
    OWNER: Role(_("Owner"), ("*",)),
    "catalog_editor": Role(
        _("Catalog editor"),
        (
            "catalog.*",
            "!catalog.publish_*",
            "!catalog.approve_*",
            "!catalog.delete_*",
            "inventory.view_stocklevel",
            "customers.view_article",
            "customers.add_article",
            "customers.change_article",
            "customers.view_helpcategory",
            "customers.add_helpcategory",
            "customers.change_helpcategory",
            "customers.view_vainsearch",
            "backoffice.view_approval",
            "backoffice.import_data",
            "backoffice.bulk_edit",
            *_exports,
            "backoffice.view_importrun",
        ),
    ),
    "catalog_reviewer": Role(
        _("Catalog reviewer"),
        (
            "catalog.view_*",
            "catalog.publish_*",
            "catalog.approve_*",
            "backoffice.view_approval",
            "customers.view_article",
            "customers.publish_article",
            "backoffice.bulk_edit",
            *_exports,
        ),
    ),
    "order_clerk": Role(
        _("Order clerk"),
        (
            *_orders,
            "!orders.approve_*",
            "!orders.receive_unannounced",
            "!orders.exchange_in_advance",
            "!customers.transfer_customer",
            "!customers.merge_customer",
            "!customers.decide_ownershipdispute",
        ),
    ),
    "order_lead": Role(_("Order lead"), _orders),
    "warehouse_operator": Role(
        _("Warehouse operator"),
        (
            "inventory.view_*",
            "inventory.receive_stock",
            "inventory.move_stock",
            "inventory.hold_stock",
            "inventory.count_stock",
            "inventory.add_scan",
            "catalog.view_*",
            "!catalog.view_cost",
            "orders.view_order",
            "orders.view_orderline",
            "orders.view_fulfilment",
            "orders.view_fulfilmentline",
            "orders.view_pickwave",
            "orders.view_pickpart",
            "orders.view_return",
            "orders.view_returnline",
            "orders.fulfil_order",
            "orders.receive_return",
            "customers.view_personal_data",
        ),
    ),
    "warehouse_manager": Role(
        _("Warehouse manager"),
        (
            "inventory.*",
            "!inventory.approve_*",
            "!inventory.delete_*",
            "catalog.view_*",
            "orders.view_*",
            "orders.fulfil_order",
            "orders.receive_return",
            "orders.receive_unannounced",
            "customers.view_personal_data",
            "backoffice.view_approval",
            "backoffice.import_data",
            *_exports,
            "backoffice.view_importrun",
        ),
    ),
    "support_agent": Role(
        _("Support agent"),
        (
            "customers.view_*",
            "!customers.view_servicerow",
            "customers.add_customer",
            "customers.change_customer",
            "customers.add_staticlist",
            "customers.change_staticlist",
            "customers.add_followup",
            "customers.change_followup",
            "customers.claim_customer",
            "customers.add_ticket",
            "customers.change_ticket",
            "customers.reply_ticket",
            "customers.change_incomingmail",
            "customers.fetch_mailbox",
            "backoffice.bulk_edit",
            "catalog.view_*",
            "!catalog.view_cost",
            "orders.view_*",
            "orders.add_return",
            "inventory.view_stocklevel",
            "inventory.view_location",
        ),
    ),
    "support_lead": Role(
        _("Support lead"),
        (
            "customers.*",
            "!customers.delete_*",
            "!customers.add_mailbox",
            "!customers.change_mailbox",
            "catalog.view_*",
            "!catalog.view_cost",
            "orders.view_*",
            "orders.add_return",
            "orders.add_refund",
            "inventory.view_stocklevel",
            "inventory.view_location",
            "backoffice.view_approval",
            "backoffice.import_data",
            "backoffice.bulk_edit",
            *_exports,
            "backoffice.view_importrun",
        ),
    ),
    "analyst": Role(
        _("Analyst"),
        (
            *_reads_all,
            "!customers.view_personal_data",
            "!orders.view_sentmail",
            "!customers.view_message*",
            "!customers.view_attachment*",
            "!customers.view_incomingmail*",
            "!*.view_*history",
            *_exports,
            "backoffice.view_importrun",
        ),
    ),
    "auditor": Role(
        _("Auditor"), (*_reads_all, "customers.view_personal_data", "catalog.view_cost", "backoffice.view_*", _history)
    ),
}


def allows(role: Role, permission: str) -> bool:
    """Whether `permission` ("app.codename") is among those of `role`."""
    granted = any(fnmatchcase(permission, pattern) for pattern in role.permissions if not pattern.startswith("!"))
    return granted and not any(fnmatchcase(permission, p[1:]) for p in role.permissions if p.startswith("!"))


@transaction.atomic
def sync_roles() -> dict[str, int]:
    """Write every role as a group with exactly its permissions; returns how many each has."""
    permissions = [
        (f"{p.content_type.app_label}.{p.codename}", p) for p in Permission.objects.select_related("content_type")
    ]
    counts = {}
    for name, role in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        RolePolicy.objects.get_or_create(group=group)
        chosen = [permission for label, permission in permissions if allows(role, label)]
        group.permissions.set(chosen)
        counts[name] = len(chosen)
    return counts


def label_of(name: str) -> str:
    """What people call the role `name`."""
    return str(ROLES[name].label) if name in ROLES else name
