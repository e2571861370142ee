"""Writes of notifications: messages are queued for facts, sent, and followed until they arrive."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.discover import discover
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.state import transition
from logistics_portal.kernel.work import ring

from . import words
from .channels.base import Callback, Channel, Config, Outcome, Outgoing, Sent, Undeliverable
from .facts import Facts, Overtaken, gather
from .models import MESSAGE_TRANSITIONS, DemoDelivery, Message, Receipt

logger = logging.getLogger(__name__)

CHANNELS: dict[str, Channel] = discover("notifications.channels", "Channel")
FIRST = timedelta(days=1)  # urgent messages are due since long before the others, so they are claimed first
RECEIPT_WORD_MAX = 20
DEMO_PREFIX = "demo-"

# What each word of a provider moves a message to, step by step; steps that are behind it are left out.
STEPS = {
    Outcome.ACCEPTED: (Message.Status.SENT,),
    Outcome.DELIVERED: (Message.Status.SENT, Message.Status.DELIVERED),
    Outcome.FAILED: (Message.Status.FAILED,),
    Outcome.UNKNOWN: (),
}


class UnableToResend(DomainError):
    """Only a message that failed may be sent again."""

    code = "not_failed"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: an address for each way to reach them, "" where there is none."""

    phone: str
    email: str = ""
    push: str = ""
    wechat: str = ""
    language: str = words.DEFAULT_LANGUAGE
    merchant_id: UUID | None = None
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact that somebody must hear of; ``fact`` names it, so that it is told once."""

    kind: str
    fact: str
    subject_id: UUID
    recipient: Recipient
    is_urgent: bool = False


def queue_messages(tellings: Iterable[Telling]) -> None:
    """Queue one message a fact, channel and address. What is queued already stays as it is."""
    messages = [
        message for telling in tellings for channel in CHANNELS.values() for message in _messages(telling, channel)
    ]
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        ring(Message)


def _messages(telling: Telling, channel: Channel) -> list[Message]:
    to = telling.recipient
    address = getattr(to, channel.address_field)
    if not address or not words.is_told(telling.kind, channel.code):
        return []
    now = timezone.now()
    return [
        Message(
            merchant_id=to.merchant_id,
            order_id=to.order_id,
            kind=telling.kind,
            subject_id=telling.subject_id,
            fact=telling.fact,
            channel=channel.code,
            address=address,
            language=words.spoken(to.language),
            queued_at=now,
            due_at=now - FIRST if telling.is_urgent else now,
        )
    ]


def send_message(*, message: Message) -> str:
    """Write a queued message and hand it to its channel; called by the worker that claimed it.

    Returns why it was withdrawn instead, or "".

    Raises:
        Undeliverable: it failed for good. Any other exception has it tried again.
    """
    if message.status == Message.Status.FAILED and message.attempts == 1:
        resend(message=message)  # its attempts begin anew, so a person asked for another try
        return "Sent anew, as another message."
    if message.status != Message.Status.QUEUED:
        return ""  # a callback settled it, after a worker died between the provider's answer and our note of it
    channel = CHANNELS[message.channel]
    try:
        facts = gather(message, now=timezone.now())
    except Overtaken as why:
        _move(message, Message.Status.WITHDRAWN, error_code=why.code)
        return str(why)
    kept = words.render_for_keeping(message.kind, channel, message.language, facts)
    Message.objects.filter(pk=message.pk).update(subject=kept.subject[:200], body=kept.text)
    outgoing = _outgoing(message, channel, facts)
    config = _config(channel)
    if is_shown_here(channel, config):
        _show_here(message, outgoing)
        return ""
    try:
        sent = _taken_before(message, channel, outgoing, config) or channel.send(outgoing, config)
    except Undeliverable as refusal:
        _move(message, Message.Status.FAILED, failed_at=timezone.now(), error_code=refusal.code[:RECEIPT_WORD_MAX])
        raise
    _move(message, Message.Status.SENT, sent_at=timezone.now(), provider_id=sent.provider_id)
    return ""


def _outgoing(message: Message, channel: Channel, facts: Facts) -> Outgoing:
    said = words.render(message.kind, channel, message.language, facts)
    return Outgoing(
        address=message.address,
        text=said.text,
        html=said.html,
        subject=said.subject,
        sender=str(facts["merchant"]),
        reply_to=str(facts.get("reply_to", "")),
        idempotency_key=str(message.pk),
    )


def _config(channel: Channel) -> Config:
    return {name: getattr(settings, name) for name in channel.setting_names}


def is_shown_here(channel: Channel, config: Config) -> bool:
    """Whether the demo's own phone and mailbox stand in for the world: without an account only."""
    return settings.DEMO_INBOX and not channel.has_account(config)


def _taken_before(message: Message, channel: Channel, outgoing: Outgoing, config: Config) -> Sent | None:
    """What an earlier try handed over without our knowing: its worker died, or the answer was lost."""
    was_tried = message.attempts > 1 or message.last_error
    if not channel.can_find or not was_tried:
        return None
    found = channel.find(outgoing, config, since=message.queued_at)
    ids = [sent.provider_id for sent in found]
    known = set(Message.objects.filter(provider_id__in=ids).values_list("provider_id", flat=True))
    return next((sent for sent in found if sent.provider_id not in known), None)


@transaction.atomic
def _show_here(message: Message, outgoing: Outgoing) -> None:
    now = timezone.now()
    shown = DemoDelivery.objects.create(
        channel=message.channel,
        address=message.address,
        subject=outgoing.subject[:200],
        text=outgoing.text,
        html=outgoing.html,
    )
    _move(message, Message.Status.SENT, sent_at=now, provider_id=f"{DEMO_PREFIX}{shown.pk}")
    Receipt.objects.create(message=message, status="delivered")
    _move(message, Message.Status.DELIVERED, delivered_at=now)


@transaction.atomic
def _move(message: Message, to: str, **changes: object) -> None:
    """Move a message on, unless a callback was faster: then it is where it must be, or further."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    if to in MESSAGE_TRANSITIONS[row.status]:
        transition(row, to, allowed=MESSAGE_TRANSITIONS, **changes)
    message.status = row.status


@transaction.atomic
def note_receipt(*, channel: str, url: str, form: Mapping[str, str], signature: str) -> Receipt | None:
    """Keep what a provider tells of a message, and move the message on; None when it isn't one of ours.

    Late, doubled and reversed callbacks are kept like any other, and never move a message back.

    Raises:
        NotSigned: it wasn't the provider.
    """
    plugin = CHANNELS[channel]
    callback = plugin.read_callback(url, form, signature, _config(plugin))
    message = _message_of(channel, callback)
    if message is None:
        logger.warning("callback for a message that is not ours channel=%s status=%s", channel, callback.status[:20])
        return None
    receipt = Receipt.objects.create(
        message=message,
        status=callback.status[:RECEIPT_WORD_MAX],
        error_code=callback.error_code[:RECEIPT_WORD_MAX],
        content=dict(callback.content or {}),
    )
    for to in STEPS[callback.outcome]:
        if to in MESSAGE_TRANSITIONS[message.status]:
            transition(message, to, allowed=MESSAGE_TRANSITIONS, **_changes(to, message, callback))
    return receipt


def _message_of(channel: str, callback: Callback) -> Message | None:
    """By the key that we gave, else by the provider's name of it; locked, since callbacks come in parallel."""
    ours = Message.objects.filter(channel=channel).select_for_update()
    try:
        named = ours.filter(pk=UUID(callback.idempotency_key)).first()
    except ValueError:
        named = None
    if named or not callback.provider_id:
        return named
    return ours.filter(provider_id=callback.provider_id).first()


def _changes(to: str, message: Message, callback: Callback) -> dict[str, object]:
    now = timezone.now()
    if to == Message.Status.SENT:
        return {"sent_at": now, "provider_id": callback.provider_id[:80]}
    if to == Message.Status.DELIVERED:
        return {"delivered_at": now}
    return {
        "failed_at": now,
        "error_code": callback.error_code[:RECEIPT_WORD_MAX],
        "provider_id": message.provider_id or callback.provider_id[:80],
        "last_error": callback.why,
    }


@transaction.atomic
def resend(*, message: Message) -> Message:
    """Send a failed message's news once more, as a new message: what happened to the first one stays on record.

    Raises:
        UnableToResend: it didn't fail.
    """
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.status != Message.Status.FAILED:
        raise UnableToResend("Only a message that failed can be sent again.")
    again = Message.objects.filter(fact__startswith=row.fact, channel=row.channel, address=row.address).count()
    copied = ("merchant_id", "order_id", "kind", "subject_id", "channel", "address", "language")
    copy = Message.objects.create(fact=f"{row.fact}:again-{again}", **{name: getattr(row, name) for name in copied})
    Message.objects.filter(pk=row.pk, done_at__isnull=True).update(done_at=timezone.now(), due_at=None)
    ring(Message)
    return copy
