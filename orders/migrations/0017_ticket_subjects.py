"""What products became otherwise is found by time."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("orders", "0016_packed_again"), ("catalog", "0013_finding_plainly"), ("customers", "0015_service_reports")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX catalog_producthistory_at ON catalog_producthistory USING brin (pgh_created_at)"
            " WITH (pages_per_range = 32, autosummarize = on)",
            "DROP INDEX catalog_producthistory_at",
        )
    ]
