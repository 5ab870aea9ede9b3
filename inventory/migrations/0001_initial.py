from pathlib import Path

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import inventory.models.stock
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from backoffice.numbering import CreateSequence
from backoffice.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            models=[
                migrations.CreateModel(
                    name='Location',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('name_zh', models.CharField(blank=True, max_length=120, verbose_name='Chinese name')),
                        ('kind', models.CharField(choices=[('stock', 'Warehouse or shop'), ('transit', 'In transit'), ('supplier', 'Suppliers'), ('customer', 'Customers'), ('adjustment', 'Corrections'), ('scrap', 'Scrap')], default='stock', max_length=12, verbose_name='kind')),
                        ('address', models.TextField(blank=True, verbose_name='address')),
                        ('priority', models.PositiveSmallIntegerField(default=10, help_text='Lower serves orders first.', verbose_name='priority')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'verbose_name': 'location',
                        'verbose_name_plural': 'locations',
                        'ordering': ['priority', 'code'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'stock'), _negated=True), fields=('kind',), name='location_one_of_each_virtual_kind', violation_error_message='There is a location of this kind already.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_locationhistory" ("address", "code", "created_at", "id", "is_active", "kind", "name", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "updated_at") SELECT new_values."address", new_values."code", new_values."created_at", new_values."id", new_values."is_active", new_values."kind", new_values."name", new_values."name_zh", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."priority", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1713ef44e86629c50045f1ecbeebc6201152b51f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_78351', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_location', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_locationhistory" ("address", "code", "created_at", "id", "is_active", "kind", "name", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "updated_at") SELECT new_values."address", new_values."code", new_values."created_at", new_values."id", new_values."is_active", new_values."kind", new_values."name", new_values."name_zh", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."priority", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='dc29c1de5af57fe6c2ae061f43b9d3509f90b13e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_33415', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_location', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_locationhistory" ("address", "code", "created_at", "id", "is_active", "kind", "name", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "updated_at") SELECT old_values."address", old_values."code", old_values."created_at", old_values."id", old_values."is_active", old_values."kind", old_values."name", old_values."name_zh", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."priority", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b592300931abe5df62819c441b3296527acfa463', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_364ae', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_location', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='LocationHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.location')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('code', models.SlugField(db_index=False, max_length=40, verbose_name='code')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('name_zh', models.CharField(blank=True, max_length=120, verbose_name='Chinese name')),
                        ('kind', models.CharField(choices=[('stock', 'Warehouse or shop'), ('transit', 'In transit'), ('supplier', 'Suppliers'), ('customer', 'Customers'), ('adjustment', 'Corrections'), ('scrap', 'Scrap')], default='stock', max_length=12, verbose_name='kind')),
                        ('address', models.TextField(blank=True, verbose_name='address')),
                        ('priority', models.PositiveSmallIntegerField(default=10, help_text='Lower serves orders first.', verbose_name='priority')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1655be25a44afef5d8a48f01daa93872562bbd09', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b2d8d', table='inventory_locationhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Supplier',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=40, verbose_name='code')),
                        ('name', models.CharField(max_length=200, verbose_name='name')),
                        ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                        ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                        ('address', models.TextField(blank=True, verbose_name='address')),
                        ('lead_time_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='lead time (days)')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'verbose_name': 'supplier',
                        'verbose_name_plural': 'suppliers',
                        'ordering': ['name'],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('code'), name='supplier_code_once', violation_error_message='This code is taken.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_supplierhistory" ("address", "code", "created_at", "email", "id", "is_active", "lead_time_days", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") SELECT new_values."address", new_values."code", new_values."created_at", new_values."email", new_values."id", new_values."is_active", new_values."lead_time_days", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."phone", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c560694fd0b0a4e0f29bbc928ea6743cbf8abf1b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_f05b5', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_supplier', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_supplierhistory" ("address", "code", "created_at", "email", "id", "is_active", "lead_time_days", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") SELECT new_values."address", new_values."code", new_values."created_at", new_values."email", new_values."id", new_values."is_active", new_values."lead_time_days", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."phone", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='dd974fb7808ec7aa61bf8439d9b6cf7c0451a7ad', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_e4c20', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_supplier', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_supplierhistory" ("address", "code", "created_at", "email", "id", "is_active", "lead_time_days", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") SELECT old_values."address", old_values."code", old_values."created_at", old_values."email", old_values."id", old_values."is_active", old_values."lead_time_days", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."phone", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='156ea75e12bf0fd67b22061207a76160b0081567', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_56640', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_supplier', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='SupplierHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.supplier')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('code', models.CharField(max_length=40, verbose_name='code')),
                        ('name', models.CharField(max_length=200, verbose_name='name')),
                        ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                        ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                        ('address', models.TextField(blank=True, verbose_name='address')),
                        ('lead_time_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='lead time (days)')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='17d93682ab3bb15c6e46f33081dfc1bf894261a7', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7e882', table='inventory_supplierhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='StockLevel',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='catalog.variant', verbose_name='variant')),
                        ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.location', verbose_name='location')),
                        ('on_hand', models.IntegerField(default=0, verbose_name='on hand')),
                        ('allocated', models.IntegerField(default=0, verbose_name='allocated')),
                        ('held', models.IntegerField(default=0, verbose_name='held')),
                        ('incoming', models.IntegerField(default=0, verbose_name='incoming')),
                        ('backorder_limit', models.PositiveIntegerField(default=0, help_text='Follows the variant.', verbose_name='backorder limit')),
                        ('value', inventory.models.stock.CostField(decimal_places=6, default=0, max_digits=20, verbose_name='value')),
                        ('updated_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='updated')),
                    ],
                    options={
                        'verbose_name': 'stock level',
                        'verbose_name_plural': 'stock levels',
                        'ordering': ['pk'],
                        'permissions': [('receive_stock', 'Can receive goods'), ('move_stock', 'Can transfer stock between locations'), ('adjust_stock', 'Can correct stock'), ('hold_stock', 'Can hold stock')],
                        'indexes': [models.Index(fields=['location', '-on_hand', 'id'], name='stock_level_at_location'), models.Index(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('on_hand'), '-', models.F('allocated')), '-', models.F('held')), models.F('id'), name='stock_level_available'), models.Index(fields=['-updated_at', '-id'], name='stock_level_updated')],
                        'constraints': [models.UniqueConstraint(fields=('variant', 'location'), name='stock_level_once'), models.CheckConstraint(condition=models.Q(('on_hand__gte', 0), ('allocated__gte', 0), ('held__gte', 0), ('incoming__gte', 0)), name='stock_level_not_negative', violation_error_message='Stock cannot fall below zero.'), models.CheckConstraint(condition=models.Q(('on_hand__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('allocated'), '+', models.F('held')), '-', models.F('backorder_limit')))), name='stock_level_not_oversold', violation_error_message='Not enough stock.'), models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='stock_level_value')],
                    },
                ),
                migrations.CreateModel(
                    name='StockMove',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                        ('kind', models.CharField(choices=[('received', 'Received'), ('allocated', 'Allocated'), ('released', 'Released'), ('held', 'Held'), ('unheld', 'Hold ended'), ('shipped', 'Shipped'), ('returned', 'Returned'), ('adjusted', 'Corrected'), ('counted', 'Counted'), ('transferred', 'Transferred'), ('scrapped', 'Scrapped')], max_length=12, verbose_name='kind')),
                        ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='catalog.variant', verbose_name='variant')),
                        ('from_location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location', verbose_name='from')),
                        ('to_location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location', verbose_name='to')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('unit_cost', inventory.models.stock.CostField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='unit cost')),
                        ('cause', models.CharField(blank=True, max_length=60, verbose_name='cause')),
                        ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                        ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('request_id', models.CharField(blank=True, max_length=40)),
                    ],
                    options={
                        'verbose_name': 'stock move',
                        'verbose_name_plural': 'stock moves',
                        'ordering': ['-pk'],
                        'indexes': [models.Index(fields=['variant', '-id'], name='stock_move_variant'), models.Index(condition=models.Q(('cause', ''), _negated=True), fields=['cause', '-id'], name='stock_move_cause'), models.Index(fields=['-at', '-id'], name='stock_move_newest'), models.Index(fields=['kind', '-at', '-id'], name='stock_move_kind')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='stock_move_quantity'), models.CheckConstraint(condition=models.Q(('unit_cost', None), ('unit_cost__gte', 0), _connector='OR'), name='stock_move_cost', violation_error_message='A cost cannot be negative.'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['adjusted', 'scrapped']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='stock_move_correction_has_reason', violation_error_message='A correction needs a reason.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='5cc87948078b1ffc7dbef44430586196a8124cfa', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4eef3', table='inventory_stockmove', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='StockPosting',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='inventory.stocklevel', verbose_name='level')),
                        ('move', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='inventory.stockmove', verbose_name='move')),
                        ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                        ('on_hand', models.IntegerField(verbose_name='on hand, change')),
                        ('allocated', models.IntegerField(verbose_name='allocated, change')),
                        ('held', models.IntegerField(verbose_name='held, change')),
                        ('on_hand_after', models.IntegerField(verbose_name='on hand')),
                        ('allocated_after', models.IntegerField(verbose_name='allocated')),
                        ('held_after', models.IntegerField(verbose_name='held')),
                        ('value', inventory.models.stock.CostField(decimal_places=6, max_digits=20, verbose_name='value, change')),
                        ('value_after', inventory.models.stock.CostField(decimal_places=6, max_digits=20, verbose_name='value')),
                    ],
                    options={
                        'verbose_name': 'stock posting',
                        'verbose_name_plural': 'stock postings',
                        'ordering': ['-pk'],
                        'indexes': [models.Index(fields=['level', '-id'], name='stock_posting_level')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='199df18b7f7fba9e3ac8d0a8395bf9acc6c8e039', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_de0f8', table='inventory_stockposting', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Allocation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('cause', models.CharField(max_length=60, verbose_name='document')),
                        ('item', models.BigIntegerField(verbose_name='item')),
                        ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='catalog.variant', verbose_name='variant')),
                        ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='inventory.location', verbose_name='location')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                    ],
                    options={
                        'verbose_name': 'allocation',
                        'verbose_name_plural': 'allocations',
                        'ordering': ['pk'],
                        'indexes': [models.Index(fields=['variant', 'location'], name='allocation_level'), models.Index(fields=['cause'], name='allocation_cause')],
                        'constraints': [models.UniqueConstraint(fields=('item', 'location'), name='allocation_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='allocation_quantity')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_allocationhistory" ("cause", "created_at", "id", "item", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "variant_id") SELECT new_values."cause", new_values."created_at", new_values."id", new_values."item", new_values."location_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ee9cd33d09472a8be343e7d3dcbc699df15d17c8', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_9f00f', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_allocation', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_allocationhistory" ("cause", "created_at", "id", "item", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "variant_id") SELECT new_values."cause", new_values."created_at", new_values."id", new_values."item", new_values."location_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='495deb81fcaebbfea9ef50766a84711166d2dd73', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ff424', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_allocation', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_allocationhistory" ("cause", "created_at", "id", "item", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "variant_id") SELECT old_values."cause", old_values."created_at", old_values."id", old_values."item", old_values."location_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b5ff2268469fc44f915288c5ac6ff2bf7d0bb22f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_cbc67', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_allocation', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='AllocationHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.allocation')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('cause', models.CharField(max_length=60, verbose_name='document')),
                        ('item', models.BigIntegerField(verbose_name='item')),
                        ('variant', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant')),
                        ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='location')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a6c31d7b68ddb34f35f35fec6d9e984157a18915', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2aca9', table='inventory_allocationhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Hold',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='catalog.variant', verbose_name='variant')),
                        ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='inventory.location', verbose_name='location')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('reason', models.CharField(max_length=300, verbose_name='reason')),
                        ('status', models.CharField(choices=[('live', 'Live'), ('released', 'Released'), ('expired', 'Expired')], default='live', max_length=10, verbose_name='status')),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                    ],
                    options={
                        'verbose_name': 'hold',
                        'verbose_name_plural': 'holds',
                        'ordering': ['-pk'],
                        'indexes': [models.Index(condition=models.Q(('status', 'live')), fields=['expires_at', 'id'], name='hold_due')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='hold_quantity')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('live', 'expired'), ('live', 'released'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='6ec63ada22d26bd81fc8b861df42f7ab8c1f3c0b', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_42070', table='inventory_hold', when='BEFORE')),
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_holdhistory" ("created_at", "created_by_id", "expires_at", "id", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason", "status", "variant_id") SELECT new_values."created_at", new_values."created_by_id", new_values."expires_at", new_values."id", new_values."location_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."reason", new_values."status", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7c87b0a2fe6da9888ddd46cc4c5202da0a76f34a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_9d952', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_hold', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_holdhistory" ("created_at", "created_by_id", "expires_at", "id", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason", "status", "variant_id") SELECT new_values."created_at", new_values."created_by_id", new_values."expires_at", new_values."id", new_values."location_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."reason", new_values."status", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='cacb54ebbb34d147239d0d1d2e4a33310b89e97a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_07d08', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_hold', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_holdhistory" ("created_at", "created_by_id", "expires_at", "id", "location_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason", "status", "variant_id") SELECT old_values."created_at", old_values."created_by_id", old_values."expires_at", old_values."id", old_values."location_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."reason", old_values."status", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='71705ca1dd32e54048056bd66057c21d35fb0cad', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_380da', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_hold', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='HoldHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.hold')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('variant', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant')),
                        ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='location')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('reason', models.CharField(max_length=300, verbose_name='reason')),
                        ('status', models.CharField(choices=[('live', 'Live'), ('released', 'Released'), ('expired', 'Expired')], default='live', max_length=10, verbose_name='status')),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('created_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5cf37ecb1a72d626018ef47adb2c02f0ef0613e5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a08ae', table='inventory_holdhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Receipt',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                        ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='inventory.location', verbose_name='location')),
                        ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='inventory.supplier', verbose_name='supplier')),
                        ('reference', models.CharField(blank=True, max_length=100, verbose_name='delivery note')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('key', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                        ('received_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received')),
                        ('search_text', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Upper(django.db.models.functions.text.Concat(models.F('number'), models.Value(' '), models.F('reference'), models.Value(' '), output_field=models.TextField())), output_field=models.TextField())),
                    ],
                    options={
                        'verbose_name': 'receipt',
                        'verbose_name_plural': 'receipts',
                        'ordering': ['-created_at', '-pk'],
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='receipt_search', opclasses=['gin_trgm_ops']), models.Index(fields=['-created_at', '-id'], name='receipt_newest')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_receipthistory" ("created_at", "id", "key", "location_id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_by_id", "reference", "supplier_id") SELECT new_values."created_at", new_values."id", new_values."key", new_values."location_id", new_values."note", new_values."number", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."received_by_id", new_values."reference", new_values."supplier_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='55f4fab25a0285adcad1e4e049e3f2fbad7d65ac', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_2826a', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_receipt', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_receipthistory" ("created_at", "id", "key", "location_id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_by_id", "reference", "supplier_id") SELECT new_values."created_at", new_values."id", new_values."key", new_values."location_id", new_values."note", new_values."number", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."received_by_id", new_values."reference", new_values."supplier_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."key" IS DISTINCT FROM (new_values."key") OR old_values."location_id" IS DISTINCT FROM (new_values."location_id") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."number" IS DISTINCT FROM (new_values."number") OR old_values."received_by_id" IS DISTINCT FROM (new_values."received_by_id") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."supplier_id" IS DISTINCT FROM (new_values."supplier_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0b5114e073b13d8ed1e6cb0b62e9c915eac556e6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_05c4a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_receipt', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_receipthistory" ("created_at", "id", "key", "location_id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_by_id", "reference", "supplier_id") SELECT old_values."created_at", old_values."id", old_values."key", old_values."location_id", old_values."note", old_values."number", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."received_by_id", old_values."reference", old_values."supplier_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='d6062f66a2c8c4dd279c14cbe5b9c545e6939dc3', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_7d164', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_receipt', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReceiptHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.receipt')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('number', models.CharField(max_length=40, verbose_name='number')),
                        ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='location')),
                        ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier', verbose_name='supplier')),
                        ('reference', models.CharField(blank=True, max_length=100, verbose_name='delivery note')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('key', models.CharField(editable=False, max_length=64, null=True)),
                        ('received_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7e3d9d6d956b6eb5bd8d699c48461e59a8fb3848', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_19c10', table='inventory_receipthistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReceiptLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='inventory.receipt', verbose_name='receipt')),
                        ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.variant', verbose_name='variant')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('unit_cost', inventory.models.stock.CostField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='unit cost')),
                    ],
                    options={
                        'verbose_name': 'receipt line',
                        'verbose_name_plural': 'receipt lines',
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='receipt_line_quantity')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_receiptlinehistory" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "receipt_id", "unit_cost", "variant_id") SELECT new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."receipt_id", new_values."unit_cost", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1d9648cb6d2777c258e669eea9f944d18d8b23c9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_124d1', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_receiptline', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_receiptlinehistory" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "receipt_id", "unit_cost", "variant_id") SELECT new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."receipt_id", new_values."unit_cost", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='764f0deea7c4720844f70518b930e69714dc52c7', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_9b248', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_receiptline', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_receiptlinehistory" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "receipt_id", "unit_cost", "variant_id") SELECT old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."receipt_id", old_values."unit_cost", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='930269298116b42bb054fc691d9736564f48b337', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_9cd1a', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_receiptline', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ReceiptLineHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.receiptline')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('receipt', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.receipt', verbose_name='receipt')),
                        ('variant', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('unit_cost', inventory.models.stock.CostField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='unit cost')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ada6f83c75103e2284e1074fbdb2eb34649c323e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_249d1', table='inventory_receiptlinehistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Transfer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                        ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_out', to='inventory.location', verbose_name='from')),
                        ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_in', to='inventory.location', verbose_name='to')),
                        ('status', models.CharField(choices=[('draft', 'Draft'), ('in_transit', 'In transit'), ('received', 'Received'), ('canceled', 'Canceled')], default='draft', max_length=12, verbose_name='status')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                        ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                        ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='received')),
                    ],
                    options={
                        'verbose_name': 'transfer',
                        'verbose_name_plural': 'transfers',
                        'ordering': ['-created_at', '-pk'],
                        'indexes': [models.Index(fields=['-created_at', '-id'], name='transfer_newest')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('source', models.F('destination')), _negated=True), name='transfer_moves', violation_error_message='A transfer needs two different locations.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('draft', 'canceled'), ('draft', 'in_transit'), ('in_transit', 'canceled'), ('in_transit', 'received'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='52052836809458cda9dc6570345b918e72dc16d3', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_78889', table='inventory_transfer', when='BEFORE')),
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferhistory" ("created_at", "created_by_id", "destination_id", "id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_at", "sent_at", "source_id", "status") SELECT new_values."created_at", new_values."created_by_id", new_values."destination_id", new_values."id", new_values."note", new_values."number", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."received_at", new_values."sent_at", new_values."source_id", new_values."status" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a3a39c789426c4dfcb64900e4354627439979708', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_308be', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_transfer', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferhistory" ("created_at", "created_by_id", "destination_id", "id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_at", "sent_at", "source_id", "status") SELECT new_values."created_at", new_values."created_by_id", new_values."destination_id", new_values."id", new_values."note", new_values."number", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."received_at", new_values."sent_at", new_values."source_id", new_values."status" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='39fd7725fbd61a093645dfee0e8bcf8fd39a6dae', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_be6d9', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_transfer', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferhistory" ("created_at", "created_by_id", "destination_id", "id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_at", "sent_at", "source_id", "status") SELECT old_values."created_at", old_values."created_by_id", old_values."destination_id", old_values."id", old_values."note", old_values."number", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."received_at", old_values."sent_at", old_values."source_id", old_values."status" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fe832e7839681a4d1c6d2534290f024c4c345322', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d1c6b', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_transfer', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='TransferHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.transfer')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('number', models.CharField(max_length=40, verbose_name='number')),
                        ('source', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='from')),
                        ('destination', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='to')),
                        ('status', models.CharField(choices=[('draft', 'Draft'), ('in_transit', 'In transit'), ('received', 'Received'), ('canceled', 'Canceled')], default='draft', max_length=12, verbose_name='status')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('created_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                        ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                        ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='received')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='705c1faf77b27f29b55a5ef79109cc8eda9335a8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cda92', table='inventory_transferhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='TransferLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='inventory.transfer', verbose_name='transfer')),
                        ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.variant', verbose_name='variant')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('received', models.PositiveIntegerField(blank=True, null=True, verbose_name='received')),
                    ],
                    options={
                        'verbose_name': 'transfer line',
                        'verbose_name_plural': 'transfer lines',
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='transfer_line_quantity'), models.UniqueConstraint(fields=('transfer', 'variant'), name='transfer_line_once')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferlinehistory" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received", "transfer_id", "variant_id") SELECT new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."received", new_values."transfer_id", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0fec6de9346354e115fc461eacb401b2d6c5eb9b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_09080', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_transferline', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferlinehistory" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received", "transfer_id", "variant_id") SELECT new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."received", new_values."transfer_id", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='235655940197b3133fdc417c6376e3200e088082', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0393b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_transferline', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_transferlinehistory" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received", "transfer_id", "variant_id") SELECT old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."received", old_values."transfer_id", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c94fae432cc113edaf11feaadaa5f97f157d9177', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_ca12c', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_transferline', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='TransferLineHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.transferline')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('transfer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.transfer', verbose_name='transfer')),
                        ('variant', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant')),
                        ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                        ('received', models.PositiveIntegerField(blank=True, null=True, verbose_name='received')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='25490b102a212ea2e5b4cf7eb441002dffdcd685', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7d2f3', table='inventory_transferlinehistory', when='BEFORE')),
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "posting.sql").read_text(),
            "DROP TRIGGER inventory_follow_backorder_limit ON catalog_variant;"
            "DROP FUNCTION inventory_follow_backorder_limit(); DROP FUNCTION inventory_post(jsonb, bigint, text);"
            "DROP FUNCTION inventory_so_far(inventory_stocklevel, integer);"
            "DROP FUNCTION inventory_lock(jsonb); DROP FUNCTION inventory_shortages(jsonb);"
            "DROP FUNCTION inventory_effect(text, integer); DROP FUNCTION inventory_follow_ledger() CASCADE;"
            "DROP FUNCTION inventory_keep_level() CASCADE; DROP FUNCTION inventory_refuse_level(bigint);",
        ),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "posting_many.sql").read_text(),
            "DROP FUNCTION inventory_post_many(jsonb, bigint, text)",
        ),
        CreateSequence("RC"),
        CreateSequence("TR"),
    ]
