"""Web and worker in one terminal: for the demo and for a first try on one machine."""

import hashlib
import io
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from backoffice import demo, health
from backoffice.supervisor import Child, Supervisor

HOST = "127.0.0.1"
READY_SECONDS = 120
STOP_SECONDS = 15


class Command(BaseCommand):
    help = "Run the web server and one worker until Ctrl-C; a child that ends is started again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="port on 127.0.0.1 (default 8000)")
        parser.add_argument("--demo", action="store_true", help="migrate, load the demo and collect static files first")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGHUP, _leave)
        port = options["port"]
        require_free(port)
        try:
            if options["demo"]:
                self._prepare()
            self._serve(port, greet_with_sign_ins=options["demo"])
        except KeyboardInterrupt:  # while preparing; later the supervisor takes the signals
            pass
        self.stdout.write("\nStopped.")

    def _prepare(self) -> None:
        """Do what is not done yet, so that a second start is quick."""
        if health.pending_migrations():
            self.stdout.write("Preparing the database ...")
            call_command("migrate", verbosity=0, interactive=False)
        collect_static()
        call_command("sync_roles", stdout=io.StringIO())
        call_command("demo", size="small", no_sign_ins=True)

    def _serve(self, port: int, *, greet_with_sign_ins: bool) -> None:
        tell_address(port)
        grace = str(STOP_SECONDS - 5)
        web = ["-m", "gunicorn", "--bind", f"{HOST}:{port}", "--graceful-timeout", grace, "backoffice.wsgi"]
        worker = ["manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", grace]
        worker += ["--fetch-job-polling-interval", "1"]
        supervisor = Supervisor(
            [Child("web", [sys.executable, *web]), Child("worker", [sys.executable, *worker])],
            folder=settings.BASE_DIR,
            say=self.stderr.write,
            stop_seconds=STOP_SECONDS,
        )
        greeter = threading.Thread(target=self._greet, args=(port, greet_with_sign_ins, supervisor), daemon=True)
        with supervisor:
            greeter.start()
            supervisor.watch(every=keep_database)

    def _greet(self, port: int, sign_ins: bool, supervisor: Supervisor) -> None:
        """Say where Houtai is once it answers, and who may sign in."""
        missing = wait_until_ready(f"http://{HOST}:{port}/readyz", supervisor.stopping)
        if supervisor.stopping.is_set():
            return
        if missing:
            self.stderr.write(f"Not everything is ready yet: {missing}. `manage.py doctor` says more.")
        self.stdout.write(self.style.SUCCESS(f"\nHoutai is at http://{HOST}:{port}/   (Ctrl-C stops it)"))
        if sign_ins:
            self._print_sign_ins()
        self.stdout.flush()

    def _print_sign_ins(self) -> None:
        for role, address, password in demo.sign_ins():
            self.stdout.write(f"  {role!s:<22} {address:<36} {password}")
        connection.close()


def port_number(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise ArgumentTypeError("a port lies between 1 and 65535")
    return number


def tell_address(port: int) -> None:
    """Links in mails and in the map of the public pages lead to this server, unless SITE_URL says otherwise or HTTPS is on."""
    if not settings.HTTPS:
        os.environ.setdefault("SITE_URL", f"http://{HOST}:{port}")


def require_free(port: int) -> None:
    """Refuse in words what would otherwise fail deep inside the web server."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken: PORT={port + 1} make demo.") from error


def collect_static() -> None:
    """Collect the static files unless none of them has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    print_of_files = hashlib.sha256(json.dumps(static_files()).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == print_of_files:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(print_of_files)


def static_files() -> list[tuple[str, int, int]]:
    """Return name, size and time of change of every static file."""
    found = []
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~"]):
            info = Path(storage.path(name)).stat()
            found.append((name, info.st_size, info.st_mtime_ns))
    return sorted(found)


def wait_until_ready(address: str, stopping: threading.Event) -> str:
    """Wait for the readiness probe; return what is missing after READY_SECONDS, empty when all is there."""
    missing = "the web server does not answer"
    give_up_at = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up_at and not stopping.is_set():
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return ""
        except urllib.error.HTTPError as error:
            missing = _failing_checks(error.read())
        except OSError:
            pass
        stopping.wait(0.2)
    return missing


def keep_database() -> None:
    """An embedded server that was killed is started again; another backend only reads its settings here."""
    connection.get_connection_params()


def _failing_checks(body: bytes) -> str:
    try:
        checks = json.loads(body)["checks"]
    except (ValueError, KeyError):
        return "the web server answers with an error"
    return ", ".join(f"{name} ({check['detail']})" for name, check in checks.items() if not check["ok"])


def _leave(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
