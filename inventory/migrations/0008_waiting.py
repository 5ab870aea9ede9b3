"""What waits is found where something becomes free."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_flow_mark")]

    operations = [
        migrations.RunSQL(
            (SQL / "waiting.sql").read_text(),
            reverse_sql="DROP FUNCTION inventory_to_serve(bigint[]);",
        ),
    ]
