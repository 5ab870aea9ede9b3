"""django-oscar as a peer of `bench_placing`: a process in an environment of its own, which never is the project's.

    python -m venv DIR && DIR/bin/pip install django-oscar "psycopg[binary]"
    python -m tests.performance.bench_placing --oscar DIR/bin/python

It is started with the address of the server (libpq words as JSON) and the number of products, makes a database "oscar" there
with as many products in stock, and answers commands, one JSON line each: `{"clients", "goods", "begin", "seconds"}` with
`{"seconds": [of each order], "errors": {}, "client", "server": seconds of processor}`. An order is a basket of three products, placed by oscar's own `OrderCreator`,
which allocates stock; everything in one transaction, as oscar is set up.
"""

import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from decimal import Decimal

import django
import psycopg
from django.conf import settings
from oscar.defaults import *  # noqa: F403

PIECES, LINES = 1_000_000, 3
OSCAR = [
    "oscar.config.Shop", "oscar.apps.analytics.apps.AnalyticsConfig", "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig", "oscar.apps.shipping.apps.ShippingConfig", "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig", "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig", "oscar.apps.basket.apps.BasketConfig", "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig", "oscar.apps.order.apps.OrderConfig", "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig", "oscar.apps.voucher.apps.VoucherConfig", "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig", "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig", "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig", "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig", "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig", "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks", "haystack", "treebeard", "django_tables2",
]  # fmt: skip


def start(server: dict[str, str]) -> None:
    """Django with oscar as its sandbox sets it up, on a database of its own."""
    with psycopg.connect(**{**server, "dbname": "postgres"}, autocommit=True) as admin:
        if not admin.execute("SELECT FROM pg_database WHERE datname = 'oscar'").fetchone():
            admin.execute("CREATE DATABASE oscar")
    options = {name: value for name, value in globals().items() if name.startswith("OSCAR_")}
    settings.configure(
        **options,
        SECRET_KEY="benchmarks-only",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql", "NAME": "oscar", "HOST": server.get("host", ""),
                "PORT": server.get("port", ""), "USER": server.get("user", ""), "PASSWORD": server.get("password", ""),
            }
        },
        INSTALLED_APPS=[
            "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
            "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sites", "django.contrib.flatpages", *OSCAR,
        ],
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        SITE_ID=1, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", ROOT_URLCONF=__name__,
    )  # fmt: skip
    django.setup()


urlpatterns: list[object] = []


def fill(rows: int) -> list[object]:
    """So many products with plenty of stock."""
    from django.core.management import call_command
    from oscar.core.loading import get_model

    call_command("migrate", verbosity=0, interactive=False)
    Product, ProductClass = get_model("catalogue", "Product"), get_model("catalogue", "ProductClass")
    Partner, StockRecord = get_model("partner", "Partner"), get_model("partner", "StockRecord")
    kind, _ = ProductClass.objects.get_or_create(name="Bench")
    partner, _ = Partner.objects.get_or_create(name="Bench")
    known = Product.objects.count()
    new = Product.objects.bulk_create(
        (
            Product(title=f"BENCH-{n:06}", upc=f"B{n:06}", slug=f"bench-{n}", product_class=kind)
            for n in range(known, rows)
        ),
        batch_size=1000,
    )
    StockRecord.objects.bulk_create(
        (
            StockRecord(product=p, partner=partner, partner_sku=p.upc, price=Decimal(10), price_currency="EUR", num_in_stock=PIECES)
            for p in new
        ),
        batch_size=1000,
    )  # fmt: skip
    return list(Product.objects.order_by("pk")[:rows])


def place(basket_of: list[tuple[object, int]]) -> None:
    from django.db import transaction
    from oscar.core.loading import get_class, get_model

    with transaction.atomic():
        basket = get_model("basket", "Basket").objects.create()
        basket.strategy = get_class("partner.strategy", "Selector")().strategy()
        for product, quantity in basket_of:
            basket.add_product(product, quantity)
        method = get_class("shipping.methods", "Free")()
        charge = method.calculate(basket)
        get_class("order.utils", "OrderCreator")().place_order(
            basket=basket,
            total=get_class("checkout.calculators", "OrderTotalCalculator")().calculate(basket, charge),
            shipping_method=method,
            shipping_charge=charge,
            order_number=get_class("order.utils", "OrderNumberGenerator")().order_number(basket),
        )
        basket.submit()


def work(number: int, products: list[object], begin: float, seconds: float, answer: object) -> None:
    """One client: places orders from `begin` of `time.time()` on, as quickly as they are answered."""
    chance, taken, errors = random.Random(f"{number} {begin}"), [], Counter()
    from django.db import connection

    connection.ensure_connection()
    backend = f"/proc/{connection.connection.info.backend_pid}/stat"
    time.sleep(max(begin - time.time(), 0))
    client, server = -time.process_time(), -server_seconds(backend)
    while time.time() < begin + seconds:
        basket = [(product, chance.randint(1, 3)) for product in chance.sample(products, LINES)]
        started = time.perf_counter()
        try:
            place(basket)
        except Exception as error:
            errors[f"{type(error).__name__}: {error}"[:300]] += 1
        else:
            taken.append(time.perf_counter() - started)
    answer.send((taken, errors, client + time.process_time(), server + server_seconds(backend)))  # type: ignore[attr-defined]


def server_seconds(stat: str) -> float:
    """Seconds of processor that a server process of this machine has used; 0 for one elsewhere."""
    if not os.path.exists(stat):
        return 0
    with open(stat) as known:
        user, system = known.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    server, rows = json.loads(sys.argv[1]), int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever oscar prints is no answer
    start(server)
    products = fill(rows)
    from django.db import connections

    connections.close_all()
    fork = multiprocessing.get_context("fork")
    print(json.dumps({"ready": len(products)}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        pairs = [fork.Pipe() for _ in range(asked["clients"])]
        goods = products[: asked["goods"]]
        clients = [
            fork.Process(target=work, args=(n, goods, asked["begin"], asked["seconds"], pairs[n][1]))
            for n in range(asked["clients"])
        ]
        for one in clients:
            one.start()
        parts = [here.recv() for here, _there in pairs]
        for one in clients:
            one.join()
        told = {
            "seconds": [second for taken, *_ in parts for second in taken],
            "errors": sum((errors for _, errors, *_ in parts), Counter()),
            "client": sum(client for *_, client, _ in parts),
            "server": sum(server for *_, server in parts),
        }
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
