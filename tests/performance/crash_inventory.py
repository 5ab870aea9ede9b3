"""Kills the web server, the worker or PostgreSQL (kill -9) in the middle of random deeds with stock and orders, again and again.

People who have signed in by the form send forms to gunicorn, as in production, on a PostgreSQL of their own that keeps what it
has confirmed. Afterwards each deed must be wholly there or wholly absent, a page that said yes or no must have told the truth,
and `verify` must be clean.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.performance.shop import PROJECT, report

PEOPLE = 4
VICTIMS = ("web", "postgres", "worker", "gunicorn worker", "connection")


def main() -> None:
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_facts: sys.exit(1))  # whatever ends it, no process is left behind
    os.environ.setdefault("EMBEDDED_POSTGRES_DIR", str(PROJECT / ".data" / "performance-crash"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from tests.crash.rounds import PASSWORD, Report, Shop, System, play
    from tests.crash.visitor import Visitor

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0)
    shop, outcome = Shop(PEOPLE), Report()
    with System({"DATABASE_POOL_SIZE": "8"}) as system:
        visitors = [Visitor(system.port) for _person in shop.people]
        for visitor, person in zip(visitors, shop.people, strict=True):
            visitor.wait_until_up()
            visitor.sign_in(person.email, PASSWORD)
        for number in range(options.rounds):
            victim = VICTIMS[number % len(VICTIMS)]
            began = time.monotonic()
            play(
                shop,
                visitors,
                f"{time.time_ns()}",
                options.deeds,
                lambda victim=victim: strike(system, victim),
                outcome,
            )
            outcome.kills[victim] += 1
            answers = ", ".join(f"{said}/{found} {n}" for (said, found), n in sorted(outcome.said.items()))
            print(
                f"round {number + 1}: {victim} killed, {time.monotonic() - began:.0f} s; so far said/found: {answers}",
                file=sys.stderr,
            )
            if not outcome.is_clean:
                break
    report(outcome.figures())
    if not outcome.is_clean:
        raise SystemExit(1)


def strike(system: Any, victim: str) -> None:
    """Kill -9."""
    from django.conf import settings

    from backoffice.embedded_postgres import processes

    postmaster = processes.postmaster(Path(settings.EMBEDDED_POSTGRES_DIR).resolve() / "cluster") or 0
    if victim in ("web", "worker"):
        system.kill(victim)
    elif victim == "postgres":
        os.kill(postmaster, signal.SIGKILL)
    elif victim == "gunicorn worker":
        os.kill(children(system.processes["web"].pid)[0], signal.SIGKILL)
    else:  # one of its processes: PostgreSQL then ends all connections and recovers
        os.kill(random.choice(backends(postmaster)), signal.SIGKILL)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def backends(postmaster: int) -> list[int]:
    """Processes of PostgreSQL that serve a connection."""
    return [pid for pid in children(postmaster) if b"houtai" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often something is killed (default 20)")
    parser.add_argument("--deeds", type=int, default=200, help="deeds in each round (default 200)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
