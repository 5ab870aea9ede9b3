"""The words of messages stand in a table of their own, kept by triggers; those of former messages follow in the next migration."""

from pathlib import Path

import django.contrib.postgres.search
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql" / "message_words.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0018_answers_from_elsewhere'),
    ]

    operations = [
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
        migrations.CreateModel(
            name='MessageWords',
            fields=[
                ('message', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='words', serialize=False, to='customers.message')),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'verbose_name': 'words of a message',
                'verbose_name_plural': 'words of messages',
                'default_permissions': (),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='find_words', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO customers_messagewords (message_id, ticket_id, words)\n            SELECT id, ticket_id, customers_message_words(body) FROM added;\n            RETURN NULL;\n        ', hash='fa57db0a8c66dbefce4767be8d7b516b8669bc54', level='STATEMENT', operation='INSERT', pgid='pgtrigger_find_words_a36ad', referencing='REFERENCING NEW TABLE AS added ', table='customers_message', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='find_words_again', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.body <> NEW.body OR OLD.ticket_id <> NEW.ticket_id)', func='\n            INSERT INTO customers_messagewords (message_id, ticket_id, words)\n            VALUES (NEW.id, NEW.ticket_id, customers_message_words(NEW.body))\n            ON CONFLICT (message_id) DO UPDATE SET ticket_id = excluded.ticket_id, words = excluded.words;\n            RETURN NULL;\n        ', hash='a6490b8f1a3648758df4245f22d75d05fec341b8', operation='UPDATE OF "body", "ticket_id"', pgid='pgtrigger_find_words_again_45b88', table='customers_message', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='forget_words', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            DELETE FROM customers_messagewords WHERE message_id = OLD.id;\n            RETURN NULL;\n        ', hash='e7d7c076c0f8d6034355c891facea7f859673743', operation='DELETE', pgid='pgtrigger_forget_words_e87ea', table='customers_message', when='AFTER')),
        ),
        migrations.AddField(
            model_name='messagewords',
            name='ticket',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.ticket'),
        ),
    ]
