from django.db import migrations


class Migration(migrations.Migration):
    """Enough samples of the searched text to tell a common fragment, best found by walking the list, from a rare one."""

    dependencies = [("customers", "0004_ticket_created")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE customers_customer ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE customers_customer ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
        migrations.RunSQL(
            "ALTER TABLE customers_ticket ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE customers_ticket ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
        migrations.RunSQL(
            "ALTER TABLE customers_contactpoint ALTER COLUMN normalized SET STATISTICS 1000",
            "ALTER TABLE customers_contactpoint ALTER COLUMN normalized SET STATISTICS DEFAULT",
        ),
    ]
