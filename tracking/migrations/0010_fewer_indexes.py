"""Indexes that others begin with go: each was written with every scan, and read by nobody who had not a better one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0002_logo"),
        ("orders", "0002_import"),
        ("tracking", "0008_polling"),
    ]

    operations = [
        migrations.AlterField(
            model_name="shipment",
            name="merchant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shipments",
                to="merchants.merchant",
            ),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="order",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="shipments", to="orders.order"
            ),
        ),
        migrations.AlterField(
            model_name="trackingevent",
            name="parcel",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="events", to="tracking.parcel"
            ),
        ),
        migrations.AlterField(
            model_name="trail",
            name="parcel",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="trails", to="tracking.parcel"
            ),
        ),
    ]
