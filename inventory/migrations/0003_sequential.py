from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_posting")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "posting.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
