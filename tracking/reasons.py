"""Why something goes wrong, in words for the customer: one fixed text per reason, the same for every carrier."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Words:
    """A status or reason as people read it: the sentence, what happens next, and what they can do."""

    headline: str | Promise
    next: str | Promise
    you: str | Promise


_CARRIER_ACTS = _("The carrier has to solve this. The parcel moves on when it is done.")
_TRIES_AGAIN = _("The carrier tries again or takes the parcel to a pickup point. The next scan tells which.")
_MAY_GO_BACK = _("Without an answer the parcel goes back to the sender.")
_CUSTOMS_DECIDES = _("Customs decides when the parcel moves on. The carrier then brings it to you.")
_LATER = _("The parcel moves on as soon as it can. It may arrive later than expected.")

_WAIT = _("You don't need to do anything.")
_ASK_SENDER = _("Contact the sender and ask for a new delivery or your money back.")
_ASK_CARRIER = _("Contact the carrier with your tracking number.")
_CHECK_ADDRESS = _("Compare the address with yours. If it is wrong, tell the sender today.")
_BE_THERE = _("Make sure that somebody can take the parcel, or ask the carrier for another day.")


REASON_LABELS: dict[str, str | Promise] = {
    "carrier_address_not_found": _("The address was not found"),
    "carrier_capacity_exceeded": _("The carrier has too many parcels"),
    "carrier_damaged_parcel": _("Damaged"),
    "carrier_delay": _("Delayed"),
    "carrier_mechanical_delay": _("A machine or vehicle broke down"),
    "carrier_not_enough_time": _("Not enough time on the route"),
    "carrier_parcel_lost": _("Lost"),
    "carrier_security_issue": _("Held for a security check"),
    "carrier_sorting_error": _("Sent the wrong way"),
    "carrier_vehicle_issue": _("The vehicle had a problem"),
    "consignee_access_restricted": _("No access to the door"),
    "consignee_business_closed": _("The business was closed"),
    "consignee_cancelled": _("Canceled by the receiver"),
    "consignee_incorrect_address": _("The address is wrong or incomplete"),
    "consignee_moved": _("The receiver has moved"),
    "consignee_not_available": _("Nobody could take the parcel"),
    "consignee_not_home": _("Nobody was home"),
    "consignee_not_picked_up": _("Not picked up in time"),
    "consignee_payment_due": _("A payment is due"),
    "consignee_refused": _("Refused"),
    "consignee_rescheduled": _("Another day was agreed"),
    "consignee_safe_place_unavailable": _("No safe place to leave it"),
    "consignee_unreachable": _("The receiver could not be reached"),
    "consignee_verification_failed": _("The receiver could not be verified"),
    "merchant_cancelled": _("Canceled by the sender"),
    "merchant_incorrect_data": _("The sender's data was wrong"),
    "merchant_not_ready": _("Not ready at the sender"),
    "merchant_packaging_issue": _("A problem with the packaging"),
    "customs_delay": _("Delayed by customs"),
    "customs_documentation": _("Customs needs documents"),
    "customs_duties_unpaid": _("Customs duties are due"),
    "customs_inspection": _("Customs inspection"),
    "customs_prohibited": _("Not let in by customs"),
    "weather_delay": _("Delayed by the weather"),
    "weather_disaster": _("Stopped by a natural disaster"),
}

REASON_WORDS: dict[str, Words] = {
    "carrier_address_not_found": Words(_("The carrier could not find the address."), _MAY_GO_BACK, _CHECK_ADDRESS),
    "carrier_capacity_exceeded": Words(_("Your parcel is delayed: the carrier is overloaded."), _LATER, _WAIT),
    "carrier_damaged_parcel": Words(_("Your parcel was damaged on the way."), _CARRIER_ACTS, _ASK_SENDER),
    "carrier_delay": Words(_("Your parcel is delayed."), _LATER, _WAIT),
    "carrier_mechanical_delay": Words(_("Your parcel is delayed by a breakdown."), _LATER, _WAIT),
    "carrier_not_enough_time": Words(_("The courier ran out of time for your parcel."), _TRIES_AGAIN, _WAIT),
    "carrier_parcel_lost": Words(
        _("The carrier has lost your parcel."), _("The carrier searches for it, often without success."), _ASK_SENDER
    ),
    "carrier_security_issue": Words(_("Your parcel is held for a security check."), _CARRIER_ACTS, _WAIT),
    "carrier_sorting_error": Words(
        _("Your parcel was sent the wrong way."), _("The carrier sends it back on the right way."), _WAIT
    ),
    "carrier_vehicle_issue": Words(_("The courier's vehicle had a problem."), _TRIES_AGAIN, _WAIT),
    "consignee_access_restricted": Words(
        _("The courier could not get to your door."),
        _TRIES_AGAIN,
        _("Tell the carrier how to get in, or choose a pickup point."),
    ),
    "consignee_business_closed": Words(
        _("The courier found the business closed."), _TRIES_AGAIN, _("Tell the carrier your opening hours.")
    ),
    "consignee_cancelled": Words(
        _("The delivery was called off by the receiver."), _MAY_GO_BACK, _("Not you? Contact the sender at once.")
    ),
    "consignee_incorrect_address": Words(
        _("There is a problem with the delivery address."), _MAY_GO_BACK, _CHECK_ADDRESS
    ),
    "consignee_moved": Words(_("The carrier was told that you have moved."), _MAY_GO_BACK, _CHECK_ADDRESS),
    "consignee_not_available": Words(_("Nobody could take your parcel."), _TRIES_AGAIN, _BE_THERE),
    "consignee_not_home": Words(_("The courier came, but nobody was home."), _TRIES_AGAIN, _BE_THERE),
    "consignee_not_picked_up": Words(
        _("Your parcel was not picked up in time."), _("It goes back to the sender."), _ASK_SENDER
    ),
    "consignee_payment_due": Words(
        _("A payment is due before your parcel can be delivered."), _MAY_GO_BACK, _ASK_CARRIER
    ),
    "consignee_refused": Words(
        _("The parcel was refused at the door."),
        _("It goes back to the sender."),
        _("Not you? Contact the sender at once."),
    ),
    "consignee_rescheduled": Words(
        _("Another delivery day was agreed."), _("The courier comes on that day."), _BE_THERE
    ),
    "consignee_safe_place_unavailable": Words(
        _("The courier found no safe place to leave your parcel."), _TRIES_AGAIN, _BE_THERE
    ),
    "consignee_unreachable": Words(_("The carrier could not reach you."), _TRIES_AGAIN, _ASK_CARRIER),
    "consignee_verification_failed": Words(
        _("The courier could not verify the receiver."), _TRIES_AGAIN, _("Have an ID or your code at hand next time.")
    ),
    "merchant_cancelled": Words(
        _("The sender has called the delivery off."), _("The parcel goes back to the sender."), _ASK_SENDER
    ),
    "merchant_incorrect_data": Words(
        _("The sender gave the carrier wrong data."),
        _("The sender has to correct it before the parcel moves on."),
        _("Tell the sender, so that it is corrected soon."),
    ),
    "merchant_not_ready": Words(
        _("The parcel was not ready when the carrier came."), _("The carrier picks it up next time."), _WAIT
    ),
    "merchant_packaging_issue": Words(
        _("Your parcel is stopped by a problem with its packaging."), _CARRIER_ACTS, _WAIT
    ),
    "customs_delay": Words(_("Your parcel is delayed by customs."), _CUSTOMS_DECIDES, _WAIT),
    "customs_documentation": Words(
        _("Customs needs documents for your parcel."),
        _CUSTOMS_DECIDES,
        _("Look for a letter or message from the carrier or customs."),
    ),
    "customs_duties_unpaid": Words(
        _("Customs duties are due for your parcel."),
        _MAY_GO_BACK,
        _("Pay only through the carrier's own page or at the door."),
    ),
    "customs_inspection": Words(_("Customs is inspecting your parcel."), _CUSTOMS_DECIDES, _WAIT),
    "customs_prohibited": Words(
        _("Customs does not let your parcel in."), _("It goes back or is destroyed."), _ASK_SENDER
    ),
    "weather_delay": Words(_("Your parcel is delayed by the weather."), _LATER, _WAIT),
    "weather_disaster": Words(_("A natural disaster keeps your parcel from moving."), _LATER, _WAIT),
}
