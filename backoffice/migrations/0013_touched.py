from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0012_fewer_indexes")]

    operations = [
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_type", models.CharField(max_length=100, verbose_name="kind")),
                ("subject_id", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddField("liveversion", "content_position", models.BigIntegerField(editable=False, null=True)),
        migrations.RunSQL("UPDATE backoffice_liveversion SET content_position = position", migrations.RunSQL.noop),
        migrations.AlterField("liveversion", "content_position", models.BigIntegerField(editable=False, unique=True)),
        migrations.RunSQL((HERE / "touched.sql").read_text(), migrations.RunSQL.noop),
    ]
