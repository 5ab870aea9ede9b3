"""Calls of the database tell the history who acts."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0016_api_answers")]

    operations = [migrations.RunSQL((SQL / "audit.sql").read_text(), "DROP FUNCTION backoffice_act(jsonb)")]
