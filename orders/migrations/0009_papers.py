"""Texts of mails, the mails that were sent, and series of document numbers."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from backoffice.numbering import CreateSequence
from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_adding_up_payments'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        Together([
        CreateSequence("ML"),
        migrations.CreateModel(
            name='DocumentSeriesHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('credit_note', 'Credit note')], max_length=12, verbose_name='kind')),
                ('prefix', models.CharField(help_text='The next number is this, the year and 00001: each prefix counts by itself, from 1 each year.', max_length=10, validators=[django.core.validators.RegexValidator('^[A-Z][A-Z0-9]*\\Z', 'Capital letters and digits, a letter first.')], verbose_name='prefix')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MailText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('placed', 'Order placed'), ('shipped', 'Parcel shipped'), ('refunded', 'Money refunded'), ('return_approved', 'Return approved'), ('canceled', 'Order canceled'), ('document', 'Invoice or credit note')], max_length=20, unique=True, verbose_name='kind')),
                ('is_on', models.BooleanField(default=True, verbose_name='send this mail')),
                ('attaches', models.BooleanField(default=False, verbose_name='attach the document as PDF')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='subject')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('subject_zh', models.CharField(blank=True, max_length=200, verbose_name='subject (Chinese)')),
                ('body_zh', models.TextField(blank=True, verbose_name='text (Chinese)')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
            ],
            options={
                'verbose_name': 'text of a mail',
                'verbose_name_plural': 'texts of mails',
                'ordering': ['kind'],
            },
        ),
        migrations.CreateModel(
            name='MailTextHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('placed', 'Order placed'), ('shipped', 'Parcel shipped'), ('refunded', 'Money refunded'), ('return_approved', 'Return approved'), ('canceled', 'Order canceled'), ('document', 'Invoice or credit note')], max_length=20, verbose_name='kind')),
                ('is_on', models.BooleanField(default=True, verbose_name='send this mail')),
                ('attaches', models.BooleanField(default=False, verbose_name='attach the document as PDF')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='subject')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('subject_zh', models.CharField(blank=True, max_length=200, verbose_name='subject (Chinese)')),
                ('body_zh', models.TextField(blank=True, verbose_name='text (Chinese)')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SentMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('key', models.CharField(max_length=64, unique=True, verbose_name='key')),
                ('kind', models.CharField(choices=[('placed', 'Order placed'), ('shipped', 'Parcel shipped'), ('refunded', 'Money refunded'), ('return_approved', 'Return approved'), ('canceled', 'Order canceled'), ('document', 'Invoice or credit note')], max_length=20, verbose_name='kind')),
                ('to', models.CharField(max_length=254, verbose_name='to')),
                ('subject', models.CharField(max_length=300, verbose_name='subject')),
                ('body', models.TextField(verbose_name='text')),
                ('files', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None, verbose_name='attached')),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='sent')),
            ],
            options={
                'verbose_name': 'mail to a customer',
                'verbose_name_plural': 'mails to customers',
                'ordering': ['-sent_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='DocumentSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('credit_note', 'Credit note')], max_length=12, unique=True, verbose_name='kind')),
                ('prefix', models.CharField(help_text='The next number is this, the year and 00001: each prefix counts by itself, from 1 each year.', max_length=10, unique=True, validators=[django.core.validators.RegexValidator('^[A-Z][A-Z0-9]*\\Z', 'Capital letters and digits, a letter first.')], verbose_name='prefix')),
            ],
            options={
                'verbose_name': 'series of numbers',
                'verbose_name_plural': 'series of numbers',
                'ordering': ['kind'],
                'constraints': [models.CheckConstraint(condition=models.Q(('prefix__regex', '^[A-Z][A-Z0-9]*$')), name='document_series_prefix', violation_error_message='Capital letters and digits, a letter first.')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentseries',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_documentserieshistory" ("id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix") SELECT new_values."id", new_values."kind", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."prefix" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8ad836cafda7609610393f402087a16e0c0f2c8e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_dddef', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_documentseries', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentseries',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_documentserieshistory" ("id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix") SELECT new_values."id", new_values."kind", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."prefix" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='27b0055b912243b0c708d2ef0e5a8df6207b29c5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_43c32', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_documentseries', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentseries',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_documentserieshistory" ("id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix") SELECT old_values."id", old_values."kind", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."prefix" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='3a10176ad93c3ca3e2928c57cf94225723cafb39', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e50f8', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_documentseries', when='AFTER')),
        ),
        migrations.AddField(
            model_name='documentserieshistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='documentserieshistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.documentseries'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mailtext',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_mailtexthistory" ("attaches", "body", "body_zh", "id", "is_on", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "subject_zh", "updated_at") SELECT new_values."attaches", new_values."body", new_values."body_zh", new_values."id", new_values."is_on", new_values."kind", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."subject", new_values."subject_zh", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8c36083fb33b98e87248069f080470f2e9d666b4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_7e41b', referencing='REFERENCING NEW TABLE AS new_values ', table='orders_mailtext', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mailtext',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_mailtexthistory" ("attaches", "body", "body_zh", "id", "is_on", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "subject_zh", "updated_at") SELECT new_values."attaches", new_values."body", new_values."body_zh", new_values."id", new_values."is_on", new_values."kind", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."subject", new_values."subject_zh", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4101101bb498df05d56e939945d701b1b8f8df09', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_f3c42', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='orders_mailtext', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mailtext',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "orders_mailtexthistory" ("attaches", "body", "body_zh", "id", "is_on", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "subject_zh", "updated_at") SELECT old_values."attaches", old_values."body", old_values."body_zh", old_values."id", old_values."is_on", old_values."kind", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."subject", old_values."subject_zh", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c40002cda6654270346250438a58145bd59f6178', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_accda', referencing='REFERENCING OLD TABLE AS old_values ', table='orders_mailtext', when='AFTER')),
        ),
        migrations.AddField(
            model_name='mailtexthistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='mailtexthistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='orders.mailtext'),
        ),
        migrations.AddField(
            model_name='sentmail',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='orders.order', verbose_name='order'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentserieshistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='10d0febed016b9cbe7e2a4b542e513a2b00c244e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_58dad', table='orders_documentserieshistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mailtexthistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='96321437eae4f2ddab434aed0145a4e4317e7ae5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_19d47', table='orders_mailtexthistory', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='sentmail',
            index=models.Index(fields=['-sent_at', '-id'], name='sent_mail_newest'),
        ),
        migrations.AddIndex(
            model_name='sentmail',
            index=models.Index(fields=['kind', '-sent_at', '-id'], name='sent_mail_kind'),
        ),
        ]),
    ]
