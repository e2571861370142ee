"""What notifications remembers, by noun."""

from .demo import DemoDelivery
from .messages import MESSAGE_TRANSITIONS, Message, MessageQuerySet, Receipt

__all__ = ["MESSAGE_TRANSITIONS", "DemoDelivery", "Message", "MessageQuerySet", "Receipt"]
