"""Searched text has no accents: "pate" finds "Pâté". What is stored already is brought into the new form."""

from pathlib import Path

from django.db import migrations

FORM = (Path(__file__).parent.parent / "sql" / "finding.sql").read_text().partition("-- What is text")[0]


def made_anew(model: str, expression: str) -> str:
    """The generated column and its index again, with as many samples as before."""
    return f"""
        ALTER TABLE catalog_{model} DROP COLUMN search_text;
        ALTER TABLE catalog_{model} ADD COLUMN search_text text GENERATED ALWAYS AS ({expression}) STORED;
        ALTER TABLE catalog_{model} ALTER COLUMN search_text SET STATISTICS 1000;
        CREATE INDEX {model}_search ON catalog_{model} USING gin (search_text gin_trgm_ops);
    """


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_tracking")]

    operations = [
        migrations.RunSQL(
            [
                FORM,
                made_anew("product", "catalog_product_search(title, title_zh, handle, product_type, attributes)"),
                made_anew("variant", "catalog_variant_search(sku, barcode, title)"),
            ],
            migrations.RunSQL.noop,
        ),
    ]
