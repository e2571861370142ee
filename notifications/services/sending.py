"""Messages are handed to their channels, unless they are overtaken."""

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.state import transition

from .. import words
from ..channels.base import Channel, Config, Outgoing, Sent, Undeliverable
from ..facts import Facts, Overtaken, gather
from ..models import MESSAGE_TRANSITIONS, DemoDelivery, Message, Receipt
from .again import resend
from .reach import CHANNELS, config_of, is_shown_here

RECEIPT_WORD_MAX = 20
DEMO_PREFIX = "demo-"


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
    config = config_of(channel)
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
