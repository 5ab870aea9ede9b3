"""Scans of handhelds; transfers know what was loaded and unloaded."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0012_tracking'),
        ('inventory', '0010_allocating'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(unique=True)),
                ('kind', models.CharField(choices=[('accepted', 'Accepted'), ('rejected', 'Rejected'), ('loaded', 'Loaded'), ('unloaded', 'Unloaded'), ('counted', 'Counted'), ('put_away', 'Put away'), ('picked', 'Picked'), ('packed', 'Packed')], max_length=10, verbose_name='kind')),
                ('subject', models.CharField(max_length=60, verbose_name='document')),
                ('code', models.CharField(max_length=200, verbose_name='code')),
                ('pieces', models.PositiveIntegerField(verbose_name='pieces')),
                ('said', models.CharField(max_length=500, verbose_name='answer')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
            ],
            options={
                'verbose_name': 'scan',
                'verbose_name_plural': 'scans',
                'ordering': ['-pk'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='transferline',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='transferline',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='transferline',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='transferline',
            name='arrived',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='arrived'),
        ),
        migrations.AddField(
            model_name='transferline',
            name='sent',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='sent'),
        ),
        migrations.AddField(
            model_name='transferlinehistory',
            name='arrived',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='arrived'),
        ),
        migrations.AddField(
            model_name='transferlinehistory',
            name='sent',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='sent'),
        ),
        # What went whole so far: while the triggers are off, so that it is no change of anybody's.
        migrations.RunSQL(
            """
            UPDATE inventory_transferline l SET sent = l.quantity, arrived = coalesce(l.received, 0)
            FROM inventory_transfer t WHERE t.id = l.transfer_id AND t.sent_at IS NOT NULL
            """,
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transferline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferlinehistory" ("arrived", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received", "sent", "transfer_id", "variant_id") SELECT new_values."arrived", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."received", new_values."sent", new_values."transfer_id", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d201e9d2c4a78c1b43a952c54ca728a83ea5583c', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_09080', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_transferline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transferline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferlinehistory" ("arrived", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received", "sent", "transfer_id", "variant_id") SELECT new_values."arrived", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."received", new_values."sent", new_values."transfer_id", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='bf2d55452b5d32a2293fe7c3d56e2fa75a288234', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0393b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_transferline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transferline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferlinehistory" ("arrived", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received", "sent", "transfer_id", "variant_id") SELECT old_values."arrived", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."received", old_values."sent", old_values."transfer_id", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='0990f5c1164369ad689983386f383da845d57bf0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_ca12c', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_transferline', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='transferline',
            constraint=models.CheckConstraint(condition=models.Q(('sent__lte', models.F('quantity')), ('arrived__lte', models.F('sent'))), name='transfer_line_on_its_way', violation_error_message='No more can be sent than was planned, nor arrive than was sent.'),
        ),
        migrations.AddConstraint(
            model_name='transferline',
            constraint=models.CheckConstraint(condition=models.Q(('received', None), models.Q(('received__gte', models.F('arrived')), ('received__lte', models.F('sent'))), _connector='OR'), name='transfer_line_received', violation_error_message='More than was sent cannot arrive.'),
        ),
        migrations.AddField(
            model_name='scan',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='scan',
            name='variant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.variant', verbose_name='variant'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['subject', 'by', '-id'], name='scan_of_document'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['at'], name='scan_at'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('pieces__gt', 0)), name='scan_pieces'),
        ),
        ]),
    ]
