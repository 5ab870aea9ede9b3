"""Rounds of deeds by several people at once, in the middle of which a process is killed."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from django.db import connection, connections

from backoffice import verification
from backoffice.models import User
from catalog.models import Product, Variant
from inventory import services as inventory
from inventory.models import Location
from orders import services
from orders.models import Order
from tests.crash.deeds import ABSENT, THERE, TORN, Actor, Deed, patiently
from tests.crash.visitor import HOST, NOTHING, Visitor

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "a long walk by the quay 77"
SKUS = 12


class System:
    """Web server and worker as processes of their own on this process's database. What ends is started again, as `serve` does."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {"WEB_CONCURRENCY": "1", **environment}
        self.commands = {
            "web": ["-m", "gunicorn", "--bind", f"{HOST}:{self.port}", "--graceful-timeout", "2", "backoffice.wsgi"],
            "worker": ["manage.py", "procrastinate", "worker", "--fetch-job-polling-interval", "1"],
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.leaving = threading.Event()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is left
        self.guard = threading.Thread(target=self._look_after)

    def __enter__(self) -> System:
        for name in self.commands:
            self._start(name)
        self.guard.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.leaving.set()
        self.guard.join()
        if any(error):
            print(self.complaints(), file=sys.stderr)
        for process in self.processes.values():
            kill_group(process)
        self.log.close()

    def _look_after(self) -> None:
        while not self.leaving.wait(0.2):
            for name, process in self.processes.items():
                if process.poll() is not None:
                    self._start(name)

    def _start(self, name: str) -> None:
        command = [sys.executable, *self.commands[name]]
        self.processes[name] = subprocess.Popen(
            command, cwd=PROJECT, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def complaints(self) -> str:
        """The end of what the processes have written, for who looks into a failure."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-6000:]

    def kill(self, name: str) -> None:
        """Kill it with all that it started."""
        kill_group(self.processes[name])


def kill_group(process: subprocess.Popen[bytes], patience: float = 5) -> None:
    """Kill a process with all that it started, and see them go: whoever lingers still uses the database server."""
    end = time.monotonic() + patience
    try:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        while time.monotonic() < end:
            os.killpg(process.pid, 0)
            time.sleep(0.02)
    except ProcessLookupError:
        process.wait()


@dataclass
class Report:
    """What became of the deeds of some rounds."""

    said: Counter[tuple[str, str]] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    torn: list[str] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def judge(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            found = deed.found()
            self.said[deed.said, found] += 1
            if found == THERE:
                self.verbs[deed.verb] += 1
            if found == TORN:
                self.torn.append(f"{deed.verb} {deed.mark}: {list(deed.traces())}")
            if deed.is_lie(found):
                self.lies.append(f"{deed.verb} {deed.mark}: page says {deed.said}, found {found}")

    def verify(self) -> None:
        self.wrong |= {one.name: list(one.result.examples) for one in verification.run() if one.result.wrong}

    @property
    def is_clean(self) -> bool:
        return not (self.torn or self.lies or self.wrong)

    def figures(self) -> dict[str, object]:
        return {
            "deeds": self.said.total(),
            "kills": dict(self.kills),
            **{f"said_{said}_{found}": n for (said, found), n in sorted(self.said.items()) if found in (THERE, ABSENT)},
            "there_by_verb": dict(sorted(self.verbs.items())),
            "torn": self.torn,
            "lies": self.lies,
            "verify": self.wrong,
        }


class Shop:
    """Goods that all want, half of which take backorders, at three warehouses; and people who sign in."""

    def __init__(self, people: int) -> None:
        pairs = (("crash-main", 1), ("crash-shop", 2), ("crash-kiosk", 3))
        self.places = [
            Location.objects.get_or_create(code=code, defaults={"name": code.title(), "priority": n})[0]
            for code, n in pairs
        ]
        product, _ = Product.objects.get_or_create(handle="crash", defaults={"title": "Crash"})
        for n in range(SKUS):
            fields = {"product": product, "title": f"Crash {n}", "option1": str(n), "price": Decimal(10)}
            Variant.objects.get_or_create(sku=f"CRASH-{n}", defaults={**fields, "backorder_limit": n % 2 * 4})
        self.variants = list(Variant.objects.filter(product=product).order_by("pk"))
        self.people = [self._person(number) for number in range(people)]

    def _person(self, number: int) -> User:
        email = f"crash{number}@example.com"
        roles = ("warehouse_manager", "order_clerk")
        found = User.objects.filter(email=email).first()
        return found or User.objects.create_user(email, PASSWORD, name=f"Crash {number}", roles=roles)

    def restock(self) -> None:
        """Goods for one round."""
        for place in self.places:
            inventory.receive(place, None, [(variant.pk, 12, Decimal("1.5")) for variant in self.variants], by=None)

    def drafts(self, number: int, chance: random.Random) -> list[Order]:
        return [
            services.create_draft(
                by=None,
                lines=[
                    services.NewLine(chance.randint(1, 3), variant)
                    for variant in chance.sample(self.variants, chance.randint(1, 3))
                ],
            )
            for _draft in range(number)
        ]


def play(
    shop: Shop, visitors: Sequence[Visitor], mark: str, deeds: int, strike: Callable[[], None], report: Report
) -> None:
    """One round: so many deeds by all together; at a moment in the middle `strike` kills something. Judged at the end."""
    chance = random.Random(mark)
    shop.restock()
    each = deeds // len(visitors)
    skus = [(variant.pk, variant.sku) for variant in shop.variants]
    actors = [
        Actor(number, mark, visitor, skus, shop.places, shop.drafts(each // 4, chance))
        for number, visitor in enumerate(visitors)
    ]
    moment, done = chance.randint(deeds // 5, deeds * 4 // 5), threading.Semaphore(0)

    def work(actor: Actor) -> None:
        try:
            for _time in range(each):
                done.release()
                if actor.act().said == NOTHING:
                    actor.visitor.wait()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for _deed in range(moment):
        done.acquire()
    time.sleep(chance.random() / 20)
    strike()
    for thread in threads:
        thread.join()
    visitors[0].wait()
    patiently(lambda: connection.ensure_connection() or Location.objects.first())
    for actor in actors:
        assert len(actor.deeds) == each, "a person stopped working"
        report.judge(actor.deeds)
    report.verify()
