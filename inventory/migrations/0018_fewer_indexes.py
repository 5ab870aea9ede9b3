# Indexes of which another one is the beginning, and such of the history by which nobody looks for rows.

import django.db.models.deletion
from django.db import migrations, models

from backoffice.schema import DropForeignKeyIndex, Together


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_finding_plainly'),
        ('inventory', '0017_one_place'),
    ]

    operations = [
        Together([
            DropForeignKeyIndex(
                model_name='allocation',
                name='variant',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='catalog.variant', verbose_name='variant'),
            ),
            migrations.AlterField(
                model_name='allocationhistory',
                name='location',
                field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='location'),
            ),
            migrations.AlterField(
                model_name='allocationhistory',
                name='variant',
                field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant'),
            ),
            DropForeignKeyIndex(
                model_name='stocklevel',
                name='location',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.location', verbose_name='location'),
            ),
            DropForeignKeyIndex(
                model_name='stocklevel',
                name='variant',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='catalog.variant', verbose_name='variant'),
            ),
            DropForeignKeyIndex(
                model_name='stockmove',
                name='variant',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='catalog.variant', verbose_name='variant'),
            ),
            DropForeignKeyIndex(
                model_name='stockposting',
                name='level',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='inventory.stocklevel', verbose_name='level'),
            ),
        ]),
    ]
