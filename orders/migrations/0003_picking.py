"""Pick lists; parcels know their box, what was picked and packed, and why they are on hold."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.numbering import CreateSequence
from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0011_warehouse'),
        ('orders', '0002_placing'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
        CreateSequence("PW"),
        migrations.CreateModel(
            name='PickWave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('picking', 'Picking'), ('picked', 'Picked'), ('canceled', 'Stopped')], default='picking', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
            ],
            options={
                'verbose_name': 'pick list',
                'verbose_name_plural': 'pick lists',
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PickWaveHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=40, verbose_name='number')),
                ('status', models.CharField(choices=[('picking', 'Picking'), ('picked', 'Picked'), ('canceled', 'Stopped')], default='picking', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fulfilment',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fulfilment',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fulfilment',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fulfilmentline',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fulfilmentline',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fulfilmentline',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='box',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='box'),
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='hold_reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='on hold because'),
        ),
        migrations.AddField(
            model_name='fulfilmenthistory',
            name='box',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='box'),
        ),
        migrations.AddField(
            model_name='fulfilmenthistory',
            name='hold_reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='on hold because'),
        ),
        migrations.AddField(
            model_name='fulfilmentline',
            name='packed',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='packed'),
        ),
        migrations.AddField(
            model_name='fulfilmentline',
            name='picked',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='picked'),
        ),
        migrations.AddField(
            model_name='fulfilmentlinehistory',
            name='packed',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='packed'),
        ),
        migrations.AddField(
            model_name='fulfilmentlinehistory',
            name='picked',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='picked'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmenthistory" ("box", "carrier", "created_at", "created_by_id", "delivered_at", "hold_reason", "id", "location_id", "number", "order_id", "packed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shipped_at", "status", "tracking_number", "wave_id") SELECT new_values."box", new_values."carrier", new_values."created_at", new_values."created_by_id", new_values."delivered_at", new_values."hold_reason", new_values."id", new_values."location_id", new_values."number", new_values."order_id", new_values."packed_at", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."shipped_at", new_values."status", new_values."tracking_number", new_values."wave_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='62c08914a3b557a01731715df61a84264ac45757', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_6744c', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_fulfilment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmenthistory" ("box", "carrier", "created_at", "created_by_id", "delivered_at", "hold_reason", "id", "location_id", "number", "order_id", "packed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shipped_at", "status", "tracking_number", "wave_id") SELECT new_values."box", new_values."carrier", new_values."created_at", new_values."created_by_id", new_values."delivered_at", new_values."hold_reason", new_values."id", new_values."location_id", new_values."number", new_values."order_id", new_values."packed_at", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."shipped_at", new_values."status", new_values."tracking_number", new_values."wave_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f9c67c2fbd239d28eef54c91a651ac088f985a1e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b0eb0', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_fulfilment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmenthistory" ("box", "carrier", "created_at", "created_by_id", "delivered_at", "hold_reason", "id", "location_id", "number", "order_id", "packed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shipped_at", "status", "tracking_number", "wave_id") SELECT old_values."box", old_values."carrier", old_values."created_at", old_values."created_by_id", old_values."delivered_at", old_values."hold_reason", old_values."id", old_values."location_id", old_values."number", old_values."order_id", old_values."packed_at", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."shipped_at", old_values."status", old_values."tracking_number", old_values."wave_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='0c62945b53138b08d8262190d7fe1e318144664a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_3cc29', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_fulfilment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilmentline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmentlinehistory" ("fulfilment_id", "id", "order_line_id", "packed", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picked", "quantity") SELECT new_values."fulfilment_id", new_values."id", new_values."order_line_id", new_values."packed", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."picked", new_values."quantity" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9b9b47b5c16c98177dfd8b6968e1f6a0b753b6fb', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b6ccd', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_fulfilmentline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilmentline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmentlinehistory" ("fulfilment_id", "id", "order_line_id", "packed", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picked", "quantity") SELECT new_values."fulfilment_id", new_values."id", new_values."order_line_id", new_values."packed", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."picked", new_values."quantity" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='584589e23e3b6ace5f2394276cd19ccb7d9108e5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_eaeb4', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_fulfilmentline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilmentline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmentlinehistory" ("fulfilment_id", "id", "order_line_id", "packed", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picked", "quantity") SELECT old_values."fulfilment_id", old_values."id", old_values."order_line_id", old_values."packed", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."picked", old_values."quantity" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='1e425b6739b4aa54b86ffbe7603584ca993ae8b5', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_181c8', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_fulfilmentline', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='fulfilmentline',
            constraint=models.CheckConstraint(condition=models.Q(('picked__lte', models.F('quantity')), ('packed__lte', models.F('quantity'))), name='fulfilment_line_picked', violation_error_message='No more can be picked or packed than belongs into the parcel.'),
        ),
        migrations.AddField(
            model_name='pickwave',
            name='location',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pick_waves', to='inventory.location', verbose_name='location'),
        ),
        migrations.AddField(
            model_name='pickwave',
            name='picker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='picker'),
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='wave',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parcels', to='orders.pickwave', verbose_name='pick list'),
        ),
        migrations.AddField(
            model_name='fulfilmenthistory',
            name='wave',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.pickwave', verbose_name='pick list'),
        ),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'pending'), ('wave__isnull', False)), fields=('order', 'location'), name='fulfilment_picked_once', violation_error_message='Somebody picks this order already.'),
        ),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.UniqueConstraint(fields=('wave', 'box'), name='fulfilment_box_once'),
        ),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('box', None), ('wave', None)), models.Q(('box__isnull', False), ('hold_reason', ''), ('wave__isnull', False)), _connector='OR'), name='fulfilment_in_box'),
        ),
        migrations.AddField(
            model_name='pickwavehistory',
            name='location',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='location'),
        ),
        migrations.AddField(
            model_name='pickwavehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='pickwavehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.pickwave'),
        ),
        migrations.AddField(
            model_name='pickwavehistory',
            name='picker',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='picker'),
        ),
        migrations.AddIndex(
            model_name='pickwave',
            index=models.Index(condition=models.Q(('status', 'picking')), fields=['picker', '-id'], name='pick_wave_open'),
        ),
        migrations.AddConstraint(
            model_name='pickwave',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('status', 'picking')), models.Q(models.Q(('status', 'picking'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='pick_wave_finished'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pickwave',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('picking', 'canceled'), ('picking', 'picked'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='4520b44b729792210dd9ff6ee99ca2797cffaaac', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_6458e', table='orders_pickwave', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pickwave',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_pickwavehistory" ("created_at", "finished_at", "id", "location_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picker_id", "status") SELECT new_values."created_at", new_values."finished_at", new_values."id", new_values."location_id", new_values."number", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."picker_id", new_values."status" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3cf835d35999a61fd597a2c172076f4416bf4a9d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_0d580', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_pickwave', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pickwave',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_pickwavehistory" ("created_at", "finished_at", "id", "location_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picker_id", "status") SELECT new_values."created_at", new_values."finished_at", new_values."id", new_values."location_id", new_values."number", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."picker_id", new_values."status" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c284c77fe82cd8e3e38a83e32d76bd50925924bf', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_c92a1', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_pickwave', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pickwave',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_pickwavehistory" ("created_at", "finished_at", "id", "location_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picker_id", "status") SELECT old_values."created_at", old_values."finished_at", old_values."id", old_values."location_id", old_values."number", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."picker_id", old_values."status" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='6319db40272ff8ce513ba6b231a836430177d3ba', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_88b70', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_pickwave', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pickwavehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cc7d5097cfa346e1d08c069e88bfbddc1a0f4d64', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_089c8', table='orders_pickwavehistory', when='BEFORE')),
        ),
        ]),
    ]
