"""Stamps.com (United States): answers of its web service.

Format: Stamps.com SWS/IM, ``TrackShipment`` (SOAP). Times are local to the place of the scan. An answer doesn't repeat
the number it was asked for.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/New_York"


class Carrier(DirectCarrier):
    """Reader of Stamps.com's answers."""

    label = "Stamps.com"
    messages = (("Fault", "faultstring"),)
    answers = (("TrackShipmentResponse",),)
    # Values of TrackingEventType
    statuses: Mapping[str, Reading] = {
        "ElectronicNotification": Reading(Status.INFO_RECEIVED),
        "Accepted": Reading(Status.IN_TRANSIT),
        "Enroute": Reading(Status.IN_TRANSIT),
        "Forwarded": Reading(Status.IN_TRANSIT),
        "OutForDelivery": Reading(Status.OUT_FOR_DELIVERY),
        "NoticeLeft": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "Refused": Reading(Status.EXCEPTION, "consignee_refused"),
        "Undeliverable": Reading(Status.EXCEPTION),
        "Delivered": Reading(Status.DELIVERED),
        "Returned": Reading(Status.RETURNING),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The scans of the number that was asked for."""
        answer = _json.fields(_json.at(document, "TrackShipmentResponse"))
        codes = self.codes()
        rows = _json.rows(_json.at(answer, "TrackingEvents", "TrackingEvent"), "TrackingEvent")
        events = tuple(_event(row, codes) for row in rows)
        destination = _json.fields(answer.get("DestinationInfo"))
        yield Observation(
            tracking_number="",
            events=events,
            service=_json.text(answer.get("ServiceDescription")),
            carrier_eta=read_date(_json.text(answer.get("GuaranteedDeliveryDate")))
            or read_date(_json.text(answer.get("ExpectedDeliveryDate"))),
            signed_by=next((event.signed_by for event in events if event.signed_by), ""),
            destination=place_name(_json.text(destination.get("City")), _json.text(destination.get("State"))),
            unknown_codes=codes.unknown,
        )


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, region = _json.text(row.get("TrackingEventType")), _json.text(row.get("State"))
    country = country_code(_json.text(row.get("Country")))
    written, sentence = _json.text(row.get("Timestamp")), _json.text(row.get("Event"))
    return scan(
        codes.read(code),
        read_moment(written, country=country, region=region, home=_HOME),
        code=code,
        description=sentence,
        place=place_name(_json.text(row.get("City")), region),
        country=country,
        signed_by=_json.signer(row.get("SignedBy")),
        identity=f"{written}|{code}|{sentence}",  # "Enroute" covers every hub
    )
