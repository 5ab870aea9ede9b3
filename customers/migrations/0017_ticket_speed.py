"""Tickets are found by what their messages say; unsolved ones have indexes of their own, promises fewer of the same columns."""

from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql"
FUNCTIONS = ("message_words(text)", "message_query(text)", "words_apart(text)")


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0016_due_and_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / "message_words.sql").read_text(),
            "".join(f"DROP FUNCTION customers_{name};" for name in FUNCTIONS),
        ),
        migrations.RunSQL((SQL / "promises.sql").read_text(), migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='ticket',
            name='ticket_queue',
        ),
        migrations.RemoveIndex(
            model_name='promisecycle',
            name='promise_of_ticket',
        ),
        migrations.AlterField(
            model_name='promisecycle',
            name='policy',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='customers.policy', verbose_name='service promise'),
        ),
        migrations.AlterField(
            model_name='promisecycle',
            name='ticket',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='customers.ticket', verbose_name='ticket'),
        ),
        migrations.AlterField(
            model_name='promiseevent',
            name='promise',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='customers.promisecycle', verbose_name='promise'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=django.contrib.postgres.indexes.GinIndex(models.Func(models.F('body'), function='customers_message_words', output_field=django.contrib.postgres.search.SearchVectorField()), fastupdate=False, name='message_words'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['customer', '-created_at', '-id'], name='ticket_of_timeline'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['queue', '-last_message_at', '-id'], name='ticket_queue_newest'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('status__in', ['new', 'on_hold', 'open', 'pending'])), fields=['queue', 'last_message_at', 'id'], include=('status', 'assignee', 'due_on'), name='ticket_unsolved_queue'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('status__in', ['new', 'on_hold', 'open', 'pending'])), fields=['assignee', 'last_message_at', 'id'], name='ticket_unsolved_assignee'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('status__in', ['new', 'on_hold', 'open', 'pending'])), fields=['-last_message_at', '-id'], name='ticket_unsolved'),
        ),
        # The planner knows what is frequent in an expression only after this.
        migrations.RunSQL("ANALYZE customers_message, customers_ticket", migrations.RunSQL.noop),
    ]
