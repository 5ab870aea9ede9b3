"""How far costs of goods sold and daily flows are whole."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0006_promising'),
    ]

    operations = [
        migrations.CreateModel(
            name='FlowMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upto', models.DateTimeField(verbose_name='up to')),
            ],
            options={
                'verbose_name': 'mark of the daily flows',
                'verbose_name_plural': 'marks of the daily flows',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='flow_mark_one_row')],
            },
        ),
    ]
