"""Calls of the database tell the history who acts; contexts of the history are written once in a transaction."""

from pathlib import Path

import pghistory.models
from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


def give_back(apps, schema_editor):
    pghistory.models.Context.install_pgh_attach_context_func(using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0016_api_answers"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, give_back),
        migrations.RunSQL((SQL / "acting.sql").read_text(), "DROP FUNCTION backoffice_act(jsonb)"),
    ]
