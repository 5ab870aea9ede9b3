"""How the public would see a product that is not public yet. Prices are no content: they are those of today."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from backoffice import previews
from backoffice.rows import in_reader_language
from catalog.models import Variant


@previews.register("catalog.product", template="catalog/preview.html")
def facts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Texts in the reader's language; each variant with its price of today, None where it has none."""
    entries = content["variants"]
    sold = Variant.objects.filter(sku__in=[entry["sku"] for entry in entries]).only("sku", "price", "compare_at")
    prices = {variant.sku: variant for variant in sold}
    return {
        "title": in_reader_language(content["title"], content["title_zh"]),
        "description": in_reader_language(content["description"], content["description_zh"]),
        "attributes": [(name, value) for name, value in content["attributes"].items() if value not in ("", None, [])],
        "variants": [
            {
                "sku": entry["sku"],
                "name": " / ".join(part for part in entry["options"] if part),
                "price": getattr(prices.get(entry["sku"]), "price", None),
                "compare_at": getattr(prices.get(entry["sku"]), "compare_at", None),
            }
            for entry in entries
        ],
        "currency": settings.DEFAULT_CURRENCY,
    }
