"""Database functions write audit events too."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0014_joined_files")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "audit.sql").read_text(),
            "DROP FUNCTION backoffice_record(text[], text, bigint, text, bigint, text, text)",
        ),
    ]
