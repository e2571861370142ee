"""Zoom2u (Australia): a delivery, as its API answers and its webhooks push it.

Format: https://developers.zoom2u.com (Deliveries: ``reference``, ``status``, ``statusChangeDateTime``). A delivery
tells its present status alone, in UTC.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, Status


class Carrier(DirectCarrier):
    """Reader of Zoom2u's deliveries."""

    label = "Zoom2u"
    messages = (("error",), ("message",), ("error-code",))
    answers = (("reference",),)
    statuses: Mapping[str, Reading] = {
        "unassigned": Reading(Status.INFO_RECEIVED),
        "accepted": Reading(Status.INFO_RECEIVED),
        "on route to pickup": Reading(Status.INFO_RECEIVED),
        "picked up": Reading(Status.IN_TRANSIT),
        "on route to dropoff": Reading(Status.OUT_FOR_DELIVERY),
        "tried to deliver": Reading(Status.ATTEMPT_FAILED),
        "on hold - with courier": Reading(Status.EXCEPTION),
        "dropped off": Reading(Status.DELIVERED),
        "returning": Reading(Status.RETURNING),
        "returned": Reading(Status.RETURNED),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One delivery, or a list of them."""
        for delivery in _json.rows(document, "The deliveries"):
            codes = self.codes()
            status, number = _json.text(delivery.get("status")), _json.text(delivery.get("reference"))
            if not status or not number:
                continue
            written = _json.text(delivery.get("statusChangeDateTime"))
            reading = codes.read(status, status.lower())
            event = scan(reading, read_moment(written, home="Australia/Sydney"), code=status, description=status)
            yield Observation(tracking_number=number, events=(event,), unknown_codes=codes.unknown)
