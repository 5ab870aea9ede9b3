"""The supervisor with real processes, and what `serve` checks before it starts."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backoffice.management.commands import serve
from backoffice.supervisor import Child

PROJECT = Path(__file__).resolve().parents[2]
PARENT = """
    import sys
    from pathlib import Path
    from backoffice.supervisor import Child, Supervisor

    folder = Path(sys.argv[1])
    child = f"import os, time; open({str(folder)!r} + '/' + str(os.getpid()), 'w'); time.sleep(60)"
    with Supervisor(
        [Child("sleeper", [sys.executable, "-c", child])], folder=folder, say=print, stop_seconds=5
    ) as supervisor:
        supervisor.watch(every=lambda: None)
    print("stopped", flush=True)
"""


@pytest.fixture
def supervisor(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def children(folder: Path) -> list[int]:
    """Every child that has started so far, in order."""
    return [int(path.name) for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_children_and_then_the_supervisor(supervisor, tmp_path, number):
    until(lambda: len(children(tmp_path)) == 1)
    (child,) = children(tmp_path)

    supervisor.send_signal(number)
    supervisor.send_signal(number)
    output, _ = supervisor.communicate(timeout=10)

    assert (supervisor.returncode, output) == (0, "stopped\n")
    assert not lives(child)


def test_a_child_that_ends_is_started_again(supervisor, tmp_path):
    until(lambda: len(children(tmp_path)) == 1)
    os.kill(children(tmp_path)[0], signal.SIGKILL)

    until(lambda: len(children(tmp_path)) == 2)

    supervisor.terminate()
    output, _ = supervisor.communicate(timeout=10)
    assert output == "sleeper ended with code -9; next start in 1 s.\nstopped\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_children_do_not_outlive_a_killed_supervisor(supervisor, tmp_path):
    until(lambda: len(children(tmp_path)) == 1)
    (child,) = children(tmp_path)

    supervisor.kill()

    until(lambda: not lives(child))


def test_a_child_that_keeps_failing_is_started_ever_later():
    child = Child("web", [])
    child.started = time.monotonic()

    assert [child.schedule() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]

    child.started = time.monotonic() - 120
    assert child.schedule() == 1


def test_a_taken_port_is_named_with_a_way_out():
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=rf"Port {port} is taken: PORT={port + 1} make demo\."):
            serve.require_free(port)


def test_static_files_are_collected_once(settings, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("p {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    serve.get_finders.__globals__["get_finder"].cache_clear()
    calls = []
    monkeypatch.setattr(serve, "call_command", lambda *a, **k: (calls.append(a), call_command(*a, **k)))

    serve.collect_static()
    serve.collect_static()
    assert len(calls) == 1

    (source / "page.css").write_text("p { color: red }")
    serve.collect_static()
    assert len(calls) == 2
    assert (tmp_path / "collected" / "page.css").read_text() == "p { color: red }"
    serve.get_finders.__globals__["get_finder"].cache_clear()


@pytest.mark.parametrize(
    ("https", "given", "told"),
    [
        (False, None, "http://127.0.0.1:8123"),
        (False, "https://shop.example", "https://shop.example"),
        (True, None, None),
    ],
)
def test_links_lead_to_the_server_that_serves_unless_told_otherwise(settings, monkeypatch, https, given, told):
    settings.HTTPS = https
    environment = {"SITE_URL": given} if given else {}
    monkeypatch.setattr(os, "environ", environment)

    serve.tell_address(8123)

    assert environment.get("SITE_URL") == told
