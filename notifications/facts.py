"""What a message may say: the facts of its subject, read at the moment of sending, or why it is too late to say it.

A gatherer a kind of message. It returns what the words may use, or raises `Overtaken`: since the message was queued,
something happened that makes it wrong, or another message tells it already.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

import customers.services
import tracking.services
from aftersales.models import Dispute, Refund, Return
from customers.models import NumberChange, PhoneVerification
from merchants.models import Brand
from orders.models import Order
from tracking.models import Incident, Shipment, TrackingStatus, Watch

from .inbound.facts import gather_reply
from .models import Message

TOO_OLD = timedelta(days=3)  # news older than this is none; imports of old orders must not message anybody
COLOR, DEFAULT_COLOR = re.compile(r"#[0-9a-fA-F]{6}"), "#1f5eff"
LOGO_WIDTH, LOGO_HEIGHT = 240, 48
LOCALES = {"en": "en", "de": "de", "zh-hans": "zh_Hans"}

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


class Overtaken(Exception):
    """The message must not be sent any more. ``code`` says in one word why, the text in a sentence."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


Facts = dict[str, object]


def gather(message: Message, *, now: datetime) -> Facts:
    """The facts that the message's words use.

    Raises:
        Overtaken: it must not be sent any more.
    """
    if message.queued_at < now - TOO_OLD:
        raise Overtaken("too_old", "It waited for more than three days.")
    facts = GATHERERS[message.kind](message, now)
    return _about_merchant(message) | _about_order(message) | facts


def _about_merchant(message: Message) -> Facts:
    merchant = message.merchant
    if merchant is None:
        return {"merchant": "Logistics Portal"}
    brand = getattr(merchant, "brand", None)
    color = brand.color if brand and COLOR.fullmatch(brand.color) else DEFAULT_COLOR
    return {
        "merchant": merchant.name,
        "reply_to": merchant.support_email,
        "support": merchant.support_email or merchant.support_phone,
        "color": color,
        "ink": _ink_on(color),
        "logo": _logo(brand) if brand and brand.logo_id else None,
    }


def _logo(brand: Brand) -> dict[str, object]:
    """Where the logo lies, its size on the page of a mail in pixels, and the color that must lie behind it."""
    height = min(LOGO_HEIGHT, round(LOGO_WIDTH * brand.logo_height / brand.logo_width))
    return {
        "url": f"{settings.BASE_URL}{brand.logo_path}",
        "width": round(height * brand.logo_width / brand.logo_height),
        "height": height,
        "ground": "#1a1d20" if brand.logo_ground == "dark" else "#ffffff",
    }


def _about_order(message: Message) -> Facts:
    order = message.order
    if order is None:
        return {}
    return {"order": order.number, "name": order.consignee, "link": order.tracking_url, "token": order.token}


def _ink_on(color: str) -> str:
    """Black or white, whichever can be read better on ``color``: its relative luminance decides (WCAG 2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#000000" if luminance > 0.179 else "#ffffff"


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount as the language writes it, with plain spaces: others would double the price of an SMS."""
    return format_currency(amount, currency, locale=LOCALES[language]).replace("\xa0", " ").replace("\u202f", " ")


def _order_confirmed(message: Message, now: datetime) -> Facts:
    order = _order_in(message, Order.Status.PLACED, Order.Status.PICKING, Order.Status.PACKED, Order.Status.SHIPPED)
    if order.placed_at < now - TOO_OLD:
        raise Overtaken("too_old", "The order was placed more than three days ago.")

    def price(amount: Decimal) -> str:
        return money(amount, order.currency, message.language)

    lines = [
        {"quantity": line.quantity, "name": line.name, "money": price(line.amount)}
        for line in order.lines.order_by("pk")
    ]
    promised = order.promised_on
    return {
        "lines": lines,
        "shipping": price(order.shipping_total) if order.shipping_total else "",
        "discount": price(order.discount_total) if order.discount_total else "",
        "total": price(order.total),
        "promised_on": format_date(promised, "long", locale=LOCALES[message.language]) if promised else "",
    }


def _order_packed(message: Message, now: datetime) -> Facts:
    _order_in(message, Order.Status.PACKED)
    return {}


def _order_canceled(message: Message, now: datetime) -> Facts:
    _order_in(message, Order.Status.CANCELED)
    return {}


def _order_in(message: Message, *statuses: str) -> Order:
    order = message.order
    assert order is not None, "news of an order belongs to one"
    if order.status not in statuses:
        raise Overtaken("overtaken", f"The order is {order.status} by now.")
    return order


def _shipped(message: Message, now: datetime) -> Facts:
    shipment = _shipment(message)
    over = (TrackingStatus.DELIVERED, *GOING_BACK, TrackingStatus.EXPIRED)
    if shipment.status in over or shipment.order.status == Order.Status.CANCELED:
        raise Overtaken("overtaken", f"The shipment is {shipment.status} by now.")
    return _about_shipment(shipment, message, now)


def _in_status(message: Message, now: datetime) -> Facts:
    """News of a shipment's status is news only while it has that status."""
    shipment = _shipment(message)
    told = told_status(message.fact)
    if shipment.status != told:
        raise Overtaken("overtaken", f"The shipment was {told} and is {shipment.status} by now.")
    if shipment.last_event_at and shipment.last_event_at < now - TOO_OLD:
        raise Overtaken("too_old", "It happened more than three days ago.")
    return _about_shipment(shipment, message, now)


def told_status(fact: str) -> str:
    """The status that a fact tells: ``tracking.status_changed:<shipment>:<status>…``."""
    return fact.split(":")[2]


def _shipment(message: Message) -> Shipment:
    return Shipment.objects.select_related("order").get(pk=message.subject_id)


def _about_shipment(shipment: Shipment, message: Message, now: datetime) -> Facts:
    numbers = list(shipment.parcels.order_by("pk").values_list("tracking_number", flat=True))
    adapter = tracking.services.carrier(shipment.carrier)
    more = f" (+{len(numbers) - 1})" if len(numbers) > 1 else ""
    return {
        "carrier": tracking.services.carrier_label(shipment.carrier),
        "carrier_url": adapter.tracking_url(numbers[0]) if adapter and numbers else "",
        "numbers": numbers,
        "number": numbers[0] + more if numbers else "",
        "place": shipment.last_place,
        "signed_by": shipment.signed_by,
        "trouble": GOING_BACK.get(shipment.status) or TROUBLES.get(shipment.reason, ""),
        "code": tracking.services.handover_code(shipment),
        "word_by": _word_by(shipment, message.language, now),
    }


def _word_by(shipment: Shipment, language: str, now: datetime) -> str:
    """By when the receiver hears of the parcel again if nothing changes, on the clock of the delivery address."""
    watch = Watch.objects.filter(shipment=shipment, word_by__gt=now).first()
    if watch is None or watch.word_by is None:
        return ""
    at = watch.word_by.astimezone(tracking.services.place_zone(shipment.order))
    day = format_skeleton("MMMEd", at, locale=LOCALES[language])
    return f"{day}, {format_time(at.time(), 'short', locale=LOCALES[language])}".replace("\u202f", " ")


def _incident(message: Message, now: datetime) -> Facts:
    """What a rule found, in its own words, while it still is so."""
    incident = Incident.objects.select_related("shipment__order").get(pk=message.subject_id)
    if incident.closed_at:
        raise Overtaken("overtaken", "The incident is closed by now.")
    rule = tracking.services.incident_rule(incident.rule)
    if rule.is_told_by_status and _status_was_told(incident.shipment):
        raise Overtaken("told", "The message about the parcel's status tells it already.")
    with translation.override(message.language):
        words = {"happened": gettext(rule.words), "next": gettext(rule.next_words)}
    return _about_shipment(incident.shipment, message, now) | words


def _status_was_told(shipment: Shipment) -> bool:
    told = Message.objects.filter(
        order=shipment.order_id, subject_id=shipment.pk, kind__in=("exception", "attempt_failed")
    )
    return told.exclude(status__in=(Message.Status.WITHDRAWN, Message.Status.FAILED)).exists()


def _return_in(*statuses: str) -> Callable[[Message, datetime], Facts]:
    def gather_return(message: Message, now: datetime) -> Facts:
        case = Return.objects.get(pk=message.subject_id)
        if case.status not in statuses:
            raise Overtaken("overtaken", f"The return is {case.status} by now.")
        return {"case": case.number, "note": case.decision_note}

    return gather_return


def _return_approved(message: Message, now: datetime) -> Facts:
    facts = _return_in(Return.Status.APPROVED)(message, now)
    if Return.objects.filter(pk=message.subject_id, shipment__isnull=False).exists():
        raise Overtaken("overtaken", "The parcel is on its way back by now.")
    return facts


def _return_received(message: Message, now: datetime) -> Facts:
    facts = _return_in(Return.Status.RECEIVED, Return.Status.REFUNDED)(message, now)
    if Refund.objects.filter(return_case=message.subject_id).exists():
        raise Overtaken("told", "The message about the refund says that the return arrived.")
    return facts


def _refund_in(message: Message, status: str) -> Refund:
    refund = Refund.objects.select_related("return_case").get(pk=message.subject_id)
    if refund.status != status:
        raise Overtaken("overtaken", f"The refund is {refund.status} by now.")
    return refund


def _about_refund(refund: Refund, language: str) -> Facts:
    return {
        "amount": money(refund.amount, refund.currency, language),
        "case": refund.return_case.number if refund.return_case else "",
        "reference": refund.reference,
    }


def _refund_started(message: Message, now: datetime) -> Facts:
    refund = _refund_in(message, Refund.Status.PENDING)
    if refund.dispute_id:
        raise Overtaken("told", "The message about the decision tells of the refund.")
    return _about_refund(refund, message.language)


def _refund_paid(message: Message, now: datetime) -> Facts:
    return _about_refund(_refund_in(message, Refund.Status.PAID), message.language)


def _dispute_opened(message: Message, now: datetime) -> Facts:
    _dispute_in(message, Dispute.Status.OPEN)
    return {}


def _dispute_decided(message: Message, now: datetime) -> Facts:
    dispute = _dispute_in(message, Dispute.Status.ACCEPTED, Dispute.Status.REJECTED)
    refund = Refund.objects.filter(dispute=dispute).first()
    return {
        "accepted": dispute.status == Dispute.Status.ACCEPTED,
        "note": dispute.decision_note,
        "amount": money(refund.amount, refund.currency, message.language) if refund else "",
    }


def _dispute_in(message: Message, *statuses: str) -> Dispute:
    dispute = Dispute.objects.get(pk=message.subject_id)
    if dispute.status not in statuses:
        raise Overtaken("overtaken", f"The dispute is {dispute.status} by now.")
    return dispute


def _number_changed(message: Message, now: datetime) -> Facts:
    change = NumberChange.objects.get(pk=message.subject_id)
    if change.undone_at:
        raise Overtaken("undone", "The change was taken back.")
    return {
        "old_end": str(change.old)[-4:],
        "new_end": str(change.new)[-4:],
        "is_old": message.address == str(change.old),
        "undo_link": f"{settings.BASE_URL}/orders/number/",
    }


def _verification_code(message: Message, now: datetime) -> Facts:
    verification = PhoneVerification.objects.get(pk=message.subject_id)
    if verification.used_at:
        raise Overtaken("used", "The code was used already.")
    if verification.expires_at <= now:
        raise Overtaken("expired", "The code has run out.")
    later = PhoneVerification.objects.filter(
        number=verification.number, purpose=verification.purpose, pk__gt=verification.pk
    )
    if later.exists():
        raise Overtaken("overtaken", "A newer code was asked for; only the newest one is good.")
    left = verification.expires_at - now
    return {
        "code": customers.services.verification_code(verification),
        "minutes": max(1, round(left.total_seconds() / 60)),
        # The line that lets a phone's browser fill the code in, on our own page only.
        "web_host": urlsplit(settings.BASE_URL).hostname if settings.HAS_HTTPS else "",
    }


GATHERERS: dict[str, Callable[[Message, datetime], Facts]] = {
    "order_confirmed": _order_confirmed,
    "order_packed": _order_packed,
    "order_canceled": _order_canceled,
    "shipped": _shipped,
    "out_for_delivery": _in_status,
    "available_for_pickup": _in_status,
    "attempt_failed": _in_status,
    "delivered": _in_status,
    "exception": _in_status,
    "incident": _incident,
    "return_requested": _return_in(Return.Status.REQUESTED),
    "return_approved": _return_approved,
    "return_rejected": _return_in(Return.Status.REJECTED),
    "return_received": _return_received,
    "refund_started": _refund_started,
    "refund_paid": _refund_paid,
    "dispute_opened": _dispute_opened,
    "dispute_decided": _dispute_decided,
    "number_changed": _number_changed,
    "verification_code": _verification_code,
    "reply": gather_reply,
}
