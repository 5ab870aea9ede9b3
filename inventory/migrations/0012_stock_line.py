"""A line of stock by bin and lot, which is no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0011_warehouse'),
    ]

    operations = [
        migrations.CreateModel(
            name='StockLine',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('on_hand', models.IntegerField(verbose_name='on hand')),
            ],
            options={
                'verbose_name': 'stock by bin and lot',
                'verbose_name_plural': 'stock by bin and lot',
                'ordering': ['pk'],
                'managed': False,
            },
        ),
    ]
