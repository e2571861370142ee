"""Asendia: answers of Asendia Sync and of Asendia USA's tracking.

Formats: https://www.asendia-sync.com (``trackingEvents``, or the list of them alone, which doesn't repeat the number);
Asendia USA tracking (``data`` with detail or milestone events, which hand on the codes of USPS). Times are UTC.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_DELIVERED = Reading(Status.DELIVERED)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_ATTEMPT = Reading(Status.ATTEMPT_FAILED)


class Carrier(DirectCarrier):
    """Reader of Asendia's answers."""

    label = "Asendia"
    statuses: Mapping[str, Reading] = {
        # Asendia Sync
        "PENDING": _ANNOUNCED,
        "CREATED": _ANNOUNCED,
        "ACCEPTED": _ANNOUNCED,
        "LABEL_PRINTED": _ANNOUNCED,
        "PICKED_UP": _MOVING,
        "COLLECTED": _MOVING,
        "COLLECTION": _MOVING,
        "PU": _MOVING,
        "IN_TRANSIT": _MOVING,
        "IT": _MOVING,
        "TRANSIT": _MOVING,
        "DEPARTED": _MOVING,
        "ARRIVED": _MOVING,
        "PROCESSED": _MOVING,
        "CUSTOMS": _MOVING,
        "CLEARED": _MOVING,
        "OUT_FOR_DELIVERY": _OUT,
        "OFD": _OUT,
        "WITH_COURIER": _OUT,
        "DELIVERED": _DELIVERED,
        "DL": _DELIVERED,
        "DELIVERY_CONFIRMED": _DELIVERED,
        "READY_FOR_PICKUP": _PICKUP_POINT,
        "PICKUP": _PICKUP_POINT,
        "AT_LOCATION": _PICKUP_POINT,
        "ON_HOLD": Reading(Status.EXCEPTION),
        "HELD": Reading(Status.EXCEPTION),
        "AWAITING": Reading(Status.EXCEPTION),
        "DELAYED": Reading(Status.EXCEPTION, "carrier_delay"),
        "DELAY": Reading(Status.EXCEPTION, "carrier_delay"),
        "RESCHEDULED": Reading(Status.EXCEPTION, "carrier_delay"),
        "DELIVERY_FAILED": _ATTEMPT,
        "FAILED": _ATTEMPT,
        "UNDELIVERABLE": Reading(Status.EXCEPTION),
        "RETURNED": Reading(Status.RETURNING),
        "RTS": Reading(Status.RETURNING),
        "DAMAGED": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "MISROUTED": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "ADDRESS_NOT_FOUND": Reading(Status.EXCEPTION, "carrier_address_not_found"),
        "LOST": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "REFUSED": Reading(Status.EXCEPTION, "consignee_refused"),
        "BUSINESS_CLOSED": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "NOT_AVAILABLE": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "NOT_HOME": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "WRONG_ADDRESS": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "ACCESS_RESTRICTED": Reading(Status.ATTEMPT_FAILED, "consignee_access_restricted"),
        "CUSTOMS_DELAY": Reading(Status.EXCEPTION, "customs_delay"),
        "CUSTOMS_DOCS": Reading(Status.EXCEPTION, "customs_documentation"),
        "DUTIES_UNPAID": Reading(Status.EXCEPTION, "customs_duties_unpaid"),
        "WEATHER": Reading(Status.EXCEPTION, "weather_delay"),
        # Asendia USA: words, its own steps, then those of the local carrier abroad
        "HOLD": Reading(Status.EXCEPTION),
        "OUT": _OUT,
        "1": _ANNOUNCED,
        "2": _MOVING,
        "2.1": _MOVING,
        "2.2": _MOVING,
        "DEPSUB": _MOVING,
        "ARRDEST": _MOVING,
        "IMPCUSTOUT": _MOVING,
        "LEAVHUB": _MOVING,
        "INDELIVCENTER": _MOVING,
        "OUTDELIVCENTER": _OUT,
        "DELIVERY": _DELIVERED,
        # Asendia USA: of USPS
        "10": _MOVING,
        "L1": _MOVING,
        "NT": _MOVING,
        "OA": _MOVING,
        "OF": _OUT,
        "T1": _MOVING,
        "TM": _MOVING,
        "U1": _MOVING,
        "01": _DELIVERED,
        "02": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
    }
    messages = (("detail",), ("responseStatus", "responseStatusMessage"), ("responseStatusMessage",), ("message",))
    answers = (
        ("trackingEvents",),
        ("trackingMilestone",),
        ("data", "trackingNumberVendor"),
    )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The parcels of an answer; a list of events alone is one parcel of which the caller knows the number."""
        if isinstance(document, list) and _json.at(document, "trackingEvents") is None:
            yield self._parcel("", [step for step in _json.rows(document, "The answer") if _is_step(step)])
            return
        holders = _json.rows(_json.at(document, "data"), "data")
        holders += _json.rows(_json.at(document, "trackingMilestone"), "trackingMilestone")
        for parcel in holders or _json.rows(document, "The answer"):
            names = ("trackingEvents", "trackingDetailEvents", "trackingMilestoneEvents")
            steps = next((found for name in names if (found := _json.rows(parcel.get(name), name))), [])
            number = _json.text(parcel.get("trackingNumberVendor")) or _json.text(parcel.get("trackingNumber"))
            yield self._parcel(number, steps)

    def _parcel(self, number: str, steps: list[_json.Fields]) -> Observation | None:
        if not steps:
            return None
        codes = self.codes()
        events = tuple(_event(step, codes) for step in steps)
        return Observation(tracking_number=number, events=events, unknown_codes=codes.unknown)

    def tracking_url(self, tracking_number: str) -> str:
        """Asendia's public page of a number."""
        return f"https://tracking.asendia.com/tracking/{quote(tracking_number)}"


def _is_step(step: _json.Fields) -> bool:
    return bool(step.get("code") and (step.get("time") or step.get("carrierEventDescription")))


def _event(step: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(step.get("code")) or _json.text(step.get("eventCode"))
    place = _json.fields(step.get("eventLocationDetails"))
    country = country_code(_json.text(step.get("locationCountry")) or _json.text(place.get("countryIso2")))
    region = _json.text(place.get("province"))
    named = _json.text(step.get("locationName")) or _json.text(step.get("eventLocation"))
    words = (_json.text(step.get(name)) for name in ("carrierEventDescription", "eventDescription", "description"))
    return scan(
        codes.read(code, code, code.upper()),
        read_moment(_json.text(step.get("time")) or _json.text(step.get("eventOn")), country=country, region=region),
        code=code,
        description=next((word for word in words if word), ""),
        place=place_name(named or _json.text(place.get("city")), region),
        country=country,
    )
