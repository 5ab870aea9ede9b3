"""Margins of products at all locations, taxes of documents, returns by their reasons, days of scheduled parcels: all is added up anew."""

import orders.models.sales
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0013_orders_follow_merges'),
    ]

    operations = [
        # Without a mark the next refresh makes every summary from nothing.
        migrations.RunSQL('DELETE FROM orders_salesmark', migrations.RunSQL.noop),
        migrations.CreateModel(
            name='ProductMargin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('parcels', models.IntegerField(default=0, verbose_name='parcels')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('uncosted', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net without cost')),
                ('cost', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='cost of goods')),
                ('item', models.BigIntegerField(verbose_name='key')),
                ('gained', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='margin of the days that had one')),
            ],
            options={
                'verbose_name': 'margin by product',
                'verbose_name_plural': 'margins by product',
            },
        ),
        migrations.CreateModel(
            name='TaxDocuments',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('kind', models.CharField(max_length=12, verbose_name='kind')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('rate', models.DecimalField(decimal_places=5, max_digits=7, verbose_name='tax rate')),
                ('documents', models.IntegerField(default=0, verbose_name='documents')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
            ],
            options={
                'verbose_name': 'taxes of documents by rate and country',
                'verbose_name_plural': 'taxes of documents by rate and country',
            },
        ),
        migrations.RemoveConstraint(
            model_name='delaysums',
            name='delay_sums_once',
        ),
        migrations.RemoveConstraint(
            model_name='returnsums',
            name='return_sums_once',
        ),
        migrations.AddField(
            model_name='delaysums',
            name='postponed',
            field=models.SmallIntegerField(default=0, verbose_name='days it was not to leave'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='returnsums',
            name='cause',
            field=models.BigIntegerField(default=0, verbose_name='reason'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='returnsums',
            name='led',
            field=models.IntegerField(default=0, verbose_name='returns by their first reason'),
        ),
        migrations.AddField(
            model_name='shippedbyproduct',
            name='gained',
            field=orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='margin of the days that had one'),
        ),
        migrations.AlterField(
            model_name='returnsums',
            name='reason',
            field=models.CharField(max_length=300, verbose_name='in their words'),
        ),
        migrations.AddConstraint(
            model_name='delaysums',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'source', 'country', 'delay', 'postponed'), name='delay_sums_once'),
        ),
        migrations.AddConstraint(
            model_name='returnsums',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'cause', 'reason'), name='return_sums_once'),
        ),
        migrations.AddIndex(
            model_name='productmargin',
            index=models.Index(fields=['item', 'span', 'day'], name='product_margin_item'),
        ),
        migrations.AddConstraint(
            model_name='productmargin',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'item'), name='product_margin_once'),
        ),
        migrations.AddConstraint(
            model_name='taxdocuments',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'kind', 'country', 'rate'), name='tax_documents_once'),
        ),
    ]
