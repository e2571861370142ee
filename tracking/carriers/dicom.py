"""Dicom (GLS Canada): answers of its tracking API.

Format: https://developers.dicom.com (tracking: ``activities`` of a shipment). Times are UTC.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, coordinates, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/Toronto"
_UNITS = {"K": "KG", "L": "LB"}


class Carrier(DirectCarrier):
    """Reader of Dicom's answers."""

    label = "Dicom"
    # Words of `status`, in lower case: the letters of `code` are not published
    statuses: Mapping[str, Reading] = {
        "created": Reading(Status.INFO_RECEIVED),
        "shipment created": Reading(Status.INFO_RECEIVED),
        "picked up": Reading(Status.IN_TRANSIT),
        "in transit": Reading(Status.IN_TRANSIT),
        "at terminal": Reading(Status.IN_TRANSIT),
        "arrived at terminal": Reading(Status.IN_TRANSIT),
        "out for delivery": Reading(Status.OUT_FOR_DELIVERY),
        "on delivery": Reading(Status.OUT_FOR_DELIVERY),
        "delivered": Reading(Status.DELIVERED),
        "delivery attempted": Reading(Status.ATTEMPT_FAILED),
        "attempted delivery": Reading(Status.ATTEMPT_FAILED),
        "refused": Reading(Status.EXCEPTION, "consignee_refused"),
        "exception": Reading(Status.EXCEPTION),
        "returned to sender": Reading(Status.RETURNING),
        "DL": Reading(Status.DELIVERED),
    }
    messages = (("Message",), ("message",), ("errors", "message"))
    answers = (("activities",), ("trackingNumber",), ("tracking",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The shipment of an answer, or several of them."""
        holder: object = document
        for name in ("TrackingResponse", "tracking"):
            holder = _json.at(holder, name) or holder
        for shipment in _json.rows(holder, "tracking"):
            yield self._shipment(shipment)

    def _shipment(self, shipment: _json.Fields) -> Observation | None:
        number = _json.text(shipment.get("trackingNumber"))
        activities = _json.rows(shipment.get("activities"), "activities")
        if not number or not activities:
            return None
        codes = self.codes()
        parcel = next(iter(_json.rows(shipment.get("parcels"), "parcels")), {})
        unit = _UNITS.get(_json.text(shipment.get("unitOfMeasurement")), "")
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in activities),
            service=_json.text(shipment.get("deliveryType")),
            weight_g=_json.grams(parcel.get("weight"), unit),
            origin=_place(shipment.get("sender")),
            destination=_place(shipment.get("consignee")),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """The public page of a number."""
        return f"https://gls-canada.com/en/express/tracking/load-tracking/{quote(tracking_number)}?division=Parcel"


def _place(party: object) -> str:
    return place_name(_json.text_at(party, "city"), _json.text_at(party, "provinceCode"))


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    status, letters = _json.text(one.get("status")), _json.text(one.get("code"))
    detail, more = _json.text(one.get("statusDetail")), _json.text(one.get("additionalInformation"))
    latitude, longitude = coordinates(one.get("latitude"), one.get("longitude"))
    return scan(
        codes.read(status or letters, status.lower(), letters),
        read_moment(_json.text(one.get("activityDate")) or _json.text(one.get("createDate")), home=_HOME),
        code=status or letters,
        description=detail or more,
        place=_json.text(one.get("terminal")),
        latitude=latitude,
        longitude=longitude,
    )
