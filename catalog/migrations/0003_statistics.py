from django.db import migrations


class Migration(migrations.Migration):
    """Enough samples of the searched text to tell a common fragment, best found by walking the list, from a rare one."""

    dependencies = [("catalog", "0002_tree_and_handles")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE catalog_product ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE catalog_product ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
        migrations.RunSQL(
            "ALTER TABLE catalog_variant ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE catalog_variant ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
    ]
