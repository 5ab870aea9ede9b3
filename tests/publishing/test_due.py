"""What happens by the clock, and what another connection can make of it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from backoffice import publishing, verification
from backoffice.errors import Stale
from backoffice.models import AuditEvent, LiveVersion, Review
from backoffice.tasks import publish_due as job
from catalog.models import Product, Variant
from catalog.services import deactivate_variants
from tests.factories import make_article, make_product, make_user, publish
from tests.inventory.test_concurrency import at_once


def wrong():
    return {r.name: r.result.examples for r in verification.run() if r.result.wrong}


def scheduled(*objects, **times):
    """`objects` approved for the next hour."""
    reviews = publishing.submit(objects, by=None, publish_at=timezone.now() + timedelta(hours=1), **times)
    return publishing.approve(reviews, by=make_user(""))


def later(hours=2):
    return timezone.now() + timedelta(hours=hours)


@pytest.mark.django_db
class TestTheClock:
    def test_what_is_due_is_published_once_and_expires_once(self):
        tea, returns = make_product("Tea"), make_article("returns", published=False)
        scheduled(tea, expires_at=later(3))
        scheduled(returns)
        assert publishing.publish_due() == publishing.Due(0, 0, 0)
        assert publishing.publish_due(later()) == publishing.Due(2, 0, 0)
        assert publishing.publish_due(later()) == publishing.Due(0, 0, 0)
        tea.refresh_from_db()
        assert (tea.status, LiveVersion.objects.live().count()) == ("published", 2)
        assert publishing.publish_due(later(4)) == publishing.Due(0, 1, 0)
        tea.refresh_from_db()
        assert (tea.status, LiveVersion.objects.live().count()) == ("draft", 1)
        assert list(AuditEvent.objects.about(tea).order_by("pk").values_list("verb", flat=True)[1:]) == [
            "product.submitted",
            "product.approved",
            "product.scheduled",
            "product.published",
            "product.expired",
        ]
        assert wrong() == {}

    def test_the_old_version_stays_until_the_new_one_is_due(self):
        tea = publish(make_product("Tea"))
        Product.objects.update(title="Green tea")
        scheduled(tea)
        assert LiveVersion.objects.get().content["title"] == "Tea"
        publishing.publish_due(later())
        assert LiveVersion.objects.get().content["title"] == "Green tea"
        assert wrong() == {}

    def test_what_expires_while_the_next_version_waits_leaves_it_waiting(self):
        tea = make_product("Tea")
        publishing.approve(publishing.submit([tea], by=None, expires_at=later(1)), by=make_user(""))
        Product.objects.update(title="Green tea")
        publishing.submit([tea], by=None)
        assert publishing.publish_due(later()) == publishing.Due(0, 1, 0)
        tea.refresh_from_db()
        assert (tea.status, Review.objects.pending().count()) == ("in_review", 1)
        assert wrong() == {}

    def test_what_can_no_longer_be_sold_is_not_published(self):
        tea = make_product("Tea")
        scheduled(tea)
        deactivated = deactivate_variants(list(tea.variants.all()), by=make_user(""))
        assert (len(deactivated), Review.objects.get().state) == (1, "void")
        Variant.objects.update(is_active=True)
        scheduled(tea)
        Variant.objects.update(price=0)
        assert publishing.publish_due(later()) == publishing.Due(0, 0, 1)
        review = Review.objects.first()
        assert (review.state, review.reason) == ("void", "“Tea” cannot be published: no active variant has a price.")
        assert wrong() == {}

    def test_the_command_and_the_job_do_the_same(self):
        scheduled(make_product("Tea"))
        Review.objects.update(publish_at=timezone.now())
        out = StringIO()
        call_command("publish_due", "--json", stdout=out)
        assert json.loads(out.getvalue()) == {"published": 1, "expired": 0, "void": 0}
        scheduled(make_product("Cup"))
        Review.objects.filter(state="approved").update(publish_at=timezone.now())
        job(timestamp=0)
        assert LiveVersion.objects.live().count() == 2
        call_command("publish_due", stdout=out)
        assert out.getvalue().endswith("Published: 0. Expired: 0. Approvals that were void: 0.\n")

    def test_it_takes_the_same_queries_for_one_and_many(self, django_assert_num_queries):
        for number in (1, 20):
            scheduled(*(make_product(f"P{number} {i}") for i in range(number)))
            with django_assert_num_queries(14):
                publishing.publish_due(later())

    def test_verify_finds_what_went_past_the_triggers(self):
        tea = publish(make_product("Tea"))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE catalog_product SET title = 'Evil'")
            cursor.execute("UPDATE backoffice_liveversion SET content = '{}'")
            cursor.execute("SET LOCAL session_replication_role = origin")
        assert set(wrong()) == {"live_versions", "unpublished_changes"}
        list(verification.run(["unpublished_changes"], repair=True))
        assert (set(wrong()), publishing.has_changes(tea)) == ({"live_versions"}, True)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE catalog_product SET status = 'draft'")
            cursor.execute("SET LOCAL session_replication_role = origin")
        assert wrong()["publishing_states"] == [f"catalog.product {tea.pk}: status draft, live True, review –"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.mark.parametrize("table", ["catalog_product", "catalog_variant"])
    @pytest.mark.parametrize("approve_first", [False, True])
    def test_an_approval_that_races_an_edit_ends_void(self, table, approve_first):
        """One of the two is done and not yet committed when the other comes."""
        tea, reviewer = make_product("Tea"), make_user("catalog_reviewer")
        column = "title" if table == "catalog_product" else "barcode"
        reviews = publishing.submit([tea], by=None, publish_at=later())
        ready = threading.Event()

        def edit():
            if approve_first:
                assert ready.wait(10)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET {column} = 'New'")
                ready.set()
                time.sleep(0.3)

        def approve():
            if not approve_first:
                assert ready.wait(10)
            try:
                with transaction.atomic():
                    publishing.approve(reviews, by=reviewer)
                    ready.set()
                    time.sleep(0.3)
            except Stale:
                return "stale"
            return "approved"

        _edited, outcome = at_once([edit, approve])

        assert outcome == ("approved" if approve_first else "stale")
        tea.refresh_from_db()
        assert (Review.objects.get().state, tea.status) == ("void", "draft")
        assert wrong() == {}

    def test_two_workers_publish_once(self):
        products = [make_product(f"P{n}") for n in range(30)]
        scheduled(*products)
        due = later()
        outcomes = at_once([lambda: publishing.publish_due(due)] * 3)
        publishing.publish_due(due)
        assert AuditEvent.objects.filter(verb="product.published").count() == 30
        assert sum(one.published for one in outcomes) <= 30
        assert LiveVersion.objects.live().count() == 30
        assert wrong() == {}

    def test_positions_come_in_the_order_of_commits(self):
        """Who reads on from the highest position seen misses nothing, whatever the transactions' length."""
        products = [make_product(f"P{n}") for n in range(12)]
        reviews = publishing.submit(products, by=None)
        reviewer, done = make_user(""), threading.Event()
        seen: list[int] = []

        def publish_some(mine):
            for review in mine:
                with transaction.atomic():
                    publishing.approve([review], by=reviewer)
                    time.sleep(0.02 * (review.pk % 3))

        def follow():
            last, until = 0, time.monotonic() + 30
            while time.monotonic() < until and len(seen) < 12:
                found = LiveVersion.objects.filter(position__gt=last).order_by("position")
                for position in found.values_list("position", flat=True):
                    seen.append(position)
                    last = position
                time.sleep(0.002)
            done.set()

        at_once(
            [
                lambda: publish_some(reviews[::3]),
                lambda: publish_some(reviews[1::3]),
                lambda: publish_some(reviews[2::3]),
                follow,
            ]
        )
        assert sorted(seen) == sorted(LiveVersion.objects.values_list("position", flat=True))

    def test_a_killed_worker_leaves_all_or_nothing(self):
        scheduled(*(make_product(f"P{n}") for n in range(200)))
        Review.objects.update(publish_at=timezone.now())
        database = connection.settings_dict["NAME"]
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_TEMPLATE": database}
        for moment in (0, 0.05):
            worker = subprocess.Popen(
                [sys.executable, "manage.py", "publish_due"],
                cwd=django_settings.BASE_DIR,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            until = time.monotonic() + 60
            while time.monotonic() < until and not _is_publishing(database):
                time.sleep(0.002)
            time.sleep(moment)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait(30)
            while _is_publishing(database):
                time.sleep(0.01)
            live = LiveVersion.objects.live().count()
            assert live in (0, 200)
            assert Product.objects.filter(status="published").count() == live
            assert AuditEvent.objects.filter(verb="product.published").count() == live
        publishing.publish_due()
        assert LiveVersion.objects.live().count() == 200
        assert wrong() == {}


def _is_publishing(database):
    """Whether another connection is in the transaction of publish_due."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            " AND (query ILIKE '%%catalog_product%%' OR query ILIKE '%%backoffice_%%')",
            [database],
        )
        return cursor.fetchone()[0] > 0
