"""Spring GDS: answers of its XBS API.

Format: Spring GDS XBS API, ``TrackShipment``. ``DateTime`` is the clock of the place and ``Timestamp`` the same instant
as seconds since 1970, which together state the offset.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import offset_between, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


def _each(codes: str, status: Status, reason: str = "") -> dict[str, Reading]:
    return {code: Reading(status, reason) for code in codes.split()}


class Carrier(DirectCarrier):
    """Reader of Spring's answers."""

    label = "Spring GDS"
    messages = (("Error",), ("message",))
    answers = (("Shipment",), ("ErrorLevel",))
    statuses: Mapping[str, Reading] = {
        **_each("0 12", Status.INFO_RECEIVED),
        **_each("15 18 19 20 21 22 25 93 2101 2102 2103 9101 9102 9999", Status.IN_TRANSIT),
        **_each("9301", Status.OUT_FOR_DELIVERY),
        **_each("92", Status.AVAILABLE_FOR_PICKUP),
        **_each("91", Status.ATTEMPT_FAILED, "consignee_not_available"),
        **_each("100 101", Status.DELIVERED),
        **_each("31", Status.EXCEPTION),  # asks for an action
        **_each("40 41", Status.EXCEPTION, "customs_delay"),
        **_each("9302", Status.EXCEPTION, "carrier_delay"),
        **_each("111", Status.EXCEPTION, "carrier_parcel_lost"),
        **_each("1001", Status.EXCEPTION, "merchant_incorrect_data"),
        **_each("4106", Status.EXCEPTION, "merchant_cancelled"),
        **_each("124 125 12406 12505", Status.RETURNING),
        **_each("12501", Status.RETURNING, "consignee_refused"),
        **_each("12502", Status.RETURNING, "consignee_incorrect_address"),
        **_each("12503", Status.RETURNING, "carrier_damaged_parcel"),
        **_each("12504", Status.RETURNING, "consignee_not_available"),
        **_each("12506", Status.EXCEPTION),  # destroyed instead of returned
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One shipment."""
        shipment = _json.fields(_json.at(document, "Shipment"))
        codes = self.codes()
        address = _json.fields(shipment.get("ConsigneeAddress"))
        yield Observation(
            tracking_number=_json.text(shipment.get("TrackingNumber")),
            events=tuple(_event(row, codes) for row in _json.rows(shipment.get("Events"), "Events")),
            service=_json.text(shipment.get("Service")),
            weight_g=_json.grams(shipment.get("Weight"), _json.text(shipment.get("WeightUnit"))),
            destination=place_name(_json.text(address.get("City")), _json.text(address.get("State"))),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Spring's public page of a number."""
        return f"https://mailingtechnology.com/tracking/?tn={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, local = _json.text(row.get("Code")), _json.text(row.get("DateTime"))
    country, region = country_code(_json.text(row.get("Country"))), _json.text(row.get("State"))
    return scan(
        codes.read(code),
        read_moment(local, offset=offset_between(local, _utc(row.get("Timestamp"))), country=country, region=region),
        code=code,
        description=_json.text(row.get("Description")),
        place=place_name(_json.text(row.get("City")), region),
        country=country,
    )


def _utc(timestamp: object) -> str:
    seconds = _json.number(timestamp)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds else ""
    except (OverflowError, OSError, ValueError):
        return ""
