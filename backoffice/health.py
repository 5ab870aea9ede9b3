"""What machines ask: does the process live, may it get requests, and its figures."""

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from backoffice.models import Heartbeat

View = Callable[[HttpRequest], HttpResponse]
Check = tuple[bool, str]

REQUESTS = Counter("houtai_requests_total", "Requests answered", ["view", "method", "status"])
SECONDS = Histogram(
    "houtai_request_seconds",
    "Time to answer a request",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Nothing else is asked: a database that is away is no reason to restart the web."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Everything that a request needs is there; 503 otherwise, with each check by name."""
    checks = {"database": _database()}
    if checks["database"][0]:
        checks |= {"migrations": _migrations(), "worker": worker()}
    ready = all(ok for ok, _ in checks.values())
    body = {"ready": ready, "checks": {name: {"ok": ok, "detail": detail} for name, (ok, detail) in checks.items()}}
    response = JsonResponse(body, status=200 if ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined] # whoever asks every second knows
    return response


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: with METRICS_TOKEN for its bearer, without one for this machine only."""
    if not _may_read_metrics(request):
        return HttpResponseForbidden("Set METRICS_TOKEN and send it as bearer token.\n", content_type="text/plain")
    return HttpResponse(_figures(), content_type=CONTENT_TYPE_LATEST)


ANSWERS: dict[str, View] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def probes(get_response: View) -> View:
    """Answer machines before anything else looks at the request: a probe knows an address, not the host's name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return ANSWERS.get(request.path_info, get_response)(request)

    return middleware


def measure(get_response: View) -> View:
    """Count every request and its time under the name of its view."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        SECONDS.labels(view).observe(time.perf_counter() - started)
        REQUESTS.labels(view, request.method, response.status_code).inc()
        return response

    return middleware


# --- Checks; `doctor` asks the same -----------------------------------------------------------------


def pending_migrations() -> list[str]:
    """Return the migrations that the database lacks, as "app.name"."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def worker() -> Check:
    """Whether the worker gave a sign of life within WORKER_HEARTBEAT_LIMIT."""
    beat = Heartbeat.objects.filter(name="worker").first()
    if beat is None:
        return False, "no worker has run yet"
    age = timezone.now() - beat.at
    return age <= settings.WORKER_HEARTBEAT_LIMIT, f"last sign of life {_rounded(age)} ago"


def _rounded(age: timedelta) -> timedelta:
    return timedelta(seconds=max(0, round(age.total_seconds())))


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False, "unreachable"
    return True, "reachable"


_migrated = False


def _migrations() -> Check:
    """Once applied they stay applied: reading all migration files for every probe would cost more than a page."""
    global _migrated
    if not _migrated:
        pending = pending_migrations()
        if pending:
            return False, f"{len(pending)} to apply"
        _migrated = True
    return True, "applied"


# --- Figures ----------------------------------------------------------------------------------------


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}"
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback


def _figures() -> bytes:
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    mine = CollectorRegistry()
    mine.register(State())
    return generate_latest(registry) + generate_latest(mine)


class State(Collector):
    """Figures read when they are asked for: jobs waiting and running, the worker's age, the connection pool."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            yield self._jobs()
            yield self._heartbeat()
        except DatabaseError:
            yield GaugeMetricFamily("houtai_database_up", "Whether the database answers", value=0)
        else:
            yield GaugeMetricFamily("houtai_database_up", "Whether the database answers", value=1)
        yield from self._pool()

    def _jobs(self) -> GaugeMetricFamily:
        """Waiting and running jobs have an index of their own; finished ones are not counted."""
        family = GaugeMetricFamily("houtai_jobs", "Unfinished jobs by status", labels=["status"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1"
            )
            counts = {"todo": 0, "doing": 0} | dict(cursor.fetchall())
        for status, count in counts.items():
            family.add_metric([status], count)
        return family

    def _heartbeat(self) -> GaugeMetricFamily:
        beat = Heartbeat.objects.filter(name="worker").first()
        family = GaugeMetricFamily("houtai_worker_heartbeat_age_seconds", "Time since the worker's last sign of life")
        if beat is not None:
            family.add_metric([], (timezone.now() - beat.at).total_seconds())
        return family

    def _pool(self) -> Iterable[GaugeMetricFamily]:
        pool = getattr(connection, "pool", None)
        if pool is None:
            return
        stats = pool.get_stats()
        for name in ("pool_size", "pool_available", "requests_waiting"):
            yield GaugeMetricFamily(f"houtai_database_{name}", "Connection pool of this process", value=stats[name])
