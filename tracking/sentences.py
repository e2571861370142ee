"""What a status means for the customer, in fixed sentences. What can't be read is said to be so, never guessed."""

from django.utils.translation import gettext_lazy as _

from orders.models import Order

from .models import Shipment, TrackingStatus
from .reasons import REASON_LABELS, REASON_WORDS, Words

STATUS_WORDS: dict[str, Words] = {
    TrackingStatus.PENDING: Words(
        _("Your parcel waits for its first scan by the carrier."),
        _("News shows here as soon as the carrier has scanned it."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.INFO_RECEIVED: Words(
        _("Your parcel is announced to the carrier."),
        _("The carrier collects it from the sender."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.IN_TRANSIT: Words(
        _("Your parcel is on its way."),
        _("The carrier brings it to your area, then a courier takes it out for delivery."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.OUT_FOR_DELIVERY: Words(
        _("Your parcel is out for delivery."),
        _("The courier brings it to the delivery address."),
        _("Make sure that somebody is there to take it."),
    ),
    TrackingStatus.AVAILABLE_FOR_PICKUP: Words(
        _("Your parcel is ready for pickup."),
        _("It is kept for a limited time, then it goes back to the sender."),
        _("Pick it up soon, and bring an ID or the carrier's pickup code."),
    ),
    TrackingStatus.ATTEMPT_FAILED: Words(
        _("The courier could not deliver your parcel."),
        _("The carrier tries again or takes the parcel to a pickup point. The next scan tells which."),
        _("Make sure that somebody can take the parcel, or ask the carrier for another day."),
    ),
    TrackingStatus.DELIVERED: Words(
        _("Your parcel was delivered."),
        "",
        _("If you don't have it, ask neighbors and look at the places where couriers leave parcels."),
    ),
    TrackingStatus.EXCEPTION: Words(
        _("Something went wrong with your parcel."),
        _("The carrier has to solve this. The parcel moves on when it is done."),
        _("Contact the sender if there is no news for two days."),
    ),
    TrackingStatus.RETURNING: Words(
        _("Your parcel is going back to the sender."),
        _("The sender gets it back, and then sends it again or pays you back."),
        _("Contact the sender and ask for a new delivery or your money back."),
    ),
    TrackingStatus.RETURNED: Words(
        _("Your parcel is back at the sender."),
        _("The sender has it, and sends it again or pays you back."),
        _("Contact the sender and ask for a new delivery or your money back."),
    ),
    TrackingStatus.EXPIRED: Words(
        _("The carrier has sent no news of your parcel for a long time."),
        _("We show news here if any comes."),
        _("Contact the sender and ask where your parcel is."),
    ),
    TrackingStatus.UNKNOWN: Words(
        _("The carrier sent a status that we can't read yet."),
        _("Its own words stand in the history below. We don't guess what they mean."),
        _("Look at the carrier's page, or come back after the next scan."),
    ),
}

RETURN_WORDS: dict[str, Words] = {
    TrackingStatus.PENDING: Words(
        _("Your return waits for its first scan by the carrier."),
        _("News shows here as soon as the carrier has scanned it."),
        _("Keep the receipt of the carrier until your refund is paid."),
    ),
    TrackingStatus.INFO_RECEIVED: Words(
        _("Your return is announced to the carrier."),
        _("News shows here as soon as the carrier has scanned it."),
        _("Hand the parcel to the carrier if you have not done so."),
    ),
    TrackingStatus.IN_TRANSIT: Words(
        _("Your return is on its way back."),
        _("The carrier takes it to the sender."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.OUT_FOR_DELIVERY: Words(
        _("Your return arrives at the sender soon."),
        _("The courier takes it to the sender."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.AVAILABLE_FOR_PICKUP: Words(
        _("Your return waits for the sender at a pickup point."),
        _("The sender has to pick it up."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.ATTEMPT_FAILED: Words(
        _("The carrier could not hand over your return."),
        _("The carrier tries again."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.DELIVERED: Words(
        _("Your return has arrived at the sender."),
        _("The sender checks the goods and pays your refund."),
        _("You don't need to do anything."),
    ),
    TrackingStatus.EXCEPTION: Words(
        _("Something went wrong with your return."),
        _("The carrier has to solve this. The parcel moves on when it is done."),
        _("Contact the carrier with your tracking number, and tell the sender."),
    ),
    TrackingStatus.RETURNING: Words(
        _("Your return is coming back to you."),
        _("The carrier brings it back to your address."),
        _("Contact the sender and ask how to go on."),
    ),
    TrackingStatus.RETURNED: Words(
        _("Your return came back to you."),
        _("The sender does not have the goods."),
        _("Contact the sender and ask how to go on."),
    ),
    TrackingStatus.EXPIRED: Words(
        _("The carrier has sent no news of your return for a long time."),
        _("We show news here if any comes."),
        _("Contact the carrier with your receipt, and tell the sender."),
    ),
    TrackingStatus.UNKNOWN: Words(
        _("The carrier sent a status of your return that we can't read yet."),
        _("Its own words stand in the history below. We don't guess what they mean."),
        _("Look at the carrier's page, or come back after the next scan."),
    ),
}

ORDER_WORDS: dict[str, Words] = {
    Order.Status.PLACED: Words(
        _("Your order is confirmed."),
        _("The warehouse packs it. Tracking starts when the carrier has it."),
        _("You don't need to do anything."),
    ),
    Order.Status.PICKING: Words(
        _("Your order is being packed."),
        _("The carrier collects it when it is packed."),
        _("You don't need to do anything."),
    ),
    Order.Status.PACKED: Words(
        _("Your order is packed."),
        _("The carrier collects it. Tracking starts then."),
        _("You don't need to do anything."),
    ),
    Order.Status.PARTLY_SHIPPED: Words(
        _("A part of your order has left the warehouse."),
        _("News shows here as soon as the carrier has scanned it. The rest follows."),
        _("You don't need to do anything."),
    ),
    Order.Status.SHIPPED: Words(
        _("Your order has left the warehouse."),
        _("News shows here as soon as the carrier has scanned it."),
        _("You don't need to do anything."),
    ),
    Order.Status.COMPLETED: Words(
        _("Your order was delivered."),
        "",
        _("If something is wrong with it, contact the sender."),
    ),
    Order.Status.CANCELED: Words(
        _("Your order was canceled."),
        _("Nothing is sent."),
        _("If you paid already, the sender tells you how you get your money back."),
    ),
}

# A reason changes the sentence only while the parcel's own status does not already say more.
_TOLD_BY_REASON = frozenset(
    {
        TrackingStatus.PENDING,
        TrackingStatus.INFO_RECEIVED,
        TrackingStatus.IN_TRANSIT,
        TrackingStatus.ATTEMPT_FAILED,
        TrackingStatus.EXCEPTION,
    }
)
TROUBLE = frozenset(
    {
        TrackingStatus.ATTEMPT_FAILED,
        TrackingStatus.EXCEPTION,
        TrackingStatus.RETURNING,
        TrackingStatus.RETURNED,
        TrackingStatus.EXPIRED,
    }
)


def words(shipment: Shipment) -> Words:
    """The headline, what happens next and what the customer can do."""
    if shipment.direction == Shipment.Direction.RETURN:
        return RETURN_WORDS.get(shipment.status, RETURN_WORDS[TrackingStatus.UNKNOWN])
    if shipment.status in _TOLD_BY_REASON and shipment.reason in REASON_WORDS:
        return REASON_WORDS[shipment.reason]
    return STATUS_WORDS.get(shipment.status, STATUS_WORDS[TrackingStatus.UNKNOWN])


def sentence(shipment: Shipment) -> str:
    """A shipment's status in one plain sentence."""
    return str(words(shipment).headline)


def order_words(order: Order) -> Words:
    """The words for an order that has no shipment yet, or never will."""
    return ORDER_WORDS[order.status]


def cause(shipment: Shipment) -> str:
    """The reason in a few words, where the headline does not tell it already; else empty."""
    if shipment.direction == Shipment.Direction.OUTBOUND and shipment.status in _TOLD_BY_REASON:
        return ""
    if shipment.status == TrackingStatus.DELIVERED:
        return ""
    return str(REASON_LABELS.get(shipment.reason, ""))


def is_trouble(shipment: Shipment) -> bool:
    """Whether the customer must see this shipment first."""
    is_hindered = bool(shipment.reason) and shipment.status in _TOLD_BY_REASON
    return shipment.status in TROUBLE or is_hindered
