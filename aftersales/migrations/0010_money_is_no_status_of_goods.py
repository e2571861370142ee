"""A return's status tells of its goods; that its money was paid stands in its refunds."""

from django.db import migrations, models

FOLD = "UPDATE aftersales_return SET status = 'closed' WHERE status = 'refunded'"
UNFOLD = """
UPDATE aftersales_return SET status = 'refunded'
WHERE status = 'closed' AND EXISTS (
    SELECT FROM aftersales_refund WHERE return_case_id = aftersales_return.id AND status = 'paid'
)
"""


class Migration(migrations.Migration):
    dependencies = [("aftersales", "0009_receivers_word")]
    operations = [
        migrations.RunSQL(FOLD, UNFOLD),
        migrations.AlterField(
            model_name="return",
            name="status",
            field=models.CharField(
                choices=[
                    ("requested", "Return requested"),
                    ("approved", "Return approved"),
                    ("rejected", "Return declined"),
                    ("partly_received", "Partly received"),
                    ("received", "Return received"),
                    ("kept", "Keep the goods"),
                    ("closed", "Completed"),
                    ("expired", "Return expired"),
                    ("canceled", "Return canceled"),
                ],
                default="requested",
                max_length=20,
            ),
        ),
    ]
