"""Lists and the home page over a large shop, beside Django's stock admin: targets L1 to L4 and D1.

Each page is asked for by Django's test client as the owner, so the figures are server time without the network.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from tests.performance.shop import arguments, in_turns, open_shop, report


@dataclass(frozen=True)
class Listed:
    """A list of ours, the stock admin's page of the same rows, each filter with a value, and a fragment to search."""

    url: str
    stock: str
    filters: tuple[str, ...]
    fragment: str


LISTS = {
    "orders": Listed(
        "/orders/",
        "/stock/orders/order/",
        (
            "status=placed", "payment_status=none", "fulfilment_status=unfulfilled", "return_status=returned", "source=staff",
            "total_min=500", "placed_at_after=2026-01-01&placed_at_before=2026-01-31", "sort=highest", "sort=oldest",
            "country=DE", "country=CN&sort=oldest", "tag=gift", "currency=EUR", "late=true", "location=main", "customer=%231", "variant=%231",
            "variant=no-such-sku", "queue=to_pay&sort=oldest", "queue=to_allocate&sort=oldest", "queue=to_pick&sort=oldest",
            "queue=late&sort=oldest", "queue=to_refund&sort=oldest",
            "status=placed&payment_status=none&payment_status=partially_paid",
            "status=placed&fulfilment_status=unfulfilled&fulfilment_status=partial",
        ),
        "olsen",
    ),
    "lines": Listed(
        "/orders/lines/",
        "/stock/orders/order/",
        (
            "status=placed", "payment_status=none", "source=staff", "country=DE", "article=%231", "variant=%231", "total_min=500",
            "placed_at_after=2026-01-01&placed_at_before=2026-01-31", "queue=to_pay&sort=oldest", "sort=oldest", "sort=highest",
        ),
        "olsen",
    ),
    "variants": Listed(
        "/catalog/variants/",
        "/stock/catalog/variant/",
        ("is_active=true", "has_barcode=true", "price_min=90", "sort=oldest"),
        "slim paper",
    ),
    "customers": Listed(
        "/customers/",
        "/stock/customers/customer/",
        ("kind=company", "status=active", "tag=vip", "created_after=2026-01-01", "sort=name"),
        "hansen299",
    ),
    "tickets": Listed(
        "/tickets/",
        "/stock/customers/ticket/",
        ("status=open", "stage=unsolved", "assignee=me", "priority=4", "channel=form", "sort=urgent", "sort=created"),
        "glaze parcel",
    ),
}  # fmt: skip


def main() -> None:
    options = arguments(__doc__, 1_000_000)
    open_shop(options.rows)
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from backoffice.models import User

    client = Client(headers={"host": "localhost"})
    owner = User.objects.with_role("owner").first()
    assert owner is not None
    owner.is_superuser = True
    client.force_login(owner)

    def page(url: str) -> Callable[[], Any]:
        def get() -> Any:
            response = client.get(url)
            assert response.status_code == 200, f"{url}: {response.status_code}"
            return response

        return get

    def statements(url: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            page(url)()
        return [query["sql"] for query in captured]

    figures: dict[str, Any] = {"rows": options.rows}
    for name, listed in LISTS.items():
        deep = list(itertools.islice(_deeper(page, listed.url), 30))[-1]
        contenders = {"first": page(listed.url), "stock": page(listed.stock), "deep": page(deep)}
        contenders |= {f"?{query}": page(f"{listed.url}?{query}") for query in listed.filters}
        contenders["search"] = page(f"{listed.url}?q={listed.fragment}")
        medians = in_turns(contenders, options.rounds)
        first = medians["first"]
        counts = {len(statements(url)) for url in (listed.url, deep)}
        print(
            f"{name}: first page {first * 1000:.0f} ms, {max(counts)} statements; stock admin {medians['stock'] * 1000:.0f} ms",
            file=sys.stderr,
        )
        for label, seconds in medians.items():
            print(f"  {label:<50} {seconds * 1000:8.1f} ms  {seconds / first:6.2f} x first page", file=sys.stderr)
        figures[name] = {
            "first_ms": round(first * 1000, 1),
            "first_of_stock": round(first / medians["stock"], 4),
            "deep_of_first": round(medians["deep"] / first, 2),
            "filters_of_first": round(max(v for k, v in medians.items() if k.startswith("?")) / first, 2),
            "search_of_first": round(medians["search"] / first, 2),
            "statements": sorted(counts),
        }
    home = in_turns({"home": page("/"), "plain": page("/bench/plain/")}, options.rounds)
    figures["home_of_plain"] = round(home["home"] / home["plain"], 2)
    figures["home_statements"] = len(statements("/"))
    print(f"home {home['home'] * 1000:.1f} ms, plain page {home['plain'] * 1000:.1f} ms", file=sys.stderr)
    report(figures)


def _deeper(page: Callable[[str], Callable[[], Any]], url: str) -> Iterator[str]:
    """Addresses of the pages after `url`, by following Next."""
    while True:
        html = page(url)().content.decode()
        found = re.search(r'rel="next" href="([^"]*)"', html)
        if found is None:
            return
        url = unescape(found[1])
        yield url


if __name__ == "__main__":
    main()
