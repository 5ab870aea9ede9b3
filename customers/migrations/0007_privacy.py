from pathlib import Path

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from backoffice.numbering import CreateSequence
from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0006_promises'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateSequence("ER"),
        CreateSequence("DP"),
        Together([
        migrations.CreateModel(
            name='ArticleAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'former address',
                'verbose_name_plural': 'former addresses',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ArticleVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.BigIntegerField(verbose_name='version')),
                ('voter', models.CharField(max_length=64)),
                ('is_helpful', models.BooleanField(verbose_name='helpful')),
                ('language', models.CharField(max_length=10, verbose_name='language')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
            ],
            options={
                'verbose_name': 'opinion on an article',
                'verbose_name_plural': 'opinions on articles',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DataPackage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('removed', 'Removed')], default='waiting', max_length=10, verbose_name='status')),
                ('file', models.FileField(blank=True, upload_to='packages/', verbose_name='file')),
                ('size', models.PositiveIntegerField(default=0, verbose_name='size')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
            ],
            options={
                'verbose_name': 'data package',
                'verbose_name_plural': 'data packages',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('approval', models.CharField(blank=True, max_length=20, verbose_name='approval')),
                ('result', models.JSONField(default=list, verbose_name='result')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
            ],
            options={
                'verbose_name': 'erasure',
                'verbose_name_plural': 'erasures',
                'ordering': ['-pk'],
                'permissions': [('approve_erasure', 'Can approve the erasure of personal data')],
            },
        ),
        migrations.CreateModel(
            name='HelpCategory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(help_text='The word that articles and files name it by.', max_length=80, verbose_name='topic of its articles')),
                ('slug', models.SlugField(max_length=80, unique=True, verbose_name='address')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_zh', models.CharField(blank=True, max_length=120, verbose_name='Chinese name')),
                ('position', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MaxValueValidator(9999)], verbose_name='place')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
            ],
            options={
                'verbose_name': 'category of the help centre',
                'verbose_name_plural': 'categories of the help centre',
                'ordering': ['position', 'name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='HelpCategoryHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('topic', models.CharField(help_text='The word that articles and files name it by.', max_length=80, verbose_name='topic of its articles')),
                ('slug', models.SlugField(db_index=False, max_length=80, verbose_name='address')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_zh', models.CharField(blank=True, max_length=120, verbose_name='Chinese name')),
                ('position', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MaxValueValidator(9999)], verbose_name='place')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RelatedArticle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'related article',
                'verbose_name_plural': 'related articles',
                'ordering': ['position', 'pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='RelatedArticleHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Retained',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, verbose_name='class of data')),
                ('row', models.BigIntegerField(verbose_name='record')),
                ('until', models.DateField(verbose_name='kept until')),
                ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='erased')),
            ],
            options={
                'verbose_name': 'record kept by law',
                'verbose_name_plural': 'records kept by law',
                'ordering': ['until', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
            ],
            options={
                'verbose_name': 'suppressed contact',
                'verbose_name_plural': 'suppressed contacts',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='VainSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=100, verbose_name='searched for')),
                ('language', models.CharField(max_length=10, verbose_name='language')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='times')),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last')),
            ],
            options={
                'verbose_name': 'search without a result',
                'verbose_name_plural': 'searches without a result',
                'ordering': ['-count', 'pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='customer',
            options={'ordering': ['-pk'], 'permissions': [('view_personal_data', 'Can see names, addresses and contacts unmasked'), ('erase_customer', 'Can ask for the erasure of personal data')], 'verbose_name': 'customer', 'verbose_name_plural': 'customers'},
        ),
        migrations.AlterField(
            model_name='customer',
            name='status',
            field=models.CharField(choices=[('active', 'Active'), ('archived', 'Archived'), ('erased', 'Erased')], default='active', max_length=10, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='customerhistory',
            name='status',
            field=models.CharField(choices=[('active', 'Active'), ('archived', 'Archived'), ('erased', 'Erased')], default='active', max_length=10, verbose_name='status'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='article',
            trigger=pgtrigger.compiler.Trigger(name='category_of_topic', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.topic <> '')", func="\n                    INSERT INTO customers_helpcategory (topic, slug, name, name_zh, position, created_at)\n                    SELECT NEW.topic, CASE WHEN s.slug IN ('', 'new') OR EXISTS (SELECT 1 FROM customers_helpcategory WHERE slug = s.slug)\n                                           THEN left(coalesce(nullif(s.slug, ''), 'topic'), 60) || '-' || left(md5(NEW.topic), 8) ELSE s.slug END,\n                           NEW.topic, '', 100, now()\n                    FROM (SELECT btrim(regexp_replace(lower(NEW.topic), '[^a-z0-9]+', '-', 'g'), '-')) s(slug)\n                    WHERE NOT EXISTS (SELECT 1 FROM customers_helpcategory WHERE upper(topic) = upper(NEW.topic))\n                    ON CONFLICT DO NOTHING;\n                    RETURN NULL;\n                ", hash='8ee7d43cd24b6b24f065c406db43e002a39b47b4', operation='INSERT OR UPDATE OF "topic"', pgid='pgtrigger_category_of_topic_0a228', table='customers_article', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='erased_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.status = 'erased')", func="\n                    RAISE EXCEPTION 'The data of % were erased; nothing can be added.', OLD.number\n                    USING ERRCODE = 'restrict_violation';\n                ", hash='f4327288d152919be171772ec32e226d34aa2f5d', operation='UPDATE OR DELETE', pgid='pgtrigger_erased_stays_8339e', table='customers_customer', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='articleaddress',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='customers.article'),
        ),
        migrations.AddField(
            model_name='articlevote',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='customers.article', verbose_name='article'),
        ),
        migrations.AddField(
            model_name='datapackage',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='packages', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='datapackage',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='erasure',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='erasure',
            name='erased_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='helpcategory',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='customers.helpcategory', verbose_name='below'),
        ),
        migrations.AddField(
            model_name='helpcategoryhistory',
            name='parent',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='customers.helpcategory', verbose_name='below'),
        ),
        migrations.AddField(
            model_name='helpcategoryhistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='helpcategoryhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='customers.helpcategory'),
        ),
        migrations.AddField(
            model_name='relatedarticle',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chosen', to='customers.article', verbose_name='article'),
        ),
        migrations.AddField(
            model_name='relatedarticle',
            name='other',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.article', verbose_name='related'),
        ),
        migrations.AddField(
            model_name='relatedarticlehistory',
            name='article',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='customers.article', verbose_name='article'),
        ),
        migrations.AddField(
            model_name='relatedarticlehistory',
            name='other',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='customers.article', verbose_name='related'),
        ),
        migrations.AddField(
            model_name='relatedarticlehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='relatedarticlehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='customers.relatedarticle'),
        ),
        migrations.AddField(
            model_name='retained',
            name='erasure',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='retained', to='customers.erasure', verbose_name='erasure'),
        ),
        migrations.AddField(
            model_name='suppression',
            name='erasure',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suppressions', to='customers.erasure', verbose_name='erasure'),
        ),
        migrations.AddIndex(
            model_name='vainsearch',
            index=models.Index(fields=['-count', '-id'], name='vain_search_often'),
        ),
        migrations.AddIndex(
            model_name='vainsearch',
            index=models.Index(fields=['last_at'], name='vain_search_last'),
        ),
        migrations.AddConstraint(
            model_name='vainsearch',
            constraint=models.UniqueConstraint(fields=('text', 'language'), name='vain_search_once'),
        ),
        migrations.AddConstraint(
            model_name='articlevote',
            constraint=models.UniqueConstraint(fields=('article', 'revision', 'voter'), name='article_vote_once'),
        ),
        migrations.AddIndex(
            model_name='datapackage',
            index=models.Index(fields=['customer', '-id'], name='package_of_customer'),
        ),
        migrations.AddIndex(
            model_name='datapackage',
            index=models.Index(condition=models.Q(('status', 'done')), fields=['expires_at'], name='package_expiring'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(fields=['customer', '-id'], name='erasure_of_customer'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erasure',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            RAISE EXCEPTION '% is append-only: correct it by a counter-entry.', TG_TABLE_NAME\n            USING ERRCODE = 'restrict_violation';\n        ", hash='1ad4f09268dcc1dbcc609f447e6a0597cf564743', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7d5f2', table='customers_erasure', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='helpcategory',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('topic'), name='help_category_topic_once', violation_error_message='Another category has this topic already.'),
        ),
        migrations.AddConstraint(
            model_name='helpcategory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('topic', ''), _negated=True), models.Q(('name', ''), _negated=True)), name='help_category_named', violation_error_message='A category needs a name.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='helpcategory',
            trigger=pgtrigger.compiler.Trigger(name='two_levels', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.parent_id IS NOT NULL)', func="\n                    PERFORM 1 FROM customers_helpcategory WHERE id IN (NEW.id, NEW.parent_id) ORDER BY id FOR UPDATE;\n                    IF NEW.parent_id = NEW.id OR EXISTS (SELECT 1 FROM customers_helpcategory WHERE parent_id = NEW.id)\n                        OR EXISTS (SELECT 1 FROM customers_helpcategory WHERE id = NEW.parent_id AND parent_id IS NOT NULL) THEN\n                        RAISE EXCEPTION 'Categories of the help centre have two levels.' USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='9fbc06cba1bdd9eca78c251684111ac3bfa1223b', operation='INSERT OR UPDATE OF "parent_id"', pgid='pgtrigger_two_levels_dd1ca', table='customers_helpcategory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='helpcategory',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_helpcategoryhistory" ("created_at", "id", "name", "name_zh", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "slug", "topic") SELECT new_values."created_at", new_values."id", new_values."name", new_values."name_zh", new_values."parent_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position", new_values."slug", new_values."topic" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1fea044998e72701c6de0fe228ef3808aabf0de6', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_58af3', referencing='REFERENCING NEW TABLE AS new_values ', table='customers_helpcategory', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='helpcategory',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_helpcategoryhistory" ("created_at", "id", "name", "name_zh", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "slug", "topic") SELECT new_values."created_at", new_values."id", new_values."name", new_values."name_zh", new_values."parent_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position", new_values."slug", new_values."topic" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1cf29a2902a1310d93974690c57b1a0120ca0048', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7542a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='customers_helpcategory', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='helpcategory',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_helpcategoryhistory" ("created_at", "id", "name", "name_zh", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "slug", "topic") SELECT old_values."created_at", old_values."id", old_values."name", old_values."name_zh", old_values."parent_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position", old_values."slug", old_values."topic" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ee17f6916b901fd590ec1164edd117bbbffe1875', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_bdb47', referencing='REFERENCING OLD TABLE AS old_values ', table='customers_helpcategory', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='helpcategoryhistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6bf3e53f161e9dee94567faec3d5a2c81fd5949e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9cf10', table='customers_helpcategoryhistory', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='relatedarticle',
            constraint=models.UniqueConstraint(fields=('article', 'other'), name='related_article_once'),
        ),
        migrations.AddConstraint(
            model_name='relatedarticle',
            constraint=models.CheckConstraint(condition=models.Q(('article', models.F('other')), _negated=True), name='related_article_other'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='relatedarticle',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_relatedarticlehistory" ("article_id", "id", "other_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") SELECT new_values."article_id", new_values."id", new_values."other_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='817d419ab86ce5cf49cbbcacdb25e81cfdb941b2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_489a9', referencing='REFERENCING NEW TABLE AS new_values ', table='customers_relatedarticle', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='relatedarticle',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_relatedarticlehistory" ("article_id", "id", "other_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") SELECT new_values."article_id", new_values."id", new_values."other_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='2751aa802e08dfdb09a36d101a3af32cd83b0495', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_4746f', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='customers_relatedarticle', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='relatedarticle',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_relatedarticlehistory" ("article_id", "id", "other_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") SELECT old_values."article_id", old_values."id", old_values."other_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f3f3964820fd2f335026ecaae334e0443c21ad42', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_44838', referencing='REFERENCING OLD TABLE AS old_values ', table='customers_relatedarticle', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='relatedarticlehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9151d56f300b5fb9990ee6e5a9340556a3b8ef5a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_739f9', table='customers_relatedarticlehistory', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='retained',
            index=models.Index(condition=models.Q(('erased_at', None)), fields=['until', 'id'], name='retained_due'),
        ),
        migrations.AddConstraint(
            model_name='retained',
            constraint=models.UniqueConstraint(fields=('key', 'row'), name='retained_once'),
        ),
    ]),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "help.sql").read_text(),
            "DROP INDEX live_article_words; DROP FUNCTION customers_article_words; DELETE FROM customers_helpcategory",
        ),
    ]
