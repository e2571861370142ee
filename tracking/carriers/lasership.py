"""LaserShip (now OnTrac's east): answers of its order tracking.

Format: the public order answer of lasership.com (``Pieces``, ``Events`` with local and UTC time of each scan).
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import offset_between, read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/New_York"
_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of LaserShip's answers."""

    label = "LaserShip"
    statuses: Mapping[str, Reading] = {
        "OrderCreated": Reading(Status.INFO_RECEIVED),
        "OrderReceived": Reading(Status.INFO_RECEIVED),
        "Received": _MOVING,
        "Arrived": _MOVING,
        "Departed": _MOVING,
        "PickedUp": _MOVING,
        "OutForDelivery": Reading(Status.OUT_FOR_DELIVERY),
        "Delivered": Reading(Status.DELIVERED),
        "Released": Reading(Status.DELIVERED),  # left at the door without a signature
        "DeliveryAttempted": Reading(Status.ATTEMPT_FAILED),
        "AttemptedDelivery": Reading(Status.ATTEMPT_FAILED),
        "Delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "Damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "Lost": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "Refused": Reading(Status.EXCEPTION, "consignee_refused"),
        "ReturnedToSender": Reading(Status.RETURNED),
    }
    messages = (("ErrorMessage",), ("Error",), ("error",), ("Message",))
    answers = (("Events",), ("OrderNumber",), ("Pieces",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The order's pieces; its events are those of every piece."""
        order = _json.fields(document)
        scans = _json.rows(order.get("Events"), "Events")
        for piece in _json.rows(order.get("Pieces"), "Pieces") if scans else []:
            number = _json.text(piece.get("TrackingNumber"))
            codes = self.codes()
            events = tuple(_event(one, codes) for one in scans)
            yield Observation(
                tracking_number=number,
                events=events,
                carrier_eta=read_date(_json.text(order.get("EstimatedDeliveryDate"))),
                signed_by=next((event.signed_by for event in events if event.signed_by), ""),
                weight_g=_json.grams(piece.get("Weight"), _json.text(piece.get("WeightUnit"))),
                origin=_place(order.get("Origin")),
                destination=_place(order.get("Destination")),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """LaserShip's public page of a number."""
        return f"https://www.lasership.com/track/{quote(tracking_number)}"


def _place(end: object) -> str:
    return place_name(_json.text_at(end, "City"), _json.text_at(end, "State"))


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("EventType"))
    reading = codes.read(code)
    local, region = _json.text(one.get("DateTime")), _json.text(one.get("State"))
    country = country_code(_json.text(one.get("Country")))
    offset = offset_between(local, _json.text(one.get("UTCDateTime")))
    words = [_json.text(one.get(name)) for name in ("EventShortText", "Location", "Reason")]
    signature = _json.text(one.get("Signature"))
    named = reading.status is Status.DELIVERED and not signature.isdigit()  # a number is a reference of the image
    return scan(
        reading,
        read_moment(local, offset=offset, country=country, region=region, home=_HOME),
        code=code,
        description=", ".join(word for word in words if word),
        place=_place(one),
        country=country,
        signed_by=_json.signer(signature) if named else "",
    )
