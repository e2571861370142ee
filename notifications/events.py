"""What notifications publishes."""

from logistics_portal.kernel.events import event_type

WEBHOOK_DISABLED = event_type(
    "notifications.webhook_disabled",
    "A merchant's endpoint was gone or failed for days and is not called any more; the subject is the endpoint.",
    "reason",
)
WEBHOOK_TESTED = event_type(
    "notifications.webhook_tested", "A merchant asked for a test call; the subject is the endpoint."
)
