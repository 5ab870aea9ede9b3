"""Notes and follow-ups that are written for a merged customer belong to the survivor."""

from django.db import migrations

TABLES = ("customers_customernote", "customers_followup")


class Migration(migrations.Migration):

    dependencies = [("customers", "0011_mail")]

    operations = [
        migrations.RunSQL(f"CALL customers_rows_follow('{table}')", f"DROP TRIGGER follow_merge ON {table}")
        for table in TABLES
    ]
