"""Orders may leave in parts. Of those that left before, all has left: nobody said otherwise."""

from django.db import migrations, models


_ALL_LEFT = """
UPDATE orders_orderline AS line SET shipped_quantity = line.quantity FROM orders_order
WHERE line.order_id = orders_order.id AND orders_order.status IN ('shipped', 'completed');
SET CONSTRAINTS ALL IMMEDIATE;  -- the table is altered once more in this transaction
"""
_AS_ONE = "UPDATE orders_order SET status = 'shipped' WHERE status = 'partly_shipped'; SET CONSTRAINTS ALL IMMEDIATE;"


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0001_initial"),
        ("orders", "0009_openings_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="shipped_quantity",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="order",
            name="status",
            field=models.CharField(
                choices=[
                    ("placed", "Order confirmed"),
                    ("picking", "Being picked"),
                    ("packed", "Packed"),
                    ("partly_shipped", "Partly on its way"),
                    ("shipped", "On its way"),
                    ("completed", "Delivered"),
                    ("canceled", "Canceled"),
                ],
                default="placed",
                max_length=20,
            ),
        ),
        migrations.RunSQL(_ALL_LEFT, _AS_ONE),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("shipped_quantity__lte", models.F("quantity"))), name="shipped_within_ordered"
            ),
        ),
    ]
