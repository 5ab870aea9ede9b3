"""Which processes still work on a data folder: PostgreSQL's have it as their working directory."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path


def postmaster(cluster: Path) -> int | None:
    """Return the process id of the living server on `cluster`."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if alive(pid, cluster) else None


def alive(pid: int, cluster: Path) -> bool:
    """Tell whether `pid` lives and works on `cluster`; another program may have been given an old server's number."""
    try:
        if sys.platform == "linux":
            return _stands_in(pid, cluster)
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def clear_leftovers(cluster: Path, patience: float = 30.0) -> None:
    """Wait for the children of a killed server, then remove its pid file.

    The children leave by themselves once they notice; those busy with a long query are asked after five seconds.
    A pid file is removed only when no process stands in the folder any more, and only where that can be seen.
    """
    if sys.platform != "linux":
        return
    ask_at = time.monotonic() + min(5.0, patience)
    give_up_at = time.monotonic() + patience
    while orphans := _standing_in(cluster):
        if time.monotonic() > give_up_at:
            return
        if time.monotonic() > ask_at:
            for pid in orphans:
                _ask_to_quit(pid)
        time.sleep(0.05)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _standing_in(cluster: Path) -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _is_postgres_of(int(entry), cluster)]


def _is_postgres_of(pid: int, cluster: Path) -> bool:
    try:
        return _stands_in(pid, cluster) and Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except OSError:
        return False


def _stands_in(pid: int, cluster: Path) -> bool:
    """A process that ended but was not collected yet (a zombie) has no working directory any more."""
    return os.readlink(f"/proc/{pid}/cwd") == str(cluster)


def _ask_to_quit(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
