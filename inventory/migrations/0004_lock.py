from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_sequential")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "posting.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
