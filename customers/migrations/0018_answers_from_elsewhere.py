"""Answers of another system's agents have no author here."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0017_ticket_speed'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='message',
            name='message_of_staff_has_author',
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reply'), _negated=True), ('author__isnull', False), ('sent_at__isnull', False), _connector='OR'), name='message_of_staff_has_author', violation_error_message='An answer that nobody here wrote was sent before it came here.'),
        ),
    ]
