"""Mails about changes of placed orders."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0014_reports'),
    ]

    operations = [
        migrations.AlterField(
            model_name='mailtext',
            name='kind',
            field=models.CharField(choices=[('placed', 'Order placed'), ('changed', 'Order changed'), ('shipped', 'Parcel shipped'), ('refunded', 'Money refunded'), ('return_approved', 'Return approved'), ('canceled', 'Order canceled'), ('document', 'Invoice or credit note')], max_length=20, unique=True, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='mailtexthistory',
            name='kind',
            field=models.CharField(choices=[('placed', 'Order placed'), ('changed', 'Order changed'), ('shipped', 'Parcel shipped'), ('refunded', 'Money refunded'), ('return_approved', 'Return approved'), ('canceled', 'Order canceled'), ('document', 'Invoice or credit note')], max_length=20, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='sentmail',
            name='kind',
            field=models.CharField(choices=[('placed', 'Order placed'), ('changed', 'Order changed'), ('shipped', 'Parcel shipped'), ('refunded', 'Money refunded'), ('return_approved', 'Return approved'), ('canceled', 'Order canceled'), ('document', 'Invoice or credit note')], max_length=20, verbose_name='kind'),
        ),
    ]
