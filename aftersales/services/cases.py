"""What rules are given to judge: cases of plain facts, gathered from rows."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Order
from tracking.gazetteer import kilometers, locate
from tracking.models import ProofOfDelivery, Shipment, TrackingEvent, TrackingStatus

from ..models import Dispute, Return
from ..rules.base import ClaimCase, ReturnCase
from .amounts import refundable, value_of

EARLIER = timedelta(days=180)
A_YEAR = timedelta(days=365)
_PROOFS = (ProofOfDelivery.Kind.CODE, ProofOfDelivery.Kind.SIGNATURE, ProofOfDelivery.Kind.NAME)  # strongest first


def delivered_at(order: Order) -> datetime | None:
    """When the last parcel of an order arrived; None while none has."""
    arrived = order.shipments.filter(direction=Shipment.Direction.OUTBOUND, status=TrackingStatus.DELIVERED)
    return max(filter(None, arrived.values_list("delivered_at", flat=True)), default=None)


def return_facts(return_case: Return) -> ReturnCase:
    """The facts of a return, as they are now."""
    order, policy = return_case.order, return_case.order.merchant.policy
    arrived = delivered_at(order)
    earlier = Return.objects.filter(
        order__customer=order.customer_id, requested_at__gte=timezone.now() - EARLIER
    ).exclude(Q(pk=return_case.pk) | Q(status=Return.Status.CANCELED))
    kept = earlier.filter(decisions__verdict="refund").distinct()
    return ReturnCase(
        reason=return_case.reason,
        days_since_delivery=(timezone.now() - arrived).days if arrived else None,
        return_days=policy.return_days,
        value=value_of(return_case),
        auto_approve=policy.auto_approve_returns,
        auto_approve_up_to=Decimal(policy.auto_approve_up_to),
        all_returnable=not return_case.lines.filter(order_line__item__is_returnable=False).exists(),
        earlier_returns=earlier.count(),
        legal_basis=return_case.law,
        resolution=return_case.resolution,
        keep_goods_up_to=Decimal(policy.keep_goods_up_to),
        earlier_kept=kept.count(),
        evidence=tuple(return_case.photos.order_by("pk").values_list("digest", flat=True)),
    )


def claim_facts(dispute: Dispute) -> ClaimCase:
    """The facts of a dispute, as they are now."""
    order, shipment = dispute.order, dispute.shipment
    arrived = shipment.delivered_at
    confirmed = shipment.confirmations.order_by("-said_at", "-pk").values_list("answer", flat=True).first()
    earlier = Dispute.objects.filter(merchant=dispute.merchant_id, opened_at__gte=dispute.opened_at - A_YEAR)
    earlier = earlier.exclude(Q(pk=dispute.pk) | Q(status=Dispute.Status.WITHDRAWN))
    return ClaimCase(
        kind=dispute.kind,
        value=refundable(order),
        status=shipment.status,
        reason=shipment.reason,
        is_carriers_word=_is_carriers_word(shipment),
        days_since_delivery=(timezone.now() - arrived).days if arrived else None,
        proof=_strongest_proof(shipment),
        km_to_address=_km_to_address(order, shipment),
        answer=confirmed or "",
        refund_lost=order.merchant.policy.refund_lost,
        earlier_by_customer=earlier.filter(order__customer=order.customer_id).count(),
        earlier_by_phone=earlier.filter(order__phone=order.phone).count(),
        earlier_by_address=_at_address(earlier, order).count(),
        evidence=tuple(dispute.evidence.order_by("pk").values_list("digest", flat=True)),
    )


def _at_address(disputes: QuerySet, order: Order) -> QuerySet:
    """Those of orders that went to the same door, however it was written in capitals."""
    return disputes.filter(
        order__line1__iexact=order.line1,
        order__line2__iexact=order.line2,
        order__postal_code=order.postal_code,
        order__city__iexact=order.city,
        order__country=order.country,
    )


def _is_carriers_word(shipment: Shipment) -> bool:
    """Whether the carrier itself told what the shipment's reason is; a merchant's own word proves nothing to it."""
    if not shipment.reason:
        return False
    told = TrackingEvent.objects.filter(parcel__shipment=shipment, reason=shipment.reason)
    return told.filter(source=TrackingEvent.Source.CARRIER).exists()


def _strongest_proof(shipment: Shipment) -> str:
    kinds = set(shipment.proofs.values_list("kind", flat=True))
    if strongest := next((kind for kind in _PROOFS if kind in kinds), None):
        return str(strongest)
    if shipment.status != TrackingStatus.DELIVERED:
        return ""
    return "signature" if shipment.signed_by else ""


def _km_to_address(order: Order, shipment: Shipment) -> float | None:
    """How far from the middle of the address's city the delivery was scanned."""
    scans = TrackingEvent.objects.filter(parcel__shipment=shipment, status=TrackingStatus.DELIVERED)
    scan = scans.exclude(latitude=None).exclude(longitude=None).latest_first().first()
    home = locate(order.city, order.country)
    if scan is None or home is None or scan.latitude is None or scan.longitude is None:
        return None
    return round(kilometers((scan.latitude, scan.longitude), (home.latitude, home.longitude)), 1)
