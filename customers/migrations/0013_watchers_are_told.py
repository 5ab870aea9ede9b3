"""Whoever watches a ticket is told that its promise is broken."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "promises.sql"


class Migration(migrations.Migration):

    dependencies = [("customers", "0012_care_follows_merges")]

    operations = [migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop)]
