from pathlib import Path

from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_finding_plainly'),
        ('inventory', '0014_scans_and_counts'),
    ]

    operations = [
        migrations.CreateModel(
            name='SoldOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('variant', models.ForeignKey(db_constraint=False, on_delete=DO_NOTHING, related_name='+', to='catalog.variant', verbose_name='variant')),
            ],
            options={
                'verbose_name': 'mark of what may be sold out',
                'verbose_name_plural': 'marks of what may be sold out',
            },
        ),
        migrations.RunSQL((SQL / 'sold_out.sql').read_text(), migrations.RunSQL.noop),
        # More may stand here than is sold out; the job takes that away.
        migrations.RunSQL('INSERT INTO inventory_soldout (variant_id) SELECT id FROM catalog_variant WHERE track_stock', migrations.RunSQL.noop),
    ]
