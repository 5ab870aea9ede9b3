"""Products and variants are searched in one normal form, in which fragments of two Chinese characters are found by index."""

from pathlib import Path

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models import F, Func


def searched(model: str, function: str, *fields: str) -> list:
    """Replace the generated column and its index, and keep enough samples to tell a common fragment from a rare one."""
    index = f"{model}_search"
    return [
        migrations.RemoveIndex(model_name=model, name=index),
        migrations.RemoveField(model_name=model, name="search_text"),
        migrations.AddField(
            model_name=model,
            name="search_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=Func(*map(F, fields), function=function),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name=model,
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_text"], name=index, opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.RunSQL(
            f"ALTER TABLE catalog_{model} ALTER COLUMN search_text SET STATISTICS 1000",
            f"ALTER TABLE catalog_{model} ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_front")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "finding.sql").read_text(),
            "DROP FUNCTION catalog_similar_variants, catalog_similar_products, catalog_variant_search, catalog_bare_code,"
            " catalog_product_search, catalog_search_form",
        ),
        *searched("product", "catalog_product_search", "title", "title_zh", "handle", "product_type", "attributes"),
        *searched("variant", "catalog_variant_search", "sku", "barcode", "title"),
    ]
