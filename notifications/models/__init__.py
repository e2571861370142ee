"""What notifications remembers, by noun."""

from .demo import DemoDelivery
from .inbound import InboundMessage, InboundMessageQuerySet, SmsSender
from .messages import MESSAGE_TRANSITIONS, Message, MessageQuerySet, Receipt
from .preferences import ChannelOrder, ClosedAddress, PassedChoice, Preference
from .subscriptions import (
    CONSENT_USED_UP,
    ENDPOINT_MAX,
    Subscription,
    SubscriptionQuerySet,
    WeChatAccount,
    WeChatConsent,
    WeChatConsentQuerySet,
    WeChatTemplate,
)
from .triggers import MessagePolicy, MessageUsage, Trigger
from .webhooks import (
    WEBHOOK_TRANSITIONS,
    WebhookAttempt,
    WebhookCall,
    WebhookCallQuerySet,
    WebhookEndpoint,
    WebhookEndpointQuerySet,
)
from .wordings import Wording

__all__ = [
    "CONSENT_USED_UP",
    "ENDPOINT_MAX",
    "MESSAGE_TRANSITIONS",
    "WEBHOOK_TRANSITIONS",
    "ChannelOrder",
    "ClosedAddress",
    "DemoDelivery",
    "InboundMessage",
    "InboundMessageQuerySet",
    "Message",
    "MessagePolicy",
    "MessageQuerySet",
    "MessageUsage",
    "PassedChoice",
    "Preference",
    "Receipt",
    "SmsSender",
    "Subscription",
    "SubscriptionQuerySet",
    "Trigger",
    "WeChatAccount",
    "WeChatConsent",
    "WeChatConsentQuerySet",
    "WeChatTemplate",
    "WebhookAttempt",
    "WebhookCall",
    "WebhookCallQuerySet",
    "WebhookEndpoint",
    "WebhookEndpointQuerySet",
    "Wording",
]
