"""Openings may be removed once they are a week old, so that they need not be kept for ever; none is ever changed."""

from django.db import migrations

CREATE = """
DROP TRIGGER orders_opening_append_only ON orders_opening;
CREATE TRIGGER orders_opening_append_only BEFORE UPDATE ON orders_opening
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER orders_opening_stays BEFORE DELETE ON orders_opening
    FOR EACH ROW WHEN (OLD.opened_at > now() - interval '7 days') EXECUTE FUNCTION kernel_refuse_change();
"""
DROP = """
DROP TRIGGER orders_opening_stays ON orders_opening;
DROP TRIGGER orders_opening_append_only ON orders_opening;
CREATE TRIGGER orders_opening_append_only BEFORE UPDATE OR DELETE ON orders_opening
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_reorders"), ("kernel", "0002_append_only")]
    operations = [migrations.RunSQL(CREATE, DROP)]
