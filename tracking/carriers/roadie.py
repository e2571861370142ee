"""Roadie (United States): answers of its shipments API.

Format: https://docs.roadie.com (Shipments: ``state`` and ``events``). Times are UTC.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, coordinates, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_date, read_instant, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/New_York"


class Carrier(DirectCarrier):
    """Reader of Roadie's answers."""

    label = "Roadie"
    messages = (("errors", "message"), ("message",), ("error",))
    answers = (("tracking_number",),)
    # Events, and the states of a shipment ("scheduled", "delivered")
    statuses: Mapping[str, Reading] = {
        "pending": Reading(Status.INFO_RECEIVED),
        "scheduled": Reading(Status.INFO_RECEIVED),
        "assigned": Reading(Status.INFO_RECEIVED),
        "driver_assigned": Reading(Status.INFO_RECEIVED),
        "en_route_to_pickup": Reading(Status.INFO_RECEIVED),
        "at_pickup": Reading(Status.IN_TRANSIT),
        "pickup_confirmed": Reading(Status.IN_TRANSIT),
        "en_route_to_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "driver_approaching_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "at_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "delivery_confirmed": Reading(Status.DELIVERED),
        "delivered": Reading(Status.DELIVERED),
        "delivery_attempted": Reading(Status.ATTEMPT_FAILED),
        "attempted": Reading(Status.ATTEMPT_FAILED),
        "returned": Reading(Status.RETURNED),
        "canceled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "expired": Reading(Status.EXPIRED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One shipment, or a list of them, bare or wrapped."""
        for shipment in _json.rows(_json.at(document, "shipments") or document, "The shipments"):
            codes = self.codes()
            state, window = _json.text(shipment.get("state")), _json.fields(shipment.get("deliver_between"))
            begins, ends = _json.text(window.get("start")), _json.text(window.get("end"))
            events = tuple(_event(row, codes) for row in _json.rows(shipment.get("events"), "events"))
            yield Observation(
                tracking_number=_json.text(shipment.get("tracking_number")),
                events=events,
                summary=codes.read(state).status if state else None,
                carrier_eta=read_date(ends),
                eta_from=read_instant(begins, home=_HOME),
                eta_to=read_instant(ends, home=_HOME),
                signed_by=_json.signer(shipment.get("signatory_name")),
                origin=_city(shipment.get("pickup_location")),
                destination=_city(shipment.get("delivery_location")),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Roadie's public page of a number."""
        return f"https://track.roadie.com/id/{quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("name"))
    latitude, longitude = coordinates(_json.at(row, "location", "latitude"), _json.at(row, "location", "longitude"))
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("occurred_at")), country="US", home=_HOME),
        code=code,
        description=code.replace("_", " ").capitalize(),
        latitude=latitude,
        longitude=longitude,
    )


def _city(location: object) -> str:
    return place_name(_json.text_at(location, "address", "city"), _json.text_at(location, "address", "state"))
