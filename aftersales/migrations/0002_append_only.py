"""Facts are only ever added."""

from django.db import migrations

CREATE = """
CREATE TRIGGER aftersales_evidence_append_only BEFORE UPDATE OR DELETE ON aftersales_evidence
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("aftersales", "0001_initial"), ("kernel", "0002_append_only")]
    operations = [migrations.RunSQL(CREATE, "DROP TRIGGER aftersales_evidence_append_only ON aftersales_evidence")]
