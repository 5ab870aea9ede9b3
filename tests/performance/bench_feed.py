"""The feed of published products under load, against a bare Django view that runs the same statement: at least 0.6 of its rate.

gunicorn runs as `manage.py serve` runs it; clients in this second process ask for pages of 50 products, each again as soon as it is
answered. The contenders take turns on one server. `not_changed` asks with the ETag it has: 304, one statement as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import urllib.request

from tests.performance.bench_requests import HOST, load, serving
from tests.performance.shop import open_shop, report

FEED, BARE = "/api/v1/products?limit=50", "/bench/feed/"


def main() -> None:
    options = _arguments()
    os.environ["FEED_RATE"] = "100000000"
    open_shop(options.rows)
    rates: dict[str, list[float]] = {"feed": [], "bare": [], "not_changed": []}
    with serving("8") as port:
        etag = urllib.request.urlopen(f"http://{HOST}:{port}{FEED}", timeout=10).headers["ETag"]
        asked = {"feed": (FEED, ""), "bare": (BARE, ""), "not_changed": (FEED, f"If-None-Match: {etag}\r\n")}
        for path, header in asked.values():
            load(port, header, options.clients, 1.0, path)
        for number in range(options.rounds):
            for name, (path, header) in asked.items():
                rates[name].append(load(port, header, options.clients, options.seconds, path))
                print(f"round {number + 1}: {name:<12} {rates[name][-1]:7.0f} requests/s", file=sys.stderr)
    feed, bare, same = (statistics.median(rates[name]) for name in ("feed", "bare", "not_changed"))
    report(
        {
            "feed_rps": round(feed),
            "bare_rps": round(bare),
            "not_changed_rps": round(same),
            "ratio": round(feed / bare, 2),
            "not_changed_ratio": round(same / bare, 2),
        }
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000, help="how many orders the shop has (default 2,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender is measured (default 5)")
    parser.add_argument("--seconds", type=float, default=3, help="how long each measurement lasts (default 3)")
    parser.add_argument("--clients", type=int, default=8, help="how many ask at a time (default 8)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
