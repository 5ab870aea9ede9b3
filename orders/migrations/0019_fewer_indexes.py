# Indexes of which another one is the beginning, and such of the history by which nobody looks for rows.

import django.db.models.deletion
from django.db import migrations, models

from backoffice.schema import DropForeignKeyIndex, Together


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_finding_plainly'),
        ('customers', '0018_answers_from_elsewhere'),
        ('orders', '0018_one_call'),
    ]

    operations = [
        Together([
            DropForeignKeyIndex(
                model_name='order',
                name='customer',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='customers.customer', verbose_name='customer'),
            ),
            DropForeignKeyIndex(
                model_name='orderline',
                name='order',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.order', verbose_name='order'),
            ),
            DropForeignKeyIndex(
                model_name='orderline',
                name='variant',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='catalog.variant', verbose_name='variant'),
            ),
            migrations.AlterField(
                model_name='orderlinehistory',
                name='order',
                field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.order', verbose_name='order'),
            ),
            migrations.AlterField(
                model_name='orderlinehistory',
                name='variant',
                field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant'),
            ),
        ]),
    ]
