"""Run a few child processes, start again what ends, and leave none behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_SECONDS = 60
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """A program that is kept running."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = SHORTEST_PAUSE
    due: float = 0.0

    def start(self, folder: Path) -> None:
        """Start in a session of its own: Ctrl-C reaches the supervisor alone, which stops its children in order."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.arguments, cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_parent
        )

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def schedule(self) -> float:
        """Plan the next start: soon after a long life, ever later while it keeps failing."""
        steady = time.monotonic() - self.started > STEADY_SECONDS
        wait = SHORTEST_PAUSE if steady else self.pause
        self.pause = min(wait * 2, LONGEST_PAUSE)
        self.due = time.monotonic() + wait
        self.process = None
        return wait


class Supervisor:
    """Use as a context: whatever ends it, the children are gone afterwards."""

    def __init__(
        self, children: Sequence[Child], *, folder: Path, say: Callable[[str], object], stop_seconds: float
    ) -> None:
        self.children = children
        self.folder = folder
        self.say = say
        self.stop_seconds = stop_seconds
        self.stopping = threading.Event()
        self._asked_to_stop = False

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_on_signal)
        for child in self.children:
            child.start(self.folder)
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        for child in self.children:
            _signal_group(child.process, signal.SIGTERM)
        deadline = time.monotonic() + self.stop_seconds
        for child in self.children:
            self._wait(child, deadline)

    def watch(self, *, every: Callable[[], None]) -> None:
        """Look after the children until a signal comes; `every` runs at each look."""
        while not self._asked_to_stop:
            self._look_after_all()
            try:
                every()
            except Exception as error:  # the children report what they lack; the supervisor must live on
                self.say(str(error))
            time.sleep(0.2)

    def _look_after_all(self) -> None:
        for child in self.children:
            if child.ended():
                code = child.process.returncode if child.process else 0
                self.say(f"{child.name} ended with code {code}; next start in {child.schedule():.0f} s.")
            elif child.process is None and time.monotonic() >= child.due:
                child.start(self.folder)

    def _wait(self, child: Child, deadline: float) -> None:
        if child.process is None:
            return
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say(f"{child.name} did not stop in time and is killed.")
        _signal_group(child.process, signal.SIGKILL)
        child.process.wait()

    def _stop_on_signal(self, number: int, frame: FrameType | None) -> None:
        """Only a plain assignment is safe here: a lock might be held by the very code that is interrupted."""
        self._asked_to_stop = True


def _signal_group(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    """Signal the child; SIGKILL goes to what it has started as well."""
    if process is None:
        return
    try:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass


def _end_with_parent() -> None:
    """Ask Linux to end this child when the supervisor is killed."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
