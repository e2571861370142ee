"""Answers that staff are offered for a conversation: facts of its order, gathered here, written by pure writers."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_currency
from django.utils import timezone, translation
from django.utils.translation import gettext

import tracking.services
from logistics_portal.kernel.discover import discover
from orders.models import Order
from tracking.arrival import arrival, place_zone
from tracking.models import Shipment, TrackingStatus
from tracking.reasons import REASON_LABELS
from tracking.sentences import is_trouble, order_words
from tracking.sentences import words as words_of

from ..answers._macros import fill_in
from ..answers.base import Answer, Facts, ParcelFacts, RefundFacts, ReturnFacts, Words, Writer
from ..models import Conversation, Macro

WRITERS: Sequence[Writer] = sorted(
    discover("aftersales.answers", "Answer").values(), key=lambda writer: (writer.place, writer.code)
)


def suggested_answers(conversation: Conversation) -> list[Answer]:
    """What could be answered now, in the customer's language; titles are in the reader's own."""
    order = conversation.order
    if order is None:
        return []
    with translation.override(conversation.language):
        facts = _facts(order, timezone.now())
        words = _words(conversation.language, place_zone(order))
        written = [(writer, writer.write(facts, words)) for writer in WRITERS]
        letters = [(writer, _letter(facts, text)) for writer, text in written if text]
    return [Answer(writer.code, gettext(writer.title), text) for writer, text in letters]


def filled_macros(conversation: Conversation) -> list[Answer]:
    """The merchant's own texts for this customer's language, with the order's words in place of their names."""
    rows = Macro.objects.for_merchant(conversation.merchant_id).filter(
        is_active=True, language__in=("", conversation.language)
    )
    given = _names(conversation)
    return [Answer(str(row.pk), row.name, fill_in(row.text, given)) for row in rows.order_by("name", "pk")]


def _names(conversation: Conversation) -> dict[str, str]:
    order = conversation.order
    given = {"customer": conversation.customer.name, "merchant": conversation.merchant.name}
    if order is None:
        return {**given, "order": "", "status": "", "arrival": "", "link": ""}
    with translation.override(conversation.language):
        facts = _facts(order, timezone.now())
        parcel = next((one for one in facts.parcels if not one.delivered_at), None)
        day = parcel.arrives_to or parcel.arrives_from if parcel else None
        words = _words(conversation.language, place_zone(order))
        return {
            **given,
            "customer": facts.customer,
            "order": facts.order,
            "status": parcel.headline if parcel else facts.order_headline,
            "arrival": words.day(day) if day else "",
            "link": facts.link,
        }


def _letter(facts: Facts, text: str) -> str:
    greeting = gettext("Hello %(name)s,") % {"name": facts.customer}
    closing = gettext("You can follow it here: %(link)s") % {"link": facts.link}
    return f"{greeting}\n\n{text}\n\n{closing}\n{facts.merchant}"


def _facts(order: Order, now: datetime) -> Facts:
    zone = place_zone(order)
    shipments = order.shipments.outbound().prefetch_related("parcels", "proofs").order_by("pk")
    returns = order.returns.select_related("shipment").order_by("pk")
    return Facts(
        order=order.number,
        status=order.status,
        order_headline=str(order_words(order).headline),
        customer=order.consignee,
        merchant=order.merchant.name,
        link=order.tracking_url,
        today=now.astimezone(zone).date(),
        parcels=[_parcel(order, shipment, zone, now) for shipment in shipments],
        returns=[
            ReturnFacts(
                case.number,
                case.status,
                case.get_status_display(),
                is_sent=case.shipment_id is not None,
                parcel_headline=str(words_of(case.shipment).headline) if case.shipment else "",
            )
            for case in returns
        ],
        refunds=list(_refunds(order, zone)),
    )


def _refunds(order: Order, zone: tzinfo) -> Iterator[RefundFacts]:
    for refund in order.refunds.order_by("pk"):
        yield RefundFacts(
            refund.status,
            refund.amount,
            refund.currency,
            refund.started_at.astimezone(zone).date(),
            refund.paid_at.astimezone(zone).date() if refund.paid_at else None,
        )


def _parcel(order: Order, shipment: Shipment, zone: tzinfo, now: datetime) -> ParcelFacts:
    said, due = words_of(shipment), arrival(order, shipment, now=now)
    numbers = [parcel.tracking_number for parcel in shipment.parcels.all()]
    is_delivered = shipment.status == TrackingStatus.DELIVERED
    return ParcelFacts(
        number=numbers[0] if numbers else "",
        carrier=tracking.services.carrier_label(shipment.carrier),
        status=shipment.status,
        headline=str(said.headline),
        next_words=str(said.next),
        cause=str(REASON_LABELS.get(shipment.reason, "")),
        last_place=shipment.last_place,
        last_scan_at=shipment.last_event_at.astimezone(zone) if shipment.last_event_at else None,
        arrives_from=due.on if due and not due.is_late else None,
        arrives_to=(due.until or due.on) if due and not due.is_late else None,
        promised_on=order.promised_on,
        delivered_at=shipment.delivered_at.astimezone(zone) if shipment.delivered_at and is_delivered else None,
        signed_by=shipment.signed_by,
        delivered_place=shipment.last_place if is_delivered else "",
        is_trouble=is_trouble(shipment),
    )


def _words(language: str, zone: tzinfo) -> Words:
    locale = Locale.parse(translation.to_locale(language))

    def day(on: date) -> str:
        return str(format_skeleton("MMMEd", on, locale=locale))

    def time(at: datetime) -> str:
        return str(format_datetime(at.astimezone(zone), "short", tzinfo=zone, locale=locale))

    return Words(gettext, day, time, lambda amount, currency: str(format_currency(amount, currency, locale=locale)))
