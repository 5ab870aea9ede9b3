"""Allocations are posted set-wise."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_bins")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "promising.sql").read_text(),
            migrations.RunSQL.noop,
        ),
    ]
