import backoffice.money
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
from django.db import migrations, models

from backoffice.schema import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('backoffice', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            models=[
                migrations.CreateModel(
                    name='Category',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='catalog.category', verbose_name='parent')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('name_zh', models.CharField(blank=True, max_length=120, verbose_name='Chinese name')),
                        ('path', models.CharField(editable=False, max_length=600, unique=True, verbose_name='path')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'verbose_name': 'category',
                        'verbose_name_plural': 'categories',
                        'ordering': ['path'],
                        'indexes': [models.Index(fields=['path'], name='category_path_prefix', opclasses=['text_pattern_ops'])],
                        'constraints': [models.UniqueConstraint(models.F('parent'), django.db.models.functions.text.Lower('name'), name='category_name_once', nulls_distinct=False, violation_error_message='There is a category of this name here already.'), models.CheckConstraint(condition=models.Q(('parent', models.F('id')), _negated=True), name='category_not_its_own_parent', violation_error_message='A category cannot stand below itself.'), models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('name__contains', ' > '), _negated=True)), name='category_named_plainly', violation_error_message='A category needs a name without “ > ”, which stands between the names of a path.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='below_its_parent', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE above text;', func="\n        PERFORM pg_advisory_xact_lock(hashtext('catalog_category'));\n        IF NEW.parent_id IS NULL THEN\n            NEW.path := NEW.name;\n            RETURN NEW;\n        END IF;\n        IF TG_OP = 'UPDATE' AND EXISTS (\n            WITH RECURSIVE ancestor AS (\n                SELECT id, parent_id FROM catalog_category WHERE id = NEW.parent_id\n                UNION\n                SELECT c.id, c.parent_id FROM catalog_category c JOIN ancestor a ON c.id = a.parent_id\n            )\n            SELECT FROM ancestor WHERE id = NEW.id\n        ) THEN\n            RAISE EXCEPTION 'A category cannot stand below itself: %.', NEW.name\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'category_not_its_own_parent';\n        END IF;\n        SELECT path INTO above FROM catalog_category WHERE id = NEW.parent_id;\n        NEW.path := above || ' > ' || NEW.name;\n        RETURN NEW;\n    ", hash='268f198237d5f9f28c20dad9f30bc37914a4d9d7', operation='INSERT OR UPDATE OF "name", "parent_id", "path"', pgid='pgtrigger_below_its_parent_4508c', table='catalog_category', when='BEFORE')),
                            pgtrigger.compiler.Trigger(name='carry_path_down', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.path IS DISTINCT FROM NEW.path)', func="\n        UPDATE catalog_category SET path = NEW.path || ' > ' || name WHERE parent_id = NEW.id;\n        RETURN NULL;\n    ", hash='1316d9b2e9b520984a0135306b96817bb57e7e37', operation='UPDATE', pgid='pgtrigger_carry_path_down_a1599', table='catalog_category', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_categoryhistory" ("created_at", "id", "name", "name_zh", "parent_id", "path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "updated_at") SELECT new_values."created_at", new_values."id", new_values."name", new_values."name_zh", new_values."parent_id", new_values."path", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1f21186698b38ad08cd19187fbc7968a9109762b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_450cc', referencing='REFERENCING NEW TABLE AS new_values ', table='catalog_category', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_categoryhistory" ("created_at", "id", "name", "name_zh", "parent_id", "path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "updated_at") SELECT new_values."created_at", new_values."id", new_values."name", new_values."name_zh", new_values."parent_id", new_values."path", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f3b34877f4bfa620d5e682f8d9896392df2eea66', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_8b940', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='catalog_category', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_categoryhistory" ("created_at", "id", "name", "name_zh", "parent_id", "path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "updated_at") SELECT old_values."created_at", old_values."id", old_values."name", old_values."name_zh", old_values."parent_id", old_values."path", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='1f54e5684903614fc5ffe5d7df91f6f57dfb957e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_5b72e', referencing='REFERENCING OLD TABLE AS old_values ', table='catalog_category', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='CategoryHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='catalog.category')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('parent', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.category', verbose_name='parent')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('name_zh', models.CharField(blank=True, max_length=120, verbose_name='Chinese name')),
                        ('path', models.CharField(editable=False, max_length=600, verbose_name='path')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b75cfd638a0e1090c87689a01f2ae4077d2191da', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c0c9c', table='catalog_categoryhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Brand',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'verbose_name': 'brand',
                        'verbose_name_plural': 'brands',
                        'ordering': ['name'],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='brand_name_once', violation_error_message='There is a brand of this name already.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_brandhistory" ("created_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") SELECT new_values."created_at", new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='17ed585b37e0a2f93a3d0118cca3b45cc6a3213b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_e6d3d', referencing='REFERENCING NEW TABLE AS new_values ', table='catalog_brand', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_brandhistory" ("created_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") SELECT new_values."created_at", new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='315d25b11237ec67888d3360ea13b98e3c597836', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_c06ba', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='catalog_brand', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_brandhistory" ("created_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") SELECT old_values."created_at", old_values."id", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='56418f49421b103c2c023cd1bce8ada1910a9552', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_6beb2', referencing='REFERENCING OLD TABLE AS old_values ', table='catalog_brand', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='BrandHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='catalog.brand')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cc46459fe174de00f07c102a7a457e3f56415fe9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_358d8', table='catalog_brandhistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Product',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('handle', models.CharField(max_length=200, verbose_name='handle')),
                        ('title', models.CharField(max_length=255, verbose_name='title')),
                        ('title_zh', models.CharField(blank=True, max_length=255, verbose_name='Chinese title')),
                        ('description', models.TextField(blank=True, verbose_name='description')),
                        ('description_zh', models.TextField(blank=True, verbose_name='Chinese description')),
                        ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='catalog.category', verbose_name='category')),
                        ('brand', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='catalog.brand', verbose_name='brand')),
                        ('product_type', models.CharField(blank=True, max_length=120, verbose_name='type')),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None, verbose_name='tags')),
                        ('status', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=12, verbose_name='status')),
                        ('options', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=3, verbose_name='option names')),
                        ('attributes', models.JSONField(blank=True, default=dict, verbose_name='attributes')),
                        ('seo_title', models.CharField(blank=True, max_length=255, verbose_name='SEO title')),
                        ('seo_description', models.TextField(blank=True, verbose_name='SEO description')),
                        ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                        ('search_text', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Upper(django.db.models.functions.text.Concat(models.F('title'), models.Value(' '), models.F('title_zh'), models.Value(' '), models.F('handle'), models.Value(' '), models.F('product_type'), models.Value(' '), output_field=models.TextField())), output_field=models.TextField())),
                    ],
                    options={
                        'verbose_name': 'product',
                        'verbose_name_plural': 'products',
                        'ordering': ['-pk'],
                        'permissions': [('publish_product', 'Can publish, unpublish and archive products')],
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='product_search', opclasses=['gin_trgm_ops']), models.Index(fields=['status', '-id'], name='product_status'), models.Index(fields=['category', '-id'], name='product_category'), models.Index(fields=['brand', '-id'], name='product_brand'), models.Index(fields=['-updated_at', '-id'], name='product_updated'), models.Index(fields=['title', 'id'], name='product_title'), django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='product_tags')],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('handle'), name='product_handle_once', violation_error_message='This handle is taken.'), models.CheckConstraint(condition=models.Q(models.Q(('handle', ''), _negated=True), models.Q(('title', ''), _negated=True)), name='product_named', violation_error_message='A product needs a handle and a title.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('archived', 'draft'), ('draft', 'archived'), ('draft', 'published'), ('published', 'archived'), ('published', 'draft'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='d7b513b8ae5f147c5681b805563551b637e8b27c', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_76e3b', table='catalog_product', when='BEFORE')),
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_producthistory" ("attributes", "brand_id", "category_id", "created_at", "description", "description_zh", "handle", "id", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_type", "published_at", "seo_description", "seo_title", "status", "tags", "title", "title_zh", "updated_at") SELECT new_values."attributes", new_values."brand_id", new_values."category_id", new_values."created_at", new_values."description", new_values."description_zh", new_values."handle", new_values."id", new_values."options", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."product_type", new_values."published_at", new_values."seo_description", new_values."seo_title", new_values."status", new_values."tags", new_values."title", new_values."title_zh", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='91ef47d03279c5b67863f99a39b1dcb80ef1ef5b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_ae3fa', referencing='REFERENCING NEW TABLE AS new_values ', table='catalog_product', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_producthistory" ("attributes", "brand_id", "category_id", "created_at", "description", "description_zh", "handle", "id", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_type", "published_at", "seo_description", "seo_title", "status", "tags", "title", "title_zh", "updated_at") SELECT new_values."attributes", new_values."brand_id", new_values."category_id", new_values."created_at", new_values."description", new_values."description_zh", new_values."handle", new_values."id", new_values."options", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."product_type", new_values."published_at", new_values."seo_description", new_values."seo_title", new_values."status", new_values."tags", new_values."title", new_values."title_zh", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."attributes" IS DISTINCT FROM (new_values."attributes") OR old_values."brand_id" IS DISTINCT FROM (new_values."brand_id") OR old_values."category_id" IS DISTINCT FROM (new_values."category_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."description_zh" IS DISTINCT FROM (new_values."description_zh") OR old_values."handle" IS DISTINCT FROM (new_values."handle") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."options" IS DISTINCT FROM (new_values."options") OR old_values."product_type" IS DISTINCT FROM (new_values."product_type") OR old_values."published_at" IS DISTINCT FROM (new_values."published_at") OR old_values."seo_description" IS DISTINCT FROM (new_values."seo_description") OR old_values."seo_title" IS DISTINCT FROM (new_values."seo_title") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."tags" IS DISTINCT FROM (new_values."tags") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."title_zh" IS DISTINCT FROM (new_values."title_zh") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e05977df65354a2d51b21669a9ea1039832cc02d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_580c5', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='catalog_product', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_producthistory" ("attributes", "brand_id", "category_id", "created_at", "description", "description_zh", "handle", "id", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_type", "published_at", "seo_description", "seo_title", "status", "tags", "title", "title_zh", "updated_at") SELECT old_values."attributes", old_values."brand_id", old_values."category_id", old_values."created_at", old_values."description", old_values."description_zh", old_values."handle", old_values."id", old_values."options", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."product_type", old_values."published_at", old_values."seo_description", old_values."seo_title", old_values."status", old_values."tags", old_values."title", old_values."title_zh", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='30d4bdb0f6f37c9f19645a0d35838fa8ace17114', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a763a', referencing='REFERENCING OLD TABLE AS old_values ', table='catalog_product', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='ProductHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='catalog.product')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('handle', models.CharField(max_length=200, verbose_name='handle')),
                        ('title', models.CharField(max_length=255, verbose_name='title')),
                        ('title_zh', models.CharField(blank=True, max_length=255, verbose_name='Chinese title')),
                        ('description', models.TextField(blank=True, verbose_name='description')),
                        ('description_zh', models.TextField(blank=True, verbose_name='Chinese description')),
                        ('category', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.category', verbose_name='category')),
                        ('brand', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.brand', verbose_name='brand')),
                        ('product_type', models.CharField(blank=True, max_length=120, verbose_name='type')),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None, verbose_name='tags')),
                        ('status', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=12, verbose_name='status')),
                        ('options', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=3, verbose_name='option names')),
                        ('attributes', models.JSONField(blank=True, default=dict, verbose_name='attributes')),
                        ('seo_title', models.CharField(blank=True, max_length=255, verbose_name='SEO title')),
                        ('seo_description', models.TextField(blank=True, verbose_name='SEO description')),
                        ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9584deb0d68d3bd52efe2335b759ac45b94511b2', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7ea5c', table='catalog_producthistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Variant',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variants', to='catalog.product', verbose_name='product')),
                        ('sku', models.CharField(max_length=100, verbose_name='SKU')),
                        ('barcode', models.CharField(blank=True, max_length=40, verbose_name='barcode')),
                        ('title', models.CharField(blank=True, help_text='Product and option values, kept for search.', max_length=400, verbose_name='title')),
                        ('option1', models.CharField(blank=True, max_length=160, verbose_name='option 1')),
                        ('option2', models.CharField(blank=True, max_length=160, verbose_name='option 2')),
                        ('option3', models.CharField(blank=True, max_length=160, verbose_name='option 3')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                        ('price', backoffice.money.MoneyField(decimal_places=3, default=0, max_digits=15, verbose_name='price')),
                        ('compare_at', backoffice.money.MoneyField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='compare-at price')),
                        ('cost', backoffice.money.MoneyField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='cost')),
                        ('weight_grams', models.PositiveIntegerField(blank=True, null=True, verbose_name='weight (g)')),
                        ('tax_class', models.CharField(default='standard', max_length=40, verbose_name='tax class')),
                        ('requires_shipping', models.BooleanField(default=True, verbose_name='requires shipping')),
                        ('track_stock', models.BooleanField(default=True, verbose_name='track stock')),
                        ('backorder_limit', models.PositiveIntegerField(default=0, help_text='How many may be promised per location beyond what is there.', verbose_name='backorder limit')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                        ('search_text', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Upper(django.db.models.functions.text.Concat(models.F('sku'), models.Value(' '), models.F('barcode'), models.Value(' '), models.F('title'), models.Value(' '), output_field=models.TextField())), output_field=models.TextField())),
                    ],
                    options={
                        'verbose_name': 'variant',
                        'verbose_name_plural': 'variants',
                        'ordering': ['product', 'position', 'pk'],
                        'permissions': [('view_cost', 'Can see costs and margins')],
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='variant_search', opclasses=['gin_trgm_ops']), models.Index(fields=['product', 'position', 'id'], name='variant_of_product'), models.Index(condition=models.Q(('barcode', ''), _negated=True), fields=['barcode'], name='variant_barcode'), models.Index(condition=models.Q(('barcode', '')), fields=['-id'], name='variant_no_barcode'), models.Index(fields=['is_active', '-id'], name='variant_active'), models.Index(fields=['-updated_at', '-id'], name='variant_updated'), models.Index(fields=['price', 'id'], name='variant_price')],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('sku'), name='variant_sku_once', violation_error_message='This SKU is taken (capitals and small letters count as the same).'), models.UniqueConstraint(fields=('product', 'option1', 'option2', 'option3'), name='variant_options_once', violation_error_message='The product has a variant with these options already.'), models.CheckConstraint(condition=models.Q(('sku', ''), _negated=True), name='variant_sku_given', violation_error_message='A variant needs a SKU.'), models.CheckConstraint(condition=models.Q(('price__gte', 0), models.Q(('compare_at', None), ('compare_at__gte', 0), _connector='OR'), models.Q(('cost', None), ('cost__gte', 0), _connector='OR')), name='variant_prices_not_negative', violation_error_message='Prices cannot be negative.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_varianthistory" ("backorder_limit", "barcode", "compare_at", "cost", "created_at", "id", "is_active", "option1", "option2", "option3", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "price", "product_id", "requires_shipping", "sku", "tax_class", "title", "track_stock", "updated_at", "weight_grams") SELECT new_values."backorder_limit", new_values."barcode", new_values."compare_at", new_values."cost", new_values."created_at", new_values."id", new_values."is_active", new_values."option1", new_values."option2", new_values."option3", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position", new_values."price", new_values."product_id", new_values."requires_shipping", new_values."sku", new_values."tax_class", new_values."title", new_values."track_stock", new_values."updated_at", new_values."weight_grams" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d2fa7f311340a173f53ab288ff670b396e347d36', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_d476e', referencing='REFERENCING NEW TABLE AS new_values ', table='catalog_variant', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_varianthistory" ("backorder_limit", "barcode", "compare_at", "cost", "created_at", "id", "is_active", "option1", "option2", "option3", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "price", "product_id", "requires_shipping", "sku", "tax_class", "title", "track_stock", "updated_at", "weight_grams") SELECT new_values."backorder_limit", new_values."barcode", new_values."compare_at", new_values."cost", new_values."created_at", new_values."id", new_values."is_active", new_values."option1", new_values."option2", new_values."option3", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position", new_values."price", new_values."product_id", new_values."requires_shipping", new_values."sku", new_values."tax_class", new_values."title", new_values."track_stock", new_values."updated_at", new_values."weight_grams" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."backorder_limit" IS DISTINCT FROM (new_values."backorder_limit") OR old_values."barcode" IS DISTINCT FROM (new_values."barcode") OR old_values."compare_at" IS DISTINCT FROM (new_values."compare_at") OR old_values."cost" IS DISTINCT FROM (new_values."cost") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."option1" IS DISTINCT FROM (new_values."option1") OR old_values."option2" IS DISTINCT FROM (new_values."option2") OR old_values."option3" IS DISTINCT FROM (new_values."option3") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."price" IS DISTINCT FROM (new_values."price") OR old_values."product_id" IS DISTINCT FROM (new_values."product_id") OR old_values."requires_shipping" IS DISTINCT FROM (new_values."requires_shipping") OR old_values."sku" IS DISTINCT FROM (new_values."sku") OR old_values."tax_class" IS DISTINCT FROM (new_values."tax_class") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."track_stock" IS DISTINCT FROM (new_values."track_stock") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at") OR old_values."weight_grams" IS DISTINCT FROM (new_values."weight_grams")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6a8beb08acb8aef7bb3492a5d87d4947b218175e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ee635', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='catalog_variant', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_varianthistory" ("backorder_limit", "barcode", "compare_at", "cost", "created_at", "id", "is_active", "option1", "option2", "option3", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "price", "product_id", "requires_shipping", "sku", "tax_class", "title", "track_stock", "updated_at", "weight_grams") SELECT old_values."backorder_limit", old_values."barcode", old_values."compare_at", old_values."cost", old_values."created_at", old_values."id", old_values."is_active", old_values."option1", old_values."option2", old_values."option3", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position", old_values."price", old_values."product_id", old_values."requires_shipping", old_values."sku", old_values."tax_class", old_values."title", old_values."track_stock", old_values."updated_at", old_values."weight_grams" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b2977442c48c634226c15833c597495ec2bb6768', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_6039e', referencing='REFERENCING OLD TABLE AS old_values ', table='catalog_variant', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='VariantHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='catalog.variant')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product', verbose_name='product')),
                        ('sku', models.CharField(max_length=100, verbose_name='SKU')),
                        ('barcode', models.CharField(blank=True, max_length=40, verbose_name='barcode')),
                        ('title', models.CharField(blank=True, help_text='Product and option values, kept for search.', max_length=400, verbose_name='title')),
                        ('option1', models.CharField(blank=True, max_length=160, verbose_name='option 1')),
                        ('option2', models.CharField(blank=True, max_length=160, verbose_name='option 2')),
                        ('option3', models.CharField(blank=True, max_length=160, verbose_name='option 3')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                        ('price', backoffice.money.MoneyField(decimal_places=3, default=0, max_digits=15, verbose_name='price')),
                        ('compare_at', backoffice.money.MoneyField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='compare-at price')),
                        ('cost', backoffice.money.MoneyField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='cost')),
                        ('weight_grams', models.PositiveIntegerField(blank=True, null=True, verbose_name='weight (g)')),
                        ('tax_class', models.CharField(default='standard', max_length=40, verbose_name='tax class')),
                        ('requires_shipping', models.BooleanField(default=True, verbose_name='requires shipping')),
                        ('track_stock', models.BooleanField(default=True, verbose_name='track stock')),
                        ('backorder_limit', models.PositiveIntegerField(default=0, help_text='How many may be promised per location beyond what is there.', verbose_name='backorder limit')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='846d4c71c39b1391a40299c2c6fb4f9d10f0bdd3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ad130', table='catalog_varianthistory', when='BEFORE')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='Media',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='media', to='catalog.product', verbose_name='product')),
                        ('variant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='media', to='catalog.variant', verbose_name='variant')),
                        ('file', models.FileField(blank=True, upload_to='products/', verbose_name='file')),
                        ('url', models.URLField(blank=True, max_length=1000, verbose_name='address')),
                        ('alt', models.CharField(blank=True, max_length=512, verbose_name='alternative text')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                    ],
                    options={
                        'verbose_name': 'picture',
                        'verbose_name_plural': 'pictures',
                        'ordering': ['position', 'pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('file', ''), _negated=True), models.Q(('url', ''), _negated=True), _connector='OR'), name='media_has_source', violation_error_message='A picture needs a file or an address.'), models.UniqueConstraint(condition=models.Q(('url', ''), _negated=True), fields=('product', 'url'), name='media_url_once', violation_error_message='The product shows this picture already.')],
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_mediahistory" ("alt", "file", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "url", "variant_id") SELECT new_values."alt", new_values."file", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position", new_values."product_id", new_values."url", new_values."variant_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='36edd2ea9b3de1e6d527971cb615e8e56e553664', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_efca6', referencing='REFERENCING NEW TABLE AS new_values ', table='catalog_media', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_mediahistory" ("alt", "file", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "url", "variant_id") SELECT new_values."alt", new_values."file", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position", new_values."product_id", new_values."url", new_values."variant_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0dc7b812d3f07abe15833a7203add36a5579353a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_edd8f', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='catalog_media', when='AFTER')),
                            pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_mediahistory" ("alt", "file", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "url", "variant_id") SELECT old_values."alt", old_values."file", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position", old_values."product_id", old_values."url", old_values."variant_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ecf40df34edf73d8033ee0fe93e8eb8d2efba50c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_74506', referencing='REFERENCING OLD TABLE AS old_values ', table='catalog_media', when='AFTER')),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name='MediaHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='catalog.media')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product', verbose_name='product')),
                        ('variant', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.variant', verbose_name='variant')),
                        ('file', models.FileField(blank=True, upload_to='products/', verbose_name='file')),
                        ('url', models.URLField(blank=True, max_length=1000, verbose_name='address')),
                        ('alt', models.CharField(blank=True, max_length=512, verbose_name='alternative text')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                    ],
                    options={
                        'abstract': False,
                        'triggers': [
                            pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cf94cf0045b76cf179a46bfe74c93052c13574f0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_df7f6', table='catalog_mediahistory', when='BEFORE')),
                        ],
                    },
                ),
            ],
        ),
        # Enough samples of the searched text to tell a common fragment, best found by walking the list, from a rare one.
        migrations.RunSQL(
            "ALTER TABLE catalog_product ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE catalog_product ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
        migrations.RunSQL(
            "ALTER TABLE catalog_variant ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE catalog_variant ALTER COLUMN search_text SET STATISTICS DEFAULT",
        ),
    ]
