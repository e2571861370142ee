"""The demo's own phone and mailbox take what would go out into the world."""

from django.utils import timezone

from logistics_portal.kernel.state import transition

from ..channels.base import Outgoing
from ..models import MESSAGE_TRANSITIONS, DemoDelivery, Message, Receipt
from .reach import CHANNELS

DEMO_PREFIX = "demo-"


def show_here(message: Message, outgoing: Outgoing) -> None:
    """Deliver a message to the demo's pages; called in a transaction."""
    now = timezone.now()
    shown = DemoDelivery.objects.create(
        channel=message.channel,
        address=message.address,
        subject=outgoing.subject[:200],
        text=CHANNELS[message.channel].for_demo(outgoing),
        html=outgoing.html,
    )
    name = f"{DEMO_PREFIX}{shown.pk}"
    transition(message, Message.Status.SENT, allowed=MESSAGE_TRANSITIONS, sent_at=now, provider_id=name)
    Receipt.objects.create(message=message, status="delivered")
    transition(message, Message.Status.DELIVERED, allowed=MESSAGE_TRANSITIONS, delivered_at=now)
