"""Many moves are posted in one go as quickly when the statistics call the ledger empty."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0019_forecast")]

    operations = [migrations.RunSQL((SQL / "posting_many.sql").read_text(), migrations.RunSQL.noop)]
