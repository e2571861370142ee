"""The database itself refuses to owe more than was paid, and to change what inspectors found."""

from django.db import migrations

CREATE = """
CREATE TRIGGER aftersales_inspection_append_only BEFORE UPDATE OR DELETE ON aftersales_inspection
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();

CREATE FUNCTION aftersales_guard_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid numeric;
    owed numeric;
BEGIN
    SELECT total INTO paid FROM orders_order WHERE id = NEW.order_id FOR NO KEY UPDATE;
    SELECT COALESCE(sum(amount), 0) INTO owed FROM aftersales_refund
        WHERE order_id = NEW.order_id AND status <> 'canceled' AND id <> NEW.id;
    IF NEW.status <> 'canceled' AND owed + NEW.amount > paid THEN
        RAISE EXCEPTION 'refunds of % would be more than the % that were paid', owed + NEW.amount, paid
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_within_payment';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER aftersales_refund_guard BEFORE INSERT OR UPDATE OF amount, order_id, status ON aftersales_refund
    FOR EACH ROW EXECUTE FUNCTION aftersales_guard_refunds();
"""
DROP = """
DROP TRIGGER aftersales_refund_guard ON aftersales_refund;
DROP FUNCTION aftersales_guard_refunds();
DROP TRIGGER aftersales_inspection_append_only ON aftersales_inspection;
"""
# What was received before was received, inspected and accepted whole.
FILL = """
UPDATE aftersales_returnline line
SET received_quantity = line.quantity, accepted_quantity = line.quantity,
    damaged_quantity = CASE WHEN r.reason = 'damaged' THEN line.quantity ELSE 0 END,
    resellable_quantity = CASE WHEN r.reason = 'damaged' THEN 0 ELSE line.quantity END
FROM aftersales_return r WHERE r.id = line.return_case_id AND r.status IN ('received', 'refunded')
"""


class Migration(migrations.Migration):
    dependencies = [("aftersales", "0006_returns")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
