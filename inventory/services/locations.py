"""Warehouses and shops, many at once."""

# The statements are put together from the constants of this module and never from input.

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy

from backoffice.imports.batch import carry_out
from backoffice.imports.tables import TableBatch
from inventory.models import Location
from inventory.services.closing import closed, opened

IN_USE = """
    SELECT location_id, sum(on_hand) AS pieces, count(*) AS variants FROM inventory_stocklevel
    WHERE on_hand > 0 OR held > 0 GROUP BY location_id
"""
ON_THE_WAY = """
    SELECT place, string_agg(number, ', ' ORDER BY number) AS numbers
    FROM inventory_transfer, unnest(ARRAY[source_id, destination_id]) place
    WHERE status IN ('draft', 'in_transit') GROUP BY place
"""

BEING_COUNTED = """
    SELECT location_id AS place, string_agg(number, ', ' ORDER BY number) AS numbers
    FROM inventory_stockcount WHERE status NOT IN ('posted', 'canceled') GROUP BY location_id
"""


class LocationBatch(TableBatch):
    """Places that stock is at, by code; the virtual ones of the ledger are not brought in."""

    resource = "locations"
    model = Location
    key = ("code",)
    names = ("code", "name", "name_zh", "address", "priority", "is_active")
    messages = {
        "virtual": gettext_lazy("“%(code)s” is a place of the ledger and no warehouse."),
        "in_use": gettext_lazy(
            "%(location)s still has %(pieces)s pieces of %(variants)s variants. Transfer them first."
        ),
        "on_the_way": gettext_lazy("Finish these transfers first: %(numbers)s."),
        "being_counted": gettext_lazy("Finish these stocktakes first: %(numbers)s."),
        "not_your_place": gettext_lazy("You may not move stock at %(location)s."),
    }

    def _matches(self) -> str:
        """Codes are the same whatever the letter case; where two differ in nothing else, the exact one is meant."""
        return """t.id = (SELECT l.id FROM inventory_location l WHERE lower(l.code) = lower(s.code)
                          ORDER BY l.code = s.code DESC, l.id LIMIT 1)"""

    def find_problems(self) -> None:
        closing = "r.changed AND t.is_active AND NOT r.is_active"
        record = "FROM import_record r JOIN import_stage s ON s.row = r.row JOIN inventory_location t ON t.id = r.id"
        self.told(
            "virtual",
            f"SELECT r.row, 'code', s.code, jsonb_build_object('code', t.code) {record} WHERE t.kind <> 'stock'",
        )
        super().find_problems()
        self.told(
            "in_use",
            f"""SELECT r.row, 'is_active', '', jsonb_build_object('location', t.name, 'pieces', u.pieces, 'variants', u.variants)
                {record} JOIN ({IN_USE}) u ON u.location_id = t.id WHERE {closing}""",
        )
        self.told(
            "on_the_way",
            f"""SELECT r.row, 'is_active', '', jsonb_build_object('numbers', w.numbers)
                {record} JOIN ({ON_THE_WAY}) w ON w.place = t.id WHERE {closing}""",
        )
        self.told(
            "being_counted",
            f"""SELECT r.row, 'is_active', '', jsonb_build_object('numbers', w.numbers)
                {record} JOIN ({BEING_COUNTED}) w ON w.place = t.id WHERE {closing}""",
        )

    def write(self) -> None:
        """What is closed or opened by a file has the same consequences as by a click."""
        places = Location.objects.filter(kind=Location.Kind.STOCK).order_by("pk")
        before = dict(places.values_list("pk", "is_active"))
        super().write()
        for location in places:
            if before.get(location.pk, location.is_active) != location.is_active:
                (opened if location.is_active else closed)(location, by=self.by)


upsert_locations = partial(carry_out, LocationBatch)
