"""What providers tell of messages afterwards."""

import logging
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.state import transition

from .. import kinds
from ..channels.base import Callback, Outcome
from ..models import MESSAGE_TRANSITIONS, Message, Receipt
from .fallbacks import fall_back
from .preferences import mark_address_dead, revive_address, stop_address
from .reach import CHANNELS, config_of

logger = logging.getLogger(__name__)

RECEIPT_WORD_MAX = 20

# What each word of a provider moves a message to, step by step; steps that are behind it are left out.
STEPS = {
    Outcome.ACCEPTED: (Message.Status.SENT,),
    Outcome.DELIVERED: (Message.Status.SENT, Message.Status.DELIVERED),
    Outcome.FAILED: (Message.Status.FAILED,),
    Outcome.UNKNOWN: (),
}


def note_receipt(*, channel: str, url: str, form: Mapping[str, str], signature: str) -> Receipt | None:
    """Keep what a provider tells of a message in one request; see `note_callback`.

    Raises:
        NotSigned: it wasn't the provider.
    """
    plugin = CHANNELS[channel]
    return note_callback(channel=channel, callback=plugin.read_callback(url, form, signature, config_of(plugin)))


@transaction.atomic
def note_callback(*, channel: str, callback: Callback) -> Receipt | None:
    """Keep what a provider tells of a message, and move the message on; None when it isn't one of ours.

    Late, doubled and reversed callbacks are kept like any other, and never move a message back. An address that is
    dead, or whose holder told the provider to stop, is closed.
    """
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
            _go_on(message)
    why = callback.why or callback.status
    if callback.is_dead:
        mark_address_dead(channel=channel, address=message.address, why=why)
    if callback.is_opt_out:
        stop_address(channel=channel, address=message.address, why=why)
    return receipt


def _go_on(message: Message) -> None:
    """What failed goes out over the next channel; where something arrived, the address is alive after all."""
    if message.status == Message.Status.FAILED:
        fall_back([message])
    elif message.status == Message.Status.DELIVERED and kinds.of(message.kind).is_necessary:
        revive_address(channel=message.channel, address=message.address)


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
