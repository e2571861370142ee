"""The handover at the door: a code the customer gives, or a name and a signature."""

import hashlib
import json

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.limits import Limit, spend

from ..carriers.base import OffsetSource, ScanEvent, Status
from ..events import DELIVERY_PROVED
from ..models import FINAL, Handover, ProofOfDelivery, Shipment, TrackingEvent
from .timeline import record_scans

CODE_DIGITS = 4
TRIES = Limit("handover-tries", 5, 3600)
SIGNATURE_MAX = 60_000


class WrongCode(Invalid):
    """The code is not the one the customer was sent."""

    code = "wrong_code"


class UnableToProve(DomainError):
    """The shipment is not one that can be handed over now, or nothing was shown for it."""


def handover_code(shipment: Shipment) -> str | None:
    """The code that the customer gives to the courier, while the parcel is out and was not handed over."""
    handover = getattr(shipment, "handover", None)
    if handover is None or handover.confirmed_at or shipment.status in FINAL:
        return None
    return tokens.derive_code("handover", handover.pk, digits=CODE_DIGITS)


def prove_delivery(
    *,
    shipment: Shipment,
    code: str = "",
    received_by: str = "",
    signature_svg: str = "",
    courier: User | None = None,
) -> ProofOfDelivery:
    """Record a handover: with the customer's code, or with a name and, where it can be had, a signature.

    Raises:
        WrongCode: not the shipment's code.
        TooOften: five codes were tried within the hour.
        UnableToProve: already delivered, no code was issued, or neither code nor name was given.
    """
    if code:
        spend(TRIES, str(shipment.pk), message=_("Too many wrong codes. Take a name and a signature instead."))
    with transaction.atomic():
        shipment = Shipment.objects.select_for_update().get(pk=shipment.pk)
        handover = Handover.objects.filter(shipment=shipment).first()
        kind = _kind_of_proof(shipment, handover, code, received_by, signature_svg)
        proof = _write_proof(shipment, kind, received_by, signature_svg, courier)
        if handover and kind == ProofOfDelivery.Kind.CODE:
            Handover.objects.filter(pk=handover.pk).update(confirmed_at=proof.proved_at)
        _add_delivered(shipment, proof)
        publish(
            DELIVERY_PROVED,
            merchant_id=shipment.merchant_id,
            subject_id=shipment.pk,
            order_id=shipment.order_id,
            kind=kind,
        )
    return proof


def _kind_of_proof(
    shipment: Shipment, handover: Handover | None, code: str, received_by: str, signature_svg: str
) -> ProofOfDelivery.Kind:
    if shipment.status in FINAL:
        raise UnableToProve(_("This shipment was handed over already."))
    if code:
        if handover is None:
            raise UnableToProve(_("No code was sent for this shipment: it is not out for delivery."))
        if not tokens.code_matches("handover", handover.pk, code.strip(), digits=CODE_DIGITS):
            reason = _("This is not the customer's code.")
            raise WrongCode(reason, fields={"code": [reason]})
        return ProofOfDelivery.Kind.CODE
    if not received_by.strip():
        reason = _("Give the customer's code, or the name of who took the parcel.")
        raise UnableToProve(reason, fields={"received_by": [reason]})
    if len(signature_svg) > SIGNATURE_MAX:
        reason = _("The signature is too large. Sign again with fewer strokes.")
        raise UnableToProve(reason, fields={"signature_svg": [reason]})
    return ProofOfDelivery.Kind.SIGNATURE if signature_svg else ProofOfDelivery.Kind.NAME


def _write_proof(
    shipment: Shipment, kind: str, received_by: str, signature_svg: str, courier: User | None
) -> ProofOfDelivery:
    proof = ProofOfDelivery(
        shipment=shipment,
        kind=kind,
        received_by=received_by.strip()[:120],
        signature_svg=signature_svg,
        proved_at=timezone.now(),
        courier=courier,
    )
    proof.digest = seal(proof)
    proof.save(force_insert=True)
    return proof


def seal(proof: ProofOfDelivery) -> str:
    """The digest of what is kept of a proof: another one today means that it was changed since."""
    shown = {
        "shipment": str(proof.shipment_id),
        "kind": str(proof.kind),
        "received_by": proof.received_by,
        "signature_svg": proof.signature_svg,
        "proved_at": proof.proved_at.isoformat(),
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _add_delivered(shipment: Shipment, proof: ProofOfDelivery) -> None:
    scan = ScanEvent(
        occurred_at=timezone.localtime(proof.proved_at),
        offset_source=OffsetSource.STATED,
        status=Status.DELIVERED,
        reason="",
        code=f"proof_{proof.kind}",
        description=proof.get_kind_display(),
        place=shipment.order.city,
        country=shipment.order.country,
        signed_by=proof.received_by or shipment.order.consignee,
        identity=str(proof.pk),
    )
    for parcel in shipment.parcels.order_by("pk"):
        record_scans(parcel=parcel, scans=[scan], source=TrackingEvent.Source.COURIER, at=proof.proved_at)
