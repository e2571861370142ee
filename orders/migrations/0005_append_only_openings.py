"""Openings and revocations of links are facts: only ever added."""

from django.db import migrations

TABLES = ("orders_opening", "orders_linkrevocation")
CREATE = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_access"), ("kernel", "0002_append_only")]
    operations = [
        migrations.RunSQL(CREATE.format(table=table), f"DROP TRIGGER {table}_append_only ON {table}")
        for table in TABLES
    ]
