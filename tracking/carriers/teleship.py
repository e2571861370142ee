"""Teleship (cross-border from the United Kingdom): answers of its tracking API, and its webhooks.

Format: https://developers.teleship.com (Tracking: ``trackingNumber`` with ``events``; an error has ``messages``). Times
are UTC.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of Teleship's answers."""

    label = "Teleship"
    messages = (("messages", "message"), ("message",), ("error",))
    answers = (("trackingNumber",), ("data", "trackingNumber"))
    # Codes of events, and statuses of a whole shipment
    statuses: Mapping[str, Reading] = {
        "pending": _ANNOUNCED,
        "created": _ANNOUNCED,
        "label_created": _ANNOUNCED,
        "collected": _MOVING,
        "picked_up": _MOVING,
        "in_hub": _MOVING,
        "in_transit": _MOVING,
        "customs_cleared": _MOVING,
        "out_for_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "delivery_failed": Reading(Status.ATTEMPT_FAILED),
        "delivered": Reading(Status.DELIVERED),
        "returned": Reading(Status.RETURNED),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One shipment, or a list of them."""
        for shipment in _json.rows(_json.at(document, "data") or document, "The shipments"):
            codes = self.codes()
            status = _json.text(shipment.get("status"))
            number = _json.text(shipment.get("trackingNumber"))
            if not number:
                continue
            yield Observation(
                tracking_number=number,
                events=tuple(_event(row, codes) for row in _json.rows(shipment.get("events"), "events")),
                summary=codes.read(status).status if status else None,
                carrier_eta=read_date(_json.text(shipment.get("estimatedDelivery"))),
                origin=_city(shipment.get("shipFrom")),
                destination=_city(shipment.get("shipTo")),
                unknown_codes=codes.unknown,
            )


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("code")) or _json.text(row.get("status"))
    written, sentence = _json.text(row.get("timestamp")), _json.text(row.get("description"))
    place, comma, tail = _json.text(row.get("location")).rpartition(", ")  # "London, GB", "Los Angeles, CA, US"
    country = country_code(tail) if comma else ""
    return scan(
        codes.read(code),
        read_moment(written, country=country),
        code=code,
        description=sentence,
        place=place_name(place if country else _json.text(row.get("location"))),
        country=country,
        identity=f"{written}|{code}|{sentence}",  # "in_transit" covers every hub
    )


def _city(party: object) -> str:
    address = _json.fields(_json.at(party, "address")) or _json.fields(party)
    return place_name(_json.text(address.get("city")), _json.text(address.get("state")))
