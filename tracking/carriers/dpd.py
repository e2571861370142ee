"""DPD: parcel life cycles (SOAP) of its national webservices, and the answers of the group's JSON services.

Formats: https://esolutions.dpd.com (ParcelLifeCycleService 2.0, getTrackingData: ``statusInfo`` per step, of which only
those reached have happened); DPD group tracking (``events`` with words). SOAP times lack their offset: they are those
of the country that runs the service, mostly Central Europe.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "Europe/Berlin"
_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_EUROPEAN = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})")


class Carrier(DirectCarrier):
    """Reader of the payloads of DPD's services."""

    label = "DPD"
    statuses: Mapping[str, Reading] = {
        # life cycle: status of a step
        "SHIPMENT": _ANNOUNCED,
        "ACCEPTED": _MOVING,
        "AT_SENDING_DEPOT": _MOVING,
        "ON_THE_ROAD": _MOVING,
        "AT_DELIVERY_DEPOT": _MOVING,
        "COURIER": Reading(Status.OUT_FOR_DELIVERY),
        "RETURNINGFROMDELIVERY": Reading(Status.ATTEMPT_FAILED),
        "DELIVERYFAILURE": Reading(Status.ATTEMPT_FAILED),
        "PARCELSHOP": _PICKUP_POINT,
        # group: words
        "CREATED": _ANNOUNCED,
        "PENDING": _ANNOUNCED,
        "INFO_RECEIVED": _ANNOUNCED,
        "PICKED_UP": _MOVING,
        "IN_TRANSIT": _MOVING,
        "AT_DEPOT": _MOVING,
        "OUT_FOR_DELIVERY": Reading(Status.OUT_FOR_DELIVERY),
        "READY_FOR_PICKUP": _PICKUP_POINT,
        "DELIVERED": Reading(Status.DELIVERED),
        "DELIVERY_FAILED": Reading(Status.ATTEMPT_FAILED),
        "NOT_HOME": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "RECIPIENT_ABSENT": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "NOT_AVAILABLE": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "BUSINESS_CLOSED": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "ACCESS_RESTRICTED": Reading(Status.ATTEMPT_FAILED, "consignee_access_restricted"),
        "DELIVERY_DELAYED": Reading(Status.EXCEPTION, "carrier_delay"),
        "DELAYED": Reading(Status.EXCEPTION, "carrier_delay"),
        "ON_HOLD": Reading(Status.EXCEPTION),
        "EXCEPTION": Reading(Status.EXCEPTION),
        "DAMAGED": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "DMG": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "LOST": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "MISROUTED": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "REFUSED": Reading(Status.EXCEPTION, "consignee_refused"),
        "REJECTED": Reading(Status.EXCEPTION, "consignee_refused"),
        "INCORRECT_ADDRESS": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "WRONG_ADDRESS": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "ADDRESS_NOT_FOUND": Reading(Status.EXCEPTION, "carrier_address_not_found"),
        "CUSTOMS_DELAY": Reading(Status.EXCEPTION, "customs_delay"),
        "CUSTOMS_HOLD": Reading(Status.EXCEPTION, "customs_delay"),
        "CUSTOMS_DOCS": Reading(Status.EXCEPTION, "customs_documentation"),
        "DUTIES_UNPAID": Reading(Status.EXCEPTION, "customs_duties_unpaid"),
        "WEATHER": Reading(Status.EXCEPTION, "weather_delay"),
        "CANCELLED": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "RETURN_TO_SENDER": Reading(Status.RETURNING),
        "RETURNED": Reading(Status.RETURNED),
    }
    messages = (
        ("Fault", "detail", "authenticationFault", "errorMessage"),
        ("Fault", "detail", "faults", "message"),
        ("Fault", "detail", "faultCodes", "message"),
        ("Fault", "faultstring"),
        ("Error", "ErrorMessage"),
        ("errors", "message"),
        ("error", "message"),
        ("errorMessage",),
        ("message",),
    )
    answers = (("getTrackingDataResponse",), ("Fault",), ("Error",), ("trackingNumber",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The parcel of a life cycle, or the parcels of a group answer."""
        for result in _json.rows(_json.at(document, "getTrackingDataResponse", "trackingresult"), "trackingresult"):
            yield self._life_cycle(result)
        for parcel in _json.rows(document, "The answer"):
            yield self._parcel(parcel)

    def _life_cycle(self, result: _json.Fields) -> Observation | None:
        steps = [
            step
            for step in _json.rows(result.get("statusInfo"), "statusInfo")
            if _json.text(step.get("statusHasBeenReached")) != "false"
        ]
        codes = self.codes()
        events = tuple(event for step in steps if (event := _step(step, codes)))
        number = _json.text_at(result, "shipmentInfo", "parcelLabelNumber")
        return Observation(tracking_number=number, events=events, unknown_codes=codes.unknown) if events else None

    def _parcel(self, parcel: _json.Fields) -> Observation | None:
        number = _json.text(parcel.get("trackingNumber")) or _json.text(parcel.get("parcelNumber"))
        scans = _json.rows(parcel.get("events"), "events")
        status = _json.text(parcel.get("status"))
        if not number or not (scans or status):
            return None
        codes = self.codes()
        events = tuple(_event(one, codes) for one in scans)
        return Observation(
            tracking_number=number,
            events=events,
            summary=codes.read(status, _key(status)).status if status else None,
            service=_json.text(parcel.get("service")),
            carrier_eta=read_date(_json.text(parcel.get("estimatedDelivery"))),
            signed_by=next((event.signed_by for event in events if event.signed_by), ""),
            destination=place_name(_json.text_at(parcel, "recipient", "city")),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """The public page of a number at DPD."""
        return f"https://tracking.dpd.de/status/en_US/parcel/{quote(tracking_number)}"


def _key(word: str) -> str:
    return word.upper().replace(" ", "_")


def _step(step: _json.Fields, codes: CodeReader) -> ScanEvent | None:
    code = _json.text(step.get("status"))
    written = _EUROPEAN.sub(r"\1.\2.\3", _json.text_at(step, "date", "content"))
    words = _json.text_at(step, "description", "content", "content") or _json.text_at(step, "label", "content")
    if not code:
        return None
    return scan(
        codes.read(code, _key(code)),
        read_moment(written, home=_HOME),
        code=code,
        description=words,
        place=place_name(_json.text_at(step, "location", "content")),
    )


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("status")) or _json.text(one.get("code"))
    country = country_code(_json.text_at(one, "location", "country"))
    written = _json.text(one.get("timestamp")) or _json.text(one.get("date"))
    return scan(
        codes.read(code, _key(code)),
        read_moment(written, country=country, home=_HOME),
        code=code,
        description=_json.text(one.get("description")),
        place=place_name(_json.text_at(one, "location", "city") or _json.text(one.get("location"))),
        country=country,
        signed_by=_json.signer(one.get("signedBy")),
    )
