"""Requests a second of our server, and of the same server with Django's default connection handling: target W1.

gunicorn runs as `manage.py serve` runs it and reaches the database as compose.yaml does, by TCP and with a password;
--socket takes the embedded server's socket instead, which asks nobody who he is. Clients on this machine ask for a page
that takes a session, a user and one statement more; the two ways of connecting take turns, each on a freshly started server.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.performance.shop import PROJECT, open_shop, report

HOST = "127.0.0.1"
PATH = "/bench/three/"
DATABASE_HOST = "127.0.0.77"  # an address of this machine on which nobody else has port 5432
ACCESS = f"local all all trust\nhost all bench {DATABASE_HOST}/8 scram-sha-256\n"
# The pool of production, and a new connection for every request.
CONTENDERS = {"pooled": "8", "default": "0"}


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # the server may run as another user
        if not options.socket and "DATABASE_URL" not in os.environ:
            access = Path(folder, "pg_hba.conf")
            access.write_text(ACCESS)
            os.environ["EMBEDDED_POSTGRES_OPTIONS"] = f"listen_addresses={DATABASE_HOST},hba_file={access}"
        open_shop(options.rows)
        if "EMBEDDED_POSTGRES_OPTIONS" in os.environ:
            os.environ["DATABASE_URL"] = _address_with_password()
        measure(options)


def _address_with_password() -> str:
    """The address of the shop's database for a role that must prove who it is."""
    from django.db import connection

    password = secrets.token_urlsafe(16)
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS bench")
        cursor.execute(f"CREATE ROLE bench SUPERUSER LOGIN PASSWORD '{password}'")
    return f"postgres://bench:{password}@{DATABASE_HOST}:5432/houtai"


def measure(options: argparse.Namespace) -> None:
    cookie = _sign_in()
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for number in range(options.rounds):
        for name, pool in CONTENDERS.items():
            with serving(pool) as port:
                load(port, cookie, options.clients, 1.0)
                rate = load(port, cookie, options.clients, options.seconds)
            rates[name].append(rate)
            print(f"round {number + 1}: {name:<8} {rate:7.0f} requests/s", file=sys.stderr)
    pooled, default = (statistics.median(rates[name]) for name in CONTENDERS)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    report({"pooled_rps": round(pooled), "default_rps": round(default), "ratio": round(pooled / default, 2)})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000, help="how many orders the shop has (default 2,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender is measured (default 5)")
    parser.add_argument("--seconds", type=float, default=5, help="how long each measurement lasts (default 5)")
    parser.add_argument("--clients", type=int, default=8, help="how many ask at a time (default 8)")
    parser.add_argument("--socket", action="store_true", help="reach the embedded server by its socket")
    return parser.parse_args()


def _sign_in() -> str:
    """The header with the session of the owner, past the question of a second factor."""
    from django.conf import settings
    from django.test import Client

    from backoffice.models import User

    owner = User.objects.with_role("owner").first()
    assert owner is not None
    client = Client(headers={"host": HOST})
    client.force_login(owner)
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.status_code
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}\r\n"


@contextmanager
def serving(pool: str) -> Iterator[int]:
    """gunicorn as in production on a free port, with so large a pool of connections."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{HOST}:{port}",
        "--graceful-timeout",
        "2",
        "backoffice.wsgi",
    ]
    environment = os.environ | {"DATABASE_POOL_SIZE": pool}
    server = subprocess.Popen(command, cwd=PROJECT, env=environment)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("gunicorn does not start")
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("gunicorn does not answer")


def load(port: int, cookie: str, clients: int, seconds: float, path: str = PATH) -> float:
    """Answers a second to so many clients, each asking again as soon as it is answered; `cookie` is a header line or ""."""
    answers = [0] * clients
    wrong: list[str] = []
    end = time.perf_counter() + seconds

    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{cookie}\r\n".encode()

    def ask(number: int) -> None:
        with socket.create_connection((HOST, port), timeout=30) as connection:
            while time.perf_counter() < end and not wrong:
                connection.sendall(request)
                head, _body = _answer(connection)
                if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
                    wrong.append(head.partition(b"\r\n")[0].decode())
                answers[number] += 1

    started = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{path} answered {wrong[0]}")
    return sum(answers) / (time.perf_counter() - started)


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of an answer, read with less work than the server's: client and server share the machine."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65_536) or _broken()
    head, _, body = read.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", head)
    while found and len(body) < int(found[1]):
        body += connection.recv(65_536) or _broken()
    return head, body


def _broken() -> bytes:
    raise ConnectionError("the server hung up")


if __name__ == "__main__":
    main()
