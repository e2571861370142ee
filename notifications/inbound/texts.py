"""Texts that people send us: kept once, understood, answered over the same number, and shown to staff.

Who may read the answer is decided by where it goes: to the number that wrote, whatever a forged sender says.
"""

import logging
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import aftersales.services
import customers.services
from aftersales.models import Conversation, Note
from customers.models import Customer, PhoneNumber
from logistics_portal.kernel.errors import DomainError, Invalid, TooOften
from logistics_portal.kernel.limits import Limit, spend
from orders.models import Order

from .. import services
from ..channels.base import Inbound
from ..models import InboundMessage, Message, SmsSender
from ..words import DEFAULT_LANGUAGE
from .facts import ANSWER
from .reading import Reading, read

logger = logging.getLogger(__name__)

REPLY = "reply"  # the kind of message that every answer is
REPLIES = Limit("sms-replies", 12, 3600)  # two machines that answer each other stop here
ANSWERED_FOR = timedelta(days=60)  # an answer is to the last merchant that wrote in this time
SPOKEN_OF_FOR = timedelta(days=60)  # an order that is over is still asked about
ANSWER_MOST = 600  # characters
E164 = re.compile(r"\+[1-9]\d{6,14}")
OVER = (Order.Status.COMPLETED, Order.Status.CANCELED)
Meaning = InboundMessage.Meaning
FOR_STAFF = (Meaning.LATER, Meaning.PERSON, Meaning.OTHER)


class UnableToAnswer(DomainError):
    """Somebody answered or settled it already."""

    code = "settled"


def take_text(*, channel: str, url: str, form: Mapping[str, str], signature: str) -> InboundMessage | None:
    """Keep and answer what a provider brings; None for what can't be answered, a short code's text for example.

    Raises:
        NotSigned: it wasn't the provider.
    """
    plugin = services.CHANNELS[channel]
    return note_text(channel=channel, inbound=plugin.read_inbound(url, form, signature, services.config_of(plugin)))


def note_text(*, channel: str, inbound: Inbound) -> InboundMessage | None:
    """Keep what somebody wrote, do what it asks, and answer it; the same text once, however often it comes in."""
    if not inbound.provider_id or not E164.fullmatch(inbound.address):
        logger.warning("a text that can't be answered channel=%s", channel)
        return None
    return _keep(channel, inbound, may_answer=not inbound.opt_out and _may_answer(inbound.address))


def _may_answer(number: str) -> bool:
    try:
        spend(REPLIES, number, message="That is enough for now.")
    except TooOften:
        logger.warning("texts of one number are not answered any more for now")
        return False
    return True


@transaction.atomic
def _keep(channel: str, inbound: Inbound, *, may_answer: bool) -> InboundMessage:
    reading = read(inbound.text)
    meaning = Meaning(inbound.opt_out or reading.meaning)
    merchant_id, order = _about(channel, inbound)
    text, is_new = InboundMessage.objects.get_or_create(
        channel=channel,
        provider_id=inbound.provider_id,
        defaults={
            "merchant_id": merchant_id,
            "order": order,
            "number": inbound.address,
            "written_to": inbound.written_to[0] if inbound.written_to else "",
            "text": inbound.text,
            "meaning": meaning,
            "language": _language(channel, inbound.address, order, reading),
            "needs_staff": meaning in FOR_STAFF or reading.says_more,
        },
    )
    if not is_new:
        return text
    if meaning == Meaning.STOP:
        services.stop_messages(number=text.number)
    elif meaning == Meaning.START:
        services.start_messages(number=text.number)
    if text.needs_staff:
        _hand_to_support(text)
    if may_answer:
        _reply(text, meaning)
    return text


def _hand_to_support(text: InboundMessage) -> None:
    """What a person has to answer joins the conversation about the order, or the customer's, where one is known."""
    customer = None if text.order else _customer(text)
    if text.text.strip() and (text.order or customer):
        aftersales.services.receive_message(
            order=text.order,
            customer=customer,
            channel=Note.Channel.SMS,
            address=text.number,
            text=text.text,
            provider_id=text.provider_id,
        )


def _customer(text: InboundMessage) -> Customer | None:
    held = PhoneNumber.objects.filter(merchant=text.merchant_id, number=text.number, until__isnull=True)
    found = held.select_related("customer__merchant").first() if text.merchant_id else None
    return found.customer if found else None


def _about(channel: str, inbound: Inbound) -> tuple[UUID | None, Order | None]:
    """Whose customer writes, and about which order: the number written to tells it, else who wrote to them last."""
    orders = _orders_of(inbound.address, timezone.now())
    sender = SmsSender.objects.filter(sends_as__in=inbound.written_to).first()
    merchant_id = sender.merchant_id if sender else _last_writer(channel, inbound.address)
    if merchant_id:
        orders = orders.filter(merchant_id=merchant_id)
    newest = orders.exclude(status__in=OVER).order_by("-pk").first() or orders.order_by("-pk").first()
    return merchant_id or (newest.merchant_id if newest else None), newest


def _last_writer(channel: str, address: str) -> UUID | None:
    """The merchant that wrote to this address last from the portal's own number."""
    since = timezone.now() - ANSWERED_FOR
    sent = Message.objects.filter(address=address, channel=channel, queued_at__gte=since)
    ours = sent.filter(merchant__isnull=False, merchant__sms_sender__isnull=True)
    return ours.order_by("-pk").values_list("merchant_id", flat=True).first()


def _orders_of(number: str, now: datetime) -> QuerySet[Order]:
    """What is told to this number: not what it ordered before it may have got a new holder."""
    orders = Order.objects.for_number(number).filter(Q(placed_at__gte=now - SPOKEN_OF_FOR) | ~Q(status__in=OVER))
    for held in customers.services.held_back([number]):
        orders = orders.exclude(merchant_id=held.merchant_id, placed_at__lt=held.before)
    return orders


def _language(channel: str, address: str, order: Order | None, reading: Reading) -> str:
    """The one that they wrote in, else the one that they are written to in."""
    if reading.language:
        return reading.language
    if order:
        return order.language
    sent = Message.objects.filter(address=address, channel=channel).order_by("-pk")
    return sent.values_list("language", flat=True).first() or DEFAULT_LANGUAGE


def _reply(text: InboundMessage, says: str) -> None:
    fact = f"inbound:{text.pk}:{says}"
    services.queue_messages(
        [
            services.Telling(
                kind=REPLY,
                fact=fact,
                subject_id=text.pk,
                recipient=services.Recipient(
                    phone=text.number, language=text.language, merchant_id=text.merchant_id, order_id=text.order_id
                ),
                is_urgent=True,
            )
        ]
    )
    text.reply = Message.objects.filter(fact=fact, address=text.number).first()
    text.save(update_fields=["reply"])


@transaction.atomic
def answer_text(*, text: InboundMessage, answer: str, by: User) -> InboundMessage:
    """Send what staff answer over the number that was written to; the text is settled by it.

    Raises:
        UnableToAnswer: it is settled already.
        Invalid: there is no answer, or a very long one.
    """
    if not answer.strip() or len(answer) > ANSWER_MOST:
        raise Invalid(_("An answer has 1 to %(most)d characters.") % {"most": ANSWER_MOST})
    row = _settle(text.pk, by)
    row.answer = answer.strip()
    row.save(update_fields=["answer"])
    _reply(row, ANSWER)
    note = Note.objects.filter(channel=Note.Channel.SMS, provider_id=row.provider_id).select_related("conversation")
    if (asked := note.first()) and asked.conversation.status != Conversation.Status.CLOSED:
        aftersales.services.reply(
            conversation=asked.conversation,
            text=row.answer,
            writer=aftersales.services.Writer(by),
            then=_after(asked.conversation),
            is_sent=True,
        )
    return row


def _after(conversation: Conversation) -> str:
    """An answer by SMS waits for the customer; what is solved stays solved."""
    is_solved = conversation.status == Conversation.Status.SOLVED
    return Conversation.Status.SOLVED if is_solved else Conversation.Status.WAITING


@transaction.atomic
def settle_answered(*, notes: Collection[UUID]) -> int:
    """Texts that were answered in their conversation wait for nobody any more."""
    talks = Note.objects.filter(pk__in=notes).values("conversation")
    asked = Note.objects.filter(conversation__in=talks, channel=Note.Channel.SMS).values("provider_id")
    waiting = InboundMessage.objects.waiting().filter(channel="sms", provider_id__in=asked)
    return waiting.update(settled_at=timezone.now())


@transaction.atomic
def settle_texts(*, texts: Collection[UUID], by: User) -> int:
    """Mark texts as seen to, without an answer by SMS; those that are settled stay as they are."""
    waiting = InboundMessage.objects.waiting().filter(pk__in=texts)
    return waiting.update(settled_at=timezone.now(), settled_by=by)


def _settle(pk: UUID, by: User) -> InboundMessage:
    row = InboundMessage.objects.select_for_update().get(pk=pk)
    if row.settled_at:
        raise UnableToAnswer(_("Somebody has seen to it already."))
    row.settled_at, row.settled_by = timezone.now(), by
    row.save(update_fields=["settled_at", "settled_by"])
    return row
