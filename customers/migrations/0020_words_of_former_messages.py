"""Messages that were there before are found by the table of words, and the former index goes.

Nobody waits for it: the table is filled in transactions of BATCH messages, indexes are built and dropped beside what others read and
write. Broken off, it is run again, and what is filled already stays.
"""

import django.contrib.postgres.indexes
from django.db import migrations

BATCH = 10_000
FILL = """
    INSERT INTO customers_messagewords (message_id, ticket_id, words)
    SELECT id, ticket_id, customers_message_words(body) FROM customers_message WHERE id >= %s AND id < %s ORDER BY id
    ON CONFLICT DO NOTHING
"""
GONE = "DELETE FROM customers_messagewords w WHERE NOT EXISTS (SELECT 1 FROM customers_message m WHERE m.id = w.message_id)"
INDEX = "CREATE INDEX CONCURRENTLY message_words_found ON customers_messagewords USING gin (words) WITH (fastupdate = off)"
FORMER = "CREATE INDEX CONCURRENTLY message_words ON customers_message USING gin (customers_message_words(body)) WITH (fastupdate = off)"


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM customers_message")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, BATCH):
            cursor.execute(FILL, [start, start + BATCH])
        cursor.execute(GONE)  # those that somebody deleted meanwhile


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('customers', '0019_words_of_messages'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS message_words_found", migrations.RunSQL.noop),
                migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS message_words_found"),
                migrations.RunSQL("ANALYZE customers_messagewords", migrations.RunSQL.noop),
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS message_words", FORMER),
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name='messagewords',
                    index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='message_words_found'),
                ),
                migrations.RemoveIndex(
                    model_name='message',
                    name='message_words',
                ),
            ],
        ),
    ]
