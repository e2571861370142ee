"""Contacts with carriers are facts, too: only ever added."""

from django.db import migrations

CREATE = """
CREATE TRIGGER tracking_carriercontact_append_only BEFORE UPDATE OR DELETE ON tracking_carriercontact
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0005_trails"), ("kernel", "0002_append_only")]
    operations = [
        migrations.RunSQL(CREATE, "DROP TRIGGER tracking_carriercontact_append_only ON tracking_carriercontact")
    ]
