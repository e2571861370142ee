"""eShipper, which books shipments with Canadian and other carriers: answers and webhooks of its tracking API.

Format: https://uu2.eshipper.com/swagger-ui (tracking: ``event`` of each shipment beside flags of how far it is, and the
carrier's own event inside). Times lack their offset: they are read as Toronto's.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_clock, read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/Toronto"
_CARRIERS = {
    "canada post": "canadapost",
    "canpar": "canpar",
    "dhl": "dhl",
    "dicom": "dicom",
    "federal express": "fedex",
    "fedex": "fedex",
    "purolator": "purolator",
    "ups": "ups",
    "usps": "usps",
}
# The flag that is furthest on decides.
_FLAGS = (
    ("delivered", Status.DELIVERED),
    ("exception", Status.EXCEPTION),
    ("inTransit", Status.IN_TRANSIT),
    ("reachedAtWarehouse", Status.IN_TRANSIT),
    ("labelGenerated", Status.INFO_RECEIVED),
)


class Carrier(DirectCarrier):
    """Reader of eShipper's answers."""

    label = "eShipper"
    # Names of events, in lower case
    statuses: Mapping[str, Reading] = {
        "created": Reading(Status.INFO_RECEIVED),
        "label generated": Reading(Status.INFO_RECEIVED),
        "ready for shipping": Reading(Status.INFO_RECEIVED),
        "picked up": Reading(Status.IN_TRANSIT),
        "reached at warehouse": Reading(Status.IN_TRANSIT),
        "in transit": Reading(Status.IN_TRANSIT),
        "out for delivery": Reading(Status.OUT_FOR_DELIVERY),
        "ready for pickup": Reading(Status.AVAILABLE_FOR_PICKUP),
        "delivered": Reading(Status.DELIVERED),
        "delivery failed": Reading(Status.ATTEMPT_FAILED),
        "delivery delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "on hold": Reading(Status.EXCEPTION),
        "exception": Reading(Status.EXCEPTION),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "returned": Reading(Status.RETURNING),
    }
    messages = (("message",), ("thirdPartyMessage",), ("fieldErrors", "message"), ("error",))
    answers = (("trackingNumber",), ("shipmentStatus",), ("orderId",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The shipments of an answer."""
        for shipment in _json.rows(document, "The answer"):
            yield self._shipment(shipment)

    def _shipment(self, shipment: _json.Fields) -> Observation | None:
        number = _json.text(shipment.get("trackingNumber"))
        scans = _json.rows(shipment.get("event"), "event")
        flags = _json.fields(shipment.get("shipmentStatus"))
        if not number or not (scans or flags):
            return None
        codes = self.codes()
        carrier = _json.text(shipment.get("carrierName")).lower()
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in scans),
            carrier=_CARRIERS.get(carrier, ""),
            summary=next((status for flag, status in _FLAGS if flags.get(flag) is True), None),
            service=_json.text(shipment.get("carrierService")),
            carrier_eta=read_date(_json.text(shipment.get("expectedDeliveryDate"))),
            unknown_codes=codes.unknown,
        )


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    original = _json.fields(one.get("originalEvent"))
    name = _json.text(original.get("name"))
    words = _json.text(one.get("description"))
    own, carriers = _json.text(one.get("dateTime")), _json.text(original.get("eventDate"))
    written = own if read_clock(own)[0] else carriers
    return scan(
        codes.read(name or words, name.lower().replace("_", " "), words.lower()),
        read_moment(written, home=_HOME),
        code=_json.text(original.get("identifier")) or name,
        description=words or name,
        place=place_name(_json.text(one.get("location")) or _json.text(original.get("eventLocation"))),
        identity=f"{written}|{name}|{words}",
    )
