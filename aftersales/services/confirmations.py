"""After "delivered", the customer says whether the parcel is there. Silence is no row, and never consent."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish
from orders.models import Delegate
from tracking.models import Shipment, TrackingStatus

from ..events import DELIVERY_ANSWERED
from ..models import Confirmation

GOING_BACK = (TrackingStatus.RETURNING, TrackingStatus.RETURNED)


class UnableToConfirm(DomainError):
    """Nothing can be said of this parcel now; the message says why."""

    code = "unable_to_confirm"


def can_confirm(shipment: Shipment) -> bool:
    """Whether there is something to ask: a parcel to the customer that its carrier calls delivered.

    Of one that went back after its delivery nothing is asked: its carrier's last word is no longer "delivered", and
    who says "not here" would be sent to a claim that the sender can see is none.
    """
    is_outbound = shipment.direction == Shipment.Direction.OUTBOUND
    return is_outbound and shipment.delivered_at is not None and shipment.status not in GOING_BACK


def last_confirmations(shipment_ids: Iterable[UUID]) -> dict[UUID, Confirmation]:
    """What was said last of each shipment; those of which nothing was said are not in it."""
    rows = Confirmation.objects.filter(shipment__in=list(shipment_ids)).order_by("shipment", "-id")
    return {row.shipment_id: row for row in rows.distinct("shipment")}


RECEIVERS_ANSWERS = {
    Delegate.Answer.HAS_IT: Confirmation.Answer.HAS_IT,
    Delegate.Answer.MISSING: Confirmation.Answer.NOT_HERE,
}


def note_receivers_answer(*, order_id: UUID, answer: str) -> None:
    """Keep what the order's receiver said, of each of its parcels that is there to speak of."""
    arrived = Shipment.objects.outbound().filter(order=order_id, delivered_at__isnull=False)
    for shipment in arrived.exclude(status__in=GOING_BACK).order_by("pk"):
        said = RECEIVERS_ANSWERS[Delegate.Answer(answer)]
        confirm_delivery(shipment=shipment, answer=said, proof=Confirmation.Proof.RECEIVER)


@transaction.atomic
def confirm_delivery(*, shipment: Shipment, answer: str, proof: str) -> Confirmation:
    """Keep what the customer says of a delivered parcel; the same said again by the same proof is the first one.

    Args:
        proof: how it was proved who says it: `Confirmation.Proof`.

    Raises:
        UnableToConfirm: the parcel was not delivered, or there is no such answer.
    """
    if answer not in Confirmation.Answer.values:
        raise UnableToConfirm(_("Choose one of the answers."))
    if not can_confirm(shipment):
        raise UnableToConfirm(_("This parcel has not arrived yet."))
    Shipment.objects.select_for_update(no_key=True).get(pk=shipment.pk)  # two taps must see each other
    last = Confirmation.objects.filter(shipment=shipment).order_by("-pk").first()
    if last and (last.answer, last.proof) == (answer, proof):
        return last
    said = Confirmation.objects.create(shipment=shipment, answer=answer, proof=proof)
    publish(
        DELIVERY_ANSWERED,
        merchant_id=shipment.merchant_id,
        subject_id=shipment.pk,
        order_id=shipment.order_id,
        answer=answer,
    )
    return said
