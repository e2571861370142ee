"""What customers publishes."""

from logistics_portal.kernel.events import event_type

VERIFICATION_REQUESTED = event_type(
    "customers.verification_requested", "Somebody asked for a code by SMS to prove a number."
)
PHONE_CHANGED = event_type(
    "customers.phone_changed",
    "A customer's number changed, or changed back; the subject is the change of number.",
    *("customer_id", "is_undone"),
)
PHONE_DOUBTED = event_type(
    "customers.phone_doubted",
    "A number may no longer reach its holder; the subject is the number's row.",
    *("customer_id", "reason"),
)
PHONE_VERIFIED = event_type("customers.phone_verified", "A number was proved by a code.")
