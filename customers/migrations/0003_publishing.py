from pathlib import Path

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from backoffice.schema import Together


class Migration(migrations.Migration):

    dependencies = [
        ("backoffice", "0005_publishing"),
        ('customers', '0002_files'),
    ]

    operations = [
        Together([
        pgtrigger.migrations.RemoveTrigger(
            model_name='article',
            name='legal_transitions',
        ),
        migrations.AlterField(
            model_name='article',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('scheduled', 'Scheduled'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='articlehistory',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('scheduled', 'Scheduled'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=12, verbose_name='status'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='article',
            trigger=pgtrigger.compiler.Trigger(name='legal_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\n            IF NOT ((OLD.status, NEW.status) IN (('archived', 'draft'), ('draft', 'archived'), ('draft', 'in_review'), ('in_review', 'draft'), ('in_review', 'published'), ('in_review', 'scheduled'), ('published', 'archived'), ('published', 'draft'), ('published', 'in_review'), ('scheduled', 'draft'), ('scheduled', 'published'))) THEN\n                RAISE EXCEPTION '% % is % and cannot become %.', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status\n                USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='493c7f6fb09b122a532e0984acbb1a6633dae51a', operation='UPDATE OF "status"', pgid='pgtrigger_legal_transitions_578cf', table='customers_article', when='BEFORE')),
        ),
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "publishing.sql").read_text(),
            "DROP TRIGGER review_of_changed ON customers_article;DROP TRIGGER review_of_deleted ON customers_article;DROP TRIGGER status_guard ON customers_article;DROP TRIGGER status_guard_new ON customers_article;"
            "DROP INDEX live_article_address; DROP INDEX live_article_topic; DROP INDEX live_article_text; DROP FUNCTION customers_article_text;"
            "DROP FUNCTION customers_article_authors; DROP FUNCTION customers_article_seen; DROP FUNCTION customers_article_content;"
            "DROP FUNCTION customers_article_contents",
        ),
        # What is published already stays so.
        migrations.RunSQL(
            """SELECT backoffice_go_live('customers.article', array_agg(review)) FROM backoffice_submit(
                'customers.article', (SELECT array_agg(id ORDER BY id) FROM customers_article WHERE status = 'published'), NULL, '', NULL, NULL, true, '{}'
            ) HAVING count(*) > 0; SET CONSTRAINTS ALL IMMEDIATE""",
            migrations.RunSQL.noop,
        ),
        ]),
    ]
