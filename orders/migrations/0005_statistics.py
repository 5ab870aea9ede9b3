from django.db import migrations


class Migration(migrations.Migration):
    """Enough samples of the searched text to tell a common fragment, best found by walking the list, from a rare one."""

    dependencies = [("orders", "0004_daily_sales")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE orders_order ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE orders_order ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
    ]
