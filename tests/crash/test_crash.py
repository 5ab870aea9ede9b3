"""A few rounds of what `tests.performance.crash_inventory` does at length: killed in the middle, whole afterwards."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from backoffice.roles import sync_roles
from tests.crash.rounds import PASSWORD, Report, Shop, System, play
from tests.crash.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
DEEDS = 32


@pytest.fixture
def system():
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_TEMPLATE": connection.settings_dict["NAME"],
        "EMBEDDED_POSTGRES_DIR": str(settings.EMBEDDED_POSTGRES_DIR),
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    with System(environment) as system:
        yield system


def end_connections():
    """What a PostgreSQL that ends does to everybody: all connections of others break in the middle of what they do."""
    facts = {name: connection.get_connection_params()[name] for name in ("host", "port", "user", "dbname")}
    with psycopg.connect(**facts, autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_deeds_are_whole_or_absent_and_pages_tell_the_truth(system):
    sync_roles()
    shop, report = Shop(people=4), Report()
    visitors = [Visitor(system.port) for _person in shop.people]
    for visitor, person in zip(visitors, shop.people, strict=True):
        visitor.wait_until_up()
        visitor.sign_in(person.email, PASSWORD)

    play(shop, visitors, "web", DEEDS, lambda: system.kill("web"), report)
    play(shop, visitors, "database", DEEDS, end_connections, report)

    assert (report.torn, report.lies, report.wrong) == ([], [], {})
    assert report.said.total() == 2 * DEEDS
    assert report.said["yes", "there"] > DEEDS
