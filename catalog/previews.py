"""How the public sees a product, or would see one that is not public yet. Prices are no content: they are those of today."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from backoffice import previews
from backoffice.rows import in_reader_language
from catalog import services
from catalog.models import Variant


@previews.register("catalog.product", template="catalog/preview.html")
def facts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Texts in the reader's language; each variant with its price of today, None where it has none; related ones that are live."""
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
                "parts": entry.get("parts", []),
            }
            for entry in entries
        ],
        "related": _related([entry["handle"] for entry in content.get("related", [])]),
        "currency": settings.DEFAULT_CURRENCY,
    }


def _related(handles: Sequence[str]) -> list[dict[str, str]]:
    titles = services.live_titles(handles) if handles else {}
    return [{"handle": handle, "title": in_reader_language(*titles[handle])} for handle in handles if handle in titles]
