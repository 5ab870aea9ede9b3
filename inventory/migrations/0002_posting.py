from pathlib import Path

from django.db import migrations

from backoffice.numbering import CreateSequence

VIRTUAL = {
    "transit": ("In transit", "在途"),
    "supplier": ("Suppliers", "供应商"),
    "customer": ("Customers", "客户"),
    "adjustment": ("Corrections", "库存调整"),
    "scrap": ("Scrap", "报废"),
}


def create_virtual_locations(apps, schema_editor):
    location = apps.get_model("inventory", "Location")
    for kind, (name, name_zh) in VIRTUAL.items():
        location.objects.get_or_create(kind=kind, defaults={"code": kind, "name": name, "name_zh": name_zh, "priority": 99})


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "posting.sql").read_text(),
            "DROP TRIGGER inventory_follow_backorder_limit ON catalog_variant;"
            "DROP FUNCTION inventory_follow_backorder_limit(); DROP FUNCTION inventory_post(jsonb, bigint, text);",
        ),
        migrations.RunPython(create_virtual_locations, migrations.RunPython.noop),
        CreateSequence("RC"),
        CreateSequence("TR"),
    ]
