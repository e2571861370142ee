"""What an answer to a text may say, read at the moment of sending."""

from datetime import date, datetime, time

from babel.dates import format_skeleton, format_time
from django.utils import translation

import tracking.services
from orders.models import Order
from tracking.models import FINAL, Shipment

from ..models import InboundMessage, Message
from .reading import read

ANSWER = "answer"  # what staff wrote; every other reply is named by the meaning of the text that it answers
LOCALES = {"en": "en", "de": "de", "zh-hans": "zh_Hans"}


def gather_reply(message: Message, now: datetime) -> dict[str, object]:
    """The facts of a reply; its fact is ``inbound:<text>:<what it says>`` with a number behind staff's answers."""
    text = InboundMessage.objects.get(pk=message.subject_id)
    says = message.fact.split(":")[2]
    facts: dict[str, object] = {"says": says, "says_more": read(text.text).says_more, "text": text.answer}
    if says == InboundMessage.Meaning.WHERE and message.order is not None:
        facts |= _whereabouts(message.order, message.language, now)
    return facts


def _whereabouts(order: Order, language: str, now: datetime) -> dict[str, object]:
    shipment = _newest(order)
    words = tracking.services.shipment_words(shipment) if shipment else tracking.services.order_words(order)
    with translation.override(language):
        told: dict[str, object] = {"sentence": str(words.headline)}
    arrival = tracking.services.arrival(order, shipment, now=now)
    if arrival is None:
        return told
    return told | {
        "is_late": arrival.is_late,
        "on": _day(arrival.on, language),
        "until": _day(arrival.until, language),
        "from_time": _clock(arrival.from_time, language),
        "to_time": _clock(arrival.to_time, language),
    }


def _newest(order: Order) -> Shipment | None:
    """The parcel that people ask about: the newest one that is still on its way, else the newest one."""
    outbound = list(order.shipments.outbound().order_by("-pk"))
    return next((one for one in outbound if one.status not in FINAL), outbound[0] if outbound else None)


def _day(day: date | None, language: str) -> str:
    return format_skeleton("MMMEd", day, locale=LOCALES[language]) if day else ""


def _clock(at: time | None, language: str) -> str:
    """With plain spaces: others would double the price of an SMS."""
    return format_time(at, "short", locale=LOCALES[language]).replace("\u202f", " ") if at else ""
