"""The database chooses the warehouse that has everything."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0016_count_bins")]

    operations = [migrations.RunSQL((SQL / "promising.sql").read_text(), migrations.RunSQL.noop)]
