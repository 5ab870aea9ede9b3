"""Warehouses that people can be confined to."""

from backoffice import people
from backoffice.models import Scope
from inventory.models import Location


def warehouses() -> list[tuple[str, str]]:
    return [(location.code, str(location)) for location in Location.objects.stock().order_by("code")]


people.register_scope(Scope.Kind.WAREHOUSE, warehouses)
