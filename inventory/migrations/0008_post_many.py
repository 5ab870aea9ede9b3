from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_lists")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "posting_many.sql").read_text(),
            "DROP FUNCTION inventory_post_many(jsonb, bigint, text)",
        ),
    ]
