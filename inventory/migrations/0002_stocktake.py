import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import inventory.models.stock
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.schema import Together
from backoffice.numbering import CreateSequence


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0008_fewer_indexes'),
        ('inventory', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
        migrations.CreateModel(
            name='CountEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('adds', models.BooleanField(default=False, verbose_name='more in another place')),
                ('counted_at', models.DateTimeField(verbose_name='counted at')),
                ('key', models.UUIDField(unique=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by')),
            ],
            options={
                'verbose_name': 'entry of a stocktake',
                'verbose_name_plural': 'entries of stocktakes',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='CountLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.IntegerField(default=0, verbose_name='expected')),
                ('is_unexpected', models.BooleanField(default=False, verbose_name='not on the sheet')),
                ('recount', models.BooleanField(default=False, verbose_name='to be counted again')),
                ('counted', models.IntegerField(blank=True, null=True, verbose_name='counted')),
                ('counted_at', models.DateTimeField(blank=True, null=True, verbose_name='counted at')),
                ('balance', models.IntegerField(blank=True, null=True, verbose_name='in the books then')),
                ('unit_cost', inventory.models.stock.CostField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='unit cost')),
                ('difference', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(models.F('counted'), '-', models.F('balance')), output_field=models.IntegerField(null=True, verbose_name='difference'), verbose_name='difference')),
                ('difference_value', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('counted'), '-', models.F('balance')), '*', models.F('unit_cost')), output_field=inventory.models.stock.CostField(decimal_places=6, max_digits=20, null=True, verbose_name='value of the difference'), verbose_name='value of the difference')),
                ('outcome', models.CharField(blank=True, choices=[('', 'Not posted'), ('posted', 'Posted'), ('refused', 'Refused')], default='', max_length=8, verbose_name='outcome')),
                ('short', models.PositiveIntegerField(default=0, verbose_name='promised pieces that would be missing')),
                ('counted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='counted by')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.variant', verbose_name='variant')),
            ],
            options={
                'verbose_name': 'line of a stocktake',
                'verbose_name_plural': 'lines of stocktakes',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='CountEntryHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('adds', models.BooleanField(default=False, verbose_name='more in another place')),
                ('counted_at', models.DateTimeField(verbose_name='counted at')),
                ('key', models.UUIDField()),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
                ('by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.countentry')),
                ('undone_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by')),
                ('line', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.countline', verbose_name='line')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='countentry',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='inventory.countline', verbose_name='line'),
        ),
        migrations.CreateModel(
            name='StockCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('scope', models.CharField(choices=[('all', 'Everything that is there'), ('category', 'One category'), ('abc', 'One ABC class'), ('random', 'A random sample'), ('list', 'These SKUs')], default='all', max_length=10, verbose_name='scope')),
                ('abc_class', models.CharField(blank=True, choices=[('A', 'A: the dearest goods, 80 percent of the value'), ('B', 'B: the next 15 percent of the value'), ('C', 'C: the rest')], max_length=1, verbose_name='ABC class')),
                ('sample_size', models.PositiveIntegerField(blank=True, null=True, verbose_name='sample size')),
                ('blind', models.BooleanField(default=False, help_text='Whoever counts does not see how many pieces there should be.', verbose_name='blind')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('counting', 'Counting'), ('review', 'In review'), ('posted', 'Posted'), ('canceled', 'Canceled')], default='draft', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='counted until')),
                ('posted_at', models.DateTimeField(blank=True, null=True, verbose_name='posted')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.category', verbose_name='category')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='inventory.location', verbose_name='location')),
                ('posted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='posted by')),
            ],
            options={
                'verbose_name': 'stocktake',
                'verbose_name_plural': 'stocktakes',
                'ordering': ['-created_at', '-pk'],
                'permissions': [('count_stock', 'Can count stock'), ('review_count', 'Can plan, review and post stocktakes'), ('approve_count', 'Can approve stocktakes beyond the limit')],
            },
        ),
        migrations.AddField(
            model_name='countline',
            name='count',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='inventory.stockcount', verbose_name='stocktake'),
        ),
        migrations.CreateModel(
            name='StockCountHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=40, verbose_name='number')),
                ('scope', models.CharField(choices=[('all', 'Everything that is there'), ('category', 'One category'), ('abc', 'One ABC class'), ('random', 'A random sample'), ('list', 'These SKUs')], default='all', max_length=10, verbose_name='scope')),
                ('abc_class', models.CharField(blank=True, choices=[('A', 'A: the dearest goods, 80 percent of the value'), ('B', 'B: the next 15 percent of the value'), ('C', 'C: the rest')], max_length=1, verbose_name='ABC class')),
                ('sample_size', models.PositiveIntegerField(blank=True, null=True, verbose_name='sample size')),
                ('blind', models.BooleanField(default=False, help_text='Whoever counts does not see how many pieces there should be.', verbose_name='blind')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('counting', 'Counting'), ('review', 'In review'), ('posted', 'Posted'), ('canceled', 'Canceled')], default='draft', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='counted until')),
                ('posted_at', models.DateTimeField(blank=True, null=True, verbose_name='posted')),
                ('category', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.category', verbose_name='category')),
                ('created_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('location', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.location', verbose_name='location')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='inventory.stockcount')),
                ('posted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='posted by')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countentryhistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='896ec2a63b8584c281a3dc21e2f6c80c865322bf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_aeaf1', table='inventory_countentryhistory', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='countentry',
            index=models.Index(fields=['line', 'counted_at', 'id'], name='count_entry_line'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countentry',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_countentryhistory" ("adds", "by_id", "counted_at", "id", "key", "line_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "undone_at", "undone_by_id") SELECT new_values."adds", new_values."by_id", new_values."counted_at", new_values."id", new_values."key", new_values."line_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantity", new_values."undone_at", new_values."undone_by_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f97c74042781e407cae61d65cf6abc1ec036b1ff', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_94f6e', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_countentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countentry',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_countentryhistory" ("adds", "by_id", "counted_at", "id", "key", "line_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "undone_at", "undone_by_id") SELECT new_values."adds", new_values."by_id", new_values."counted_at", new_values."id", new_values."key", new_values."line_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantity", new_values."undone_at", new_values."undone_by_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d9f772e4abef8a80c03fce7bbcadbfda5468f720', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_cd210', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_countentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countentry',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_countentryhistory" ("adds", "by_id", "counted_at", "id", "key", "line_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "undone_at", "undone_by_id") SELECT old_values."adds", old_values."by_id", old_values."counted_at", old_values."id", old_values."key", old_values."line_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantity", old_values."undone_at", old_values."undone_by_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='d84b73d5b9d45c2594bf387edaee7239ebdd5030', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_f8522', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_countentry', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='stockcount',
            index=models.Index(fields=['-created_at', '-id'], name='stock_count_newest'),
        ),
        migrations.AddIndex(
            model_name='stockcount',
            index=models.Index(condition=models.Q(('status', 'posted')), fields=['-posted_at'], name='stock_count_posted_at'),
        ),
        migrations.AddConstraint(
            model_name='stockcount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('posted_at__isnull', False), ('status', 'posted')), models.Q(models.Q(('status', 'posted'), _negated=True), ('posted_at', None)), _connector='OR'), name='stock_count_posted'),
        ),
        migrations.AddConstraint(
            model_name='stockcount',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'canceled']), ('started_at__isnull', False), _connector='OR'), name='stock_count_started'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('counting', 'canceled'), ('counting', 'review'), ('draft', 'canceled'), ('draft', 'counting'), ('review', 'canceled'), ('review', 'counting'), ('review', 'posted'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='ea6756b9b49b16dd341cc0b0a3b32482b0ee8354', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_26d37', table='inventory_stockcount', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_stockcounthistory" ("abc_class", "blind", "category_id", "closed_at", "created_at", "created_by_id", "id", "location_id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "posted_at", "posted_by_id", "sample_size", "scope", "started_at", "status") SELECT new_values."abc_class", new_values."blind", new_values."category_id", new_values."closed_at", new_values."created_at", new_values."created_by_id", new_values."id", new_values."location_id", new_values."note", new_values."number", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."posted_at", new_values."posted_by_id", new_values."sample_size", new_values."scope", new_values."started_at", new_values."status" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='423f66e4d84ceb5adb89357b962c817f923b79ff', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_62ab4', referencing='REFERENCING NEW TABLE AS new_values ', table='inventory_stockcount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_stockcounthistory" ("abc_class", "blind", "category_id", "closed_at", "created_at", "created_by_id", "id", "location_id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "posted_at", "posted_by_id", "sample_size", "scope", "started_at", "status") SELECT new_values."abc_class", new_values."blind", new_values."category_id", new_values."closed_at", new_values."created_at", new_values."created_by_id", new_values."id", new_values."location_id", new_values."note", new_values."number", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."posted_at", new_values."posted_by_id", new_values."sample_size", new_values."scope", new_values."started_at", new_values."status" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a954ffd2ed2c17b91df36d28b5dc5facd9c839e6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_615d7', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='inventory_stockcount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "inventory_stockcounthistory" ("abc_class", "blind", "category_id", "closed_at", "created_at", "created_by_id", "id", "location_id", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "posted_at", "posted_by_id", "sample_size", "scope", "started_at", "status") SELECT old_values."abc_class", old_values."blind", old_values."category_id", old_values."closed_at", old_values."created_at", old_values."created_by_id", old_values."id", old_values."location_id", old_values."note", old_values."number", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."posted_at", old_values."posted_by_id", old_values."sample_size", old_values."scope", old_values."started_at", old_values."status" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e5a883cd5c82c5c338135d92fc0ee82d16105730', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e7a99', referencing='REFERENCING OLD TABLE AS old_values ', table='inventory_stockcount', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='countline',
            index=models.Index(fields=['count', 'difference_value', 'id'], name='count_line_value'),
        ),
        migrations.AddConstraint(
            model_name='countline',
            constraint=models.UniqueConstraint(fields=('count', 'variant'), name='count_line_once'),
        ),
        migrations.AddConstraint(
            model_name='countline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('counted', None), ('counted_at', None)), models.Q(('counted__gte', 0), ('counted_at__isnull', False)), _connector='OR'), name='count_line_counted', violation_error_message='A count cannot be below zero.'),
        ),
        migrations.AddConstraint(
            model_name='countline',
            constraint=models.CheckConstraint(condition=models.Q(('short', 0), ('outcome', 'refused'), _connector='OR'), name='count_line_short'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcounthistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='57e5562aaedc0a5b4ce30f60156a3b4273eb7fff', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4099e', table='inventory_stockcounthistory', when='BEFORE')),
        ),
        CreateSequence("ST"),
        ]),
    ]
