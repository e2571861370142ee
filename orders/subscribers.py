"""What orders does when others publish."""

import customers.events
from logistics_portal.kernel.events import subscribe
from logistics_portal.kernel.models import Event

from . import services


@subscribe(customers.events.PHONE_CHANGED)
def follow_numbers(events: list[Event]) -> None:
    """Orders that are not at their end are told to the new number."""
    for event in events:
        services.follow_number(
            change_id=event.subject_id,
            customer_id=event.payload["customer_id"],
            is_undone=event.payload["is_undone"],
        )
