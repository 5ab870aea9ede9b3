"""What probes and Prometheus see."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from backoffice import health
from backoffice.models import Heartbeat

A_SLOW_TEST = timedelta(minutes=1)  # a sign of life from the future is "0:00:00 ago" however long a test takes


@pytest.fixture
def worker(db):
    return Heartbeat.objects.create(name="worker", at=timezone.now() + A_SLOW_TEST)


def test_healthz_needs_no_database(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_probes_may_use_an_address_instead_of_the_hosts_name(client, settings):
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.7"}).status_code == 400


def test_readyz_when_everything_is_there(client, worker):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "checks": {
            "database": {"ok": True, "detail": "reachable"},
            "migrations": {"ok": True, "detail": "applied"},
            "worker": {"ok": True, "detail": "last sign of life 0:00:00 ago"},
        },
    }


def test_readyz_when_no_worker_has_run(client, db):
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["worker"] == {"ok": False, "detail": "no worker has run yet"}


def test_readyz_when_the_worker_has_been_silent_for_too_long(client, worker, settings):
    worker.at = timezone.now() - settings.WORKER_HEARTBEAT_LIMIT - timedelta(seconds=1)
    worker.save()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["worker"]["ok"] is False


def test_readyz_when_migrations_wait(client, worker, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "pending_migrations", lambda: ["orders.0002_more"])

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == {"ok": False, "detail": "1 to apply"}


def test_readyz_without_a_database_tells_strangers_nothing(client, monkeypatch, db):
    def refuse(*args):
        raise OperationalError("password authentication failed for user houtai")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"ready": False, "checks": {"database": {"ok": False, "detail": "unreachable"}}}


def test_applied_migrations_are_asked_for_once(client, worker, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    client.get("/readyz")

    with django_assert_num_queries(2):
        client.get("/readyz")


def test_metrics_for_this_machine_only(client, worker):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "10.0.0.7"}).status_code == 403


def test_metrics_with_a_token(client, worker, settings):
    settings.METRICS_TOKEN = "figures"

    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 403
    granted = client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"authorization": "Bearer figures"})
    assert granted.status_code == 200


def test_metrics_count_requests_by_view_and_status(client, worker):
    client.get("/nowhere-at-all")

    figures = client.get("/metrics").content.decode()

    assert 'houtai_requests_total{method="GET",status="404",view="none"}' in figures
    assert 'houtai_request_seconds_bucket{le="0.05",view="none"}' in figures
    assert 'houtai_jobs{status="todo"} 0.0' in figures
    assert "houtai_database_up 1.0" in figures
    assert "houtai_worker_heartbeat_age_seconds" in figures
