"""A1 International, a last-mile carrier of Amazon's sellers: answers in Amazon's tracking XML.

Format: AmazonTrackingResponse 3.4 (``TrackingEventDetail`` with EVENT codes, times with their offset).
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/Chicago"
_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of A1's answers."""

    label = "A1 International"
    statuses: Mapping[str, Reading] = {
        "EVENT_101": _MOVING,
        "EVENT_102": _MOVING,
        "EVENT_201": _MOVING,
        "EVENT_202": _MOVING,
        "EVENT_301": Reading(Status.DELIVERED),
        "EVENT_302": Reading(Status.OUT_FOR_DELIVERY),
        "EVENT_304": Reading(Status.ATTEMPT_FAILED),
    }
    messages = (
        ("AmazonTrackingResponse", "TrackingErrorInfo", "TrackingErrorDetail", "ErrorDetailCodeDesc"),
        ("AmazonTrackingResponse", "TrackingErrorInfo", "TrackingErrorDetail", "ErrorDetailCode"),
    )
    answers = (("AmazonTrackingResponse",),)

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The packages of an answer."""
        packages = _json.at(document, "AmazonTrackingResponse", "PackageTrackingInfo")
        for package in _json.rows(packages, "PackageTrackingInfo"):
            history = _json.at(package, "TrackingEventHistory", "TrackingEventDetail")
            scans = _json.rows(history, "TrackingEventDetail")
            codes = self.codes()
            events = tuple(_event(one, codes) for one in scans)
            promises = (read_date(_json.text(one.get("EstimatedDeliveryDate"))) for one in scans)
            yield Observation(
                tracking_number=_json.text(package.get("TrackingNumber")),
                events=events,
                carrier_eta=next((promise for promise in promises if promise), None),
                signed_by=next((event.signed_by for event in events if event.signed_by), ""),
                destination=_place(package.get("PackageDestinationLocation")),
                unknown_codes=codes.unknown,
            )


def _place(location: object) -> str:
    return place_name(_json.text_at(location, "City"), _json.text_at(location, "StateProvince"))


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("EventCode"))
    country = country_code(_json.text_at(one, "EventLocation", "CountryCode"))
    region = _json.text_at(one, "EventLocation", "StateProvince")
    return scan(
        codes.read(code),
        read_moment(_json.text(one.get("EventDateTime")), country=country, region=region, home=_HOME),
        code=code,
        description=_json.text(one.get("EventCodeDesc")),
        place=_place(one.get("EventLocation")),
        country=country,
        signed_by=_json.signer(one.get("SignedForByName")),
    )
