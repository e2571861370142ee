"""Disputes: opened with what is known, decided by a person, told to the customer."""

import hashlib
import json
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from tracking.models import ProofOfDelivery, Shipment, TrackingEvent, TrackingStatus

from ..events import DISPUTE_DECIDED, DISPUTE_OPENED
from ..models import DISPUTE_TRANSITIONS, Decision, Dispute, Evidence
from .refunds import refundable, start_refund

# A parcel that is simply under way is not lost: before this, the answer is "wait".
PATIENCE = timedelta(days=7)
ENDED_WITHOUT_PARCEL = (TrackingStatus.EXCEPTION, TrackingStatus.EXPIRED, TrackingStatus.RETURNED)


class UnableToDispute(DomainError):
    """The dispute can't be opened or decided like this; the message says why."""

    code = "unable_to_dispute"


def dispute_refusal(shipment: Shipment) -> str:
    """Why a customer can't say “I did not receive it” of this shipment now; "" when they can."""
    if shipment.direction != Shipment.Direction.OUTBOUND:
        return _("This parcel goes to the shop, not to you.")
    if any(dispute.status == Dispute.Status.OPEN for dispute in shipment.disputes.all()):
        return _("We are looking into this parcel already.")
    now, policy = timezone.now(), shipment.order.merchant.policy
    if shipment.delivered_at and now > shipment.delivered_at + timedelta(days=policy.dispute_within_days):
        return _("This parcel arrived more than %d days ago.") % policy.dispute_within_days
    ended = shipment.status == TrackingStatus.DELIVERED or shipment.status in ENDED_WITHOUT_PARCEL
    if not ended and now < max(shipment.last_event_at or shipment.created_at, shipment.created_at) + PATIENCE:
        return _("This parcel is still on its way. We keep watching it for you.")
    return ""


def open_dispute(*, shipment: Shipment, statement: str) -> Dispute:
    """A customer says that a parcel did not arrive; what is known at this moment is kept with it.

    Raises:
        UnableToDispute: see `dispute_refusal`.
    """
    if refusal := dispute_refusal(shipment):
        raise UnableToDispute(refusal)
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(
                merchant_id=shipment.merchant_id,
                order_id=shipment.order_id,
                shipment=shipment,
                statement=statement.strip()[:4000],
            )
            _collect(dispute)
            publish(DISPUTE_OPENED, merchant_id=dispute.merchant_id, subject_id=dispute.pk, order_id=dispute.order_id)
    except IntegrityError as error:
        raise UnableToDispute(_("We are looking into this parcel already.")) from error
    return dispute


def _collect(dispute: Dispute) -> None:
    """Copy what is known into evidence; later scans change the timeline, not what was known today."""
    events = TrackingEvent.objects.filter(parcel__shipment=dispute.shipment_id).latest_first()
    pieces: dict[str, dict] = {
        Evidence.Kind.STATEMENT: {"statement": dispute.statement, "opened_at": dispute.opened_at.isoformat()},
        Evidence.Kind.TIMELINE: {"events": [_as_evidence(event) for event in events.select_related("parcel")]},
        Evidence.Kind.PROOF: {
            "proofs": [_proof_as_evidence(proof) for proof in dispute.shipment.proofs.order_by("pk")]
        },
    }
    Evidence.objects.bulk_create(
        Evidence(dispute=dispute, kind=kind, content=content, digest=digest_of(content))
        for kind, content in pieces.items()
    )


def digest_of(content: dict) -> str:
    """SHA-256 of the content as JSON with sorted keys and no spaces."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _as_evidence(event: TrackingEvent) -> dict:
    return {
        "tracking_number": event.parcel.tracking_number,
        "status": event.status,
        "code": event.code,
        "description": event.description,
        "place": event.place,
        "occurred_at": event.occurred_at and event.occurred_at.isoformat(),
        "utc_offset_min": event.utc_offset_min,
        "offset_source": event.offset_source,
        "recorded_at": event.recorded_at.isoformat(),
        "signed_by": event.signed_by,
        "source": event.source,
    }


def _proof_as_evidence(proof: ProofOfDelivery) -> dict:
    return {
        "kind": proof.kind,
        "received_by": proof.received_by,
        "proved_at": proof.proved_at.isoformat(),
        "digest": proof.digest,
    }


@transaction.atomic
def decide_dispute(*, dispute: Dispute, accept: bool, note: str, by: User) -> None:
    """A person decides; a dispute that is accepted pays back what is left of the payment.

    Raises:
        UnableToDispute: no note: the customer must be told why.
        UnableToTransition: it was decided or withdrawn before.
    """
    if not note.strip():
        raise UnableToDispute(_("Say why: the customer is told."), fields={"note": [_("Say why.")]})
    to = Dispute.Status.ACCEPTED if accept else Dispute.Status.REJECTED
    now = timezone.now()
    transition(dispute, to, allowed=DISPUTE_TRANSITIONS, decided_at=now, decided_by=by, decision_note=note.strip())
    Decision.objects.create(dispute=dispute, verdict=to, why=note.strip(), decided_by=by, decided_at=now)
    content = {"verdict": str(to), "why": note.strip(), "by": by.get_username(), "decided_at": now.isoformat()}
    Evidence.objects.create(dispute=dispute, kind=Evidence.Kind.DECISION, content=content, digest=digest_of(content))
    publish(
        DISPUTE_DECIDED,
        merchant_id=dispute.merchant_id,
        subject_id=dispute.pk,
        order_id=dispute.order_id,
        verdict=str(to),
    )
    if accept:
        start_refund(order=dispute.order, amount=refundable(dispute.order), dispute=dispute)


def withdraw_dispute(*, dispute: Dispute) -> None:
    """The customer found the parcel."""
    transition(dispute, Dispute.Status.WITHDRAWN, allowed=DISPUTE_TRANSITIONS, decided_at=timezone.now())
