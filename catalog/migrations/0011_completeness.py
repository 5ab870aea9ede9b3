from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0010_finding'),
    ]

    operations = [
        migrations.CreateModel(
            name='CompletenessDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('products', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'completeness that is due',
                'verbose_name_plural': 'completeness that is due',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Completeness',
            fields=[
                ('product', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='completeness', serialize=False, to='catalog.product', verbose_name='product')),
                ('score', models.PositiveSmallIntegerField(default=0, verbose_name='completeness')),
                ('missing', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('picture', 'Picture'), ('alt', 'Alternative text of each picture'), ('price', 'Price of each variant'), ('barcode', 'Barcode of each variant'), ('title_zh', 'Chinese title'), ('description', 'Description'), ('description_zh', 'Chinese description'), ('category', 'Category'), ('brand', 'Brand'), ('attributes', 'Required attributes'), ('seo', 'Title and description for search engines')], max_length=20), default=list, size=None, verbose_name='missing')),
                ('place', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('score'), '*', models.Value(17592186044416)), '+', models.F('product')), output_field=models.BigIntegerField())),
            ],
            options={
                'verbose_name': 'completeness',
                'verbose_name_plural': 'completeness',
                'default_permissions': (),
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['missing'], name='completeness_missing')],
                'constraints': [models.UniqueConstraint(fields=('place',), name='completeness_place'), models.CheckConstraint(condition=models.Q(('score__lte', 100)), name='completeness_of_hundred')],
            },
        ),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "completeness.sql").read_text(),
            """DROP FUNCTION catalog_product_touched, catalog_variant_touched, catalog_media_touched, catalog_definition_touched,
            catalog_category_touched CASCADE;
            DROP FUNCTION catalog_branch_touched, catalog_touched, catalog_assess, catalog_completeness_score,
            catalog_completeness_of, catalog_completeness_weights""",
        ),
    ]
