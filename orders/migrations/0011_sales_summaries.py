"""Summaries of sales for the reports; the histories, from which they learn what changed, are found by time."""

import django.contrib.postgres.fields
import django.db.models.deletion
import orders.models.sales
from django.conf import settings
from django.db import migrations, models

from backoffice.schema import Together


# History is appended in the order of time: ranges of blocks find what is new, and cost nothing to who writes.
HISTORIES = ("order", "orderline", "fulfilment", "fulfilmentline", "return", "returnline")
BY_TIME = [
    migrations.RunSQL(
        f"CREATE INDEX orders_{name}history_at ON orders_{name}history USING brin (pgh_created_at)"
        " WITH (pages_per_range = 32, autosummarize = on)",
        f"DROP INDEX orders_{name}history_at",
    )
    for name in HISTORIES
]


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_finding_plainly'),
        ('inventory', '0012_stock_line'),
        ('orders', '0010_states'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
        migrations.CreateModel(
            name='SalesRow',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('of', models.BigIntegerField()),
                ('day', models.DateField(null=True, verbose_name='day')),
                ('code', models.CharField(max_length=600, verbose_name='code')),
                ('name', models.CharField(max_length=600, verbose_name='name')),
                ('name_zh', models.CharField(max_length=600)),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('rate', models.DecimalField(decimal_places=5, max_digits=7, verbose_name='tax rate')),
                ('orders', models.BigIntegerField(verbose_name='orders')),
                ('pieces', models.BigIntegerField(verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
                ('refunded', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='refunded')),
                ('uncosted', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net without cost')),
                ('cost', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='cost of goods')),
                ('compared', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='compared')),
                ('before', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, null=True, verbose_name='before')),
                ('resellable', models.BigIntegerField(verbose_name='resellable')),
                ('damaged', models.BigIntegerField(verbose_name='damaged')),
                ('missing', models.BigIntegerField(verbose_name='missing')),
                ('late', models.BigIntegerField(verbose_name='late')),
                ('waiting', models.BigIntegerField(verbose_name='late and not shipped')),
                ('days', models.DecimalField(decimal_places=1, max_digits=8, null=True, verbose_name='days to ship')),
                ('customers_after', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('orders_after', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                'verbose_name': 'sales report',
                'verbose_name_plural': 'sales reports',
                'ordering': ['pk'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='CategorySales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('item', models.BigIntegerField(verbose_name='key')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
            ],
            options={
                'verbose_name': 'sales by category',
                'verbose_name_plural': 'sales by category',
            },
        ),
        migrations.CreateModel(
            name='CohortSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.DateField(verbose_name='first order')),
                ('month', models.DateField(verbose_name='month')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('customers', models.IntegerField(default=0, verbose_name='customers')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
            ],
            options={
                'verbose_name': 'cohort of customers',
                'verbose_name_plural': 'cohorts of customers',
            },
        ),
        migrations.CreateModel(
            name='CustomerSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('item', models.BigIntegerField(verbose_name='key')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
            ],
            options={
                'verbose_name': 'sales by customer',
                'verbose_name_plural': 'sales by customer',
            },
        ),
        migrations.CreateModel(
            name='DelaySums',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('delay', models.SmallIntegerField(verbose_name='days to ship')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
            ],
            options={
                'verbose_name': 'days to ship',
                'verbose_name_plural': 'days to ship',
            },
        ),
        migrations.CreateModel(
            name='PlaceSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
                ('refunds', models.IntegerField(default=0, verbose_name='refunds')),
                ('refunded', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='refunded')),
            ],
            options={
                'verbose_name': 'sales by channel and country',
                'verbose_name_plural': 'sales by channel and country',
            },
        ),
        migrations.CreateModel(
            name='ProductPlace',
            fields=[
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='catalog.product', verbose_name='product')),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None, verbose_name='categories')),
            ],
            options={
                'verbose_name': 'place of a product',
                'verbose_name_plural': 'places of products',
            },
        ),
        migrations.CreateModel(
            name='ProductSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('item', models.BigIntegerField(verbose_name='key')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
            ],
            options={
                'verbose_name': 'sales by product',
                'verbose_name_plural': 'sales by product',
            },
        ),
        migrations.CreateModel(
            name='ReturnSums',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('returns', models.IntegerField(default=0, verbose_name='returns')),
                ('announced', models.BigIntegerField(default=0, verbose_name='pieces announced')),
                ('resellable', models.BigIntegerField(default=0, verbose_name='resellable')),
                ('damaged', models.BigIntegerField(default=0, verbose_name='damaged')),
                ('missing', models.BigIntegerField(default=0, verbose_name='missing')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net value of what came back')),
                ('refunded', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='refunded')),
            ],
            options={
                'verbose_name': 'returns by reason',
                'verbose_name_plural': 'returns by reason',
            },
        ),
        migrations.CreateModel(
            name='SalesMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upto', models.DateTimeField(verbose_name='up to')),
                ('zone', models.CharField(max_length=60, verbose_name='time zone')),
                ('refreshed_at', models.DateTimeField(verbose_name='as of')),
            ],
            options={
                'verbose_name': 'mark of the sales summaries',
                'verbose_name_plural': 'marks of the sales summaries',
            },
        ),
        migrations.CreateModel(
            name='ShippedByPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('location', models.BigIntegerField(verbose_name='location')),
                ('parcels', models.IntegerField(default=0, verbose_name='parcels')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('uncosted', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net without cost')),
                ('cost', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='cost of goods')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
            ],
            options={
                'verbose_name': 'shipped by channel and country',
                'verbose_name_plural': 'shipped by channel and country',
            },
        ),
        migrations.CreateModel(
            name='ShippedByProduct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('location', models.BigIntegerField(verbose_name='location')),
                ('parcels', models.IntegerField(default=0, verbose_name='parcels')),
                ('pieces', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('uncosted', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net without cost')),
                ('cost', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='cost of goods')),
                ('item', models.BigIntegerField(verbose_name='key')),
            ],
            options={
                'verbose_name': 'shipped by product',
                'verbose_name_plural': 'shipped by product',
            },
        ),
        migrations.CreateModel(
            name='TaxSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('d', 'Day'), ('m', 'Month'), ('y', 'Year')], max_length=1, verbose_name='span')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('rate', models.DecimalField(decimal_places=5, max_digits=7, verbose_name='tax rate')),
                ('orders', models.IntegerField(default=0, verbose_name='orders')),
                ('net', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='net')),
                ('tax', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='tax')),
                ('gross', orders.models.sales.Sum(decimal_places=6, default=0, max_digits=24, verbose_name='gross')),
            ],
            options={
                'verbose_name': 'taxes by rate and country',
                'verbose_name_plural': 'taxes by rate and country',
            },
        ),
        migrations.AddIndex(
            model_name='fulfilment',
            index=models.Index(condition=models.Q(('shipped_at__isnull', False)), fields=['shipped_at'], name='fulfilment_shipped'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['at'], name='refund_at'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('received_at__isnull', False)), fields=['received_at'], name='return_received'),
        ),
        migrations.AddIndex(
            model_name='categorysales',
            index=models.Index(fields=['item', 'span', 'day'], name='category_sales_item'),
        ),
        migrations.AddConstraint(
            model_name='categorysales',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'item'), name='category_sales_once'),
        ),
        migrations.AddConstraint(
            model_name='cohortsales',
            constraint=models.UniqueConstraint(fields=('first', 'month', 'currency'), name='cohort_sales_once'),
        ),
        migrations.AddIndex(
            model_name='customersales',
            index=models.Index(fields=['item', 'span', 'day'], name='customer_sales_item'),
        ),
        migrations.AddConstraint(
            model_name='customersales',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'item'), name='customer_sales_once'),
        ),
        migrations.AddConstraint(
            model_name='delaysums',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'source', 'country', 'delay'), name='delay_sums_once'),
        ),
        migrations.AddConstraint(
            model_name='placesales',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'source', 'country'), name='place_sales_once'),
        ),
        migrations.AddIndex(
            model_name='productsales',
            index=models.Index(fields=['item', 'span', 'day'], name='product_sales_item'),
        ),
        migrations.AddConstraint(
            model_name='productsales',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'item'), name='product_sales_once'),
        ),
        migrations.AddConstraint(
            model_name='returnsums',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'reason'), name='return_sums_once'),
        ),
        migrations.AddConstraint(
            model_name='shippedbyplace',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'location', 'source', 'country'), name='shipped_place_once'),
        ),
        migrations.AddIndex(
            model_name='shippedbyproduct',
            index=models.Index(fields=['item', 'span', 'day'], name='shipped_product_item'),
        ),
        migrations.AddConstraint(
            model_name='shippedbyproduct',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'location', 'item'), name='shipped_product_once'),
        ),
        migrations.AddConstraint(
            model_name='taxsales',
            constraint=models.UniqueConstraint(fields=('span', 'day', 'currency', 'country', 'rate'), name='tax_sales_once'),
        ),
        *BY_TIME,
        ]),
    ]
