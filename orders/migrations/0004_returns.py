"""Returns know their value and what was refunded; what customers get in exchange; carriers; parcels know their day."""


import backoffice.money
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_finding_plainly'),
        ('inventory', '0012_stock_line'),
        ('orders', '0003_picking'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
        migrations.CreateModel(
            name='Carrier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('tracking_url', models.CharField(blank=True, help_text='With {number} where the tracking number belongs: https://track.example/?id={number}', max_length=300, verbose_name='tracking link')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'carrier',
                'verbose_name_plural': 'carriers',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='CarrierHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('tracking_url', models.CharField(blank=True, help_text='With {number} where the tracking number belongs: https://track.example/?id={number}', max_length=300, verbose_name='tracking link')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ExchangeLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('unit_price', backoffice.money.MoneyField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='unit price')),
            ],
            options={
                'verbose_name': 'exchange line',
                'verbose_name_plural': 'exchange lines',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ExchangeLineHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('unit_price', backoffice.money.MoneyField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='unit price')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReturnCause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('name_zh', models.CharField(blank=True, max_length=80, verbose_name='Chinese name')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'reason of returns',
                'verbose_name_plural': 'reasons of returns',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ReturnCauseHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.SlugField(db_index=False, max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('name_zh', models.CharField(blank=True, max_length=80, verbose_name='Chinese name')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AlterModelOptions(
            name='return',
            options={'ordering': ['-created_at', '-pk'], 'permissions': [('receive_unannounced', 'Can receive pieces that no return announced'), ('exchange_in_advance', 'Can send exchanged goods before the return arrives')], 'verbose_name': 'return', 'verbose_name_plural': 'returns'},
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
            model_name='return',
            name='legal_transitions',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='return',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='return',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='return',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='returnline',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='returnline',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='returnline',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='returnline',
            name='return_line_quantity',
        ),
        migrations.RemoveConstraint(
            model_name='returnline',
            name='return_line_received_within_announced',
        ),
        migrations.AddField(
            model_name='fulfilment',
            name='not_before',
            field=models.DateField(blank=True, null=True, verbose_name='not before'),
        ),
        migrations.AddField(
            model_name='fulfilmenthistory',
            name='not_before',
            field=models.DateField(blank=True, null=True, verbose_name='not before'),
        ),
        migrations.AddField(
            model_name='return',
            name='exchange',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='exchange_of', to='orders.order', verbose_name='exchange order'),
        ),
        migrations.AddField(
            model_name='return',
            name='refunded',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, max_digits=15, verbose_name='refunded'),
        ),
        migrations.AddField(
            model_name='return',
            name='value',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, help_text='Of the pieces that arrived, tax included.', max_digits=15, verbose_name='value received'),
        ),
        migrations.AddField(
            model_name='returnhistory',
            name='exchange',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.order', verbose_name='exchange order'),
        ),
        migrations.AddField(
            model_name='returnhistory',
            name='refunded',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, max_digits=15, verbose_name='refunded'),
        ),
        migrations.AddField(
            model_name='returnhistory',
            name='value',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, help_text='Of the pieces that arrived, tax included.', max_digits=15, verbose_name='value received'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='note',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='note'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='scrapped',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='scrapped'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='unannounced',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='not announced'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='value',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, max_digits=15, verbose_name='value'),
        ),
        migrations.AddField(
            model_name='returnlinehistory',
            name='note',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='note'),
        ),
        migrations.AddField(
            model_name='returnlinehistory',
            name='scrapped',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='scrapped'),
        ),
        migrations.AddField(
            model_name='returnlinehistory',
            name='unannounced',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='not announced'),
        ),
        migrations.AddField(
            model_name='returnlinehistory',
            name='value',
            field=backoffice.money.MoneyField(db_default=0, decimal_places=3, default=0, max_digits=15, verbose_name='value'),
        ),
        migrations.AlterField(
            model_name='return',
            name='status',
            field=models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('received', 'Received'), ('closed', 'Closed'), ('refused', 'Refused'), ('canceled', 'Canceled')], default='requested', max_length=10, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='returnhistory',
            name='status',
            field=models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('received', 'Received'), ('closed', 'Closed'), ('refused', 'Refused'), ('canceled', 'Canceled')], default='requested', max_length=10, verbose_name='status'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmenthistory" ("box", "carrier", "created_at", "created_by_id", "delivered_at", "hold_reason", "id", "location_id", "not_before", "number", "order_id", "packed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shipped_at", "status", "tracking_number", "wave_id") SELECT new_values."box", new_values."carrier", new_values."created_at", new_values."created_by_id", new_values."delivered_at", new_values."hold_reason", new_values."id", new_values."location_id", new_values."not_before", new_values."number", new_values."order_id", new_values."packed_at", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."shipped_at", new_values."status", new_values."tracking_number", new_values."wave_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f0194ecd87d4cd52bf673da7fd762a1b224ecad1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_6744c', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_fulfilment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmenthistory" ("box", "carrier", "created_at", "created_by_id", "delivered_at", "hold_reason", "id", "location_id", "not_before", "number", "order_id", "packed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shipped_at", "status", "tracking_number", "wave_id") SELECT new_values."box", new_values."carrier", new_values."created_at", new_values."created_by_id", new_values."delivered_at", new_values."hold_reason", new_values."id", new_values."location_id", new_values."not_before", new_values."number", new_values."order_id", new_values."packed_at", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."shipped_at", new_values."status", new_values."tracking_number", new_values."wave_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ad320f02282c1ebe2e7df7fb0672eb47d6fc599a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b0eb0', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_fulfilment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fulfilment',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_fulfilmenthistory" ("box", "carrier", "created_at", "created_by_id", "delivered_at", "hold_reason", "id", "location_id", "not_before", "number", "order_id", "packed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shipped_at", "status", "tracking_number", "wave_id") SELECT old_values."box", old_values."carrier", old_values."created_at", old_values."created_by_id", old_values."delivered_at", old_values."hold_reason", old_values."id", old_values."location_id", old_values."not_before", old_values."number", old_values."order_id", old_values."packed_at", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."shipped_at", old_values."status", old_values."tracking_number", old_values."wave_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='2f06ed6674109145fa28b67b4ea4f366242a5b16', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_3cc29', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_fulfilment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='adds_to_return', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.order_return_id IS NOT NULL)', func='\n            UPDATE orders_return SET refunded = refunded + NEW.amount WHERE id = NEW.order_return_id;\n            RETURN NULL;\n        ', hash='27eb96797d039f7d7708e48e901a049978f50308', operation='INSERT', pgid='pgtrigger_adds_to_return_a806d', table='orders_refund', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='return',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('approved', 'canceled'), ('approved', 'received'), ('received', 'closed'), ('requested', 'approved'), ('requested', 'canceled'), ('requested', 'refused'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='32f0dfd5dc7ed31f7b27cca29cdc02a53b10bfea', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_6ab05', table='orders_return', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='return',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returnhistory" ("created_at", "created_by_id", "exchange_id", "id", "location_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "received_at", "refunded", "status", "value") SELECT new_values."created_at", new_values."created_by_id", new_values."exchange_id", new_values."id", new_values."location_id", new_values."number", new_values."order_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reason", new_values."received_at", new_values."refunded", new_values."status", new_values."value" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0a63e3e9104998fa85dc87e11fa500425aa3cd63', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_53ecf', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_return', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='return',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returnhistory" ("created_at", "created_by_id", "exchange_id", "id", "location_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "received_at", "refunded", "status", "value") SELECT new_values."created_at", new_values."created_by_id", new_values."exchange_id", new_values."id", new_values."location_id", new_values."number", new_values."order_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reason", new_values."received_at", new_values."refunded", new_values."status", new_values."value" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0652548c4e25ae624b92bb63c3390d75e9ba5167', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_797a8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_return', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='return',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returnhistory" ("created_at", "created_by_id", "exchange_id", "id", "location_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "received_at", "refunded", "status", "value") SELECT old_values."created_at", old_values."created_by_id", old_values."exchange_id", old_values."id", old_values."location_id", old_values."number", old_values."order_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reason", old_values."received_at", old_values."refunded", old_values."status", old_values."value" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='4e08afcb3a54711cdc956eda6cde1434b1dee0bd', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_653c7', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_return', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returnline',
            trigger=pgtrigger.compiler.Trigger(name='adds_value', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'INSERT' THEN\n                        UPDATE orders_return SET value = value + NEW.value WHERE id = NEW.order_return_id;\n                    ELSIF TG_OP = 'DELETE' THEN\n                        UPDATE orders_return SET value = value - OLD.value WHERE id = OLD.order_return_id;\n                    ELSE\n                        UPDATE orders_return SET value = value + NEW.value - OLD.value WHERE id = NEW.order_return_id;\n                    END IF;\n                    RETURN NULL;\n                ", hash='426c2635c1b7b5ebf318cb959e2302de6333d53b', operation='INSERT OR UPDATE OF "value" OR DELETE', pgid='pgtrigger_adds_value_971eb', table='orders_returnline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returnline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returnlinehistory" ("damaged", "id", "note", "order_line_id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason_id", "resellable", "restocked", "scrapped", "unannounced", "value") SELECT new_values."damaged", new_values."id", new_values."note", new_values."order_line_id", new_values."order_return_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."reason_id", new_values."resellable", new_values."restocked", new_values."scrapped", new_values."unannounced", new_values."value" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ca2da68d240ea130417fdbf95e30d2bc9be82fc7', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_f5750', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_returnline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returnline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returnlinehistory" ("damaged", "id", "note", "order_line_id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason_id", "resellable", "restocked", "scrapped", "unannounced", "value") SELECT new_values."damaged", new_values."id", new_values."note", new_values."order_line_id", new_values."order_return_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."reason_id", new_values."resellable", new_values."restocked", new_values."scrapped", new_values."unannounced", new_values."value" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='550536bceeb1e18421a9dfec4ecd1990e760fc9c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_30344', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_returnline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returnline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returnlinehistory" ("damaged", "id", "note", "order_line_id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason_id", "resellable", "restocked", "scrapped", "unannounced", "value") SELECT old_values."damaged", old_values."id", old_values."note", old_values."order_line_id", old_values."order_return_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."reason_id", old_values."resellable", old_values."restocked", old_values."scrapped", old_values."unannounced", old_values."value" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='a5d20250ad10ee8225b11e700ab537836abcddbc', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_794c3', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_returnline', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='fulfilment',
            constraint=models.CheckConstraint(condition=models.Q(('delivered_at', None), ('shipped_at', None), ('delivered_at__gte', models.F('shipped_at')), _connector='OR'), name='fulfilment_delivered_after_shipped', violation_error_message='A parcel cannot arrive before it leaves.'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('refunded__lte', models.F('value')), ('refunded__gte', 0)), name='return_refund_within_value', violation_error_message='Refunds for a return cannot exceed the value of what arrived.'),
        ),
        migrations.AddConstraint(
            model_name='carrier',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('name'), name='carrier_name_once', violation_error_message='There is a carrier of this name.'),
        ),
        migrations.AddConstraint(
            model_name='carrier',
            constraint=models.CheckConstraint(condition=models.Q(('tracking_url', ''), models.Q(('tracking_url__startswith', 'https://'), ('tracking_url__contains', '{number}')), _connector='OR'), name='carrier_tracking_url', violation_error_message='A tracking link begins with https:// and holds {number}.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='carrier',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_carrierhistory" ("id", "is_active", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "tracking_url") SELECT new_values."id", new_values."is_active", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."tracking_url" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a5acabc58ff17707fcc3b64835c4885f4a7d21a8', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_c0fa1', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_carrier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='carrier',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_carrierhistory" ("id", "is_active", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "tracking_url") SELECT new_values."id", new_values."is_active", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."tracking_url" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d85ad5d37a080d1317970c720b14a6a7e142a6b8', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_134d0', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_carrier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='carrier',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_carrierhistory" ("id", "is_active", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "tracking_url") SELECT old_values."id", old_values."is_active", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."tracking_url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='01472f36fe6fa7405fc89b08539b057b780feca5', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_be05d', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_carrier', when='AFTER')),
        ),
        migrations.AddField(
            model_name='carrierhistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='carrierhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.carrier'),
        ),
        migrations.AddField(
            model_name='exchangeline',
            name='order_return',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exchange_lines', to='orders.return', verbose_name='return'),
        ),
        migrations.AddField(
            model_name='exchangeline',
            name='variant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exchange_lines', to='catalog.variant', verbose_name='variant'),
        ),
        migrations.AddField(
            model_name='exchangelinehistory',
            name='order_return',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.return', verbose_name='return'),
        ),
        migrations.AddField(
            model_name='exchangelinehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='exchangelinehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.exchangeline'),
        ),
        migrations.AddField(
            model_name='exchangelinehistory',
            name='variant',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returncause',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returncausehistory" ("code", "id", "is_active", "name", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") SELECT new_values."code", new_values."id", new_values."is_active", new_values."name", new_values."name_zh", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='777ee4e9dde23098ef9e72ca4b082517b73a7b6c', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b9fcd', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_returncause', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returncause',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returncausehistory" ("code", "id", "is_active", "name", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") SELECT new_values."code", new_values."id", new_values."is_active", new_values."name", new_values."name_zh", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c1a7c87d67e36eafb9d42e95c6d4ebde74bdd89d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_49725', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_returncause', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returncause',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_returncausehistory" ("code", "id", "is_active", "name", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") SELECT old_values."code", old_values."id", old_values."is_active", old_values."name", old_values."name_zh", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='82ec0b1980ffd953c72a95402426b24e60cd6b08', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_f9e2c', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_returncause', when='AFTER')),
        ),
        migrations.AddField(
            model_name='returnline',
            name='reason',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.returncause', verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='returnlinehistory',
            name='reason',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.returncause', verbose_name='reason'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('unannounced__gt', 0), _connector='OR'), name='return_line_some_pieces'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('resellable__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('quantity'), '+', models.F('unannounced')), '-', models.F('damaged')))), name='return_line_received_within_accepted', violation_error_message='More pieces received than announced.'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('scrapped__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('resellable'), '+', models.F('damaged')), '-', models.F('restocked')))), name='return_line_scrap_once', violation_error_message='More pieces scrapped than are set aside.'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='return_line_value'),
        ),
        migrations.AddField(
            model_name='returncausehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='returncausehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.returncause'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='carrierhistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6697e2d7e8ddb9937da7cee1949fcc47faf08e60', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4d521', table='orders_carrierhistory', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='exchangeline',
            constraint=models.UniqueConstraint(fields=('order_return', 'variant'), name='exchange_line_once', violation_error_message='This article is named twice.'),
        ),
        migrations.AddConstraint(
            model_name='exchangeline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), models.Q(('unit_price', None), ('unit_price__gte', 0), _connector='OR')), name='exchange_line_amounts', violation_error_message='The quantity must be at least 1, and the price cannot be negative.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangeline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_exchangelinehistory" ("id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "unit_price", "variant_id") SELECT new_values."id", new_values."order_return_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."unit_price", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6abce931707de7f8174c9e4088352b22d0ad4ee4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_a064c', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_exchangeline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangeline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_exchangelinehistory" ("id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "unit_price", "variant_id") SELECT new_values."id", new_values."order_return_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."unit_price", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='67baab7e81bc2faa0cc00bef1b024f8a42c32148', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_2fa1c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_exchangeline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangeline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_exchangelinehistory" ("id", "order_return_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "unit_price", "variant_id") SELECT old_values."id", old_values."order_return_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."unit_price", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='0f75cf794f1e812dc3f5757b4726ae5580a63801', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_97140', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_exchangeline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangelinehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='921e5671a201aaa5c432b5ce264ecd9d57fe9818', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_35182', table='orders_exchangelinehistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='returncausehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='da62b7a1091f8a07df4b497fa76c07da1e820708', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f6adf', table='orders_returncausehistory', when='BEFORE')),
        ),
        ]),
    ]
