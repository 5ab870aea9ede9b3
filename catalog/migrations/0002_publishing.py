from pathlib import Path

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("backoffice", "0005_publishing"),
        ('catalog', '0001_initial'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='product',
            name='legal_transitions',
        ),
        migrations.AlterField(
            model_name='product',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('scheduled', 'Scheduled'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='producthistory',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('scheduled', 'Scheduled'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=12, verbose_name='status'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='product',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('archived', 'draft'), ('draft', 'archived'), ('draft', 'in_review'), ('in_review', 'draft'), ('in_review', 'published'), ('in_review', 'scheduled'), ('published', 'archived'), ('published', 'draft'), ('published', 'in_review'), ('scheduled', 'draft'), ('scheduled', 'published'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='c931997ae740d6c23d5df7043593f41d71cb2eac', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_76e3b', table='catalog_product', when='BEFORE')),
        ),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "publishing.sql").read_text(),
            "DROP TRIGGER review_of_changed ON catalog_product;DROP TRIGGER review_of_deleted ON catalog_product;DROP TRIGGER status_guard ON catalog_product;DROP TRIGGER status_guard_new ON catalog_product;"
            "DROP TRIGGER review_of_changed ON catalog_variant;DROP TRIGGER review_of_added ON catalog_variant;DROP TRIGGER review_of_deleted ON catalog_variant;"
            "DROP TRIGGER review_of_changed ON catalog_media;DROP TRIGGER review_of_added ON catalog_media;DROP TRIGGER review_of_deleted ON catalog_media;"
            "DROP TRIGGER review_of_changed ON catalog_category;DROP TRIGGER review_of_changed ON catalog_brand;"
            "DROP FUNCTION catalog_product_authors; DROP FUNCTION catalog_product_seen; DROP FUNCTION catalog_product_content;"
            "DROP FUNCTION catalog_product_contents",
        ),
        # What is published already stays so.
        migrations.RunSQL(
            """SELECT backoffice_go_live('catalog.product', array_agg(review)) FROM backoffice_submit(
                'catalog.product', (SELECT array_agg(id ORDER BY id) FROM catalog_product WHERE status = 'published'), NULL, '', NULL, NULL, true, '{}'
            ) HAVING count(*) > 0; SET CONSTRAINTS ALL IMMEDIATE""",
            migrations.RunSQL.noop,
        ),
    ]
