"""`manage.py doctor` finds what is wrong and says what to do."""

import io
import json
import shutil
import socket
from collections import namedtuple
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from backoffice.management.commands import doctor
from backoffice.models import Heartbeat

A_SLOW_TEST = timedelta(minutes=1)  # a sign of life from the future is "0:00:00 ago" however long a test takes


@pytest.fixture
def well(db, settings):
    """A set-up in which nothing is wrong."""
    settings.DEBUG = False
    settings.SECRET_KEY = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6dE9fG2hJ5kL8mN"
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.HTTPS = True
    return Heartbeat.objects.create(name="worker", at=timezone.now() + A_SLOW_TEST)


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def repairs() -> dict[str, str]:
    return {finding.check: finding.repair for finding in doctor.examine() if not finding.ok}


def test_all_is_well(well):
    code, output = run()

    assert code == 0
    assert "WRONG" not in output
    assert [line[7:20].strip() for line in output.splitlines()] == [
        "debug mode",
        "secret key",
        "hosts",
        "https",
        "database",
        "extensions",
        "migrations",
        "worker",
        "clock",
        "media disk",
        "database disk",
        "mail",
    ]


def test_json_for_scripts(well, settings):
    settings.DEBUG = True

    code, output = run("--json")

    report = json.loads(output)
    assert code == 1
    assert report["ok"] is False
    assert report["checks"][0] == {
        "check": "debug mode",
        "detail": "on",
        "repair": "Set DEBUG=off and restart.",
        "ok": False,
    }


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("SECRET_KEY", "short", "secret key"),
        ("SECRET_KEY", "a" * 60, "secret key"),
        ("ALLOWED_HOSTS", ["*"], "hosts"),
        ("ALLOWED_HOSTS", [], "hosts"),
        ("HTTPS", False, "https"),
    ],
)
def test_a_careless_configuration_is_named(well, settings, name, value, check):
    setattr(settings, name, value)

    assert check in repairs()


def test_this_machine_alone_needs_no_https(well, settings):
    settings.HTTPS = False
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

    assert repairs() == {}


def test_a_silent_worker(well):
    well.delete()

    assert repairs() == {"worker": "Start one: manage.py procrastinate worker"}


def test_an_unreachable_database(well, monkeypatch):
    def refuse(*args):
        raise OperationalError("connection refused\nmore")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        found = repairs()

    assert found == {"database": "Start PostgreSQL, or correct DATABASE_URL."}


def test_a_full_disk(well, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(100))

    assert set(repairs()) == {"media disk", "database disk"}


def test_a_mail_server_that_does_not_answer(well, settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()

        assert set(repairs()) == {"mail"}


def test_one_check_alone(well, settings):
    settings.DEBUG = True

    assert run("--only", "worker") == (0, "ok     worker  last sign of life 0:00:00 ago\n")
    with pytest.raises(CommandError, match="There is no check nonsense"):
        call_command("doctor", "--only", "nonsense")
