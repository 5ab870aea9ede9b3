"""The marks of what may be sold out, which the filter of products and variants begins with."""

from django.db import connection, transaction

# Nothing of it is left to promise at any warehouse.
OUT = """
    v.track_stock AND NOT EXISTS (
        SELECT FROM inventory_stocklevel s JOIN inventory_location l ON l.id = s.location_id
        WHERE s.variant_id = v.id AND s.on_hand - s.allocated - s.held > 0 AND l.kind = 'stock' AND l.is_active)
"""
MISSING = f"""
    SELECT v.id FROM catalog_variant v
    WHERE {OUT} AND NOT EXISTS (SELECT FROM inventory_soldout o WHERE o.variant_id = v.id)
"""  # noqa: S608 - no input
FORGET = f"""
    DELETE FROM inventory_soldout o
    WHERE NOT EXISTS (SELECT FROM catalog_variant v WHERE v.id = o.variant_id AND {OUT})
       OR EXISTS (SELECT FROM inventory_soldout earlier WHERE earlier.variant_id = o.variant_id AND earlier.id < o.id)
"""  # noqa: S608 - no input


@transaction.atomic
def refresh_sold_out() -> int:
    """Forget the marks of what is there again and those that stand twice, and add what bulk loads left out; returns how many are left.

    What sells out meanwhile writes a row of its own, which this one does not see and leaves.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO inventory_soldout (variant_id) {MISSING}")
        cursor.execute(FORGET)
        cursor.execute("SELECT count(*) FROM inventory_soldout")
        return int(cursor.fetchone()[0])
