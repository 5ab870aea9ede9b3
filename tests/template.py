"""A migrated database with the roles, from which test databases are copied: making it takes seconds, copying less than one."""

import hashlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import django
import psycopg
from django.db import connection
from django.db.migrations.loader import MigrationLoader

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "test_template_"
STAYS = ("django_migrations", "django_content_type", "auth_permission")  # these no test writes
TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL(%s)"
)


def ensure_template() -> str:
    """Return the name of the template for the migrations as they are now; make it when it is missing."""
    name = PREFIX + fingerprint()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [PREFIX])  # until this connection closes
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        present = [found for (found,) in cursor.fetchall()]
        if name not in present:
            for old in present:
                cursor.execute(f'DROP DATABASE "{old}"')
            cursor.execute(f'CREATE DATABASE "{name}_new"')
            migrate(f"{name}_new")
            cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    return name


def fingerprint() -> str:
    """Return a short hash of every migration, of the SQL that they read, of the roles, and of Django's version."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    digest = hashlib.sha256(django.__version__.encode())
    for _, migration in sorted(migrations.items()):
        digest.update(Path(inspect.getfile(type(migration))).read_bytes())
    for script in [*sorted(PROJECT.glob("*/sql/*.sql")), PROJECT / "backoffice/roles.py", Path(__file__)]:
        digest.update(script.read_bytes())
    return digest.hexdigest()[:16]


def migrate(database: str) -> None:
    """Make the tables and the roles; the schema `kept` holds a copy of every row that is there from the start."""
    for command in ("migrate", "sync_roles"):
        subprocess.run(
            [sys.executable, "manage.py", command, "--verbosity", "0"],
            cwd=PROJECT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_TEMPLATE": database},
            check=True,
        )
    with psycopg.connect(**{**connection.get_connection_params(), "dbname": database}) as made:
        made.execute("CREATE SCHEMA kept")
        for (table,) in made.execute(TABLES, [list(STAYS)]).fetchall():
            if made.execute(f'SELECT 1 FROM public."{table}" LIMIT 1').fetchone():
                made.execute(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')
