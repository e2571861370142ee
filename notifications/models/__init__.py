"""What notifications remembers, by noun."""

from .demo import DemoDelivery
from .inbound import InboundMessage, InboundMessageQuerySet, SmsSender
from .messages import MESSAGE_TRANSITIONS, Message, MessageQuerySet, Receipt
from .webhooks import (
    WEBHOOK_TRANSITIONS,
    WebhookAttempt,
    WebhookCall,
    WebhookCallQuerySet,
    WebhookEndpoint,
    WebhookEndpointQuerySet,
)

__all__ = [
    "MESSAGE_TRANSITIONS",
    "WEBHOOK_TRANSITIONS",
    "DemoDelivery",
    "InboundMessage",
    "InboundMessageQuerySet",
    "Message",
    "MessageQuerySet",
    "Receipt",
    "SmsSender",
    "WebhookAttempt",
    "WebhookCall",
    "WebhookCallQuerySet",
    "WebhookEndpoint",
    "WebhookEndpointQuerySet",
]
