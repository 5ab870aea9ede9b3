"""What the shop front asks of live products."""

from django.db import migrations

FORWARDS = """
CREATE UNIQUE INDEX live_product_handle ON backoffice_liveversion (upper(content ->> 'handle'))
    WHERE subject_type = 'catalog.product' AND is_live;
CREATE INDEX live_product_files ON backoffice_liveversion USING gin ((content -> 'media') jsonb_path_ops)
    WHERE subject_type = 'catalog.product' AND is_live;
"""
BACKWARDS = "DROP INDEX live_product_handle; DROP INDEX live_product_files;"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_publishing"), ("backoffice", "0009_feed_reader")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
