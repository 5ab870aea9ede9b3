"""What lies where in a warehouse and may be shipped, in the order in which pieces leave."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q

from inventory.models import Location, StockLevel, StockPart, shop_day

Place = tuple[int | None, int | None]  # (bin, lot); (None, None) is "not put away" of what has no lots


def on_shelves(location: Location, variants: Collection[int]) -> dict[int, dict[Place, int]]:
    """Pieces of variants by bin and lot, what leaves first first; variants of which nothing has a bin or lot are left out.

    What has expired is none of it.
    """
    levels = {
        level.pk: level
        for level in StockLevel.objects.filter(location=location, variant__in=list(variants), placed__gt=0)
    }
    found: dict[int, dict[Place, int]] = defaultdict(dict)
    for level in levels.values():
        loose = 0 if level.is_tracked else level.loose
        found[level.variant_id] = {(None, None): loose} if loose else {}
    if levels:
        parts = StockPart.objects.there().filter(level__in=levels)
        fresh = Q(lot=None) | Q(lot__expires_on=None) | Q(lot__expires_on__gte=shop_day(), lot__is_quarantined=False)
        rows = parts.filter(fresh).first_expired_first().values_list("level", "bin", "lot", "quantity")
        for level_key, bin_key, lot, pieces in rows:
            found[levels[level_key].variant_id][bin_key, lot] = pieces
    return dict(found)
