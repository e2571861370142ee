"""What aftersales knows of a dispute by itself and from the apps below: order, timeline, handover, earlier cases."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Func, Q, QuerySet, TextField
from django.forms.models import model_to_dict

import tracking.services
from orders.models import Delegate, Opening, Order
from tracking.gazetteer import kilometers, locate
from tracking.models import CarrierPayload, Parcel, ParcelLine, ProofOfDelivery, Retraction, TrackingEvent
from tracking.services.trails import struck_events
from tracking.way import destination

from ..models import Confirmation, Dispute, DisputeStep, Evidence, Return
from ..weights import weights_in
from .evidence import Content, collects

PAYLOADS_READ = 40  # the newest, for weights
EARLIER_KEPT = 50
OPENINGS_KEPT = 200


def stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@collects(Evidence.Kind.STATEMENT)
def statement(dispute: Dispute) -> Content:
    lines = dispute.lines.select_related("order_line").order_by("pk")
    return {
        "kind": dispute.kind,
        "statement": dispute.statement,
        "wish": dispute.wish,
        "lines": [
            {"sku": line.order_line.sku, "name": line.order_line.name, "quantity": line.quantity} for line in lines
        ],
        "opened_at": stamp(dispute.opened_at),
    }


@collects(Evidence.Kind.ORDER)
def order_and_address(dispute: Dispute) -> Content:
    order = dispute.order
    address = ("consignee", "line1", "line2", "city", "region", "postal_code", "country")
    shipment = dispute.shipment
    return {
        "number": order.number,
        "merchant": order.merchant.name,
        "placed_at": stamp(order.placed_at),
        "shipped_at": stamp(order.shipped_at),
        "promised_on": order.promised_on and order.promised_on.isoformat(),
        "email": order.email,
        "phone": str(order.phone),
        "address": {name: getattr(order, name) for name in address},
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "picked_quantity": line.picked_quantity,
                "shipped_quantity": line.shipped_quantity,
            }
            for line in order.lines.order_by("pk")
        ],
        "shipping_total": str(order.shipping_total),
        "discount_total": str(order.discount_total),
        "total": str(order.total),
        "currency": order.currency,
        "shipment": {
            "carrier": tracking.services.carrier_label(shipment.carrier, "en"),  # banks and gateways read it
            "carrier_code": shipment.carrier,
            "service": shipment.service,
            "created_at": stamp(shipment.created_at),
            "tracking_numbers": list(shipment.parcels.order_by("pk").values_list("tracking_number", flat=True)),
            "contents": [
                {
                    "tracking_number": line.parcel.tracking_number,
                    "sku": line.order_line.sku,
                    "name": line.order_line.name,
                    "quantity": line.quantity,
                }
                for line in _contents(dispute)
            ],
        },
    }


def _contents(dispute: Dispute) -> QuerySet[ParcelLine]:
    """What whoever packed the shipment says lies in its parcels; nothing where nobody did."""
    lines = ParcelLine.objects.filter(parcel__shipment=dispute.shipment_id)
    return lines.select_related("parcel", "order_line__item").order_by("parcel_id", "order_line_id")


class _Sha256(Func):
    template = "encode(sha256(%(expressions)s), 'hex')"
    output_field = TextField()


@collects(Evidence.Kind.TIMELINE)
def timeline(dispute: Dispute) -> Content:
    """Every event with when it happened and when we learned of it, the payload it came by, and what was taken back."""
    events = TrackingEvent.objects.filter(parcel__shipment=dispute.shipment_id).select_related("parcel")
    payloads = CarrierPayload.objects.filter(events__parcel__shipment=dispute.shipment_id).distinct()
    digests = payloads.annotate(sha256=_Sha256("body")).values("pk", "sha256", "received_at", "carrier").order_by("pk")
    taken_back = Retraction.objects.filter(event__parcel__shipment=dispute.shipment_id).order_by("pk")
    return {
        "events": [_event(event) for event in events.latest_first()],
        "payloads": [
            {"id": str(row["pk"]), "from": row["carrier"], "received_at": stamp(row["received_at"])}
            | {"sha256": row["sha256"]}
            for row in digests
        ],
        "retractions": [
            {"event": str(row.event_id), "is_struck": row.is_struck, "recorded_at": stamp(row.recorded_at)}
            for row in taken_back
        ],
    }


def _event(event: TrackingEvent) -> dict[str, Any]:
    plain = ("status", "reason", "code", "description", "place", "country", "signed_by", "source")
    return {name: getattr(event, name) for name in plain} | {
        "id": str(event.pk),
        "tracking_number": event.parcel.tracking_number,
        "occurred_at": stamp(event.occurred_at),
        "utc_offset_min": event.utc_offset_min,
        "offset_source": event.offset_source,
        "recorded_at": stamp(event.recorded_at),
        "payload": str(event.payload_id) if event.payload_id else None,
    }


@collects(Evidence.Kind.PROOF)
def handover(dispute: Dispute) -> Content:
    """What the courier showed, and whether the customer gave the code, which is the consent to hand it over."""
    shipment = dispute.shipment
    code = getattr(shipment, "handover", None)
    return {
        "code": {"issued_at": stamp(code.issued_at), "confirmed_at": stamp(code.confirmed_at)} if code else None,
        "proofs": [_proof(proof) for proof in shipment.proofs.select_related("courier").order_by("pk")],
        "carrier_says_signed_by": shipment.signed_by,
        "delivered_at": stamp(shipment.delivered_at),
    }


def _proof(proof: ProofOfDelivery) -> dict[str, Any]:
    return {
        "kind": proof.kind,
        "received_by": proof.received_by,
        "proved_at": stamp(proof.proved_at),
        "courier": proof.courier.get_username() if proof.courier else "",
        "signature_svg": proof.signature_svg,
        "digest": proof.digest,
    }


@collects(Evidence.Kind.PLACE)
def last_place(dispute: Dispute) -> Content | None:
    """The last scan that names a place, and how far it lies from the city of the address."""
    scans = TrackingEvent.objects.filter(parcel__shipment=dispute.shipment_id, occurred_at__isnull=False)
    struck = struck_events(list(dispute.shipment.parcels.values_list("pk", flat=True)))
    located = scans.exclude(place="", latitude__isnull=True).exclude(pk__in=struck)
    last = located.order_by("-occurred_at", "-pk").first()
    if last is None:
        return None
    order = dispute.order
    goal = destination(city=order.city, region=order.region, country=order.country)
    spot = locate(last.place, last.country) if last.place else None
    here = (last.latitude, last.longitude) if last.latitude is not None and last.longitude is not None else None
    measured_from = "coordinates" if here else "city" if spot else ""
    here = here or ((spot.latitude, spot.longitude) if spot else None)
    return {
        "last_scan": {
            "status": last.status,
            "place": last.place,
            "country": last.country,
            "latitude": last.latitude,
            "longitude": last.longitude,
            "occurred_at": stamp(last.occurred_at),
        },
        "address": {"city": order.city, "postal_code": order.postal_code, "country": order.country},
        "distance_km": round(kilometers(here, goal.point)) if here and goal else None,
        "measured_from": measured_from if goal else "",
    }


@collects(Evidence.Kind.WEIGHT)
def weights(dispute: Dispute) -> Content | None:
    """What was told of each parcel's weight, by the merchant and leg by leg by its carriers; None when nothing was.

    What its contents weigh by the catalog stands beside it: without the box, and only where all of it is known.
    """
    told: list[dict[str, Any]] = []
    inside: dict[UUID, list[ParcelLine]] = defaultdict(list)
    for line in _contents(dispute):
        inside[line.parcel_id].append(line)
    for parcel in dispute.shipment.parcels.order_by("pk"):
        if grams := _grams(inside[parcel.pk]):
            told.append({"tracking_number": parcel.tracking_number, "by": "contents", "grams": grams})
        if parcel.weight_g:
            told.append({"tracking_number": parcel.tracking_number, "by": "merchant", "grams": parcel.weight_g})
        told.extend(_told_by_carriers(parcel))
    return {"weights": told} if told else None


def _grams(contents: Sequence[ParcelLine]) -> int:
    """What items weigh together; 0 where one of them is not known."""
    grams = [line.quantity * (line.order_line.item.weight_g or 0) for line in contents]
    return sum(grams) if all(grams) else 0


def _told_by_carriers(parcel: Parcel) -> Iterable[dict[str, Any]]:
    """From payloads about this parcel alone: in others a weight may be of another one."""
    payloads = CarrierPayload.objects.filter(tracking_numbers=[parcel.tracking_number]).order_by("-pk")[:PAYLOADS_READ]
    before: tuple[object, ...] | None = None
    for payload in reversed(payloads):
        for weight in weights_in(bytes(payload.body)):
            same = (payload.carrier, weight.field, weight.value, weight.unit)
            if same != before:
                yield {
                    "tracking_number": parcel.tracking_number,
                    "by": payload.carrier,
                    "field": weight.field,
                    "value": weight.value,
                    "unit": weight.unit,
                    "grams": weight.grams,
                    "told_at": stamp(payload.received_at),
                }
            before = same


@collects(Evidence.Kind.CONFIRMATION)
def confirmations(dispute: Dispute) -> Content:
    """What the customer tapped. Silence stands here as silence: it is no consent."""
    taps = Confirmation.objects.filter(shipment=dispute.shipment_id).order_by("pk")
    answers = Delegate.objects.filter(order=dispute.order_id).exclude(answer="").order_by("pk")
    told = [{"answer": tap.answer, "said_at": stamp(tap.said_at), "proof": tap.proof} for tap in taps]
    return {
        "delivered_at": stamp(dispute.shipment.delivered_at),
        "is_silent": not told,
        "answers": told,
        "receivers": [
            {"name": one.name, "answer": one.answer, "answered_at": stamp(one.answered_at)} for one in answers
        ],
    }


@collects(Evidence.Kind.OPENINGS)
def openings(dispute: Dispute) -> Content | None:
    rows = Opening.objects.filter(order=dispute.order_id).order_by("-opened_at", "-pk")[:OPENINGS_KEPT]
    told = [
        {"at": stamp(row.opened_at), "link": row.link.partition(":")[0], "phone_proved": row.has_proof}
        | {"device": row.device, "browser": row.label, "visitor": row.visitor}
        for row in rows
    ]
    return {"openings": told} if told else None


@collects(Evidence.Kind.POLICY)
def policy(dispute: Dispute) -> Content:
    """A copy of the merchant's policy as the pages showed it at this moment."""
    merchant = dispute.merchant
    plain = model_to_dict(merchant.policy, exclude=("id", "merchant"))
    brand = getattr(merchant, "brand", None)
    return {
        "merchant": merchant.name,
        "website": brand.website if brand else "",
        "support_email": merchant.support_email,
        "support_phone": merchant.support_phone,
        "policy": {
            name: value if isinstance(value, bool | int | str) or value is None else str(value)
            for name, value in plain.items()
        },
    }


@collects(Evidence.Kind.EARLIER)
def earlier(dispute: Dispute) -> Content:
    """Orders and cases of the same customer at this merchant, by the customer's record or by the phone number."""
    order = dispute.order
    orders = Order.objects.filter(Q(customer=order.customer_id) | Q(phone=order.phone), merchant=dispute.merchant_id)
    cases = Q(order__customer=order.customer_id) | Q(order__phone=order.phone)
    own = Q(merchant=dispute.merchant_id)
    disputes = Dispute.objects.filter(cases, own).exclude(pk=dispute.pk).select_related("order").order_by("-pk")
    returns = Return.objects.filter(cases, own).order_by("-pk")
    return {
        "orders": orders.count(),
        "disputes": [
            {"order": row.order.number, "kind": row.kind, "status": row.status, "opened_at": stamp(row.opened_at)}
            for row in disputes[:EARLIER_KEPT]
        ],
        "returns": [
            {"number": row.number, "reason": row.reason, "status": row.status, "at": stamp(row.requested_at)}
            for row in returns[:EARLIER_KEPT]
        ],
    }


@collects(Evidence.Kind.PHOTOS)
def photos(dispute: Dispute) -> Content | None:
    rows = dispute.photos.defer("jpeg").order_by("pk")
    told = [
        {"sha256": row.digest, "width": row.width, "height": row.height, "added_at": stamp(row.added_at)}
        for row in rows
    ]
    return {"photos": told} if told else None


@collects(Evidence.Kind.STEPS)
def steps(dispute: Dispute) -> Content:
    rows = DisputeStep.objects.filter(dispute=dispute).select_related("by").order_by("pk")
    return {
        "steps": [
            {
                "at": stamp(row.at),
                "kind": row.kind,
                "party": row.party,
                "by": row.by.get_username() if row.by else "",
                "text": row.text,
                "resolution": row.resolution,
                "amount": str(row.amount) if row.amount is not None else None,
            }
            for row in rows
        ]
    }
