"""Allocations are written and posted by one call."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_kinds")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "promising.sql").read_text(),
            "DROP FUNCTION inventory_promise(text, bigint[], bigint[], bigint[], integer[], bigint, text)",
        ),
    ]
