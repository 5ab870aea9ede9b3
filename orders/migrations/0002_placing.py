"""An order is taken in and placed by one call each."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("backoffice", "0015_recording"), ("inventory", "0010_allocating")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "placing.sql").read_text(),
            """
            DROP FUNCTION orders_rates(text, text);
            DROP FUNCTION orders_ask(text, text, bigint[]);
            DROP FUNCTION orders_take(jsonb);
            DROP FUNCTION IF EXISTS orders_take(jsonb, jsonb, jsonb, text[], bigint, text, text);
            DROP FUNCTION orders_otherwise(jsonb);
            DROP FUNCTION orders_place(bigint, text, jsonb, jsonb, jsonb, bigint, text, text);
            DROP FUNCTION orders_promise(text, bigint[], jsonb, bigint, text);
            """,
        ),
    ]
