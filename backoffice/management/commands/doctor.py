"""Look at everything Houtai needs, and say what to do about what is wrong."""

import json
import os
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from backoffice import health

OLDEST_POSTGRESQL = 15
EXTENSIONS = ("btree_gist", "pg_trgm")
LEAST_FREE_BYTES = 1024**3
WIDEST_CLOCK_DIFFERENCE = 2.0
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@dataclass(frozen=True)
class Finding:
    """One line of the report; `repair` is empty when all is well."""

    check: str
    detail: str
    repair: str = ""

    @property
    def ok(self) -> bool:
        return not self.repair


class Command(BaseCommand):
    help = "Check configuration, database, worker, mail and disk. Exit code 1 when something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
        parser.add_argument("--only", metavar="CHECK", help="judge this check alone, such as worker")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        if options["only"]:
            findings = [finding for finding in findings if finding.check == options["only"]]
            if not findings:
                raise CommandError(f"There is no check {options['only']}, or what it needs is missing.")
        if options["json"]:
            body = [asdict(finding) | {"ok": finding.ok} for finding in findings]
            self.stdout.write(json.dumps({"ok": all(f.ok for f in findings), "checks": body}))
        else:
            self._report(findings)
        if not all(finding.ok for finding in findings):
            sys.exit(1)

    def _report(self, findings: list[Finding]) -> None:
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            mark = self.style.SUCCESS("ok   ") if finding.ok else self.style.ERROR("WRONG")
            self.stdout.write(f"{mark}  {finding.check:<{width}}  {finding.detail}")
            if finding.repair:
                self.stdout.write(f"{'':<{width + 9}}{self.style.WARNING(finding.repair)}")


def examine() -> Iterator[Finding]:
    """Yield every finding; what needs the database is left out when it cannot be reached."""
    yield from _configuration()
    reachable = _database()
    yield reachable
    if reachable.ok:
        yield _extensions()
        migrations = _migrations()
        yield migrations
        if migrations.ok:
            yield _worker()
        yield _clock()
    yield from _disks()
    yield _mail()


def _configuration() -> Iterator[Finding]:
    hosts = set(settings.ALLOWED_HOSTS)
    local = bool(hosts) and hosts <= LOOPBACK
    yield _finding("debug mode", "on" if settings.DEBUG else "off", settings.DEBUG, "Set DEBUG=off and restart.")
    weak = len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 10 or "development" in settings.SECRET_KEY
    yield _finding(
        "secret key",
        "too weak" if weak else f"{len(settings.SECRET_KEY)} characters",
        weak,
        "Set SECRET_KEY to 50 random characters; SECRET_KEY_FALLBACKS keeps sessions signed with the old one.",
    )
    yield _finding(
        "hosts",
        ", ".join(sorted(hosts)) or "none",
        not hosts or "*" in hosts,
        "Set ALLOWED_HOSTS to the names under which Houtai is reached.",
    )
    detail = "on" if settings.HTTPS else "off, reached from this machine only" if local else "off"
    yield _finding(
        "https",
        detail,
        not settings.HTTPS and not local,
        "Put a proxy with a certificate in front, then set HTTPS=on and BEHIND_PROXY=on.",
    )


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
            version, number = cursor.fetchone()
    except DatabaseError as error:
        return Finding("database", str(error).strip().splitlines()[0], "Start PostgreSQL, or correct DATABASE_URL.")
    return _finding(
        "database",
        f"PostgreSQL {version}",
        number < OLDEST_POSTGRESQL * 10_000,
        f"Upgrade to PostgreSQL {OLDEST_POSTGRESQL} or newer.",
    )


def _extensions() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname = ANY(%s)", [list(EXTENSIONS)])
        installed = {name for (name,) in cursor.fetchall()}
    missing = [name for name in EXTENSIONS if name not in installed]
    statements = " ".join(f"CREATE EXTENSION {name};" for name in missing)
    detail = f"missing: {', '.join(missing)}" if missing else ", ".join(EXTENSIONS)
    return _finding("extensions", detail, bool(missing), f"As a database superuser: {statements}")


def _migrations() -> Finding:
    pending = health.pending_migrations()
    detail = f"{len(pending)} to apply, first {pending[0]}" if pending else "applied"
    return _finding("migrations", detail, bool(pending), "Run: manage.py migrate")


def _worker() -> Finding:
    alive, detail = health.worker()
    return _finding("worker", detail, not alive, "Start one: manage.py procrastinate worker")


def _clock() -> Finding:
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    here = before + (timezone.now() - before) / 2
    difference = abs((there - here).total_seconds())
    return _finding(
        "clock",
        f"{difference:.2f} s between this machine and the database",
        difference > WIDEST_CLOCK_DIFFERENCE,
        "Synchronise the clocks of both machines (NTP).",
    )


def _disks() -> Iterator[Finding]:
    folders = {"media disk": Path(settings.MEDIA_ROOT)}
    if connection.settings_dict["ENGINE"] == "backoffice.embedded_postgres":
        folders["database disk"] = Path(settings.EMBEDDED_POSTGRES_DIR)
    for check, folder in folders.items():
        free = shutil.disk_usage(_existing(folder)).free
        yield _finding(
            check, f"{free / 1024**3:.1f} GiB free", free < LEAST_FREE_BYTES, f"Make room on the disk of {folder}."
        )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _mail() -> Finding:
    """Open a connection as sending would. Looking must not make the folder of mail written to files."""
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend == "filebased":
        folder = Path(settings.EMAIL_FILE_PATH)
        closed = not os.access(_existing(folder), os.W_OK)
        return _finding("mail", f"written to files in {folder}", closed, f"Make {folder} writable, or set EMAIL_URL.")
    try:
        with mail.get_connection():
            pass
    except OSError as error:  # smtplib's errors are OSErrors
        return Finding("mail", f"{backend}: {error}", "Correct EMAIL_URL: smtp+tls://user:password@host:587")
    return Finding("mail", backend)


def _finding(check: str, detail: str, wrong: bool, repair: str) -> Finding:
    return Finding(check, detail, repair if wrong else "")
