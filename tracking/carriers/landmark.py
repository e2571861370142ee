"""Landmark Global: answers of its Track service.

Format: Landmark Global API, Track (XML: ``TrackResponse`` with ``Result/Packages``). Times have no offset; they are
read by the place of the scan. A package has Landmark's own number and that of the carrier of the last leg.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name, split_place, split_region
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of Landmark's answers."""

    label = "Landmark Global"
    messages = (("TrackResponse", "Errors", "Error", "ErrorMessage"), ("TrackResponse", "Result", "ResultMessage"))
    answers = (("TrackResponse", "Result"),)
    statuses: Mapping[str, Reading] = {
        "50": _ANNOUNCED,
        "60": _ANNOUNCED,
        "75": _ANNOUNCED,
        "80": _ANNOUNCED,
        "90": Reading(Status.EXCEPTION),  # held before it left
        "100": _ANNOUNCED,
        "125": _MOVING,
        "135": Reading(Status.EXCEPTION, "customs_delay"),
        "150": _MOVING,
        "155": _MOVING,
        "200": _MOVING,
        "225": _MOVING,
        "250": _MOVING,  # customs clearance in progress
        "275": _MOVING,
        "300": Reading(Status.OUT_FOR_DELIVERY),
        "400": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "410": Reading(Status.AVAILABLE_FOR_PICKUP),
        "450": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "500": Reading(Status.DELIVERED),
        "510": Reading(Status.DELIVERED),
        "900": Reading(Status.ATTEMPT_FAILED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """Every package of the answer."""
        packages = _json.at(document, "TrackResponse", "Result", "Packages")
        for package in _json.rows(_json.at(packages, "Package"), "Package"):
            codes = self.codes()
            own = _json.text(package.get("LandmarkTrackingNumber"))
            yield Observation(
                tracking_number=own or _json.text(package.get("TrackingNumber")),
                events=tuple(_event(row, codes) for row in _json.rows(_json.at(package, "Events", "Event"), "Event")),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Landmark's public page of a number."""
        return f"https://track.landmarkglobal.com/?search={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("EventCode"))
    place, country = split_place(_json.text(row.get("Location")))
    city, region = split_region(place)
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("DateTime")), country=country, region=region),
        code=code,
        description=_json.text(row.get("Status")),
        place=place_name(city, region),
        country=country,
    )
