"""Sign-ins of the demonstration: one person a role, with a password that everybody may know."""

from __future__ import annotations

from typing import Any

from backoffice.models import OWNER, User
from backoffice.roles import ROLES, sync_roles

PASSWORD = "houtai-demo-2026"  # noqa: S105 - printed by `make demo`
NAMES = {
    "owner": "Olivia Okafor",
    "catalog_editor": "Caspar Winter",
    "catalog_reviewer": "Rina Sato",
    "order_clerk": "Karim Haddad",
    "order_lead": "Noor Haidari",
    "warehouse_operator": "Wen Li",
    "warehouse_manager": "Marta Kowalska",
    "support_agent": "Samuel Reyes",
    "support_lead": "Lucia Bianchi",
    "analyst": "Aron Lindqvist",
    "auditor": "Aoife Byrne",
}


def address(role: str) -> str:
    return f"{role.replace('_', '.')}@houtai.example"


def create_sign_ins() -> User:
    """Create the missing ones; returns the owner."""
    sync_roles()
    present = set(User.objects.values_list("email", flat=True))
    for role, name in NAMES.items():
        if address(role) not in present:
            User.objects.create_user(address(role), PASSWORD, name=name, roles=(role,))
    return User.objects.get(email=address(OWNER))


def sign_ins() -> list[tuple[Any, str, str]]:
    """(role, e-mail, password) of those that exist."""
    present = set(User.objects.active().values_list("email", flat=True))
    return [(ROLES[role].label, address(role), PASSWORD) for role in NAMES if address(role) in present]
