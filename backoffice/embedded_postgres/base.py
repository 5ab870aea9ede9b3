"""Django's PostgreSQL backend on the embedded server: host, user and database come from the launcher."""

import atexit
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.postgresql.client import DatabaseClient as PostgresClient

from backoffice.embedded_postgres.server import PORT, SUPERUSER, Server, programs


@cache
def server() -> Server:
    """Return the server of this process; it is released when the process ends."""
    running = Server(
        Path(settings.EMBEDDED_POSTGRES_DIR),
        settings.EMBEDDED_POSTGRES_OPTIONS,
        project=Path(settings.BASE_DIR),
    )
    atexit.register(_leave, running)
    return running


def _leave(running: Server) -> None:
    for pool in DatabaseWrapper._connection_pools.values():  # type: ignore[attr-defined]
        pool.close()
    running.release()


class DatabaseClient(PostgresClient):
    """`manage.py dbshell` with the wheel's psql."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        running = server()
        running.ensure_running()
        embedded = settings_dict | {"HOST": str(running.socket_folder), "PORT": PORT, "USER": SUPERUSER}
        arguments, env = super().settings_to_cmd_args_env(embedded, parameters)
        return [str(programs() / cls.executable_name), *arguments[1:]], env


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        running = server()
        running.ensure_running()
        if self.settings_dict["NAME"]:
            running.ensure_database(params["dbname"])
        return params | running.connection_params(params["dbname"])
