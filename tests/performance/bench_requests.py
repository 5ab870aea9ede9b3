"""Requests a second of our server, and of the same server with Django's default connection handling: target W1.

gunicorn runs as `manage.py serve` runs it. Clients on this machine ask for a page that takes a session, a user and
one statement more; the two ways of connecting to the database take turns, each on a freshly started server.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.performance.shop import PROJECT, open_shop, report

HOST = "127.0.0.1"
PATH = "/bench/three/"
# The pool of production, and a new connection for every request.
CONTENDERS = {"pooled": "8", "default": "0"}


def main() -> None:
    options = _arguments()
    open_shop(options.rows)
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
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    parser.add_argument("--seconds", type=float, default=5, help="how long each measurement lasts (default 5)")
    parser.add_argument("--clients", type=int, default=8, help="how many ask at a time (default 8)")
    return parser.parse_args()


def _sign_in() -> str:
    """The session cookie of the owner, past the question of a second factor."""
    from django.conf import settings
    from django.test import Client

    from backoffice.models import User

    owner = User.objects.with_role("owner").first()
    assert owner is not None
    client = Client(headers={"host": HOST})
    client.force_login(owner)
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.status_code
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


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


def load(port: int, cookie: str, clients: int, seconds: float) -> float:
    """Answers a second to so many clients, each asking again as soon as it is answered."""
    answers = [0] * clients
    wrong: list[str] = []
    end = time.perf_counter() + seconds

    request = f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n".encode()

    def ask(number: int) -> None:
        with socket.create_connection((HOST, port), timeout=30) as connection:
            while time.perf_counter() < end and not wrong:
                connection.sendall(request)
                head, body = _answer(connection)
                if not head.startswith(b"HTTP/1.1 200") or not body:
                    wrong.append(head.partition(b"\r\n")[0].decode())
                answers[number] += 1

    started = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{PATH} answered {wrong[0]}")
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
