# Actors are found by the index of actor and time.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backoffice.schema import DropForeignKeyIndex


class Migration(migrations.Migration):

    dependencies = [
        ('backoffice', '0017_acting'),
    ]

    operations = [
        DropForeignKeyIndex(
            model_name='auditevent',
            name='actor',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
    ]
