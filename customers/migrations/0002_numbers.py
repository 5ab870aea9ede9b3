from django.db import migrations

from backoffice.numbering import CreateSequence


def create_default_queue(apps, schema_editor):
    queue = apps.get_model("customers", "Queue")
    queue.objects.get_or_create(slug="support", defaults={"name": "Support", "name_zh": "客服", "is_default": True})


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        CreateSequence("CU"),
        CreateSequence("TK"),
        migrations.RunPython(create_default_queue, migrations.RunPython.noop),
    ]
