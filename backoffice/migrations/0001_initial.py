import backoffice.models.people
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

from backoffice.numbering import CreateSequence
from backoffice.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('procrastinate', '0041_post_retry_failed_job'),
    ]

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        CreateModels(
            models=[
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                        ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                        ('name', models.CharField(max_length=150, verbose_name='name')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='joined')),
                        ('language', models.CharField(blank=True, choices=[('en', 'English'), ('zh-hans', '简体中文')], max_length=10, verbose_name='language')),
                        ('timezone', models.CharField(blank=True, max_length=60, verbose_name='time zone')),
                        ('theme', models.CharField(choices=[('system', 'Like the device'), ('light', 'Light'), ('dark', 'Dark')], default='system', max_length=10, verbose_name='theme')),
                        ('density', models.CharField(choices=[('comfortable', 'Comfortable'), ('compact', 'Compact')], default='comfortable', max_length=12, verbose_name='density')),
                        ('shortcuts', models.BooleanField(default=True, verbose_name='single-key shortcuts')),
                        ('access_version', models.PositiveIntegerField(default=0, editable=False)),
                        ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                        ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                    ],
                    options={
                        'verbose_name': 'user',
                        'verbose_name_plural': 'users',
                        'ordering': ['name', 'pk'],
                        'permissions': [('manage_people', 'Can invite, change and deactivate users')],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique', violation_error_message='This e-mail is taken.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_userhistory" ("date_joined", "density", "email", "id", "is_active", "is_superuser", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shortcuts", "theme", "timezone") SELECT new_values."date_joined", new_values."density", new_values."email", new_values."id", new_values."is_active", new_values."is_superuser", new_values."language", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."shortcuts", new_values."theme", new_values."timezone" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='dc140ff8293e6f225680c6b3b08fb6f0d1f79fc1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_7ea82', referencing='REFERENCING NEW TABLE AS new_values ', table='backoffice_user', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_userhistory" ("date_joined", "density", "email", "id", "is_active", "is_superuser", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shortcuts", "theme", "timezone") SELECT new_values."date_joined", new_values."density", new_values."email", new_values."id", new_values."is_active", new_values."is_superuser", new_values."language", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."shortcuts", new_values."theme", new_values."timezone" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."date_joined" IS DISTINCT FROM (new_values."date_joined") OR old_values."density" IS DISTINCT FROM (new_values."density") OR old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."is_superuser" IS DISTINCT FROM (new_values."is_superuser") OR old_values."language" IS DISTINCT FROM (new_values."language") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."shortcuts" IS DISTINCT FROM (new_values."shortcuts") OR old_values."theme" IS DISTINCT FROM (new_values."theme") OR old_values."timezone" IS DISTINCT FROM (new_values."timezone")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4e7b27b14eda2c13cb0b62fefd3b3294c24f9d18', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_698fb', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='backoffice_user', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_userhistory" ("date_joined", "density", "email", "id", "is_active", "is_superuser", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shortcuts", "theme", "timezone") SELECT old_values."date_joined", old_values."density", old_values."email", old_values."id", old_values."is_active", old_values."is_superuser", old_values."language", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."shortcuts", old_values."theme", old_values."timezone" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='3a4c8ec0ba3c38a6e6d83ec8c9ce944e741e99da', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_39043', referencing='REFERENCING OLD TABLE AS old_values ', table='backoffice_user', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='UserHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to=settings.AUTH_USER_MODEL)),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                        ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                        ('name', models.CharField(max_length=150, verbose_name='name')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='joined')),
                        ('language', models.CharField(blank=True, choices=[('en', 'English'), ('zh-hans', '简体中文')], max_length=10, verbose_name='language')),
                        ('timezone', models.CharField(blank=True, max_length=60, verbose_name='time zone')),
                        ('theme', models.CharField(choices=[('system', 'Like the device'), ('light', 'Light'), ('dark', 'Dark')], default='system', max_length=10, verbose_name='theme')),
                        ('density', models.CharField(choices=[('comfortable', 'Comfortable'), ('compact', 'Compact')], default='comfortable', max_length=12, verbose_name='density')),
                        ('shortcuts', models.BooleanField(default=True, verbose_name='single-key shortcuts')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d3697a71ccc29150300a1338deab2c5e653001e2', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_922bd', table='backoffice_userhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='RoleHolding',
                    fields=[
                    ],
                    options={
                        'verbose_name': 'role',
                        'verbose_name_plural': 'roles',
                        'proxy': True,
                        'default_permissions': (),
                    },
                    bases=('backoffice.user_groups',),
                ),
                migrations.CreateModel(
                    name='RoleHoldingHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='backoffice.roleholding')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('user', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('group', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.group')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cd7d5923b40bdd8f62d2dc3d68cd7fb12da7eecf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_031d2', table='backoffice_roleholdinghistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Scope',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to=settings.AUTH_USER_MODEL)),
                        ('kind', models.CharField(choices=[('warehouse', 'Warehouse'), ('queue', 'Ticket queue')], max_length=20, verbose_name='kind')),
                        ('value', models.CharField(max_length=60, verbose_name='code')),
                    ],
                    options={
                        'verbose_name': 'row scope',
                        'verbose_name_plural': 'row scopes',
                        'constraints': [models.UniqueConstraint(fields=('user', 'kind', 'value'), name='scope_once')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_scopehistory" ("id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id", "value") SELECT new_values."id", new_values."kind", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."user_id", new_values."value" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8f68a80eb3b764ac4b7a3ada7a0974546c1af6e6', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_0999b', referencing='REFERENCING NEW TABLE AS new_values ', table='backoffice_scope', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_scopehistory" ("id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id", "value") SELECT new_values."id", new_values."kind", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."user_id", new_values."value" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='eae656bdf3eaaf99f965a5d3dc5c55650a3c4588', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a3c5f', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='backoffice_scope', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_scopehistory" ("id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id", "value") SELECT old_values."id", old_values."kind", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."user_id", old_values."value" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='517d197769f7626588f8c127840227838a859f54', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_79bfe', referencing='REFERENCING OLD TABLE AS old_values ', table='backoffice_scope', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ScopeHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='backoffice.scope')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('kind', models.CharField(choices=[('warehouse', 'Warehouse'), ('queue', 'Ticket queue')], max_length=20, verbose_name='kind')),
                        ('value', models.CharField(max_length=60, verbose_name='code')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='32b1da9bbda0a60a8669acc17ccfd60bc427bbc9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d7399', table='backoffice_scopehistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='RolePolicy',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('group', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='policy', to='auth.group', verbose_name='role')),
                        ('second_factor_required', models.BooleanField(default=False, verbose_name='second factor required')),
                    ],
                    options={
                        'verbose_name': 'role policy',
                        'verbose_name_plural': 'role policies',
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_rolepolicyhistory" ("group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "second_factor_required") SELECT new_values."group_id", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."second_factor_required" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='fe0bf216dfd9649e00acb5a2bfe049c8729207ee', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_c6ff8', referencing='REFERENCING NEW TABLE AS new_values ', table='backoffice_rolepolicy', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_rolepolicyhistory" ("group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "second_factor_required") SELECT new_values."group_id", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."second_factor_required" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5de5a227e3db0e58c92661bcbad58216112cc5ca', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_8af99', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='backoffice_rolepolicy', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_rolepolicyhistory" ("group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "second_factor_required") SELECT old_values."group_id", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."second_factor_required" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fddeadc811080f56241005b6931f3cabaf457b99', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_94abc', referencing='REFERENCING OLD TABLE AS old_values ', table='backoffice_rolepolicy', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='RolePolicyHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='backoffice.rolepolicy')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('group', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.group', verbose_name='role')),
                        ('second_factor_required', models.BooleanField(default=False, verbose_name='second factor required')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e28645da6651e8c9cc18c44fc6c48da5477cd8e5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e5887', table='backoffice_rolepolicyhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Invitation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                        ('name', models.CharField(blank=True, max_length=150, verbose_name='name')),
                        ('scopes', models.JSONField(blank=True, default=dict, verbose_name='row scopes')),
                        ('token', models.CharField(default=backoffice.models.people._invitation_token, editable=False, max_length=64, unique=True)),
                        ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invited by')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='invited at')),
                        ('expires_at', models.DateTimeField(default=backoffice.models.people._invitation_expiry, verbose_name='expires')),
                        ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted')),
                        ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
                        ('roles', models.ManyToManyField(to='auth.group', verbose_name='roles')),
                    ],
                    options={
                        'verbose_name': 'invitation',
                        'verbose_name_plural': 'invitations',
                        'ordering': ['-created_at'],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), name='invitation_one_open', violation_error_message='This person has an open invitation already.')],
                    },
                ),
                migrations.CreateModel(
                    name='AuditEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='at')),
                        ('verb', models.CharField(max_length=80, verbose_name='verb')),
                        ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('subject_type', models.CharField(max_length=100, verbose_name='kind')),
                        ('subject_id', models.BigIntegerField()),
                        ('subject', models.CharField(max_length=200, verbose_name='subject')),
                        ('reason', models.TextField(blank=True, verbose_name='reason')),
                        ('data', models.JSONField(default=dict, verbose_name='details')),
                        ('source', models.CharField(blank=True, max_length=100, verbose_name='through')),
                        ('request_id', models.CharField(blank=True, max_length=40)),
                    ],
                    options={
                        'verbose_name': 'audit event',
                        'verbose_name_plural': 'audit events',
                        'ordering': ['-at', '-pk'],
                        'indexes': [models.Index(fields=['subject_type', 'subject_id', '-at', '-id'], name='audit_subject'), models.Index(fields=['subject', '-at', '-id'], name='audit_called'), models.Index(fields=['actor', '-at', '-id'], name='audit_actor'), models.Index(fields=['verb', '-at', '-id'], name='audit_verb', opclasses=['text_pattern_ops', 'timestamptz_ops', 'int8_ops']), models.Index(fields=['source', '-at', '-id'], name='audit_source', opclasses=['text_pattern_ops', 'timestamptz_ops', 'int8_ops'])],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='e4050b5983a205d95f1c60d7d1f02cc25a0fbc9c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e04d9', table='backoffice_auditevent', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='DocumentSequence',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('series', models.CharField(max_length=10, verbose_name='series')),
                        ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                        ('last', models.PositiveIntegerField(default=0, verbose_name='last number')),
                    ],
                    options={
                        'verbose_name': 'document sequence',
                        'verbose_name_plural': 'document sequences',
                        'constraints': [models.UniqueConstraint(fields=('series', 'year'), name='document_sequence_once')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportRun',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                        ('resource', models.CharField(max_length=40, verbose_name='kind')),
                        ('status', models.CharField(choices=[('uploaded', 'Uploaded'), ('checking', 'Checking'), ('checked', 'Checked'), ('applying', 'Applying'), ('applied', 'Applied'), ('refused', 'Refused'), ('failed', 'Failed'), ('undone', 'Undone')], default='uploaded', max_length=12, verbose_name='status')),
                        ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='import_runs', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                        ('source', models.CharField(max_length=40, verbose_name='through')),
                        ('file_name', models.CharField(max_length=255, verbose_name='file')),
                        ('file', models.FileField(blank=True, upload_to='imports/')),
                        ('sha256', models.CharField(blank=True, max_length=64)),
                        ('size', models.BigIntegerField(default=0, verbose_name='size')),
                        ('dialect', models.JSONField(default=dict)),
                        ('mapping', models.JSONField(default=dict)),
                        ('partial', models.BooleanField(default=False, verbose_name='only what is right')),
                        ('read', models.PositiveIntegerField(default=0, verbose_name='rows')),
                        ('new', models.PositiveIntegerField(default=0, verbose_name='new')),
                        ('changed', models.PositiveIntegerField(default=0, verbose_name='changed')),
                        ('unchanged', models.PositiveIntegerField(default=0, verbose_name='unchanged')),
                        ('refused', models.PositiveIntegerField(default=0, verbose_name='refused')),
                        ('report', models.JSONField(default=dict)),
                        ('error_file', models.FileField(blank=True, upload_to='imports/')),
                        ('message', models.TextField(blank=True, verbose_name='message')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                        ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
                        ('job_id', models.BigIntegerField(blank=True, editable=False, null=True)),
                    ],
                    options={
                        'verbose_name': 'import',
                        'verbose_name_plural': 'imports',
                        'ordering': ['-pk'],
                        'permissions': [('import_data', 'Can import files'), ('export_data', 'Can export lists')],
                        'indexes': [models.Index(fields=['resource', 'sha256'], name='import_same_file'), models.Index(fields=['user', '-id'], name='import_of_user')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('read', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('new'), '+', models.F('changed')), '+', models.F('unchanged')), '+', models.F('refused')))), name='import_rows_add_up', violation_error_message='New, changed, unchanged and refused rows must add up to those read.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('applied', 'undone'), ('applying', 'applied'), ('applying', 'failed'), ('applying', 'refused'), ('checked', 'applying'), ('checked', 'checking'), ('checking', 'checked'), ('checking', 'failed'), ('failed', 'applying'), ('failed', 'checking'), ('refused', 'applying'), ('refused', 'checking'), ('uploaded', 'applying'), ('uploaded', 'checking'), ('uploaded', 'failed'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='eb1dcddbba6651a604c54772a23af336b0921dc7', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_3e002', table='backoffice_importrun', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='SavedView',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
                        ('page', models.CharField(max_length=80)),
                        ('name', models.CharField(max_length=80, verbose_name='name')),
                        ('query', models.TextField(blank=True, verbose_name='address')),
                        ('shared', models.BooleanField(default=False, verbose_name='shared with everybody')),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                    ],
                    options={
                        'verbose_name': 'saved view',
                        'verbose_name_plural': 'saved views',
                        'ordering': ['position', 'name', 'pk'],
                        'constraints': [models.UniqueConstraint(fields=('user', 'page', 'name'), name='saved_view_name_once', violation_error_message='You have a view of this name already.')],
                    },
                ),
                migrations.CreateModel(
                    name='Notification',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                        ('text', models.CharField(max_length=300)),
                        ('url', models.CharField(blank=True, max_length=300)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('read_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name': 'notification',
                        'verbose_name_plural': 'notifications',
                        'ordering': ['-pk'],
                        'indexes': [models.Index(condition=models.Q(('read_at', None)), fields=['user', '-id'], name='notification_unread')],
                    },
                ),
                migrations.CreateModel(
                    name='ApiToken',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                        ('name', models.CharField(max_length=80, verbose_name='name')),
                        ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                        ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used')),
                    ],
                    options={
                        'verbose_name': 'API token',
                        'verbose_name_plural': 'API tokens',
                        'ordering': ['name'],
                    },
                ),
                migrations.CreateModel(
                    name='Heartbeat',
                    fields=[
                        ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='JobProgress',
                    fields=[
                        ('job_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('done', models.BigIntegerField(default=0)),
                        ('total', models.BigIntegerField(blank=True, null=True)),
                        ('note', models.CharField(blank=True, max_length=200)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='Job',
                    fields=[
                    ],
                    options={
                        'verbose_name': 'job',
                        'verbose_name_plural': 'jobs',
                        'permissions': [('view_jobs', 'Can see jobs'), ('retry_jobs', 'Can retry failed jobs')],
                        'proxy': True,
                        'default_permissions': (),
                    },
                    bases=('procrastinate.procrastinatejob',),
                ),
                migrations.CreateModel(
                    name='JobFailure',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('job_id', models.BigIntegerField(db_index=True)),
                        ('task', models.CharField(max_length=128, verbose_name='task')),
                        ('attempt', models.PositiveIntegerField(verbose_name='attempt')),
                        ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                        ('error', models.CharField(max_length=500, verbose_name='error')),
                        ('traceback', models.TextField(verbose_name='where')),
                    ],
                    options={
                        'verbose_name': 'failed attempt',
                        'verbose_name_plural': 'failed attempts',
                        'ordering': ['-pk'],
                        'default_permissions': (),
                    },
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleholding',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_roleholdinghistory" ("group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") SELECT new_values."group_id", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."user_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='61ca682ae9e2fedee6fbc21389a0e7ada19fc521', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_f14a0', referencing='REFERENCING NEW TABLE AS new_values ', table='backoffice_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleholding',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_roleholdinghistory" ("group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") SELECT new_values."group_id", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."user_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7bc54ccfbc0253779fe096f0afcb05954630b783', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_5d2f6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='backoffice_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='roleholding',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "backoffice_roleholdinghistory" ("group_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") SELECT old_values."group_id", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."user_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='88d91a4f2aac18525311f509ff2c6ea9b417d458', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_99fca', referencing='REFERENCING OLD TABLE AS old_values ', table='backoffice_user_groups', when='AFTER')),
        ),
        CreateSequence("IM", start=1),
    ]
