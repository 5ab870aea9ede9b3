"""Fixtures of every test, and what a test needs of the machine: a Chromium, the real files."""

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from tests import flush
from tests.template import ensure_template

REQUIRE_BROWSER = os.environ.get("REQUIRE_BROWSER") == "1"
TransactionTestCase._fixture_teardown = flush.quickly
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


PREPARING = pytest.StashKey[subprocess.Popen]()


def pytest_configure(config: pytest.Config) -> None:
    """Where workers are to run, begin the template: making it and gathering the tests leave a core idle each."""
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly:
        config.stash[PREPARING] = subprocess.Popen(
            [sys.executable, "-m", "tests.prepare"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    if PREPARING in config.stash:
        config.stash[PREPARING].wait()


def pytest_collection_finish() -> None:
    """What is imported by now stays until the end: the collector of garbage need not look at it again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker) -> None:
    """Copy the test database from a migrated one."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = ensure_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """End what still holds the test database before it is dropped: the threads of asgiref keep their connections."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A page in another language leaves it active in this thread: the next test begins in English again."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The program of a Chromium: $CHROMIUM, or one on the PATH."""
    candidates = [os.environ.get("CHROMIUM", ""), *BROWSERS]
    found = next((path for name in candidates if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium found: install one (Debian: apt-get install chromium) or set CHROMIUM=/path/to/it")
    return found


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real files."""
    if not settings.REAL_DATA_DIR.is_dir():
        pytest.skip(f"no real files in {settings.REAL_DATA_DIR}: set REAL_DATA_DIR")
    return Path(settings.REAL_DATA_DIR)


NEEDS = {"browser": "chromium_path", "real": "real_data"}


@pytest.fixture(autouse=True)
def _needs_of_the_machine(request: pytest.FixtureRequest) -> None:
    """Skip tests marked `browser` or `real` where the machine lacks what they need."""
    for marker, fixture in NEEDS.items():
        if request.node.get_closest_marker(marker):
            request.getfixturevalue(fixture)


# Files that take minutes, begun before the others: whoever works alone at the end keeps everybody waiting.
LONG = (
    "test_every_page.py",
    "test_permissions.py",
    "test_plans.py",
    "test_order_totals.py",
    "test_category_properties.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Sum up tests that lack the same thing in one line; with REQUIRE_BROWSER=1 a skipped browser test has failed."""
    report = yield
    markers = [marker for marker in NEEDS if item.get_closest_marker(marker)]
    if not markers or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2]
    report.longrepr = (__file__, None, reason)
    if REQUIRE_BROWSER and reason.startswith("Skipped: no Chromium"):
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_BROWSER=1, but {item.nodeid} was skipped. {reason}"
    return report
