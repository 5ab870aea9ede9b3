"""Chinese of one or two characters is found in tickets and customers by an index; built beside what others read and write."""

from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql" / "message_words.sql"
INDEX = "CREATE INDEX CONCURRENTLY {0}_pairs ON customers_{0} USING gin (customers_pairs(search_text)) WITH (fastupdate = off)"
GONE = "DROP INDEX CONCURRENTLY IF EXISTS {0}_pairs"


def pairs_index(model):
    pairs = models.Func(models.F('search_text'), function='customers_pairs', output_field=django.contrib.postgres.search.SearchVectorField())
    index = django.contrib.postgres.indexes.GinIndex(pairs, fastupdate=False, name=f'{model}_pairs')
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(GONE.format(model), migrations.RunSQL.noop),
            migrations.RunSQL(INDEX.format(model), GONE.format(model)),
            migrations.RunSQL(f"ANALYZE customers_{model}", migrations.RunSQL.noop),
        ],
        state_operations=[migrations.AddIndex(model_name=model, index=index)],
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('customers', '0020_words_of_former_messages'),
    ]

    operations = [
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
        pairs_index('customer'),
        pairs_index('ticket'),
    ]
