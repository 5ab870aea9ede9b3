from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    """Triggers on tables of allauth, which refer to our users in turn, and the shared cache."""

    dependencies = [("backoffice", "0001_initial"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent.parent / "sql" / "access.sql").read_text(),
            "DROP TABLE backoffice_cache;"
            "DROP TRIGGER backoffice_raise_access_version ON mfa_authenticator;"
            "DROP TRIGGER backoffice_keep_owner_name ON auth_group;"
            "DROP FUNCTION backoffice_keep_an_owner() CASCADE; DROP FUNCTION backoffice_keep_owner_name() CASCADE;"
            "DROP FUNCTION backoffice_raise_access_version() CASCADE; DROP FUNCTION backoffice_keep_access_version() CASCADE;",
        )
    ]
