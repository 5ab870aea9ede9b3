from django.db import migrations

from backoffice.numbering import CreateSequence


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [CreateSequence("SO"), CreateSequence("RT")]
