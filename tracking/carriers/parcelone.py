"""Parcel.One: answers of its tracking service, REST (JSON) and SOAP (XML).

Formats: Parcel.One Tracking REST API v1 (``TrackingEvents``, with both German and UTC time), and ShippingWCF
``getTrackings`` (XML), whose times are German. ``DeliveryStatus`` repeats the status in the words of AfterShip's
sub-statuses; it decides for status codes that the table doesn't have.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name, split_region
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "Europe/Berlin"
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_MOVING = Reading(Status.IN_TRANSIT)
_DELIVERED = Reading(Status.DELIVERED)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)


class Carrier(DirectCarrier):
    """Reader of Parcel.One's answers."""

    label = "Parcel.One"
    messages = (
        ("Error",),
        ("errors", "Message"),
        ("error", "message"),
        ("getTrackingsResponse", "getTrackingsResult", "ShipmentTrackingResult", "ActionResult", "Errors", "Message"),
        ("Fault", "faultstring"),
    )
    answers = (("P1Trackno",), ("getTrackingsResponse",), ("results", "Events"))
    statuses: Mapping[str, Reading] = {
        **dict.fromkeys(
            ("CREATED", "REGISTERED", "DATA_RECEIVED", "LABEL_PRINTED", "0", "1", "100", "P100"), _ANNOUNCED
        ),
        **dict.fromkeys(("IN_TRANSIT", "DEPARTED", "ARRIVED", "PROCESSED", "SORTING", "EXPORTED", "IMPORTED"), _MOVING),
        **dict.fromkeys(("SHIPPED", "IN_DELIVERY_VEHICLE", "10", "20", "30", "200", "300", "392", "394"), _MOVING),
        **dict.fromkeys(("430", "P101"), _MOVING),
        **dict.fromkeys(("OUT_FOR_DELIVERY", "ON_DELIVERY_VEHICLE", "DELIVERY_IN_PROGRESS", "80", "495"), _OUT),
        **dict.fromkeys(("DELIVERED", "POD", "DELIVERED_NEIGHBOR", "DELIVERED_SAFE_PLACE", "90", "900"), _DELIVERED),
        **dict.fromkeys(("DELIVERED_PARCELSHOP", "READY_FOR_PICKUP", "AT_PARCELSHOP", "70"), _PICKUP_POINT),
        "AVAILABLE_FOR_COLLECTION": _PICKUP_POINT,
        "HELD": Reading(Status.EXCEPTION),
        "AWAITING_PICKUP": Reading(Status.EXCEPTION),
        "40": Reading(Status.EXCEPTION),
        "CUSTOMS": Reading(Status.EXCEPTION, "customs_delay"),
        "CUSTOMS_CLEARANCE": Reading(Status.EXCEPTION, "customs_delay"),
        "PAYMENT_REQUIRED": Reading(Status.EXCEPTION, "customs_duties_unpaid"),
        "FAILED": Reading(Status.ATTEMPT_FAILED),
        "NOT_DELIVERED": Reading(Status.ATTEMPT_FAILED),
        "99": Reading(Status.ATTEMPT_FAILED),
        "REFUSED": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "ADDRESSEE_NOT_FOUND": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "WRONG_ADDRESS": Reading(Status.ATTEMPT_FAILED, "consignee_incorrect_address"),
        "DAMAGED": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "LOST": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "MISROUTED": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "DELAYED": Reading(Status.EXCEPTION, "carrier_delay"),
        "RESCHEDULED": Reading(Status.EXCEPTION, "consignee_rescheduled"),
        "REDIRECTED": Reading(Status.EXCEPTION),
        "EXCEPTION": Reading(Status.ATTEMPT_FAILED),
        # DeliveryStatus
        "Pending": Reading(Status.PENDING),
        "InfoReceived": _ANNOUNCED,
        "InTransit": _MOVING,
        "OutForDelivery": _OUT,
        "AvailableForPickup": _PICKUP_POINT,
        "AttemptFail": Reading(Status.ATTEMPT_FAILED),
        "Delivered": _DELIVERED,
        "Exception": Reading(Status.EXCEPTION),
        "Exception_010": Reading(Status.RETURNING),
        "Exception_011": Reading(Status.RETURNED),
        "Expired": Reading(Status.EXPIRED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One number (JSON), or several (XML)."""
        holder = _json.fields(document)
        if "TrackingEvents" in holder:
            codes = self.codes()
            rows = _json.rows(holder["TrackingEvents"], "TrackingEvents")
            yield Observation(
                tracking_number=_json.text(holder.get("P1Trackno")),
                events=tuple(_event(row, codes) for row in rows),
                unknown_codes=codes.unknown,
            )
        result = _json.at(document, "getTrackingsResponse", "getTrackingsResult")
        for shipment in _json.rows(_json.at(result, "ShipmentTrackingResult"), "ShipmentTrackingResult"):
            codes = self.codes()
            rows = _json.rows(_json.at(shipment, "Trackings", "TrackingResult"), "TrackingResult")
            yield Observation(
                tracking_number=_json.text_at(shipment, "ActionResult", "TrackingID"),
                events=tuple(_xml_event(row, codes) for row in rows),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Parcel.One's public page of a number."""
        return f"https://tracking.parcel.one/?trackingNumber={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, told = _json.text(row.get("Statuscode")), _json.text(row.get("DeliveryStatus"))
    country, _, city = _json.text(row.get("Location")).partition(" ")  # "DE Pohlheim"
    written = _json.text(row.get("EventdateCET")) or _json.text(row.get("EventdateUTC"))
    known = country_code(country) if len(country) == 2 else ""
    return scan(
        codes.read(code, code, told, told.partition("_")[0]),
        read_moment(written, home=_HOME),  # Parcel.One writes German time, wherever the place is
        code=code,
        description=_json.text(row.get("Status")),
        place=place_name(city if known else _json.text(row.get("Location"))),
        country=known,
    )


def _xml_event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, location = _json.text(row.get("TrackingStatusCode")), _json.text(row.get("TrackingLocation"))
    city, _, tail = location.rpartition(", ")
    country = country_code(tail) if city and split_region(location)[0] == location else ""
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("TrackingDateTime")), home=_HOME),
        code=code,
        description=_json.text(row.get("TrackingStatus")),
        place=place_name(city if country else location),
        country=country,
    )
