"""Facts are only ever added."""

from django.db import migrations

CREATE = """
CREATE TRIGGER notifications_receipt_append_only BEFORE UPDATE OR DELETE ON notifications_receipt
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("kernel", "0002_append_only")]
    operations = [migrations.RunSQL(CREATE, "DROP TRIGGER notifications_receipt_append_only ON notifications_receipt")]
