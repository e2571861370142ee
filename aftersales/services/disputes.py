"""Disputes: opened with what is known, answered, brought up again once, or taken back by the customer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import OrderLine
from tracking.models import Shipment, TrackingStatus

from ..events import DISPUTE_ANSWERED, DISPUTE_OPENED, DISPUTE_REOPENED, DISPUTE_WITHDRAWN
from ..models import (
    RUNNING,
    Confirmation,
    Dispute,
    DisputeLine,
    DisputePhoto,
    DisputeStep,
    Evidence,
    Resolution,
)
from ..pictures import Photo
from . import judging
from .confirmations import GOING_BACK, last_confirmations
from .deciding import NOTE_MAX, UnableToDispute, follow_verdict
from .evidence import collect_evidence
from .turns import CUSTOMER, MERCHANT, answer_by, move, tell, wind

# A parcel that is simply under way, to the customer or back, is not lost: before this, the answer is "wait".
PATIENCE = timedelta(days=7)
ENDED_WITHOUT_PARCEL = (TrackingStatus.EXCEPTION, TrackingStatus.EXPIRED)
PROVED = (Confirmation.Proof.PHONE, Confirmation.Proof.RECEIVER)
PHOTOS_A_DISPUTE = 24


def dispute_refusal(
    shipment: Shipment, kind: str = Dispute.Kind.NOT_RECEIVED, disputes: Sequence[Dispute] | None = None
) -> str:
    """Why a customer can't open a dispute of this kind about this shipment now; "" when they can.

    That a parcel was not received is a claim about where it is. Once it is back at its sender that is no question, and
    what the customer is owed, the money or another delivery, is settled in the return that opened by itself. While it
    is going back nobody has it: it can get lost there as on the way out, the return would wait for ever, and so the
    claim opens after the same patience; not to who had the parcel by their own proved word before it went back.

    Args:
        disputes: those of the shipment, where they were read already.
    """
    if shipment.direction != Shipment.Direction.OUTBOUND:
        return _("This parcel goes to the shop, not to you.")
    if refusal := _known_refusal(shipment.disputes.all() if disputes is None else disputes, kind):
        return refusal
    now, policy = timezone.now(), shipment.order.merchant.policy
    if shipment.delivered_at and now > shipment.delivered_at + timedelta(days=policy.dispute_within_days):
        return _("This parcel arrived more than %d days ago.") % policy.dispute_within_days
    if kind != Dispute.Kind.NOT_RECEIVED:
        return "" if shipment.delivered_at else _("You can tell us of it once the parcel has arrived.")
    if shipment.status in GOING_BACK:
        return _refusal_going_back(shipment, now)
    if shipment.delivered_at and now < shipment.delivered_at + timedelta(days=policy.dispute_after_days):
        return _(
            "Parcels often turn up at a neighbor's. Tell us %d days after the delivery if it is still missing."
        ) % (policy.dispute_after_days)
    ended = shipment.status == TrackingStatus.DELIVERED or shipment.status in ENDED_WITHOUT_PARCEL
    if not ended and not _is_silent(shipment, now):
        return _("This parcel is still on its way. We keep watching it for you.")
    return ""


def _refusal_going_back(shipment: Shipment, now: datetime) -> str:
    if shipment.status == TrackingStatus.RETURNED:
        return _("This parcel went back. The sender has it, and sends it again or pays you back.")
    if not _is_silent(shipment, now):
        return _("This parcel is going back to the sender. We keep watching it for you.")
    said = last_confirmations([shipment.pk]).get(shipment.pk) if shipment.delivered_at else None
    if said and said.answer == Confirmation.Answer.HAS_IT and said.proof in PROVED:
        return _("You had this parcel before it went back to the sender.")
    return ""


def _is_silent(shipment: Shipment, now: datetime) -> bool:
    return now >= max(shipment.last_event_at or shipment.created_at, shipment.created_at) + PATIENCE


def _known_refusal(disputes: Iterable[Dispute], kind: str) -> str:
    for dispute in disputes:
        if dispute.kind != kind or dispute.status == Dispute.Status.WITHDRAWN:
            continue
        if dispute.status in RUNNING:
            return _("We are looking into this parcel already.")
        if dispute.can_reopen:
            return _("This was decided. You can bring new evidence to the case once.")
        return _("This was decided.")
    return ""


def disputable_kinds(shipment: Shipment, disputes: Sequence[Dispute] | None = None) -> list[str]:
    """What a customer can say of this shipment now; ``disputes`` as in `dispute_refusal`."""
    known = list(shipment.disputes.all()) if disputes is None else disputes
    return [kind for kind in Dispute.Kind.values if not dispute_refusal(shipment, kind, known)]


def open_dispute(
    *,
    shipment: Shipment,
    statement: str,
    kind: str = Dispute.Kind.NOT_RECEIVED,
    wish: str = "",
    quantities: Mapping[UUID, int] | None = None,
    photos: Sequence[Photo] = (),
) -> Dispute:
    """A customer says that something is wrong; what is known at this moment is kept with it, and rules may judge it.

    Args:
        quantities: how many of which order lines it is about; none means all of the shipment.

    Raises:
        UnableToDispute: see `dispute_refusal`; or what the kind needs is not there.
    """
    if kind not in Dispute.Kind.values:
        raise UnableToDispute(_("Choose what is wrong."), fields={"kind": [_("Choose what is wrong.")]})
    if refusal := dispute_refusal(shipment, kind):
        raise UnableToDispute(refusal)
    chosen = _checked_lines(shipment, kind, quantities or {})
    try:
        with transaction.atomic():
            dispute = _write(shipment, kind, statement, wish, chosen, photos)
            tell(DISPUTE_OPENED, dispute)
            follow_verdict(dispute=dispute, verdict=judging.judge_dispute(dispute))
    except IntegrityError as error:
        raise UnableToDispute(_("We are looking into this parcel already.")) from error
    return dispute


def _checked_lines(shipment: Shipment, kind: str, quantities: Mapping[UUID, int]) -> dict[UUID, int]:
    chosen = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    bought = dict(OrderLine.objects.filter(order=shipment.order_id).values_list("pk", "quantity"))
    if any(not 0 < quantity <= bought.get(line_id, 0) for line_id, quantity in chosen.items()):
        raise UnableToDispute(_("You can choose at most what you ordered."))
    if kind != Dispute.Kind.NOT_RECEIVED and not chosen:
        if len(bought) > 1 or max(bought.values(), default=0) > 1:
            raise UnableToDispute(_("Choose what it is about."))
        chosen = bought  # there is only the one piece
    return chosen


def _write(
    shipment: Shipment, kind: str, statement: str, wish: str, chosen: Mapping[UUID, int], photos: Sequence[Photo]
) -> Dispute:
    now, text = timezone.now(), statement.strip()[:NOTE_MAX]
    dispute = Dispute.objects.create(
        merchant_id=shipment.merchant_id,
        order_id=shipment.order_id,
        shipment=shipment,
        kind=kind,
        statement=text,
        wish=wish if wish in Resolution.values else "",
        opened_at=now,
    )
    dispute.answer_by = answer_by(dispute, now=now)
    Dispute.objects.filter(pk=dispute.pk).update(answer_by=dispute.answer_by)
    DisputeLine.objects.bulk_create(
        DisputeLine(dispute=dispute, order_line_id=line_id, quantity=quantity) for line_id, quantity in chosen.items()
    )
    DisputeStep.objects.create(dispute=dispute, kind=DisputeStep.Kind.OPENED, party=CUSTOMER, text=text, at=now)
    _add_photos(dispute, photos)
    wind(dispute)
    collect_evidence(dispute=dispute, occasion=Evidence.Occasion.OPENED)
    return dispute


def _add_photos(dispute: Dispute, photos: Sequence[Photo]) -> None:
    """Keep photos; one that is there already is not kept twice."""
    if dispute.photos.count() + len(photos) > PHOTOS_A_DISPUTE:
        raise UnableToDispute(_("There are too many photos in this case."))
    DisputePhoto.objects.bulk_create(
        (
            DisputePhoto(dispute=dispute, jpeg=photo.jpeg, digest=photo.digest, width=photo.width, height=photo.height)
            for photo in photos
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def answer_question(*, dispute: Dispute, text: str, photos: Sequence[Photo] = ()) -> None:
    """The customer answers; it is the merchant's turn.

    Raises:
        UnableToDispute: nothing is asked any more; or neither words nor photos were given.
        UnableToTransition: somebody else was quicker.
    """
    if dispute.status != Dispute.Status.ASKED:
        raise UnableToDispute(_("Nothing is asked of you now. Look at the case again."))
    said = _checked_answer(text, photos)
    _add_photos(dispute, photos)
    now = timezone.now()
    move(dispute, Dispute.Status.OPEN, DisputeStep.Kind.ANSWER, party=CUSTOMER, now=now, said={"text": said})
    tell(DISPUTE_ANSWERED, dispute)


@transaction.atomic
def reopen_dispute(*, dispute: Dispute, text: str, photos: Sequence[Photo] = (), by: User | None = None) -> None:
    """The customer brings new evidence to a case that was declined or closed; that can be done once.

    Args:
        by: the member of staff who does it for a customer that called or wrote.

    Raises:
        UnableToDispute: it was done before, the case runs or is settled, or nothing new was brought.
    """
    dispute.refresh_from_db(from_queryset=Dispute.objects.select_for_update())
    if not dispute.can_reopen:
        raise UnableToDispute(_("This case can't be opened again."))
    said = _checked_answer(text, photos)
    _add_photos(dispute, photos)
    now = timezone.now()
    anew = {"reopened_at": now, "escalated_at": None, "decided_at": None, "decided_by": None, "decision_note": ""}
    party = MERCHANT if by else CUSTOMER
    reopened = {"text": said, "by": by}
    move(dispute, Dispute.Status.OPEN, DisputeStep.Kind.REOPENED, party=party, now=now, said=reopened, **anew)
    collect_evidence(dispute=dispute, occasion=Evidence.Occasion.REOPENED, by=by)
    tell(DISPUTE_REOPENED, dispute)


def _checked_answer(text: str, photos: Sequence[Photo]) -> str:
    if not text.strip() and not photos:
        reason = _("Write something, or add a photo.")
        raise UnableToDispute(reason, fields={"text": [reason]})
    return text.strip()[:NOTE_MAX]


@transaction.atomic
def withdraw_dispute(*, dispute: Dispute) -> None:
    """The customer takes it back: the parcel was found, or all is well."""
    now = timezone.now()
    step = DisputeStep.Kind.WITHDRAWN
    move(dispute, Dispute.Status.WITHDRAWN, step, party=CUSTOMER, now=now, said={}, decided_at=now)
    tell(DISPUTE_WITHDRAWN, dispute)
