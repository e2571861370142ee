"""What messages about shipments may say."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from babel.dates import format_skeleton, format_time
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import translation
from django.utils.translation import gettext

import tracking.services
from orders.models import Order
from tracking.models import Incident, Parcel, ParcelLine, Shipment, TrackingStatus, Watch

from ..models import Message
from .base import LOCALES, TOO_OLD, Facts, Overtaken, Teller, subjects
from .markup import deliveries

# What goes wrong, as the words tell it apart; the reasons are those of tracking's adapters.
TROUBLES = {
    "carrier_parcel_lost": "lost",
    "carrier_damaged_parcel": "damaged",
    "carrier_address_not_found": "address",
    "consignee_incorrect_address": "address",
    "consignee_moved": "address",
    "merchant_incorrect_data": "address",
    "consignee_not_home": "absent",
    "consignee_not_available": "absent",
    "consignee_business_closed": "absent",
    "customs_delay": "customs",
    "customs_documentation": "customs",
    "customs_duties_unpaid": "customs",
    "customs_inspection": "customs",
    "carrier_capacity_exceeded": "delay",
    "carrier_delay": "delay",
    "carrier_mechanical_delay": "delay",
    "carrier_not_enough_time": "delay",
    "carrier_sorting_error": "delay",
    "carrier_vehicle_issue": "delay",
    "weather_delay": "delay",
    "weather_disaster": "delay",
}
GOING_BACK: dict[str, str] = {TrackingStatus.RETURNING: "returning", TrackingStatus.RETURNED: "returned"}
ON_THE_ROAD = (TrackingStatus.PENDING, TrackingStatus.INFO_RECEIVED, TrackingStatus.IN_TRANSIT)


@dataclass(frozen=True, slots=True)
class Going:
    """A shipment, with others of its order that a message tells of as well, and by when there is news of it."""

    shipment: Shipment
    others: tuple[Shipment, ...] = ()
    word_by: datetime | None = None


def _load(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    found = _shipments(subjects(messages))
    return {
        message.subject_id: Going(
            found[message.subject_id][0],
            tuple(found[key][0] for key in message.also_about if key in found),
            found[message.subject_id][1],
        )
        for message in messages
    }


def _load_shipped(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    found: Mapping[UUID, Going] = _load(messages)
    shipments = [one for going in found.values() for one in (going.shipment, *going.others)]
    lines = ParcelLine.objects.select_related("order_line").order_by("order_line_id")
    prefetch_related_objects(shipments, Prefetch("parcels__contents", lines))
    return found


def _shipments(keys: Sequence[UUID]) -> dict[UUID, tuple[Shipment, datetime | None]]:
    rows = (
        Shipment.objects.filter(pk__in=keys)
        .select_related("handover", "order__merchant")
        .prefetch_related(Prefetch("parcels", Parcel.objects.order_by("pk")))
    )
    watched = Watch.objects.filter(shipment__in=keys, word_by__isnull=False)
    word_by = dict(watched.values_list("shipment_id", "word_by"))
    return {row.pk: (row, word_by.get(row.pk)) for row in rows}


def _shipped(message: Message, going: Going, now: datetime) -> Facts:
    shipment = going.shipment
    over = (TrackingStatus.DELIVERED, *GOING_BACK, TrackingStatus.EXPIRED)
    if shipment.status in over or shipment.order.status == Order.Status.CANCELED:
        raise Overtaken("overtaken", f"The shipment is {shipment.status} by now.")
    is_part = shipment.order.status == Order.Status.PARTLY_SHIPPED
    return _about(going, message, now) | {"goods": _goods(going), "is_part": is_part}


def _goods(going: Going) -> str:
    """What lies in the parcels, a line each; "" where that was not told of every one."""
    told = [list(parcel.contents.all()) for one in (going.shipment, *going.others) for parcel in one.parcels.all()]
    if not all(told):
        return ""
    pieces = Counter[str]()
    for line in chain.from_iterable(told):
        pieces[line.order_line.name] += line.quantity
    return "\n".join(f"{quantity} × {name}" for name, quantity in pieces.items())


def _in_status(message: Message, going: Going, now: datetime) -> Facts:
    """News of a shipment's status is news only while it has that status."""
    shipment = going.shipment
    told = told_status(message.fact)
    if shipment.status != told:
        raise Overtaken("overtaken", f"The shipment was {told} and is {shipment.status} by now.")
    if shipment.last_event_at and shipment.last_event_at < message.queued_at - TOO_OLD:
        raise Overtaken("too_old", "It happened more than three days ago.")
    return _about(going, message, now)


def told_status(fact: str) -> str:
    """The status that a fact tells: ``tracking.status_changed:<shipment>:<status>…``."""
    return fact.split(":")[2]


def _about(going: Going, message: Message, now: datetime) -> Facts:
    shipment = going.shipment
    numbers = [parcel.tracking_number for one in (shipment, *going.others) for parcel in one.parcels.all()]
    adapter = tracking.services.carrier(shipment.carrier)
    more = f" (+{len(numbers) - 1})" if len(numbers) > 1 else ""
    return {
        "carrier": tracking.services.carrier_label(shipment.carrier, message.language),
        "carrier_url": adapter.tracking_url(numbers[0]) if adapter and numbers else "",
        "numbers": numbers,
        "number": numbers[0] + more if numbers else "",
        "count": 1 + len(going.others),
        "deliveries": deliveries((shipment, *going.others), message.language, now),
        "place": shipment.last_place,
        "signed_by": shipment.signed_by,
        "trouble": GOING_BACK.get(shipment.status) or TROUBLES.get(shipment.reason, ""),
        "code": tracking.services.handover_code(shipment),
        "word_by": _word_by(going, message.language, now),
    }


def _word_by(going: Going, language: str, now: datetime) -> str:
    """By when the receiver hears of the parcel again if nothing changes, on the clock of the delivery address."""
    if going.word_by is None or going.word_by <= now:
        return ""
    at = going.word_by.astimezone(tracking.services.place_zone(going.shipment.order))
    day = format_skeleton("MMMEd", at, locale=LOCALES[language])
    between = " " if language == "zh-hans" else ", "
    return f"{day}{between}{format_time(at.time(), 'short', locale=LOCALES[language])}".replace("\u202f", " ")


def _on_the_road(message: Message, going: Going, now: datetime) -> tuple[date, date]:
    """The day on which the parcel is expected, and today, both on the clock of the delivery address.

    Raises:
        Overtaken: it is not on its way any more, or nobody knows when it arrives.
    """
    shipment = going.shipment
    if shipment.status not in ON_THE_ROAD:
        raise Overtaken("overtaken", f"The shipment is {shipment.status} by now.")
    expected = tracking.services.arrival(shipment.order, shipment, now=now)
    if expected is None:
        raise Overtaken("overtaken", "Nobody knows any more when it arrives.")
    return expected.until or expected.on, now.astimezone(tracking.services.place_zone(shipment.order)).date()


def _arriving_soon(message: Message, going: Going, now: datetime) -> Facts:
    on, today = _on_the_road(message, going, now)
    if not today <= on <= today + timedelta(days=1):
        raise Overtaken("overtaken", f"It is expected on {on} by now.")
    return _about(going, message, now) | {"day": day_in_words(on, message.language), "is_today": on == today}


def _delayed(message: Message, going: Going, now: datetime) -> Facts:
    on, today = _on_the_road(message, going, now)
    promised = date.fromisoformat(message.fact.split(":")[2])
    if on > max(promised, today):
        raise Overtaken("told", f"It is expected on {on} by now; the message about the new day tells it.")
    return _about(going, message, now) | {
        "day": day_in_words(promised, message.language),
        "is_today": promised == today,
    }


def _promise_changed(message: Message, going: Going, now: datetime) -> Facts:
    on, today = _on_the_road(message, going, now)
    told = date.fromisoformat(message.fact.split(":")[2])
    if on != told or on < today:
        raise Overtaken("overtaken", f"It is expected on {on} by now.")
    return _about(going, message, now) | {"day": day_in_words(on, message.language)}


def day_in_words(day: date, language: str) -> str:
    """With its weekday, since people plan by the week: ``Mon, Nov 23``."""
    return format_skeleton("MMMEd", day, locale=LOCALES[language])


def _load_incidents(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    """Each incident with its shipment, and whether a message told the shipment's trouble already."""
    incidents = Incident.objects.in_bulk(subjects(messages))
    shipments = _shipments([incident.shipment_id for incident in incidents.values()])
    told = Message.objects.filter(
        order__in={message.order_id for message in messages if message.order_id},
        subject_id__in=list(shipments),
        kind__in=("exception", "attempt_failed"),
    ).exclude(status__in=(Message.Status.WITHDRAWN, Message.Status.FAILED))
    told_of = set(told.values_list("subject_id", flat=True))
    return {
        key: (incident, Going(shipments[incident.shipment_id][0], (), shipments[incident.shipment_id][1]), told_of)
        for key, incident in incidents.items()
    }


def _incident(message: Message, subject: tuple[Incident, Going, set[UUID]], now: datetime) -> Facts:
    """What a rule found, in its own words, while it still is so."""
    incident, going, told_of = subject
    if incident.closed_at:
        raise Overtaken("overtaken", "The incident is closed by now.")
    rule = tracking.services.incident_rule(incident.rule)
    if rule.is_told_by_status and incident.shipment_id in told_of:
        raise Overtaken("told", "The message about the parcel's status tells it already.")
    with translation.override(message.language):
        words = {"happened": gettext(rule.words), "next": gettext(rule.next_words)}
    return _about(going, message, now) | words


TELLERS = {
    "shipped": Teller(_load_shipped, _shipped),
    "out_for_delivery": Teller(_load, _in_status),
    "available_for_pickup": Teller(_load, _in_status),
    "pickup_reminder": Teller(_load, _in_status),
    "attempt_failed": Teller(_load, _in_status),
    "delivered": Teller(_load, _in_status),
    "exception": Teller(_load, _in_status),
    "arriving_soon": Teller(_load, _arriving_soon),
    "delayed": Teller(_load, _delayed),
    "promise_changed": Teller(_load, _promise_changed),
    "incident": Teller(_load_incidents, _incident),
}
