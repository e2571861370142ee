from django.db import migrations, models

# What is waiting at this moment was put first by a due_at of the day before.
WAITING = """
UPDATE notifications_message SET is_urgent = true
WHERE done_at IS NULL AND kind IN (
    'verification_code', 'number_changed', 'reply', 'words_test', 'out_for_delivery', 'withdrawal_acknowledged')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0008_wishes_by_group"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="is_urgent",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Of use now only: it is sent before all that can wait",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("is_urgent", True)),
                fields=["due_at"],
                name="message_urgent_due",
            ),
        ),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
    ]
