"""An order that is placed for a customer while that one is merged belongs to the survivor."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0009_owners"),
        ("orders", "0012_pick_plan"),
    ]

    operations = [
        migrations.RunSQL(
            "CALL customers_rows_follow('orders_order')", "DROP TRIGGER follow_merge ON orders_order"
        ),
    ]
