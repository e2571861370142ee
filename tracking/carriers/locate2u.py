"""Locate2u: a stop of a driver's run, as its API answers and its webhooks push it.

Format: https://docs.locate2u.com (Stops: ``stopId``, ``status``, ``lastModifiedDate``). A stop tells its present status
alone, in UTC.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._direct import DirectCarrier, coordinates, scan
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, Status

_AT_THE_STOP = {"Arrived", "Complete", "Failed"}


class Carrier(DirectCarrier):
    """Reader of Locate2u's stops."""

    label = "Locate2u"
    messages = (("error",), ("message",), ("title",))
    answers = (("stopId",),)
    statuses: Mapping[str, Reading] = {
        "Pending": Reading(Status.INFO_RECEIVED),
        "Enroute": Reading(Status.OUT_FOR_DELIVERY),
        "Arrived": Reading(Status.OUT_FOR_DELIVERY),
        "Complete": Reading(Status.DELIVERED),
        "Delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "On Hold": Reading(Status.EXCEPTION),
        "Failed": Reading(Status.ATTEMPT_FAILED),
        "Cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One stop, or a list of them."""
        for stop in _json.rows(document, "The stops"):
            codes = self.codes()
            status = _json.text(stop.get("status"))
            if not _json.text(stop.get("stopId")) or not status:
                continue
            written = _json.text(stop.get("lastModifiedDate")) or _json.text(stop.get("arrivalDate"))
            spot = _json.fields(stop.get("location")) if status in _AT_THE_STOP else {}
            latitude, longitude = coordinates(spot.get("latitude"), spot.get("longitude"))
            event = scan(
                codes.read(status),
                read_moment(written, home="Australia/Sydney"),
                code=status,
                description=status,
                latitude=latitude,
                longitude=longitude,
            )
            yield Observation(
                tracking_number=_json.text(stop.get("stopId")),
                events=(event,),
                carrier_eta=read_date(_json.text(stop.get("tripDate"))),
                weight_g=_json.grams(_json.at(stop, "load", "weight"), "KG"),
                unknown_codes=codes.unknown,
            )
