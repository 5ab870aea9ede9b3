from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ("backoffice", "0004_approvals"),
    ]

    operations = [
        Together([
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=100, verbose_name='kind')),
                ('subject_id', models.BigIntegerField()),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('content', models.JSONField(verbose_name='content')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('authors', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Who changed the content since the last live version.', size=None, verbose_name='authors')),
                ('seen', models.JSONField(default=dict, help_text='How far the row history had come, by table.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'revision',
                'verbose_name_plural': 'revisions',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=100, verbose_name='kind')),
                ('subject_id', models.BigIntegerField()),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('state', models.CharField(choices=[('open', 'Open'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('void', 'Void'), ('published', 'Published')], default='open', max_length=12, verbose_name='state')),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='requested')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('publish_at', models.DateTimeField(null=True, verbose_name='publish at')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires at')),
                ('waived', models.BooleanField(default=False, verbose_name='without review')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='backoffice.revision', verbose_name='revision')),
            ],
            options={
                'verbose_name': 'review',
                'verbose_name_plural': 'reviews',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='LiveVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=100, verbose_name='kind')),
                ('subject_id', models.BigIntegerField()),
                ('content', models.JSONField(verbose_name='content')),
                ('is_live', models.BooleanField(default=True, verbose_name='live')),
                ('has_changes', models.BooleanField(default=False, help_text='The working copy may differ from what is live.', verbose_name='has unpublished changes')),
                ('published_at', models.DateTimeField(verbose_name='published')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires')),
                ('position', models.BigIntegerField(editable=False, unique=True, verbose_name='position')),
                ('changed_at', models.DateTimeField(editable=False, verbose_name='changed')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='backoffice.review', verbose_name='review')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='backoffice.revision', verbose_name='revision')),
            ],
            options={
                'verbose_name': 'live version',
                'verbose_name_plural': 'live versions',
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='ReviewComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='text')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='backoffice.review', verbose_name='review')),
            ],
            options={
                'verbose_name': 'review comment',
                'verbose_name_plural': 'review comments',
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['review', 'id'], name='comment_of_review')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewcomment',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='ee1a7166b10350a8dfec98ea9526265100a58046', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7b61b', table='backoffice_reviewcomment', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('subject_type', 'subject_id', 'number'), name='revision_number_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='d531ea63ad6c83a8fea4dcb2a2025e48b1c27940', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b7b2c', table='backoffice_revision', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['subject_type', 'subject_id', '-id'], name='review_of_subject'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['state', '-id'], name='review_state'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['requested_by', '-id'], name='review_requester'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('state', 'approved')), fields=['publish_at', 'id'], name='review_due'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'approved'])), fields=('subject_type', 'subject_id'), name='review_pending_once', violation_error_message='This is in review already.'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by', None), ('requested_by', None), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='review_not_decided_by_its_requester', violation_error_message='Nobody decides on their own request. Ask a colleague.'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'rejected', 'published']), _negated=True), ('waived', True), ('decided_by__isnull', False), _connector='OR'), name='review_decided_by_somebody', violation_error_message='A decision needs somebody who made it.'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('publish_at', None), ('expires_at', None), ('expires_at__gt', models.F('publish_at')), _connector='OR'), name='review_expires_after_publishing', violation_error_message='The content would expire before it is published.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='review',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.state IS DISTINCT FROM NEW.state)', func="\n            IF NOT ((OLD.state, NEW.state) IN (('approved', 'published'), ('approved', 'void'), ('approved', 'withdrawn'), ('open', 'approved'), ('open', 'rejected'), ('open', 'void'), ('open', 'withdrawn'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='5cf1ccc7e6bba1df453f4d19b16ac3de2f3e1668', operation='UPDATE OF "state"', pgid='pgtrigger_legal_transitions_b9085', table='backoffice_review', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='liveversion',
            index=models.Index(fields=['subject_type', 'position'], name='live_version_position'),
        ),
        migrations.AddIndex(
            model_name='liveversion',
            index=models.Index(condition=models.Q(('expires_at__isnull', False), ('is_live', True)), fields=['expires_at'], name='live_version_over'),
        ),
        migrations.AddIndex(
            model_name='liveversion',
            index=models.Index(condition=models.Q(('has_changes', True), ('is_live', True)), fields=['subject_type', 'subject_id'], name='live_version_changed'),
        ),
        migrations.AddConstraint(
            model_name='liveversion',
            constraint=models.UniqueConstraint(fields=('subject_type', 'subject_id'), name='live_version_once'),
        ),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "publishing.sql").read_text(),
            "DROP FUNCTION backoffice_live_guard() CASCADE; DROP FUNCTION backoffice_review_guard() CASCADE;"
            "DROP FUNCTION backoffice_status_guard() CASCADE; DROP FUNCTION backoffice_content_changed() CASCADE; DROP FUNCTION backoffice_recheck(text, bigint[]);"
            "DROP FUNCTION backoffice_revive; DROP FUNCTION backoffice_end_reviews; DROP FUNCTION backoffice_take_down; DROP FUNCTION backoffice_go_live;"
            "DROP FUNCTION backoffice_submit; DROP FUNCTION backoffice_capture; DROP FUNCTION backoffice_digests;"
            "DROP FUNCTION backoffice_update_subjects; DROP FUNCTION backoffice_lock_subjects; DROP FUNCTION backoffice_table; DROP FUNCTION backoffice_digest;"
            "DROP SEQUENCE backoffice_live_position",
        ),
        ]),
    ]
