"""The embedded server with real processes: shared, restarted after a kill, stopped by the last user."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest
from django.db.utils import OperationalError

from backoffice.embedded_postgres import account, processes
from backoffice.embedded_postgres.server import Server

PROJECT = Path(__file__).resolve().parents[2]
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB"}
USER = """
    import sys
    from pathlib import Path
    from backoffice.embedded_postgres.server import Server

    server = Server(Path(sys.argv[1]), {options!r}, project=Path({project!r}))
    server.ensure_running()
    print("ready", flush=True)
    sys.stdin.readline()
    server.release()
"""


class Process:
    """Another process that uses the server until it is told to leave."""

    def __init__(self, folder: Path) -> None:
        code = textwrap.dedent(USER).format(options=FAST, project=str(PROJECT))
        self.popen = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT
        )
        assert self.popen.stdout is not None
        assert self.popen.stdout.readline() == b"ready\n"

    def leave(self) -> None:
        self.popen.communicate(b"\n", timeout=30)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pg") / "data"


@pytest.fixture
def server(folder):
    server = Server(folder, FAST, project=PROJECT)
    yield server
    server.release()


def one(server: Server, query: str, database: str = "postgres") -> object:
    with psycopg.connect(**server.connection_params(database)) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def kill(pid: int | None, cluster: Path) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while processes.alive(pid, cluster):
        time.sleep(0.01)


def test_the_last_of_two_processes_stops_the_server(folder, server):
    server.ensure_running()
    pid = processes.postmaster(server.cluster)

    other = Process(folder)
    assert processes.postmaster(server.cluster) == pid
    other.leave()
    assert one(server, "SELECT 1") == 1

    server.release()
    assert processes.postmaster(server.cluster) is None


def test_the_first_process_may_leave_before_the_second(folder, server):
    first = Process(folder)
    server.ensure_running()
    first.leave()

    assert one(server, "SELECT 1") == 1


def test_a_killed_server_is_started_again_with_its_data(server):
    server.ensure_running()
    server.ensure_database("kept")
    pid = processes.postmaster(server.cluster)
    kill(pid, server.cluster)

    server.ensure_running()

    assert processes.postmaster(server.cluster) != pid
    assert one(server, "SELECT current_database()", "kept") == "kept"


def test_a_server_left_by_a_killed_process_is_used_and_then_stopped(folder, server):
    killed = Process(folder)
    pid = processes.postmaster(server.cluster)
    killed.kill()
    assert processes.postmaster(server.cluster) == pid

    server.ensure_running()
    assert processes.postmaster(server.cluster) == pid
    server.release()

    assert processes.postmaster(server.cluster) is None


def test_a_pid_file_that_names_another_program_is_no_obstacle(server):
    server.ensure_running()
    server.release()
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster}\n1\n5432\n\n\n\nready\n")

    server.ensure_running()

    assert one(server, "SELECT 1") == 1


def test_a_forked_child_leaves_the_server_to_its_parent(server):
    server.ensure_running()

    child = os.fork()
    if child == 0:
        server.release()
        os._exit(0 if processes.postmaster(server.cluster) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert one(server, "SELECT 1") == 1


def test_a_forked_child_keeps_the_server_when_it_uses_it(server):
    server.ensure_running()
    ready, tell = os.pipe()
    leave, dismiss = os.pipe()
    child = os.fork()
    if child == 0:
        server.ensure_running()
        os.write(tell, b"r")
        os.read(leave, 1)
        server.release()
        os._exit(0 if processes.postmaster(server.cluster) is None else 1)
    os.read(ready, 1)

    server.release()
    assert processes.postmaster(server.cluster) is not None
    os.write(dismiss, b"l")

    assert os.waitpid(child, 0)[1] == 0


def test_only_the_socket_is_open_and_only_for_the_owner(server):
    server.ensure_running()

    assert one(server, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


def test_chinese_words_have_trigrams(server):
    server.ensure_running()
    server.ensure_database("words")
    with psycopg.connect(**server.connection_params("words"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")

    assert one(server, "SELECT cardinality(show_trgm('水杯'))", "words") == 3
    assert one(server, "SHOW server_encoding", "words") == "UTF8"


def test_options_win_over_the_defaults(server):
    server.ensure_running()

    assert one(server, "SHOW fsync") == "off"
    assert one(server, "SHOW jit") == "off"


def test_a_long_path_puts_the_socket_into_the_temporary_folder(tmp_path):
    server = Server(tmp_path / ("x" * 90), FAST, project=PROJECT)
    server.ensure_running()
    try:
        assert not server.socket_folder.is_relative_to(tmp_path)
        assert len(str(server.socket_folder)) < 90
        assert one(server, "SELECT 1") == 1
    finally:
        server.release()
        server.socket_folder.rmdir()


def test_data_of_another_version_are_refused(server, monkeypatch):
    server.ensure_running()
    server.release()
    version = server.cluster / "PG_VERSION"
    before = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(OperationalError, match=r"written by PostgreSQL 12; the installed one is 1[5-9]"):
            server.ensure_running()
    finally:
        version.write_text(before)


def test_a_missing_wheel_is_named(server, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(OperationalError, match=r"install requirements-dev.txt or set DATABASE_URL"):
        server.ensure_running()


def test_data_of_another_account_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(OperationalError, match="belong to the account"):
        account.choose(tmp_path, PROJECT)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_root_gives_the_server_to_an_ordinary_account(server):
    server.ensure_running()
    pid = processes.postmaster(server.cluster)

    assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert server.folder.stat().st_uid == Path(f"/proc/{pid}").stat().st_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_root_may_have_copied_the_data(server):
    server.ensure_running()
    server.release()
    for path in (server.folder, *server.folder.rglob("*")):
        os.chown(path, 0, 0)

    server.ensure_running()

    assert one(server, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_parents_get_the_search_bit_and_nothing_else(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    account.let_through(closed / "data", account.choose(tmp_path / "none", Path("/")))

    assert stat.S_IMODE(closed.stat().st_mode) == 0o701


def test_a_connection_costs_no_visible_time_while_the_server_runs(server):
    server.ensure_running()
    started = time.perf_counter()
    for _ in range(1000):
        server.ensure_running()
    assert time.perf_counter() - started < 0.5
